"""How a library answers as it grows: `python tests/bench/bench_library_size.py [--mongo URL]`.

Synthetic actions: names, tags, durations and sources drawn at random, 384-dimensional unit vectors, and the tracks of a
few clips that they share. Each figure is of a process of its own, after the file was closed.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from action_library.action import new_action
from action_library.entry import INDEX, entry_of
from action_library.library import INDEX_MARK, Library
from action_library.search import Filter
from action_library.store import Entry
from action_library.stores import open_store
from action_library.track import encode, track_key
from motion_engine.contacts import label_contacts
from motion_engine.types import Array, Clip, canonical_skeleton

SIZES = (1_000, 10_000, 100_000)
DIMENSIONS = 384
MODEL = "bench"
VERBS = ("walk", "run", "jump", "wave", "bow", "kick", "punch", "dance", "sit", "crawl", "turn", "throw", "climb")
STYLES = [f"style{number}" for number in range(100)]
TAGS = ["gesture", "locomotion", "fight", "dance", "posture", *(f"tag{number}" for number in range(45))]
REPEATS = 300
COLUMNS = (
    "actions",
    "fill, s",
    "open and get",
    "get by name",
    "filtered, sorted page",
    "first search",
    "by meaning",
    "meaning, words, tag",
    "memory, MB",
)


def embed(texts: Sequence[str]) -> Array:
    """A unit vector for each text, the same for the same text."""
    vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
    for row, text in enumerate(texts):
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
        vectors[row] = np.random.Generator(np.random.PCG64(seed)).standard_normal(DIMENSIONS, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def clips() -> list[tuple[str, bytes]]:
    """A few short tracks."""
    skeleton, made = canonical_skeleton(), []
    for frames in range(30, 60):
        root = np.tile(skeleton.offsets[0], (frames, 1))
        rotation = np.zeros((frames, len(skeleton.names), 4))
        rotation[..., 0] = 1.0
        clip = Clip(skeleton, 30.0, root, rotation, np.zeros((frames, 4), dtype=bool))
        data = encode(Clip(skeleton, 30.0, root, rotation, label_contacts(clip)))
        made.append((track_key(data), data))
    return made


def entries(count: int) -> Iterator[tuple[Entry, bytes]]:
    """Synthetic actions."""
    chance, tracks = np.random.default_rng(1), clips()
    for number in range(count):
        verb, style = chance.choice(VERBS), chance.choice(STYLES)
        track, data = tracks[number % len(tracks)]
        action = new_action(
            name=f"{verb}_{style}_{number:06}",
            description=f"{verb} in the manner of {style}",
            aliases={"en": [f"{style} {verb}"], "zh": ["走路" if verb == "walk" else "动作"]},
            tags=chance.choice(TAGS, 3, replace=False).tolist(),
            parts=["left_arm"] if number % 3 else ["right_arm", "head"],
            source=f"collection {number % 5}",
            licence=("MIT", "CC BY 4.0", "CC BY-NC 4.0")[number % 3],
            duration=float(np.round(chance.uniform(0.5, 20.0), 2)),
            fps=30.0,
            frames=30,
            track=track,
        )
        yield entry_of(action), data


def fill(url: str, count: int) -> float:
    """Makes a library; seconds."""
    began, store = time.perf_counter(), open_store(url)
    batch: list[tuple[Entry, bytes | None]] = []
    vectors: dict[str, bytes] = {}
    for number, (entry, data) in enumerate(entries(count)):
        batch.append((entry, data if number < 30 else None))
        vectors[f"{MODEL}:text:{entry.text}"] = embed([entry.text])[0].tobytes()
        if len(batch) == 1000 or number == count - 1:
            assert store.put_new(batch, f"bench:{number}", None, "") == ()
            store.put_vectors(vectors)
            batch, vectors = [], {}
    store.set_mark(INDEX_MARK, INDEX)
    store.close()
    return time.perf_counter() - began


def p99(work: Callable[[int], object], repeats: int = REPEATS) -> str:
    """Median and 99th percentile, ms."""
    taken = []
    for number in range(repeats):
        start = time.perf_counter()
        work(number)
        taken.append(1e3 * (time.perf_counter() - start))
    return f"{np.median(taken):.2f} ({np.percentile(taken, 99):.2f})"


def measure(url: str) -> None:
    """Prints the figures of one library, as cells of a row."""
    chance = np.random.default_rng(2)
    names = [row.entry.name for row in Library(open_store(url)).index.page(Filter(), limit=500).rows]

    def opened(_: int) -> None:
        library = Library(open_store(url))
        library.get(names[0])
        library.close()

    cells = [p99(opened, 30)]
    library = Library(open_store(url))
    cells.append(p99(lambda _: library.get(str(chance.choice(names)))))

    def page(number: int) -> None:
        wanted = (
            Filter(),
            Filter(tags=(str(chance.choice(TAGS)),)),
            Filter(licence="CC BY-NC", parts=("left_arm",)),
            Filter(tags=tuple(chance.choice(TAGS, 2, replace=False).tolist())),
            Filter(source="collection 3", shortest=5.0, longest=8.0),
        )[number % 5]
        sort = ("name", "duration", "created")[number % 3]
        first = library.index.page(wanted, sort=sort, descending=bool(number % 2), limit=20)  # type: ignore[arg-type]
        if first.cursor and number % 4 == 0:
            library.index.page(wanted, sort=sort, descending=bool(number % 2), limit=20, cursor=first.cursor)  # type: ignore[arg-type]

    cells.append(p99(page))
    began = time.perf_counter()
    library.index.by_text("warm", embed=embed, model=MODEL)
    cells.append(f"{1e3 * (time.perf_counter() - began):.0f}")
    queries = [f"query {number}" for number in range(REPEATS)]
    cells.append(p99(lambda n: library.index.by_text(queries[n], embed=embed, model=MODEL)))
    said = [f"{chance.choice(VERBS)} {chance.choice(STYLES)}" for _ in range(REPEATS)]
    cells.append(p99(lambda n: library.index.by_text(said[n], Filter(tags=("gesture",)), embed=embed, model=MODEL)))
    cells.append(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")
    print(" | ".join(cells), flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mongo", help="mongodb://HOST:PORT, where databases may be made")
    parser.add_argument("--measure", help="a library: print its row only")
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure)
        return
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            url = f"{arguments.mongo}/bench_{size}" if arguments.mongo else str(Path(folder) / f"{size}.sqlite")
            taken = fill(url, size)
            command = [sys.executable, __file__, "--measure", url]
            row = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
            print(f"| {size:,} | {taken:.0f} | {row} |", flush=True)


if __name__ == "__main__":
    main()
