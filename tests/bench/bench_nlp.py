"""How fast commands are understood, warm and cold. `python tests/bench/bench_nlp.py [--model NAME_OR_FOLDER]`."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from nlp.lexicon import load
from nlp.match import Matcher, Phrasebook
from nlp.models import open_embedder
from nlp.parse import notation

COMMANDS = Path(__file__).parents[1] / "data/commands.jsonl"
NAMES = tuple(load()["en"]["actions"])
VERBS = ("wriggle", "plod off", "swoop", "twitch", "摇摆", "扭动", "抖动", "摸索")
THINGS = ("eagle", "river", "candle", "sailor", "garden", "老虎", "瀑布", "木偶", "海浪", "树叶", "feather", "engine")
REPEATS = 5


def milliseconds(action: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - start)


def row(name: str, times: list[float], aim: str) -> None:
    """One line of the table."""
    ordered = sorted(times)
    p99 = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    print(f"{name:46}{len(times):7}{statistics.median(times):10.2f}{p99:10.2f}{ordered[-1]:10.2f}  {aim}")


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--model", default=None, help="a sentence-transformers name or folder; default: the packaged model"
    )
    parser.add_argument("--actions", type=int, default=1000, help="size of the large library")
    options = parser.parse_args()
    if not COMMANDS.is_file():
        sys.exit(f"{COMMANDS} is missing: run this from a checkout")
    cases = [json.loads(line) for line in COMMANDS.read_text(encoding="utf-8").splitlines()]
    known = [case["text"] for case in cases if not case["plan"].startswith("!")]
    print(f"{'ms':46}{'n':>7}{'median':>10}{'p99':>10}{'worst':>10}  aim")
    many = [Phrasebook(f"move_{k}", f"Action number {k}", (f"perform move {k}",)) for k in range(options.actions)]
    for title, books in (("starter library", []), (f"{options.actions} actions more", many)):
        all_books = [*(Phrasebook(name) for name in NAMES), *books]
        row(f"matcher made, {title}", [milliseconds(lambda b=all_books: Matcher(b)) for _ in range(3)], "")
        words = Matcher(all_books)
        times = [milliseconds(lambda t=text, m=words: notation(t, m)) for _ in range(REPEATS) for text in known]
        row(f"lexicon path, {title}", times, "< 3")
        models = []
        row(f"model loaded, {title}", [milliseconds(lambda m=models: m.append(open_embedder(options.model)))], "cold")
        matcher = Matcher(all_books, models[0])
        row(f"first phrase, no vectors kept, {title}", [milliseconds(lambda m=matcher: m.unknown("first"))], "once")
        fresh = [f"{verb} {thing} {other}" for verb in VERBS for thing in THINGS for other in THINGS if thing != other]
        row(f"embedding path, {title}", [milliseconds(lambda t=t, m=matcher: notation(t, m)) for t in fresh], "< 15")
        row(f"met before, {title}", [milliseconds(lambda t=t, m=matcher: notation(t, m)) for t in fresh], "< 3")


if __name__ == "__main__":
    main()
