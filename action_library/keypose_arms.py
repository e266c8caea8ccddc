"""Arms: from where a hand shall be to the angles of collar, shoulder, elbow and wrist.

All of it is for the left arm in the frame of the chest (origin spine3); the right arm is its mirror image. Keys are
solved here once; between keys the angles are interpolated, not the targets, so that hands move on arcs and an elbow
can only bend the way elbows do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from motion_engine import quat
from motion_engine.types import Array, canonical_skeleton

ARM_WIDTH = 11  # numbers of a solved arm: collar raised and forward, shoulder wxyz, elbow, forearm twist, wrist

ELBOW_AXIS = np.array([0.0, -1.0, 0.0])
_TWIST_LIMITS = np.radians((-105.0, 80.0))  # palm forward ... palm back, from palm down with the arm held out
_TWIST_EASE = np.radians((-70.0, 50.0))
_WRIST_LIMIT = np.radians(65.0)
_TWIST_RELAXED = np.radians(-8.0)
_TOO_NEAR = 0.05  # m from the shoulder, nearer than any hand comes
_HANGING = np.array([0.3, -0.8, -0.5])
_SWIVELS = np.radians(np.arange(-80.0, 81.0, 5.0))


@dataclass(frozen=True)
class HandTarget:
    """A wrist target in the chest's frame, for a left arm: m and directions."""

    at: Array
    elbow: Array
    palm: Array | None = None
    fingers: Array | None = None


def _bones() -> tuple[Array, Array, Array, Array]:
    skeleton = canonical_skeleton()
    collar, shoulder, elbow, wrist = (
        skeleton.index(f"left_{part}") for part in ("collar", "shoulder", "elbow", "wrist")
    )
    offsets = skeleton.offsets
    return offsets[collar], offsets[shoulder], offsets[elbow], offsets[wrist]


def hinge_ik(upper: Array, lower: Array, axis: Array, target: Array, pole: Array, least: float) -> tuple[Array, Array]:
    """A ball joint and a hinge that bring the end of a limb to `target`.

    Args:
        upper, lower: `(3,)` m, the bones at rest.
        axis: `(3,)` the hinge at rest; positive angles bend.
        target: `(..., 3)` m from the ball joint; out of reach it is approached in a straight line.
        pole: `(..., 3)` where the middle joint points.
        least: The smallest bend, radians, so that the limb never locks.

    Returns:
        The rotation of the ball joint `(..., 4)` and the angle of the hinge `(...)`, radians.
    """
    # |upper + R(angle) lower| = distance: along the axis nothing changes, across it a cosine with a phase.
    along = np.dot(upper, axis) * np.dot(lower, axis)
    flat_upper, flat_lower = upper - np.dot(upper, axis) * axis, lower - np.dot(lower, axis) * axis
    size = np.linalg.norm(flat_upper) * np.linalg.norm(flat_lower)
    phase = np.arctan2(np.dot(axis, np.cross(flat_upper, flat_lower)), np.dot(flat_upper, flat_lower))
    distance = np.linalg.norm(target, axis=-1)
    cosine = (distance**2 - np.dot(upper, upper) - np.dot(lower, lower) - 2 * along) / (2 * size)
    angle = np.clip(np.arccos(np.clip(cosine, -1.0, 1.0)) - phase, least, np.radians(155.0))
    end = upper + quat.rotate(quat.from_rotvec(axis * angle[..., None]), np.broadcast_to(lower, (*angle.shape, 3)))
    here = _frame(end, np.broadcast_to(axis, end.shape))
    there = _frame(target, quat.cross(pole, target))
    return quat.from_matrix(there @ np.swapaxes(here, -1, -2)), angle


def _frame(first: Array, second: Array) -> Array:
    """Matrices `(..., 3, 3)` whose columns are `first`, `second` made perpendicular to it, and their product."""
    a = first / np.maximum(np.linalg.norm(first, axis=-1, keepdims=True), 1e-9)
    b = second - np.sum(second * a, axis=-1, keepdims=True) * a
    b = b / np.maximum(np.linalg.norm(b, axis=-1, keepdims=True), 1e-9)
    return np.stack((a, b, quat.cross(a, b)), axis=-1)


def collar_rotation(raised: Array, forward: Array) -> Array:
    """The left collar's rotation `(..., 4)` from how far it is raised and drawn forward, radians."""
    return quat.mul(quat.from_axis_angle("y", -forward), quat.from_axis_angle("z", raised))


def solve_arm(target: HandTarget) -> Array:
    """The arm `(ARM_WIDTH,)` that puts the hand on its target with the least strain of forearm and wrist."""
    collar, shoulder, upper, lower = _bones()
    aim = target.at - (collar + shoulder)
    raised, forward = _collar(aim, float(np.linalg.norm(upper) + np.linalg.norm(lower)))
    turn = collar_rotation(raised, forward)
    to_collar = quat.inv(turn)
    reach = quat.rotate(to_collar, target.at - collar) - shoulder
    reach = reach if np.linalg.norm(reach) > _TOO_NEAR else np.array([0.0, 0.0, _TOO_NEAR])
    axis = reach / np.linalg.norm(reach)
    # An elbow that shall point along the arm says nothing: then it hangs.
    pole = quat.rotate(to_collar, target.elbow / np.linalg.norm(target.elbow) + 1e-3 * _HANGING)
    sides = quat.rotate(quat.from_rotvec(axis * _SWIVELS[:, None]), pole)
    ball, bend = hinge_ik(upper, lower, ELBOW_AXIS, np.broadcast_to(reach, sides.shape), sides, np.radians(4.0))
    fore = quat.mul(ball, quat.from_rotvec(ELBOW_AXIS * bend[:, None]))
    twist, swing, strain = _wrist(quat.mul(quat.inv(fore), to_collar), lower, target)
    best = int(np.argmin(strain + 0.5 * _SWIVELS**2))
    return np.array([raised, forward, *quat.positive(ball[best]), bend[best], twist[best], *swing[best]])


def _collar(aim: Array, length: float) -> tuple[Array, Array]:
    """How far the collar rises and comes forward with the arm: the rhythm of shoulder blade and upper arm."""
    size = max(float(np.linalg.norm(aim)), 1e-6)
    height, ahead = aim[1] / size, aim[2] / size
    across = np.clip(-aim[0] / size, 0.0, 1.0)
    x = np.clip((height + 0.35) / 1.35, 0.0, 1.0)
    full = min(size / length, 1.0)
    raised = np.radians(26.0) * x * x * (3 - 2 * x)
    forward = np.radians(12.0) * max(ahead, 0.0) * full**2 + np.radians(10.0) * across
    return np.asarray(raised), np.asarray(forward)


def _wrist(to_fore: Array, lower: Array, target: HandTarget) -> tuple[Array, Array, Array]:
    """Forearm twists `(S,)`, wrist swings `(S, 3)` and their strain `(S,)`.

    Args:
        to_fore: `(S, 4)` turn vectors of the chest into the frame of the forearm.
        lower: `(3,)` the forearm at rest.
        target: Which palm and fingers are asked for.
    """
    along = lower / np.linalg.norm(lower)
    still = np.zeros(len(to_fore))
    if target.palm is None:
        return still + _TWIST_RELAXED, np.zeros((len(to_fore), 3)), still
    palm = quat.rotate(to_fore, target.palm)
    if target.fingers is None:
        down = np.array([0.0, -1.0, 0.0])
        twist = np.arctan2(quat.cross(down, palm) @ along, palm @ down - (palm @ along) * np.dot(down, along))
        swing = np.zeros((len(to_fore), 3))
    else:
        hand = quat.from_matrix(_frame(quat.rotate(to_fore, target.fingers), -palm))  # fingers +X, back of the hand +Y
        twist = 2.0 * np.arctan2(hand[:, 1:] @ along, hand[:, 0])
        twist = (twist + np.pi) % (2 * np.pi) - np.pi
        swing = quat.to_rotvec(quat.mul(quat.inv(quat.from_rotvec(along * twist[:, None])), hand))
    bent = np.linalg.norm(swing, axis=-1)
    over = np.maximum(0.0, np.maximum(twist - _TWIST_EASE[1], _TWIST_EASE[0] - twist))
    strain = 4.0 * over**2 + 0.4 * bent**2 + 8.0 * np.maximum(0.0, bent - _WRIST_LIMIT) ** 2
    swing = swing * np.minimum(1.0, _WRIST_LIMIT / np.maximum(bent, 1e-9))[:, None]
    return np.clip(twist, *_TWIST_LIMITS), swing, strain


def arm_rotations(arm: Array) -> Array:
    """Local rotations `(T, 4, 4)` of the left collar, shoulder, elbow and wrist from solved arms `(T, ARM_WIDTH)`."""
    _, _, _, lower = _bones()
    along = lower / np.linalg.norm(lower)
    half_twist = quat.from_rotvec(along * (0.5 * arm[:, 7:8]))
    elbow = quat.mul(quat.from_rotvec(ELBOW_AXIS * arm[:, 6:7]), half_twist)
    wrist = quat.mul(half_twist, quat.from_rotvec(arm[:, 8:11]))
    return np.stack((collar_rotation(arm[:, 0], arm[:, 1]), quat.normalize(arm[:, 2:6]), elbow, wrist), axis=1)
