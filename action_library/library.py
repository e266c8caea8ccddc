"""The action library: what it knows, by name; the same above every store."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from action_library.action import Action, checked, normal_name
from action_library.entry import INDEX, KINDS, entry_of, parse_row
from action_library.search import Page, Search
from action_library.sequence import Sequence, check_cycle
from action_library.store import NEW, REVISION, Entry, Row, Store
from action_library.stores import open_store
from action_library.vectors import VectorCache
from motion_engine.errors import BadClip, LibraryUnavailable, UnknownAction
from motion_engine.types import ActionInfo, Clip

if TYPE_CHECKING:
    from collections.abc import Iterable

Progress = Callable[[int, int, str], None]  # done, total, name of the action

CACHED_CLIPS = 128  # of about 60 KB
NEAREST = 5
MANY = 5000  # actions; in so many the nearest names are looked up by words
STARTER_MARK = "starter"
INDEX_MARK = "index"


class Library:
    """Actions and their clips; safe to use from several threads and processes at once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.url = store.url
        self.vectors = VectorCache(store)
        self.index = Search(store, self.vectors)
        self.notes: tuple[str, ...] = ()  # what the starter library could not bring, and why
        self._decoded = lru_cache(maxsize=CACHED_CLIPS)(self._decode)

    @classmethod
    def open(cls, url: str | Path | None = None, *, progress: Progress | None = None) -> Library:
        """The library at `url`; an empty one fills itself with the starter actions.

        Args:
            url: As of `open_store`.
            progress: Called with (done, total, name) while it fills.

        Raises:
            LibraryUnavailable: It cannot be opened, read or filled.
        """
        library = cls(open_store(url))
        library._fill(progress)
        library._index_anew()
        return library

    # ── Reading ───────────────────────────────────────────────────────────────────────────────────────────

    def actions(self) -> list[Action]:
        """All actions, by name; their tracks are not touched."""
        return [_action(row) for row in self.store.all("action")]

    def sequences(self) -> dict[str, Sequence]:
        """All saved sequences, by name."""
        return {row.entry.name: _sequence(row) for row in self.store.all("sequence")}

    def revision(self) -> str:
        """Changes with every change of the documents, by whichever process."""
        return self.store.mark(REVISION) or ""

    def infos(self) -> dict[str, ActionInfo]:
        """What the schedule must know of all actions, by name."""
        return {action.name: action.info() for action in self.actions()}

    def row(self, name: str) -> Row:
        """The document of this name, however it is written, with version and revision.

        Raises:
            UnknownAction: There is none; the nearest names are told.
        """
        try:
            row = self.store.get(normal_name(name))
        except BadClip:  # no name at all
            row = None
        if row is None:
            raise UnknownAction(name, self._nearest(name))
        return row

    def get(self, name: str) -> Action:
        """The action of this name, however it is written; UnknownAction with the nearest names if there is none."""
        row = self.row(name)
        if row.entry.kind != "action":
            raise UnknownAction(name, self._nearest(name))
        return _action(row)

    def sequence(self, name: str) -> Sequence:
        """The saved sequence of this name; UnknownAction if there is none."""
        row = self.row(name)
        if row.entry.kind != "sequence":
            raise UnknownAction(name, self._nearest(name))
        return _sequence(row)

    def clip(self, name: str) -> Clip:
        """The clip of an action, on the canonical skeleton at 30 fps.

        Raises:
            UnknownAction: There is none of this name.
            LibraryUnavailable: Its track is missing or damaged; the message says how to repair it.
        """
        key = self.get(name).track
        try:
            return self._decoded(key, name)
        except LibraryUnavailable:
            if self.get(name).track == key:  # else somebody replaced it between the two reads
                raise
            return self._decoded(self.get(name).track, name)

    def search(self, text: str, limit: int = 20) -> list[Action]:
        """Actions in whose name, description, aliases or tags words of `text` stand, those with most of them first."""
        return [_action(row) for row in self.index.by_text(text, limit=limit).rows]

    def like(self, name: str, limit: int = 20) -> Page:
        """The actions that move most like this one, with scores up to 1, the best first."""
        from action_library.likeness import motion_vector

        return self.index.like(self.get(name).name, lambda other: motion_vector(self.clip(other)), limit)

    # ── Writing ───────────────────────────────────────────────────────────────────────────────────────────

    def add(self, action: Action, clip: Clip, *, replace: bool = False) -> Action:
        """Stores an action with its clip and returns it as stored.

        Args:
            action: Its document; `track`, `frames`, `fps` and `duration` are taken from the clip.
            clip: On the canonical skeleton.
            replace: Put it in the place of what has this name, which stays in the past; else that is an error.

        Raises:
            BadClip: There is an action of this name, or the clip is on another skeleton.
            LimitExceeded: The clip is too large.
            LibraryUnavailable: It cannot be stored; nothing was changed.
        """
        action, entry, data = pack(action, clip)
        if self.store.put(entry, data, expect=None if replace else NEW) is None:
            raise BadClip(f"there is an action {action.name} already: replace it (--replace), or take another name")
        return action

    def save(self, sequence: Sequence, *, expect: int | None = None) -> Row:
        """Stores a sequence; one of this name becomes its past.

        Args:
            sequence: What to store.
            expect: The revision that it must have now, NEW for none; None: any.

        Raises:
            BadCommand: It would contain itself.
            UnknownAction: It uses what is not in the library.
            BadClip: An action has this name, or the revision is not `expect`.
        """
        check_cycle(sequence, self.saved)
        for name in sequence.uses():
            self.row(name)
        there = self.store.get(sequence.name)
        if there is not None and there.entry.kind != "sequence":
            raise BadClip(f"{sequence.name} is an action already: take another name for the sequence")
        row = self.store.put(entry_of(sequence), None, expect=expect)
        if row is None:
            raise BadClip(f"{sequence.name} was changed by somebody else meanwhile: look at it again, then save")
        return row

    def edit(self, name: str, /, *, expect: int | None = None, **changes: Any) -> Row:
        """Changes what the library says of an action or sequence; the former version stays in its past.

        Args:
            name: Which one.
            expect: The revision that it must have; None: whichever it has.
            **changes: Fields of its document. Another `name` moves it.

        Raises:
            UnknownAction: There is none.
            BadClip: A field is wrong, the new name is taken, sequences use the old one, or the revision is another.
        """
        while True:
            row = self.row(name)
            if expect is not None and row.revision != expect:
                raise BadClip(
                    f"{row.entry.name} was changed by somebody else meanwhile: look at it again, then change it"
                )
            old = parse_row(row)
            new = checked(type(old), old.model_dump() | changes)
            if isinstance(new, Sequence):
                check_cycle(new, self.saved)
            if new.name != old.name:
                self._check_unused(old.name)
                written = self.store.put(entry_of(new), None, expect=NEW)
                if written is None:
                    raise BadClip(f"there is an action {new.name} already: take another name, or remove that one first")
                self.store.remove(old.name)
                return written
            written = self.store.put(entry_of(new), None, expect=row.revision)
            if written is not None:
                return written  # else somebody was faster: change what is there now

    def remove(self, name: str, *, expect: int | None = None) -> None:
        """Puts an action or sequence in the bin.

        Raises:
            UnknownAction: There is none.
            BadClip: The revision is not `expect`, or sequences use it.
        """
        row = self.row(name)
        self._check_unused(row.entry.name)
        if not self.store.remove(row.entry.name, expect=expect):
            raise BadClip(f"{row.entry.name} was changed or removed by somebody else meanwhile: look at it again")

    def restore(self, name: str, version: int | None = None) -> Row:
        """Brings back what was removed, or a former version; the present one stays in the past.

        Args:
            name: Which one.
            version: Which version; None: the latest that is not the present one.

        Raises:
            UnknownAction: There is neither such a name nor such a version.
        """
        past = self.store.past(normal_name(name))
        found = [row for row in past if version in (None, row.version)]
        if not found:
            versions = ", ".join(str(row.version) for row in past)
            hint = f"; there are the versions {versions}" if past else ""
            raise UnknownAction(f"{name}, version {version}{hint}" if version else name, self._nearest(name))
        document = parse_row(found[0])
        if isinstance(document, Sequence):
            check_cycle(document, self.saved)
        row = self.store.put(entry_of(document), None)
        assert row is not None  # nothing was expected
        return row

    def _check_unused(self, name: str) -> None:
        users = [other.name for other in self.sequences().values() if name in other.uses()]
        if users:
            raise BadClip(f"{name} is used by {', '.join(users[:5])}: remove or change that first")

    def saved(self, name: str) -> Sequence | None:
        """The saved sequence of exactly this name; None if there is none."""
        row = self.store.get(name)
        return _sequence(row) if row is not None and row.entry.kind == "sequence" else None

    def close(self) -> None:
        """Ends all connections to the store."""
        self.store.close()

    # ── Inside ────────────────────────────────────────────────────────────────────────────────────────────

    def _fill(self, progress: Progress | None) -> None:
        """Brings the starter actions that the store has not had yet; those that the user removed stay away.

        Clips are made before anything is stored and stored at once, so a process that is killed leaves an empty
        library, and two that start together leave one that is full.
        """
        from action_library import starter

        before = self.store.mark(STARTER_MARK)
        delivered = (before or "").splitlines()
        self.notes = tuple(starter.notes(delivered))
        units = starter.missing_units(delivered)
        if not units:
            return
        if not self.store.writable:
            if delivered:
                return
            raise LibraryUnavailable(f"{self.url} is empty and read-only: change its permissions, or name another.")
        made = starter.make(units, progress)
        packed = [pack(action, clip)[1:] for action, clip in made.made]
        after = "\n".join((*delivered, *made.units))
        while taken := self.store.put_new(packed, STARTER_MARK, before, after):
            packed = [pair for pair in packed if pair[0].name not in taken]  # what the user calls so stays
        self.notes += made.notes

    def _index_anew(self) -> None:
        """Works out again what documents are found by, if the program that wrote them did it otherwise."""
        if not self.store.writable or self.store.mark(INDEX_MARK) == INDEX:
            return
        rows = [row for kind in KINDS for row in self.store.all(kind)]
        for start in range(0, len(rows), 500):
            entries = []
            for row in rows[start : start + 500]:
                with suppress(LibraryUnavailable):  # a damaged one is told when it is asked for
                    entries.append(entry_of(parse_row(row)))
            self.store.reindex(entries)
        self.store.set_mark(INDEX_MARK, INDEX)

    def _decode(self, key: str, name: str) -> Clip:
        from action_library.track import decode, track_key

        data = self.store.track(key)
        try:
            if data is None:
                raise BadClip("its track is missing")
            if track_key(data) != key:
                raise BadClip("the stored track is not what was stored (wrong sha256)")
            return decode(data)
        except BadClip as error:
            raise LibraryUnavailable(
                f"{self.url}: the action {name} is damaged: {error}. All others are safe. "
                f"Add its file again with --replace, or run `motion library remove {name}`."
            ) from None

    def _nearest(self, name: str) -> list[tuple[str, float]]:
        """Names of actions that look like `name`, by their best alias, with scores 0..1."""
        from difflib import SequenceMatcher

        if self.store.count("kind:action", MANY) >= MANY:  # comparing with each would take long
            return [(action.name, 0.5) for action in self.search(name.replace("_", " "), NEAREST)]

        matcher = SequenceMatcher(b=name.casefold().replace("_", " "))

        def score(words: Iterable[str]) -> float:
            best = 0.0
            for word in words:
                matcher.set_seq1(word.casefold())
                best = max(best, matcher.ratio() if matcher.quick_ratio() > best else 0.0)
            return best

        scored = []
        for action in self.actions():
            aliases = [alias for words in action.aliases.values() for alias in words]
            scored.append((action.name, round(score([action.name.replace("_", " "), *aliases]), 3)))
        scored.sort(key=lambda pair: (-pair[1], pair[0]))
        return [pair for pair in scored[:NEAREST] if pair[1] >= 0.4]


def pack(action: Action, clip: Clip) -> tuple[Action, Entry, bytes]:
    """The action as it is stored, what the store needs of it, and the bytes of its track.

    Raises:
        BadClip: The clip is on another skeleton.
        LimitExceeded: It is too large.
    """
    from action_library.action import new_action
    from action_library.track import encode, track_key

    data = encode(clip)
    key = track_key(data)
    values = action.model_dump() | {"track": key, "frames": len(clip), "fps": clip.fps, "duration": clip.duration}
    action = new_action(**values)
    return action, entry_of(action), data


def _action(row: Row) -> Action:
    document = parse_row(row)
    assert isinstance(document, Action)
    return document


def _sequence(row: Row) -> Sequence:
    document = parse_row(row)
    assert isinstance(document, Sequence)
    return document
