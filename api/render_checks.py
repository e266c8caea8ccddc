"""What can be known of a render before it is begun: that it is not too much, that all that it needs is there, and that
its reference can be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from api.pictures import Reference, pose_finder, scene
from api.render_files import picture_of, pixels_of, reference_of, without_paths
from api.schemas_renders import Ability, RenderRequest
from api.settings import Settings
from motion_engine.clips import sample
from motion_engine.errors import LimitExceeded, ModelUnavailable
from motion_engine.types import Track

MOST_PIXELS = {"mannequin": 20e9, "stable-animator": 1e9}  # of all frames: 10 min of 1024 x 1024, 2 min of 512 x 512


def check_render(request: RenderRequest, track: Track, settings: Settings) -> None:
    """Look at all that can be known at once.

    Raises:
        LimitExceeded: It is too much.
        ModelUnavailable: A renderer or DWPose is not there; no message names a folder of the service's.
        BadMedia: The reference cannot be used.
    """
    panels = 2 + (request.reference is not None) if request.view == "side-by-side" else 1
    frames = track.clip.duration * (request.fps or track.clip.fps)
    most, pixels = MOST_PIXELS[request.renderer], frames * request.width * request.height * panels
    if pixels > most:
        raise LimitExceeded(
            f"{frames:.0f} frames of {request.width * panels} x {request.height} px are {pixels / most:.1f} times what "
            "is rendered at once: ask for less motion, fewer frames a second or a smaller size."
        )
    if request.renderer == "stable-animator":
        check_stable_animator(settings)
    if request.reference is None:
        return
    if request.reference.pose is None:
        pixels_of(request.reference)
        check_pose_finder(settings)
        return
    seen: Reference = reference_of(request.reference, settings.stable_animator)
    scene(replace(track, clip=sample(track.clip, np.array([0]))), picture_of(request, seen))


def check_stable_animator(settings: Settings) -> None:
    """ModelUnavailable if its weights or packages are not there."""
    from animator.stable_animator.weights import check_weights

    try:
        check_weights(settings.stable_animator)
    except ModelUnavailable as error:
        raise ModelUnavailable(without_paths(str(error), settings.stable_animator)) from None


def check_pose_finder(settings: Settings) -> None:
    """ModelUnavailable if DWPose is not there."""
    from animator.stable_animator.dwpose import check_network

    try:
        for file in pose_finder(settings.stable_animator):
            check_network(file)
    except ModelUnavailable:
        raise ModelUnavailable(
            "How somebody stands in a picture is found by DWPose, which this service does not have: send the keypoints "
            "as reference.pose (`motion pose` finds them)."
        ) from None


def ability(check: Callable[[Settings], None], settings: Settings) -> Ability:
    """What a check says, as an answer."""
    try:
        check(settings)
    except ModelUnavailable as error:
        return Ability(available=False, reason=str(error))
    return Ability(available=True, reason="")
