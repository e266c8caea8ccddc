"""A line of text on a picture: what is going on, in words."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from motion_engine.types import Array

# Fonts with Chinese that systems carry; Pillow's own font, which is always there, has none.
_WIDE_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf",
    "PingFang.ttc",
    "msyh.ttc",
    "simhei.ttf",
)


def font_for(text: str, size: int) -> tuple[Any, str]:
    """A font of `size` px, and what of `text` it can write."""
    from PIL import ImageFont

    if not text.isascii() and (font := _wide_font(size)) is not None:
        return font, text
    return ImageFont.load_default(size), "".join(c for c in text if c.isascii()).strip()


@lru_cache(maxsize=8)
def _wide_font(size: int) -> Any | None:
    from PIL import ImageFont

    for name in _WIDE_FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return None


class Caption:
    """Writes lines of text at the foot of pictures of one size."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._ink: dict[str, tuple[Array, Array]] = {}

    def write(self, picture: Array, text: str) -> None:
        """Writes `text` on a picture `(H, W, 3)` uint8, in place; what a font here cannot write is left out."""
        if min(self._width, self._height) < 48 or not font_for(text, 16)[1].strip():
            return
        if text not in self._ink:
            if len(self._ink) > 64:
                self._ink.clear()
            self._ink[text] = self._drawn(text)
        color, alpha = self._ink[text]
        height, width = alpha.shape
        top, left = self._height - height - self._height // 28, (self._width - width) // 2
        part = picture[top : top + height, left : left + width]
        part[:] = (part + (color - part) * alpha[..., None] + 0.5).astype(np.uint8)

    def _drawn(self, text: str) -> tuple[Array, Array]:
        """A label with round ends: its colours `(h, w, 3)` and how opaque they are `(h, w)`."""
        from PIL import Image, ImageDraw

        size = max(11, round(min(self._width, self._height) * 0.036))
        font, text = font_for(text, size)
        if font.getlength(text) > self._width - 4 * size:
            while text and font.getlength(text + "...") > self._width - 4 * size:
                text = text[:-1].rstrip()
            text += "..."
        width, height = max(1, round(font.getlength(text) + 1.7 * size)), round(1.9 * size)
        scale = 4  # Pillow draws shapes without smooth edges
        plate = Image.new("L", (width * scale, height * scale))
        ImageDraw.Draw(plate).rounded_rectangle((0, 0, width * scale - 1, height * scale - 1), height * scale / 2, 255)
        plate = plate.resize((width, height), Image.Resampling.BOX)
        letters = Image.new("L", (width, height))
        ImageDraw.Draw(letters).text((width / 2, height / 2), text, font=font, fill=255, anchor="mm")
        base, ink = (np.asarray(layer, dtype=np.float32) / 255.0 for layer in (plate, letters))
        color = np.array((44, 50, 59), np.float32) * (1 - ink[..., None]) + 255.0 * ink[..., None]
        return color, np.maximum(base * np.float32(0.78), ink * base)
