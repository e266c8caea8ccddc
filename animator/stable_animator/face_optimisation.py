"""Faces pulled towards the reference while the film is denoised (StableAnimator's HJB optimisation), in little memory.

At each step the clean latents that the UNet predicts are decoded, the faces cut out and compared by ArcFace with the
face of the reference picture; a few steps of Adam make them more alike. One chunk of frames is decoded and
differentiated at a time: the gradients add up to those of the whole clip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # its usual name
from torch import Tensor, nn

from animator.stable_animator.iresnet import SIDE
from motion_engine.types import Array

ITERATIONS = 3  # of Adam, at each step
RATE = 0.1  # of Adam at the first step; falls to 0 over the steps
_UNTIL = 0.8  # of all steps: 0 to 20 of 25; later the face is drawn, and would only be made noisy
_SEEN = 0.3  # score from which a face point counts
_SMALLEST = 8  # pixels; a smaller face has no identity

Crop = tuple[int, int, int, int]  # left, top, right, bottom in pixels

# Where ArcFace expects the eyes, the tip of the nose and the corners of the mouth in its 112×112 pixels (x, y)
# (insightface's `arcface_dst`), and the iBUG points that make them
_TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
_POINTS = (range(36, 42), range(42, 48), (30,), (48,), (54,))


def face_boxes(face: Array, score: Array, height: int, width: int) -> Array:
    """Square boxes in which faces lie as ArcFace expects them, but for their tilt.

    Scale and place are the least squares fit of ArcFace's five points to the face's.

    Args:
        face: `(T, 68, 2)` of 0..1, iBUG order, as in `PoseSequence`.
        score: `(T, 68)`; points below 0.3 are not seen.
        height: Of the film, pixels.
        width: Of the film, pixels.

    Returns:
        `(T, 4)`: left, top, right, bottom in pixels; NaN where no face is seen, or one upside down.
    """
    pixels = np.asarray(face, dtype=np.float64) * (width, height)
    points = np.stack([pixels[:, list(group)].mean(axis=1) for group in _POINTS], axis=1)  # (T, 5, 2)
    seen = np.all([(score[:, list(group)] >= _SEEN).all(axis=1) for group in _POINTS], axis=0)
    centre, offset = points.mean(axis=1), _TEMPLATE - _TEMPLATE.mean(axis=0)
    scale = np.einsum("tij,ij->t", points - centre[:, None], offset) / np.square(offset).sum()
    corner = centre - scale[:, None] * _TEMPLATE.mean(axis=0)
    boxes = np.concatenate((corner, corner + SIDE * scale[:, None]), axis=1)
    boxes[~(seen & (scale > 0))] = np.nan
    return boxes


def face_crops(boxes: Array, height: int, width: int) -> list[Crop | None]:
    """Boxes `(T, 4)` as whole pixels inside the frame; None for NaN, and for less than 8 pixels either way."""
    crops: list[Crop | None] = []
    for box in np.asarray(boxes, dtype=np.float64):
        if not np.isfinite(box).all():
            crops.append(None)
            continue
        left, top, right, bottom = np.clip(np.round(box), 0, (width, height, width, height)).astype(int).tolist()
        crops.append((left, top, right, bottom) if min(right - left, bottom - top) >= _SMALLEST else None)
    return crops


def face_steps(steps: int) -> int:
    """Number of the steps, from the first, at which faces are optimised: 21 of 25."""
    return min(steps, int(_UNTIL * steps) + 1)


def optimise(
    clean: Tensor,
    decode: Callable[[Tensor], Tensor],
    network: nn.Module,
    reference: Tensor,
    crops: Sequence[Crop | None],
    *,
    progress: float,
    chunk: int = 4,
    check: Callable[[], None] = lambda: None,
) -> Tensor:
    """Clean latents whose decoded faces are more like the reference's.

    Args:
        clean: Predicted latents `(T, 4, h, w)` float32.
        decode: Latents `(N, 4, h, w)` to frames `(N, 3, H, W)` in -1..1, with gradients.
        network: Faces `(N, 3, 112, 112)` in -1..1 to embeddings `(N, 512)`; its weights must not want gradients.
        reference: The embedding to come close to, `(1, 512)`, not zero.
        crops: As `face_crops` gives them, T of them.
        progress: Share of the steps that are done, 0..1; the rate of learning falls with it.
        chunk: Frames decoded, and differentiated, at a time.
        check: Called before each chunk; may raise, to cancel.

    Returns:
        `(T, 4, h, w)`; equal to `clean` where a whole chunk has no face.
    """
    if not any(crops):
        return clean
    with torch.enable_grad():
        clean = clean.detach().clone().requires_grad_()
        adam = torch.optim.Adam([clean], lr=RATE * (1 - progress))
        for _ in range(ITERATIONS):
            adam.zero_grad()
            for loss in chunk_losses(clean, decode, network, reference, crops, chunk):
                check()
                loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
    return clean.detach()


def chunk_losses(
    clean: Tensor,
    decode: Callable[[Tensor], Tensor],
    network: nn.Module,
    reference: Tensor,
    crops: Sequence[Crop | None],
    chunk: int,
) -> Iterator[Tensor]:
    """Each chunk's share of the mean over all faces of |1 - cos(face, reference)|; arguments as those of `optimise`."""
    total = sum(crop is not None for crop in crops)
    for start in range(0, len(clean), chunk):
        boxes = crops[start : start + chunk]
        if not any(boxes):
            continue
        frames = decode(clean[start : start + chunk])
        faces = torch.cat([_cut(frame, box) for frame, box in zip(frames, boxes, strict=True) if box is not None])
        yield (1 - F.cosine_similarity(network(faces), reference)).abs().sum() / total


def _cut(frame: Tensor, box: Crop) -> Tensor:
    """`(3, H, W)` to the face in it, `(1, 3, 112, 112)`."""
    left, top, right, bottom = box
    face = frame[None, :, top:bottom, left:right]
    return F.interpolate(face, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
