from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from animator.picture import LARGEST, MOST_PIXELS, padding_to, read_picture
from motion_engine.errors import BadMedia, LimitExceeded

LEFT, RIGHT = (200, 40, 40), (40, 60, 200)


def halves(width: int = 40, height: int = 20) -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", (width, height), LEFT)
    picture.paste(RIGHT, (width // 2, 0, width, height))
    return picture


def data(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """The first bytes of a PNG of this size, without its pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_pictures_of_every_kind(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(data(halves(), kind))
    seen = read_picture(path)
    assert seen.shape == (20, 40, 3) and seen.dtype == np.uint8
    np.testing.assert_allclose(seen[10, 5], LEFT, atol=12)
    np.testing.assert_allclose(seen[10, 35], RIGHT, atol=12)


def test_transparent_parts_are_white() -> None:
    picture = halves().convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize((40, 20)))
    seen = read_picture(data(picture))
    np.testing.assert_allclose(seen[0, 0], (255, 255, 255), atol=12)
    np.testing.assert_allclose(seen[-1, 0], LEFT, atol=12)
    palette = halves().quantize(4)
    seen = read_picture(data(palette, "GIF", transparency=palette.getpixel((0, 0))))
    np.testing.assert_array_equal(seen[10, 5], (255, 255, 255))


@pytest.mark.parametrize(("orientation", "corner"), [(3, RIGHT), (6, LEFT), (8, RIGHT)])
def test_exif_turns_it_upright(orientation: int, corner: tuple[int, int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    seen = read_picture(data(halves(), "JPEG", exif=exif, quality=95))
    assert seen.shape == ((20, 40, 3) if orientation == 3 else (40, 20, 3))
    np.testing.assert_allclose(seen[2, 2], corner, atol=12)


def test_other_colours() -> None:
    np.testing.assert_allclose(read_picture(data(halves().convert("CMYK"), "JPEG"))[10, 5], LEFT, atol=30)
    assert np.ptp(read_picture(data(halves().convert("L")))[10, 5]) == 0
    deep = Image.fromarray(np.full((20, 40), 32768, np.uint16))
    np.testing.assert_allclose(read_picture(data(deep))[0, 0], 127, atol=1)
    dots = halves().convert("1")
    assert set(np.unique(read_picture(data(dots)))) <= {0, 255}


def test_the_first_of_moving_pictures() -> None:
    moving = data(halves(), "GIF", save_all=True, append_images=[Image.new("RGB", (40, 20))], duration=50)
    np.testing.assert_allclose(read_picture(moving)[10, 5], LEFT, atol=12)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"hello, this is no picture", "no picture"),
        (data(halves())[:60], "no picture that can be read, or not all"),
        (data(halves(400, 300), "JPEG")[:900], "not all of it"),
        (data(halves(1, 1)), "1 x 1 px"),
        (data(halves(15, 400)), "15 x 400 px"),
    ],
    ids=["empty", "text", "half a PNG", "half a JPEG", "one pixel", "a strip"],
)
def test_what_is_no_picture(content: bytes, words: str) -> None:
    with pytest.raises(BadMedia, match=words):
        read_picture(content, name="me.png")


def test_a_damaged_avif() -> None:
    from PIL import features

    if not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    whole, refused = data(halves(64, 64), "AVIF"), 0
    for length in range(1, len(whole)):  # its decoder raises RuntimeError, others OSError and ValueError
        try:
            read_picture(whole[:length])
        except BadMedia:
            refused += 1
    assert refused > len(whole) // 2


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.png"):
        with pytest.raises(BadMedia, match=path.name):
            read_picture(path)


@pytest.mark.parametrize("size", [(20_000, 20_000), (LARGEST + 1, 20), (8000, MOST_PIXELS // 8000 + 1)])
def test_too_many_pixels_are_refused_before_they_are_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(LimitExceeded, match="make it smaller"):
        read_picture(png_header(*size), name="bomb.png")


@pytest.mark.parametrize("size", [(64, 128), (1, 65), (500, 333)])
def test_padding_comes_off_again(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    padding = padding_to(*size)
    padded = padding.add(picture)
    assert padded.shape[0] % 64 == padded.shape[1] % 64 == 0
    assert padded.shape[0] - size[0] < 64 and padded.shape[1] - size[1] < 64
    np.testing.assert_array_equal(padding.crop(padded), picture)
    np.testing.assert_array_equal(padding.crop(padded[None]), picture[None])
