from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from motion_engine import clips, metrics
from motion_engine.errors import BadClip


def test_joint_speed_of_a_glide(make: Any) -> None:
    speed = metrics.joint_speed(make.clip(20, speed=1.5))
    assert speed.shape == (19, 22)
    assert np.allclose(speed, 1.5, atol=1e-3)


def test_penetration_is_how_deep_the_soles_are(make: Any) -> None:
    clip = make.clip(3)
    assert metrics.penetration(clip) == pytest.approx(0.0, abs=1e-5)
    sunken = replace(clip, root_position=clip.root_position - np.array([0, 0.07, 0]))
    assert metrics.penetration(sunken) == pytest.approx(0.07, abs=1e-5)


def test_jerk_of_a_constant_speed_is_nothing_and_of_a_step_is_twice_it(make: Any) -> None:
    clip = make.clip(60, speed=1.0)
    assert np.allclose(metrics.jerk_curve(clip, 30), 0.0, atol=1e-5)
    root = clip.root_position.copy()
    root[30:, 0] += 0.1
    curve = metrics.jerk_curve(replace(clip, root_position=root), 30)
    assert len(curve) == 27
    assert curve.max() == pytest.approx(0.2, rel=0.01)  # 0.1, -0.2, 0.1
    assert np.count_nonzero(curve > 0.01) == 3


def test_jerk_is_unknown_beyond_the_ends_of_the_clip(make: Any) -> None:
    clip = make.clip(60, sway=0.8)
    whole = metrics.jerk_curve(clip, 30)
    assert not np.isnan(whole).any()
    early, late = metrics.jerk_curve(clip, 5), metrics.jerk_curve(clip, 58)
    assert len(early) == len(late) == 27
    assert np.isnan(early[:10]).all()
    assert np.allclose(early[10:], metrics.jerk_curve(clip, 15)[:17])
    assert np.allclose(late[:14], metrics.jerk_curve(clip, 45)[13:])
    assert np.isnan(late[14:]).all()
    assert np.isnan(metrics.jerk_curve(make.clip(3), 1)).all()


def test_peak_and_area_of_jerk_are_of_the_mean_curve() -> None:
    curves = np.array([[1.0, 3.0, np.nan], [3.0, 5.0, np.nan], [2.0, np.nan, 1.0]])
    assert np.array_equal(metrics.mean_curve(curves), [2.0, 4.0, 1.0])
    assert metrics.peak_and_area_of_jerk(curves, np.array([1.0, 1.0, 1.5])) == (4.0, 4.5)
    assert metrics.own_peaks(curves) == pytest.approx((10 / 3, 4.8))
    unknown = np.full((2, 3), np.nan)
    assert metrics.own_peaks(np.concatenate((curves, unknown)))[0] == pytest.approx(10 / 3)
    with pytest.raises(BadClip, match="four frames"):
        metrics.own_peaks(unknown)
    with pytest.raises(BadClip, match="four frames"):
        metrics.peak_and_area_of_jerk(unknown, np.ones(3))


def test_transition_distance_sees_the_pose_alone(make: Any) -> None:
    clip = make.clip(20, arm=1.0)
    root, rotation = clip.root_position.copy(), clip.rotation.copy()
    moved = clips.place(clip, np.array([3.0, 0.0, 1.0]), 2.0, pivot=root[0], own_heading=0.0)
    root[10:], rotation[10:] = moved.root_position[10:], moved.rotation[10:]
    jump = replace(clip, root_position=root, rotation=rotation)
    assert metrics.transition_distance(jump, 10) == pytest.approx(0.0, abs=1e-3)
    shoulder, elbow, wrist = (clip.skeleton.index(f"right_{part}") for part in ("shoulder", "elbow", "wrist"))
    rotation[10:, shoulder] = [1.0, 0.0, 0.0, 0.0]  # the arm goes up by one radian
    jump = replace(clip, root_position=root, rotation=rotation)
    upper, lower = (np.linalg.norm(clip.skeleton.offsets[joint]) for joint in (elbow, wrist))
    expected = 100 * 2 * np.sin(0.5) * (upper + (upper + lower)) / 22
    assert metrics.transition_distance(jump, 10) == pytest.approx(expected, rel=0.02)


def test_floating_and_sinking_are_mean_millimetres_beyond_the_tolerance(make: Any) -> None:
    clip = make.clip(10)

    def at(height: float, frames: slice = slice(None)) -> Any:
        root = clip.root_position.copy()
        root[frames, 1] += height
        return replace(clip, root_position=root)

    assert metrics.floating(clip) == metrics.sinking(clip) == 0.0
    assert metrics.floating(at(0.004)) == metrics.sinking(at(-0.004)) == 0.0
    assert metrics.floating(at(0.02)) == pytest.approx(20.0, abs=0.01)
    assert metrics.sinking(at(-0.02, slice(0, 5))) == pytest.approx(10.0, abs=0.01)
    assert metrics.sinking(at(0.02)) == metrics.floating(at(-0.02)) == 0.0


def test_foot_skate_ratio(make: Any) -> None:
    assert metrics.foot_skate_ratio(make.clip(60)) == 0.0
    assert metrics.foot_skate_ratio(make.clip(60, speed=1.0)) == 1.0
    assert metrics.foot_skate_ratio(make.clip(60, speed=0.4)) == 0.0
    assert metrics.foot_skate_ratio(make.clip(1)) == 0.0


def test_contact_slide(make: Any) -> None:
    clip = make.clip(30, speed=0.3)
    assert metrics.contact_slide(clip) == pytest.approx(0.3, rel=0.01)
    assert metrics.contact_slide(make.clip(30, speed=3.0)) == 0.0
