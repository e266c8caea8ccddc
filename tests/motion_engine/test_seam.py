from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from motion_engine import metrics, quat
from motion_engine.seam import LOOKED_AT, WILD, smooth_seams
from motion_engine.transition import Course, chain, concatenate
from motion_engine.types import canonical_skeleton


def joined(first: Any, second: Any) -> tuple[Course, int]:
    before = Course.of(first)
    return concatenate([before, chain(before, Course.of(second))]), len(first)


def smooth_one(course: Course, cut: int, room: int) -> tuple[Course, float]:
    smooth, halves = smooth_seams(course, [cut], [room])
    return smooth, halves[0]


def largest_jerk(course: Course, cut: int) -> float:
    return float(metrics.jerk_curve(course.clip, cut).max()) * course.clip.fps**3


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0])
def test_a_jump_of_the_arm_becomes_a_movement(make: Any, fps: float) -> None:
    frames = round(2 * fps)
    course, cut = joined(make.clip(frames, fps=fps), make.clip(frames, fps=fps, arm=1.0))
    smooth, half = smooth_one(course, cut, frames)
    shoulder = canonical_skeleton().index("right_shoulder")
    angle = quat.angle_between(smooth.clip.rotation[:, shoulder], quat.IDENTITY)
    assert np.abs(np.diff(angle)).max() * fps < 8.0  # radians/s, where it jumped by 1 within a frame
    assert 0.05 < half <= LOOKED_AT + 0.1
    outside = np.abs(np.arange(2 * frames) - (cut - 0.5)) > half * fps
    assert np.array_equal(smooth.clip.rotation[outside], course.clip.rotation[outside])
    assert np.array_equal(smooth.clip.root_position[outside], course.clip.root_position[outside])


def test_the_seam_jerks_no_more_than_allowed(make: Any) -> None:
    course, cut = joined(make.clip(60), make.clip(60, arm=1.0, speed=1.4))
    smooth, _ = smooth_one(course, cut, 60)
    assert largest_jerk(course, cut) > 5 * WILD
    assert largest_jerk(smooth, cut) <= WILD


def test_a_larger_change_takes_longer(make: Any) -> None:
    halves = []
    for arm in (0.05, 0.5, 1.5):
        course, cut = joined(make.clip(60), make.clip(60, arm=arm))
        halves.append(smooth_one(course, cut, 60)[1])
    assert halves == sorted(halves)
    assert halves[0] < halves[-1]


def test_what_fits_is_left_nearly_as_it_is(make: Any) -> None:
    walk = make.clip(61, speed=1.0, sway=0.3)
    course = Course.of(walk)
    smooth, _ = smooth_one(course, 30, 30)
    assert np.abs(metrics.body_positions(smooth.clip) - metrics.body_positions(walk)).max() < 0.005


def test_there_may_be_no_room(make: Any) -> None:
    course, cut = joined(make.clip(30), make.clip(30, arm=1.0))
    same, half = smooth_one(course, cut, 0)
    assert half == 0.0
    assert np.array_equal(same.clip.rotation, course.clip.rotation)
    near, half = smooth_one(course, cut, 2)
    assert half == pytest.approx(2 / 30)
    assert np.array_equal(near.clip.rotation[: cut - 2], course.clip.rotation[: cut - 2])


def test_a_knee_that_swings_to_straight_does_not_bend_forward(make: Any) -> None:
    skeleton = canonical_skeleton()
    knee = skeleton.index("left_knee")
    swing = make.clip(60)
    rotation = swing.rotation.copy()
    rotation[:, knee] = quat.from_axis_angle("x", np.concatenate((np.full(45, 2.0), np.linspace(2.0, 0.02, 15))))
    bent = make.clip(60).rotation.copy()
    bent[:, knee] = quat.from_axis_angle("x", np.full(60, 0.02))
    course, cut = joined(replace(swing, rotation=rotation), replace(swing, rotation=bent))
    smooth, _ = smooth_one(course, cut, 60)
    flexion = quat.to_rotvec(smooth.clip.rotation[:, knee].astype(float))[:, 0]
    assert flexion.min() > -0.02
