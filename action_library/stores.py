"""Which store an address means."""

from __future__ import annotations

import os
from pathlib import Path

from action_library.store import Store
from motion_engine.errors import LibraryUnavailable

DEFAULT_FILE = "motion-engine/library.sqlite"


def open_store(url: str | Path | None) -> Store:
    """The store that `url` names.

    Args:
        url: A file, `sqlite:///FILE` or `mongodb://HOST/DATABASE`. By default the setting MOTION_LIBRARY, else
            `motion-engine/library.sqlite` in the user's data folder.

    Raises:
        LibraryUnavailable: It names no library, or that cannot be opened.
    """
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
    if scheme in ("mongodb", "mongodb+srv"):
        from action_library.store_mongo import MongoStore

        return MongoStore(url)
    raise LibraryUnavailable(f"{url}: not a library: name a file, sqlite:///FILE or mongodb://HOST/DATABASE.")


def default_path() -> Path:
    """The user's own library: `$XDG_DATA_HOME` or `~/.local/share`, then `motion-engine/library.sqlite`."""
    base = os.environ.get("XDG_DATA_HOME", "")
    try:
        folder = Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "share"
    except RuntimeError as error:
        raise LibraryUnavailable(f"{error}: name a library with --library or MOTION_LIBRARY.") from None
    return folder / DEFAULT_FILE


def cache_folder(name: str) -> Path:
    """A folder for what can be fetched again: in `$XDG_CACHE_HOME` or `~/.cache`; it is made if need be.

    Raises:
        LibraryUnavailable: It cannot be made.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        folder = (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "motion-engine" / name
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:
        raise LibraryUnavailable(f"the cache folder cannot be made ({error}): set XDG_CACHE_HOME.") from None
    return folder
