"""Memory of long videos, and frames a second of writing, reading and retouching.

Each length is written by a process of its own, which tells the most memory it ever had. Every frame is new: a
gradient that moves, with noise, 128 x 128 px at 30 frames/s, with sound where the kind of file has one.

Run: python tests/bench/bench_video.py [minutes …]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from animator.retouch import deflicker, enhance_detail, match_colours
from animator.video import write_video
from animator.video_frames import read_frames
from motion_engine.types import Array

SIDE, FPS = 128, 30
KINDS = (".mp4", ".webm", ".gif", "")
RETOUCHED = 40


def main() -> None:
    """Print the tables, or be one of the processes."""
    if sys.argv[1:2] == ["--write"]:
        write(Path(sys.argv[2]), float(sys.argv[3]))
        return
    minutes = [float(value) for value in sys.argv[1:]] or [1.0, 3.0]
    print("| kind | " + " | ".join(f"{m:g} min" for m in minutes) + " | frames/s |\n|---" * 1, end="")
    print("|---" * (len(minutes) + 1) + "|")
    with tempfile.TemporaryDirectory() as folder:
        for suffix in KINDS:
            cells, rate = [], 0.0
            for value in minutes:
                target = Path(folder) / f"out{suffix}"
                command = [sys.executable, __file__, "--write", str(target), str(value)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                megabytes, seconds = map(float, done.stdout.split())
                rate = value * 60 * FPS / seconds
                cells.append(f"{megabytes:.0f} MB")
            print(f"| {suffix or 'folder of PNG'} | {' | '.join(cells)} | {rate:.0f} |", flush=True)
    retouching()


def write(path: Path, minutes: float) -> None:
    """Write a video, and print MB and seconds."""
    count = int(minutes * 60 * FPS)
    audio = None
    if path.suffix in (".mp4", ".webm"):
        audio = np.sin(np.arange(16_000 * 10, dtype=np.float32) / 9) * np.float32(0.3)
    start = time.perf_counter()
    write_video(path, frames(count, SIDE), FPS, audio=audio)
    seconds = time.perf_counter() - start
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, seconds)


def frames(count: int, side: int) -> Iterator[Array]:
    """Pictures that all differ."""
    noise = np.random.default_rng(0).integers(0, 24, (side, side, 3), np.uint8)
    ramp = np.add.outer(np.arange(side), np.arange(side))[..., None]
    for index in range(count):
        yield ((ramp + index) % 200).astype(np.uint8) + np.roll(noise, 7 * index, axis=1)


def retouching() -> None:
    """Print milliseconds a frame of 512 x 512."""
    pictures = list(frames(RETOUCHED, 512))
    print("\n| 512 x 512 | ms a frame |\n|---|---|")
    ways = {
        "match_colours, statistics": match_colours(pictures, pictures[0]),
        "match_colours, histogram": match_colours(pictures, pictures[0], method="histogram"),
        "enhance_detail": enhance_detail(pictures),
        "deflicker": deflicker(pictures),
    }
    for name, stream in ways.items():
        start = time.perf_counter()
        for _ in stream:
            pass
        print(f"| {name} | {(time.perf_counter() - start) / RETOUCHED * 1000:.0f} |")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.mp4"
        start = time.perf_counter()
        write_video(path, pictures, FPS)
        middle = time.perf_counter()
        assert len(list(read_frames(path))) == RETOUCHED
        print(f"| write_video, .mp4 | {(middle - start) / RETOUCHED * 1000:.0f} |")
        print(f"| read_frames, .mp4 | {(time.perf_counter() - middle) / RETOUCHED * 1000:.0f} |")


if __name__ == "__main__":
    main()
