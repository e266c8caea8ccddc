"""How to render, checked in one place, before any network is loaded."""

from __future__ import annotations

import math
from dataclasses import dataclass

from animator.stable_animator.tiles import OVERLAP, SIZE
from motion_engine.errors import RenderFailed


@dataclass(frozen=True)
class Settings:
    """Settings of one film; the defaults are those of the released script.

    Raises:
        RenderFailed: A value that cannot be used, and what can.
    """

    steps: int = 25  # from noise to film
    guidance: float | tuple[float, float] = 3.0  # 1 is none and takes half the time; a pair rises over the film
    tile_size: int = SIZE  # frames that the UNet sees at once
    overlap: int = OVERLAP  # frames by which tiles overlap; frame 0, which is in each of them, counts as one
    noise_aug: float = 0.02  # standard deviation of the noise on the reference picture, whose range is -1..1
    motion_bucket_id: int = 127  # how much motion Stable Video Diffusion is told to expect
    fps: int = 7  # frames/s that it is told; not those of the film
    decode_chunk: int = 4  # frames decoded at once; 1 needs the least memory and may flicker

    def __post_init__(self) -> None:
        _check("steps", self.steps >= 1, self.steps, "it must be 1 or more, 25 is usual")
        guidance = self.guidance if isinstance(self.guidance, tuple) else (self.guidance,)
        usable = 1 <= len(guidance) <= 2 and all(math.isfinite(g) and g >= 1 for g in guidance)
        _check("guidance", usable, self.guidance, "it must be 1 (none) or more, 3 is usual, or a pair of such")
        _check("tile_size", self.tile_size >= 2, self.tile_size, f"it must be 2 or more; the weights know {SIZE}")
        possible = f"it must be 1 to {self.tile_size - 1}, less than tile_size"
        _check("overlap", 1 <= self.overlap < self.tile_size, self.overlap, possible)
        _check(
            "noise_aug", math.isfinite(self.noise_aug) and self.noise_aug >= 0, self.noise_aug, "it must be 0 or more"
        )
        _check("decode_chunk", self.decode_chunk >= 1, self.decode_chunk, "it must be 1 or more")


def _check(name: str, usable: bool, value: object, instead: str) -> None:
    if not usable:
        raise RenderFailed(f"{name} {value} cannot be used; {instead}.")
