"""The keypoints of one picture as JSON: what a detector found in a reference, to keep, to mend by hand, to give again.

```json
{"body": [[0.5, 0.2], ...], "body_score": [0.9, ...],
 "hands": [[[0.7, 0.5], ...], [...]], "hand_score": [[...], [...]],
 "face": [[0.5, 0.15], ...], "face_score": [...]}
```

Points are 0..1 of width and height, +y down, in the order of DWPose: 18 of the body, 21 of the left and of the right
hand, 68 of the face. Hands, face and scores may be left out: hands and face are not seen then, points without scores
are. In place of all that, `points` may hold DWPose's 134 as [x, y] or [x, y, score]: body, 6 of the feet (not used),
face, left hand, right hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from motion_engine.errors import BadMedia
from motion_engine.files import whole_file
from motion_engine.types import Array, PoseSequence

LARGEST_FILE = 1 << 20  # bytes
FARTHEST = 100.0  # picture sizes from the picture: what is further off was meant as pixels
PARTS = {"body": (18,), "hands": (2, 21), "face": (68,)}
SCORES = {"body": "body_score", "hands": "hand_score", "face": "face_score"}
WHOLE = 134
FACE, LEFT_HAND, RIGHT_HAND = slice(24, 92), slice(92, 113), slice(113, 134)


def read_pose(path: Path | str) -> PoseSequence:
    """The keypoints of one picture, one frame, from a file as above.

    Raises:
        BadMedia: It is missing, no JSON, or lacks the body; the message says which part is wrong.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BadMedia(f"{path}: cannot be read ({error.strerror or error}); name a .json of keypoints.") from None
    if len(text) > LARGEST_FILE:
        raise BadMedia(f"{path}: has more than a megabyte; keypoints of one picture have some 10 kB.")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadMedia(f"{path}: is no JSON ({error}).") from None
    return pose_of(said, path)


def pose_of(said: Any, path: Path | str) -> PoseSequence:
    """The keypoints of one picture, one frame, from what JSON says; BadMedia, which calls it `path`, as `read_pose`."""
    if not isinstance(said, dict):
        raise BadMedia(f'{path}: must be an object with "body" or "points", not {type(said).__name__}.')
    if "points" in said:
        said = _parts(path, said["points"])
    values: dict[str, Array] = {}
    for part, shape in PARTS.items():
        score = SCORES[part]
        if part not in said and part != "body":
            values |= {part: np.full((1, *shape, 2), -1.0), score: np.zeros((1, *shape))}
            continue
        values[part] = _numbers(path, said, part, (*shape, 2))[None]
        values[score] = _numbers(path, said, score, shape)[None] if score in said else np.ones((1, *shape))
        seen = values[part][values[score] > 0]
        if seen.size and np.abs(seen).max() > FARTHEST:
            raise BadMedia(
                f"{path}: {part} has points at {np.abs(seen).max():g}: give 0..1 of width and height, not px."
            )
        values[score] = np.clip(values[score], 0.0, 1.0)
    return PoseSequence(1.0, **values)


def write_pose(path: Path | str, pose: PoseSequence) -> None:
    """Writes the first frame as `read_pose` reads it; BadMedia if it cannot be written."""
    names = [name for pair in SCORES.items() for name in pair]
    said = {name: np.round(getattr(pose, name)[0], 5).tolist() for name in names}
    with whole_file(path, (".json",)) as part:
        part.write_text(json.dumps(said) + "\n", encoding="utf-8")


def _parts(path: Path | str, points: Any) -> dict[str, Any]:
    """DWPose's 134 points, cut into body, hands and face."""
    columns = len(points[0]) if isinstance(points, list) and points and isinstance(points[0], list) else 2
    whole = _numbers(path, {"points": points}, "points", (WHOLE, 3 if columns == 3 else 2))
    score = whole[:, 2] if whole.shape[1] == 3 else np.ones(WHOLE)
    place = whole[:, :2]
    return {
        "body": place[:18],
        "body_score": score[:18],
        "face": place[FACE],
        "face_score": score[FACE],
        "hands": np.stack((place[LEFT_HAND], place[RIGHT_HAND])),
        "hand_score": np.stack((score[LEFT_HAND], score[RIGHT_HAND])),
    }


def _numbers(path: Path | str, said: dict[str, Any], name: str, shape: tuple[int, ...]) -> Array:
    wanted = " x ".join(map(str, shape))
    if name not in said:
        raise BadMedia(f'{path}: "{name}" is missing: {wanted} numbers.')
    try:
        values = np.asarray(said[name], dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        raise BadMedia(f'{path}: "{name}" must be {wanted} numbers, in lists of equal length.') from None
    if values.shape != shape:
        found = " x ".join(map(str, values.shape)) or "one"
        raise BadMedia(f'{path}: "{name}" has {found} numbers, {wanted} are needed.')
    if not np.isfinite(values).all():
        raise BadMedia(f'{path}: "{name}" has a number that is none (NaN, infinite or null).')
    return values
