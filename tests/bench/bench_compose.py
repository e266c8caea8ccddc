"""How long composing takes, from a minute to an hour, and how much memory. Run: `python tests/bench/bench_compose.py`.

The library is filled and its clips are read before anything is measured.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import tracemalloc
from pathlib import Path

from api.engine import CommandEngine

MINUTE = (
    "walk for 7 seconds, then wave, then run for 7 seconds, then jump, then turn left, then clap 5 times, "
    "then walk backward for 6 seconds, then bow, then dance for 9 seconds, then kick, then run for 8 seconds, "
    "then wave 3 times"
)
ROUNDS = 9


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        engine = CommandEngine.open(Path(folder) / "library.sqlite")
        minute = engine.parse(MINUTE)
        plans = {"12 actions": minute}
        for minutes in (10, 60):
            steps = minute.steps * minutes
            plans[f"{len(steps)} actions"] = type(minute)(minute.text, minute.language, steps)
        plans["one run"] = engine.parse("run for 59 minutes")
        engine.perform(engine.timeline(minute))
        print("| what | motion | median | worst | a minute of it | most memory / output |\n|---|---|---|---|---|---|")
        for name, plan in plans.items():
            timeline = engine.timeline(plan)
            times = []
            for _ in range(ROUNDS if timeline.duration < 100 else 3):
                start = time.perf_counter()
                track = engine.perform(timeline)
                times.append(1e3 * (time.perf_counter() - start))
            size = track.clip.rotation.nbytes + track.clip.root_position.nbytes + track.clip.contacts.nbytes
            del track
            tracemalloc.start()
            engine.perform(timeline)
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            middle = statistics.median(times)
            print(
                f"| {name} | {timeline.duration:.0f} s | {middle:.0f} ms | {max(times):.0f} ms "
                f"| {60 * middle / timeline.duration:.0f} ms | {most / size:.1f} |"
            )


if __name__ == "__main__":
    main()
