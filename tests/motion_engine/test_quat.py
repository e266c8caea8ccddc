from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from motion_engine import quat

ORDERS = ["".join(order) for order in itertools.permutations("xyz")]


def random(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return quat.normalize(np.random.default_rng(seed).normal(size=(*shape, 4)))


def oracle(q: np.ndarray) -> Rotation:
    return Rotation.from_quat(q[..., [1, 2, 3, 0]])


def test_products_and_rotations_agree_with_scipy() -> None:
    a, b = random((200,), 1), random((200,), 2)
    v = np.random.default_rng(3).normal(size=(200, 3))
    assert np.allclose(quat.to_matrix(quat.mul(a, b)), (oracle(a) * oracle(b)).as_matrix())
    assert np.allclose(quat.rotate(a, v), oracle(a).apply(v))
    assert np.allclose(quat.to_matrix(quat.inv(a)), oracle(a).inv().as_matrix())
    assert np.allclose(np.abs(quat.to_rotvec(a)), np.abs(oracle(a).as_rotvec()))
    assert np.allclose(quat.angle_between(a, b), (oracle(a).inv() * oracle(b)).magnitude())


@pytest.mark.parametrize("order", ORDERS)
def test_euler_angles_agree_with_scipy(order: str) -> None:
    q = random((300,))
    assert np.allclose(quat.to_euler(q, order), oracle(q).as_euler(order.upper()), atol=1e-6)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("middle", [-np.pi / 2, np.pi / 2])
def test_gimbal_lock_keeps_the_rotation(order: str, middle: float) -> None:
    q = quat.from_euler(np.array([0.3, middle, -0.8]), order)
    again = quat.from_euler(quat.to_euler(q, order), order)
    assert quat.angle_between(q, again) < 1e-6


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (5,), (2, 3)])
def test_round_trips_keep_dtype_and_rotation(dtype: type, shape: tuple[int, ...]) -> None:
    q = random(shape).astype(dtype)
    for again in (quat.from_rotvec(quat.to_rotvec(q)), quat.from_matrix(quat.to_matrix(q))):
        assert again.dtype == dtype
        assert np.max(quat.angle_between(again, q)) < (2e-3 if dtype is np.float32 else 1e-6)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.floats(0, 1e-3), st.floats(-1, 1), st.floats(-1, 1))
def test_small_rotations_survive(angle: float, x: float, y: float) -> None:
    v = np.array([x, y, 1.0]) * angle
    assert np.allclose(quat.to_rotvec(quat.from_rotvec(v)), v, atol=1e-12)


def test_between_takes_one_direction_to_the_other_even_when_opposite() -> None:
    a = np.array([[1.0, 0, 0], [0, 2.0, 0], [0, 0, 1.0], [1.0, 0, 0]])
    b = np.array([[-1.0, 0, 0], [0, -1.0, 0], [0, 3.0, 0], [1.0, 1e-9, 0]])
    expected = b / np.linalg.norm(b, axis=-1, keepdims=True)
    assert np.allclose(
        quat.rotate(quat.between(a, b), a / np.linalg.norm(a, axis=-1, keepdims=True)), expected, atol=1e-6
    )


def test_slerp_goes_the_shorter_way_at_constant_speed() -> None:
    a, b = quat.IDENTITY, -quat.from_axis_angle("y", 1.2)
    middle = quat.slerp(np.tile(a, (5, 1)), np.tile(b, (5, 1)), np.linspace(0, 1, 5))
    assert np.allclose(quat.angle_between(middle[1:], middle[:-1]), 0.3)


def test_unroll_removes_sign_flips_without_changing_rotations() -> None:
    q = quat.from_axis_angle("x", np.linspace(0, 6 * np.pi, 100))
    flipped = q * np.where(np.arange(100) % 3 == 0, -1, 1)[:, None]
    smooth = quat.unroll(flipped)
    assert np.all(np.sum(smooth[1:] * smooth[:-1], axis=-1) > 0)
    assert np.max(quat.angle_between(smooth, q)) < 1e-6


def test_heading_is_the_turn_about_up_whatever_the_pitch() -> None:
    turn = quat.from_axis_angle("y", np.array([0.0, 1.0, -2.0, 3.1]))
    pitched = quat.mul(turn, quat.from_axis_angle("x", np.array([0.0, 0.5, -1.4, 0.3])))
    assert np.allclose(quat.heading(pitched), [0.0, 1.0, -2.0, 3.1])
