"""The action library: what it knows, by name; the same above every store."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from action_library.action import Action, action_terms, normal_name, search_terms
from action_library.store import REVISION, Entry, Store
from motion_engine.errors import BadClip, LibraryUnavailable, UnknownAction
from motion_engine.types import ActionInfo, Array, Clip

if TYPE_CHECKING:
    from collections.abc import Iterable

Progress = Callable[[int, int, str], None]  # done, total, name of the action

DEFAULT_FILE = "motion-engine/library.sqlite"
CACHED_CLIPS = 128  # of about 60 KB
NEAREST = 5
STARTER_MARK = "starter"


class Library:
    """Actions and their clips; safe to use from several threads and processes at once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.url = store.url
        self.vectors = VectorCache(store)
        self.notes: tuple[str, ...] = ()  # what the starter library could not bring, and why
        self._decoded = lru_cache(maxsize=CACHED_CLIPS)(self._decode)

    @classmethod
    def open(cls, url: str | Path | None = None, *, progress: Progress | None = None) -> Library:
        """The library at `url`; an empty one fills itself with the starter actions.

        Args:
            url: A file or `sqlite:///FILE`. By default the setting MOTION_LIBRARY, else `motion-engine/library.sqlite`
                in the user's data folder.
            progress: Called with (done, total, name) while it fills.

        Raises:
            LibraryUnavailable: It cannot be opened, read or filled.
        """
        library = cls(open_store(url))
        library._fill(progress)
        return library

    # ── Reading ───────────────────────────────────────────────────────────────────────────────────────────

    def actions(self) -> list[Action]:
        """All actions, by name; their tracks are not touched."""
        return [self._document(text) for text in self.store.documents()]

    def revision(self) -> str:
        """Changes with every change of the actions, by whichever process."""
        return self.store.mark(REVISION) or ""

    def infos(self) -> dict[str, ActionInfo]:
        """What the schedule must know of all actions, by name."""
        return {action.name: action.info() for action in self.actions()}

    def get(self, name: str) -> Action:
        """The action of this name, however it is written; UnknownAction with the nearest names if there is none."""
        try:
            text = self.store.document(normal_name(name))
        except BadClip:  # no name at all
            text = None
        if text is None:
            raise UnknownAction(name, self._nearest(name))
        return self._document(text)

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
        found = self.store.names_with(search_terms(text))
        actions = {action.name: action for action in self.actions()} if found else {}
        best = sorted(found, key=lambda name: (-found[name], name))
        return [actions[name] for name in best if name in actions][:limit]

    # ── Writing ───────────────────────────────────────────────────────────────────────────────────────────

    def add(self, action: Action, clip: Clip, *, replace: bool = False) -> Action:
        """Stores an action with its clip and returns it as stored.

        Args:
            action: Its document; `track`, `frames`, `fps` and `duration` are taken from the clip.
            clip: On the canonical skeleton.
            replace: Put it in the place of an action of this name; else that is an error.

        Raises:
            BadClip: There is an action of this name, or the clip is on another skeleton.
            LimitExceeded: The clip is too large.
            LibraryUnavailable: It cannot be stored; nothing was changed.
        """
        action, entry, data = _pack(action, clip)
        if replace:
            self.store.replace(entry, data)
        elif not self.store.insert(entry, data):
            raise BadClip(f"there is an action {action.name} already: replace it (--replace), or take another name")
        return action

    def remove(self, name: str) -> None:
        """Removes an action; UnknownAction with the nearest names if there is none."""
        action = self.get(name)
        if not self.store.remove(action.name):
            raise UnknownAction(name, self._nearest(name))

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
        packed = [_pack(action, clip)[1:] for action, clip in made.made]
        self.store.fill(packed, STARTER_MARK, before, "\n".join((*delivered, *made.units)))
        self.notes += made.notes

    def _document(self, text: str) -> Action:
        from pydantic import ValidationError

        try:
            return Action.model_validate_json(text)
        except ValidationError as error:
            raise LibraryUnavailable(
                f"{self.url}: a document is damaged ({text[:60]}...: {error.errors()[0]['msg']}). "
                "Move the file aside; a new one fills itself."
            ) from None

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
                f"Run `motion library remove {name}`, then add its file again."
            ) from None

    def _nearest(self, name: str) -> list[tuple[str, float]]:
        """Names of actions that look like `name`, by their best alias, with scores 0..1."""
        from difflib import SequenceMatcher

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


class VectorCache:
    """Embedding vectors by key, kept with the library; a cache that cannot be written only costs time."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: str) -> Array | None:
        """The float32 vector of `key`, or None."""
        import numpy as np

        data = self._store.vector(key)
        return None if data is None or len(data) % 4 else np.frombuffer(data, dtype="<f4").copy()

    def put(self, key: str, vector: Array) -> None:
        """Keeps a vector `(D,)`, as float32."""
        import numpy as np

        try:
            self._store.put_vector(key, np.asarray(vector, dtype="<f4").tobytes())
        except LibraryUnavailable:
            return


def _pack(action: Action, clip: Clip) -> tuple[Action, Entry, bytes]:
    """The action as it is stored, what the store needs of it, and the bytes of its track."""
    from action_library.action import new_action
    from action_library.track import encode, track_key

    data = encode(clip)
    key = track_key(data)
    values = action.model_dump() | {"track": key, "frames": len(clip), "fps": clip.fps, "duration": clip.duration}
    action = new_action(**values)
    return action, Entry(action.name, action.model_dump_json(), key, frozenset(action_terms(action))), data


def open_store(url: str | Path | None) -> Store:
    """The store that `url` names; see `Library.open`."""
    from action_library.store_sqlite import SqliteStore

    if url is None or url == "":
        url = os.environ.get("MOTION_LIBRARY") or default_path()
    if isinstance(url, Path):
        return SqliteStore(url)
    scheme, separator, rest = url.partition("://")
    if not separator:
        return SqliteStore(url)
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return SqliteStore(rest[1:])  # sqlite:///relative, sqlite:////absolute, as in SQLAlchemy
    if scheme.startswith("mongodb"):
        raise LibraryUnavailable(f"{scheme}://...: MongoDB is not available in this version; name a file instead.")
    raise LibraryUnavailable(f"{url}: not a library: name a file, or sqlite:///FILE.")


def default_path() -> Path:
    """The user's own library: `$XDG_DATA_HOME` or `~/.local/share`, then `motion-engine/library.sqlite`."""
    base = os.environ.get("XDG_DATA_HOME", "")
    try:
        folder = Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "share"
    except RuntimeError as error:
        raise LibraryUnavailable(f"{error}: name a library with --library or MOTION_LIBRARY.") from None
    return folder / DEFAULT_FILE
