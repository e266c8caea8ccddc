"""Draws triangle meshes on a CPU: a z-buffer in numpy, anti-aliased, with colours interpolated between vertices.

Each pixel is sampled four times in a rotated grid: once in each quarter of its height, at four different places of
its width (https://en.wikipedia.org/wiki/Supersampling#Supersampling_patterns). A sample row is therefore a quarter of
a pixel high, and a triangle is walked row by row, each row being one exact span of pixels: no sample is tested in vain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from motion_engine.types import Array

SAMPLES = 4  # a pixel
_OFFSETS = np.array([0.375, 0.875, 0.125, 0.625])  # px from the pixel's left edge, by sample row
_LEAST_AREA = 1e-6  # px^2, doubled; smaller triangles have no usable gradient and cover nothing


@dataclass(frozen=True, eq=False)
class Patch:
    """A drawn rectangle of a picture, whose upper left pixel is at `(top, left)`."""

    top: int
    left: int
    color: Array  # (h, w, 3) float32, already multiplied by coverage
    coverage: Array  # (h, w) float32, 0..1

    def over(self, picture: Array) -> None:
        """Puts itself on a float picture `(H, W, 3)` of values 0..255, in place."""
        height, width = self.coverage.shape
        part = picture[self.top : self.top + height, self.left : self.left + width]
        part *= (1.0 - self.coverage)[..., None]
        part += self.color
        np.clip(part, 0, 255, out=part)  # colours are extrapolated where triangles are thin


@dataclass(frozen=True, eq=False)
class _Triangles:
    """Those that face the viewer, by corner: x and y `(3, N)` px, and the corners' vertices `(3, N)`."""

    x: Array
    y: Array
    vertices: Array
    area: Array  # (N,) doubled, px^2

    def gradients(self, values: Array) -> tuple[Array, Array, Array]:
        """The linear function through the corners' `values (V,)`: its value at corner 0, by x and by y, `(N,)` each."""
        scale = 1.0 / self.area
        ax, ay, bx, by = (((p[i] - p[0]) * scale).astype(np.float32) for i in (1, 2) for p in (self.x, self.y))
        corner = values[self.vertices]
        a, b = corner[1] - corner[0], corner[2] - corner[0]
        return corner[0], b * ay - a * by, a * bx - b * ax


def draw(points: Array, nearness: Array, faces: Array, color: Array, width: int, height: int) -> Patch | None:
    """Draws the front of a triangle mesh; None if nothing of it is in the picture.

    Args:
        points: `(V, 2)` px, x to the right and y down; pixel (0, 0) spans 0..1.
        nearness: `(V,)`, larger is nearer and linear on the picture (1 / depth in perspective); a triangle with a
            corner of 0 or less is left out.
        faces: `(3, F)` vertex indices by corner, counter-clockwise seen from the front.
        color: `(V, 3)` float32.
        width: Of the picture, px.
        height: Of the picture, px.
    """
    x, y = (np.ascontiguousarray(points[:, i]) for i in (0, 1))
    before = nearness > 0
    every = before.all()
    if not before.any():
        return None
    left, right, top, bottom = (
        int(np.clip(bound, 0, size))
        for p, size in ((x, width), (y, height))
        for bound in ((p if every else p[before]).min() // 1, -(-(p if every else p[before]).max() // 1))
    )
    columns, rows = right - left, bottom - top
    if columns <= 0 or rows <= 0:
        return None
    triangles = _front(x - left, y - top, faces, None if every else before)
    row, x, owner = _visible(triangles, nearness.astype(np.float32), columns, rows)
    dx = (x + _OFFSETS[row & 3] - triangles.x[0][owner]).astype(np.float32)
    dy = ((row + 0.5) / SAMPLES - triangles.y[0][owner]).astype(np.float32)
    pixel = row // SAMPLES * columns + x
    picture = np.empty((rows * columns, 3), dtype=np.float32)
    for channel in range(3):
        start, by_x, by_y = triangles.gradients(np.ascontiguousarray(color[:, channel]))
        value = start[owner] + dx * by_x[owner] + dy * by_y[owner]
        picture[:, channel] = np.bincount(pixel, value, rows * columns)
    picture *= np.float32(1.0 / SAMPLES)
    coverage = np.bincount(pixel, minlength=rows * columns).astype(np.float32) / SAMPLES
    return Patch(top, left, picture.reshape(rows, columns, 3), coverage.reshape(rows, columns))


def _front(x: Array, y: Array, faces: Array, before: Array | None) -> _Triangles:
    """The triangles that face the viewer and, by their corners' flag `before (V,)`, lie before the camera."""
    x, y = x[faces], y[faces]
    # y points down, so that what is counter-clockwise in the world turns the other way here
    area = (x[2] - x[0]) * (y[1] - y[0]) - (x[1] - x[0]) * (y[2] - y[0])
    front = area > _LEAST_AREA
    if before is not None:
        front &= before[faces].all(axis=0)
    kept = np.flatnonzero(front)
    return _Triangles(x[:, kept], y[:, kept], faces[:, kept], area[kept])


def _visible(triangles: _Triangles, nearness: Array, columns: int, rows: int) -> tuple[Array, Array, Array]:
    """Row, column and triangle of each sample of the grid `(rows * SAMPLES, columns)` that shows something."""
    # 1. halves of triangles to spans of pixels
    edges, first, count = _halves(triangles, rows * SAMPLES)
    part = np.repeat(np.arange(len(count)), count)
    row = _ranges(first, count)
    offset = _OFFSETS[row & 3]
    left = edges[0][part] * row + (edges[1][part] - offset)
    right = edges[2][part] * row + (edges[3][part] - offset)
    begin = np.ceil(np.clip(left, 0, columns)).astype(np.int64)
    length = np.ceil(np.clip(right, 0, columns)).astype(np.int64) - begin
    kept = np.flatnonzero(length > 0)
    row, begin, length = row[kept], begin[kept], length[kept]
    owner = part[kept] % len(triangles.area)  # the lower halves follow the upper ones
    # 2. spans to samples
    near, by_x, by_y = triangles.gradients(nearness)
    slope = by_x[owner]
    start = near[owner] + slope * (begin + offset[kept] - triangles.x[0][owner])
    start += by_y[owner] * ((row + 0.5) / SAMPLES - triangles.y[0][owner])
    span = np.repeat(np.arange(len(length)), length)
    step = _ranges(np.zeros_like(length), length)
    depth = start.astype(np.float32)[span] + slope[span] * step.astype(np.float32)
    sample = (row * columns + begin)[span] + step
    # 3. the nearest at each sample
    nearest = np.zeros(rows * SAMPLES * columns, dtype=np.float32)
    np.maximum.at(nearest, sample, depth)
    shown = np.flatnonzero(depth == nearest[sample])
    if len(shown) > np.count_nonzero(nearest):  # some lie exactly in one plane: the last of them is drawn
        last = np.empty(len(nearest), dtype=np.int64)
        last[sample[shown]] = shown
        shown = shown[last[sample[shown]] == shown]
    span = span[shown]
    return row[span], begin[span] + step[shown], owner[span]


def _halves(triangles: _Triangles, rows: int) -> tuple[tuple[Array, Array, Array, Array], Array, Array]:
    """Cuts triangles at the height of their middle corner into halves with one left and one right edge.

    An edge is x = slope * row + base, computed from its upper corner to its lower one whatever triangle it belongs
    to: neighbours agree to the last bit, so that no sample between them is missed or drawn twice.

    Returns:
        Left slope and base, right slope and base, `(2 N,)` each, upper halves first; the first row of each; the
        number of its rows.
    """
    x, y = list(triangles.x), [y * SAMPLES - 0.5 for y in triangles.y]
    for i, j in ((0, 1), (1, 2), (0, 1)):  # corners sorted by height
        swap = y[i] > y[j]
        x[i], x[j] = np.where(swap, x[j], x[i]), np.where(swap, x[i], x[j])
        y[i], y[j] = np.where(swap, y[j], y[i]), np.where(swap, y[i], y[j])
    slopes, bases = [], []
    for i, j in ((0, 2), (0, 1), (1, 2)):  # the long edge, the upper short one, the lower short one
        drop = y[j] - y[i]
        slope = (x[j] - x[i]) / np.where(drop > 0, drop, 1.0)
        slopes.append(slope)
        bases.append(x[i] - slope * y[i])
    short_left = x[1] < slopes[0] * y[1] + bases[0]
    short_left = np.concatenate((short_left, short_left))
    long_slope, long_base = (np.concatenate((v[0], v[0])) for v in (slopes, bases))
    short_slope, short_base = (np.concatenate((v[1], v[2])) for v in (slopes, bases))
    edges = (
        np.where(short_left, short_slope, long_slope),
        np.where(short_left, short_base, long_base),
        np.where(short_left, long_slope, short_slope),
        np.where(short_left, long_base, short_base),
    )
    upper, middle, lower = (np.ceil(np.clip(h, 0, rows)).astype(np.int64) for h in y)
    return edges, np.concatenate((upper, middle)), np.concatenate((middle - upper, lower - middle))


def _ranges(first: Array, count: Array) -> Array:
    """`first, first + 1, ...` of each, `count` long, one after another."""
    ends = np.cumsum(count)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - (ends - count), count)
