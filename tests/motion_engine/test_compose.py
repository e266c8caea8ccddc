from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from motion_engine import metrics, quat
from motion_engine.compose import compose
from motion_engine.errors import UnknownAction
from motion_engine.kinematics import fk
from motion_engine.layers import mask_weights, overlay
from motion_engine.schedule import schedule
from motion_engine.transition import Course, best_cut, follow
from motion_engine.types import ActionCall, ActionInfo, Mask, Plan, Segment, Step, Track, canonical_skeleton

ACTIONS = {
    "stand": ActionInfo("stand", 2.0),
    "walk": ActionInfo("walk", 1.0, loop=(0.0, 1.0), cyclic=True, distance=1.4),
    "gesture": ActionInfo("gesture", 2.0, loop=(0.5, 1.0), mask="right_arm", side="right"),
}


def perform(make: Any, *steps: tuple[ActionCall, ...]) -> Track:
    clips = {
        "stand": make.clip(60),
        "walk": make.clip(30, speed=1.4, sway=0.4),
        "gesture": make.clip(60, arm=1.1),
    }
    plan = Plan("", "en", tuple(Step(s) for s in steps))
    return compose(schedule(plan, ACTIONS), clips, ACTIONS)


def call(action: str, **stated: object) -> ActionCall:
    return ActionCall(action, action, **stated)  # type: ignore[arg-type]


def test_the_track_has_the_timelines_length(make: Any) -> None:
    track = perform(make, (call("stand"),), (call("walk", duration=3.3),), (call("gesture"),))
    assert len(track.clip) == round(track.timeline.duration * 30)
    assert np.allclose(np.linalg.norm(track.clip.rotation, axis=-1), 1.0, atol=1e-5)
    assert np.all(np.sum(track.clip.rotation[1:] * track.clip.rotation[:-1], axis=-1) > 0)


def test_no_joint_jumps_at_a_seam(make: Any) -> None:
    track = perform(make, (call("stand"),), (call("walk"),), (call("gesture"),), (call("walk"),))
    own = metrics.joint_speed(make.clip(30, speed=1.4, sway=0.4)).max()
    assert metrics.joint_speed(track.clip).max() < 1.2 * own


def test_what_was_composed_before_changes_nothing(make: Any) -> None:
    clips = {"stand": make.clip(60), "walk": make.clip(30, speed=1.4, sway=0.4), "gesture": make.clip(60, arm=1.1)}

    def composed(seconds: float) -> Track:
        steps = (call("walk", duration=2.0),), (call("stand", duration=seconds),), (call("walk"), call("gesture"))
        return compose(schedule(Plan("", "en", tuple(Step(s) for s in steps)), ACTIONS), clips, ACTIONS)

    first = composed(2.0)
    clips = {name: replace(clip) for name, clip in clips.items()}  # nothing is remembered of these
    composed(2.5)
    again = composed(2.0)
    assert np.array_equal(again.clip.rotation, first.clip.rotation) and again.timeline == first.timeline
    clips["walk"] = make.clip(30, speed=0.9, sway=0.4)  # replaced in the library
    slower = composed(2.0)
    assert slower.clip.root_position[60, 2] < 0.8 * first.clip.root_position[60, 2]


def test_a_walk_goes_as_far_as_asked(make: Any) -> None:
    track = perform(make, (call("walk", distance=4.0),))
    assert track.clip.root_position[-1, 2] == pytest.approx(4.0, rel=0.02)


@pytest.mark.parametrize(("direction", "axis", "sign"), [("left", 0, 1), ("right", 0, -1), ("backward", 2, -1)])
def test_a_walk_goes_where_asked(make: Any, direction: str, axis: int, sign: int) -> None:
    track = perform(make, (call("walk", direction=direction, duration=4.0),))
    end = track.clip.root_position[-1] * sign
    assert end[axis] > 3.0
    facing = quat.heading(track.clip.rotation[-1, 0])
    assert facing == pytest.approx(sign * math.pi / 2 if axis == 0 else 0.0, abs=0.15)


def test_layers_keep_legs_and_root_of_the_base(make: Any) -> None:
    plain = perform(make, (call("walk", duration=5.0),)).clip
    layered = perform(make, (call("walk", duration=5.0), call("gesture"))).clip
    assert np.array_equal(plain.root_position, layered.root_position)
    skeleton = canonical_skeleton()
    legs = [i for i, n in enumerate(skeleton.names) if n.endswith(("hip", "knee", "ankle", "foot"))]
    assert np.allclose(plain.rotation[:, legs], layered.rotation[:, legs], atol=1e-6)
    shoulder = skeleton.index("right_shoulder")
    shown = quat.angle_between(layered.rotation[75, shoulder], quat.from_axis_angle("z", 1.1))
    assert shown < 0.01
    assert quat.angle_between(layered.rotation[0, shoulder], plain.rotation[0, shoulder]) < 1e-3
    left = skeleton.index("left_shoulder")
    assert np.allclose(plain.rotation[:, left], layered.rotation[:, left])


def test_follow_continues_position_and_velocity(make: Any) -> None:
    first, second = make.clip(30, speed=2.0, sway=0.3), make.clip(60, arm=1.0)
    after = follow(Course.of(first), Course.of(second), 0.5).clip
    step = first.root_position[-1] - first.root_position[-2]
    assert np.allclose(after.root_position[0], first.root_position[-1] + step, atol=1e-3)
    assert np.max(quat.angle_between(after.rotation[0], first.rotation[-1])) < 0.1
    settled = quat.angle_between(after.rotation[20:], second.rotation[20:])
    assert np.max(settled) < 1e-3  # the change is over after the blend: the clip is played as it is
    assert np.allclose(np.diff(after.root_position[20:], axis=0), np.diff(second.root_position[20:], axis=0), atol=1e-6)


@pytest.mark.parametrize("frame", [5, 12, 25])
def test_the_cut_is_where_the_phase_goes_on(make: Any, frame: int) -> None:
    walk = Course.of(make.clip(31, speed=1.4, sway=0.4), cycle_turn=0.0)
    before = walk.sample(np.arange(frame + 1))
    end, start = best_cut(before, np.array([frame + 1]), walk, np.arange(30), cyclic=True)
    assert end == frame + 1
    assert abs(start - (frame + 1)) <= 1


def test_the_cut_leaves_out_no_more_than_it_must(make: Any) -> None:
    stand = Course.of(make.clip(30))
    ends, starts = np.arange(20, 31), np.arange(11)
    waste = (30 - ends)[:, None] / 30.0 + starts[None] / 30.0
    assert best_cut(stand, ends, stand, starts, waste) == (30, 0)


def test_the_cut_is_not_in_the_air_if_the_floor_is_near(make: Any) -> None:
    stand = make.clip(30)
    contacts = stand.contacts.copy()
    contacts[24:] = False
    jump = Course.of(replace(stand, contacts=contacts))
    ends = np.arange(20, 31)
    end, _ = best_cut(jump, ends, Course.of(stand), np.arange(3), (30 - ends)[:, None] / 30.0)
    assert end == 24


def test_overlay_outside_the_mask_changes_nothing(make: Any) -> None:
    base, layer = make.clip(60, speed=1.0), make.clip(30, arm=1.0)
    segment = Segment("x", 0.5, 1.5, layer=1, mask="head", blend=0.3)
    assert np.allclose(overlay(Course.of(base), Course.of(layer), segment).clip.rotation, base.rotation)


@pytest.mark.parametrize("mask", ["arms", "right_arm"])
def test_two_layered_arms_follow_half_of_the_sway_of_the_chest_and_one_points_where_it_did(
    make: Any, mask: Mask
) -> None:
    base, layer = make.clip(60, sway=0.6), make.clip(60)
    segment = Segment("x", 0.0, 2.0, layer=1, mask=mask, blend=0.2)
    skeleton = canonical_skeleton()
    shoulder, wrist = skeleton.index("right_shoulder"), skeleton.index("right_wrist")
    layered = overlay(Course.of(base), Course.of(layer), segment).clip
    (plain, _), (position, _) = (fk(skeleton, clip.root_position, clip.rotation) for clip in (base, layered))

    def swing(position: Any, origin: Any = 0.0) -> float:
        return float(np.ptp((position[:, wrist] - origin)[8:52, 2]))

    if mask == "arms":
        assert swing(position) == pytest.approx(0.5 * swing(plain), rel=0.15)
    else:
        assert swing(position, position[:, shoulder]) < 0.02
        assert swing(plain, plain[:, shoulder]) > 0.2


def test_arms_go_with_a_body_that_turns_over(make: Any) -> None:
    base, layer = make.clip(60), make.clip(60, arm=1.0)
    rotation = base.rotation.copy()
    rotation[:, 0] = quat.from_axis_angle("x", np.full(60, 2.5))
    base = replace(base, rotation=rotation)
    segment = Segment("x", 0.0, 2.0, layer=1, mask="right_arm", blend=0.2)
    shoulder = canonical_skeleton().index("right_shoulder")
    shown = overlay(Course.of(base), Course.of(layer), segment).clip.rotation[30, shoulder]
    assert quat.angle_between(shown, layer.rotation[30, shoulder]) < 1e-3


def test_masks() -> None:
    skeleton = canonical_skeleton()
    arm = mask_weights(skeleton, "right_arm")
    assert arm[skeleton.index("right_thumb3")] == 1.0
    assert arm[skeleton.index("left_wrist")] == 0.0
    assert mask_weights(skeleton, "head").sum() == 2.0
    upper = mask_weights(skeleton, "upper")
    assert 0 < upper[skeleton.index("spine1")] < upper[skeleton.index("spine3")] < 1
    assert upper[skeleton.index("pelvis")] == upper[skeleton.index("left_knee")] == 0.0
    assert mask_weights(skeleton, "full").min() == 1.0


def test_a_missing_clip_is_named(make: Any) -> None:
    timeline = schedule(Plan("", "en", (Step((call("walk"),)),)), ACTIONS)
    with pytest.raises(UnknownAction, match="walk"):
        compose(timeline, {}, ACTIONS)


def test_a_knee_never_bends_the_wrong_way_in_a_transition(make: Any) -> None:
    skeleton = canonical_skeleton()
    knee = skeleton.index("left_knee")
    swing = make.clip(30)
    rotation = swing.rotation.copy()
    rotation[:, knee] = quat.from_axis_angle("x", np.linspace(2.0, 0.1, 30))  # straightening at 2 rad/s
    first = Course.of(type(swing)(skeleton, 30.0, swing.root_position, rotation, swing.contacts))
    rotation[:, knee] = quat.from_axis_angle("x", np.full(30, 0.3))
    second = Course.of(type(swing)(skeleton, 30.0, swing.root_position, rotation, swing.contacts))
    after = follow(first, second, 0.5).clip
    flexion = quat.to_rotvec(after.rotation[:, knee].astype(float))[:, 0]
    assert flexion.min() > -0.01
    assert flexion[-1] == pytest.approx(0.3, abs=1e-3)


@pytest.mark.parametrize(("direction", "axis", "sign"), [("left", 0, 1), ("right", 0, -1), ("backward", 2, -1)])
def test_a_jump_goes_where_asked_without_turning(make: Any, direction: str, axis: int, sign: int) -> None:
    actions = {"jump": ActionInfo("jump", 1.0, distance=1.0)}
    plan = Plan("", "en", (Step((call("jump", direction=direction),)),))
    clip = compose(schedule(plan, actions), {"jump": make.clip(31, speed=1.0)}, actions).clip
    assert clip.root_position[-1, axis] * sign == pytest.approx(1.0, abs=0.05)
    assert np.allclose(quat.heading(clip.rotation[:, 0]), 0.0, atol=1e-3)
