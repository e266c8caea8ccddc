"""How well and how fast speech is heard: `python tests/bench/bench_speech.py [--whisper SETTING] [--few]`.

The 60 recordings of tests/data/speech clean and in white noise of 10 dB, and the human ones of Debian's package
pocketsphinx-testdata where it is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from pathlib import Path

import numpy as np

from api.engine import CommandEngine
from motion_engine.errors import MotionError
from nlp.audio import RATE, Samples, read_audio
from nlp.models import threads
from nlp.speech import Listener, open_recognizer, vocabulary_of

SPEECH = Path(__file__).parents[1] / "data/speech"
HUMAN = Path("/usr/share/pocketsphinx/test/data/goforward.raw")  # headerless, 16 kHz, 16 bit
NOISE = 10.0  # dB below the speech


def noisy(samples: Samples, rng: np.random.Generator) -> Samples:
    """The samples in white noise `NOISE` dB below their loud parts."""
    power = float(np.mean(samples[np.abs(samples) > 0.01] ** 2))
    return samples + rng.normal(0.0, np.sqrt(power / 10 ** (NOISE / 10)), len(samples)).astype(np.float32)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--whisper", help="as MOTION_WHISPER: a size, a .pt file or a CTranslate2 folder")
    parser.add_argument("--few", action="store_true", help="every sixth recording only")
    parser.add_argument("--said", action="store_true", help="print what was misheard")
    options = parser.parse_args()
    engine, listener = CommandEngine.open(), Listener(open_recognizer(options.whisper))
    words = vocabulary_of(engine.matcher.books.values())
    rng = np.random.default_rng(1)
    cases = [json.loads(line) for line in (SPEECH / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    rows: dict[str, list[tuple[bool, bool, float, float]]] = {}
    for case in cases[:: 6 if options.few else 1]:
        samples = read_audio(SPEECH / case["file"])
        voice = case["voice"].partition(":")[0]
        kinds = {f"{case['language']} {voice}": samples, f"{case['language']} {voice}, noise": noisy(samples, rng)}
        for kind, sound in kinds.items():
            rows.setdefault(kind, []).append(hear(engine, listener, words, sound, case, options.said))
    if HUMAN.exists():
        sound = np.fromfile(HUMAN, "<i2").astype(np.float32) / 32768
        case = {"text": "go forward ten meters", "plan": "walk[direction=forward,distance=10]", "language": "en"}
        rows["en human"] = [hear(engine, listener, words, sound, case, options.said)]
    print(f"Threads: {threads()}, OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', 'not set')}\n")
    print("| recordings | exact plans | language right | median s | worst s | s of sound |")
    print("|---|---|---|---|---|---|")
    for kind, found in sorted(rows.items()):
        exact, language, seconds, length = zip(*found, strict=True)
        print(
            f"| {kind} | {sum(exact)} of {len(exact)} ({np.mean(exact):.0%}) | {sum(language)} "
            f"| {statistics.median(seconds):.2f} | {max(seconds):.2f} | {statistics.mean(length):.1f} |"
        )


def hear(
    engine: CommandEngine,
    listener: Listener,
    words: dict[str, list[str]],
    sound: Samples,
    case: dict[str, str],
    said: bool,
) -> tuple[bool, bool, float, float]:
    """Whether plan and language are right, and how many seconds it took for how many seconds of sound."""
    start = time.perf_counter()
    try:
        heard = listener.hear(sound, vocabulary=words)  # type: ignore[arg-type]
        text, language = heard.text, heard.language
    except MotionError as error:
        text, language = f"({error})", "none"
    seconds = time.perf_counter() - start
    exact = engine.notation(text) == case["plan"]
    if said and not exact:
        print(f"{case['text']!r} heard as {text!r}: {engine.notation(text)}")
    return exact, language == case["language"], seconds, len(sound) / RATE


if __name__ == "__main__":
    main()
