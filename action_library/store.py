"""The contract of the stores: equality, sort and writes only, so that every database can fulfil it.

Documents, names, search terms, limits and errors in words about actions live above the stores, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

REVISION = "revision"  # the mark that changes with every change of the actions


@dataclass(frozen=True)
class Entry:
    """One action as a store keeps it."""

    name: str
    document: str  # JSON
    track: str  # sha256 of the clip's bytes
    terms: frozenset[str] = frozenset()


class Store(Protocol):
    """One library. All methods may be called from any thread, and raise LibraryUnavailable if the store cannot.

    A write that returned is on the disk. A track is written before the action that refers to it, so a reader never
    sees an action without its track; an interrupted write leaves at most a track that nothing refers to. Every change
    of the actions changes the mark REVISION.
    """

    url: str
    writable: bool

    def documents(self) -> list[str]:
        """All documents, by name."""

    def document(self, name: str) -> str | None:
        """One document; None if there is none of that name."""

    def names_with(self, terms: Iterable[str]) -> dict[str, int]:
        """The actions that have any of `terms`, and how many of them."""

    def insert(self, entry: Entry, data: bytes) -> bool:
        """Adds an action and its track; False, and nothing changes, if there is one of that name."""

    def replace(self, entry: Entry, data: bytes) -> None:
        """Adds an action and its track, or puts it in the place of the one of that name."""

    def remove(self, name: str) -> bool:
        """Removes an action; False if there is none of that name."""

    def fill(self, entries: Sequence[tuple[Entry, bytes]], key: str, before: str | None, after: str) -> bool:
        """Adds those whose names are free and changes the mark `key` from `before` to `after`, all or nothing.

        False, and nothing changes, if the mark is not `before` any more: another process has done it. A store without
        transactions may add first and set the mark last; repeating it then completes it.
        """

    def mark(self, key: str) -> str | None:
        """The value of a mark."""

    def track(self, key: str) -> bytes | None:
        """The bytes of a track."""

    def vector(self, key: str) -> bytes | None:
        """A cached vector."""

    def put_vector(self, key: str, data: bytes) -> None:
        """Caches a vector."""

    def close(self) -> None:
        """Ends all connections."""
