"""Pose maps: DWPose keypoints drawn as the pictures that pose-driven video models were trained on.

The order, colours and thresholds are those of the drawing that StableAnimator releases (after DWPose and MimicMotion):
sticks at 60 %, then joints, hands and face over them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from colorsys import hsv_to_rgb
from functools import partial
from typing import Literal

import numpy as np

from animator import raster
from animator.parallel import ordered_map
from animator.picture import check_size
from motion_engine.errors import RenderFailed
from motion_engine.types import Array, PoseSequence

Style = Literal["aligned2160", "native"]
Channels = Literal["rgb", "bgr"]

CANVAS = 2160  # px, the short side of the canvas in the style "aligned2160"
LONGEST = 64  # ratio of the sides; the canvas's length grows with it
BATCH, SENT = 64, 16_000_000  # frames, and bytes of pictures, at once from one process to another
PARTS = ("body", "hands", "face", "body_score", "hand_score", "face_score")
FAR = 16.0  # picture sizes: points further away than this are taken as not seen
# Joints from and to, in the order of drawing.
LIMBS = np.array(
    [
        *[(1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13)],
        *[(1, 0), (0, 14), (14, 16), (0, 15), (15, 17)],
    ]
)
HAND_EDGES = np.array([(0 if i % 4 == 0 else i, i + 1) for i in range(20)])


# Hues from red through green; of the joints (18, 3) 0..255, the first 17 also of the limbs; of the hands (20, 3) 0..1.
COLOURS = np.floor([255 * np.array(hsv_to_rgb(i / 18, 1, 1)) + 1e-6 for i in range(18)])
HAND_COLOURS = np.array([hsv_to_rgb(i / 20, 1, 1) for i in range(20)])


def draw_pose_map(
    body: Array,
    hands: Array,
    face: Array,
    body_score: Array,
    hand_score: Array,
    face_score: Array,
    height: int,
    width: int,
    *,
    style: Style = "aligned2160",
    channels: Channels = "rgb",
) -> Array:
    """One frame as a picture `(height, width, 3)` uint8.

    Args:
        body: `(18, 2)` image points, 0..1, OpenPose order.
        hands: `(2, 21, 2)`, left then right.
        face: `(68, 2)`, iBUG order.
        body_score: `(18,)` 0..1; limbs need 0.3 at both ends.
        hand_score: `(2, 21)`; a hand has no threshold but fades with its score.
        face_score: `(68,)`, as for hands.
        height: px, > 0.
        width: px, > 0.
        style: "aligned2160" draws thin sticks on a canvas with a short side of 2160 px and shrinks it; "native" draws
            as DWPose does, thick sticks at the size of the picture, each point whole or not at all: what has a score
            below 0.3 is left out, the rest has its full colour.
        channels: Which channel comes first.

    Raises:
        RenderFailed: The size is not positive, or more than 64 times as long as wide.
        LimitExceeded: There are too many pixels.
    """
    if max(height, width) > LONGEST * max(1, min(height, width)):
        raise RenderFailed(f"No pose map of {width} x {height} px: choose sides of a ratio below {LONGEST}.")
    check_size(width, height)
    scale = CANVAS / min(height, width) if style == "aligned2160" else 1.0
    target = raster.grid(height, width, scale)
    size = np.array([target.columns.length, target.rows.length], dtype=np.float64)
    body, body_score = _seen(body, body_score)
    hands, hand_score = _seen(hands, hand_score)
    face, face_score = _seen(face, face_score)
    if style == "native":
        body_score = np.where(body_score > 0.3, 1.0, 0.0)
        hands, hand_score = _whole(hands, hand_score)
        face, face_score = _whole(face, face_score)
    layers = [_limbs(target, body * size, body_score), _joints(target, body * size, body_score)]
    for points, score in zip((hands * size).astype(np.int64), hand_score, strict=True):
        layers += [_hand_edges(target, points, score), _dots(target, points, score, 4, np.array([0, 0, 1]))]
    layers.append(_dots(target, (face * size).astype(np.int64), face_score, 3, np.array([1, 1, 1])))
    first = np.cumsum([0, *(len(colours) for _, colours in layers)])
    shape = np.concatenate([spans[0] + start for (spans, _), start in zip(layers, first[:-1], strict=True)])
    row, left, right = (np.concatenate([spans[i] for spans, _ in layers]) for i in (1, 2, 3))
    palette = np.clip(np.concatenate([colours for _, colours in layers]), 0, 255)
    return raster.picture(target, (shape, row, left, right), palette[:, ::-1] if channels == "bgr" else palette)


def draw_pose_maps(
    sequence: PoseSequence,
    height: int,
    width: int,
    *,
    style: Style = "aligned2160",
    channels: Channels = "rgb",
    workers: int = 1,
) -> Iterator[Array]:
    """The frames of a sequence as pictures `(height, width, 3)` uint8, one after the other.

    Args:
        sequence: What to draw.
        height: px, > 0.
        width: px, > 0.
        style: As of `draw_pose_map`.
        channels: As of `draw_pose_map`.
        workers: How many processes draw; see `parallel.ordered_map`.

    Raises:
        RenderFailed: As `draw_pose_map`; a process that draws died.
    """
    make = partial(_drawer, height, width, style, channels)
    length = max(1, min(BATCH, SENT // max(1, height * width * 3))) if workers > 1 else 1
    parts = [slice(first, first + length) for first in range(0, len(sequence), length)]
    batches = (tuple(getattr(sequence, name)[part] for name in PARTS) for part in parts)
    for pictures in ordered_map(make, batches, workers=min(workers, max(1, len(parts)))):
        yield from pictures


def _drawer(height: int, width: int, style: Style, channels: Channels) -> Callable[[tuple[Array, ...]], list[Array]]:
    """Draws a few frames, given as the six arrays of `draw_pose_map` with a leading axis."""
    draw = partial(draw_pose_map, height=height, width=width, style=style, channels=channels)
    return lambda parts: [draw(*frame) for frame in zip(*parts, strict=True)]


def _seen(points: Array, score: Array) -> tuple[Array, Array]:
    """Points and scores as float64; what is not a number or absurdly far away gets the score 0 and the place -1."""
    points, score = np.asarray(points, dtype=np.float64), np.asarray(score, dtype=np.float64)
    good = np.isfinite(score) & (np.abs(points) < FAR).all(axis=-1)
    return np.where(good[..., None], points, -1.0), np.where(good, score, 0.0)


def _whole(points: Array, score: Array) -> tuple[Array, Array]:
    """Points of hands and face as DWPose gives them: gone, or seen for sure."""
    return np.where(score[..., None] >= 0.3, points, -1.0), np.ones_like(score)


def _limbs(target: raster.Grid, body: Array, score: Array) -> tuple[raster.Spans, Array]:
    a, b = LIMBS.T
    drawn = (score[a] >= 0.3) & (score[b] >= 0.3)
    colours = np.floor(COLOURS[:17] * (score[a] * score[b])[:, None])[drawn]
    p, q = body[a][drawn], body[b][drawn]
    (dx, dy), centre = (p - q).T, ((p + q) / 2).astype(np.int64)
    half = (np.sqrt(dx**2 + dy**2) / 2).astype(np.int64)
    degrees = np.degrees(np.arctan2(dy, dx)).astype(np.int64)
    axes = np.stack((half, np.full_like(half, 4)), axis=-1)
    return raster.ellipses(target, centre, axes, degrees), np.floor(np.clip(colours, 0, 255) * 0.6)


def _joints(target: raster.Grid, body: Array, score: Array) -> tuple[raster.Spans, Array]:
    drawn = score > 0.3
    colours = np.floor(COLOURS * score[:, None])[drawn]
    return raster.discs(target, body[drawn].astype(np.int64), 4), colours


def _hand_edges(target: raster.Grid, points: Array, score: Array) -> tuple[raster.Spans, Array]:
    a, b = HAND_EDGES.T
    drawn = (points[a] > 0).all(axis=-1) & (points[b] > 0).all(axis=-1)
    colours = np.rint(HAND_COLOURS * np.floor(score[a] * score[b] * 255)[:, None])[drawn]
    return raster.thick_lines(target, points[a][drawn], points[b][drawn]), colours


def _dots(target: raster.Grid, points: Array, score: Array, radius: int, colour: Array) -> tuple[raster.Spans, Array]:
    drawn = (points > 0).all(axis=-1)
    return raster.discs(target, points[drawn], radius), np.floor(score[drawn] * 255)[:, None] * colour
