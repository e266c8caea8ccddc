"""API keys: who may do what. Only their SHA-256 is kept: nobody guesses them, so that no slow sum is needed.

A key is `motion_ID_SECRET`; its id may be shown and logged, its secret is shown once.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from action_library.sqlite_file import SqliteFile
from motion_engine.errors import BadCommand

Scope = Literal["read", "command", "write", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PATTERN = re.compile(r"motion_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")
NAME = re.compile(r"[^\s].{0,62}[^\s]|[^\s]")


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    id: str  # of the key; the address of who needs none
    scopes: frozenset[Scope]


@dataclass(frozen=True)
class Key:
    """A key, without its secret."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created: float  # s since 1970


class Keys:
    """The keys of one service."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def add(self, name: str, scopes: Iterable[str]) -> str:
        """Make a key and return it, the only time that it is seen.

        Args:
            name: Whose it is.
            scopes: What it is good for; each contains only itself.

        Raises:
            BadCommand: The name is taken or no name, or a scope is none.
            LibraryUnavailable: The file cannot be written.
        """
        chosen = sorted(set(scopes), key=lambda scope: SCOPES.index(scope) if scope in SCOPES else -1)
        if not chosen or any(scope not in SCOPES for scope in chosen):
            raise BadCommand(
                f"A key is good for some of {', '.join(SCOPES)}, not for {', '.join(chosen) or 'nothing'}."
            )
        if not NAME.fullmatch(name) or not name.isprintable():
            raise BadCommand(f"{name!r} cannot be the name of a key: use 1 to 64 printable characters.")
        key, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        row = (key, name, " ".join(chosen), _digest(secret), time.time())
        with self._file.writing() as db:
            try:
                db.execute("INSERT INTO keys (id, name, scopes, digest, created) VALUES (?, ?, ?, ?, ?)", row)
            except sqlite3.IntegrityError:
                raise BadCommand(f"There is a key named {name} already: remove it, or take another name.") from None
        return f"motion_{key}_{secret}"

    def all(self) -> list[Key]:
        """Every key, the oldest first."""
        rows = self._file.read("SELECT id, name, scopes, created FROM keys ORDER BY created")
        return [Key(key, name, tuple(scopes.split()), created) for key, name, scopes, created in rows]

    def remove(self, name: str) -> None:
        """Forget the key of this name or id, at once; BadCommand if there is none."""
        with self._file.writing() as db:
            if not db.execute("DELETE FROM keys WHERE name = ? OR id = ?", (name, name)).rowcount:
                raise BadCommand(f"There is no key named {name}: `motion keys list` shows all of them.")

    def caller(self, text: str) -> Caller | None:
        """Whose key this is; None if it is none."""
        match = PATTERN.fullmatch(text)
        rows = match and self._file.read("SELECT scopes, digest FROM keys WHERE id = ?", match[1])
        if not match or not rows or not hmac.compare_digest(rows[0][1], _digest(match[2])):
            return None
        return Caller(match[1], frozenset(rows[0][0].split()))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
