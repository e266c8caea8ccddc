"""The folder of a render: all that a process needs to make it, at any later time, and what it made."""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from api.export import document
from api.pictures import Picture, Reference, find_pose
from api.schemas_renders import ReferenceRequest, RenderRequest
from motion_engine.errors import BadMedia
from motion_engine.types import Array, Clip, Plan, Timeline, Track, canonical_skeleton

CLIP, REQUEST, TIMELINE, REFERENCE = "track.npz", "request.json", "timeline.json", "reference.json"
RESULT = "result"  # with the suffix of its format


def write_job(folder: Path, request: RenderRequest, plan: Plan, track: Track) -> None:
    """Make the folder of a render; OSError if it cannot be."""
    folder.mkdir(parents=True)
    clip = track.clip
    arrays: dict[str, Any] = {"root_position": clip.root_position, "rotation": clip.rotation, "contacts": clip.contacts}
    np.savez(folder / CLIP, **arrays, fps=np.array(clip.fps))
    asked = request.model_dump(mode="json", exclude={"reference"})
    timeline = document(plan, track.timeline)
    texts: dict[str, Any] = {REQUEST: asked, TIMELINE: timeline}
    if request.reference is not None:
        texts[REFERENCE] = request.reference.model_dump(mode="json")
    for name, said in texts.items():
        (folder / name).write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")


def read_job(folder: Path, weights: Path | None) -> tuple[dict[str, Any], Track, Picture]:
    """What was asked for, the track, and how it is shown; the errors of `reference_of`."""
    asked, said = (json.loads((folder / name).read_text(encoding="utf-8")) for name in (REQUEST, TIMELINE))
    timeline = TypeAdapter(Timeline).validate_python(said["timeline"])
    with np.load(folder / CLIP, allow_pickle=False) as arrays:
        motion = (arrays[name] for name in ("root_position", "rotation", "contacts"))
        clip = Clip(canonical_skeleton(), float(arrays["fps"]), *motion)
    file, reference = folder / REFERENCE, None
    if file.exists():
        given = ReferenceRequest.model_validate_json(file.read_bytes())
        reference = reference_of(given, weights)
    return asked, Track(clip, timeline), picture_of(RenderRequest.model_construct(**asked), reference)


def picture_of(request: RenderRequest, reference: Reference | None) -> Picture:
    """How the pictures that were asked for are made."""
    view = request.view or "mannequin"
    size = request.width, request.height
    return Picture(view, *size, request.figure, request.captions, reference=reference, follow=request.follow)


def reference_of(given: ReferenceRequest, weights: Path | None) -> Reference:
    """The picture of a character with its keypoints.

    Raises:
        BadMedia, LimitExceeded: The picture cannot be used, or the keypoints are none.
        ModelUnavailable: The keypoints are not given, and DWPose is not there.
    """
    from animator.pose_json import pose_of

    pixels = pixels_of(given)
    if given.pose is None:
        return Reference(pixels, find_pose(pixels, weights))
    return Reference(pixels, pose_of(given.pose.model_dump(exclude_none=True), "reference.pose"))


def pixels_of(given: ReferenceRequest) -> Array:
    """The picture `(H, W, 3)` uint8; the errors of `read_picture`."""
    from animator.picture import read_picture

    name, said = "reference.picture", given.picture
    if said.startswith("data:"):
        said = said.partition(",")[2]
    try:
        data = base64.b64decode(said, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadMedia(f"{name}: is not base64 ({error}): encode a PNG or JPEG so.") from None
    return read_picture(data, name=name)


def result_of(folder: Path, suffix: str) -> Path:
    """The film in a folder."""
    return folder / f"{RESULT}.{suffix}"


def keep_result(folder: Path) -> None:
    """Remove everything but the film."""
    for file in folder.iterdir():
        if file.stem != RESULT:
            file.unlink(missing_ok=True)


def without_paths(words: str, *folders: Path | None) -> str:
    """What was said, for those who shall not know where on the disk something lies."""
    for folder in filter(None, folders):
        words = words.replace(f"{folder}/", "").replace(str(folder), folder.name)
    return words
