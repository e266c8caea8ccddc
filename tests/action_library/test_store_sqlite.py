"""The contract of every store, and what is particular to SQLite."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from action_library.store import Entry, Store
from action_library.store_sqlite import APPLICATION, SqliteStore
from motion_engine.errors import LibraryUnavailable

ROOT = Path(__file__).parents[2]
NOBODY = 65534


def entry(name: str, words: tuple[str, ...] = (), version: int = 0, track: str | None = None) -> tuple[Entry, bytes]:
    track = track or f"track of {name} {version}"
    return Entry(name, f'{{"name": "{name}", "version": {version}}}', track, frozenset(words)), track.encode()


@pytest.fixture(params=["sqlite"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the same library again and again; another kind of store joins by another parameter."""
    stores: list[Store] = []

    def open_one() -> Store:
        stores.append({"sqlite": lambda: SqliteStore(tmp_path / "library.sqlite")}[request.param]())
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


# ── The contract ──────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_written_is_read_after_opening_again(open_store: Callable[[], Store]) -> None:
    store = open_store()
    assert store.insert(*entry("wave", ("arm", "挥手")))
    assert store.insert(*entry("挥手"))
    store.put_vector("model\nwave", b"\x00\x01\xff")
    other = open_store()
    assert other.document("wave") == '{"name": "wave", "version": 0}'
    assert len(other.documents()) == 2
    assert other.track("track of wave 0") == b"track of wave 0"
    assert other.vector("model\nwave") == b"\x00\x01\xff"
    assert other.document("bow") is other.track("x") is other.vector("x") is other.mark("x") is None


def test_insert_does_not_replace(open_store: Callable[[], Store]) -> None:
    store = open_store()
    assert store.insert(*entry("wave"))
    assert not store.insert(*entry("wave", version=1))
    assert store.document("wave") == '{"name": "wave", "version": 0}'
    assert store.track("track of wave 1") is None


def test_replace_takes_the_place_of_the_old_one(open_store: Callable[[], Store]) -> None:
    store = open_store()
    store.insert(*entry("wave", ("old",)))
    store.replace(*entry("wave", ("new",), version=1))
    store.replace(*entry("bow"))
    assert store.document("wave") == '{"name": "wave", "version": 1}'
    assert (store.names_with(["old"]), store.names_with(["new"])) == ({}, {"wave": 1})
    assert store.track("track of wave 1")
    assert store.document("bow")


def test_documents_come_by_name(open_store: Callable[[], Store]) -> None:
    store = open_store()
    for name in ("wave", "bow", "挥手", "idle"):
        store.insert(*entry(name))
    names = [text.split('"')[3] for text in store.documents()]
    assert names == ["bow", "idle", "wave", "挥手"]


def test_remove_leaves_tracks_that_others_use(open_store: Callable[[], Store]) -> None:
    store = open_store()
    store.insert(*entry("one", ("word",), track="same"))
    store.insert(*entry("two", ("word",), track="same"))
    assert store.remove("one")
    assert not store.remove("one")
    assert store.track("same") == b"same"
    assert store.names_with(["word"]) == {"two": 1}


def test_terms_are_counted(open_store: Callable[[], Store]) -> None:
    store = open_store()
    store.insert(*entry("spin_kick", ("spin", "kick")))
    store.insert(*entry("kick", ("kick",)))
    assert store.names_with(["spin", "kick", "other"]) == {"spin_kick": 2, "kick": 1}
    assert store.names_with([]) == {}


def test_fill_keeps_what_is_there_and_happens_once(open_store: Callable[[], Store]) -> None:
    store = open_store()
    store.insert(*entry("wave", version=7))
    entries = [entry("wave"), entry("bow")]
    assert store.fill(entries, "starter", None, "a")
    assert store.document("wave") == '{"name": "wave", "version": 7}'
    store.remove("bow")
    assert not store.fill(entries, "starter", None, "a")
    assert store.document("bow") is None
    assert store.fill([entry("nod")], "starter", "a", "a b")
    assert store.mark("starter") == "a b"


def test_names_and_words_are_only_data(open_store: Callable[[], Store]) -> None:
    store = open_store()
    name = "'; DROP TABLE actions; --"
    assert store.insert(*entry(name, (name,)))
    assert store.names_with([name]) == {name: 1}
    assert store.remove(name)


def test_threads_lose_no_update(open_store: Callable[[], Store]) -> None:
    store, threads, each = open_store(), 8, 12
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for i in range(each):
                assert store.insert(*entry(f"t{number}_{i}"))
                assert store.document(f"t{number}_{i}")
                store.replace(*entry("shared", version=number))
        except BaseException as error:
            failed.append(error)

    workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failed
    assert len(store.documents()) == threads * each + 1


# ── Processes ─────────────────────────────────────────────────────────────────────────────────────────────

WRITER = """
import sys, threading
from action_library.store import Entry
from action_library.store_sqlite import SqliteStore
store, who, count = SqliteStore(sys.argv[1]), sys.argv[2], int(sys.argv[3])
def work(thread):
    for i in range(count):
        name = f"{who}_{thread}_{i}"
        assert store.insert(Entry(name, name, name, frozenset({who})), name.encode() * 500)
        sys.stdout.write(name + "\\n")  # in one piece: print writes the line end apart
        sys.stdout.flush()
threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
"""


def run(code: str, *args: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def test_processes_that_start_and_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite"
    writers = [run(WRITER, path, who, 15) for who in ("a", "b")]
    said = [writer.communicate(timeout=60) for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], "".join(error for _, error in said)
    store = SqliteStore(path)
    assert sorted(store.documents()) == sorted("".join(out for out, _ in said).split())
    assert len(store.documents()) == 120
    store.close()


def test_killed_writers_lose_nothing_that_they_had_reported(tmp_path: Path) -> None:
    path, chance, reported = tmp_path / "killed.sqlite", random.Random(5), set()
    for attempt in range(4):
        writer = run(WRITER, path, f"w{attempt}", 10_000)
        assert writer.stdout
        reported.add(writer.stdout.readline().strip())
        time.sleep(chance.uniform(0.0, 0.15))
        os.kill(writer.pid, signal.SIGKILL)
        reported |= {line for line in writer.communicate(timeout=30)[0].split("\n")[:-1] if line}
        store = SqliteStore(path)
        documents = set(store.documents())
        assert reported <= documents
        assert all(store.track(name) == name.encode() * 500 for name in documents)
        tracks = store._read("SELECT COUNT(*) FROM tracks")[0][0]
        assert tracks == len(documents)
        assert store._read("PRAGMA integrity_check") == [("ok",)]
        store.close()


def test_a_forked_process_has_its_own_connection(tmp_path: Path) -> None:
    code = (
        "import os, sys\nfrom action_library.store import Entry\nfrom action_library.store_sqlite import SqliteStore\n"
        "store = SqliteStore(sys.argv[1])\n"
        "child = os.fork()\n"
        "for i in range(20):\n"
        "    name = f'{bool(child)}_{i}'\n"
        "    assert store.insert(Entry(name, name, name), b'x')\n"
        "assert not child or os.waitpid(child, 0)[1] == 0\n"
    )
    process = run(code, tmp_path / "forked.sqlite")
    assert process.communicate(timeout=60)[1] == ""
    store = SqliteStore(tmp_path / "forked.sqlite")
    assert len(store.documents()) == 40
    store.close()


# ── Files that are not as they should be ──────────────────────────────────────────────────────────────────


def refused(path: Path, words: str) -> None:
    """The file is refused with these words, and stays byte for byte as it was."""
    before = path.read_bytes()
    with pytest.raises(LibraryUnavailable, match=words) as caught:
        SqliteStore(path).insert(*entry("wave"))
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before


def filled(path: Path) -> Path:
    store = SqliteStore(path)
    store.fill([entry(f"action_{i}", ("word",), track="x" * 3000 + str(i)) for i in range(40)], "starter", None, "a")
    store._read("PRAGMA wal_checkpoint(TRUNCATE)")
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
    refused(other, "not an action library")
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
    assert store.documents() == []
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
    assert len(store.documents()) == 40
    assert store.track("x" * 3000 + "7")
    assert not store.writable
    with pytest.raises(LibraryUnavailable, match="is read-only: change its permissions, or copy it"):
        store.insert(*entry("wave"))
    store.close()


def test_a_folder_that_cannot_be_written(as_nobody: Path) -> None:
    become_nobody(as_nobody)
    with pytest.raises(LibraryUnavailable, match="cannot be"):
        SqliteStore(as_nobody / "library.sqlite")
    with pytest.raises(LibraryUnavailable, match="cannot be made"):
        SqliteStore(as_nobody / "deeper" / "library.sqlite")


def test_a_full_disk_loses_only_what_did_not_fit(tmp_path: Path) -> None:
    store = SqliteStore(filled(tmp_path / "full.sqlite"))
    store._connection().execute("PRAGMA max_page_count = 1")  # no page more than it has
    with pytest.raises(LibraryUnavailable, match="disk is full: nothing of this change was stored"):
        store.insert(*entry("large", track="y" * 100_000))
    assert len(store.documents()) == 40
    store._connection().execute("PRAGMA max_page_count = 100000")
    assert store.insert(*entry("large", track="y" * 100_000))
    store.close()


def test_a_writer_that_never_ends_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("action_library.store_sqlite.BUSY_TIMEOUT", 0.2)
    store = SqliteStore(tmp_path / "busy.sqlite")
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LibraryUnavailable, match="another process has been writing"):
        store.insert(*entry("wave"))
    other.execute("ROLLBACK")
    other.close()
    assert store.insert(*entry("wave"))
    store.close()


def test_connections_of_ended_threads_are_closed(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "threads.sqlite")
    for _ in range(20):
        thread = threading.Thread(target=store.documents)
        thread.start()
        thread.join()
    assert len(store._open) <= 2
    store.close()
    assert store.documents() == []
    store.close()
