"""The care of a library: is all of it sound, how much is it, and moving it to another store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from action_library.entry import KINDS, entry_of, parse_row
from action_library.library import Library
from action_library.sequence import Sequence
from action_library.store import NEW, Row, Store
from action_library.track import decode, track_key
from motion_engine.errors import BadClip, LibraryUnavailable

Progress = Callable[[int, int, str], None]  # done, total, what

GRACE = 3600.0  # s, in which a track may wait for its document, while another process writes
BATCH = 200  # documents written at once


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be."""

    name: str
    problem: str
    done: str = ""  # what was done about it; empty: nothing


@dataclass(frozen=True)
class Stats:
    """How much there is."""

    actions: int
    sequences: int
    seconds: float  # of motion
    frames: int
    bytes: int | None  # of the file; None: it is none
    in_bin: int
    licences: tuple[tuple[str, int], ...]  # actions of each, most first
    sources: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Copied:
    """What became of one document when a library was copied."""

    name: str
    state: Literal["copied", "there", "different", "damaged"]
    reason: str = ""


def check(library: Library, *, repair: bool = False, progress: Progress | None = None) -> list[Finding]:
    """Reads everything: documents, tracks with their sums, sequences; indexes are written anew, orphans are deleted.

    Args:
        library: An open library.
        repair: Put what is damaged in the bin; else it is only told.
        progress: Called with (done, total, name).
    """
    store, findings, sound = library.store, list[Finding](), list[Row]()
    rows = [row for kind in KINDS for row in store.all(kind)]
    names = {row.entry.name for row in rows}
    for done, row in enumerate(rows):
        if progress:
            progress(done, len(rows), row.entry.name)
        problem = _problem(store, row, names)
        if not problem:
            sound.append(row)
            continue
        put_away = repair and store.writable and store.remove(row.entry.name, expect=row.revision)
        findings.append(Finding(row.entry.name, problem, "put in the bin" if put_away else ""))
    if progress:
        progress(len(rows), len(rows), "")
    if store.writable:
        for start in range(0, len(sound), BATCH):
            store.reindex([entry_of(parse_row(row)) for row in sound[start : start + BATCH]])
        orphans = store.collect(GRACE)
        if orphans:
            findings.append(Finding("", f"{orphans} tracks belonged to nothing: an interrupted write", "deleted"))
    return findings


def _problem(store: Store, row: Row, names: set[str]) -> str:
    """What is wrong with a document or its track; empty if nothing is."""
    try:
        document = parse_row(row)
    except LibraryUnavailable as error:
        return str(error)
    if isinstance(document, Sequence):
        missing = [name for name in document.uses() if name not in names]
        return f"it uses {', '.join(missing)}, which the library does not have" if missing else ""
    data = store.track(row.entry.track)
    if data is None:
        return "its track is missing: add its file again"
    if track_key(data) != row.entry.track:
        return "its track is damaged (wrong sha256): add its file again"
    try:
        decode(data)
    except BadClip as error:
        return f"its track cannot be read: {error}"
    return ""


def stats(library: Library) -> Stats:
    """How much there is in a library."""
    actions = library.actions()
    licences = Counter(action.licence for action in actions)
    sources = Counter(action.source for action in actions)
    return Stats(
        actions=len(actions),
        sequences=len(library.sequences()),
        seconds=sum(action.duration for action in actions),
        frames=sum(action.frames for action in actions),
        bytes=file.stat().st_size if (file := Path(library.url)).is_file() else None,
        in_bin=len(library.store.bin()),
        licences=tuple(licences.most_common()),
        sources=tuple(sources.most_common()),
    )


def copy(source: Library, target: Library, *, replace: bool = False) -> Iterator[Copied]:
    """Copies all actions and sequences, one by one; what is there already is passed over, so it can be repeated.

    Former versions and the bin are not copied.

    Args:
        source: Where from; nothing is changed there.
        target: Where to.
        replace: Put them in the place of others of the same name; else those are told and left.
    """
    store = target.store
    for kind in KINDS:
        for row in source.store.all(kind):
            entry = row.entry
            there = store.get(entry.name)
            if there is not None and (there.entry.document, there.entry.track) == (entry.document, entry.track):
                yield Copied(entry.name, "there")
                continue
            if there is not None and not replace:
                yield Copied(entry.name, "different", "another of this name is there: repeat with --replace")
                continue
            problem = _problem(source.store, row, set()) if kind == "action" else ""
            if problem:
                yield Copied(entry.name, "damaged", problem)
                continue
            data = source.store.track(entry.track) if entry.track else None
            written = store.put(entry_of(parse_row(row)), data, expect=there.revision if there else NEW)
            yield Copied(entry.name, "copied") if written else Copied(entry.name, "different", "changed meanwhile")
    for prefix in ("starter", "file:"):
        for key, value in source.store.marks(prefix).items():
            if store.mark(key) is None:
                store.set_mark(key, value)
    vectors = {}
    for key, data in source.store.vectors(""):
        vectors[key] = data
        if len(vectors) == BATCH:
            store.put_vectors(vectors)
            vectors = {}
    store.put_vectors(vectors)
