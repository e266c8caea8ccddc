"""What is particular to the SQLite store: its file."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from action_library.store import Entry
from action_library.store_sqlite import APPLICATION, SqliteStore
from motion_engine.errors import LibraryUnavailable

NOBODY = 65534


def entry(name: str, track: str = "") -> tuple[Entry, bytes]:
    track = track or f"track of {name}"
    return Entry(name, "action", "{}", track, words=frozenset({"word"})), track.encode()


def refused(path: Path, words: str) -> None:
    """The file is refused with these words, and stays byte for byte as it was."""
    before = path.read_bytes()
    with pytest.raises(LibraryUnavailable, match=words) as caught:
        SqliteStore(path).put(*entry("wave"))
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before


def filled(path: Path) -> Path:
    store = SqliteStore(path)
    store.put_new([entry(f"action_{i}", "x" * 3000 + str(i)) for i in range(40)], "starter", None, "a")
    store._file.read("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    assert not Path(f"{path}-wal").exists()
    return path


def test_files_that_are_no_library_are_kept(tmp_path: Path) -> None:
    text = tmp_path / "text.sqlite"
    text.write_text("This is not a database. " * 500)
    refused(text, "is not an SQLite file. It was not changed. Move it aside")
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE mails (text)")
    db.close()
    refused(other, "no action library of ours")
    newer = filled(tmp_path / "newer.sqlite")
    db = sqlite3.connect(newer)
    db.execute("PRAGMA user_version = 9")
    assert db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION
    db.close()
    refused(newer, "newer version of this program .schema 9")


@pytest.mark.parametrize("damage", ["header", "middle", "truncated"])
def test_a_damaged_library_is_kept_and_the_way_back_named(tmp_path: Path, damage: str) -> None:
    path = filled(tmp_path / "damaged.sqlite")
    data = bytearray(path.read_bytes())
    if damage == "header":
        data[:32] = b"\xde\xad" * 16
    elif damage == "middle":
        data[4096 : len(data) // 2 // 4096 * 4096] = os.urandom(len(data) // 2 // 4096 * 4096 - 4096)
    else:
        data = data[:6000]
    path.write_bytes(data)
    refused(path, r"Move it aside .*\.recover")


def test_an_empty_file_is_an_empty_library(tmp_path: Path) -> None:
    path = tmp_path / "empty.sqlite"
    path.touch()
    store = SqliteStore(path)
    assert store.all("action") == []
    store.close()


def test_paths_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(LibraryUnavailable, match="is a folder: name a file in it"):
        SqliteStore(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(LibraryUnavailable, match="cannot be made or read"):
        SqliteStore(tmp_path / "file" / "library.sqlite")
    with pytest.raises(LibraryUnavailable, match="cannot be"):
        SqliteStore("/proc/library.sqlite")
    with pytest.raises(LibraryUnavailable, match="cannot be"):
        SqliteStore("/dev/full/x/library.sqlite")


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder, and the rights of a user who may only read it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    root = os.geteuid() == 0
    yield folder
    if root:
        os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def become_nobody(folder: Path) -> None:
    folder.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(NOBODY)


def test_a_read_only_library_is_read(as_nobody: Path) -> None:
    path = filled(as_nobody / "with ? and % and #.sqlite")
    path.chmod(0o444)
    become_nobody(as_nobody)
    store = SqliteStore(path)
    assert len(store.all("action")) == 40
    assert store.track("x" * 3000 + "7")
    assert not store.writable
    with pytest.raises(LibraryUnavailable, match="is read-only: change its permissions, or copy it"):
        store.put(*entry("wave"))
    store.close()


def test_a_folder_that_cannot_be_written(as_nobody: Path) -> None:
    become_nobody(as_nobody)
    with pytest.raises(LibraryUnavailable, match="cannot be"):
        SqliteStore(as_nobody / "library.sqlite")
    with pytest.raises(LibraryUnavailable, match="cannot be made"):
        SqliteStore(as_nobody / "deeper" / "library.sqlite")


def test_a_full_disk_loses_only_what_did_not_fit(tmp_path: Path) -> None:
    store = SqliteStore(filled(tmp_path / "full.sqlite"))
    store._file.connection().execute("PRAGMA max_page_count = 1")  # no page more than it has
    with pytest.raises(LibraryUnavailable, match="disk is full: nothing of this change was stored"):
        store.put(*entry("large", "y" * 100_000))
    assert len(store.all("action")) == 40
    store._file.connection().execute("PRAGMA max_page_count = 100000")
    assert store.put(*entry("large", "y" * 100_000))
    store.close()


def test_a_writer_that_never_ends_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("action_library.sqlite_file.BUSY_TIMEOUT", 0.2)
    store = SqliteStore(tmp_path / "busy.sqlite")
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LibraryUnavailable, match="another process has been writing"):
        store.put(*entry("wave"))
    other.execute("ROLLBACK")
    other.close()
    assert store.put(*entry("wave"))
    store.close()


def test_connections_of_ended_threads_are_closed(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "threads.sqlite")
    for _ in range(20):
        thread = threading.Thread(target=store.all, args=("action",))
        thread.start()
        thread.join()
    assert len(store._file._open) <= 2
    store.close()
    assert store.all("action") == []
    store.close()


# The schema of version 1, as its program made it.
VERSION_1 = f"""
CREATE TABLE actions (name TEXT PRIMARY KEY, document TEXT NOT NULL, track TEXT NOT NULL REFERENCES tracks (sha256));
CREATE TABLE tracks (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE terms (term TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (term, name)) WITHOUT ROWID;
CREATE TABLE vectors (key TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE marks (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE INDEX actions_by_track ON actions (track);
CREATE INDEX terms_by_name ON terms (name);
INSERT INTO tracks VALUES ('sum', x'010203'), ('other', x'04');
INSERT INTO actions VALUES ('wave', '{{"a": 1}}', 'sum'), ('bow', '{{}}', 'other');
INSERT INTO terms VALUES ('wave', 'wave');
INSERT INTO vectors VALUES ('key', x'05');
INSERT INTO marks VALUES ('starter', 'a'), ('revision', '7');
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = 1;
"""


def test_a_library_of_version_1_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    db = sqlite3.connect(path)
    db.executescript(VERSION_1)
    db.close()
    fresh = SqliteStore(tmp_path / "fresh.sqlite")
    for _ in range(2):
        store = SqliteStore(path)
        assert [(row.entry.name, row.entry.document, row.version) for row in store.all("action")] == [
            ("bow", "{}", 1),
            ("wave", '{"a": 1}', 1),
        ]
        assert (store.track("sum"), store.track("other"), store.vector("key")) == (b"\1\2\3", b"\4", b"\5")
        assert store.mark("starter") == "a"
        sql = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        assert [row[0] for row in store._file.read(sql)] == [row[0] for row in fresh._file.read(sql)]
        assert store._file.read("PRAGMA foreign_key_check") == []
        store.close()
    store = SqliteStore(path)
    row = store.put(*entry("new"))
    assert row
    assert row.revision > max(old.revision for old in store.all("action") if old.entry.name != "new")
    assert store.collect(0.0) == 0
    store.close()
    fresh.close()
