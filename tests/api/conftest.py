"""One filled library for all tests of the engine and the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from running import Running

from action_library.library import Library
from api.engine import CommandEngine

if TYPE_CHECKING:
    from starlette.testclient import TestClient

Serving = Callable[..., AbstractContextManager["TestClient"]]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a library that has filled itself."""
    path = tmp_path_factory.mktemp("filled") / "library.sqlite"
    Library.open(path).close()
    return path.read_bytes()


@pytest.fixture(scope="session")
def library_file(filled: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filled library that all tests share. Nobody may open it but SQLite: a process that closes another handle of the
    file loses its locks, and the next one who writes damages it (https://www.sqlite.org/howtocorrupt.html, 2.2)."""
    path = tmp_path_factory.mktemp("library") / "library.sqlite"
    path.write_bytes(filled)
    return path


@pytest.fixture
def own_file(filled: bytes, tmp_path: Path) -> Path:
    """A filled library of the test's own."""
    path = tmp_path / "library.sqlite"
    path.write_bytes(filled)
    return path


@pytest.fixture(scope="session")
def engine(library_file: Path) -> CommandEngine:
    """An engine on that library."""
    return CommandEngine.open(library_file)


@pytest.fixture(scope="session")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Serving:
    """`with serving(engine, SETTING=...) as client:` a service that is asked without a socket."""

    @contextmanager
    def run(engine: CommandEngine, *, studio: Path | None = None, **stated: Any) -> Iterator[TestClient]:
        from starlette.testclient import TestClient

        from api.app import create_app
        from api.settings import Settings

        usual = {"data": tmp_path_factory.mktemp("data"), "per_second": 1e4, "burst": 10_000, "warm": False}
        settings = Settings(**(usual | stated))
        with TestClient(create_app(engine, settings, studio), headers={"Host": settings.host}) as client:
            yield client

    return run


@pytest.fixture(scope="session")
def client(engine: CommandEngine, serving: Serving) -> Iterator[TestClient]:
    """A service on the starter library."""
    with serving(engine) as client:
        yield client


@pytest.fixture
def own(engine: CommandEngine, serving: Serving, tmp_path: Path) -> Iterator[TestClient]:
    """A service over a small library of its own."""
    from action_library.stores import open_store

    library = Library(open_store(tmp_path / "own.sqlite"))
    for name in ("idle", "wave", "bow", "run"):
        library.add(engine.library.get(name), engine.library.clip(name))
    with serving(CommandEngine(library)) as client:
        yield client


@pytest.fixture(scope="session")
def running(library_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running service; at the end of all tests it still runs, and has no mistake of ours in its log."""
    running = Running(library_file, tmp_path_factory.mktemp("running"))
    yield running
    running.end()
