"""Every word of a command has a role, and what is not performed is listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from motion_engine.errors import MotionError
from nlp.account import Word
from nlp.match import Matcher
from nlp.parse import explain

OWN = Path(__file__).parents[1] / "data/commands.jsonl"


def roles(text: str, matcher: Matcher) -> list[tuple[str, str]]:
    return [(word.text, word.role) for word in explain(text, matcher)[1]]


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
    words = explain("左手挥三下右手挥两下", wordy)[1]
    assert words == [Word(0, 5, "左手挥三下", "action", 0), Word(5, 10, "右手挥两下", "action", 1)]


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
