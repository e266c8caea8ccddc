"""How fast a minute of motion is written in each format. `python tests/bench/bench_formats.py`."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from animator.figure import skinned_mesh
from motion_engine import quat
from motion_engine.formats.bvh import write_bvh
from motion_engine.formats.gltf import write_glb, write_vrma
from motion_engine.formats.smpl import write_smpl
from motion_engine.types import Clip, canonical_skeleton

SECONDS, FPS, REPEATS = 60, 30, 7


def clip_of(seconds: int) -> Clip:
    """Smooth random rotations of all 52 joints."""
    frames, skeleton = seconds * FPS, canonical_skeleton()
    steps = np.random.default_rng(0).normal(size=(frames, len(skeleton.names), 3))
    rotation = quat.unroll(quat.from_rotvec(np.cumsum(steps, axis=0) * 0.02))
    root = np.tile(skeleton.offsets[0], (frames, 1))
    return Clip(skeleton, FPS, root, rotation, np.zeros((frames, 4), dtype=bool))


def main() -> None:
    """Prints the table."""
    clip = clip_of(SECONDS)
    start = time.perf_counter()
    mesh = skinned_mesh()
    loaded = time.perf_counter() - start
    writers: dict[str, Callable[[Path], None]] = {
        "bvh": lambda path: write_bvh(path, clip),
        "npz": lambda path: write_smpl(path, clip),
        "glb": lambda path: write_glb(path, clip, mesh),
        "vrma": lambda path: write_vrma(path, clip),
    }
    print(f"| {SECONDS} s at {FPS} frames/s, 52 joints | median | size |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for suffix, write in writers.items():
            path, times = Path(folder, f"clip.{suffix}"), []
            for _ in range(REPEATS):
                start = time.perf_counter()
                write(path)
                times.append(time.perf_counter() - start)
            print(f"| .{suffix} | {1000 * statistics.median(times):.0f} ms | {path.stat().st_size / 1e6:.1f} MB |")
    print(f"| the figure for .glb, once a process | {1000 * loaded:.0f} ms | |")


if __name__ == "__main__":
    main()
