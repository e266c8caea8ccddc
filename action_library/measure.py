"""What a motion itself says: how far it goes and turns, and whether it goes on from its end to its beginning."""

from __future__ import annotations

import numpy as np

from motion_engine import clips as edit
from motion_engine import quat
from motion_engine.kinematics import body_positions
from motion_engine.types import Array, Clip

UPRIGHT = np.cos(np.radians(60.0))  # of the pelvis' own up; below it headings say little
# A clip is a cycle if its last frame is as near to its first as a few frames would bring it, at about the same speed.
SEAM_STEPS = 3.0  # frames' worth of the clip's median motion
SEAM_SPEED = 0.5  # of the median speed: slower means that it rests at its ends, so it is a performance
SWAY = 0.2  # radians
LEAST_MOTION = 0.002  # m a frame; below it nothing happens that could repeat
SHORTEST_CYCLE = 0.4  # s
LYING, UPWARD = 0.35, 0.6  # m, of the pelvis, and how far up or down the belly looks


def travelled(clip: Clip, *, cyclic: bool = False) -> float:
    """Metres along the floor from the first to the last frame; of a cycle, on to the first frame of the next."""
    way = (clip.root_position[-1] - clip.root_position[0])[[0, 2]].astype(np.float64)
    return float(np.linalg.norm(way)) * _to_next(clip, cyclic)


def turned(clip: Clip) -> float:
    """Radians turned about +Y in the whole clip, left positive; whole turns count only while the body is upright."""
    up = quat.rotate(clip.rotation[:, 0].astype(np.float64), np.array([0.0, 1.0, 0.0]))[:, 1]
    curve = edit.heading_curve(clip)
    turn = float(curve[-1] - curve[0])
    return turn if up.min() > UPRIGHT else float((turn + np.pi) % (2 * np.pi) - np.pi)


def cycle_turn(clip: Clip) -> float:
    """Radians that one cycle of a gait turns; a little is sway of the hips, not a turn."""
    yaw = np.unwrap(quat.heading(clip.rotation[:, 0].astype(np.float64)))
    turn = float(yaw[-1] - yaw[0]) * _to_next(clip, True)
    return turn if abs(turn) > SWAY else 0.0


def _to_next(clip: Clip, cyclic: bool) -> float:
    return len(clip) / (len(clip) - 1) if cyclic and len(clip) > 1 else 1.0


def is_cycle(clip: Clip) -> bool:
    """Whether the motion goes on seamlessly from the last frame to the first, as a walk does."""
    if clip.duration < SHORTEST_CYCLE:
        return False
    pose = local_positions(clip)
    step = np.linalg.norm(np.diff(pose, axis=0), axis=-1).mean(axis=-1)
    usual = float(np.median(step))
    if usual < LEAST_MOTION:
        return False
    gap = float(np.linalg.norm(pose[0] - pose[-1], axis=-1).mean())
    first, last = (pose[2] - pose[0]).ravel(), (pose[-1] - pose[-3]).ravel()
    size = np.linalg.norm(first) * np.linalg.norm(last)
    onward = float(first @ last) > 0.2 * size > 0
    return bool(gap < SEAM_STEPS * usual and min(step[0], step[-1]) > SEAM_SPEED * usual and onward)


def local_positions(clip: Clip) -> Array:
    """Positions of the body's joints `(T, 22, 3)` m seen from over the floor under the pelvis, heading removed."""
    position = body_positions(clip)
    away = quat.from_axis_angle("y", -quat.heading(clip.rotation[:, 0].astype(np.float64)))
    return quat.rotate(away[:, None], position - position[:, :1] * (1.0, 0.0, 1.0))


def posture(clip: Clip, frame: int) -> str:
    """`lie_face_up` or `lie_face_down` of one who lies in a frame, else `stand`: sitting may be anything."""
    ahead = quat.rotate(clip.rotation[frame, 0].astype(np.float64), np.array([0.0, 0.0, 1.0]))[1]
    if clip.root_position[frame, 1] > LYING or abs(ahead) < UPWARD:
        return "stand"
    return "lie_face_up" if ahead > 0 else "lie_face_down"
