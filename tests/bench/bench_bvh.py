"""How fast BVH files are read: ours, pybvh and bvhio, in one run on one machine. `python tests/bench/bench_bvh.py`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from motion_engine import quat
from motion_engine.formats.bvh import read_bvh, write_bvh
from motion_engine.types import Clip, canonical_skeleton

MOCAP = Path(__file__).parents[2] / "../shared/mocap"
REPEATS = 3
SLOWEST_SIZE = 2e6  # bytes; bvhio is not asked to read more


def synthetic(path: Path, frames: int, decimals: str) -> None:
    """A file of random rotations with canonical joints; `decimals` is the number format of its values."""
    rng = np.random.default_rng(0)
    skeleton = canonical_skeleton()
    rotation = quat.from_rotvec(np.cumsum(rng.normal(size=(frames, len(skeleton.names), 3)), axis=0) * 0.02)
    clip = Clip(skeleton, 30.0, np.zeros((frames, 3)), rotation, np.zeros((frames, 4)))
    write_bvh(path, clip)
    if decimals != "%.6f":
        head, _, body = path.read_text().partition("Frame Time:")
        first, *rows = body.splitlines()
        rows = [" ".join(decimals % float(word) for word in row.split()) for row in rows]
        path.write_text("\n".join([f"{head}Frame Time:{first}", *rows]) + "\n")


def rate(read: Callable[[str], Any], files: list[Path]) -> str:
    """MB/s over all files, best of REPEATS; or why the reader refuses one of them."""
    size, best = sum(file.stat().st_size for file in files), float("inf")
    try:
        for _ in range(REPEATS):
            start = time.perf_counter()
            for file in files:
                read(str(file))
            best = min(best, time.perf_counter() - start)
    except Exception as error:  # another library's errors are of any kind
        return f"refuses ({type(error).__name__})"
    return f"{size / best / 1e6:.1f} MB/s"


def main() -> None:
    """Prints the table."""
    try:
        import bvhio
        import pybvh
    except ImportError as error:
        sys.exit(f"{error}: install the dev extra")
    with tempfile.TemporaryDirectory() as folder:
        fixed, general = Path(folder, "fixed.bvh"), Path(folder, "general.bvh")
        synthetic(fixed, 12000, "%.6f")
        synthetic(general, 6000, "%g")
        sets = {"synthetic, %.6f": [fixed], "synthetic, %g": [general]}
        for name in ("animated_drawings", "bandai"):
            files = sorted((MOCAP / name).glob("*.bvh"))
            if files:
                sets[name] = files
                sets[f"{name}, largest"] = [max(files, key=lambda file: file.stat().st_size)]
        print(f"{'files':28}{'MB':>8}{'ours':>20}{'pybvh':>24}{'bvhio':>20}")
        for name, files in sets.items():
            size = sum(file.stat().st_size for file in files)
            slow = rate(bvhio.readAsHierarchy, files) if size < SLOWEST_SIZE else "not run"
            ours, other = rate(read_bvh, files), rate(pybvh.read_bvh_file, files)
            print(f"{name:28}{size / 1e6:8.1f}{ours:>20}{other:>24}{slow:>20}")


if __name__ == "__main__":
    main()
