from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_engine import clips, loops, metrics, quat
from motion_engine.errors import BadClip
from motion_engine.formats.bvh import read_bvh
from motion_engine.kinematics import body_positions
from motion_engine.perform import repeated
from motion_engine.retarget import retarget
from motion_engine.transition import Course
from motion_engine.types import Clip, canonical_skeleton

BANDAI = Path(__file__).parents[3] / "shared" / "mocap" / "bandai"


def stroll(frames: int, period: float, turn: float = 0.0, noise: float = 0.0) -> Clip:
    """A walk made of sines with `period` frames a cycle, turning `turn` radians a frame."""
    skeleton = canonical_skeleton()
    phase, heading = 2 * np.pi * np.arange(frames) / period, turn * np.arange(frames)
    root = np.tile(skeleton.offsets[0], (frames, 1))
    root[:, 0], root[:, 2] = np.cumsum(0.04 * np.sin(heading)), np.cumsum(0.04 * np.cos(heading))
    root[:, 1] += 0.02 * np.sin(2 * phase)
    rotation = np.tile(quat.IDENTITY, (frames, len(skeleton.names), 1))
    for name, swing in (("left_hip", 0.5), ("right_hip", -0.5), ("left_shoulder", -0.4), ("right_shoulder", 0.4)):
        rotation[:, skeleton.index(name)] = quat.from_axis_angle("x", swing * np.sin(phase))
    shake = np.random.default_rng(0).normal(scale=noise, size=(frames, len(skeleton.names), 3))
    rotation = quat.mul(quat.from_rotvec(shake), rotation)
    rotation[:, 0] = quat.mul(quat.from_axis_angle("y", heading), rotation[:, 0])
    return Clip(skeleton, 30.0, root, rotation, np.stack([np.sin(phase) > 0] * 2 + [np.sin(phase) <= 0] * 2, axis=1))


@given(period=st.integers(14, 45), phase=st.integers(0, 40), cycles=st.integers(3, 5), turn=st.floats(-0.02, 0.02))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_the_loop_of_a_tiled_walk_is_one_period(period: int, phase: int, cycles: int, turn: float) -> None:
    whole = stroll(phase + cycles * period, period, turn)
    walk = replace(
        whole,
        root_position=whole.root_position[phase:],
        rotation=whole.rotation[phase:],
        contacts=whole.contacts[phase:],
    )
    cycle = loops.loop(walk)
    start, end = loops.find_cycle(walk)
    assert len(cycle) == end - start == period
    assert np.abs(body_positions(cycle) - body_positions(walk, slice(start, end))).max() < 0.01


def test_the_last_frame_of_a_loop_leads_on_to_its_first() -> None:
    walk = stroll(100, 30.4, turn=0.01, noise=0.01)
    cycle = loops.loop(walk)
    assert abs(len(cycle) - 30) <= 1
    course = Course.of(cycle)
    frames = np.arange(3 * len(cycle))
    endless = body_positions(repeated(course, 0, len(cycle), np.inf, frames).clip)
    steps = np.linalg.norm(np.diff(endless, axis=0), axis=-1).max(axis=-1)
    assert steps.max() < 1.15 * np.linalg.norm(np.diff(body_positions(walk), axis=0), axis=-1).max()


def test_a_clip_that_is_one_cycle_stays_as_long() -> None:
    assert loops.find_cycle(stroll(30, 30)) == (0, 30)


def test_a_captured_walk_and_wave_are_looped_without_a_seam() -> None:
    for name, seconds in (
        ("dataset-2_walk_normal_001", (1.0, 1.2)),
        ("dataset-2_wave-left-hand_normal_001", (0.5, 0.8)),
    ):
        path = BANDAI / f"{name}.bvh"
        if not path.exists():
            pytest.skip(f"{path.name} is not there")
        clip = retarget(clips.resample(read_bvh(path), 30.0))
        cycle = loops.loop(clip)
        assert seconds[0] < cycle.duration < seconds[1]
        endless = repeated(Course.of(cycle), 0, len(cycle), np.inf, np.arange(3 * len(cycle))).clip
        own = max(float(np.nanmax(metrics.jerk_curve(clip, at))) for at in range(15, len(clip), 15))
        assert metrics.jerk_curve(endless, len(cycle), 0.5).max() < own


def test_what_does_not_repeat_is_said_in_words(make: Any) -> None:
    with pytest.raises(BadClip, match="hardly moves"):
        loops.loop(make.clip(90, speed=1.0))
    with pytest.raises(BadClip, match=r"0\.4 s or more"):
        loops.loop(make.clip(8))
    still = make.clip(60)
    rotation = still.rotation.copy()
    rotation[:, still.skeleton.index("right_shoulder")] = quat.from_axis_angle("z", np.linspace(-1.4, 1.4, 60))
    with pytest.raises(BadClip, match="nothing in its 2 s repeats; name the part"):
        loops.loop(replace(still, rotation=rotation))
