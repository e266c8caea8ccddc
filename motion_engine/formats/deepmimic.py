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
from motion_engine.types import LONGEST_FRAME, SHORTEST_FRAME, Array, Clip, Skeleton

COLUMNS = 44
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
    grid = np.arange(round(times[-1] * fps) + 1) / fps
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
    if (np.linalg.norm(rotation, axis=-1) < 0.5).any():
        raise BadClip("a rotation is no quaternion: its length is near zero", path=path)
    # The same turn for the axes of all rotations: q -> t q t*.
    rotation = np.concatenate((rotation[..., :1], _face_z(rotation[..., 1:])), axis=-1)
    rotation = quat.unroll(quat.normalize(rotation))
    neck = skeleton.index("neck")
    if np.ptp(rotation[:, neck], axis=0).max() > 0.01:
        rotation[:, neck] = quat.mul(rotation[:, neck], quat.from_axis_angle("x", np.full(len(frames), -_NECK_LEAN)))
    return _face_z(frames[:, 1:4]), rotation


def _document(path: Path | str) -> dict[str, object]:
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
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
    if not np.isfinite(frames).all():
        raise BadClip("a frame has a value that is not finite", path=path)
    return frames
