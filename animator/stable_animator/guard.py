"""What can go wrong while networks compute, said in words: cancelled, too little memory, numbers that overflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from motion_engine.errors import RenderFailed


class Watch:
    """Counts the steps, tells of each, and raises when somebody has cancelled.

    Args:
        steps: Number of steps.
        on_step: Called with (steps done, steps) after each.
        cancelled: True cancels at the next `check`.
    """

    def __init__(
        self, steps: int, on_step: Callable[[int, int], None] | None, cancelled: Callable[[], bool] | None
    ) -> None:
        self.steps, self.done = steps, 0
        self._on_step, self._cancelled = on_step, cancelled

    def check(self) -> None:
        """Raises `RenderFailed` if the rendering was cancelled."""
        if self._cancelled is not None and self._cancelled():
            raise RenderFailed(f"The rendering was cancelled after {self.done} of {self.steps} steps; nothing is kept.")

    def step(self) -> None:
        """One more step is done."""
        self.done += 1
        if self._on_step is not None:
            self._on_step(self.done, self.steps)


@contextmanager
def memory_told() -> Iterator[None]:
    """Turns torch's lack of memory into `RenderFailed` with what helps."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise RenderFailed(
            "The graphics card has too little free memory for this film. Any of these needs less: offload, precision "
            "fp16 or bf16, decode_chunk 1, smaller pose maps, a smaller tile_size."
        ) from error


def check_finite(values: Tensor, where: str, dtype: torch.dtype) -> None:
    """Raises `RenderFailed` if there are infinities or NaN among the values."""
    if not values.isfinite().all():
        half = dtype == torch.float16
        instead = "render in bf16 or fp32" if half else "check that the weights are those that belong together"
        raise RenderFailed(f"{where} gave numbers that are not finite; {instead}.")
