from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motion_engine.conflicts import OTHER_ARM, Turn, Wish, take_turns
from motion_engine.errors import BadCommand
from motion_engine.schedule import schedule
from motion_engine.types import ActionCall, ActionInfo, Mask, Plan, Segment, Step

ACTIONS = {
    info.name: info
    for info in (
        ActionInfo("walk", 1.2, loop=(0.0, 1.2), cyclic=True, distance=1.2),
        ActionInfo("idle", 7.0, loop=(0.0, 7.0), cyclic=True),
        ActionInfo("jump", 1.8, distance=1.0),
        ActionInfo("bow", 2.0, mask="upper"),
        ActionInfo("wave", 3.0, loop=(1.0, 1.5), mask="right_arm", side="right", cycles=3),
        ActionInfo("point", 2.0, mask="right_arm", side="right"),
        ActionInfo("clap", 2.4, mask="arms"),
        ActionInfo("nod", 1.4, mask="head"),
    )
}
MASKS: tuple[Mask, ...] = ("full", "upper", "arms", "left_arm", "right_arm", "head")
LIMBS = {"full": "t", "upper": "t", "arms": "lr", "left_arm": "l", "right_arm": "r", "head": "h"}


def played(*calls: ActionCall | str) -> tuple[Segment, ...]:
    step = Step(tuple(ActionCall(call, call) if isinstance(call, str) else call for call in calls))
    return schedule(Plan("", "en", (step,)), ACTIONS).segments


def test_the_second_gesture_takes_the_free_arm() -> None:
    wave, point = played("walk", "wave", "point")[1:]
    assert (wave.mask, wave.edits.mirror, wave.note) == ("right_arm", False, "")
    assert (point.mask, point.edits.mirror) == ("left_arm", True)
    assert point.note == "with the left arm: wave has the right arm"
    assert wave.start < point.start < point.end < wave.end


@pytest.mark.parametrize("second", [ActionCall("point", "point", side="right"), "clap"])
def test_who_needs_an_arm_that_is_taken_waits(second: ActionCall | str) -> None:
    wave, other = played("walk", ActionCall("wave", "wave", side="right"), second)[1:]
    assert wave.end <= other.start + 1e-9
    assert other.note == "after wave: both need the right arm"
    assert other.end - other.start == pytest.approx(ACTIONS[other.action].duration, abs=0.04)


def test_a_gesture_that_leaves_no_arm_is_layered_on_standing_still() -> None:
    idle, clap, wave = played("clap", "wave")
    assert (idle.action, idle.layer, idle.phrase) == ("idle", 0, "")
    assert clap.end <= wave.start + 1e-9
    assert wave.note == "after clap: both need the right arm"


def test_without_standing_still_the_command_is_refused_in_words() -> None:
    step = Step((ActionCall("clap", "clap"), ActionCall("wave", "wave")))
    actions = {name: info for name, info in ACTIONS.items() if name != "idle"}
    with pytest.raises(BadCommand, match=r'after clap: both need the right arm.*put "then" between'):
        schedule(Plan("", "en", (step,)), actions)


def test_arms_and_head_on_a_trunk_are_no_conflict() -> None:
    bow, wave, nod = played("bow", "wave", "nod")
    assert (bow.layer, wave.note, nod.note) == (0, "", "")


def test_two_whole_bodies_share_legs_and_trunk() -> None:
    walk, jump = played("walk", "jump")
    assert (walk.mask, jump.mask, jump.note) == ("full", "upper", "its upper body: walk has the legs")


def test_turns_share_a_stated_time() -> None:
    walk, wave, clap = played(ActionCall("walk", "walk", duration=4.0), "wave", "clap")
    assert walk.end == pytest.approx(4.0)
    assert 0.0 < wave.start < wave.end <= clap.start + 1e-9 < clap.end < 4.0


def test_turns_that_do_not_fit_are_refused_and_told_what_would() -> None:
    with pytest.raises(BadCommand, match=r"at least 2\.[0-9] s"):
        played(ActionCall("walk", "walk", duration=1.5), "wave", "clap")
    played(ActionCall("walk", "walk", duration=2.9), "wave", "clap")


@given(
    st.lists(st.tuples(st.sampled_from(MASKS), st.booleans()), min_size=1, max_size=7),
)
def test_no_limb_has_two_actions_at_a_time(wanted: list[tuple[Mask, bool]]) -> None:
    wishes = [Wish(str(i), mask, either and mask in OTHER_ARM) for i, (mask, either) in enumerate(wanted)]
    turns = take_turns(wishes)
    assert turns[0] in (Turn(None), Turn(0))
    got = [OTHER_ARM[w.mask] if t.swapped else w.mask for w, t in zip(wishes, turns, strict=True)]
    for (a, turn_a), (b, turn_b) in combinations(zip(got, turns, strict=True), 2):
        if set(LIMBS[a]) & set(LIMBS[b]):
            assert None not in (turn_a.number, turn_b.number)
            assert turn_a.number != turn_b.number
    for wish, turn in zip(wishes, turns, strict=True):
        assert wish.either or not turn.swapped
        assert bool(turn.note) == (turn.swapped or bool(turn.number))
