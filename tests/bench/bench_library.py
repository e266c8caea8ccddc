"""How long the action library takes: `python tests/bench/bench_library.py`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from action_library.library import Library
from action_library.track import decode, encode

START = (
    "import time; t = time.perf_counter(); from action_library.library import Library; print(time.perf_counter() - t)"
)


def milliseconds(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and slowest of `times` runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(1e3 * (time.perf_counter() - start))
    return statistics.median(taken), max(taken)


def main() -> None:
    """Print the table."""
    rows: list[tuple[str, tuple[float, float]]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library.sqlite"

        def fill() -> None:
            path.unlink(missing_ok=True)
            Library.open(path).close()

        def open_and_read() -> None:
            library = Library.open(path)
            library.actions()
            library.clip("wave")
            library.clip("run")
            library.close()

        imports = 1e3 * float(subprocess.check_output([sys.executable, "-c", START]))
        rows.append(("import, in a new process", (imports, imports)))
        rows.append(("fill", milliseconds(fill, 2)))
        rows.append(("open", milliseconds(lambda: Library.open(path).close(), 50)))
        rows.append(("open, list, read two clips", milliseconds(open_and_read, 50)))
        library = Library.open(path)
        actions = library.actions()
        clips = {action.name: library.clip(action.name) for action in actions}
        one = actions[0]
        rows.append(("list all documents", milliseconds(library.actions, 100)))
        rows.append(("get one", milliseconds(lambda: library.get("wave"), 200)))
        rows.append(("search", milliseconds(lambda: library.search("kick 跳舞"), 50)))
        rows.append(("add (replace)", milliseconds(lambda: library.add(one, clips[one.name], replace=True), 30)))
        vector = clips["run"].rotation[0].ravel()
        rows.append(("put a vector", milliseconds(lambda: library.vectors.put("key", vector), 50)))
        tracks = [encode(clip) for clip in clips.values()]
        raw = sum(4 * (clip.rotation.size + clip.root_position.size) + clip.contacts.size for clip in clips.values())
        decoding = milliseconds(lambda: [decode(track) for track in tracks], 20)
        rows.append((f"decode {len(tracks)} clips", decoding))
        library.close()
        print(f"{'':32}{'median ms':>10}{'worst ms':>10}")
        for name, (median, worst) in rows:
            print(f"{name:32}{median:10.2f}{worst:10.2f}")
        stored = sum(map(len, tracks))
        print(f"{len(actions)} actions; tracks {stored / 1e6:.2f} MB, {stored / raw:.0%} of plain float32")
        print(f"decoded at {raw / 1e3 / decoding[0]:.0f} MB/s")


if __name__ == "__main__":
    main()
