from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_engine.errors import BadCommand, LimitExceeded, MotionError, UnknownAction
from nlp.lexicon import load, words
from nlp.match import Matcher, Phrasebook
from nlp.parse import notation, parse

OWN = Path(__file__).parents[1] / "data/commands.jsonl"
DEV = Path(__file__).parents[2] / "../shared/evals/commands_dev.jsonl"


def cases(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def failures(path: Path, matcher: Matcher) -> list[tuple[str, str, str]]:
    """(text, expected, got) of every command that is not understood exactly."""
    found = [(case["text"], case["plan"], notation(case["text"], matcher)) for case in cases(path)]
    return [case for case in found if case[1] != case[2]]


@pytest.mark.skipif(not DEV.exists(), reason="the shared evaluation set is not beside the repository")
def test_every_command_of_the_development_set(matcher: Matcher) -> None:
    assert failures(DEV, matcher) == []


def test_our_own_set(matcher: Matcher) -> None:
    wrong, total = failures(OWN, matcher), len(cases(OWN))
    print(*(f"{text!r}: {expected}, not {got}" for text, expected, got in wrong), sep="\n")
    assert len(wrong) <= 0.02 * total
    assert [case for case in wrong if case[1] == "!unknown"] == [], "a guess at what cannot be known"


def test_our_own_set_is_large_and_balanced() -> None:
    texts = cases(OWN)
    chinese = sum(bool(re.search("[\u4e00-\u9fff]", case["text"])) for case in texts)
    assert len(texts) >= 150 and len({case["text"] for case in texts}) == len(texts)
    assert chinese >= 0.45 * len(texts)
    assert sum(case["plan"] == "!unknown" for case in texts) >= 0.1 * len(texts)


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("clap twice then bow", "clap[repetitions=2] > bow"),
        ("turn left and walk forward quickly", "turn[direction=left] > walk[direction=forward,speed=fast]"),
        ("walk and wave while nodding", "walk > wave + nod"),
        ("wave and nod while walking", "walk + wave > walk + nod"),
        ("wave while running", "run + wave"),
        ("while clapping, nod", "clap + nod"),
        ("before running, stretch then bow", "stretch > bow > run"),
    ],
)
def test_scope(text: str, plan: str, wordy: Matcher) -> None:
    assert notation(text, wordy) == plan


def test_parameters_of_one_call(wordy: Matcher) -> None:
    (step,) = parse("Very slowly walk backwards for two and a half meters", wordy).steps
    (call,) = step.actions
    assert (call.action, call.phrase, call.score) == ("walk", "walk", 1.0)
    assert (call.direction, call.distance, call.speed) == ("backward", 2.5, 0.5)
    assert call.repetitions is None and call.duration is None and call.side is None


@pytest.mark.parametrize(
    ("text", "speed"),
    [
        ("run slowly", 0.7),
        ("run very slowly", 0.5),
        ("run fast", 1.4),
        ("run as fast as you can", 1.8),
        ("跑快点", 1.4),
    ],
)
def test_speed_factors(text: str, speed: float, wordy: Matcher) -> None:
    assert parse(text, wordy).steps[0].actions[0].speed == speed


@pytest.mark.parametrize(("text", "metres"), [("walk 10 feet", 3.048), ("walk a yard", 0.914), ("走五十厘米", 0.5)])
def test_lengths_are_metres(text: str, metres: float, wordy: Matcher) -> None:
    assert parse(text, wordy).steps[0].actions[0].distance == pytest.approx(metres)


@pytest.mark.parametrize(
    ("text", "language"), [("wave", "en"), ("挥手", "zh"), ("请 wave 两次", "zh"), ("wave 再 run", "en")]
)
def test_language(text: str, language: str, wordy: Matcher) -> None:
    assert parse(text, wordy).language == language


@pytest.mark.parametrize("text", ["", "   ", "...!", "，。", "😀👋", "\u200b", "---"])
def test_nothing_said(text: str, wordy: Matcher) -> None:
    with pytest.raises(BadCommand, match="no words"):
        parse(text, wordy)
    assert notation(text, wordy) == "!empty"


def test_only_what_not_to_do(wordy: Matcher) -> None:
    with pytest.raises(BadCommand, match="what not to do"):
        parse("do not jump", wordy)


@pytest.mark.parametrize("text", ["танцуй", "ارقص", "踊って", "춤을 추다", "χόρεψε"])
def test_other_languages(text: str, wordy: Matcher) -> None:
    with pytest.raises(UnknownAction, match="English and Chinese are understood"):
        parse(text, wordy)


def test_one_unknown_clause_refuses_the_whole_command(matcher: Matcher) -> None:
    with pytest.raises(UnknownAction) as caught:
        parse("wave, then defragment the moon, then bow", matcher)
    assert caught.value.phrase == "defragment the moon"
    assert len(caught.value.nearest) == 3 and all(0.0 <= score <= 1.0 for _, score in caught.value.nearest)


def test_words_that_do_not_go_with_the_action(wordy: Matcher) -> None:
    with pytest.raises(UnknownAction, match='"dishwasher" does not go with run'):
        parse("run the dishwasher", wordy)


def test_an_action_that_the_library_lacks() -> None:
    with pytest.raises(UnknownAction, match='"swim" means swim, which this library does not have'):
        parse("swim", Matcher([Phrasebook("walk")]))


def test_limits(wordy: Matcher) -> None:
    with pytest.raises(LimitExceeded, match="2001 words, the limit is 2000"):
        parse("wave " * 2001, wordy)
    with pytest.raises(LimitExceeded, match="20001 characters, the limit is 20000"):
        parse("x" * 20001, wordy)
    assert len(parse("wave " * 2000, wordy).steps) == 2000


def vocabulary() -> list[str]:
    names = [name for lexicon in load().values() for name in lexicon]
    listed = [word for name in names if name not in ("actions", "units", "nothing") for word in words(name)]
    return [*listed, "wave", "walk", "挥手", "走", "2", "三", "seconds", "米", ",", ".", "，", "unknowable"]


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_text_is_a_plan_or_our_own_error(wordy_text: str) -> None:
    _check(wordy_text)


@given(st.lists(st.sampled_from(vocabulary()), max_size=25).map(" ".join))
@settings(max_examples=600, deadline=None, derandomize=True)
def test_any_words_of_the_grammar_are_a_plan_or_our_own_error(text: str) -> None:
    _check(text)


_MATCHER = Matcher([Phrasebook(name) for name in ("walk", "run", "wave", "jump", "clap", "idle", "turn", "sit", "bow")])


def _check(text: str) -> None:
    try:
        plan = parse(text, _MATCHER)
    except MotionError:
        return
    assert plan.steps and all(step.actions for step in plan.steps)
    assert parse(text, _MATCHER) == plan
    assert str(parse(text.upper() if text.isascii() else text, _MATCHER)) == str(plan)
    for step in plan.steps:
        for call in step.actions:
            assert call.action in _MATCHER.books and call.speed > 0
            assert all(value is None or value >= 0 for value in (call.duration, call.distance, call.degrees))


@pytest.mark.parametrize(
    "unit", ["walk ", "走", "wave then ", "raise your ", "again ", "at the same time walk ", "before walk "]
)
def test_time_is_linear(unit: str) -> None:
    def seconds(words: int) -> float:
        text, best = unit * (words // len(unit.split())), 9.0
        for _ in range(3):
            start = time.perf_counter()
            notation(text, _MATCHER)
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(1600) < 10 * seconds(400) + 0.02  # four times the words; quadratic would be sixteen


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("walk .5 meters", "walk[distance=0.5]"),
        ("walk 1/2 meter", "walk[distance=0.5]"),
        ("walk 2½ meters", "walk[distance=2.5]"),
        ("walk 2 1/2 meters", "walk[distance=2.5]"),
        ("walk 1,000 meters", "walk[distance=1000]"),
        ("run for 1:30", "run[duration=90]"),
        ("1. walk 2. jump", "walk > jump"),
        ("走２．５米", "walk[distance=2.5]"),
        ("turn -90", "!unknown"),
    ],
)
def test_numbers_as_people_write_them(wordy: Matcher, text: str, plan: str) -> None:
    assert notation(text, wordy) == plan


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ("walk like a zombie", ("like a zombie",)),
        ("WALK like a ZOMBIE, then wave at the audience", ("like a ZOMBIE", "at the audience")),
        ("疯狂地跳舞", ("疯狂",)),
        ("走到门口然后鞠躬", ("到门口",)),
        ("please wave your left hand twice, then run quickly", ()),
        ("run while waving the left hand three times", ()),
        ("kick the ball", ("ball",)),
    ],
)
def test_what_is_not_performed_is_said(wordy: Matcher, text: str, ignored: tuple[str, ...]) -> None:
    assert parse(text, wordy).ignored == ignored


def test_spans_say_where_an_action_stands_in_the_text(wordy: Matcher) -> None:
    text = "Ｗalk ½ meter, then ＷＡＶＥ the left hand, twice"
    steps = parse(text, wordy).steps
    said = [[text[start:end] for start, end in step.actions[0].spans] for step in steps]
    assert said == [["Ｗalk ½ meter"], ["ＷＡＶＥ the left hand", "twice"]]
