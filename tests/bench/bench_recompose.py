"""A change on the studio's timeline, two processes on loopback: `python tests/bench/bench_recompose.py`.

What the page does each time: the tracks are sent to `/v1/sequences`, and the frames of the answer are fetched. Each
time one block is a little longer than before, so that nothing is the same as the last time.
"""

from __future__ import annotations

import time

import httpx
import numpy as np
from service import running

BODY = ("walk", "wave", "run", "jump", "bow", "dance", "walk", "kick", "march", "turn")
OVER = ("wave", "nod", "clap", "point", "shake_head")
BLOCKS = (2, 5, 10, 20)
SECONDS = 3.0  # of each block, which makes 20 blocks a minute's motion, with those laid over others
CHANGES, ROUNDS = 100, 3


def tracks(blocks: int, change: int) -> list[dict[str, object]]:
    """So many blocks, three of four on the body, in their `change`d lengths."""
    over = blocks // 4
    rows = BODY * 2, OVER * 2
    clips = [
        [{"action": row[i], "start": SECONDS * i, "duration": SECONDS} for i in range(count)]
        for row, count in zip(rows, (blocks - over, over), strict=True)
    ]
    clips[0][change % len(clips[0])]["duration"] = SECONDS - (change % 7 + 1) / 30
    return [{"clips": row} for row in clips if row]


def main() -> None:
    """Print the table."""
    with running(per_second=10_000, burst=100_000) as (host, _):
        with httpx.Client(base_url=f"http://{host}", timeout=60) as client:

            def recompose(blocks: int, change: int) -> tuple[float, float, float]:
                """ms until it is composed, and until its frames are here as well; s that it lasts."""
                began = time.perf_counter()
                reply = client.post("/v1/sequences", json={"tracks": tracks(blocks, change)}).raise_for_status()
                composed = time.perf_counter()
                answer = reply.json()
                client.get(f"/v1/tracks/{answer['id']}/frames").raise_for_status()
                return 1e3 * (composed - began), 1e3 * (time.perf_counter() - began), answer["timeline"]["duration"]

            print("| blocks | motion | composed, ms: median | p99 | with its frames: median | p99 | worst |")
            print("|---|---|---|---|---|---|---|")
            for blocks in BLOCKS:
                recompose(blocks, 0)
                for _ in range(ROUNDS):
                    rows = np.array([recompose(blocks, change) for change in range(CHANGES)])
                    composed = np.percentile(rows[:, 0], (50, 99))
                    fetched = np.percentile(rows[:, 1], (50, 99, 100))
                    cells = (f"{value:.1f}" for value in (*composed, *fetched))
                    print(f"| {blocks} | {rows[-1, 2]:.0f} s | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
