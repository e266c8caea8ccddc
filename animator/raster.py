"""Discs, ellipses and thick lines as OpenCV draws them on a large canvas, at only those pixels that a resize reads.

A pose map is drawn on a canvas of about 2160 px and then shrunk by bilinear interpolation without antialiasing, which
reads four canvas pixels for each one of the picture. So only the rows and columns that are read (`Grid`) are drawn, and
only the pixels of the picture that something touches are interpolated. The results are those of OpenCV's
`fillConvexPoly(ellipse2Poly(...))`, `circle(..., -1)`, `line(..., 2)` and `resize` to the bit: the same integer
arithmetic in closed form, over arrays. https://docs.opencv.org/4.x/d6/d6e/group__imgproc__draw.html

A shape becomes spans, four arrays: the index of its shape, a row of the grid, the first and last canvas column.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from motion_engine.types import Array

Spans = tuple[Array, Array, Array, Array]

ONE, HALF = 1 << 16, 1 << 15  # fixed point: 16 bits after the point
# Half widths of the rows of a filled circle, from the middle row to the last.
DISC_ROWS = {1: (1, 0), 3: (3, 2, 2, 0), 4: (4, 3, 3, 2, 0)}
# OpenCV's table of sines has seven digits.
_SINE = np.round(np.sin(np.radians(np.arange(451))), 7).astype(np.float32).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Axis:
    """Which canvas lines (rows or columns) an output line is interpolated from."""

    lines: Array  # (R,) the canvas lines that are read, ascending: the lines of the grid
    start: Array  # (canvas size + 1,) the first grid line at or after a canvas line
    first: Array  # (size,) grid line of each output line
    second: Array  # (size,) the one after it, or the same if its weight is 0
    weight: Array  # (2, size) of the two, in 1 / 2048
    reader: Array  # (R,) the first output line that reads a grid line
    readers: int  # how many output lines read one grid line, at most

    @property
    def length(self) -> int:
        """The canvas size."""
        return len(self.start) - 1


@dataclass(frozen=True, eq=False)
class Grid:
    """The canvas pixels that matter for a picture."""

    rows: Axis
    columns: Axis


@lru_cache(maxsize=16)
def grid(height: int, width: int, scale: float) -> Grid:
    """The grid of a picture that is drawn `scale` times as large."""
    return Grid(_axis(height, int(height * scale)), _axis(width, int(width * scale)))


def _axis(size: int, canvas: int) -> Axis:
    # Half a pixel of offset, float32 fractions and weights of 11 bits, as cv2.resize has them.
    place = ((np.arange(size) + 0.5) * (1.0 / (size / canvas)) - 0.5).astype(np.float32)
    first = np.floor(place).astype(np.int64)
    fraction = place - first.astype(np.float32)
    fraction[(first < 0) | (first >= canvas - 1)] = 0.0
    first = np.clip(first, 0, canvas - 1)
    weight = np.rint(np.stack((np.float32(1.0) - fraction, fraction)) * np.float32(2048)).astype(np.int64)
    second = first + (weight[1] > 0)
    lines = np.unique(np.concatenate((first, second)))
    first, second = np.searchsorted(lines, first), np.searchsorted(lines, second)
    reader = np.searchsorted(second, np.arange(len(lines)), "left")
    last = np.searchsorted(first, np.arange(len(lines)), "right")
    start = np.searchsorted(lines, np.arange(canvas + 1))
    return Axis(lines, start, first, second, weight, reader, int((last - reader).max()))


# ── Shapes ────────────────────────────────────────────────────────────────────────────────────────────────


def discs(target: Grid, centre: Array, radius: int) -> Spans:
    """Filled circles around whole canvas points `(N, 2)`; `radius` is a key of `DISC_ROWS`."""
    half = DISC_ROWS[radius]
    dy = np.arange(-radius, radius + 1)
    reach = np.array(half)[np.abs(dy)]
    y = centre[:, 1:] + dy
    shape = np.broadcast_to(np.arange(len(centre))[:, None], y.shape)
    inside = (y >= 0) & (y < target.rows.length)
    safe = np.where(inside, y, 0)
    row = target.rows.start[safe]
    inside &= target.rows.start[safe + 1] > row  # the row is read
    x = centre[:, :1]
    return shape[inside], row[inside], (x - reach)[inside], (x + reach)[inside]


def ellipses(target: Grid, centre: Array, axes: Array, degrees: Array) -> Spans:
    """Filled ellipses: polygons of 361 vertices that are rounded to whole pixels.

    Args:
        target: The grid to draw on.
        centre: `(N, 2)` whole canvas points.
        axes: `(N, 2)` whole half axes.
        degrees: `(N,)` whole degrees by which the first axis is turned from +x to +y.
    """
    turn = degrees % 360
    cosine, sine = _SINE[450 - turn][:, None], _SINE[turn][:, None]
    arc = np.arange(361)
    x, y = axes[:, :1] * _SINE[450 - arc], axes[:, 1:] * _SINE[arc]
    px = np.rint(centre[:, :1] + x * cosine - y * sine).astype(np.int64)
    py = np.rint(centre[:, 1:] + x * sine + y * cosine).astype(np.int64)
    moved = (px[:, 1:] != px[:, :-1]) | (py[:, 1:] != py[:, :-1])
    shape = np.nonzero(moved)[0]
    edges = np.stack((px[:, :-1][moved], py[:, :-1][moved], px[:, 1:][moved], py[:, 1:][moved]))
    x0, y0, x1, y1 = edges
    parts = (_outline(target, edges, shape), _fill(target, (x0 * ONE, y0, x1 * ONE, y1), shape))
    return _joined(target, parts, len(centre))


def thick_lines(target: Grid, start: Array, end: Array) -> Spans:
    """Lines 2 px thick between whole canvas points `(N, 2)`: rectangles, corners in 1 / 65536 px, with round ends."""
    delta = (end - start).astype(np.float64)
    length = np.sqrt(np.sum(delta * delta, axis=-1))
    long = np.flatnonzero(length > 0)
    scale = ONE / length[long]
    side = np.rint(np.stack((delta[long, 1] * scale, -delta[long, 0] * scale), axis=-1)).astype(np.int64)
    a, b = start[long] * ONE, end[long] * ONE
    corners = np.stack((a + side, a - side, b - side, b + side), axis=1)
    before = np.roll(corners, 1, axis=1)
    edges = np.concatenate((before, corners), axis=-1).reshape(-1, 4).T
    shape = np.repeat(long, 4)
    x0, y0, x1, y1 = edges
    parts = [_fixed_outline(target, edges, shape)]
    parts.append(_fill(target, (x0, (y0 + HALF) >> 16, x1, (y1 + HALF) >> 16), shape))
    parts += [discs(target, start, 1), discs(target, end, 1)]
    return _joined(target, parts, len(start))


def _joined(target: Grid, parts: tuple[Spans, ...] | list[Spans], shapes: int) -> Spans:
    """One span for each row of each shape: all shapes here are convex.

    Where OpenCV cuts an outline at the canvas's border it now and then leaves a gap of one canvas pixel; not so here.
    """
    rows = len(target.rows.lines)
    shape, row, left, right = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    key = shape * rows + row
    low, high = np.full(shapes * rows, np.iinfo(np.int64).max), np.full(shapes * rows, np.iinfo(np.int64).min)
    np.minimum.at(low, key, left)
    np.maximum.at(high, key, right)
    used = np.flatnonzero(low <= high)
    return used // rows, used % rows, low[used], high[used]


def _ranges(first: Array, stop: Array) -> tuple[Array, Array]:
    """For all i, the numbers first[i] .. stop[i] - 1, and beside each its i."""
    count = np.maximum(stop - first, 0)
    owner = np.repeat(np.arange(len(first)), count)
    return owner, np.arange(len(owner)) + (first - np.cumsum(count) + count)[owner]


def _row_ranges(target: Grid, top: Array, stop: Array) -> tuple[Array, Array]:
    """As `_ranges`, the grid rows within canvas rows top .. stop - 1."""
    start, limit = target.rows.start, target.rows.length
    return _ranges(start[np.clip(top, 0, limit)], start[np.clip(stop, 0, limit)])


def _divide(a: Array, b: Array) -> Array:
    """Integer division towards zero, as in C."""
    quotient = np.abs(a) // np.abs(b)
    return np.where((a < 0) ^ (b < 0), -quotient, quotient)


def _fill(target: Grid, edges: tuple[Array, ...], shape: Array) -> Spans:
    """Where the rows of polygons meet their edges; x in fixed point, y in whole rows; the lowest row is left out."""
    x0, y0, x1, y1 = edges
    falls = y0 < y1
    top, bottom = np.minimum(y0, y1), np.maximum(y0, y1)
    x, height = np.where(falls, x0, x1), np.maximum(bottom - top, 1)
    slope = _divide(2 * (np.where(falls, x1, x0) - x) + height, 2 * height)
    edge, row = _row_ranges(target, top, bottom)
    at = (x[edge] + slope[edge] * (target.rows.lines[row] - top[edge]) + HALF) >> 16
    return shape[edge], row, at, at


def _outline(target: Grid, edges: Array, shape: Array) -> Spans:
    """Bresenham lines between whole points `(4, N)`, from left to right: the run of pixels in each row."""
    edges, kept = _clip(edges, target.columns.length - 1, target.rows.length - 1)
    (x0, y0, x1, y1), shape = edges, shape[kept]
    swap = x1 < x0
    x0, y0, x1, y1 = np.where(swap, (x1, y1, x0, y0), (x0, y0, x1, y1))
    dx, dy = x1 - x0, np.abs(y1 - y0)
    edge, row = _row_ranges(target, np.minimum(y0, y1), np.maximum(y0, y1) + 1)
    step = np.abs(target.rows.lines[row] - y0[edge])
    dx, dy, x0 = dx[edge], dy[edge], x0[edge]
    # After k steps along the longer axis the line has gone ceil(k slope - 1/2) along the other one.
    twice = np.maximum(2 * dy, 1)
    steep = -((dy - 2 * dx * step) // twice)
    first = np.where(dy == 0, 0, np.maximum((2 * step - 1) * dx // twice + 1, 0))
    last = np.where(dy == 0, dx, np.minimum((2 * step + 1) * dx // twice, dx))
    left, right = np.where(dy > dx, steep, first), np.where(dy > dx, steep, last)
    return shape[edge], row, x0 + left, x0 + right


def _fixed_outline(target: Grid, edges: Array, shape: Array) -> Spans:
    """Lines between points in fixed point `(4, N)`: one pixel for each step along the longer axis, and the end."""
    edges, kept = _clip(edges, (target.columns.length << 16) - 1, (target.rows.length << 16) - 1)
    (x0, y0, x1, y1), shape = edges, shape[kept]
    flat = np.abs(x1 - x0) > np.abs(y1 - y0)
    # u runs along the longer axis, upwards
    u0, v0, u1, v1 = np.where(flat, (x0, y0, x1, y1), (y0, x0, y1, x1))
    u0, v0, u1, v1 = np.where(u1 < u0, (u1, v1, u0, v0), (u0, v0, u1, v1))
    slope = _divide((v1 - v0) * ONE, (u1 - u0) | 1)
    edge, step = _ranges(np.zeros_like(u0), ((u1 - u0) >> 16) + 1)
    u = ((u0 + HALF) >> 16)[edge] + step
    v = (v0[edge] + HALF + step * slope[edge]) >> 16
    flat = np.concatenate((flat[edge], flat))
    u, v = np.concatenate((u, (u1 + HALF) >> 16)), np.concatenate((v, (v1 + HALF) >> 16))
    shape = np.concatenate((shape[edge], shape))
    x, y = np.where(flat, u, v), np.where(flat, v, u)
    inside = (x >= 0) & (x < target.columns.length) & (y >= 0) & (y < target.rows.length)
    shape, x, y = shape[inside], x[inside], y[inside]
    row = target.rows.start[y]
    read = target.rows.start[y + 1] > row
    return shape[read], row[read], x[read], x[read]


def _clip(edges: Array, right: int, bottom: int) -> tuple[Array, Array]:
    """Lines `(4, N)` cut to 0..right, 0..bottom (Cohen-Sutherland, dividing towards zero), and which are left."""
    limit = np.array([right, bottom, right, bottom])[:, None]
    crossing = np.flatnonzero(((edges < 0) | (edges > limit)).any(axis=0))
    if not len(crossing):
        return edges, np.arange(edges.shape[1])
    edges = edges.copy()
    part = edges[:, crossing]
    missed = np.zeros(len(crossing), dtype=np.bool_)
    for axis, edge in ((1, bottom), (0, right)):
        other = 1 - axis
        ends = part[axis::2]
        missed |= (ends < 0).all(axis=0) | (ends > edge).all(axis=0)
        for end in (0, 2):
            here = part[end + axis]
            bound = np.clip(here, 0, edge)
            span = part[2 + axis] - part[axis]
            part[end + other] += _divide((bound - here) * (part[2 + other] - part[other]), np.where(span == 0, 1, span))
            part[end + axis] = bound
    edges[:, crossing] = part
    return np.delete(edges, crossing[missed], axis=1), np.delete(np.arange(edges.shape[1]), crossing[missed])


# ── Picture ───────────────────────────────────────────────────────────────────────────────────────────────


def picture(target: Grid, spans: Spans, colours: Array) -> Array:
    """The shrunk picture `(H, W, 3)` uint8 of spans in any order: a later shape covers an earlier one.

    Args:
        target: The grid.
        spans: Their shapes are indices into `colours`.
        colours: `(N, 3)` 0..255, N < 65,535.
    """
    rows, columns = target.rows, target.columns
    shape, row, left, right = spans
    order = np.argsort(shape.astype(np.uint16), kind="stable")
    limit = columns.length
    first = columns.start[np.clip(left[order], 0, limit)]
    span, column = _ranges(first, columns.start[np.clip(right[order] + 1, 0, limit)])
    row = row[order][span]
    canvas = np.zeros(len(rows.lines) * len(columns.lines), dtype=np.uint16)
    canvas[row * len(columns.lines) + column] = shape[order][span] + 1  # of equal places the last one wins
    height, width = len(rows.first), len(columns.first)
    touched = np.zeros((height, width), dtype=np.bool_)
    for i in range(rows.readers):
        for j in range(columns.readers):
            touched[np.minimum(rows.reader[row] + i, height - 1), np.minimum(columns.reader[column] + j, width - 1)] = (
                True
            )
    y, x = np.divmod(np.flatnonzero(touched), width)  # much faster than nonzero in two dimensions
    palette = np.concatenate((np.zeros((1, 3)), colours)).astype(np.int64)
    out = np.zeros((height, width, 3), dtype=np.uint8)
    out[y, x] = _interpolated(target, canvas, palette, y, x)
    return out


def _interpolated(target: Grid, canvas: Array, palette: Array, y: Array, x: Array) -> Array:
    """Colours `(N, 3)` of output pixels, in the fixed-point arithmetic of OpenCV's bilinear resize."""
    rows, columns = target.rows, target.columns
    stride = len(columns.lines)
    left, right = columns.first[x], columns.second[x]
    lines = []
    for line in (rows.first, rows.second):
        base = line[y] * stride
        mixed = palette[canvas[base + left]] * columns.weight[0, x, None]
        mixed += palette[canvas[base + right]] * columns.weight[1, x, None]
        lines.append(mixed >> 4)
    upper, lower = ((line * rows.weight[i, y, None]) >> 16 for i, line in enumerate(lines))
    return ((upper + lower + 2) >> 2).astype(np.uint8)
