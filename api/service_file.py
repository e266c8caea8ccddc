"""What the service itself remembers, in one SQLite file: keys and renders."""

from __future__ import annotations

from pathlib import Path

from action_library.sqlite_file import SqliteFile

APPLICATION = 0x4D4F5653  # "MOVS", in the header of the file
TABLES = """
CREATE TABLE keys (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL, digest TEXT NOT NULL, created REAL NOT NULL
) STRICT;
CREATE TABLE renders (
    id TEXT PRIMARY KEY, caller TEXT NOT NULL, state TEXT NOT NULL, request TEXT NOT NULL, created REAL NOT NULL,
    started REAL, finished REAL, step INTEGER NOT NULL DEFAULT 0, steps INTEGER NOT NULL DEFAULT 0,
    eta REAL, line TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', tries INTEGER NOT NULL DEFAULT 0,
    text TEXT NOT NULL DEFAULT '', duration REAL NOT NULL DEFAULT 0, reference INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX renders_by_state ON renders (state, created)
"""
WHAT_IS_PERFORMED = """
ALTER TABLE renders ADD COLUMN text TEXT NOT NULL DEFAULT '';
ALTER TABLE renders ADD COLUMN duration REAL NOT NULL DEFAULT 0;
ALTER TABLE renders ADD COLUMN reference INTEGER NOT NULL DEFAULT 0
"""


def open_service_file(data: Path) -> SqliteFile:
    """The file in the service's data folder, which is made if need be; LibraryUnavailable if it cannot be used."""
    steps = {0: TABLES, 1: WHAT_IS_PERFORMED}
    return SqliteFile(data / "service.sqlite", APPLICATION, steps, what="file of the service")
