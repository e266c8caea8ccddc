"""From a pose to the channels of a key: where the hands are in the chest's frame, how feet stand, how the body bends.

What channels cannot say is lost: the roll of a foot, bent toes, fingers that make none of the known shapes, a wrist
that bends further than people's do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from action_library.keypose import key_pose
from action_library.keypose_arms import ELBOW_AXIS
from action_library.keypose_body import GAZE, HEAD, SPINE, STANCE_HIPS, stance_place, turned
from action_library.keypose_hands import SHAPES, finger_pose
from action_library.keypose_script import script_of
from action_library.keypose_tracks import SIDES
from motion_engine import quat
from motion_engine.kinematics import HEEL_BACK, fk
from motion_engine.types import BODY_JOINTS, Array, canonical_skeleton

_ROUNDS = 6  # in which the shares of the spine are fitted to the chest; each makes the error some ten times smaller


@dataclass(frozen=True)
class Taken:
    """A pose as channels."""

    channels: dict[str, Any]  # of a key, without `t`
    joint: str  # that lies furthest from where it was
    apart: float  # m


def taken(root: Array, rotation: Array) -> Taken:
    """The channels of a pose; where it is on the floor, and where it faces, is left out.

    Args:
        root: `(3,)` the pelvis in the world, m.
        rotation: `(J, 4)` of the canonical skeleton, relative to the parents.
    """
    skeleton = canonical_skeleton()
    rotation = quat.normalize(rotation.astype(np.float64))
    rotation[0] = quat.mul(quat.inv(quat.from_axis_angle("y", _angles(rotation[0])[1])), rotation[0])
    root = np.array([0.0, root[1], 0.0])
    position, world = fk(skeleton, root, rotation)
    pelvis, chest = world[0], world[skeleton.index("spine3")]
    bend = _angles(pelvis)
    spine = _fitted(quat.mul(quat.inv(pelvis), chest), SPINE)
    gaze = _fitted(quat.mul(quat.inv(chest), world[skeleton.index("head")]), HEAD)
    channels: dict[str, Any] = {
        "hips": _metres(root - skeleton.offsets[0] - STANCE_HIPS),
        "pelvis": _degrees(bend),
        "spine": _degrees(spine),
        "head": _degrees(gaze + GAZE * (spine + bend) * np.array([0.0, 1.0, 1.0])),
    }
    for index, side in enumerate(SIDES):
        channels[f"{side}_hand"] = _hand(side, position, world)
        channels[f"{side}_fingers"] = _shape(side, rotation)
        channels[f"{side}_foot"] = _foot(index, position, world)
    joint, apart = _lost(channels, position)
    return Taken(channels, joint, apart)


def _angles(turn: Array) -> Array:
    """[forward bend, turn to the left, lean to the left], radians, of a rotation: what `turned` takes."""
    y, x, z = quat.to_euler(turn, "yxz")
    return np.array([x, y, -z])


def _fitted(turn: Array, shares: tuple[tuple[str, float], ...]) -> Array:
    """The angles of which joints in a row take these shares, so that together they make this rotation."""
    angles = _angles(turn)
    for _ in range(_ROUNDS):
        made = quat.IDENTITY
        for _, share in shares:
            made = quat.mul(made, turned(share * angles))
        x, y, z = quat.to_rotvec(quat.mul(turn, quat.inv(made)))
        angles = angles + np.array([x, y, -z])
    return angles


def _hand(side: str, position: Array, world: Array) -> dict[str, Any]:
    skeleton = canonical_skeleton()
    shoulder, wrist = skeleton.index(f"{side}_shoulder"), skeleton.index(f"{side}_wrist")
    chest, sign = skeleton.index("spine3"), 1 if side == "left" else -1
    mirror = np.array([sign, 1, 1])

    def local(vector: Array) -> Array:
        return quat.rotate(quat.inv(world[chest]), vector) * mirror

    reach = local(position[wrist] - position[shoulder])
    elbow = quat.cross(reach, local(quat.rotate(world[shoulder], ELBOW_AXIS)))  # at right angles to its hinge
    return {
        "at": _metres(local(position[wrist] - position[chest])),
        "palm": _metres(local(quat.rotate(world[wrist], np.array([0.0, -1.0, 0.0])))),
        "fingers": _metres(local(quat.rotate(world[wrist], np.array([float(sign), 0.0, 0.0])))),
        "elbow": _metres(elbow / np.linalg.norm(elbow)),
    }


def _shape(side: str, rotation: Array) -> str:
    """The finger shape that is nearest."""
    mirror = np.array([1.0, 1.0, -1.0, -1.0]) if side == "right" else np.ones(4)
    first = canonical_skeleton().index(f"{side}_index1")
    fingers = rotation[first : first + 15] * mirror
    apart = {name: quat.angle_between(fingers, quat.from_rotvec(finger_pose(name))).sum() for name in SHAPES}
    return min(apart, key=lambda name: float(apart[name]))


def _foot(index: int, position: Array, world: Array) -> dict[str, Any]:
    skeleton, side, sign = canonical_skeleton(), SIDES[index], 1 - 2 * index
    hip, ankle, ball = (skeleton.index(f"{side}_{part}") for part in ("hip", "ankle", "foot"))
    rest, _ = fk(skeleton, skeleton.offsets[0], np.tile(quat.IDENTITY, (len(skeleton.names), 1)))
    height, place = rest[ankle, 1], stance_place(index)
    ahead = quat.rotate(world[ankle], np.array([0.0, 0.0, 1.0]))
    pitch, yaw = float(np.arcsin(np.clip(-ahead[1], -1, 1))), float(np.arctan2(ahead[0], ahead[2]))
    turn = quat.from_axis_angle("y", yaw)
    pivot = skeleton.offsets[ball] if pitch > 0 else np.array([0.0, -height, -HEEL_BACK])
    rolled = quat.rotate(quat.mul(turn, quat.from_axis_angle("x", pitch)), pivot)
    at = position[ankle] - quat.rotate(turn, pivot) + rolled
    hinge = quat.rotate(world[hip], np.array([1.0, 0.0, 0.0]))  # the knee bends at right angles to it
    heading = 0.5 * _angles(world[0])[1]
    knee = float(np.arctan2(-hinge[2], hinge[0])) - heading - 0.5 * (yaw - heading)
    return {
        "at": _metres(np.array([sign * (at[0] - place[0]), at[2] - place[1]])),
        "yaw": round(float(np.degrees(sign * (yaw - place[2]))), 2),
        "lift": round(max(0.0, float(at[1] - height)), 4),
        "pitch": round(float(np.degrees(pitch)), 2),
        "knee": round(float(np.degrees(sign * knee)), 2),
    }


def _lost(channels: dict[str, Any], position: Array) -> tuple[str, float]:
    """The joint of the body that lies furthest from where it was when the channels are solved, and how far, m."""
    key = {"t": 0.0, **channels}
    said = {"name": "taken", "description": "taken", "source": "taken", "licence": "taken"}
    root, rotation = key_pose(script_of({**said, "keys": [key, {"t": 1.0}]}), 0)
    skeleton = canonical_skeleton()
    made, _ = fk(skeleton, root, rotation)
    apart = np.linalg.norm(made - position, axis=-1)[:BODY_JOINTS]
    furthest = int(np.argmax(apart))
    return skeleton.names[furthest], float(apart[furthest])


def _metres(values: Array) -> list[float]:
    return [round(float(value), 4) for value in values]


def _degrees(angles: Array) -> list[float]:
    return [round(float(value), 2) for value in np.degrees(angles)]
