"""What the process of one render does: it draws, and says how far it is, in lines of JSON."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from api.film import Filming, Machine, drawn
from api.render_files import read_job, result_of, without_paths
from motion_engine.clips import resample
from motion_engine.errors import MotionError

NICE = 10  # how far it stands back behind the service
EVERY = 0.2  # s between two lines of progress


class Progress:
    """Says how far the work is, not too often."""

    def __init__(self, say: Callable[[dict[str, Any]], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self._line, self._began, self._said = "", 0.0, -1e9

    def tell(self, line: str) -> None:
        """Something happened, of which nobody knows how long it takes."""
        self._say({"line": line, "step": 0, "steps": 0, "eta": None})

    def step(self, line: str, done: int, total: int) -> None:
        """`done` of `total` steps of the phase that is called `line`."""
        now = self._clock()
        if line != self._line:
            self._line, self._began, self._said = line, now, -1e9
        if done < total and now - self._said < EVERY:
            return
        self._said = now
        left = (now - self._began) * (total - done) / done if done > 1 else None
        self._say({"line": line, "step": done, "steps": total, "eta": left})


def work(folder: Path, weights: Path | None, progress: Progress) -> None:
    """Render what the folder says; MotionError or OSError if it cannot be."""
    progress.tell("reading")
    asked, track, picture = read_job(folder, weights)
    track = replace(track, clip=resample(track.clip, asked["fps"] or track.clip.fps))
    filming = None
    if asked["renderer"] == "stable-animator":
        progress.tell("loading StableAnimator")
        filming = _filming(asked["settings"] or {}, weights)
    frames = drawn(
        track,
        picture,
        filming,
        on_step=lambda done, total: progress.step("filming", done, total),
        report=lambda words: progress.tell(without_paths(words, weights)),
    )
    from animator.video import write_video

    def written(done: int) -> None:
        progress.step("drawing frames", done, len(track.clip))

    write_video(result_of(folder, asked["format"]), frames, track.clip.fps, on_frame=written)


def _filming(settings: dict[str, Any], weights: Path | None) -> Filming:
    from animator.stable_animator.settings import Settings
    from api.schemas_renders import FilmSettings

    values = FilmSettings(**settings).model_dump()
    seed = values.pop("seed")
    return Filming(Machine(weights), Settings(**values, overlap=min(4, values["tile_size"] - 1)), seed)


def main(folder: Path, weights: Path | None) -> None:
    """The whole life of the process: its standard output is for lines of JSON, its standard input tells by its end
    that the service has ended."""
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever libraries print

    def say(said: dict[str, Any]) -> None:
        with suppress(BrokenPipeError):
            print(json.dumps(said), file=lines, flush=True)

    threading.Thread(target=_end_with_the_service, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICE)
    try:
        work(folder, weights, Progress(say))
        reason = ""
    except MotionError as error:
        reason = without_paths(str(error), folder, weights)
    except OSError as error:
        reason = f"A file cannot be read or written ({error.strerror or type(error).__name__}); is the disk full?"
    except MemoryError:
        reason = "There is too little memory: ask for a smaller or shorter one."
    say({"reason": reason})


def _end_with_the_service() -> None:
    with suppress(OSError):
        while os.read(sys.stdin.fileno(), 1):
            pass
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGTERM)
    os._exit(1)
