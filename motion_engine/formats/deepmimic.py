"""DeepMimic motion clips: JSON with one row of 44 numbers a frame (X. B. Peng et al., "DeepMimic", 2018).

A row is the frame's duration, the root's position, then rotations in the order of `_ROTATIONS`: quaternions wxyz, but
one angle for knees and elbows. The figure faces +X with +Y up and +Z on its right; it is turned to face +Z here.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np

from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.formats.numbers import FARTHEST
from motion_engine.types import LONGEST_FRAME, SHORTEST_FRAME, Array, Clip, Skeleton

COLUMNS = 44
LARGEST_FILE = 128 << 20  # bytes: more than an hour, and a gigabyte while it is read
LARGEST_ANGLE = 1e3  # radians of knees and elbows
MOST_UNEVEN, FEW_FRAMES = 10, 10_000  # even frames for one of the file, and how many there may always be
_ROTATIONS = (
    *("root", "chest", "neck"),
    *("right_hip", "right_knee", "right_ankle", "right_shoulder", "right_elbow"),
    *("left_hip", "left_knee", "left_ankle", "left_shoulder", "left_elbow"),
)
_HINGES = ("knee", "elbow")  # about the figure's right-hand axis +Z: knees bend by negative, elbows by positive angles
# A recorded neck follows the neck's bone, which leans forward by this much (the median over the clips of people who
# stand) in somebody who looks ahead; taken out so that the rotation is the head's. Some clips have no neck motion.
_NECK_LEAN = np.radians(14.0)
# DeepMimic's humanoid at a quarter of the size in which `pybullet_data/humanoid/humanoid.urdf` states it, in metres.
_TORSO = (("root", "", (0, 0.9, 0)), ("chest", "root", (0, 0.236151, 0)), ("neck", "chest", (0, 0.223894, 0)))
_SIDE = (
    ("hip", "root", (0, 0, 0.084887)),
    ("knee", "hip", (0, -0.421546, 0)),
    ("ankle", "knee", (0, -0.40987, 0)),
    ("shoulder", "chest", (-0.02405, 0.2435, 0.18311)),
    ("elbow", "shoulder", (0, -0.274788, 0)),
    ("wrist", "elbow", (0, -0.258947, 0)),
)


def read_deepmimic(path: Path | str) -> Clip:
    """A DeepMimic clip on DeepMimic's skeleton, facing +Z, +Y up, at the clip's own frame rate.

    Frame times may vary in the file; the clip is sampled evenly at the rate of the median frame.

    Raises:
        BadClip: The file is missing, no DeepMimic clip of the humanoid, or has values that cannot be.
    """
    frames = _frames(path)
    durations = frames[:-1, 0]
    if len(frames) > 1 and (durations <= 0).any():
        raise BadClip(f"frame {int(np.argmax(durations <= 0))} has no duration", path=path)
    step = float(np.median(durations)) if len(frames) > 1 else float(frames[0, 0])
    if step and not SHORTEST_FRAME <= step <= LONGEST_FRAME:
        raise BadClip(f"a frame lasts {step:g} s; {SHORTEST_FRAME:g} to {LONGEST_FRAME:g} s can be", path=path)
    fps = 1.0 / step if step > 0 else 30.0
    fps = float(round(fps)) if abs(fps - round(fps)) < 0.002 * fps else fps  # files write 0.016666 for 1/60
    times = np.concatenate(([0.0], np.cumsum(durations)))
    count = round(times[-1] * fps) + 1
    if count > max(MOST_UNEVEN * len(frames), FEW_FRAMES):
        spread = f"{durations.min():g} to {durations.max():g} s"
        raise BadClip(f"frames last {spread}: evenly sampled they would be {count}", path=path)
    grid = np.arange(count) / fps
    right = np.clip(np.searchsorted(times, grid), min(1, len(frames) - 1), len(frames) - 1)
    left = np.maximum(right - 1, 0)
    share = np.clip((grid - times[left]) / np.maximum(times[right] - times[left], 1e-9), 0.0, 1.0)
    root, rotation = _root_and_rotation(frames, path)
    root = root[left] + (root[right] - root[left]) * share[:, None]
    rotation = quat.unroll(quat.slerp(rotation[left], rotation[right], share[:, None]))
    return Clip(deepmimic_skeleton(), fps, root, rotation, np.zeros((len(grid), 4), dtype=bool))


def wraps(path: Path | str) -> bool:
    """Whether the clip is a cycle (`"Loop": "wrap"`): its last frame continues with the first, moved on."""
    return str(_document(path).get("Loop", "none")).lower() == "wrap"


@lru_cache(maxsize=1)
def deepmimic_skeleton() -> Skeleton:
    """DeepMimic's humanoid, 15 joints, facing +Z; at rest the arms hang down with the palms to the thighs."""
    joints: list[tuple[str, str, tuple[float, float, float]]] = list(_TORSO)
    for side, sign in (("right", 1), ("left", -1)):
        for part, parent, (x, y, z) in _SIDE:
            above = parent if parent in ("root", "chest") else f"{side}_{parent}"
            joints.append((f"{side}_{part}", above, (x, y, sign * z)))
    names = tuple(name for name, _, _ in joints)
    parents = tuple(names.index(parent) if parent else -1 for _, parent, _ in joints)
    return Skeleton(names, parents, _face_z(np.array([offset for _, _, offset in joints], dtype=np.float64)))


def _face_z(vectors: Array) -> Array:
    """Vectors `(..., 3)` turned by -90 degrees about +Y: +X, where DeepMimic looks, becomes +Z."""
    return np.stack((-vectors[..., 2], vectors[..., 1], vectors[..., 0]), axis=-1)


def _root_and_rotation(frames: Array, path: Path | str) -> tuple[Array, Array]:
    """Root positions `(T, 3)` and rotations `(T, J, 4)` of the rows, facing +Z."""
    skeleton = deepmimic_skeleton()
    rotation = np.tile(quat.IDENTITY, (len(frames), len(skeleton.names), 1))
    column = 4
    for name in _ROTATIONS:
        joint = skeleton.index(name)
        if name.endswith(_HINGES):
            rotation[:, joint] = quat.from_axis_angle("z", frames[:, column])
            column += 1
        else:
            rotation[:, joint] = frames[:, column : column + 4]
            column += 4
    length = np.linalg.norm(np.clip(rotation, -9.0, 9.0), axis=-1)
    if not ((length > 0.5) & (length < 2.0)).all():
        frame, joint = np.argwhere((length <= 0.5) | (length >= 2.0))[0]
        reason = f"frame {frame}: the rotation of {skeleton.names[joint]} is no quaternion: its length is far from 1"
        raise BadClip(reason, path=path)
    # The same turn for the axes of all rotations: q -> t q t*.
    rotation = np.concatenate((rotation[..., :1], _face_z(rotation[..., 1:])), axis=-1)
    rotation = quat.unroll(quat.normalize(rotation))
    neck = skeleton.index("neck")
    if np.ptp(rotation[:, neck], axis=0).max() > 0.01:
        rotation[:, neck] = quat.mul(rotation[:, neck], quat.from_axis_angle("x", np.full(len(frames), -_NECK_LEAN)))
    return _face_z(frames[:, 1:4]), rotation


def _document(path: Path | str) -> dict[str, object]:
    try:
        size = Path(path).stat().st_size
        if size > LARGEST_FILE:
            raise BadClip(f"has {size >> 20} MB, {LARGEST_FILE >> 20} are allowed: split it", path=path)
        document = json.loads(Path(path).read_bytes())  # which sees UTF-8, UTF-16 and UTF-32 by itself
    except OSError as error:
        raise BadClip(f"cannot be read: {error.strerror or error}", path=path) from error
    except json.JSONDecodeError as error:
        raise BadClip(f"not JSON: {error.msg}", path=path, line=error.lineno) from error
    except (ValueError, RecursionError) as error:  # also numbers of thousands of digits
        raise BadClip("not JSON text", path=path) from error
    if not isinstance(document, dict):
        raise BadClip("not a DeepMimic clip: the JSON is no object", path=path)
    return document


def _frames(path: Path | str) -> Array:
    rows = _document(path).get("Frames")
    if not isinstance(rows, list) or not rows:
        raise BadClip('not a DeepMimic clip: no "Frames"', path=path)
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != COLUMNS:
            found = len(row) if isinstance(row, list) else "no"
            raise BadClip(f"frame {index} has {found} numbers; the humanoid needs {COLUMNS}", path=path)
    try:
        frames = np.array(rows, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadClip("a frame holds something that is not a number", path=path) from error
    if frames.ndim != 2:
        raise BadClip("a frame holds a list in place of a number", path=path)
    if not np.isfinite(frames).all():
        row = int(np.argmin(np.isfinite(frames).all(axis=1)))
        raise BadClip(f"frame {row} has a value that is not finite", path=path)
    if np.abs(frames[:, 1:4]).max() > FARTHEST or np.abs(frames[:, 4:]).max() > LARGEST_ANGLE:
        raise BadClip("a frame has a value that is too large for a body's motion", path=path)
    return frames
