"""Renders that were asked for: rows in the service's file, a folder of files for each. The rows are the only truth, so
that a restart, or a second service over the same data, finds all as it is."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, get_args
from uuid import uuid4

from starlette.exceptions import HTTPException

from action_library.sqlite_file import SqliteFile
from api.keys import Caller
from api.observe import Numbers
from api.render_files import keep_result, result_of, write_job
from api.schemas_renders import RenderRequest, State
from api.service_file import open_service_file
from api.settings import Settings
from motion_engine.errors import BadCommand, LibraryUnavailable
from motion_engine.types import Plan, Track

TRIES = 2  # how often one is begun, if the service dies meanwhile
YOUNG = 3600.0  # s in which a folder without a row may be one that is just being made
NONE = "There is no such render, or it is no longer kept."
UNFINISHED = "state IN ('queued', 'running')"


@dataclass(frozen=True)
class Render:
    """A row; times in s since 1970."""

    id: str
    caller: str
    state: State
    request: str  # JSON, without the reference
    created: float
    started: float | None
    finished: float | None
    step: int
    steps: int
    eta: float | None  # s
    line: str
    reason: str
    tries: int
    text: str  # what is performed, as it was said
    duration: float  # s
    reference: int  # 1: with the picture of a character

    @property
    def asked(self) -> dict[str, Any]:
        """What was asked for."""
        return json.loads(self.request)


COLUMNS = ", ".join(field.name for field in fields(Render))


class Renders:
    """All renders of one data folder."""

    def __init__(self, settings: Settings, numbers: Numbers) -> None:
        self._file: SqliteFile = open_service_file(settings.data)
        self.folder = self._file.path.parent / "renders"
        self._most, self._kept = settings.renders_waiting, settings.renders_kept * 3600.0
        self.wanted = threading.Event()  # there may be work
        for state in get_args(State):
            numbers.renders.labels(state).set_function(partial(self._count, "state = ?", state))

    def _count(self, where: str, *values: object) -> int:
        return int(self._file.value(f"SELECT COUNT(*) FROM renders WHERE {where}", *values))

    def _rows(self, where: str, *values: object) -> list[Render]:
        return [Render(*row) for row in self._file.read(f"SELECT {COLUMNS} FROM renders WHERE {where}", *values)]

    def _change(self, what: str, *values: object) -> bool:
        """Whether anything was changed."""
        with self._file.writing() as db:
            return db.execute(what, values).rowcount > 0

    # ── For those who ask ─────────────────────────────────────────────────────────────────────────────────────

    def add(self, caller: Caller, request: RenderRequest, plan: Plan, track: Track) -> Render:
        """Queue a render, with a copy of all that it needs.

        Raises:
            HTTPException: 429: the caller has too many that are not finished.
            LibraryUnavailable: It cannot be stored.
        """
        key = uuid4().hex[:12]
        asked = json.dumps(request.model_dump(mode="json", exclude={"reference"}), ensure_ascii=False)
        try:
            with self._file.writing() as db:
                self._check_waiting(db, caller)
                what = plan.text, track.clip.duration, int(request.reference is not None)
                row = (key, caller.id, "queued", asked, time.time(), *what)
                columns = "id, caller, state, request, created, text, duration, reference"
                db.execute(f"INSERT INTO renders ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
                write_job(self.folder / key, request, plan, track)  # nobody sees the row before it is there
        except BaseException as error:
            shutil.rmtree(self.folder / key, ignore_errors=True)
            if isinstance(error, OSError):
                words = f"The render cannot be stored ({error.strerror or type(error).__name__}); is the disk full?"
                raise LibraryUnavailable(words) from None
            raise
        self.wanted.set()
        return self._rows("id = ?", key)[0]

    def _check_waiting(self, db: sqlite3.Connection, caller: Caller) -> None:
        sql = f"SELECT COUNT(*) FROM renders WHERE caller = ? AND {UNFINISHED}"
        if db.execute(sql, (caller.id,)).fetchone()[0] >= self._most:
            words = f"You have {self._most} renders that are not finished: wait for one, or cancel one."
            raise HTTPException(429, words, {"Retry-After": "10"})

    def get(self, key: str, caller: Caller | None = None) -> Render:
        """A render that the caller may see; HTTPException 404 if there is none."""
        rows = self._rows("id = ?", key)
        if not rows or (caller is not None and not _sees(caller, rows[0])):
            raise HTTPException(404, NONE)
        return rows[0]

    def page(self, caller: Caller, limit: int, cursor: str | None) -> tuple[list[Render], str | None]:
        """The caller's own renders, or all for an admin, the newest first, and where the next page begins.

        Raises:
            BadCommand: The cursor is none.
        """
        created, key = _place(cursor) if cursor else (float("inf"), "")
        whose = "" if "admin" in caller.scopes else caller.id
        where = "(? = '' OR caller = ?) AND (created, id) < (?, ?) ORDER BY created DESC, id DESC LIMIT ?"
        found = self._rows(where, whose, whose, created, key, limit + 1)
        if len(found) <= limit:
            return found, None
        last = json.dumps([found[limit - 1].created, found[limit - 1].id])
        return found[:limit], base64.urlsafe_b64encode(last.encode()).decode()

    def ahead(self, render: Render) -> int:
        """How many, of whomever, are made before one that is queued; 0 for all others."""
        if render.state != "queued":
            return 0
        return self._count(f"{UNFINISHED} AND (created, id) < (?, ?)", render.created, render.id)

    def cancel(self, key: str) -> None:
        """Cancel a render that is not finished; remove one that is, with its files."""
        stop = f"UPDATE renders SET state = 'cancelled', finished = ?, eta = NULL WHERE id = ? AND {UNFINISHED}"
        if not self._change(stop, time.time(), key):
            self._change("DELETE FROM renders WHERE id = ?", key)
        elif self.get(key).started is not None:
            return  # its process still uses the files; who ends it removes them
        self.tidy(key)

    def size(self, render: Render) -> int | None:
        """Bytes of the film; None if there is none."""
        if render.state != "done":
            return None
        with suppress(OSError):
            return result_of(self.folder / render.id, render.asked["format"]).stat().st_size
        return None

    def result(self, render: Render) -> Path:
        """The film; HTTPException 409 if it is not done, 404 if it is gone."""
        if render.state != "done":
            raise HTTPException(409, f"The render is {render.state}. {render.reason}".strip())
        path = result_of(self.folder / render.id, render.asked["format"])
        if not path.is_file():
            raise HTTPException(404, "The film has been removed from the disk: render it again.")
        return path

    # ── For the one who works ─────────────────────────────────────────────────────────────────────────────────

    def recover(self) -> None:
        """What was running when the service died is begun again, but not for ever."""
        lost = f"The service ended {TRIES} times while it made this: ask for a smaller or shorter one."
        again = "The service ended while it made this: it is begun again."
        fail = "UPDATE renders SET state = 'failed', finished = ?, eta = NULL, reason = ?"
        self._change(f"{fail} WHERE state = 'running' AND tries >= ?", time.time(), lost, TRIES)
        self._change("UPDATE renders SET state = 'queued', eta = NULL, reason = ? WHERE state = 'running'", again)

    def take(self) -> Render | None:
        """The oldest that is queued, which is running from now on; None if there is none."""
        rows = self._rows("state = 'queued' ORDER BY created, id LIMIT 1")
        begin = "UPDATE renders SET state = 'running', started = ?, tries = tries + 1, step = 0, steps = 0, reason = ''"
        if not rows or not self._change(f"{begin} WHERE id = ? AND state = 'queued'", time.time(), rows[0].id):
            return None
        return self.get(rows[0].id)

    def state(self, key: str) -> State | None:
        """What it is now; None: it was removed."""
        return self._file.value("SELECT state FROM renders WHERE id = ?", key)

    def progress(self, key: str, line: str, step: int, steps: int, eta: float | None) -> None:
        """Keep how far it is."""
        said = "UPDATE renders SET line = ?, step = ?, steps = ?, eta = ? WHERE id = ? AND state = 'running'"
        self._change(said, line, step, steps, eta, key)

    def park(self, key: str) -> None:
        """Back into the queue: the service stops, which is not the render's fault."""
        back = "UPDATE renders SET state = 'queued', started = NULL, tries = tries - 1, eta = NULL, line = 'parked'"
        self._change(f"{back} WHERE id = ? AND state = 'running'", key)

    def finish(self, key: str, reason: str) -> None:
        """It is done, or failed for a reason."""
        state = "failed" if reason else "done"
        end = "UPDATE renders SET state = ?, reason = ?, finished = ?, eta = NULL WHERE id = ? AND state = 'running'"
        self._change(end, state, reason, time.time(), key)

    def tidy(self, key: str) -> None:
        """Remove the files that are not needed any more; what cannot be removed is tried again later."""
        state, folder = self.state(key), self.folder / key
        if state == "done":
            with suppress(OSError):
                keep_result(folder)
        elif state not in ("queued", "running"):
            shutil.rmtree(folder, ignore_errors=True)

    def sweep(self, now: float) -> None:
        """Remove finished renders that are older than they are kept, and folders that belong to none."""
        self._change("DELETE FROM renders WHERE finished < ?", now - self._kept)
        kept = {key for (key,) in self._file.read("SELECT id FROM renders WHERE state <> 'cancelled'")}
        for folder in self.folder.iterdir():
            if folder.is_dir() and folder.name not in kept and folder.stat().st_mtime < now - YOUNG:
                shutil.rmtree(folder, ignore_errors=True)


def _sees(caller: Caller, render: Render) -> bool:
    return render.caller == caller.id or "admin" in caller.scopes


def _place(cursor: str) -> tuple[float, str]:
    try:
        created, key = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if not isinstance(created, float) or not isinstance(key, str):
            raise ValueError
        return created, key
    except (ValueError, TypeError, RecursionError):
        raise BadCommand("This is no cursor of renders: begin with the first page again.") from None
