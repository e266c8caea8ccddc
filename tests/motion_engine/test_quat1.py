from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_engine import quat, quat1

NUMBERS = st.floats(-3.0, 3.0)
VECTORS = st.tuples(NUMBERS, NUMBERS, NUMBERS)


@settings(derandomize=True, max_examples=60)
@given(VECTORS, VECTORS, VECTORS, st.floats(0.0, 1.0))
def test_one_at_a_time_gives_what_arrays_give(a: quat1.Vector, b: quat1.Vector, v: quat1.Vector, t: float) -> None:
    p, q = quat.from_rotvec(np.array(a)), quat.from_rotvec(np.array(b))
    one, other = quat1.from_rotvec(a), quat1.floats(q)
    assert np.allclose(one, p, atol=1e-9)
    assert np.allclose(quat1.mul(one, other), quat.mul(p, q))
    assert np.allclose(quat1.inverse(other), quat.inv(q))
    assert np.allclose(quat1.rotate(one, v), quat.rotate(p, np.array(v)))
    assert np.allclose(quat1.cross(a, v), np.cross(a, v))
    assert quat.angle_between(np.array(quat1.scale(one, t)), quat.scale(p, t)) < 1e-6
    again = quat1.from_rotvec(quat1.to_rotvec(one))
    assert quat.angle_between(np.array(again), p) < 1e-6


@settings(derandomize=True, max_examples=40)
@given(VECTORS, VECTORS)
def test_between_turns_one_direction_into_another(a: quat1.Vector, b: quat1.Vector) -> None:
    if quat1.norm(a) < 0.1 or quat1.norm(b) < 0.1 or np.dot(a, b) < -0.99 * quat1.norm(a) * quat1.norm(b):
        return
    turned = np.array(quat1.rotate(quat1.between(a, b), a)) / quat1.norm(a)
    assert np.allclose(turned, np.array(b) / quat1.norm(b), atol=1e-6)
