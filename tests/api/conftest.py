"""One filled library for all tests of the engine and the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from action_library.library import Library
from api.engine import CommandEngine


@pytest.fixture(scope="session")
def library_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that has filled itself."""
    path = tmp_path_factory.mktemp("library") / "library.sqlite"
    Library.open(path).close()
    return path


@pytest.fixture(scope="session")
def engine(library_file: Path) -> CommandEngine:
    """An engine on that library."""
    return CommandEngine.open(library_file)
