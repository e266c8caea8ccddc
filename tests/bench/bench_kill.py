"""What is left when imports and writes are killed: `python tests/bench/bench_kill.py [--mongo URL] [--times 50]`.

A process that imports files, and one that writes with four threads, are killed (SIGKILL) at random moments. After each
kill everything that had been acknowledged must be readable, and after the last the import must complete.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from action_library.library import Library
from action_library.stores import open_store
from motion_engine import quat
from motion_engine.formats.bvh import write_bvh
from motion_engine.types import Clip, canonical_skeleton

FILES = 120
IMPORT = """
import sys
from pathlib import Path
from action_library.importer import Options, import_files
from action_library.library import Library
from action_library.stores import open_store
if __name__ == "__main__":
    library = Library(open_store(sys.argv[1]))
    tell = lambda share, label, counts: print(Path(label).stem, flush=True)
    import_files(library, [Path(sys.argv[2])], Options(jobs=int(sys.argv[3])), tell)
"""
WRITE = """
import sys, threading
from action_library.store import Entry
from action_library.stores import open_store
store, who = open_store(sys.argv[1]), sys.argv[2]
def work(thread):
    for number in range(100_000):
        name = f"{who}_{thread}_{number}"
        assert store.put(Entry(name, "action", name, name), name.encode() * 500)
        sys.stdout.write(name + "\\n")
        sys.stdout.flush()
threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
[thread.start() for thread in threads]
"""


def make_files(folder: Path) -> None:
    """Somebody swings an arm, each time a little differently."""
    skeleton, frames = canonical_skeleton(), 45
    for number in range(FILES):
        rotation = np.tile(quat.IDENTITY, (frames, len(skeleton.names), 1))
        angle = 0.01 * number + np.sin(2 * np.pi * np.arange(frames) / frames)
        rotation[:, skeleton.index("right_shoulder")] = quat.from_axis_angle("z", angle)
        root = np.tile(skeleton.offsets[0], (frames, 1))
        write_bvh(folder / f"take_{number:03}.bvh", Clip(skeleton, 30.0, root, rotation, np.zeros((frames, 4), bool)))


def killed(command: list[str], longest: float, chance: random.Random) -> set[str]:
    """What a process had acknowledged, one a line, when it was killed after up to `longest` seconds."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True, env=environment)
    assert process.stdout
    first = process.stdout.readline()
    time.sleep(chance.uniform(0.0, longest))
    os.killpg(process.pid, signal.SIGKILL)
    lines = (first + process.communicate()[0]).split("\n")[:-1]  # the last may be cut off
    return {line for line in lines if line}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mongo", help="mongodb://HOST:PORT/?replicaSet=..., where a database may be made")
    parser.add_argument("--times", type=int, default=50)
    arguments = parser.parse_args()
    chance = random.Random(11)
    print("| store | kills | acknowledged | lost | orphans after check | files in the end |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files, script = folder / "files", folder / "import.py"
        files.mkdir()
        make_files(files)
        script.write_text(IMPORT)
        stamp = time.time_ns()
        for kind in ("import", "writes"):
            url = str(folder / f"{kind}.sqlite")
            if arguments.mongo:
                url = arguments.mongo.replace("/?", f"/kill_{kind}_{stamp}?")
            told: set[str] = set()
            for number in range(arguments.times):
                if kind == "import":
                    command = [sys.executable, str(script), url, str(files), str(1 + number % 2)]
                else:
                    command = [sys.executable, "-c", WRITE, url, f"w{number}"]
                told |= killed(command, 0.15, chance)
                store = open_store(url)
                there = {row.entry.name: row.entry.track for row in store.all("action")}
                lost = {one for one in told if one not in there or store.track(there[one]) is None}
                assert not lost, lost
                store.close()
            if kind == "import":
                subprocess.run(
                    [sys.executable, str(script), url, str(files), "2"],
                    stdout=subprocess.DEVNULL,
                    check=True,
                    env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
                )
            library = Library(open_store(url))
            library.store.collect(0.0)
            used = {row.entry.track for row in library.store.all("action")}
            orphans = library.store.track_keys() - used
            count = len(library.store.all("action"))
            ended = f"{count} of {FILES}" if kind == "import" else "-"
            where = "MongoDB" if arguments.mongo else "SQLite"
            print(
                f"| {where}, {kind} | {arguments.times} | {len(told)} | {len(lost)} | {len(orphans)} | {ended} |",
                flush=True,
            )
            library.close()


if __name__ == "__main__":
    main()
