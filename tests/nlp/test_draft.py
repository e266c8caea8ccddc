"""Of an unfinished command, what is known stays known, exactly the rest is unknown, and what is suggested is good."""

from __future__ import annotations

import pytest

from motion_engine.errors import LimitExceeded
from nlp.draft import Draft, read_draft
from nlp.match import Matcher, Phrasebook
from nlp.parse import MOST_CHARACTERS, explain


def said(draft: Draft) -> str:
    """Each word that says something with what it says, unknown ones with a question mark."""
    return " ".join(
        f"{w.text}:{'?' if w.role == 'unknown' else w.kind}" for w in draft.words if w.kind or w.role == "unknown"
    )


def results(text: str, draft: Draft) -> list[str]:
    """The command after each of its suggestions."""
    found = [one for unknown in draft.unknown for one in unknown.suggestions]
    return [text[: one.start] + one.text + text[one.end :] for one in found]


@pytest.mark.parametrize(
    ("text", "plan", "words"),
    [
        ("wave then bake a cake", "wave", "wave:action then:timing bake a cake:?"),
        ("bake a cake then wave", "wave", "bake a cake:? then:timing wave:action"),
        ("wave then flimmer twice with the left hand, then run", "wave > run",
         "wave:action then:timing flimmer:? twice:repetitions left hand:side then:timing run:action"),
        ("run the dishwasher slowly, then bow", "run[speed=slow] > bow",
         "run:action dishwasher:? slowly:speed then:timing bow:action"),
        ("flimmer, twice, then bow", "bow", "flimmer:? twice:repetitions then:timing bow:action"),
        ("don't run, flimmer", "", "flimmer:?"),
        ("先挥手，再煎饼两次，最后鞠躬", "wave > bow",
         "先:timing 挥手:action 再:timing 煎饼:? 两次:repetitions 最后:timing 鞠躬:action"),
        ("回收瓶子", "", "回收瓶子:?"),
        ("twice", "", "twice:repetitions"),
        ("umm please", "", ""),
        ("こんにちは", "", "こんにちは:?"),
        ("?!", "", ""),
        ("", "", ""),
    ],
)  # fmt: skip
def test_what_is_known_stays_known(wordy: Matcher, text: str, plan: str, words: str) -> None:
    draft = read_draft(text, wordy)
    assert (str(draft.plan), said(draft)) == (plan, words)
    assert draft.refused
    assert [one.text for one in draft.unknown] == [word.text for word in draft.words if word.role == "unknown"]
    assert all(text[one.start : one.end] == one.text for one in (*draft.words, *draft.unknown))


def test_a_command_that_is_understood_is_as_explained(wordy: Matcher) -> None:
    for text in ("run while waving the left hand three times", "umm wave at the camera, then don't run", "慢慢坐下"):
        draft = read_draft(text, wordy)
        assert (draft.plan, list(draft.words)) == explain(text, wordy)
        assert (draft.unknown, draft.refused) == ((), "")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("wa", "walk"),  # not finished
        ("run then wa", "run then walk"),
        ("wave tw", "wave twice"),
        ("spinning k", "spinning kick"),
        ("walk sl", "walk slow"),
        ("先鼓", "先鼓掌"),
        ("waev then run", "wave then run"),  # misspelled
        ("wave twise", "wave twice"),
        ("wave thn run", "wave then run"),
        ("turn lefft", "turn left"),
        ("jump and do a kartwheel, then sit", "jump and do a cartwheel, then sit"),
        ("wave then bake a cake", "wave"),  # left out
        ("while flimmering, wave", "wave"),
        ("run the dishwasher, then bow", "run, then bow"),
        ("先挥手再煎饼", "先挥手"),
    ],
)
def test_the_first_suggestion(wordy: Matcher, text: str, first: str) -> None:
    draft = read_draft(text, wordy)
    assert results(text, draft)[0] == first


def test_near_meanings_are_suggested_in_the_language_of_the_command(matcher: Matcher) -> None:
    text = "flutter about then run"
    found = results(text, read_draft(text, matcher))
    assert len(found) > 1 and found[-1] == "run"
    assert all(not read_draft(one, matcher).refused for one in found)
    books = [*matcher.books.values(), Phrasebook("zorble", zh=("佐布",))]
    text = "先煎一个饼再跑步"
    chinese = results(text, read_draft(text, Matcher(books, matcher._open)))
    assert all(not set("abcdefghijklmnopqrstuvwxyz") & set(one) for one in chinese)


@pytest.mark.parametrize(
    "text", ["wa", "wave tw", "waev, then rnu, then dnace", "flutter twice then tumbel", "walk quikcly and j"]
)
def test_every_suggestion_makes_it_better(matcher: Matcher, text: str) -> None:
    draft = read_draft(text, matcher)
    found = results(text, draft)
    assert found
    for better in found:
        after = read_draft(better, matcher)
        assert (len(after.unknown), bool(after.refused)) < (len(draft.unknown), True), better


def test_every_beginning_of_a_long_command_has_a_draft(wordy: Matcher) -> None:
    text = "ok so first i want him to run for like five seconds, then 慢慢坐下 and flimmer at the crowd twice, no, run"
    for end in range(len(text) + 1):
        draft = read_draft(text[:end], wordy)
        covered = [at for word in draft.words for at in range(word.start, word.end)]
        assert covered == sorted(set(covered)), text[:end]
        assert {at for at, character in enumerate(text[:end]) if character.isalnum()} <= set(covered), text[:end]


def test_too_long_is_too_long(wordy: Matcher) -> None:
    with pytest.raises(LimitExceeded):
        read_draft("a" * (MOST_CHARACTERS + 1), wordy)
