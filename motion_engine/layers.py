"""Actions layered on another: which joints they take, eased in and out, on the sway of the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from motion_engine import quat
from motion_engine.curves import smoothstep
from motion_engine.transition import Course
from motion_engine.types import Array, Mask, Segment, Skeleton

# Which joint makes good for how much of the sway of the base's chest, and up to how far (radians) a chest is swayed,
# from where on it is turned over.
STEADIED: dict[Mask, tuple[str, float]] = {
    "arms": ("collar", 0.5),
    "left_arm": ("shoulder", 1.0),
    "right_arm": ("shoulder", 1.0),
}
SWAYED, TURNED_OVER = float(np.radians(60.0)), float(np.radians(110.0))

# How much of a layered action each joint shows; the arms and the head follow the sway of the base's trunk.
_SPINE = {"spine1": 0.25, "spine2": 0.5, "spine3": 0.75}
_HEAD = {"neck": 1.0, "head": 1.0}


def overlay(base: Course, layer: Course, segment: Segment) -> Course:
    """`layer` played on the joints of the segment's mask, eased in and out; the root and all else stay as they are.

    One arm points where it does in the layer, as seen from the heading: leaning and swaying with the chest, a waving
    hand would come before a runner's face. Two arms follow half of the sway, together, so that hands meet that clap.
    When the body turns over, arms go with it.
    """
    clip = base.clip
    first = round(segment.start * clip.fps)
    frames = min(len(layer), len(clip) - first)
    window = slice(first, first + frames)
    time = np.arange(frames) / clip.fps
    ease = smoothstep(time / segment.blend) * smoothstep((frames / clip.fps - time) / segment.blend)
    weights = mask_weights(clip.skeleton, segment.mask)
    joints = np.flatnonzero(weights)
    shown = layer.clip.rotation[:frames].astype(np.float64)
    if segment.mask in STEADIED:
        part, share = STEADIED[segment.mask]
        sway = quat.to_rotvec(quat.mul(quat.inv(_chest(base, window)), _chest(layer, slice(0, frames))))
        over = (np.linalg.norm(sway, axis=-1, keepdims=True) - SWAYED) / (TURNED_OVER - SWAYED)
        sway *= share * (1.0 - smoothstep(over))
        for side in ("left", "right"):
            collar, joint = (clip.skeleton.index(f"{side}_{name}") for name in ("collar", part))
            seen = sway if joint == collar else quat.rotate(quat.inv(shown[:, collar]), sway)
            shown[:, joint] = quat.mul(quat.from_rotvec(seen), shown[:, joint])
    rotation = clip.rotation.copy()
    below = rotation[window, joints].astype(np.float64)
    rotation[window, joints] = quat.slerp(below, shown[:, joints], ease[:, None] * weights[joints])
    rotation[:, joints] = quat.unroll(rotation[:, joints])
    return Course(replace(clip, rotation=rotation), base.heading)


def _chest(course: Course, window: slice) -> Array:
    """How the chest is turned `(T, 4)`, seen from where the body is heading."""
    skeleton, rotation = course.clip.skeleton, course.clip.rotation[window].astype(np.float64)
    chest = quat.from_axis_angle("y", -course.heading[window])
    for name in ("pelvis", "spine1", "spine2", "spine3"):
        chest = quat.mul(chest, rotation[:, skeleton.index(name)])
    return chest


def mask_weights(skeleton: Skeleton, mask: Mask) -> Array:
    """How much of a layered action each joint shows `(J,)`, 0..1."""
    if mask == "full":
        return np.ones(len(skeleton.names))
    sides: Sequence[str] = {"left_arm": ("left",), "right_arm": ("right",), "head": ()}.get(mask, ("left", "right"))
    legs = ("hip", "knee", "ankle", "foot")
    named = {"head": _HEAD, "upper": {**_SPINE, **_HEAD}}.get(mask, {})
    weights = np.zeros(len(skeleton.names))
    for index, name in enumerate(skeleton.names):
        side, _, part = name.partition("_")
        weights[index] = named.get(name, 1.0 if side in sides and part not in legs else 0.0)
    return weights
