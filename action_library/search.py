"""Finding actions: filters, order, pages, words and meaning; one way for all stores."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from action_library.entry import facet, meaning, parse_row, search_terms, text_key
from action_library.store import SORTS, Query, Row, Sort, Store
from action_library.vectors import Ranking, VectorCache, VectorIndex
from motion_engine.errors import BadCommand
from motion_engine.types import Array, Side

Embed = Callable[[Sequence[str]], Array]  # texts to unit vectors (N, D)
Progress = Callable[[int, int], None]

MOST_ON_A_PAGE = 500
RARE = 5000  # what fewer have is ranked all; of more only this many are counted
FIRST = 500  # of the best that are looked through for those that pass a filter that many pass
WORDS = 0.5  # what all words found are worth beside the cosine of the meanings
NAMED = 1.0  # what it is worth to be called exactly so
LEAST = 0.25  # of the best score: what is less near is not shown
MOTION = "motion-1:"  # before the keys of motion vectors; raise the number when facts.motion_vector gives others
FOREIGN = "this cursor is of another search or order: begin with the first page again."
BATCH = 64  # texts embedded at once


@dataclass(frozen=True)
class Filter:
    """What is looked for; what is not stated does not matter."""

    kind: Literal["action", "sequence"] = "action"
    tags: tuple[str, ...] = ()  # all of them
    parts: tuple[str, ...] = ()  # of the body, all of them: "left_arm"
    source: str = ""  # words of it
    licence: str = ""
    side: Side | None = None
    cyclic: bool | None = None
    start_posture: str = ""
    end_posture: str = ""
    shortest: float | None = None  # s
    longest: float | None = None

    def facets(self) -> set[str]:
        """What documents must have."""
        found = (
            {f"kind:{self.kind}"} | {facet("tag", tag) for tag in self.tags} | {facet("part", p) for p in self.parts}
        )
        for name in ("source", "licence"):
            found |= {f"{name}:{word}" for word in search_terms(getattr(self, name))}
        stated = {"side": self.side, "start": self.start_posture, "end": self.end_posture}
        found |= {facet(name, value) for name, value in stated.items() if value}
        return found | ({f"cyclic:{'yes' if self.cyclic else 'no'}"} if self.cyclic is not None else set())

    def duration(self) -> tuple[float, float] | None:
        """The range of durations, s."""
        if self.shortest is None and self.longest is None:
            return None
        return (self.shortest or 0.0, 1e9 if self.longest is None else self.longest)


ANYTHING = Filter()


@dataclass(frozen=True)
class Page:
    """Some of what was found, and how to get the rest."""

    rows: tuple[Row, ...]
    scores: tuple[float, ...] = ()  # of a search by words or meaning
    cursor: str | None = None  # for the next page; None: this was the last


class Search:
    """Finds documents of one store."""

    def __init__(self, store: Store, cache: VectorCache) -> None:
        self._store, self._cache = store, cache
        self._meanings: dict[str, VectorIndex] = {}
        self._motions = VectorIndex(store, MOTION, lambda change: change.track)

    def page(
        self,
        wanted: Filter,
        *,
        sort: Sort = "name",
        descending: bool = False,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page:
        """One page of all that passes the filter; pages stay the same when others are added or removed meanwhile.

        Raises:
            BadCommand: The order, the limit or the cursor is none.
        """
        _check(limit)
        if sort not in SORTS:
            raise BadCommand(f"cannot sort by {sort!r}: use {', '.join(SORTS)}.")
        after = _decode(cursor, sort, descending) if cursor else None
        facets = self._rarest_first(wanted.facets())
        rows = self._store.find(Query(facets, wanted.duration(), sort, descending, after, limit + 1))
        more = len(rows) > limit
        rows = rows[:limit]
        return Page(tuple(rows), cursor=_encode(rows[-1], sort, descending) if more else None)

    def by_text(
        self,
        text: str,
        wanted: Filter = ANYTHING,
        *,
        embed: Embed | None = None,
        model: str = "",
        likely: Mapping[str, float] | None = None,
        limit: int = 20,
        cursor: str | None = None,
    ) -> Page:
        """Those that mean or say what `text` does, the best first.

        Args:
            text: In any language that the model knows.
            wanted: What they must be besides.
            embed: Makes vectors of texts; None: by words only.
            model: Names the model, for the cache.
            likely: What is meant by what somebody else knows, with how likely it is, 0..1.
            limit: How many at most.
            cursor: Of the page before.

        Raises:
            BadCommand: The limit or the cursor is none.
        """
        _check(limit)
        after, before = _decode_place(cursor, text) if cursor else ((-np.inf, ""), 0)
        need = before + limit + 1
        query = Query(self._rarest_first(wanted.facets()), wanted.duration(), limit=RARE)
        plain = len(query.facets) == 1 and query.duration is None  # all of a kind
        among = None if plain else self._store.names(query)
        if among is not None and len(among) < RARE:
            ranked = self._ranking(text, embed, model, likely or {}, among).best(len(among))
        else:
            ranking = self._ranking(text, embed, model, likely or {}, None)
            ranked = self._passing(ranking, query, need, 2 * need if plain else FIRST)
        least = LEAST * ranked[0][1] if ranked else 0.0
        shown = [(name, value) for name, value in ranked if value >= least and (-value, name) > after]
        place = _encode_place(text, shown[limit - 1], before + limit) if len(shown) > limit else None
        return self._page(shown[:limit], place)

    def like(self, name: str, motion: Callable[[str], Array], limit: int = 20) -> Page:
        """The actions that move most like the one called `name`, with scores, the best first, itself left out.

        Args:
            name: An action.
            motion: The vector of what an action does, worked out anew.
            limit: How many at most.
        """
        missing = self._motions.refresh()
        if missing:
            self._cache.put_many({key: motion(other) for other, key in missing.items()})
            self._motions.refresh()
        vector = self._motions.vector(name)
        near = [] if vector is None else self._motions.ranking(vector).best(limit + 1)
        return self._page([pair for pair in near if pair[0] != name][:limit], None)

    def learn(self, embed: Embed, model: str, progress: Progress | None = None) -> VectorIndex:
        """The index of meanings, with the vectors of all documents that had none."""
        index = self._meanings.setdefault(model, VectorIndex(self._store, f"{model}:text:", lambda change: change.text))
        missing = index.refresh()
        if missing:
            names = list(missing)
            for start in range(0, len(names), BATCH):
                if progress:
                    progress(start, len(names))
                documents = [parse_row(row) for row in self._store.get_many(names[start : start + BATCH])]
                texts = {text_key(meaning(document)): meaning(document) for document in documents}
                vectors = embed(list(texts.values()))
                self._cache.put_many({f"{model}:text:{key}": v for key, v in zip(texts, vectors, strict=True)})
            if progress:
                progress(len(names), len(names))
            index.refresh()
        return index

    def _passing(self, ranking: Ranking, query: Query, need: int, ask: int) -> list[tuple[str, float]]:
        """The best that pass a filter, `need` or more if there are so many; looks through `ask` first."""
        ranked: list[tuple[str, float]] = []
        seen = 0
        while True:
            best = ranking.best(ask)[seen:]
            passing = self._store.passing([name for name, _ in best], query)
            ranked += [pair for pair in best if pair[0] in passing]
            seen += len(best)
            if len(ranked) >= need or seen < ask:
                return ranked
            ask *= 4

    def _ranking(
        self, text: str, embed: Embed | None, model: str, likely: Mapping[str, float], among: list[str] | None
    ) -> Ranking:
        """All documents, or some, by how well they fit."""
        terms = search_terms(text)
        rare = [word for word in terms if self._store.count_words(word, RARE) < RARE]
        said = self._store.names_with(rare) if rare else {}
        share = {name: WORDS * count / len(terms) for name, count in said.items()}
        for name, chance in likely.items():
            share[name] = share.get(name, 0.0) + NAMED * chance
        exact = "_".join(text.casefold().split())
        if exact and self._store.get(exact[:64]):
            share[exact] = share.get(exact, 0.0) + NAMED
        if embed is None:
            said_so = share if among is None else {name: share[name] for name in among if name in share}
            return Ranking(list(said_so), np.array(list(said_so.values())))
        index = self.learn(embed, model)
        return index.ranking(embed([text])[0], share, among)

    def _page(self, found: list[tuple[str, float]], cursor: str | None) -> Page:
        """What is still there of what was found."""
        rows = {row.entry.name: row for row in self._store.get_many([name for name, _ in found])}
        there = [(rows[name], value) for name, value in found if name in rows]
        return Page(tuple(row for row, _ in there), tuple(value for _, value in there), cursor)

    def _rarest_first(self, facets: set[str]) -> tuple[str, ...]:
        if len(facets) == 1:
            return tuple(facets)
        return tuple(sorted(facets, key=lambda one: (self._store.count(one, RARE), one.startswith("kind:"), one)))


def _check(limit: int) -> None:
    if not 1 <= limit <= MOST_ON_A_PAGE:
        raise BadCommand(f"a page has 1 to {MOST_ON_A_PAGE} actions, not {limit}.")


def _encode(row: Row, sort: Sort, descending: bool) -> str:
    """Where the next page begins, as text that says nothing."""
    value = getattr(row.entry, sort)
    return base64.urlsafe_b64encode(json.dumps([sort, descending, value, row.entry.name]).encode()).decode()


def _encode_place(text: str, last: tuple[str, float], before: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([text_key(text), *last, before]).encode()).decode()


def _decode_place(cursor: str, text: str) -> tuple[tuple[float, str], int]:
    """Behind which score and name the page begins, and about how many are before it."""
    try:
        key, name, value, before = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if key != text_key(text) or not isinstance(name, str) or not 0 <= before < 1_000_000:
            raise ValueError
        return (-float(value), name), int(before)
    except (ValueError, TypeError):
        raise BadCommand(FOREIGN) from None


def _decode(cursor: str, sort: Sort, descending: bool) -> tuple[float | str, str]:
    try:
        said, down, value, name = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        right = (said, down) == (sort, descending) and isinstance(name, str)
        if not right or not isinstance(value, float | int if sort == "duration" else str):
            raise ValueError
    except (ValueError, TypeError):
        raise BadCommand(FOREIGN) from None
    return value, name
