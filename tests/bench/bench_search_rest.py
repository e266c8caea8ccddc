"""Action search over REST, two processes on loopback: `python tests/bench/bench_search_rest.py [ACTIONS]`.

The library is that of `bench_library_size.py`, with vectors as the packaged model has them; questions are embedded.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

import bench_library_size as library
import httpx
import numpy as np
from service import running

from nlp.models import open_embedder

QUESTIONS = (
    "greet somebody",
    "向左走",
    "a quick kick to the head",
    "sit",
    "climb style7",
    "fall over",
    "跳舞",
    "throw a ball",
)
REPEATS = 400


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    model = open_embedder(None)
    library.MODEL, library.DIMENSIONS = model.id, len(model.embed(["one"])[0])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "library.sqlite")
        library.fill(str(path), count)
        print(f"{count} actions\n\n| ms | median | p99 | worst |\n|---|---|---|---|")
        with (
            running(path, per_second=10_000, burst=100_000) as (host, _),
            httpx.Client(base_url=f"http://{host}") as client,
        ):
            for name, query in (
                ("by meaning", {}),
                ("by meaning, with a tag and a duration", {"tag": "dance", "min_duration": 2}),
                ("filtered and sorted", {"tag": "dance", "sort": "duration"}),
            ):
                for number in range(20):
                    ask(client, number, query)
                ms = 1e3 * np.array([ask(client, number, query) for number in range(REPEATS)])
                cells = (f"{q:.1f}" for q in np.percentile(ms, (50, 99, 100)))
                print(f"| {name} | {' | '.join(cells)} |", flush=True)


def ask(client: httpx.Client, number: int, query: dict[str, object]) -> float:
    """Seconds of one search, each for another text."""
    text = {} if "sort" in query else {"text": f"{QUESTIONS[number % len(QUESTIONS)]} {random.randrange(1000)}"}
    began = time.perf_counter()
    answer = client.get("/v1/actions", params={"limit": 20} | query | text)
    taken = time.perf_counter() - began
    assert answer.status_code == 200 and answer.json()["actions"], answer.text
    return taken


if __name__ == "__main__":
    main()
