"""Contact sheets: many pictures on one, to look a motion over at a glance."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from motion_engine.errors import BadMedia
from motion_engine.files import whole_file
from motion_engine.types import Array

_PAPER, _INK, _GAP = 250, 60, 4  # grey levels; px between pictures


def contact_sheet(frames: Sequence[Array], columns: int, labels: Sequence[str] | None = None) -> Array:
    """Pictures in rows, left to right and top to bottom, each with its label under it.

    Args:
        frames: At least one picture `(H, W, 3)` uint8, all of one size.
        columns: Pictures in a row, at least 1.
        labels: One a picture, or None for no labels.

    Returns:
        `(H', W', 3)` uint8.

    Raises:
        BadMedia: No frames, different sizes, or labels that do not match.
    """
    if not frames or columns < 1:
        raise BadMedia("A contact sheet needs at least one picture and one column.")
    if any(frame.shape != frames[0].shape for frame in frames):
        raise BadMedia("The pictures of a contact sheet must all have one size.")
    if labels is not None and len(labels) != len(frames):
        raise BadMedia(f"{len(labels)} labels for {len(frames)} pictures; give one each.")
    height, width = frames[0].shape[:2]
    columns = min(columns, len(frames))
    rows = -(-len(frames) // columns)
    size = max(10, height // 22)
    strip = 0 if labels is None else 2 * size
    step_y, step_x = height + strip + _GAP, width + _GAP
    sheet = np.full((rows * step_y + _GAP, columns * step_x + _GAP, 3), _PAPER, dtype=np.uint8)
    for index, frame in enumerate(frames):
        top, left = _GAP + index // columns * step_y, _GAP + index % columns * step_x
        sheet[top : top + height, left : left + width] = frame
        if labels is not None:
            sheet[top + height : top + height + strip, left : left + width] = _label(labels[index], width, strip, size)
    return sheet


def png(image: Array) -> bytes:
    """A picture `(H, W, 3)` uint8 as a PNG file's bytes."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, format="PNG")
    return file.getvalue()


def write_png(path: Path | str, image: Array) -> None:
    """Writes a picture `(H, W, 3)` uint8 to a .png file, whole or not at all; BadMedia if it cannot be written."""
    with whole_file(path, (".png",)) as part:
        try:
            part.write_bytes(png(image))
        except OSError as error:
            raise BadMedia(f"{path}: cannot be written ({error.strerror or error}); is the disk full?") from error


def _label(text: str, width: int, height: int, size: int) -> Array:
    from PIL import Image, ImageDraw

    from animator.captions import font_for

    strip = Image.new("RGB", (width, height), (_PAPER,) * 3)
    font, text = font_for(text, size)
    ImageDraw.Draw(strip).text((width / 2, height / 2), text, font=font, fill=(_INK,) * 3, anchor="mm")
    return np.asarray(strip)
