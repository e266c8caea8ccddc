"""Whether StableAnimator can render here: graphics card, packages, weights and their licences."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from animator.stable_animator.weights import PARTS, Part, found, sha256_of, weights_folder
from api.findings import Finding
from motion_engine.errors import ModelUnavailable

# The least driver for each CUDA, on Linux: NVIDIA's CUDA compatibility table.
LEAST_DRIVER = {11: (450, 80), 12: (525, 60), 13: (580, 65)}
ENOUGH_MEMORY = 16.0  # GB; with less some options are needed
LEAST_MEMORY = 8.0  # GB


@dataclass(frozen=True)
class Card:
    """A graphics card as its driver tells."""

    name: str
    driver: str
    memory: float  # GB


def check_rendering(weights: Path | None, *, verify: bool) -> Iterator[Finding]:
    """Look at all that StableAnimator needs; `verify` computes the sums of the large files too."""
    yield from graphics(*_torch_cuda(), cards())
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


def _memory(card: Card) -> Finding:
    words = f"{card.name}, {card.memory:.0f} GB"
    if card.memory < LEAST_MEMORY:
        return Finding(
            "optional", "graphics card", f"{words}: too little for StableAnimator, which needs 8 with --offload"
        )
    hint = "" if card.memory >= ENOUGH_MEMORY else ": use --offload and --decode-chunk 1 in StableAnimator"
    return Finding("ok", "graphics card", words + hint)


def cards() -> list[Card]:
    """The graphics cards that NVIDIA's own tool tells of; none without it."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    query = [tool, "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return read_cards(answer.stdout)


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
    checksum = sha256_of(path)
    if checksum != part.sha256:
        words = f"{path} has the sha256 {checksum}, the published file {part.sha256}: download it again. {terms}"
        return Finding("missing", name, words)
    return Finding("ok", name, f"{path}, sha256 as published. {terms}")
