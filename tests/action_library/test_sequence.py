from __future__ import annotations

import pytest

from action_library.sequence import DEEPEST, MOST_PLAYED, Call, Sequence, calls_of, check_cycle, written_out
from motion_engine.errors import BadCommand
from motion_engine.types import ActionCall, Plan, Step


def sequence(name: str, *names: str) -> Sequence:
    return Sequence(name=name, steps=tuple((Call(action=other),) for other in names))


def plan(*steps: tuple[ActionCall, ...]) -> Plan:
    return Plan("said", "en", tuple(Step(step) for step in steps))


GREETING = Sequence(
    name="greeting", steps=((Call(action="walk"), Call(action="wave", side="left")), (Call(action="bow", speed=0.5),))
)
SAVED = {"greeting": GREETING, "show": sequence("show", "greeting", "dance", "greeting")}


def test_a_plan_becomes_a_sequence_and_back() -> None:
    said = plan(
        (ActionCall("walk", "walk"), ActionCall("left", "wave", side="left")), (ActionCall("b", "bow", speed=0.5),)
    )
    assert calls_of(said) == {"steps": GREETING.steps}
    assert GREETING.notation() == "walk + wave[side=left] > bow[speed=slow]" == str(said)
    assert GREETING.uses() == ("walk", "wave", "bow")


def test_sequences_are_written_out_with_what_is_in_them() -> None:
    said = plan((ActionCall("run", "run"),), (ActionCall("do my show", "show"),))
    assert str(written_out(said, SAVED)) == (
        "run > walk + wave[side=left] > bow[speed=slow] > dance > walk + wave[side=left] > bow[speed=slow]"
    )
    assert written_out(said, SAVED).text == "said"
    assert written_out(said, SAVED).steps[1].actions[0].phrase == "do my show"


def test_sequences_are_repeated_and_faster() -> None:
    said = plan((ActionCall("x", "greeting", repetitions=2, speed=2.0),))
    out = written_out(said, SAVED)
    assert [call.speed for step in out.steps for call in step.actions] == [2.0, 2.0, 1.0] * 2


def test_plans_without_sequences_stay() -> None:
    said = plan((ActionCall("run", "run"),))
    assert written_out(said, {}) is said
    assert written_out(said, SAVED) == said


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"side": "left"}, "greeting is a sequence, which has no side"),
        ({"distance": 2.0}, "no distance"),
        ({"repetitions": MOST_PLAYED}, f"{MOST_PLAYED} are allowed"),
    ],
)
def test_what_a_sequence_cannot_do_is_said(call: dict[str, object], words: str) -> None:
    with pytest.raises(BadCommand, match=words):
        written_out(plan((ActionCall("x", "greeting", **call),)), SAVED)  # type: ignore[arg-type]


def test_a_sequence_is_not_done_beside_something_else() -> None:
    with pytest.raises(BadCommand, match="greeting is a sequence and cannot be done at the same time as run"):
        written_out(plan((ActionCall("run", "run"), ActionCall("x", "greeting"))), SAVED)


def test_sequences_that_contain_themselves_are_refused() -> None:
    saved = {"a": sequence("a", "b"), "b": sequence("b", "walk")}
    check_cycle(sequence("c", "a", "b"), saved.get)
    with pytest.raises(BadCommand, match=r"b cannot contain itself .b > a > b."):
        check_cycle(sequence("b", "walk", "a"), saved.get)
    with pytest.raises(BadCommand, match="cannot contain itself"):
        check_cycle(sequence("x", "x"), saved.get)


def test_a_cycle_further_down_is_told() -> None:
    saved = {"a": sequence("a", "b"), "b": sequence("b", "a")}
    with pytest.raises(BadCommand, match="a cannot contain itself"):
        check_cycle(sequence("top", "a"), saved.get)


def test_sequences_are_not_too_deep() -> None:
    saved = {f"s{n}": sequence(f"s{n}", f"s{n + 1}") for n in range(DEEPEST + 3)}
    with pytest.raises(BadCommand, match="deeper than"):
        check_cycle(sequence("top", "s0"), saved.get)
    wide = {f"s{n}": sequence(f"s{n}", "walk", *(f"s{m}" for m in range(n + 1, 14))) for n in range(14)}
    check_cycle(sequence("top", "s0"), wide.get)  # 2**13 ways lead through it
    with pytest.raises(BadCommand, match="deeper than"):
        written_out(plan((ActionCall("x", "s0"),)), saved)


def test_wide_and_deep_is_told_before_it_fills_the_memory() -> None:
    saved = {f"s{n}": sequence(f"s{n}", *[f"s{n + 1}"] * 10) for n in range(9)}
    with pytest.raises(BadCommand, match="are allowed"):
        written_out(plan((ActionCall("x", "s0"),)), saved)
