"""Makes renders one after the other, each in a process of its own: it holds up nobody, and can be ended at any time."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

from api.log import LOG, event
from api.render_files import result_of
from api.renders import Render, Renders
from motion_engine.errors import MotionError

TICK = 0.2  # s between two looks at whether it shall end
IDLE = 1.0  # s between two looks for work that another process may have queued
RETRY = 2.0  # s after which it tries again, when the disk or the file of the service fails
SWEEP = 300.0  # s between two clean-ups
GRACE = 2.0  # s that processes have to end by themselves
LOG_TAIL = 4000  # bytes of what a process said that died
# Started by hand: multiprocessing's own children are ended by Ctrl-C on a terminal and leave its semaphores behind when
# they are killed with all that they have started.
BEGIN = """import json, sys
from pathlib import Path
path, folder, weights = json.loads(sys.argv[1])
sys.path[:] = path
from api.render_work import main
main(Path(folder), Path(weights) if weights else None)
"""


class RenderWorker:
    """A thread that takes queued renders, the oldest first."""

    def __init__(self, renders: Renders, weights: Path | None) -> None:
        self._renders, self._weights = renders, weights
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live, name="renders", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is running goes back into the queue."""
        self._stop.set()
        self._renders.wanted.set()
        self._thread.join()

    def _live(self) -> None:
        while not self._stop.is_set():
            try:
                self._renders.folder.mkdir(parents=True, exist_ok=True)
                with (self._renders.folder / "lock").open("a") as lock:
                    if _locked(lock):
                        self._work()
            except (MotionError, OSError) as error:
                event("renders wait", logging.WARNING, error=str(error))
            except Exception:
                LOG.error("our own mistake", exc_info=True)
            self._stop.wait(RETRY)

    def _work(self) -> None:
        self._renders.recover()
        swept = float("-inf")
        while not self._stop.is_set():
            self._renders.wanted.clear()
            if time.monotonic() - swept > SWEEP:
                self._renders.sweep(time.time())
                swept = time.monotonic()
            render = self._renders.take()
            if render is not None:
                self._run(render)
            else:
                self._renders.wanted.wait(IDLE)

    def _run(self, render: Render) -> None:
        key, folder = render.id, self._renders.folder / render.id
        try:
            process = RenderProcess(folder, self._weights)
        except OSError as error:
            reason: str | None = f"It cannot be begun ({error.strerror}): its files are gone, or the disk is full."
        else:
            try:
                reason = self._followed(key, process)
            finally:
                process.end()
        if reason == "" and not result_of(folder, render.asked["format"]).is_file():
            reason = "The film has been removed from the disk: render it again."
        if reason is not None:
            self._renders.finish(key, reason)
        self._renders.tidy(key)
        event("render", id=key, state=self._renders.state(key), reason=reason)

    def _followed(self, key: str, process: RenderProcess) -> str | None:
        """Keeps what a process says until it is done ("") or has failed (why); None: it shall end."""
        reason = None
        for said in process.said():
            if self._stop.is_set():
                self._renders.park(key)
                return None
            if self._renders.state(key) != "running":
                return None
            if said and "reason" in said:
                reason = str(said["reason"])
            elif said:
                with suppress(MotionError):  # a disk that is full now may not be at the end
                    self._renders.progress(key, **said)
        return process.death() if reason is None else reason


class RenderProcess:
    """A process that renders what a folder says, with all the processes that it starts."""

    def __init__(self, folder: Path, weights: Path | None) -> None:
        """Start it; OSError if that cannot be."""
        given = json.dumps([sys.path, str(folder), str(weights) if weights else ""])
        self._process = subprocess.Popen(
            [sys.executable, "-c", BEGIN, given],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._complaints = b""
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._hear, self._overhear)]
        for reader in self._readers:
            reader.start()

    def _hear(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _overhear(self) -> None:
        """Everything that it starts has the same standard error: its end is the end of all of them, whoever buries
        the dead."""
        assert self._process.stderr is not None
        while said := self._process.stderr.read1(LOG_TAIL):  # type: ignore[attr-defined]
            self._complaints = (self._complaints + said)[-LOG_TAIL:]

    def said(self) -> Iterator[dict[str, Any] | None]:
        """What it says until it has no more to say; None: nothing for a moment."""
        while True:
            try:
                line = self._lines.get(timeout=TICK)
            except Empty:
                yield None
                continue
            if line is None:
                return
            yield json.loads(line)

    def death(self) -> str:
        """Why it ended without a word of its own; what it left is logged."""
        try:
            code = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            code = -signal.SIGTERM
        said = self._complaints.decode("utf-8", "replace")
        event("a render's process died", logging.ERROR, code=code, said=said)
        if code < 0:
            return f"Its process was ended (signal {-code}): is there too little memory? Ask for a smaller one."
        return "The service made a mistake, which is in its log."

    def end(self) -> None:
        """End it and all that it started, whatever they do, and wait until they are gone."""
        for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
            self._signal(number)
            self._readers[1].join(GRACE)
            if not self._readers[1].is_alive():
                break
        self._process.wait()
        self._readers[0].join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self._process.pid, number)
        except AttributeError:  # Windows: what it started ends with its pipes
            self._process.kill()
        except (ProcessLookupError, PermissionError):  # macOS says the latter of those that are dead
            pass


def _locked(file: IO[str]) -> bool:
    """Whether this is the only service that renders in this folder; until the file is closed."""
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
