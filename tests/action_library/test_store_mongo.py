"""What is particular to the MongoDB store: servers that go away, users that may not, other versions."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from action_library.store import Entry
from action_library.store_mongo import SCHEMA, MongoStore
from motion_engine.errors import LibraryUnavailable

if TYPE_CHECKING:
    from tests.action_library.conftest import Mongod


def entry(name: str) -> tuple[Entry, bytes]:
    return Entry(name, "action", "{}", f"track of {name}", words=frozenset({"word"})), b"data"


@pytest.fixture
def url(mongod: Mongod) -> str:
    return mongod.url(f"m{time.monotonic_ns()}")


def test_the_address_is_told_without_the_password() -> None:
    address = "mongodb://me:secret@127.0.0.1:1/mine?serverSelectionTimeoutMS=100"
    with pytest.raises(LibraryUnavailable, match=r"MongoDB does not answer.*start it, or check") as caught:
        MongoStore(address)
    assert "secret" not in str(caught.value)
    assert "mongodb://127.0.0.1:1/mine" in str(caught.value)


@pytest.mark.parametrize("address", ["mongodb://", "mongodb://host:port/x", "mongodb://h/a.b$c", "mongodb://h/?w=x y"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(LibraryUnavailable, match=r"mongodb://HOST:27017/DATABASE|MongoDB"):
        MongoStore(address if "?" in address else address + "?serverSelectionTimeoutMS=50")


def test_a_library_of_a_newer_version_is_left_alone(url: str) -> None:
    store = MongoStore(url)
    assert store.mark("schema") == SCHEMA
    store.set_mark("schema", "9")
    store.close()
    with pytest.raises(LibraryUnavailable, match=r"newer version of this program .schema 9"):
        MongoStore(url)


def test_a_track_that_is_too_large_for_a_document_is_told(url: str) -> None:
    store = MongoStore(url)
    with pytest.raises(LibraryUnavailable, match="stored wholly or not at all"):
        store.put(entry("huge")[0], bytes(17 << 20))
    assert store.get("huge") is None
    store.close()


def test_writes_go_on_when_the_server_comes_back(tmp_path: Path, mongod: Mongod) -> None:
    """A server of its own is killed in the middle of writes and started again; nothing acknowledged is lost."""
    server = type(mongod)(mongod.program, tmp_path)
    server.start()
    store = MongoStore(server.url("lib"))
    stop, written, failed = threading.Event(), list[str](), list[str]()

    def write() -> None:
        number = 0
        while not stop.is_set():
            name = f"a{number}"
            try:
                store.put(*entry(name))
                written.append(name)
            except LibraryUnavailable as error:
                failed.append(str(error))
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    for _ in range(2):
        time.sleep(0.4)
        before = len(written)
        server.kill()
        time.sleep(0.3)
        server.start()
        deadline = time.monotonic() + 20
        while len(written) < before + 5 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(written) >= before + 5
    stop.set()
    thread.join()
    assert set(written) <= {row.entry.name for row in store.all("action")}
    assert all(store.track(f"track of {name}") == b"data" for name in written)
    assert all("repeat it" in words for words in failed)
    store.collect(0.0)
    assert store.track_keys() == {row.entry.track for row in store.all("action")}
    store.close()
    server.kill()


def test_a_server_that_stays_away_is_told_with_what_was_kept(tmp_path: Path, mongod: Mongod) -> None:
    server = type(mongod)(mongod.program, tmp_path)
    server.start()
    store = MongoStore(server.url("lib") + "&serverSelectionTimeoutMS=300")
    store.put(*entry("first"))
    server.kill()
    with pytest.raises(LibraryUnavailable, match=r"does not answer.*wholly or not at all, all else is safe: repeat it"):
        store.put(*entry("second"))
    with pytest.raises(LibraryUnavailable, match="does not answer"):
        store.get("first")
    server.start()
    assert store.get("first")
    assert store.put(*entry("second"))
    store.close()
    server.kill()


def test_a_user_who_may_only_read(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = MongoStore(url)
    writer.put(*entry("first"))
    writer.close()
    from pymongo.collection import Collection
    from pymongo.errors import OperationFailure

    def refused(*_: Any, **__: Any) -> None:
        raise OperationFailure("not authorized", 13)

    monkeypatch.setattr(Collection, "create_index", refused)  # a server with users needs a set-up of its own
    store = MongoStore(url)
    assert store.get("first")
    assert not store.writable
    with pytest.raises(LibraryUnavailable, match="may only be read by this user"):
        store.put(*entry("second"))
    store.close()
