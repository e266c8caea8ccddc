"""The contract of the stores: equality, range, sort, limit and writes only, so that every database can fulfil it.

Documents, names, search terms, ranking, vectors, limits and errors in words about actions live above the stores, once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

REVISION = "revision"  # the mark that counts the changes of the documents
SORTS = ("name", "duration", "created")
NEW = 0  # what `put` may expect: that there is no document of that name
RETRIES = 1000  # of a write that others were before, in stores without transactions

Sort = Literal["name", "duration", "created"]


@dataclass(frozen=True)
class Entry:
    """One document, as it is given to a store."""

    name: str  # of all kinds together only one has it
    kind: str  # "action", "sequence"
    document: str  # JSON
    track: str = ""  # sha256 of the clip's bytes; empty for what has none
    text: str = ""  # sha256 of the words that its meaning is worked out from
    duration: float = 0.0  # s
    created: str = ""  # ISO 8601
    words: frozenset[str] = frozenset()  # that it is found by
    facets: frozenset[str] = frozenset()  # that it is filtered by: "tag:wave"


@dataclass(frozen=True)
class Row:
    """One document, as a store keeps it."""

    entry: Entry  # `words` and `facets` are not read back
    version: int  # of this name: 1, 2, ...
    revision: int  # the store's count of changes when this one was written
    removed: int = 0  # the count when it was put in the bin; 0: it was not


@dataclass(frozen=True)
class Change:
    """What happened to a name: written, or removed."""

    revision: int
    name: str
    kind: str
    track: str
    text: str
    removed: bool = False


@dataclass(frozen=True)
class Query:
    """A page of documents: those that have all `facets` and lie in the range, in order."""

    facets: tuple[str, ...]  # at least one; the rarest first
    duration: tuple[float, float] | None = None  # s, both ends included
    sort: Sort = "name"
    descending: bool = False
    after: tuple[float | str, str] | None = None  # value and name of the last one of the page before
    limit: int = 50


class Store(Protocol):
    """One library. All methods may be called from any thread, and raise LibraryUnavailable if the store cannot.

    A write that returned is on the disk. A track is written before the document that refers to it, so a reader never
    sees an action without its track; an interrupted write leaves at most a track that nothing refers to. Every change
    of the documents gets the next number of the mark REVISION. What is replaced or removed stays in the past of its
    name until `forget`.
    """

    url: str

    @property
    def writable(self) -> bool:
        """Whether anything may be written."""

    # Reading

    def get(self, name: str) -> Row | None:
        """One document; None if there is none of that name."""

    def get_many(self, names: Collection[str]) -> list[Row]:
        """Those of these names that there are, in any order."""

    def all(self, kind: str) -> list[Row]:
        """All of a kind, by name."""

    def find(self, query: Query) -> list[Row]:
        """One page."""

    def names(self, query: Query) -> list[str]:
        """The names of one page."""

    def passing(self, names: Collection[str], query: Query) -> set[str]:
        """Those of `names` that have the facets and lie in the range of a query."""

    def count(self, facet: str, limit: int) -> int:
        """How many have `facet`; `limit` if there are more."""

    def count_words(self, word: str, limit: int) -> int:
        """How many have `word`; `limit` if there are more."""

    def names_with(self, words: Iterable[str]) -> dict[str, int]:
        """Those that have any of `words`, and how many of them."""

    def changes(self, since: int) -> list[Change]:
        """What was written or removed after the revision `since`, the last state of each name once, in any order."""

    def past(self, name: str) -> list[Row]:
        """Former versions of a name, the latest first."""

    def bin(self) -> list[Row]:
        """Those that were removed and whose names are free, by name."""

    def mark(self, key: str) -> str | None:
        """The value of a mark."""

    def marks(self, prefix: str) -> dict[str, str]:
        """All marks whose keys begin with `prefix`."""

    def track(self, key: str) -> bytes | None:
        """The bytes of a track."""

    def track_keys(self) -> set[str]:
        """The keys of all tracks."""

    def vectors(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """All cached vectors whose keys begin with `prefix`, and the keys."""

    def vector(self, key: str) -> bytes | None:
        """A cached vector."""

    # Writing

    def put(self, entry: Entry, data: bytes | None, *, expect: int | None = None) -> Row | None:
        """Writes a document and its track.

        Args:
            entry: What to write.
            data: The bytes of its track; None: it has none, or the store has it.
            expect: The revision that the document of this name must have now, NEW if there must be none; None: any.

        Returns:
            The row, or None if `expect` is not what is there; nothing was changed then. A stored track whose bytes are
            not `data` was damaged, and is mended.
        """

    def put_new(
        self, entries: Sequence[tuple[Entry, bytes | None]], key: str, before: str | None, after: str
    ) -> tuple[str, ...] | None:
        """Adds documents and changes the mark `key` from `before` to `after`.

        Returns:
            The names that others have already: nothing was changed then. Empty: done. None, and nothing was changed,
            if the mark is not `before` any more. A store without transactions adds one by one and sets the mark last;
            one of the same name and track then counts as added, so that repeating an interrupted one completes it.
        """

    def reindex(self, entries: Sequence[Entry]) -> None:
        """Writes words, facets, text, duration and created of documents anew; their revision stays."""

    def remove(self, name: str, *, expect: int | None = None) -> bool:
        """Puts a document in the bin; False if there is none of that name, or its revision is not `expect`."""

    def forget(self, names: Iterable[str]) -> None:
        """Deletes the past of these names for good, but not the documents that are there."""

    def collect(self, grace: float) -> int:
        """Deletes tracks that nothing refers to, but none that was written in the last `grace` seconds; how many.

        A store without transactions needs the grace: the document of a new track is still to come.
        """

    def set_mark(self, key: str, value: str) -> None:
        """Writes a mark."""

    def put_vectors(self, vectors: Mapping[str, bytes]) -> None:
        """Caches vectors."""

    def close(self) -> None:
        """Ends all connections."""
