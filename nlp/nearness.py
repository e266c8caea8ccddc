"""Scores of all actions of a library for one phrase: from the phrase bank, and for a user's own actions by nearness."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlp.bank import NOTHING, Phrases, embed, open_bank
from nlp.models import Embedder, VectorCache

_FAR, _NEAR = 0.5, 0.95  # the cosines with a user's phrase that score 0 and 1
_MOST = 10  # actions of a ranking


class Calibration(NamedTuple):
    """From scores to the chance of being right, by logistic regression over phrases held out of the bank."""

    gap: float = 4.36  # of the distance to the next best, be it an action or nothing
    score: float = 1.88
    offset: float = -0.76

    def chance(self, score: float, gap: float) -> float:
        """0..1: how likely an action with this score, so far ahead of the next, is what was meant."""
        return float(1.0 / (1.0 + np.exp(-(self.gap * gap + self.score * score + self.offset))))


@dataclass(frozen=True)
class Ranking:
    """(action, chance 0..1) pairs, best first; `close` is a second action that may be meant as well, or ""."""

    actions: list[tuple[str, float]]
    close: str = ""


class Nearness:
    """Vectors of what is said about all actions, and the bank's weights, for one embedding model."""

    def __init__(
        self,
        model: Embedder,
        actions: Mapping[str, Sequence[str]],
        cache: VectorCache | None = None,
        bank: Phrases | None = None,
    ) -> None:
        """Open or make the bank and embed what it does not know.

        Args:
            model: Embeds phrases.
            actions: The phrases of each action of the library.
            cache: Keeps vectors between processes.
            bank: Phrases by action in place of `data/phrases`.
        """
        self._model, self._cache = model, cache
        self._bank = open_bank(model, cache, bank)
        known = set(self._bank.groups) - {NOTHING}
        self.names = [*(name for name in actions if name in known), *(name for name in actions if name not in known)]
        own = self.names[len(known & actions.keys()) :]
        column = {name: k for k, name in enumerate(self.names)}
        fold = np.zeros((len(self._bank.groups), len(self.names) - len(own) + 1), dtype=np.float32)
        fold[np.arange(len(fold)), [column.get(name, fold.shape[1] - 1) for name in self._bank.groups]] = 1.0
        self._weights = self._bank.weights @ fold  # what the library lacks is nothing
        self._vectors = self._embedded([list(actions[name]) for name in own])
        self._starts = np.cumsum([0, *(len(actions[name]) for name in own)])[:-1]

    def _embedded(self, groups: list[list[str]]) -> NDArray[np.float32]:
        """(U, D) vectors of a user's actions: one cache entry for each action, the missing ones in one go."""
        found: list[NDArray[np.float32] | None] = []
        for texts in groups:
            kept = self._cache.get(self._key(texts)) if self._cache else None
            fits = kept is not None and kept.size and kept.size % len(texts) == 0
            found.append(np.asarray(kept, dtype=np.float32).reshape(len(texts), -1) if fits else None)
        missing = [k for k, vectors in enumerate(found) if vectors is None]
        fresh = embed(self._model, [text for k in missing for text in groups[k]])
        start = 0
        for k in missing:
            found[k] = fresh[start : start + len(groups[k])]
            start += len(groups[k])
            if self._cache:
                self._cache.put(self._key(groups[k]), fresh[start - len(groups[k]) : start].ravel())
        return np.concatenate([vectors for vectors in found if vectors is not None]) if found else fresh

    def _key(self, texts: Sequence[str]) -> str:
        return f"{self._model.id}:{hashlib.sha256(chr(10).join(texts).encode()).hexdigest()}"

    def scores(self, phrase: str) -> tuple[NDArray[np.float32], float]:
        """(A,) scores of `names`, near 1 for what is meant and near 0 else, and the score of "nothing"."""
        vector = self._model.embed([phrase])[0]
        learnt = self._bank.nearness(phrase, vector) @ self._weights
        if not len(self._vectors):
            return learnt[:-1], float(learnt[-1])
        nearest = np.maximum.reduceat(self._vectors @ vector, self._starts)
        own = np.clip((nearest - _FAR) / (_NEAR - _FAR), 0.0, 1.0)
        return np.concatenate([learnt[:-1], own]), float(learnt[-1])

    def ranking(self, phrase: str, calibration: Calibration, margin: float) -> Ranking:
        """The ten likeliest actions, by their chance of being meant.

        Args:
            phrase: What was said.
            calibration: From scores to chances.
            margin: Scores nearer than this to the best make it a close call.
        """
        scores, nothing = self.scores(phrase)
        order = np.argsort(-scores, kind="stable").tolist()
        best = order[0]
        rivals = [k for k in order[1:_MOST] if not variants(self.names[best], self.names[k])]
        second = float(scores[rivals[0]]) if rivals else 0.0
        found = []
        for k in order[:_MOST]:
            ahead = max(nothing, second if k == best else float(scores[best]))
            found.append((self.names[k], calibration.chance(float(scores[k]), float(scores[k]) - ahead)))
        close = second > max(nothing, 0.0) and float(scores[best]) - second < margin
        return Ranking(found, self.names[rivals[0]] if close else "")


def variants(one: str, other: str) -> bool:
    """Whether the names are of variants of one action: dance and dance_b."""
    return one.startswith(f"{other}_") or other.startswith(f"{one}_")
