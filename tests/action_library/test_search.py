"""Finding actions, in both kinds of store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from action_library.ingest import document
from action_library.library import Library
from action_library.search import Filter, Page
from action_library.stores import open_store
from action_library.vectors import Ranking, VectorIndex
from motion_engine.errors import BadCommand
from motion_engine.types import Array

TOPICS = {"kick": 0, "strike": 0, "踢腿": 0, "leg": 0, "bow": 1, "greet": 1, "鞠躬": 1, "walk": 2, "stroll": 2}


def embed(texts: Sequence[str]) -> Array:
    """A model that knows three topics, and tells texts apart a little."""
    vectors = np.zeros((len(texts), 16), dtype=np.float32)
    for row, text in enumerate(texts):
        for word, topic in TOPICS.items():
            vectors[row, topic] += word in text.casefold()
        vectors[row, 3:] = 0.02 * np.frombuffer(hashlib.sha256(text.encode()).digest()[:13], np.uint8) / 255
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def library(store_url: str, make: Any) -> Iterator[Library]:
    opened = Library(open_store(store_url))
    for number, (name, fields) in enumerate(
        {
            "kick": {"tags": ["fight"], "side": "right", "aliases": {"zh": ["踢腿"]}, "parts": ["right_leg"]},
            "high_kick": {"tags": ["fight"], "side": "left", "source": "Bandai research", "licence": "CC BY-NC 4.0"},
            "punch": {"tags": ["fight", "arm"], "description": "Strike with the fist.", "end_posture": "crouch"},
            "bow": {"tags": ["greeting"], "aliases": {"zh": ["鞠躬"]}},
            "walk": {"cyclic": True, "tags": ["gait"]},
        }.items()
    ):
        clip = make.clip(30 + 15 * number, arm=0.1 * number, speed=1.2 if name == "walk" else 0.0)
        opened.add(document(clip, name=name, **fields), clip)
    yield opened
    opened.close()


def names(page: Page) -> list[str]:
    return [row.entry.name for row in page.rows]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), ["bow", "high_kick", "kick", "punch", "walk"]),
        (Filter(tags=("Fight",)), ["high_kick", "kick", "punch"]),
        (Filter(tags=("fight", "arm")), ["punch"]),
        (Filter(parts=("right_leg",)), ["kick"]),
        (Filter(source="bandai"), ["high_kick"]),
        (Filter(licence="BY NC"), ["high_kick"]),
        (Filter(licence="unknown", side="right"), ["kick"]),
        (Filter(cyclic=True), ["walk"]),
        (Filter(end_posture="crouch"), ["punch"]),
        (Filter(shortest=1.5, longest=2.0), ["high_kick", "punch"]),
        (Filter(kind="sequence"), []),
        (Filter(tags=("none",)), []),
    ],
)
def test_filters(library: Library, wanted: Filter, found: list[str]) -> None:
    assert names(library.index.page(wanted)) == found
    text = library.index.by_text("kick bow walk strike", wanted, embed=embed, model="m")
    assert set(names(text)) <= set(found)


def test_pages_go_on_where_they_ended_whatever_is_added(library: Library, make: Any) -> None:
    page = library.index.page(Filter(), sort="duration", descending=True, limit=2)
    assert names(page) == ["walk", "bow"]
    clip = make.clip(200)
    library.add(document(clip, name="long"), clip)
    library.remove("bow")
    page = library.index.page(Filter(), sort="duration", descending=True, limit=2, cursor=page.cursor)
    assert names(page) == ["punch", "high_kick"]
    page = library.index.page(Filter(), sort="duration", descending=True, limit=2, cursor=page.cursor)
    assert (names(page), page.cursor) == (["kick"], None)


def test_cursors_of_other_searches_are_refused(library: Library) -> None:
    cursor = library.index.page(Filter(), limit=1).cursor
    assert cursor
    for bad in ("", "x", "é", cursor[:-3], "bnVsbA==", "W10="):
        if bad:
            with pytest.raises(BadCommand, match="cursor"):
                library.index.page(Filter(), cursor=bad)
            with pytest.raises(BadCommand, match="cursor"):
                library.index.by_text("kick", cursor=bad)
    with pytest.raises(BadCommand, match="of another search or order"):
        library.index.page(Filter(), sort="duration", cursor=cursor)
    with pytest.raises(BadCommand, match="of another search"):
        library.index.by_text("kick", cursor=cursor)
    for limit in (0, 501):
        with pytest.raises(BadCommand, match="a page has 1 to 500"):
            library.index.page(Filter(), limit=limit)
    with pytest.raises(BadCommand, match="cannot sort by"):
        library.index.page(Filter(), sort="size")  # type: ignore[arg-type]


def test_by_words(library: Library) -> None:
    assert names(library.index.by_text("kick")) == ["kick", "high_kick"]
    assert names(library.index.by_text("踢腿")) == ["kick"]
    assert names(library.index.by_text("kick", Filter(side="left"))) == ["high_kick"]
    assert names(library.index.by_text("nothing such")) == []


def test_by_meaning_and_words(library: Library) -> None:
    found = names(library.index.by_text("strike with a leg", embed=embed, model="m"))
    assert (found[0], set(found[1:3])) == ("punch", {"high_kick", "kick"})
    assert names(library.index.by_text("stroll", embed=embed, model="m"))[0] == "walk"
    page = library.index.by_text("greet", embed=embed, model="m")
    assert names(page)[0] == "bow"
    assert page.scores == tuple(sorted(page.scores, reverse=True))


def test_meanings_follow_what_is_changed_by_anybody(library: Library, store_url: str) -> None:
    assert names(library.index.by_text("stroll", embed=embed, model="m"))[0] == "walk"
    other = Library(open_store(store_url))
    other.edit("bow", description="A stroll, a stroll, a walk.")
    other.remove("walk")
    assert names(library.index.by_text("stroll", embed=embed, model="m"))[0] == "bow"
    other.restore("walk")
    assert set(names(library.index.by_text("stroll", embed=embed, model="m"))[:2]) == {"bow", "walk"}
    other.close()


def test_texts_are_embedded_once(library: Library, store_url: str) -> None:
    library.index.by_text("stroll", embed=embed, model="m")
    asked: list[str] = []

    def counting(texts: Sequence[str]) -> Array:
        asked.extend(texts)
        return embed(texts)

    other = Library(open_store(store_url))
    other.index.by_text("stroll", embed=counting, model="m")
    assert asked == ["stroll"]
    other.close()


def test_pages_of_a_search_by_meaning(library: Library) -> None:
    whole = names(library.index.by_text("kick", embed=embed, model="m", limit=50))
    found, cursor = [], None
    while True:
        page = library.index.by_text("kick", embed=embed, model="m", limit=1, cursor=cursor)
        found += names(page)
        cursor = page.cursor
        if cursor is None:
            break
    assert found == whole
    assert len(found) >= 3


def test_many_that_pass_the_filter_are_ranked_by_the_best_first(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("action_library.search.RARE", 1)
    expected = ["kick", "high_kick", "punch"]
    assert sorted(names(library.index.by_text("kick", Filter(tags=("fight",)), embed=embed, model="m"))) == sorted(
        expected
    )
    assert names(library.index.by_text("kick", Filter(longest=1.2), embed=embed, model="m")) == ["kick"]
    assert names(library.index.by_text("kick", Filter(side="right"))) == ["kick"]


def test_a_search_multiplies_once_however_far_it_must_look(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("action_library.search.RARE", 1)
    expected = names(library.index.by_text("kick", Filter(tags=("fight",)), embed=embed, model="m"))
    asked, ranking = [], VectorIndex.ranking

    def counting(*args: Any) -> Ranking:
        asked.append(args)
        return ranking(*args)

    monkeypatch.setattr(VectorIndex, "ranking", counting)
    monkeypatch.setattr("action_library.search.FIRST", 1)
    assert names(library.index.by_text("kick", Filter(tags=("fight",)), embed=embed, model="m")) == expected
    assert len(asked) == 1 and len(expected) > 1


def test_more_of_a_ranking_begins_with_what_came_before() -> None:
    named = [f"n{number:03}" for number in np.random.default_rng(1).permutation(200)]
    scores = np.repeat(np.arange(10, dtype=np.float32) / 7, 20)  # of which many are equal
    whole = Ranking(named, scores).best(1000)
    assert whole == sorted(whole, key=lambda pair: (-pair[1], pair[0])) and len(whole) == 200
    for count in (0, 1, 19, 20, 33, 199, 200):
        assert Ranking(named, scores).best(count) == whole[:count]
    assert Ranking([], np.empty(0)).best(3) == []
