"""Exact nearest-neighbour search in the process, the same above every store, and the cache of vectors behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from action_library.store import REVISION, Change, Store
from motion_engine.errors import LibraryUnavailable
from motion_engine.types import Array

if TYPE_CHECKING:
    from collections.abc import Iterable

FEW = 200  # vectors are asked for one by one, more are read all at once
GROWTH = 1.25  # of the matrix, when it is full
DIGITS = 5  # of scores


class VectorCache:
    """Vectors by key, kept with the library; a cache that cannot be written only costs time."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: str) -> Array | None:
        """The float32 vector of `key`, or None."""
        data = self._store.vector(key)
        return None if data is None else _vector(data)

    def put(self, key: str, vector: Array) -> None:
        """Keeps a vector `(D,)`, as float32."""
        self.put_many({key: vector})

    def put_many(self, vectors: Mapping[str, Array]) -> None:
        """Keeps vectors `(D,)`, as float32."""
        try:
            self._store.put_vectors({key: np.asarray(v, dtype="<f4").tobytes() for key, v in vectors.items()})
        except LibraryUnavailable:
            return


class Ranking:
    """Scores of documents, of which one may ask for ever more of the best."""

    def __init__(self, names: Sequence[str], scores: Array) -> None:
        """`names[i]` has `scores[i]`; equal ones are in the order of their names."""
        self._names, self._scores = names, np.round(scores, DIGITS)

    def best(self, count: int) -> list[tuple[str, float]]:
        """The names of the best, with their scores; of a larger `count` these are the first."""
        names, scores = self._names, self._scores
        rows = np.arange(len(scores))
        if 0 < count < len(scores):
            least = np.partition(scores, len(scores) - count)[len(scores) - count]
            rows = np.flatnonzero(scores >= least)
        pairs = [(names[row], round(float(scores[row]), DIGITS)) for row in rows.tolist()]
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:count]


class VectorIndex:
    """The vectors of all documents in one float32 matrix, kept up to date by what the store says has changed.

    Threads may use it at the same time.
    """

    def __init__(self, store: Store, prefix: str, part: Callable[[Change], str]) -> None:
        """An empty index.

        Args:
            store: Where documents and vectors are.
            prefix: With which the keys of these vectors begin: the model's name.
            part: What follows in the key of a document, empty for one that has no vector.
        """
        self._store, self._prefix, self._part = store, prefix, part
        self._lock = threading.Lock()
        self._seen = 0
        self._revision: str | None = None
        self._names: list[str] = []
        self._row: dict[str, int] = {}
        self._key: dict[str, str] = {}  # of every document that should have a vector
        self._missing: dict[str, str] = {}  # those of them that have none yet
        self._matrix: Array = np.empty((0, 0), dtype=np.float32)

    def refresh(self) -> dict[str, str]:
        """Reads what has changed. Returns the documents that have no vector yet, and the keys they would have."""
        with self._lock:
            revision = self._store.mark(REVISION)
            if revision != self._revision:
                self._read(self._store.changes(self._seen))
                self._revision, self._seen = revision, max(self._seen, int(revision or 0))
            else:
                self._load(self._missing)
            return dict(self._missing)

    def ranking(
        self, vector: Array, extra: Mapping[str, float] | None = None, among: Collection[str] | None = None
    ) -> Ranking:
        """Documents by the cosine of theirs and a unit vector `(D,)`.

        Args:
            vector: The query.
            extra: What is added to the cosine of some documents.
            among: Only these names; None: all.
        """
        with self._lock:
            if not self._names or self._matrix.shape[1] != len(vector):
                return Ranking([], np.empty(0))
            query = np.ascontiguousarray(vector, dtype=np.float32)
            if among is None:
                names, place = list(self._names), self._row
                scores = self._matrix[: len(names)] @ query
            else:
                names = [name for name in among if name in self._row]
                place = {name: number for number, name in enumerate(names)}
                scores = self._matrix[[self._row[name] for name in names]] @ query
            for name, value in (extra or {}).items():
                if name in place:
                    scores[place[name]] += value
            return Ranking(names, scores)

    def vector(self, name: str) -> Array | None:
        """The vector of a document, or None."""
        with self._lock:
            row = self._row.get(name)
            return None if row is None else self._matrix[row].copy()

    def _read(self, changes: Iterable[Change]) -> None:
        wanted = {}
        for change in changes:
            key = "" if change.removed else self._part(change)
            if key and self._key.get(change.name) == self._prefix + key and change.name in self._row:
                continue
            self._drop(change.name)
            if key:
                wanted[change.name] = self._key[change.name] = self._prefix + key
        self._missing |= wanted
        self._load(self._missing)

    def _load(self, wanted: Mapping[str, str]) -> None:
        if not wanted:
            return
        if len(wanted) <= FEW:
            for name, key in list(wanted.items()):
                data = self._store.vector(key)
                if data is not None:
                    self._set(name, data)
            return
        names: dict[str, list[str]] = {}
        for name, key in wanted.items():
            names.setdefault(key, []).append(name)
        self._reserve(len(self._names) + len(wanted))
        for key, data in self._store.vectors(self._prefix):
            for name in names.get(key, ()):
                self._set(name, data)

    def _set(self, name: str, data: bytes) -> None:
        vector = _vector(data)
        if vector is None or not len(vector) or (self._names and len(vector) != self._matrix.shape[1]):
            return
        if not self._names:
            self._matrix = np.empty((max(len(self._matrix), 1), len(vector)), dtype=np.float32)
        if name not in self._row:
            self._reserve(len(self._names) + 1)
            self._row[name] = len(self._names)
            self._names.append(name)
        self._matrix[self._row[name]] = vector
        self._missing.pop(name, None)

    def _drop(self, name: str) -> None:
        """Takes a document out; the last one moves to its row."""
        self._key.pop(name, None)
        self._missing.pop(name, None)
        row = self._row.pop(name, None)
        if row is None:
            return
        last = self._names.pop()
        if last != name:
            self._matrix[row] = self._matrix[len(self._names)]
            self._names[row] = last
            self._row[last] = row

    def _reserve(self, rows: int) -> None:
        if rows > len(self._matrix):
            larger = np.empty((max(rows, int(GROWTH * len(self._matrix))), self._matrix.shape[1]), dtype=np.float32)
            larger[: len(self._names)] = self._matrix[: len(self._names)]
            self._matrix = larger


def _vector(data: bytes) -> Array | None:
    return None if len(data) % 4 else np.frombuffer(data, dtype="<f4")
