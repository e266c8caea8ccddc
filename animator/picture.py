"""Any picture that somebody has, as an upright RGB array; and sizes that are no multiples of 64."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from motion_engine.errors import BadMedia, LimitExceeded, RenderFailed
from motion_engine.types import Array

SMALLEST = 16  # px of a side: below that nothing is seen
LARGEST = 16_384  # px of a side
MOST_PIXELS = 50_000_000  # 150 MB once decoded
_AT_MOST = f"at most {LARGEST} px a side and {MOST_PIXELS // 1_000_000} million in all are allowed"
LARGEST_FILE = 100 * 1024 * 1024  # bytes
BACKGROUND = (255, 255, 255)  # behind what is transparent
MULTIPLE = 64  # px: what a video model's sizes must be multiples of


def read_picture(source: Path | str | bytes, *, name: str = "", smallest: int = SMALLEST) -> Array:
    """A picture `(H, W, 3)` uint8, RGB, upright: turned as its EXIF says, what is transparent on white.

    Args:
        source: A file, or the bytes of one: PNG, JPEG, WebP, GIF, BMP, TIFF and what else Pillow reads; any colours
            (CMYK, grey, palette, 16 bits). Of a moving one the first picture.
        name: What bytes are called in messages.
        smallest: The least side, px.

    Raises:
        BadMedia: It is missing, no picture, truncated or too small.
        LimitExceeded: It has more bytes or pixels than are allowed; nothing was decoded.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    where = str(source) if not isinstance(source, bytes) else name or "the picture"
    data = source if isinstance(source, bytes) else _bytes(Path(source))
    if len(data) > LARGEST_FILE:
        raise LimitExceeded(f"{where}: has {len(data) >> 20} MB, {LARGEST_FILE >> 20} are allowed: make it smaller.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of many pixels, which are counted below, and of odd EXIF
            with Image.open(io.BytesIO(data)) as picture:
                _check_size(where, *picture.size, smallest)
                return np.array(_rgb(ImageOps.exif_transpose(picture)), dtype=np.uint8)
    except Image.DecompressionBombError as error:
        raise LimitExceeded(f"{where}: has too many pixels ({error}): make it smaller.") from None
    except (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, AttributeError, RuntimeError) as error:
        reason = "of no known kind" if isinstance(error, UnidentifiedImageError) else str(error)
        words = f"is no picture that can be read, or not all of it ({reason})" if data else "is empty"
        raise BadMedia(f"{where}: {words}; give a PNG or JPEG.") from None


def check_size(width: int, height: int) -> None:
    """RenderFailed if a picture of this size has no pixel, LimitExceeded if it has too many."""
    if min(width, height) < 1:
        raise RenderFailed(f"No picture of {width} x {height} px: choose sides from 1 px.")
    if max(width, height) > LARGEST or width * height > MOST_PIXELS:
        raise LimitExceeded(f"No picture of {width} x {height} px: {_AT_MOST}: choose a smaller one.")


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise LimitExceeded(f"{path}: has {path.stat().st_size >> 20} MB, {LARGEST_FILE >> 20} are allowed.")
        return path.read_bytes()
    except OSError as error:
        raise BadMedia(f"{path}: cannot be read ({error.strerror or error}); name a picture.") from None


def _check_size(where: str, width: int, height: int, smallest: int) -> None:
    if min(width, height) < smallest:
        raise BadMedia(f"{where}: has {width} x {height} px, {smallest} x {smallest} are the least: use a larger one.")
    if max(width, height) > LARGEST or width * height > MOST_PIXELS:
        raise LimitExceeded(f"{where}: has {width} x {height} px; {_AT_MOST}: make it smaller.")


def _rgb(picture: Any) -> Any:
    """The picture in RGB, on the background where it is transparent."""
    from PIL import Image

    if picture.mode.startswith(("I", "F")):  # 16 or more bits a pixel, which Pillow would clip
        values = np.asarray(picture, dtype=np.float64)
        top = 65535.0 if picture.mode.startswith("I;16") or values.max(initial=0) > 255 else 255.0
        top = 1.0 if picture.mode == "F" and values.max(initial=0) <= 1.0 else top
        picture = Image.fromarray(np.clip(np.nan_to_num(values) * (255.0 / top), 0, 255).astype(np.uint8))
    if "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, (*BACKGROUND, 255))
        picture = Image.alpha_composite(ground, picture)
    return picture.convert("RGB")


@dataclass(frozen=True)
class Padding:
    """How a picture was made larger, px, so that the same can be taken off what was made of it."""

    top: int
    bottom: int
    left: int
    right: int

    def add(self, picture: Array, *, black: bool = False) -> Array:
        """A picture `(H, W, 3)` with its edges repeated outwards, or with black around it."""
        sides = ((self.top, self.bottom), (self.left, self.right), (0, 0))
        return np.pad(picture, sides, mode="constant" if black else "edge")

    def crop(self, pictures: Array) -> Array:
        """The part of pictures `(..., H, W, 3)` that is not padding."""
        height, width = pictures.shape[-3:-1]
        return pictures[..., self.top : height - self.bottom, self.left : width - self.right, :]


def padding_to(height: int, width: int, multiple: int = MULTIPLE) -> Padding:
    """What makes both sides multiples of `multiple` px, as much on either side."""
    down, across = -height % multiple, -width % multiple
    return Padding(down // 2, down - down // 2, across // 2, across - across // 2)
