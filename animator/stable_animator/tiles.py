"""A clip in tiles of as many frames as the video UNet was trained on; what several tiles say of a frame is averaged."""

from __future__ import annotations

import numpy as np

from motion_engine.types import Array

SIZE = 16  # frames; what StableAnimator was trained on
OVERLAP = 4


def tiles(frames: int, size: int = SIZE, overlap: int = OVERLAP) -> list[list[int]]:
    """The frames of each tile: the first frame, which every tile sees, and `size - 1` frames in a row.

    Tiles begin `size - overlap` frames apart; the last ends with the clip.

    Args:
        frames: Length of the clip, at least `size` (a shorter one is padded first: `padded`).
        size: Frames of a tile, at least 2.
        overlap: 1 to `size - 1`. As frame 0 takes a place in each tile, neighbours share `overlap - 1` other frames.
    """
    assert frames >= size >= 2 and 1 <= overlap < size
    starts = list(range(0, frames - size + 1, size - overlap))
    if starts[-1] + size < frames:
        starts.append(frames - size)
    return [[0, *range(start + 1, start + size)] for start in starts]


def padded(frames: int, size: int = SIZE) -> int:
    """The length at which a clip of `frames` is rendered: at least one tile."""
    return max(frames, size)


def tile_weights(size: int = SIZE) -> Array:
    """How much each frame of a tile counts in the average: a triangle `(size,)`, highest in the middle, never 0."""
    rising = (np.arange(size) + 0.5) * 2 / size
    return np.minimum(rising, 2 - rising)
