"""One SQLite file that many threads and processes use at once.

Every thread has a connection of its own, since one that is shared loses writes that it had acknowledged. WAL lets
readers read while one writes; `synchronous=FULL` makes a write that returned survive a power cut; `BEGIN IMMEDIATE`
takes the write lock first, so that two writers wait for one another instead of failing halfway.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from motion_engine.errors import LibraryUnavailable

BUSY_TIMEOUT = 30.0  # s, that a writer waits for others


class SqliteFile:
    """Connections to one file; it is made, or brought to the present schema, if need be."""

    def __init__(
        self, path: Path | str, application: int, steps: Mapping[int, str], what: str = "action library"
    ) -> None:
        """Open or make the file at `path`.

        Args:
            path: The file.
            application: The number in its header by which it is known to be ours.
            steps: Statements that lead from a schema version to the next; from 0, that of an empty file.
            what: What messages call it.

        Raises:
            LibraryUnavailable: It cannot be read, or is not ours, or of a newer schema. The file is left as it is.
        """
        try:
            self.path = Path(path).expanduser().absolute()
        except RuntimeError as error:
            raise LibraryUnavailable(f"{path}: {error} Name the whole path.") from None
        self.writable, self.what = True, what
        self._application, self._steps, self._version = application, steps, max(steps) + 1
        self._threads = threading.local()
        self._lock = threading.Lock()
        self._open: list[tuple[int, threading.Thread, sqlite3.Connection]] = []
        self._prepare()

    def read(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._explained():
            return self.connection().execute(sql, values).fetchall()

    def stream(self, sql: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """The rows of a query one after the other."""
        with self._explained():
            yield from self.connection().execute(sql, values)

    def value(self, sql: str, *values: object) -> Any:
        """The only value of a query; None if there is no row."""
        rows = self.read(sql, *values)
        return rows[0][0] if rows else None

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
        with self._explained():
            if self._found(self.connection()) != self._version:
                self._create_or_migrate()

    def _found(self, db: sqlite3.Connection) -> int:
        """The schema version of the file, 0 of an empty one; LibraryUnavailable if it is not ours or newer."""
        tables, version, application = _header(db)
        if application == self._application:
            if version > self._version:
                raise LibraryUnavailable(
                    f"{self.path} was made by a newer version of this program (schema {version}, known is "
                    f"{self._version}). It was not changed. Update the program, or name another file with --library "
                    "or MOTION_LIBRARY."
                )
            return int(version)
        if version or application or tables:
            raise LibraryUnavailable(
                f"{self.path} is an SQLite file, but no {self.what} of ours. It was not changed. "
                "Name another file with --library or MOTION_LIBRARY."
            )
        return 0

    def _create_or_migrate(self) -> None:
        """Brings the file to the present schema, in one transaction; another process may have been first."""
        if not self.writable:
            raise LibraryUnavailable(
                f"{self.path} is empty or of an earlier version, and cannot be written: change its permissions."
            )
        _use_wal(self.connection())
        with self.writing() as db:
            version = self._found(db)
            while version < self._version:
                for statement in self._steps[version].split(";"):
                    db.execute(statement)
                version = version + 1 if version else self._version
            db.execute(f"PRAGMA application_id = {self._application}")
            db.execute(f"PRAGMA user_version = {version}")

    def connection(self) -> sqlite3.Connection:
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
        with self._explained():
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

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from the start; undone if anything fails in it."""
        if not self.writable:
            raise LibraryUnavailable(
                f"{self.path} is read-only: change its permissions, or copy it and name the copy with --library."
            )
        with self._explained():
            db = self.connection()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Ends the connections of all threads; the next use opens new ones."""
        with self._lock:
            for process, _, db in self._open:
                if process == os.getpid():
                    db.close()
            self._open.clear()
            self._threads = threading.local()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """SQLite's errors in words: what, where, and what to do."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorname", "") or ""
            raise LibraryUnavailable(f"{self.path}: {_words(self.path, self.what, code, str(error))}") from None


def _header(db: sqlite3.Connection) -> tuple[int, int, int]:
    """Number of tables, schema version and application, all of one moment: another process may be making them."""
    own = not db.in_transaction
    if own:
        db.execute("BEGIN")
    try:
        asked = ("SELECT COUNT(*) FROM sqlite_master", "PRAGMA user_version", "PRAGMA application_id")
        tables, version, application = (db.execute(sql).fetchone()[0] for sql in asked)
        return tables, version, application
    finally:
        if own:
            db.execute("ROLLBACK")


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


def _words(path: Path, what: str, code: str, message: str) -> str:
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        state = "is not an SQLite file" if code == "SQLITE_NOTADB" else f"is damaged ({message})"
        return (
            f"the {what} {state}. It was not changed. Move it aside (mv {path} {path}.bad): a new one is made in "
            f"its place. What is readable of it: sqlite3 {path}.bad .recover | sqlite3 {path}"
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
