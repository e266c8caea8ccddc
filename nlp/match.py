"""Phrase to action: the lexicon first, then sentence embeddings with a threshold, a margin, and a class for "none"."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from motion_engine.errors import UnknownAction
from nlp.items import grammar_words, read_items
from nlp.lexicon import Entry, Params, flatten, load, words
from nlp.models import Embedder
from nlp.tokens import simplify, tokenize


class Calibration(NamedTuple):
    """What a score must be to count; found on paraphrases and unknowable commands: refuse rather than guess."""

    threshold: float  # below it nothing is meant
    margin: float  # by how much the best action must beat the second
    none_margin: float  # by how much it must beat what is no action


CALIBRATIONS = {
    "use-multilingual-v3": Calibration(0.62, 0.05, 0.0),
    "sentence-transformers": Calibration(0.50, 0.08, 0.1),  # with all-MiniLM-L6-v2
}
SINGLE_WORD = 0.1  # how much surer a single word must be: it has no context
_SHORT = 3  # Chinese characters that count as one word
_NEAREST_WEIGHT = 0.6  # of an action's nearest phrase, against 0.4 for the middle of all its phrases
_NEAREST = 3
_REMEMBERED = 2048  # phrases whose match is kept

Vectors = NDArray[np.float32]


class VectorCache(Protocol):
    """Where vectors of the actions' phrases are kept between processes."""

    def get(self, key: str) -> NDArray[Any] | None:
        """The vector stored under `key`, or None."""

    def put(self, key: str, vector: NDArray[Any]) -> None:
        """Store a float32 vector of any length."""


@dataclass(frozen=True)
class Phrasebook:
    """What an action is called: its library name, one sentence about it, and other names in both languages."""

    name: str
    description: str = ""
    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()

    def phrases(self) -> list[str]:
        """The name and all other names."""
        return [self.name, self.name.replace("_", " "), *self.en, *self.zh]


def explained(error: UnknownAction, reason: str) -> UnknownAction:
    """The error, with the reason in front of its message."""
    error.args = (f"{reason} {error}",)
    return error


class Matcher:
    """Knows the actions of one library by their names, the lexicon and the meaning of their descriptions."""

    def __init__(
        self,
        actions: Sequence[Phrasebook],
        embedder: Callable[[], Embedder] | Embedder | None = None,
        cache: VectorCache | None = None,
    ) -> None:
        """Enter all names into one table of phrases; no model is loaded.

        Args:
            actions: The library's actions.
            embedder: A model, or a function that opens one when a phrase first needs it; None: lexicon only.
            cache: Where the vectors of the actions are kept, so that a new process need not compute them.
        """
        self.books = {book.name: book for book in actions}
        self.phrases = grammar_words()
        self._open, self._cache = embedder, cache
        self._known: dict[str, tuple[str, float] | UnknownAction] = {}
        self._index: _Index | None = None
        for name, phrase, params, timed in _lexicon_phrases():
            self.phrases.add(phrase, Entry("action", name, params, timed))
        for lexicon in load().values():
            for name, group in lexicon["weak"].items():
                for phrase in group:
                    self.phrases.add(phrase, Entry("weak", name))
        for phrase in words("refuse"):
            self.phrases.add(phrase, Entry("refuse"))
        for book in actions:
            for phrase in book.phrases():
                self._add_name(book.name, phrase)

    def _add_name(self, name: str, phrase: str) -> None:
        """Enter what the library calls an action.

        It wins over words of the grammar only if it is the action's own name, and over the lexicon also where that
        means an action which the library lacks: an alias never takes a word from another action.
        """
        known = self.phrases.get(phrase)
        own = phrase in (name, name.replace("_", " "))
        if (
            known
            and known.kind in ("action", "weak")
            and (known.value == name or (known.value in self.books and not own))
        ):
            return
        if known and known.kind not in ("action", "weak", "refuse", "noun") and not own:
            return
        if not self._says_the_same(name, phrase):
            self.phrases.add(phrase, Entry("action", name))

    def _says_the_same(self, name: str, phrase: str) -> bool:
        """Whether the grammar reads the phrase already: a known name of the action and parameters ("turn left"), which
        would be lost, or another action and a direction ("walk forward")."""
        items = [item for item in read_items(tokenize(phrase), self.phrases) if item.kind not in ("function", "filler")]
        named = [item for item in items if item.is_action and item.entry and item.entry.value == name]
        rest = [item for item in items if item not in named]
        if len(named) == 1:
            return all(item.kind in ("param", "lr", "number") for item in rest)
        known = [item for item in items if item.kind == "action" and item.entry and item.entry.value in self.books]
        where = [item for item in items if item.kind == "lr" or dict(item.params).keys() == {"direction"}]
        return " " in phrase and len(known) == 1 and len(where) == len(items) - 1 > 0

    def named(self, text: str) -> str | None:
        """The action that the library calls exactly `text`; for words that are grammar elsewhere ("hello")."""
        text = simplify(text).strip(" .,!?。，！？")
        return next((book.name for book in self.books.values() if text in map(simplify, book.phrases())), None)

    def require(self, name: str, phrase: str) -> None:
        """Check that the library has the action that the lexicon means by `phrase`; UnknownAction if not."""
        if name not in self.books:
            raise explained(self.unknown(phrase), f'"{phrase}" means {name}, which this library does not have.')

    def unknown(self, phrase: str) -> UnknownAction:
        """The error for a phrase that names no action, with the nearest actions if a model is at hand."""
        nearest: list[tuple[str, float]] = []
        if self._open is not None and self.books and phrase:
            nearest = self._ranking(phrase)[0][:_NEAREST]
        return UnknownAction(phrase[:200], nearest)

    def match(self, phrase: str) -> tuple[str, float]:
        """The action meant by a phrase without lexicon words, and the score 0..1.

        Raises:
            UnknownAction: The best score is below the threshold, too close to the second, or nearer to "none".
            ModelUnavailable: The embedding model cannot be used.
        """
        found = self._known.get(phrase)
        if found is None:
            found = self._match(phrase)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[phrase] = found
        if isinstance(found, UnknownAction):
            raise found
        return found

    def _match(self, phrase: str) -> tuple[str, float] | UnknownAction:
        if self._open is None or not self.books:
            return UnknownAction(phrase[:200])
        ranking, none = self._ranking(phrase)
        assert self._index is not None
        limit = self._index.calibration
        error = UnknownAction(phrase[:200], ranking[:_NEAREST])
        name, score = ranking[0]
        single = " " not in phrase and (phrase.isascii() or len(phrase) <= _SHORT)
        if score < limit.threshold + SINGLE_WORD * single or score < none + limit.none_margin:
            return error
        others = [other for other in ranking[1:3] if not _variants(name, other[0])]
        if others and score - others[0][1] < limit.margin:
            return explained(error, f'"{phrase}" may mean {name} or {others[0][0]}.')
        return name, score

    def without_model(self) -> Matcher:
        """The same words, but a phrase without any is refused."""
        bare = copy(self)
        bare._open, bare._known = None, {}
        return bare

    def alternatives(self, phrase: str, name: str) -> tuple[tuple[str, float], ...]:
        """The other actions nearest in meaning to a phrase that was understood as `name`; none without a model.

        Raises:
            ModelUnavailable: The embedding model cannot be used.
        """
        if self._open is None or not self.books:
            return ()
        return tuple(found for found in self._ranking(phrase)[0] if found[0] != name)[:_NEAREST]

    def misfit(self, name: str, text: str, leftover: str) -> UnknownAction:
        """The error for a clause with words beside its action which the grammar cannot explain: "run the dishwasher".

        No model is asked: the clause holds a word of the action, so its meaning is always near.
        """
        return explained(self.unknown(text), f'"{leftover}" does not go with {name}.')

    def _ranking(self, phrase: str) -> tuple[list[tuple[str, float]], float]:
        if self._index is None:
            model = self._open() if callable(self._open) else self._open
            assert model is not None
            self._index = _Index(model, list(self.books.values()), self._cache)
        return self._index.ranking(phrase)


def _variants(one: str, other: str) -> bool:
    """Whether the names are of variants of one action: dance and dance_b."""
    return one.startswith(f"{other}_") or other.startswith(f"{one}_")


def _lexicon_phrases() -> list[tuple[str, str, Params, str]]:
    """(action, phrase, parameters, timed) for every phrase of both lexicons."""
    found: list[tuple[str, str, Params, str]] = []
    for lexicon in load().values():
        for name, groups in lexicon["actions"].items():
            for group in groups:
                if isinstance(group, dict):
                    stated = {k: v for k, v in group.items() if k not in ("say", "timed")}
                    params = tuple((k, v if k == "direction" else float(v)) for k, v in stated.items())
                    found += [(name, phrase, params, group.get("timed", "")) for phrase in group["say"]]
                else:
                    found += [(name, phrase, (), "") for phrase in flatten(group)]
    return found


class _Index:
    """The vectors of all phrases of all actions, and of phrases that name none."""

    def __init__(self, model: Embedder, books: Sequence[Phrasebook], cache: VectorCache | None) -> None:
        self._model, self._cache = model, cache
        self.calibration = CALIBRATIONS.get(model.id.partition(":")[0], CALIBRATIONS["use-multilingual-v3"])
        extra: dict[str, list[str]] = {book.name: [] for book in books}
        for name, phrase, _, _ in _lexicon_phrases():
            if name in extra:
                extra[name].append(phrase)
        self.names = [book.name for book in books]
        groups = [
            list(dict.fromkeys(filter(None, [book.description, *book.phrases()[1:], *extra[book.name]])))
            for book in books
        ]
        vectors = [self._vectors(texts) for texts in groups]
        self._starts = np.cumsum([0, *map(len, groups[:-1])])
        self._actions, self._nothing = np.concatenate(vectors), self._vectors(words("nothing"))
        middle = np.stack([group.mean(axis=0) for group in vectors])
        self._middle = middle / np.maximum(np.linalg.norm(middle, axis=1, keepdims=True), 1e-9)

    def _vectors(self, texts: list[str]) -> Vectors:
        """(N, D) unit rows of one action's phrases; one cache entry holds them all, flat."""
        key = f"{self._model.id}:{hashlib.sha256(chr(10).join(texts).encode()).hexdigest()}"
        kept = self._cache.get(key) if self._cache else None
        if kept is not None and kept.size and kept.size % len(texts) == 0:
            return np.asarray(kept, dtype=np.float32).reshape(len(texts), -1)
        vectors = self._model.embed(texts)
        if self._cache:
            self._cache.put(key, vectors.ravel())
        return vectors

    def ranking(self, phrase: str) -> tuple[list[tuple[str, float]], float]:
        """(action, score) pairs, best first, and the score of "none of them"."""
        vector = self._model.embed([phrase])[0]
        nearest = np.maximum.reduceat(self._actions @ vector, self._starts)
        scores = _NEAREST_WEIGHT * nearest + (1.0 - _NEAREST_WEIGHT) * (self._middle @ vector)
        order = np.argsort(-scores, kind="stable")
        none = float((self._nothing @ vector).max()) if len(self._nothing) else 0.0
        return [(self.names[i], float(np.clip(scores[i], 0.0, 1.0))) for i in order], none
