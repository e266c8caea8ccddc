"""Misheard and run-together words are put right, and nothing else is bent into an action."""

from __future__ import annotations

import pytest

from motion_engine.errors import UnknownAction
from nlp.match import Matcher
from nlp.mishearing import REPAIRED
from nlp.parse import notation, parse


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("回收然后跑步", "wave > run"),
        ("灰手燃後跑步", "wave > run"),
        ("先走路再灰手最后跑步", "walk > wave > run"),
        ("古掌三次，再局功", "clap[repetitions=3] > bow"),
        ("慢慢做下", "sit[speed=slow]"),
        ("用左手进礼", "salute[side=left]"),
        ("请向左转然后向前走两迷", "turn[direction=left] > walk[direction=forward,distance=2]"),
        ("take a bough", "bow"),
        ("bough then waive twice", "bow > wave[repetitions=2]"),
        ("wok then run", "walk > run"),
        ("weight two seconds", "idle[duration=2]"),
        ("jumpthenbow", "jump > bow"),
        ("waveandrun", "wave > run"),
        ("clapyourhandstwice", "clap[repetitions=2]"),
        ("TurnLeft!", "turn[direction=left]"),
    ],
)
def test_repairs(wordy: Matcher, text: str, plan: str) -> None:
    assert notation(text, wordy) == plan
    assert {call.score for step in parse(text, wordy).steps for call in step.actions} == {REPAIRED}


@pytest.mark.parametrize(
    "text",
    [
        "回收瓶子",
        "跑步然后回收垃圾",
        "叫经理",
        "waive the fee",
        "neil armstrong",
        "understand",
        "runway",
        "a wok and a pan",
    ],
)
def test_words_that_say_something_else_are_refused(wordy: Matcher, text: str) -> None:
    with pytest.raises(UnknownAction):
        parse(text, wordy)


def test_what_is_understood_is_not_touched(wordy: Matcher) -> None:
    assert parse("坐下", wordy).steps[0].actions[0].score == 1.0


def test_spans_of_repaired_words_are_those_of_the_text_as_typed(wordy: Matcher) -> None:
    text = "灰手燃後ＪumpＴhenＢow"
    calls = [step.actions[0] for step in parse(text, wordy).steps]
    assert [[text[start:end] for start, end in call.spans] for call in calls] == [["灰手"], ["Ｊump"], ["Ｂow"]]
