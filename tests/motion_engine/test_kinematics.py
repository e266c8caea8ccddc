from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from motion_engine import quat
from motion_engine.kinematics import fk, look_at, sole_points, to_local, two_bone_ik
from motion_engine.types import canonical_skeleton

SKELETON = canonical_skeleton()


def pose(seed: int = 0, frames: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(frames, 3)), quat.normalize(rng.normal(size=(frames, 52, 4)))


def test_fk_agrees_with_plain_recursion_over_matrices() -> None:
    root, rotation = pose()
    position, world = fk(SKELETON, root, rotation)
    for frame in range(len(root)):
        matrices: list[np.ndarray] = []
        points: list[np.ndarray] = []
        for joint, parent in enumerate(SKELETON.parents):
            local = Rotation.from_quat(rotation[frame, joint, [1, 2, 3, 0]]).as_matrix()
            if parent < 0:
                matrices.append(local)
                points.append(root[frame])
            else:
                matrices.append(matrices[parent] @ local)
                points.append(points[parent] + matrices[parent] @ SKELETON.offsets[joint])
        assert np.allclose(position[frame], points)
        assert np.allclose(quat.to_matrix(world[frame]), matrices)


def test_to_local_is_the_inverse_of_fk() -> None:
    root, rotation = pose(1)
    _, world = fk(SKELETON, root, rotation)
    assert np.allclose(to_local(SKELETON, world), rotation)


@pytest.mark.parametrize("side", ["left", "right"])
def test_two_bone_ik_reaches_and_bends_towards_the_pole(side: str) -> None:
    _, rotation = pose(2, 50)
    rotation[:] = quat.slerp(np.broadcast_to(quat.IDENTITY, rotation.shape), rotation, np.array(0.2))
    position, world = fk(SKELETON, np.zeros((50, 3)), rotation)
    shoulder, elbow, wrist = (SKELETON.index(f"{side}_{n}") for n in ("shoulder", "elbow", "wrist"))
    target = position[:, shoulder] + np.random.default_rng(3).uniform(-0.25, 0.25, (50, 3))
    pole = np.tile([0.3, -1.0, -0.4], (50, 1))
    upper, lower = two_bone_ik(position[:, shoulder], position[:, elbow], position[:, wrist], target, pole)
    world[:, shoulder], world[:, elbow] = (
        quat.mul(upper, world[:, shoulder]),
        quat.mul(lower, world[:, elbow]),
    )
    world[:, wrist] = quat.mul(lower, world[:, wrist])
    after, _ = fk(SKELETON, np.zeros((50, 3)), to_local(SKELETON, world))
    assert np.max(np.linalg.norm(after[:, wrist] - target, axis=-1)) < 1e-6
    straight = 0.5 * (after[:, shoulder] + after[:, wrist])
    assert np.all(np.sum((after[:, elbow] - straight) * pole, axis=-1) > 0)


def test_a_knee_that_was_a_little_beyond_straight_does_not_turn_the_leg_round() -> None:
    hip, ankle = np.zeros((40, 3)), np.tile([0.0, -0.8, 0.0], (40, 1))
    beyond = np.linspace(-0.02, 0.02, 40)
    knee = np.stack((np.zeros(40), np.full(40, -0.4), beyond), axis=-1)
    target = ankle + np.array((0.001, 0.0, 0.0))
    upper, lower = two_bone_ik(hip, knee, ankle, target, np.tile([0.0, 0.0, 1.0], (40, 1)))
    for turn in (upper, lower):
        assert np.degrees(2 * np.arccos(np.abs(turn[:, 0]).min())) < 10.0
    side = quat.rotate(upper, np.array([1.0, 0.0, 0.0]))  # the hinge of the knee
    assert side[:, 0].min() > 0.99


def test_two_bone_ik_stops_short_of_a_target_out_of_reach() -> None:
    hip, knee, ankle = np.zeros((1, 3)), np.array([[0, -0.4, 0.0]]), np.array([[0, -0.8, 0.05]])
    target = np.array([[0.0, -2.0, 0.0]])
    upper, lower = two_bone_ik(hip, knee, ankle, target, np.array([[0, 0, 1.0]]))
    new_knee = quat.rotate(upper, knee)
    reached = new_knee + quat.rotate(lower, ankle - knee)
    assert np.allclose(reached[:, [0, 2]], 0, atol=1e-6)
    assert np.all(np.isfinite(upper))
    length = np.linalg.norm(knee) + np.linalg.norm(ankle - knee)
    assert 0.99 * length < -reached[0, 1] < length


def test_look_at_turns_by_the_limit_at_most() -> None:
    turn = look_at(np.array([0, 0, 1.0]), np.array([1.0, 0, 0]), 0.5)
    assert np.allclose(quat.to_rotvec(turn), [0, 0.5, 0])
    assert np.allclose(
        quat.rotate(look_at(np.array([0, 0, 1.0]), np.array([1.0, 0, 0]), 2.0), np.array([0, 0, 1.0])), [1, 0, 0]
    )


def test_soles_are_on_the_floor_at_rest() -> None:
    position, world = fk(SKELETON, SKELETON.offsets[0], np.tile(quat.IDENTITY, (52, 1)))
    soles = sole_points(SKELETON, position, world)
    assert np.allclose(soles[:, 1], 0.0, atol=1e-9)
    assert np.all(soles[:3, 0] > 0)
    assert np.all(soles[3:, 0] < 0)
    assert soles[0, 2] < soles[1, 2] < soles[2, 2]
