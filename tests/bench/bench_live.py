"""Live characters, two processes on loopback. Run: `python tests/bench/bench_live.py`.

From a command that is sent to the first frame in which it takes effect: the answer names it, and a test proves that it
is the first one that differs. Who is in the air comes down first. And how many frames 200 viewers lose.
"""

from __future__ import annotations

import asyncio
import json
import random
import struct
import time

import numpy as np
import uvloop
import websockets
from service import running

COMMANDS = (
    "wave",
    "run",
    "jump twice",
    "先挥手，再跑步",
    "sit down",
    "walk to the left",
    "nod while walking",
    "stand up",
    "鞠躬",
)
ROUNDS, VIEWERS, SECONDS = 200, 200, 20.0


async def latency(host: str, fps: int) -> list[float]:
    """Seconds from commands, sent at any moment, to their effects."""
    sent: dict[str, float] = {}
    found: list[float] = []
    effects: dict[int, str] = {}

    async def command(ws: websockets.ClientConnection) -> None:
        await asyncio.sleep(1.0)
        for number in range(ROUNDS):
            sent[str(number)] = time.perf_counter()
            text = COMMANDS[number % len(COMMANDS)]
            await ws.send(json.dumps({"type": "command", "id": str(number), "text": text}))
            while len(found) <= number:
                await asyncio.sleep(random.uniform(0.05, 0.25))

    async with websockets.connect(f"ws://{host}/v1/live?room=at{fps}&fps={fps}", compression=None) as ws:
        commanding = asyncio.create_task(command(ws))
        async for words in ws:
            now = time.perf_counter()
            if isinstance(words, bytes):
                if ident := effects.pop(struct.unpack_from("<I", words, 4)[0], None):
                    found.append(now - sent[ident])
                    if len(found) == ROUNDS:
                        break
            elif (said := json.loads(words))["type"] == "done":
                effects[said["did"]["frame"]] = said["id"]
            elif said["type"] == "problem":
                raise SystemExit(said["detail"])
        await commanding
    return found


class Watcher:
    """A viewer that counts."""

    def __init__(self) -> None:
        self.frames = self.lost = 0

    async def watch(self, host: str, ready: asyncio.Event) -> None:
        async with websockets.connect(f"ws://{host}/v1/live?room=crowd&fps=30", compression=None, max_queue=64) as ws:
            last = None
            async for words in ws:
                if isinstance(words, bytes) and ready.is_set():
                    frame = struct.unpack_from("<I", words, 4)[0]
                    if last is not None:
                        self.lost += frame - last - 1
                    last = frame
                    self.frames += 1


async def crowd(host: str) -> tuple[int, int]:
    """Frames that viewers got and lost."""
    watchers, ready = [Watcher() for _ in range(VIEWERS)], asyncio.Event()
    tasks = [asyncio.create_task(watcher.watch(host, ready)) for watcher in watchers]
    await asyncio.sleep(4.0)
    ready.set()
    async with websockets.connect(f"ws://{host}/v1/live?room=crowd&format=json", compression=None) as ws:
        await ws.send('{"type": "command", "text": "walk for ten minutes while waving"}')
    await asyncio.sleep(SECONDS)
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if not isinstance(result, asyncio.CancelledError):
            raise SystemExit(f"A viewer was lost: {result!r}")
    return sum(watcher.frames for watcher in watchers), sum(watcher.lost for watcher in watchers)


async def main() -> None:
    with running() as (host, _):
        print("| command to effect, ms | median | p90 | p99 | worst |\n|---|---|---|---|---|")
        for fps in (60, 30, 60):
            ms = 1e3 * np.array(await latency(host, fps))
            cells = (f"{q:.1f}" for q in np.percentile(ms, (50, 90, 99, 100)))
            print(f"| {fps} frames/s | {' | '.join(cells)} |")
        for _ in range(3):
            frames, lost = await crowd(host)
            print(f"{VIEWERS} viewers at 30 frames/s, {SECONDS:.0f} s: {frames} frames, {lost} lost")


if __name__ == "__main__":
    uvloop.run(main())
