"""The phrase bank: how people say what an action does, and what is no action, with weights learnt from it.

A kernel ridge regression over all phrases at once (kernel: nearness of the embeddings, plus the words and characters
that two phrases share) gives each group of phrases a score near 1 for phrases like its own and near 0 for others. It is
solved in closed form and knows nothing of a library: a group whose action is missing there counts as "nothing".
Source of the method: C. Saunders, A. Gammerman, V. Vovk, "Ridge regression learning algorithm in dual variables", 1998.
`data/phrases/bank.npz` (made by `tools/embed_phrases.py`) holds vectors and weights for the packaged model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion_engine.types import data_path
from nlp.models import Embedder, VectorCache

NOTHING = "nothing"
_SHARPNESS = (
    2.0  # of the embedding kernel exp(sharpness (cosine - 1)); this and the next two by tests/bench/bench_match.py
)
_SHARED = 1.0  # the weight of shared words and characters against it
_RIDGE = 0.5  # and the penalty
_BATCH = 64  # phrases: half a millisecond each, 5 ms each one by one
STEP = 0.001  # of the weights in the shipped file
_METHOD = 1  # counts up when vectors or weights would come out differently
_STOP = frozenset(
    """a an the your you to of it and is in on at with for like as do me my his her him them i be are that this so by
    from into up go""".split()  # noqa: SIM905
)

Array = NDArray[np.float32]
Phrases = Mapping[str, Sequence[str]]


def read_phrases() -> dict[str, list[str]]:
    """The phrases of `data/phrases/{en,zh}.yaml` by action; "nothing" is the last group."""
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    found: dict[str, list[str]] = {}
    nothing: list[str] = []
    for language in ("en", "zh"):
        data = yaml.load(data_path("phrases", f"{language}.yaml").read_text(encoding="utf-8"), loader)
        for name, phrases in data["actions"].items():
            found.setdefault(name, []).extend(phrases)
        nothing += [phrase for group in data[NOTHING] for phrase in group]
    return {**found, NOTHING: nothing}


def digest(groups: Phrases) -> str:
    """What vectors and weights were made from."""
    text = "\n".join(f"{name}\t{phrase}" for name, phrases in groups.items() for phrase in phrases)
    return hashlib.sha256(f"{_METHOD}\n{text}".encode()).hexdigest()[:32]


def features(text: str) -> Iterator[str]:
    """English words and their pieces of four letters, Chinese characters and pairs of them."""
    for word in text.lower().split():
        if not word.isascii():
            yield from word
            yield from (word[k : k + 2] for k in range(len(word) - 1))
        elif word not in _STOP:
            yield word
            edged = f"^{word[:12]}$"
            yield from (edged[k : k + 4] for k in range(len(edged) - 3))


class Overlap:
    """Cosines of the features that a text shares with each of N phrases; rare features weigh more (tf-idf)."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Index `texts`: for each feature the rows that have it, and its weight there."""
        self._size = len(texts)
        found: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            for feature in features(text):
                found.setdefault(feature, []).append(row)
        self._idf = {feature: float(np.log(self._size / (1 + len(rows)))) for feature, rows in found.items()}
        flat = np.concatenate([np.array(rows, dtype=np.int32) for rows in found.values()] or [np.zeros(0, np.int32)])
        lengths = np.array([len(rows) for rows in found.values()], dtype=np.int64)
        weights = np.repeat(np.array(list(self._idf.values()), dtype=np.float32), lengths)
        norm = np.sqrt(np.bincount(flat, weights**2, minlength=self._size)).astype(np.float32)
        weights = weights / np.maximum(norm[flat], 1e-6)
        ends = np.cumsum(lengths)
        spans = zip(found, (ends - lengths).tolist(), ends.tolist(), strict=True)
        self._rows = {feature: (flat[start:end], weights[start:end]) for feature, start, end in spans}

    def __call__(self, text: str) -> Array:
        """(N,) cosines 0..1 of `text` with the phrases."""
        shared, squares = np.zeros(self._size, dtype=np.float32), 1e-9
        unseen = float(np.log(max(self._size, 2)))
        for feature in features(text):
            idf = self._idf.get(feature, unseen)
            squares += idf * idf
            if feature in self._rows:
                rows, weights = self._rows[feature]
                np.add.at(shared, rows, idf * weights)
        return shared / np.float32(np.sqrt(squares))


@dataclass(frozen=True, eq=False)
class Bank:
    """N phrases in G groups, the last of which is "nothing"; D is the size of the model's vectors."""

    groups: tuple[str, ...]
    vectors: Array  # (N, D) unit rows
    weights: Array  # (N, G)
    overlap: Overlap

    def nearness(self, text: str, vector: Array) -> Array:
        """(N,) the kernel between a text with its unit vector `(D,)` and the phrases."""
        if not len(self.vectors):
            return np.zeros(0, dtype=np.float32)
        return _kernel(self.vectors @ vector, self.overlap(text))


def _kernel(cosines: Array, overlap: Array) -> Array:
    return np.asarray(np.exp(_SHARPNESS * (cosines - 1.0)) + _SHARED * overlap, dtype=np.float32)


_OPENED: dict[str, Bank] = {}  # the standard banks by model


def open_bank(model: Embedder, cache: VectorCache | None, groups: Phrases | None = None) -> Bank:
    """The bank for one model: from the shipped file if that fits, else from the cache, else worked out (some seconds).

    Args:
        model: Embeds phrases.
        cache: Keeps what had to be worked out.
        groups: Phrases by action, "nothing" among them; by default those of `data/phrases`.
    """
    if groups is None:
        if model.id not in _OPENED:  # it is needed again whenever the library has changed
            _OPENED[model.id] = open_bank(model, cache, read_phrases())
        return _OPENED[model.id]
    groups = {
        **{name: phrases for name, phrases in groups.items() if name != NOTHING},
        NOTHING: groups.get(NOTHING, ()),
    }
    texts = [phrase for phrases in groups.values() for phrase in phrases]
    overlap = Overlap(texts)
    key = f"{model.id}:bank:{digest(groups)}"
    made = _shipped(key) or _cached(cache, key, len(texts), len(groups))
    if made is None:
        made = learn(groups, embed(model, texts), overlap)
        if cache and texts:
            cache.put(key, np.concatenate([part.ravel() for part in made]))
    return Bank(tuple(groups), *made, overlap)


def _shipped(key: str) -> tuple[Array, Array] | None:
    path = data_path("phrases", "bank.npz")
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as file:
        if str(file["key"]) != key:
            return None
        vectors = file["vectors"].astype(np.float32)
        weights = file["weights"].astype(np.float32) * np.float32(STEP)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), weights


def _cached(cache: VectorCache | None, key: str, phrases: int, groups: int) -> tuple[Array, Array] | None:
    kept = cache.get(key) if cache else None
    if kept is None or not phrases or kept.size % phrases or kept.size // phrases <= groups:
        return None
    size = kept.size - phrases * groups
    kept = np.asarray(kept, dtype=np.float32)
    return kept[:size].reshape(phrases, -1), kept[size:].reshape(phrases, groups)


def embed(model: Embedder, texts: Sequence[str]) -> Array:
    """(N, D) unit rows, worked out in batches."""
    parts = [model.embed(texts[k : k + _BATCH]) for k in range(0, len(texts), _BATCH)]
    return np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.float32)


def learn(groups: Phrases, vectors: Array, overlap: Overlap) -> tuple[Array, Array]:
    """The vectors again, and the weights (N, G) with (K + ridge) weights = membership; a second for 4,000 phrases."""
    from scipy.linalg import solve

    texts = [phrase for phrases in groups.values() for phrase in phrases]
    if not texts:
        return vectors, np.zeros((0, len(groups)), dtype=np.float32)
    shared = np.stack([overlap(text) for text in texts])
    kernel = _kernel(vectors @ vectors.T, shared)
    kernel[np.arange(len(texts)), np.arange(len(texts))] += _RIDGE
    group = np.repeat(np.arange(len(groups)), [len(phrases) for phrases in groups.values()])
    member: Any = np.eye(len(groups), dtype=np.float32)[group]
    return vectors, np.asarray(solve(kernel, member, assume_a="pos", check_finite=False), dtype=np.float32)
