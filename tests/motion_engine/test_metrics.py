from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from motion_engine import metrics


def test_joint_speed_of_a_glide(make: Any) -> None:
    speed = metrics.joint_speed(make.clip(20, speed=1.5))
    assert speed.shape == (19, 22)
    assert np.allclose(speed, 1.5, atol=1e-3)


def test_penetration_is_how_deep_the_soles_are(make: Any) -> None:
    clip = make.clip(3)
    assert metrics.penetration(clip) == pytest.approx(0.0, abs=1e-5)
    sunken = replace(clip, root_position=clip.root_position - np.array([0, 0.07, 0]))
    assert metrics.penetration(sunken) == pytest.approx(0.07, abs=1e-5)


def test_jerk_of_a_constant_speed_is_nothing_and_of_a_step_is_three_times_it(make: Any) -> None:
    clip = make.clip(60, speed=1.0)
    assert np.allclose(metrics.jerk_curve(clip, 30), 0.0, atol=1e-5)
    root = clip.root_position.copy()
    root[30:, 0] += 0.1
    curve = metrics.jerk_curve(replace(clip, root_position=root), 30)
    assert len(curve) == 27
    assert curve.max() == pytest.approx(0.2, rel=0.01)  # 0.1, -0.2, 0.1
    assert np.count_nonzero(curve > 0.01) == 3


def test_foot_skate_ratio(make: Any) -> None:
    assert metrics.foot_skate_ratio(make.clip(60)) == 0.0
    assert metrics.foot_skate_ratio(make.clip(60, speed=1.0)) == 1.0
    assert metrics.foot_skate_ratio(make.clip(60, speed=0.4)) == 0.0
    assert metrics.foot_skate_ratio(make.clip(1)) == 0.0


def test_contact_slide(make: Any) -> None:
    clip = make.clip(30, speed=0.3)
    assert metrics.contact_slide(clip) == pytest.approx(0.3, rel=0.01)
    assert metrics.contact_slide(make.clip(30, speed=3.0)) == 0.0
