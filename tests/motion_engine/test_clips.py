from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_engine import clips, quat
from motion_engine.errors import BadClip
from motion_engine.kinematics import fk
from motion_engine.types import Clip, canonical_skeleton

few = settings(max_examples=25, deadline=None, derandomize=True)


def random_clip(frames: int, seed: int) -> Clip:
    """Random poses, paths and contacts."""
    random, skeleton = np.random.default_rng(seed), canonical_skeleton()
    rotation = quat.unroll(quat.normalize(random.normal(size=(frames, len(skeleton.names), 4))))
    contacts = np.repeat(random.random((frames, 4)) < 0.5, random.integers(1, 8, frames), axis=0)[:frames]
    return Clip(skeleton, 30.0, np.cumsum(random.normal(size=(frames, 3)), axis=0), rotation, contacts)


def stretches(contacts: np.ndarray) -> list[list[bool]]:
    """The contacts, each stretch without a change once."""
    new = np.concatenate(([True], np.any(contacts[1:] != contacts[:-1], axis=1)))
    return contacts[new].tolist()


def positions(clip: clips.Clip) -> np.ndarray:
    return fk(clip.skeleton, clip.root_position.astype(float), clip.rotation.astype(float))[0]


def test_crop_takes_seconds(make: Any) -> None:
    clip = make.clip(60, speed=1.0)
    part = clips.crop(clip, 0.5, 1.0)
    assert len(part) == 15
    assert part.root_position[0, 2] == pytest.approx(0.5)
    assert len(clips.crop(clip, 0.5, 0.5)) == 1
    with pytest.raises(BadClip, match="2 s long"):
        clips.crop(clip, 5.0, 6.0)


@pytest.mark.parametrize("fps", [24.0, 60.0, 120.0])
def test_resample_keeps_the_motion(make: Any, fps: float) -> None:
    clip = make.clip(61, speed=1.5, sway=0.4)
    other = clips.resample(clip, fps)
    assert other.fps == fps
    again = clips.resample(other, 30.0)
    assert len(again) == len(clip)
    assert np.max(np.linalg.norm(positions(again) - positions(clip), axis=-1)) < 0.01


@pytest.mark.parametrize("fps", [5.0, 24.0, 60.0, 240.0])
def test_a_cycle_keeps_its_duration_at_any_rate(make: Any, fps: float) -> None:
    cycle = clips.resample(make.clip(24, speed=3.0), fps, cycle_turn=0.0)
    assert cycle.duration == pytest.approx(0.8, abs=0.5 / fps)
    assert cycle.root_position[-1, 2] == pytest.approx(3.0 * (len(cycle) - 1) / len(cycle) * 0.8, rel=1e-3)


def test_sample_is_smooth_between_frames(make: Any) -> None:
    clip = make.clip(31, sway=0.8)
    fine = clips.sample(clip, np.arange(0, 29.9, 0.25))
    speed = quat.angle_between(fine.rotation[1:, 6], fine.rotation[:-1, 6])
    assert np.abs(np.diff(speed)).max() < 0.2 * speed.max()  # no staircase
    assert np.array_equal(clips.sample(clip, np.arange(31)).rotation, clip.rotation)


@given(st.integers(1, 40), st.integers(0, 1000))
@few
def test_mirrored_twice_is_the_clip_itself(frames: int, seed: int) -> None:
    clip = random_clip(frames, seed)
    once, twice = clips.mirror(clip), clips.mirror(clips.mirror(clip))
    assert np.array_equal(twice.rotation, clip.rotation)
    assert np.array_equal(twice.root_position, clip.root_position)
    assert np.array_equal(twice.contacts, clip.contacts)
    assert np.array_equal(once.contacts, clip.contacts[:, [2, 3, 0, 1]])


def test_mirror_exchanges_left_and_right(make: Any) -> None:
    clip = make.clip(30, speed=1.0, arm=1.0, sway=0.5)
    left, right = clip.skeleton.index("left_wrist"), clip.skeleton.index("right_wrist")
    assert np.allclose(positions(clips.mirror(clip))[:, left] * (-1, 1, 1), positions(clip)[:, right], atol=1e-6)


@given(st.integers(2, 90), st.integers(0, 1000), st.integers(1, 200))
@few
def test_retime_keeps_the_order_of_contacts(frames: int, seed: int, asked: int) -> None:
    clip = random_clip(frames, seed)
    order = stretches(clip.contacts)
    if asked < len(order):
        with pytest.raises(BadClip, match=f"{asked} frames are too few"):
            clips.retime(clip, duration=asked / 30.0)
        return
    retimed = clips.retime(clip, duration=asked / 30.0)
    assert len(retimed) == asked
    assert stretches(retimed.contacts) == order
    assert np.array_equal(retimed.root_position[0], clip.root_position[0])
    assert asked == 1 or np.allclose(retimed.root_position[-1], clip.root_position[-1], atol=1e-5)


def test_retime_by_a_factor(make: Any) -> None:
    clip = make.clip(60, speed=1.0, sway=0.3)
    fast, slow = clips.retime(clip, speed=2.0), clips.retime(clip, speed=0.5)
    assert (len(fast), len(slow)) == (30, 120)
    assert fast.root_position[-1, 2] == pytest.approx(slow.root_position[-1, 2], abs=1e-5)
    assert np.array_equal(clips.retime(clip, speed=1.0).rotation, clip.rotation)
    for speed in (0.0, -1.0, np.nan):
        with pytest.raises(BadClip, match="more than 0"):
            clips.retime(clip, speed=speed)


def test_a_short_contact_survives_a_fast_tempo(make: Any) -> None:
    contacts = np.zeros((90, 4), dtype=bool)
    contacts[40], contacts[43, :2] = True, True
    fast = clips.retime(clips.replace(make.clip(90), contacts=contacts), duration=0.3)
    assert stretches(fast.contacts) == stretches(contacts)
    assert fast.contacts[3:6].any()  # where it was, as nearly as can be


@given(st.floats(-3.0, 3.0), st.floats(0.0, 3.0), st.integers(60, 150))
@few
def test_in_place_keeps_heading_height_and_sway(heading: float, speed: float, frames: int) -> None:
    time = np.arange(frames) / 30.0
    sway = 0.04 * np.sin(2 * np.pi * time)
    root = np.stack((sway, 0.9 + 0.03 * np.cos(4 * np.pi * time), speed * time), axis=-1)
    rotation = np.tile(quat.IDENTITY, (frames, 52, 1))
    rotation[:, 0] = quat.from_axis_angle("y", 0.1 * np.cos(2 * np.pi * time))
    walk = Clip(canonical_skeleton(), 30.0, root, rotation, np.zeros((frames, 4), dtype=bool))
    walk = clips.place(walk, np.array([1.0, 0.0, 2.0]), heading, pivot=root[0], own_heading=0.0)
    stays = clips.in_place(walk)
    assert np.array_equal(stays.rotation, walk.rotation)
    assert np.array_equal(stays.root_position[:, 1], walk.root_position[:, 1])
    away = (stays.root_position - walk.root_position[0])[:, [0, 2]].astype(float)
    assert np.linalg.norm(away, axis=-1).max() < 0.09
    across = away @ (np.cos(heading), -np.sin(heading))
    assert np.abs(across - sway)[30:-30].max(initial=0.0) < 0.01


def test_one_cycle_in_place_is_one_cycle(make: Any) -> None:
    walk = make.clip(30, speed=1.0)
    root = walk.root_position.copy()
    root[:, 0] += 0.04 * np.sin(2 * np.pi * np.arange(30) / 30 + 1.0)
    stays = clips.in_place(clips.replace(walk, root_position=root), cyclic=True)
    steps = np.diff(np.concatenate((stays.root_position, stays.root_position[:1])), axis=0)
    assert np.linalg.norm(steps, axis=-1).max() < 0.04 * 2 * np.pi / 30 * 1.3


def test_both_arms_copies_the_arm_to_the_other_side(make: Any) -> None:
    clip = clips.both_arms(make.clip(3, arm=1.0), "right")
    left, right = clip.skeleton.index("left_wrist"), clip.skeleton.index("right_wrist")
    assert np.allclose(positions(clip)[:, left] * (-1, 1, 1), positions(clip)[:, right], atol=1e-6)


def test_place_moves_the_pivot_and_turns_the_heading(make: Any) -> None:
    clip = make.clip(30, speed=1.0)
    placed = clips.place(clip, np.array([2.0, 0.0, 3.0]), np.pi / 2, pivot=clip.root_position[0], own_heading=0.0)
    assert np.allclose(placed.root_position[0, [0, 2]], [2.0, 3.0])
    assert placed.root_position[-1, 0] == pytest.approx(2.0 + 29 / 30)
    assert np.allclose(quat.heading(placed.rotation[:, 0]), np.pi / 2, atol=1e-6)


def test_warp_path_turns_and_stretches(make: Any) -> None:
    clip = make.clip(31, speed=1.0)
    bent = clips.warp_path(clip, np.full(31, np.pi / 2), 3.0)
    assert bent.root_position[-1, 0] == pytest.approx(3.0, abs=1e-5)
    assert bent.root_position[-1, 2] == pytest.approx(0.0, abs=1e-5)
    assert np.allclose(bent.root_position[:, 1], clip.root_position[:, 1])


def test_reverse_walks_back(make: Any) -> None:
    clip = clips.reverse(make.clip(10, speed=1.0))
    assert clip.root_position[0, 2] > clip.root_position[-1, 2]


def test_there_and_back_ends_as_it_began_and_never_jumps(make: Any) -> None:
    clip = clips.there_and_back(make.clip(31, speed=1.0), 0.2)
    way = clip.root_position[:, 2]
    assert way[[0, -1]] == pytest.approx([0.0, 0.0], abs=1e-5)
    assert way.max() == pytest.approx(1.0, abs=0.01)
    assert np.abs(np.diff(way)).max() < 1.1 / 30
    assert np.abs(np.diff(way, 2)).max() < 0.5 / 30  # at once it would be 2
    assert np.allclose(way, way[::-1], atol=1e-5)


def test_heading_curve_ignores_sway(make: Any) -> None:
    clip = make.clip(60)
    yaw = 0.2 * np.sin(2 * np.pi * np.arange(60) / 15)
    rotation = clip.rotation.copy()
    rotation[:, 0] = quat.from_axis_angle("y", yaw)
    swaying = clips.replace(clip, rotation=rotation)
    assert np.max(np.abs(clips.heading_curve(swaying, cycle_turn=0.0))) < 0.2
    assert np.max(np.abs(clips.heading_curve(swaying)[10:50])) < 0.1


def test_aim_points_the_arms_elsewhere_and_comes_back(make: Any) -> None:
    clip = make.clip(60, arm=0.2)
    aimed = positions(clips.aim(clip, 1.2))
    plain = positions(clip)
    wrist = clip.skeleton.index("left_wrist")
    assert np.allclose(aimed[0], plain[0], atol=1e-5)
    assert aimed[30, wrist, 2] < plain[30, wrist, 2] - 0.3  # turned to the left, the left hand goes back
    assert np.allclose(aimed[30, 0], plain[30, 0])


def test_mend_spreads_a_jump_and_leaves_smooth_motion_alone(make: Any) -> None:
    smooth = make.clip(60, sway=0.3)
    assert clips.mend(smooth) is not None
    assert np.allclose(clips.mend(smooth).rotation, smooth.rotation, atol=1e-6)
    rotation = smooth.rotation.copy()
    jump = quat.from_axis_angle("x", np.full(30, 0.15))
    for joint in range(16):
        rotation[30:, joint] = quat.mul(jump, rotation[30:, joint])
    broken = clips.replace(smooth, rotation=rotation)
    steps = quat.angle_between(broken.rotation[1:], broken.rotation[:-1])
    mended = clips.mend(broken)
    after = quat.angle_between(mended.rotation[1:], mended.rotation[:-1])
    assert after[29, 3] < 0.02
    assert steps[29, 3] > 0.14
    assert np.allclose(mended.rotation[[0, 10, 45, 59]], broken.rotation[[0, 10, 45, 59]], atol=1e-6)


def test_mend_closes_a_cycle(make: Any) -> None:
    clip = make.clip(30, speed=1.0)
    rotation = clip.rotation.copy()
    drift = quat.from_axis_angle("x", np.linspace(0, 0.2, 30))
    for joint in range(16):
        rotation[:, joint] = quat.mul(drift, rotation[:, joint])
    mended = clips.mend(clips.replace(clip, rotation=rotation), cyclic=True)
    assert quat.angle_between(mended.rotation[0, 3], mended.rotation[-1, 3]) < 0.03
    assert mended.root_position[-1, 2] == pytest.approx(29 / 30, abs=1e-3)
