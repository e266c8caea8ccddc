"""Enlarged photographs beside their originals: PSNR, time and memory of each way to enlarge.

Photographs of scikit-learn and matplotlib are made smaller by 2 or 4 (bicubic, antialiased) and enlarged again.

Run: python tests/bench/bench_upscale.py [FOLDER for sheets of the results]
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from animator.upscale import Upscaler, load_upscaler
from motion_engine.types import Array

PICTURES = {
    "pagoda": ("sklearn", "datasets/images/china.jpg", (0, 0, 512, 400)),
    "dahlia": ("sklearn", "datasets/images/flower.jpg", (60, 0, 512, 400)),
    "portrait": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", (0, 0, 512, 512)),
}
SMALL = 64  # px of a side that the slow network is given


def main() -> None:
    """Print the table."""
    waifu2x, x4plus = load_upscaler("waifu2x"), load_upscaler("x4plus")
    print("| picture | size | bicubic | Lanczos | network | | seconds |\n|---|---|---|---|---|---|---|")
    for name in PICTURES:
        original = photograph(name)
        line(name, original, waifu2x)
        height, width = original.shape[:2]
        top, left = max(0, height // 2 - 160), width // 2 - 2 * SMALL
        line(name, original[top : top + 4 * SMALL, left : left + 4 * SMALL], x4plus)
    print("\nseconds for 256 x 256 px by", end="")
    for upscaler in (waifu2x, load_upscaler("lanczos2"), load_upscaler("lanczos4")):
        start = time.perf_counter()
        upscaler.picture(np.zeros((256, 256, 3), np.uint8))
        print(f" {upscaler.name} x{upscaler.scale}: {time.perf_counter() - start:.3f}", end=";")
    print()


def photograph(name: str) -> Array:
    """A part of a photograph, its sides multiples of 4."""
    package, path, (left, top, width, height) = PICTURES[name]
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None, f"{package} is not installed"
    with Image.open(Path(spec.origin).parent / path) as picture:
        return np.asarray(picture.convert("RGB"))[top : top + height, left : left + width]


def line(name: str, original: Array, upscaler: Upscaler) -> None:
    """Print a row, and keep a sheet if a folder is given: original, bicubic, network."""
    height, width = original.shape[:2]
    small = resized(original, width // upscaler.scale, height // upscaler.scale, Image.Resampling.BICUBIC)
    bicubic = resized(small, width, height, Image.Resampling.BICUBIC)
    lanczos = resized(small, width, height, Image.Resampling.LANCZOS)
    start = time.perf_counter()
    large = upscaler.picture(small)
    seconds = time.perf_counter() - start
    values = " | ".join(f"{psnr(picture, original):.2f} dB" for picture in (bicubic, lanczos, large))
    size = f"{small.shape[1]} x {small.shape[0]} → {width} x {height}"
    print(f"| {name} | {size} | {values} | {upscaler.name} | {seconds:.2f} |", flush=True)
    if len(sys.argv) > 1:
        sheet = np.hstack((original, bicubic, large))
        Image.fromarray(sheet).save(Path(sys.argv[1]) / f"{name}_{upscaler.name}.png")


def resized(picture: Array, width: int, height: int, how: Image.Resampling) -> Array:
    """A picture of another size."""
    return np.asarray(Image.fromarray(picture).resize((width, height), how))


def psnr(a: Array, b: Array) -> float:
    """Peak signal-to-noise ratio in dB."""
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))


if __name__ == "__main__":
    main()
