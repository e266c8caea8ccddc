"""Commands over REST, two processes on loopback: `python tests/bench/bench_rest.py [SECONDS OF SOAK]`.

Twenty commands a second, whether the ones before are answered or not. Then, if asked for, a mixed load for so long:
commands, searches, files, pictures, a live character with three viewers, and a render now and then.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import sys
import time
from pathlib import Path

import httpx
import numpy as np
import uvloop
import websockets
from service import running

# Each of about six seconds.
COMMANDS = (
    "wave then run",
    "先挥手，再跑步",
    "walk for six seconds",
    "jump twice then wave",
    "run while waving the left hand for six seconds",
    "sit down and nod, then stand up",
    "bow, then walk three meters and clap",
    "march for six seconds",
)
RATE, SECONDS, ROUNDS = 20, 20, 3
SETTINGS = {"per_second": 10_000, "burst": 100_000, "renders_waiting": 100}


async def command(client: httpx.AsyncClient, number: int) -> float:
    """Seconds until a command is composed."""
    began = time.perf_counter()
    answer = await client.post("/v1/commands", json={"text": COMMANDS[number % len(COMMANDS)]})
    answer.raise_for_status()
    return time.perf_counter() - began


async def commands(client: httpx.AsyncClient) -> list[float]:
    """An open load."""
    tasks, due = [], time.perf_counter()
    for number in range(RATE * SECONDS):
        tasks.append(asyncio.create_task(command(client, number)))
        due += 1 / RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    return await asyncio.gather(*tasks)


def memory(process: int) -> float:
    """MB that a process has in memory."""
    line = next(line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def soak(host: str, process: int, seconds: float) -> None:
    """A mixed load; how often each thing was done, errors, and the memory after each minute."""
    ends, done, errors = time.monotonic() + seconds, dict[str, int](), list[str]()

    async def repeat(name: str, pause: float, act: object) -> None:
        for number in itertools.count():
            if time.monotonic() > ends:
                return
            try:
                await act(number)  # type: ignore[operator]
                done[name] = done.get(name, 0) + 1
            except Exception as error:
                errors.append(f"{name}: {error!r}")
            await asyncio.sleep(random.uniform(0.5, 1.5) * pause)

    async def look() -> None:
        address = f"ws://{host}/v1/live?room=soak&fps=30&rate=30"
        async with websockets.connect(address, compression=None) as ws:
            async for _ in ws:
                if time.monotonic() > ends:
                    return

    async def speak(number: int) -> None:
        async with websockets.connect(f"ws://{host}/v1/live?room=soak&fps=30", compression=None) as ws:
            await ws.send(json.dumps({"type": "command", "text": COMMANDS[number % len(COMMANDS)]}))
            while not (isinstance(words := await ws.recv(), str) and '"done"' in words):
                pass

    limits = httpx.Limits(max_connections=40)
    async with httpx.AsyncClient(base_url=f"http://{host}", timeout=60, limits=limits) as client:

        async def get(address: str, **query: object) -> httpx.Response:
            return (await client.get(address, params=query)).raise_for_status()

        async def files(number: int) -> None:
            key = (await client.post("/v1/commands", json={"text": COMMANDS[number % len(COMMANDS)]})).json()["id"]
            await get(f"/v1/tracks/{key}/frames")
            await get(f"/v1/tracks/{key}.{('bvh', 'npz', 'glb', 'vrma', 'json')[number % 5]}")
            await get(f"/v1/tracks/{key}/mannequin.png", t=1, width=256, height=256)

        async def render(number: int) -> None:
            key = (await client.post("/v1/commands", json={"text": "nod"})).json()["id"]
            body = {"track": key, "width": 128, "height": 128, "figure": "convex"}
            (await client.post("/v1/renders", json=body)).raise_for_status()

        async def refused(number: int) -> None:
            assert (await client.post("/v1/commands", json={"text": "flurble"})).status_code == 404
            assert (await client.post("/v1/commands", content=b"{")).status_code in (400, 422)

        async def change(number: int) -> None:
            (await client.put("/v1/sequences/soak", json={"text": "wave then bow"})).raise_for_status()
            (await client.delete("/v1/sequences/soak")).raise_for_status()

        tasks = [
            repeat("commands", 0.2, lambda number: command(client, number)),
            repeat("searches", 0.3, lambda number: get("/v1/actions", text=f"say hello {number % 50}", limit=20)),
            repeat("files and pictures", 2.0, files),
            repeat("refused", 2.0, refused),
            repeat("live commands", 1.0, speak),
            repeat("sequences", 5.0, change),
            repeat("renders", 20.0, render),
            *(look() for _ in range(3)),
        ]
        watching = asyncio.gather(*tasks)
        sizes = []
        while time.monotonic() < ends:
            await asyncio.sleep(min(60.0, max(0.1, ends - time.monotonic())))
            sizes.append(memory(process))
            print(f"{seconds - ends + time.monotonic():5.0f} s: {sizes[-1]:.0f} MB", flush=True)
        await watching
    print("; ".join(f"{name} {count}" for name, count in done.items()))
    print(f"{len(errors)} errors {errors[:5]}; memory {100 * (sizes[-1] / sizes[0] - 1):+.1f} % after the first minute")


async def main() -> None:
    with running(**SETTINGS) as (host, process):
        async with httpx.AsyncClient(base_url=f"http://{host}", timeout=60) as client:
            for number in range(3 * len(COMMANDS)):
                await command(client, number)
            print("| command to answer, ms, at 20 a second | median | p90 | p99 | worst |\n|---|---|---|---|---|")
            for number in range(ROUNDS):
                ms = 1e3 * np.array(await commands(client))
                cells = (f"{q:.1f}" for q in np.percentile(ms, (50, 90, 99, 100)))
                print(f"| run {number + 1} | {' | '.join(cells)} |", flush=True)
        if len(sys.argv) > 1:
            await soak(host, process, float(sys.argv[1]))


if __name__ == "__main__":
    uvloop.run(main())
