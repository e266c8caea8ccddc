from __future__ import annotations

import numpy as np
import pytest

from motion_engine.curves import decay, envelope, smooth, smoothstep


def test_smooth_keeps_straight_lines_to_their_ends() -> None:
    line = np.linspace(0, 5, 40)[:, None] * (1.0, -2.0)
    assert np.allclose(smooth(line, 4.0), line)
    assert smooth(np.array([3.0]), 4.0) == pytest.approx([3.0])


def test_smooth_removes_noise() -> None:
    noise = np.random.default_rng(0).normal(size=200)
    assert smooth(noise, 3.0).std() < 0.4 * noise.std()


def test_envelope_is_never_below() -> None:
    values = np.abs(np.random.default_rng(1).normal(size=100))
    assert np.all(envelope(values, 3) >= values - 1e-12)
    assert len(envelope(values, 3)) == 100


def test_smoothstep_ends() -> None:
    assert np.allclose(smoothstep(np.array([-1.0, 0.0, 0.5, 1.0, 2.0])), [0, 0, 0.5, 1, 1])


def test_decay_starts_with_the_offset_and_velocity_and_ends_at_rest() -> None:
    time = np.linspace(0, 0.5, 5001)
    offset, velocity = np.array([1.0, -2.0]), np.array([3.0, 0.5])
    curve = decay(offset, velocity, time, 0.5)
    slope = np.gradient(curve, time, axis=0)
    bend = np.gradient(slope, time, axis=0)
    assert np.allclose(curve[0], offset)
    assert np.allclose(slope[0], velocity, atol=0.01)
    assert np.allclose(curve[-1], 0)
    assert np.allclose(slope[-2], 0, atol=0.01)
    assert np.allclose(bend[-5], 0, atol=0.5)
    assert np.allclose(decay(offset, velocity, np.array([9.0]), 0.5), 0)
