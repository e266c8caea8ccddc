from __future__ import annotations

import math
from itertools import pairwise

import pytest

from motion_engine.errors import BadCommand, LimitExceeded, UnknownAction
from motion_engine.schedule import schedule
from motion_engine.types import ActionCall, ActionInfo, Direction, Plan, Segment, Step

ACTIONS = {
    info.name: info
    for info in (
        ActionInfo("walk", 1.2, loop=(0.0, 1.2), cyclic=True, distance=1.2),
        ActionInfo("wave", 3.0, loop=(1.0, 1.5), mask="right_arm", side="right", cycles=3),
        ActionInfo("jump", 1.8, distance=1.0),
        ActionInfo("turn", 1.5, turn=math.pi / 2),
        ActionInfo("sit", 2.0, end_posture="sit"),
        ActionInfo("stand_up", 1.6, start_posture="sit"),
        ActionInfo("get_up", 3.6, start_posture="lie"),
        ActionInfo("collapse", 1.0, end_posture="lie"),
        ActionInfo("lounge", 4.0, start_posture="sit", end_posture="sit"),
        ActionInfo("idle", 7.0, loop=(0.0, 7.0), cyclic=True),
    )
}


def call(action: str, **stated: object) -> ActionCall:
    return ActionCall(action, action, **stated)  # type: ignore[arg-type]


def segments(*steps: tuple[ActionCall, ...]) -> tuple[Segment, ...]:
    timeline = schedule(Plan("", "en", tuple(Step(s) for s in steps)), ACTIONS)
    base = [s for s in timeline.segments if s.layer == 0]
    assert base[0].start == 0.0
    assert timeline.duration == base[-1].end
    for before, after in pairwise(base):
        assert before.end == after.start
    for segment in timeline.segments:
        assert segment.end > segment.start
        assert segment.end * 30 == pytest.approx(round(segment.end * 30), abs=1e-6)
    return timeline.segments


def test_steps_follow_one_another() -> None:
    names = [s.action for s in segments((call("wave"),), (call("walk"),), (call("jump"),))]
    assert names == ["wave", "walk", "jump"]


@pytest.mark.parametrize("action", ["walk", "wave", "jump", "sit"])
@pytest.mark.parametrize("seconds", [1.0, 2.0, 7.3])
def test_a_stated_duration_is_kept_to_the_frame(action: str, seconds: float) -> None:
    (segment,) = segments((call(action, duration=seconds),))
    assert abs(segment.end - segment.start - seconds) <= 0.5 / 30 + 1e-9


@pytest.mark.parametrize("action", ["wave", "jump", "sit"])
def test_nothing_is_played_faster_than_anybody_is(action: str) -> None:
    with pytest.raises(BadCommand, match="at its fastest"):
        segments((call(action, duration=0.3),))
    with pytest.raises(BadCommand, match="at its fastest"):
        segments((call(action, duration=1.0, repetitions=20),))
    assert segments((call("walk", duration=0.3),))[0].end == pytest.approx(0.3)


def test_a_layer_that_does_not_fit_is_refused_with_the_time_it_needs() -> None:
    with pytest.raises(BadCommand, match=r"does not fit into \"walk\": make that at least"):
        segments((call("walk", duration=1.0), call("wave", repetitions=9)))
    with pytest.raises(BadCommand, match="does not fit"):
        segments((call("walk", duration=0.3), call("wave")))
    base, layer = segments((call("walk", duration=1.5), call("wave")))
    assert 1.0 < layer.edits.speed <= 3.0
    assert layer.end < base.end


def test_layers_go_on_while_a_posture_is_held() -> None:
    seated = ActionInfo("sit_still", 7.0, loop=(0.0, 7.0), cyclic=True, start_posture="sit", end_posture="sit")
    step = Step((call("sit", duration=10.0), call("wave")))
    timeline = schedule(Plan("", "en", (step,)), {**ACTIONS, "sit_still": seated})
    assert [(s.action, s.layer) for s in timeline.segments] == [("sit", 0), ("sit_still", 0), ("wave", 1)]
    assert timeline.duration == pytest.approx(10.0)
    wave = timeline.segments[2]
    assert wave.end - wave.start > 8.0
    assert wave.edits.speed == 1.0
    unstated = schedule(Plan("", "en", (Step((call("sit"), call("wave"))),)), {**ACTIONS, "sit_still": seated})
    assert unstated.segments[0].edits.speed == 1.0  # held, not slowed down


@pytest.mark.parametrize(
    ("action", "stated", "reason"),
    [
        ("wave", {"distance": 3.0}, "cannot go 3 m"),
        ("turn", {"distance": 10.0, "direction": "left"}, "cannot go 10 m"),
        ("wave", {"direction": "backward"}, "cannot go backward"),
        ("jump", {"degrees": 90.0}, "cannot be told how far to turn"),
        ("turn", {"degrees": 0.0, "direction": "left"}, "nothing to perform"),
    ],
)
def test_what_an_action_cannot_do_is_refused(action: str, stated: dict[str, object], reason: str) -> None:
    with pytest.raises(BadCommand, match=reason):
        segments((call(action, **stated),))


def test_repetitions_play_the_loop() -> None:
    once, twice = segments((call("wave", repetitions=1),)), segments((call("wave", repetitions=2),))
    assert twice[0].end - once[0].end == pytest.approx(0.5)
    assert segments((call("jump", repetitions=3),))[0].end == pytest.approx(5.4)
    assert segments((call("wave"),))[0].edits.loops == 3


def test_two_steps_are_one_cycle_of_a_walk() -> None:
    assert segments((call("walk", steps=2),))[0].end == pytest.approx(1.2)
    assert segments((call("walk", steps=3),))[0].edits.loops == 1.5


def test_distance_sets_cycles_and_is_kept_for_the_warp() -> None:
    (segment,) = segments((call("walk", distance=3.0),))
    assert segment.edits.loops == pytest.approx(2.5)
    assert segment.edits.distance == 3.0


def test_turns_repeat_and_mirror() -> None:
    (left,) = segments((call("turn", direction="left", degrees=45.0),))
    (right,) = segments((call("turn", direction="right"),))
    (around,) = segments((call("turn", degrees=180.0),))
    assert left.edits.turn == pytest.approx(math.pi / 4)
    assert not left.edits.mirror
    assert right.edits.turn == pytest.approx(-math.pi / 2)
    assert right.edits.mirror
    assert around.edits.loops == 2
    assert around.edits.turn == pytest.approx(math.pi)


def test_the_other_side_is_the_mirror_image_and_both_is_symmetric() -> None:
    (left,) = segments((call("wave", side="left"),))
    assert left.edits.mirror
    assert not segments((call("wave", side="right"),))[0].edits.mirror
    layered = segments((call("walk"), call("wave", side="left")))
    assert layered[1].mask == "left_arm"
    both = segments((call("walk"), call("wave", side="both")))
    assert both[1].mask == "arms"
    assert both[1].edits.symmetric


def test_the_base_lasts_as_long_as_its_layer_and_layers_stay_inside() -> None:
    base, layer = segments((call("walk"), call("wave", repetitions=8)))
    assert layer.layer == 1
    assert base.start < layer.start
    assert layer.end < base.end
    assert layer.edits.loops == 8


def test_what_moves_the_whole_body_is_the_base() -> None:
    base, layer = segments((call("wave"), call("walk")))
    assert (base.action, base.layer) == ("walk", 0)
    assert (layer.action, layer.layer) == ("wave", 1)


def test_a_layer_fills_a_base_of_stated_length() -> None:
    base, layer = segments((call("walk", duration=10.0), call("wave")))
    assert base.end == pytest.approx(10.0)
    assert layer.end - layer.start > 8.0
    assert layer.edits.speed == 1.0


def test_postures_are_connected_by_the_action_that_leads_there() -> None:
    assert [s.action for s in segments((call("sit"),), (call("walk"),))] == ["sit", "stand_up", "walk"]
    assert [s.action for s in segments((call("walk"),), (call("lounge"),))] == ["walk", "sit", "lounge"]
    assert [s.action for s in segments((call("stand_up"),))] == ["stand_up"]


def test_getting_up_starts_from_where_one_is() -> None:
    assert [s.action for s in segments((call("get_up"),), (call("stand_up"),))] == ["get_up", "idle"]
    assert [s.action for s in segments((call("collapse"),), (call("stand_up"),))] == ["collapse", "get_up"]
    assert [s.action for s in segments((call("walk"),), (call("get_up"),))] == ["walk", "idle"]
    assert segments((call("get_up"),), (call("stand_up"),))[-1].edits.loops == pytest.approx(1 / 7)


def test_gestures_are_made_in_the_posture_one_is_in() -> None:
    seated = ActionInfo("sit_still", 7.0, loop=(0.0, 7.0), cyclic=True, start_posture="sit", end_posture="sit")
    steps = tuple(Step((call(name),)) for name in ("sit", "wave", "stand_up"))
    timeline = schedule(Plan("", "en", steps), {**ACTIONS, "sit_still": seated})
    assert [(s.action, s.layer) for s in timeline.segments] == [
        ("sit", 0),
        ("sit_still", 0),
        ("wave", 1),
        ("stand_up", 0),
    ]


def test_zero_of_something_is_refused() -> None:
    for stated in ({"duration": 0.0}, {"distance": 0.0}, {"repetitions": 0}, {"steps": 0}):
        with pytest.raises(BadCommand, match="nothing to perform"):
            segments((call("walk", **stated),))


def test_a_posture_is_held_for_the_stated_time() -> None:
    seated = ActionInfo("sit_still", 7.0, (0.0, 7.0), cyclic=True, start_posture="sit", end_posture="sit")
    still = {**ACTIONS, "sit_still": seated}
    timeline = schedule(Plan("", "en", (Step((call("sit", duration=10.0),)), Step((call("walk"),)))), still)
    assert [s.action for s in timeline.segments] == ["sit", "sit_still", "stand_up", "walk"]
    assert [round(s.end, 6) for s in timeline.segments[:2]] == [2.0, 10.0]
    assert timeline.segments[0].edits.speed == 1.0


def test_speed_shortens() -> None:
    assert segments((call("jump", speed=2.0),))[0].end == pytest.approx(0.9)


def test_what_cannot_be_scheduled_says_why() -> None:
    with pytest.raises(BadCommand, match="no steps"):
        schedule(Plan("", "en", ()), ACTIONS)
    with pytest.raises(UnknownAction, match="fly"):
        schedule(Plan("", "en", (Step((call("fly"),)),)), ACTIONS)
    with pytest.raises(LimitExceeded, match="3600"):
        schedule(Plan("", "en", (Step((call("walk", duration=4000.0),)),)), ACTIONS)
    with pytest.raises(LimitExceeded):
        schedule(Plan("", "en", (Step((call("jump", repetitions=10**9),)),)), ACTIONS)


@pytest.mark.parametrize(("direction", "mirror"), [("left", False), ("right", True)])
def test_a_side_step_goes_that_way_by_itself(direction: Direction, mirror: bool) -> None:
    info = ActionInfo("sidestep", 1.2, loop=(0.0, 1.2), cyclic=True, side="left", distance=0.4, way="left")
    plan = Plan("", "en", (Step((ActionCall("x", "sidestep", direction=direction),)),))
    edits = next(s.edits for s in schedule(plan, {**ACTIONS, "sidestep": info}).segments if s.action == "sidestep")
    assert (edits.mirror, edits.direction) == (mirror, None)
