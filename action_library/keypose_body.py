"""Pelvis, spine, head and legs: from channels to rotations, with planted feet exactly on their places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from action_library.keypose_arms import hinge_ik
from motion_engine import quat
from motion_engine.kinematics import HEEL_BACK, fk
from motion_engine.types import Array, canonical_skeleton

STANCE_HIPS = np.array([0.0, -0.006, 0.0])  # m: soft knees
STANCE_WIDTH = 0.015  # m, by which each foot stands further out than in the T-pose
STANCE_YAW = np.radians(4.0)  # the feet are a little splayed
SPINE = (("spine1", 0.3), ("spine2", 0.38), ("spine3", 0.32))
HEAD = (("neck", 0.45), ("head", 0.55))
GAZE = 0.55  # the share of the body's turns and leans that the head takes back, so that the eyes stay level
_LEG_SPARE = np.radians(5.0)  # the knee keeps this bend; the pelvis sinks where a foot would be out of reach
_KNEE_AXIS = np.array([1.0, 0.0, 0.0])


@dataclass(frozen=True, eq=False)
class BodyCurves:
    """Dense channels; angles in radians, positions in m; feet are left then right."""

    root: Array  # (T, 3) x, z, yaw
    hips: Array  # (T, 3)
    pelvis: Array  # (T, 3) bend, turn, lean; so spine and head
    spine: Array
    head: Array
    place: Array  # (T, 2, 3) x, z, yaw in the world
    lift: Array  # (T, 2)
    pitch: Array  # (T, 2)
    knee: Array  # (T, 2) outward


def turned(angles: Array) -> Array:
    """The rotation `(..., 4)` of [forward bend, turn to the left, lean to the left] `(..., 3)`, radians."""
    bend, turn, lean = angles[..., 0], angles[..., 1], angles[..., 2]
    return quat.mul(
        quat.from_axis_angle("y", turn), quat.mul(quat.from_axis_angle("x", bend), quat.from_axis_angle("z", -lean))
    )


def stance_place(side: int) -> Array:
    """Where a foot (0 left, 1 right) stands `(3,)`: x, z of the ankle and yaw."""
    ankle = _rest()[canonical_skeleton().index(("left_ankle", "right_ankle")[side])]
    sign = 1 - 2 * side
    return np.array([ankle[0] + sign * STANCE_WIDTH, ankle[2], sign * STANCE_YAW])


def _rest() -> Array:
    skeleton = canonical_skeleton()
    return fk(skeleton, skeleton.offsets[0], np.tile(quat.IDENTITY, (len(skeleton.names), 1)))[0]


def solve_body(curves: BodyCurves) -> tuple[Array, Array]:
    """Root positions `(T, 3)` and local rotations `(T, J, 4)` with the arms at rest."""
    skeleton = canonical_skeleton()
    frames = len(curves.root)
    rotation = np.tile(quat.IDENTITY, (frames, len(skeleton.names), 1))
    heading = quat.from_axis_angle("y", curves.root[:, 2])
    pelvis = quat.mul(heading, turned(curves.pelvis))
    rotation[:, 0] = pelvis
    for name, share in SPINE:
        rotation[:, skeleton.index(name)] = turned(share * curves.spine)
    gaze = curves.head - GAZE * (curves.spine + curves.pelvis) * np.array([0.0, 1.0, 1.0])
    for name, share in HEAD:
        rotation[:, skeleton.index(name)] = turned(share * gaze)
    root = quat.rotate(heading, curves.hips + STANCE_HIPS) + skeleton.offsets[0]
    root[:, [0, 2]] += curves.root[:, :2]
    ankles, feet = zip(*(_foot(curves, side) for side in (0, 1)), strict=True)
    root[:, 1] -= _sink(root, pelvis, ankles)
    for side in (0, 1):
        _leg(rotation, root, pelvis, ankles[side], feet[side], curves, side)
    return root, rotation


def _foot(curves: BodyCurves, side: int) -> tuple[Array, Array]:
    """World position of the ankle `(T, 3)` and rotation of the foot: it rolls over the ball or over the heel."""
    skeleton, rest = canonical_skeleton(), _rest()
    name = ("left", "right")[side]
    height = rest[skeleton.index(f"{name}_ankle"), 1]
    ball = skeleton.offsets[skeleton.index(f"{name}_foot")]
    heel = np.array([0.0, -height, -HEEL_BACK])
    place, pitch = curves.place[:, side], curves.pitch[:, side]
    yaw = quat.from_axis_angle("y", place[:, 2])
    foot = quat.mul(yaw, quat.from_axis_angle("x", pitch))
    pivot = np.where(pitch[:, None] > 0.0, ball, heel)
    ankle = np.stack((place[:, 0], height + curves.lift[:, side], place[:, 1]), axis=-1)
    return ankle + quat.rotate(yaw, pivot) - quat.rotate(foot, pivot), foot


def _bones(side: int) -> tuple[Array, Array, Array]:
    skeleton = canonical_skeleton()
    name = ("left", "right")[side]
    hip, knee, ankle = (skeleton.offsets[skeleton.index(f"{name}_{part}")] for part in ("hip", "knee", "ankle"))
    return hip, knee, ankle


def _sink(root: Array, pelvis: Array, ankles: tuple[Array, ...]) -> Array:
    """How far the pelvis must sink `(T,)` so that both legs reach, with a soft start."""
    need = np.zeros(len(root))
    for side in (0, 1):
        hip, upper, lower = _bones(side)
        bent = quat.rotate(quat.from_rotvec(_KNEE_AXIS * _LEG_SPARE), lower)
        reach = np.linalg.norm(upper + bent)
        delta = root + quat.rotate(pelvis, hip) - ankles[side]
        across = np.minimum(np.hypot(delta[:, 0], delta[:, 2]), 0.98 * reach)
        excess = delta[:, 1] - np.sqrt(reach**2 - across**2)
        need = np.maximum(need, 0.003 * np.logaddexp(0.0, excess / 0.003))
    return need


def _leg(rotation: Array, root: Array, pelvis: Array, ankle: Array, foot: Array, curves: BodyCurves, side: int) -> None:
    """Writes the rotations of one leg."""
    skeleton = canonical_skeleton()
    name, sign = ("left", "right")[side], 1 - 2 * side
    hip, upper, lower = _bones(side)
    to_pelvis = quat.inv(pelvis)
    aim = quat.rotate(to_pelvis, ankle - root) - hip
    yaw = curves.root[:, 2] + 0.5 * curves.pelvis[:, 1]
    outward = 0.5 * (curves.place[:, side, 2] - yaw) + sign * curves.knee[:, side]
    ahead = np.broadcast_to(np.array([0.0, 0.0, 1.0]), aim.shape)
    pole = quat.rotate(to_pelvis, quat.rotate(quat.from_axis_angle("y", yaw + outward), ahead))
    ball, bend = hinge_ik(upper, lower, _KNEE_AXIS, aim, pole, least=np.radians(2.0))
    knee = quat.from_rotvec(_KNEE_AXIS * bend[:, None])
    shank = quat.mul(pelvis, quat.mul(ball, knee))
    pitch, lift = curves.pitch[:, side], curves.lift[:, side]
    flat = np.clip(1.0 - lift / 0.06, 0.0, 1.0)
    toes = quat.from_axis_angle("x", -np.maximum(pitch, 0.0) * flat * flat * (3 - 2 * flat))
    for part, value in (("hip", ball), ("knee", knee), ("ankle", quat.mul(quat.inv(shank), foot)), ("foot", toes)):
        rotation[:, skeleton.index(f"{name}_{part}")] = value
