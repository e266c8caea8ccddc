"""Every word of a command has a role, and what is not performed is listed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from motion_engine.errors import MotionError
from nlp.account import Word
from nlp.match import Matcher
from nlp.parse import explain

OWN = Path(__file__).parents[1] / "data/commands.jsonl"


def roles(text: str, matcher: Matcher) -> list[tuple[str, str]]:
    """The role of each stretch, whatever its words say of an action."""
    found: list[Word] = []
    for word in explain(text, matcher)[1]:
        before = found[-1] if found else None
        if before and before.role == word.role == "action" and before.action == word.action:
            found[-1] = replace(before, end=word.end, text=text[before.start : word.end])
        else:
            found.append(word)
    return [(word.text, word.role) for word in found]


def kinds(text: str, matcher: Matcher) -> list[tuple[str, str]]:
    return [(word.text, word.kind) for word in explain(text, matcher)[1] if word.kind]


def test_every_character_of_our_commands_belongs_to_one_word(wordy: Matcher) -> None:
    explained = 0
    for line in OWN.read_text(encoding="utf-8").splitlines():
        text = json.loads(line)["text"]
        try:
            plan, words = explain(text, wordy)
        except MotionError:
            continue
        explained += 1
        covered = [at for word in words for at in range(word.start, word.end)]
        assert covered == sorted(set(covered)), text
        assert {at for at, character in enumerate(text) if character.isalnum()} <= set(covered), text
        calls = [call for step in plan.steps for call in step.actions]
        named = {calls[word.action].spans for word in words if word.action is not None}
        assert named == {call.spans for call in calls}, text  # two calls may share words: "wave and nod while walking"
    assert explained > 450


def test_roles_of_words(wordy: Matcher) -> None:
    assert roles("umm please wave your left hand at the audience, then don't run", wordy) == [
        ("umm", "filler"),
        ("please", "filler"),
        ("wave your left hand", "action"),
        ("at the audience", "ignored"),
        (",", "filler"),
        ("then", "connective"),
        ("don't", "connective"),
        ("run", "negated"),
    ]


def test_words_belong_to_their_action(wordy: Matcher) -> None:
    assert explain("左手挥三下右手挥两下", wordy)[1] == [
        Word(0, 2, "左手", "action", 0, "side"),
        Word(2, 3, "挥", "action", 0, "action"),
        Word(3, 5, "三下", "action", 0, "repetitions"),
        Word(5, 7, "右手", "action", 1, "side"),
        Word(7, 8, "挥", "action", 1, "action"),
        Word(8, 10, "两下", "action", 1, "repetitions"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run while waving the left hand three times",
         "run:action while:timing waving the:action left hand:side three times:repetitions"),
        ("quickly punch for five seconds", "quickly:speed punch:action five seconds:duration"),
        ("turn left 90 then kick left", "turn:action left:direction 90:degrees then:timing kick:action left:side"),
        ("turn left 45 degrees", "turn:action left:direction 45 degrees:degrees"),
        ("walk forward three steps", "walk:action forward:direction three steps:steps"),
        ("walk ten feet, don't run", "walk:action ten feet:distance"),
        ("wave and nod three times each", "wave:action and:timing nod:action three times:repetitions each:repetitions"),
        ("turn left, then right", "turn:action left:direction then:timing right:direction"),
        ("慢慢坐下", "慢慢:speed 坐下:action"),
        ("走五步，不对六步", "走:action 五步:steps 六步:steps"),
        ("跑步的时候挥手", "跑步:action 的时候:timing 挥手:action"),
    ],
)  # fmt: skip
def test_what_words_say(wordy: Matcher, text: str, expected: str) -> None:
    assert " ".join(f"{word}:{kind}" for word, kind in kinds(text, wordy)) == expected


@pytest.mark.parametrize(
    ("text", "taken_back"),
    [("wave at the crowd, no, sit", "wave at the crowd"), ("run, I mean walk", "run"), ("挥手，不对，坐下", "挥手")],
)
def test_what_is_taken_back_is_negated_and_not_ignored(wordy: Matcher, text: str, taken_back: str) -> None:
    plan, words = explain(text, wordy)
    assert plan.ignored == ()
    assert " ".join(word.text for word in words if word.role == "negated") == taken_back


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ("run in place", ("in place",)),
        ("hop in place", ()),
        ("原地跑步", ("原地",)),
        ("原地转圈", ()),
        ("give a deep bow", ("deep",)),
        ("raise your hand high", ()),
        ("用力鼓掌", ("用力",)),
        ("1. walk 2. jump", ()),
        ("walk for 3 seconds with joy", ("with joy",)),
    ],
)
def test_manner_and_place_are_ignored_where_they_are_not_performed(
    wordy: Matcher, text: str, ignored: tuple[str, ...]
) -> None:
    assert explain(text, wordy)[0].ignored == ignored
