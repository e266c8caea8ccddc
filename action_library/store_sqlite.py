"""The default store: one SQLite file, in the process.

Every thread has a connection of its own, since one that is shared loses writes that it had acknowledged. WAL lets
readers read while one writes; `synchronous=FULL` makes a write that returned survive a power cut; `BEGIN IMMEDIATE`
takes the write lock first, so that two writers wait for one another instead of failing halfway.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from action_library.store import REVISION, Entry
from motion_engine.errors import LibraryUnavailable

APPLICATION = 0x4D454C42  # "MELB" in the header: an SQLite file of ours
VERSION = 1  # of the schema, in PRAGMA user_version
BUSY_TIMEOUT = 30.0  # s, that a writer waits for others
MOST_VARIABLES = 500  # in one statement; SQLite's own limit is 999 in old builds

_SCHEMA = f"""
CREATE TABLE actions (name TEXT PRIMARY KEY, document TEXT NOT NULL, track TEXT NOT NULL REFERENCES tracks (sha256));
CREATE TABLE tracks (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE terms (term TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (term, name)) WITHOUT ROWID;
CREATE TABLE vectors (key TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE marks (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE INDEX actions_by_track ON actions (track);
CREATE INDEX terms_by_name ON terms (name);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
"""


class SqliteStore:
    """See `action_library.store.Store`; the file is made if it does not exist."""

    def __init__(self, path: Path | str) -> None:
        """Open or make the file at `path`.

        Raises:
            LibraryUnavailable: It cannot be read, or is not a library of this version. The file is left as it is.
        """
        try:
            self.path = Path(path).expanduser().absolute()
        except RuntimeError as error:
            raise LibraryUnavailable(f"{path}: {error} Name the whole path.") from None
        self.url = str(self.path)
        self.writable = True
        self._threads = threading.local()
        self._lock = threading.Lock()
        self._open: list[tuple[int, threading.Thread, sqlite3.Connection]] = []
        self._prepare()

    # ── Reading ───────────────────────────────────────────────────────────────────────────────────────────

    def documents(self) -> list[str]:
        """All documents, by name."""
        return [row[0] for row in self._read("SELECT document FROM actions ORDER BY name")]

    def document(self, name: str) -> str | None:
        """One document; None if there is none of that name."""
        return self._value("SELECT document FROM actions WHERE name = ?", name)

    def names_with(self, terms: Iterable[str]) -> dict[str, int]:
        """The actions that have any of `terms`, and how many of them."""
        wanted = sorted(set(terms))[:MOST_VARIABLES]
        places = ",".join("?" * len(wanted))
        return dict(self._read(f"SELECT name, COUNT(*) FROM terms WHERE term IN ({places}) GROUP BY name", *wanted))

    def mark(self, key: str) -> str | None:
        """The value of a mark."""
        return self._value("SELECT value FROM marks WHERE key = ?", key)

    def track(self, key: str) -> bytes | None:
        """The bytes of a track."""
        return self._value("SELECT data FROM tracks WHERE sha256 = ?", key)

    def vector(self, key: str) -> bytes | None:
        """A cached vector."""
        return self._value("SELECT data FROM vectors WHERE key = ?", key)

    # ── Writing ───────────────────────────────────────────────────────────────────────────────────────────

    def insert(self, entry: Entry, data: bytes) -> bool:
        """Adds an action and its track; False, and nothing changes, if there is one of that name."""
        with self._writing() as db:
            if db.execute("SELECT 1 FROM actions WHERE name = ?", (entry.name,)).fetchone():
                return False
            _put(db, entry, data)
            return True

    def replace(self, entry: Entry, data: bytes) -> None:
        """Adds an action and its track, or puts it in the place of the one of that name."""
        with self._writing() as db:
            _delete(db, entry.name)
            _put(db, entry, data)

    def remove(self, name: str) -> bool:
        """Removes an action, and its track if no other has the same; False if there is none of that name."""
        with self._writing() as db:
            return _delete(db, name)

    def fill(self, entries: Sequence[tuple[Entry, bytes]], key: str, before: str | None, after: str) -> bool:
        """Adds those whose names are free and changes a mark, in one transaction; False if it is not `before`."""
        with self._writing() as db:
            row = db.execute("SELECT value FROM marks WHERE key = ?", (key,)).fetchone()
            if (row[0] if row else None) != before:
                return False
            taken = {row[0] for row in db.execute("SELECT name FROM actions")}
            for entry, data in entries:
                if entry.name not in taken:
                    _put(db, entry, data)
            db.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (key, after))
            return True

    def put_vector(self, key: str, data: bytes) -> None:
        """Caches a vector."""
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?)", (key, data))

    def close(self) -> None:
        """Ends the connections of all threads; the next use opens new ones."""
        with self._lock:
            for process, _, db in self._open:
                if process == os.getpid():
                    db.close()
            self._open.clear()
            self._threads = threading.local()

    # ── Connections ───────────────────────────────────────────────────────────────────────────────────────

    def _prepare(self) -> None:
        """Makes the file and its tables if they are missing, and checks that they are ours."""
        try:
            if self.path.is_dir():
                example = f"{self.path}/library.sqlite"
                raise LibraryUnavailable(f"{self.path} is a folder: name a file in it, such as {example}.")
            exists = self.path.exists()
            if exists and not self.path.is_file():
                raise LibraryUnavailable(f"{self.path} is a device, not a file: name a file.")
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryUnavailable(f"{self.path}: the folder cannot be made or read: {error.strerror}.") from None
        self.writable = not exists or os.access(self.path, os.W_OK, effective_ids=True)
        with _explained(self.path):
            if not self._is_ours(self._connection()):
                self._create()

    def _is_ours(self, db: sqlite3.Connection) -> bool:
        """Whether the file has our tables; False for an empty one, LibraryUnavailable for anything else."""
        version = db.execute("PRAGMA user_version").fetchone()[0]
        application = db.execute("PRAGMA application_id").fetchone()[0]
        if application == APPLICATION and version == VERSION:
            return True
        if application == APPLICATION:
            raise LibraryUnavailable(
                f"{self.path} was made by a newer version of this program (schema {version}, known is {VERSION}). "
                "It was not changed. Update the program, or name another file with --library or MOTION_LIBRARY."
            )
        if version or application or db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
            raise LibraryUnavailable(
                f"{self.path} is an SQLite file, but not an action library. It was not changed. "
                "Name another file with --library or MOTION_LIBRARY."
            )
        return False

    def _create(self) -> None:
        if not self.writable:
            raise LibraryUnavailable(f"{self.path} is empty and cannot be written: change its permissions.")
        db = self._connection()
        _use_wal(db)
        with self._writing():
            if not self._is_ours(db):  # another process may have been first
                for statement in _SCHEMA.split(";"):
                    db.execute(statement)

    def _connection(self) -> sqlite3.Connection:
        """This thread's own connection; after a fork, this process's own."""
        if getattr(self._threads, "process", None) != os.getpid():
            db = self._connect()
            with self._lock:
                self._forget_dead_threads()
                self._open.append((os.getpid(), threading.current_thread(), db))
            self._threads.process, self._threads.db = os.getpid(), db
        return self._threads.db

    def _forget_dead_threads(self) -> None:
        kept = []
        for process, thread, db in self._open:
            if process == os.getpid() and not thread.is_alive():
                db.close()
            else:
                kept.append((process, thread, db))
        self._open = kept

    def _connect(self) -> sqlite3.Connection:
        with _explained(self.path):
            if self.writable:
                db = sqlite3.connect(self.path, BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)
                db.execute("PRAGMA synchronous = FULL")
                db.execute("PRAGMA foreign_keys = ON")
                return db
            return self._connect_read_only()

    def _connect_read_only(self) -> sqlite3.Connection:
        """WAL needs a file beside the library even to read it; without one it is read as if nobody ever wrote."""
        from urllib.parse import quote

        for option in ("mode=ro", "immutable=1"):
            url = f"file:{quote(str(self.path))}?{option}"
            db = sqlite3.connect(url, BUSY_TIMEOUT, isolation_level=None, check_same_thread=False, uri=True)
            try:
                db.execute("SELECT COUNT(*) FROM sqlite_master")
                return db
            except sqlite3.OperationalError:
                db.close()
                log = Path(f"{self.path}-wal")  # what it holds would be missing
                if option == "immutable=1" or (log.exists() and log.stat().st_size):
                    raise
        raise AssertionError("the last option either returned or raised")

    def _read(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with _explained(self.path):
            return self._connection().execute(sql, values).fetchall()

    def _value(self, sql: str, *values: object) -> Any:
        rows = self._read(sql, *values)
        return rows[0][0] if rows else None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from the start; undone if anything fails in it."""
        if not self.writable:
            raise LibraryUnavailable(
                f"{self.path} is read-only: change its permissions, or copy it and name the copy with --library."
            )
        with _explained(self.path):
            db = self._connection()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise


def _use_wal(db: sqlite3.Connection) -> None:
    """Stays with the file. SQLite does not wait by itself when two processes do this to a new file at once."""
    for attempt in range(100):
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL"))
            if not busy or attempt == 99:
                raise
            time.sleep(0.02)


def _put(db: sqlite3.Connection, entry: Entry, data: bytes) -> None:
    db.execute("INSERT OR IGNORE INTO tracks VALUES (?, ?)", (entry.track, data))
    db.execute("INSERT INTO actions VALUES (?, ?, ?)", (entry.name, entry.document, entry.track))
    db.executemany("INSERT INTO terms VALUES (?, ?)", [(term, entry.name) for term in sorted(entry.terms)])
    _count(db)


def _delete(db: sqlite3.Connection, name: str) -> bool:
    row = db.execute("SELECT track FROM actions WHERE name = ?", (name,)).fetchone()
    if row is None:
        return False
    db.execute("DELETE FROM actions WHERE name = ?", (name,))
    db.execute("DELETE FROM terms WHERE name = ?", (name,))
    db.execute("DELETE FROM tracks WHERE sha256 = ? AND NOT EXISTS (SELECT 1 FROM actions WHERE track = sha256)", row)
    _count(db)
    return True


def _count(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO marks VALUES (?, '1') ON CONFLICT (key) DO UPDATE SET value = value + 1", (REVISION,))


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """SQLite's errors in words: what, where, and what to do."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorname", "") or ""
        raise LibraryUnavailable(f"{path}: {_words(path, code, str(error))}") from None


def _words(path: Path, code: str, message: str) -> str:
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        what = "is not an SQLite file" if code == "SQLITE_NOTADB" else f"is damaged ({message})"
        return (
            f"the action library {what}. It was not changed. Move it aside (mv {path} {path}.bad): a new one fills "
            f"itself with the starter actions. What is readable of it: sqlite3 {path}.bad .recover | sqlite3 {path}"
        )
    if code.startswith("SQLITE_FULL"):
        return "the disk is full: nothing of this change was stored, all else is safe. Free some space and repeat."
    if code.startswith("SQLITE_READONLY"):
        return "cannot be written: change the permissions of the file and its folder. Nothing was changed."
    if code.startswith("SQLITE_CANTOPEN"):
        return "cannot be opened or made: check that the folder exists and may be written, or name another file."
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"another process has been writing for {BUSY_TIMEOUT:.0f} s: end it or wait. Nothing was changed."
    if code.startswith("SQLITE_IOERR"):
        return f"the disk reports an error ({message}): check the disk. Nothing of this change was stored."
    return f"SQLite says: {message}. Nothing of this change was stored."
