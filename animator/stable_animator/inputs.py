"""What the renderer is given, checked and made into tensors. All pictures are RGB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # its usual name
from torch import Tensor

from animator.stable_animator.face_optimisation import Crop, face_crops
from animator.stable_animator.iresnet import EMBEDDING
from motion_engine.errors import BadMedia, RenderFailed
from motion_engine.types import Array

MULTIPLE = 64  # pixels: the VAE halves three times, the UNet three times more
_SMALLEST = 32  # pixels of a reference picture's shorter side; less shows nobody
_CLIP_SIDE = 224
_CLIP_MEAN = (
    0.48145466,
    0.4578275,
    0.40821073,
)  # OpenAI's CLIP; SVD's preprocessor_config.json
_CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


def picture_array(picture: Any) -> Array:
    """A reference picture, uint8 `(H, W, 3)` or PIL, as an array.

    Raises:
        BadMedia: It is neither, or less than 32 pixels high or wide.
    """
    array = np.asarray(picture.convert("RGB") if hasattr(picture, "convert") else picture)
    _check_picture(array, "The reference picture")
    if min(array.shape[:2]) < _SMALLEST:
        raise BadMedia(f"The reference picture is {_size(array)} pixels; it must have {_SMALLEST} or more each way.")
    return array


def pose_tensors(maps: Iterable[Array]) -> tuple[Iterator[Tensor], int, int]:
    """Pose maps, uint8 `(H, W, 3)`, one at a time as `(1, 3, H, W)` in -1..1, and their height and width.

    Raises:
        BadMedia: There is none, or one is not such a picture or of another size than the first.
        RenderFailed: Height or width is not a multiple of 64.
    """
    remaining = iter(maps)
    first = next(remaining, None)
    if first is None:
        raise BadMedia("There is no pose map; a film needs one frame or more.")
    first = np.asarray(first)
    _check_picture(first, "Pose map 0")
    height, width = first.shape[:2]
    if height % MULTIPLE or width % MULTIPLE:
        near = [max(MULTIPLE, MULTIPLE * round(side / MULTIPLE)) for side in (width, height)]
        raise RenderFailed(
            f"A film of {width}×{height} pixels cannot be rendered: width and height must be multiples of {MULTIPLE}. "
            f"Draw the pose maps at {near[0]}×{near[1]}; the weights know 512×512 and 576×1024 best."
        )

    def tensors() -> Iterator[Tensor]:
        for i, pose in enumerate(chain([first], remaining)):
            array = np.asarray(pose)
            _check_picture(array, f"Pose map {i}")
            if array.shape != first.shape:
                raise BadMedia(f"Pose map {i} is {_size(array)} pixels, the first {_size(first)}; draw them alike.")
            yield _signed(array)

    return tensors(), height, width


def face_tensor(embedding: Array) -> Tensor:
    """A face's embedding `(512,)` as `(1, 512)` float32.

    Raises:
        BadMedia: Another shape, or numbers that are not finite.
    """
    array = np.asarray(embedding)
    if array.shape != (EMBEDDING,) or array.dtype.kind != "f" or not np.isfinite(array).all():
        raise BadMedia(
            f"The face embedding is {array.dtype} {array.shape}; it must be finite numbers (512,). Compute it anew, "
            "or pass zeros to render without an identity."
        )
    return torch.from_numpy(array.astype(np.float32))[None]


def clip_pixels(picture: Array) -> Tensor:
    """The picture uint8 `(H, W, 3)` as CLIP sees it, `(1, 3, 224, 224)`: squeezed to a square and normalised."""
    square = resize_antialiased(_signed(picture), _CLIP_SIDE)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (_CLIP_MEAN, _CLIP_STD))
    return ((square + 1) / 2 - mean) / std


def vae_pixels(picture: Array, height: int, width: int) -> Tensor:
    """The picture uint8 `(H, W, 3)` stretched to the film's size, `(1, 3, height, width)` in -1..1."""
    from PIL import Image

    stretched = Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS)
    return _signed(np.asarray(stretched))


def resize_antialiased(pixels: Tensor, side: int) -> Tensor:
    """Pixels `(1, C, H, W)` to `(1, C, side, side)`: blurred by a Gaussian as wide as the shrinking, then bicubic.

    The filter is the one that Stable Video Diffusion was trained with (sigma from scikit-image's `resize`, cut off at
    two sigmas), so that CLIP's embedding is what the UNet expects.
    """
    channels = pixels.shape[1]
    for axis in (2, 3):
        sigma = max((pixels.shape[axis] / side - 1) / 2, 0.001)
        taps = int(max(4 * sigma, 3)) | 1  # odd
        x = torch.arange(taps, dtype=pixels.dtype) - taps // 2
        kernel = torch.exp(-(x**2) / (2 * sigma**2))
        shape, half = [1, 1, 1, 1], taps // 2
        shape[axis] = taps
        weights = (kernel / kernel.sum()).view(shape).expand(channels, -1, -1, -1)
        padding = (0, 0, half, half) if axis == 2 else (half, half, 0, 0)
        pixels = F.conv2d(F.pad(pixels, padding, mode="reflect"), weights, groups=channels)
    return F.interpolate(pixels, size=(side, side), mode="bicubic", align_corners=True)


def guidance_ramp(guidance: float | tuple[float, float], frames: int, length: int) -> Tensor:
    """The strength of guidance in each frame, `(length, 1, 1, 1)`; a pair rises over `frames` and then stays."""
    low, high = guidance if isinstance(guidance, tuple) else (guidance, guidance)
    ramp = torch.full((length,), float(high))
    ramp[:frames] = torch.linspace(low, high, frames)
    return ramp.view(-1, 1, 1, 1)


def frame_weights(weights: Array) -> Tensor:
    """A number for each frame `(N,)` as float32 `(N, 1, 1, 1)`."""
    return torch.from_numpy(weights).float().view(-1, 1, 1, 1)


def crops(boxes: Array, frames: int, height: int, width: int) -> list[Crop | None]:
    """Boxes of faces, `(frames, 4)` in pixels, checked and cut to the frame.

    Raises:
        BadMedia: Another number of boxes than of frames, or no numbers.
    """
    array = np.asarray(boxes)
    if array.shape != (frames, 4) or array.dtype.kind not in "fiu":
        raise BadMedia(
            f"The face boxes are {array.dtype} {array.shape}; they must be numbers ({frames}, 4): left, top, right, "
            "bottom in pixels, NaN where there is no face."
        )
    return face_crops(array, height, width)


def _signed(array: Array) -> Tensor:
    """uint8 `(H, W, 3)` to `(1, 3, H, W)` float32 in -1..1, with the channels last in memory as diffusers has them.

    From there on convolutions round as the reference's do.
    """
    return torch.from_numpy(np.array(array))[None].permute(0, 3, 1, 2).float() / 127.5 - 1


def _size(array: Array) -> str:
    return f"{array.shape[1]}×{array.shape[0]}"


def _check_picture(array: Array, name: str) -> None:
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or not array.size:
        raise BadMedia(f"{name} is {array.dtype} {array.shape}; it must be a picture of uint8 numbers (H, W, 3), RGB.")
