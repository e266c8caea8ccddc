from __future__ import annotations

import pytest

from action_library.action import new_action
from action_library.entry import entry_of, facets_of, meaning, parse_row, search_terms
from action_library.sequence import Call, Sequence
from action_library.store import Row
from motion_engine.errors import LibraryUnavailable

WAVE = new_action(
    name="wave_high",
    duration=2.0,
    fps=30.0,
    frames=60,
    description="Waving.",
    aliases={"zh": ["挥手"], "en": ["say hello"]},
    tags=["Greeting"],
    parts=["right_arm"],
    side="right",
    licence="CC BY-NC 4.0",
    source="Bandai-Namco research",
    track="0" * 64,
)


def test_terms_are_words_and_chinese_pairs() -> None:
    assert search_terms("Spin-Kick, high!") == {"spin", "kick", "high"}
    assert search_terms("后空翻 flip") == {"后空", "空翻", "flip"}
    assert search_terms("跳") == {"跳"}


def test_an_action_is_found_by_all_that_it_says() -> None:
    entry = entry_of(WAVE)
    assert {"wave", "high", "waving", "greeting", "挥手", "hello"} <= entry.words
    assert (entry.name, entry.kind, entry.track, entry.duration) == ("wave_high", "action", "0" * 64, 2.0)
    assert facets_of(WAVE) >= {
        *("kind:action", "tag:greeting", "part:right_arm", "side:right", "cyclic:no", "start:stand", "licence:nc"),
        *("source:bandai", f"track:{'0' * 64}"),
    }
    assert all(words in meaning(WAVE) for words in ("wave high", "Waving", "say hello", "挥手", "Greeting"))


def test_what_it_means_changes_with_its_words_only() -> None:
    assert entry_of(WAVE).text == entry_of(WAVE.model_copy(update={"duration": 3.0})).text
    assert entry_of(WAVE).text != entry_of(WAVE.model_copy(update={"description": "Bowing."})).text


def test_documents_come_back() -> None:
    greeting = Sequence(name="greeting", steps=((Call(action="wave"),),))
    for document in (WAVE, greeting):
        assert parse_row(Row(entry_of(document), 1, 1)) == document


@pytest.mark.parametrize(("kind", "text"), [("action", "{}"), ("action", "no JSON"), ("plan", "{}")])
def test_damaged_documents_are_told(kind: str, text: str) -> None:
    from dataclasses import replace

    entry = replace(entry_of(WAVE), kind=kind, document=text)
    with pytest.raises(LibraryUnavailable, match="document of wave_high is damaged"):
        parse_row(Row(entry, 1, 1))
