"""What the figure stands on and before: a plain background, a floor with a grid that shows travel, its shadow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from animator.camera import Camera
from animator.shadow import HeightMap
from motion_engine.types import Array

GRID = 0.5  # m between lines; every second one is stronger
_LINE = 0.006  # m, half the width of a line
_STRENGTH = (0.80, 0.42)  # of the lines with even and with odd numbers
_FADE = 5.0  # m from what the camera looks at: there the floor is half gone
_ZENITH, _HORIZON, _FLOOR = (np.array(c, np.float32) for c in ((201, 208, 217), (236, 238, 241), (222, 224, 227)))
_INK = np.array((146, 154, 165), np.float32)
_SHADOW = np.array((0.66, 0.63, 0.59), np.float32)  # what a full shadow takes from the floor's light


@dataclass(frozen=True, eq=False)
class _View:
    """What all cameras share that look the same way from the same height: only the grid moves beneath them."""

    picture: Array  # (H, W, 3) float32, without lines
    first_row: int  # the floor is in this row and below
    floor: Array  # (2, h, W) m, x and z of the floor from the camera's x and z, for the rows of the floor
    solid: Array  # (h, W) how much of the floor is seen through the haze, 0..1
    reach: Array  # (2, h, W) m: a pixel has ink if it is nearer than this to a line
    full: Array  # (2, h, W) m: the most of a pixel that a line can cover
    gain: Array  # (2, 2, h, W) from covered m to ink: strong lines, weak lines


class Stage:
    """The empty scene in pictures of one size, kept as long as the camera does not turn."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._view: tuple[tuple[float | None, ...], _View] | None = None
        self._still: tuple[bytes, Array, Array] | None = None

    def picture(self, camera: Camera, shadow: HeightMap) -> Array:
        """The scene `(H, W, 3)` float32, 0.5..255.5, with the figure's shadow; a new array each time."""
        look = (*camera.view_matrix[:3, :3].flat, *(camera.position - camera.target), camera.position[1])
        # rounded: a camera that follows looks the same way to the last bit but a few
        key = (*np.round(look, 7), camera.fov, camera.ortho_height)
        if self._view is None or self._view[0] != key:
            self._view, self._still = (key, _view(camera, self._width, self._height)), None
        view, place = self._view[1], camera.position[::2].tobytes()
        if self._still is None or self._still[0] != place:
            self._still = (place, *_with_lines(view, camera.position[::2].astype(np.float32)))
        picture = self._still[1].copy()
        _darken(picture, view, self._still[2], shadow, camera)
        return picture


def _view(camera: Camera, width: int, height: int) -> _View:
    v = ((np.arange(height) + 0.5) / height).astype(np.float32)
    sky = np.clip(v[:, None, None] / 0.75, 0, 1) ** 1.2
    # without a little noise, always the same, wide gradients show steps
    noise = np.random.default_rng(0).uniform(-0.7, 0.7, (height, width, 1)).astype(np.float32)
    picture = _ZENITH + (_HORIZON - _ZENITH) * sky + noise + np.float32(0.5)
    floor, pixel, seen = _floor(camera, width, height)
    rows = np.flatnonzero(seen.any(axis=1))
    first = int(rows[0]) if len(rows) else height
    floor, pixel, seen, part = floor[:, first:], pixel[:, first:], seen[first:], picture[first:]
    aim = (camera.target - camera.position)[::2].astype(np.float32)
    away = np.hypot(floor[0] - aim[0], floor[1] - aim[1]) / np.float32(_FADE)
    solid = np.where(seen, 1.0 / (1.0 + away**4), 0.0).astype(np.float32)
    part += (_FLOOR + noise[first:] - part) * solid[..., None]
    half = np.maximum(0.65 * pixel, 1e-6)  # a little more than half a pixel: softer
    gain = np.empty((2, *pixel.shape), dtype=np.float32)
    for row, (strength, spacing) in enumerate(zip(_STRENGTH, (2 * GRID, GRID), strict=True)):
        gain[row] = strength * solid * np.clip(spacing / (5 * pixel) - 0.5, 0.0, 1.0) / (2 * half)
    return _View(picture, first, floor, solid, _LINE + half, 2 * np.minimum(np.float32(_LINE), half), gain)


def _floor(camera: Camera, width: int, height: int) -> tuple[Array, Array, Array]:
    """Where pixels meet the floor, `(2, H, W)` m by x and z from the camera; their size there; where there is floor."""
    right, down, ahead = camera.view_matrix[:3, :3].astype(np.float32)
    tall = camera.ortho_height or 2.0 * float(np.tan(0.5 * camera.fov))
    step = np.float32(tall / height)  # of the picture at distance 1, by pixel
    across = (np.arange(width, dtype=np.float32)[None, :] + 0.5 - 0.5 * width) * step
    along = (np.arange(height, dtype=np.float32)[:, None] + 0.5 - 0.5 * height) * step
    start = [across * right[i] + along * down[i] for i in range(3)]
    if camera.ortho_height is None:
        direction = [offset + ahead[i] for i, offset in enumerate(start)]
        start = [np.float32(0)] * 3
    else:
        direction = [np.broadcast_to(ahead[i], (height, width)) for i in range(3)]
    steep = np.abs(direction[1]) > 1e-4
    inverse = 1.0 / np.where(steep, direction[1], np.float32(1.0))
    distance = -(start[1] + np.float32(camera.position[1])) * inverse
    floor, pixel = np.empty((2, height, width), np.float32), np.empty((2, height, width), np.float32)
    for row, axis in enumerate((0, 2)):
        floor[row] = start[axis] + distance * direction[axis]
        slant = direction[axis] * inverse
        pixel[row] = np.hypot(right[axis] - right[1] * slant, down[axis] - down[1] * slant) * step
        if camera.ortho_height is None:
            pixel[row] *= np.abs(distance)
    return floor, np.maximum(pixel, 1e-6), steep & (distance > 0)


def _with_lines(view: _View, place: Array) -> tuple[Array, Array]:
    """The picture with the lines of the grid, and the floor's x and z in the world, for a camera above `place (2,)`."""
    floor = view.floor + place[:, None, None]
    lines = floor * np.float32(1.0 / GRID)
    number = np.rint(lines)
    lines -= number
    distance = np.abs(lines, out=lines)
    distance *= np.float32(-GRID)
    distance += view.reach
    covered = np.clip(distance, 0, view.full, out=distance)
    number *= np.float32(0.5)
    ink = covered * np.where(number == np.rint(number), view.gain[0], view.gain[1])
    picture = view.picture.copy()
    total = np.maximum(ink[0], ink[1])
    for channel, change in enumerate(_INK - _FLOOR):  # by channel: several times as fast as broadcasting over three
        picture[view.first_row :, :, channel] += total * change
    return picture, floor


def _darken(picture: Array, view: _View, floor: Array, shadow: HeightMap, camera: Camera) -> None:
    """Puts the shadow on the floor of a picture, in place."""
    height, width = picture.shape[:2]
    rows, columns = shadow.height.shape
    span = shadow.cell * np.array([columns, rows])
    corner = np.array([(x, 0.0, z) for x in (0, 1) for z in (0, 1)])
    corner[:, ::2] = shadow.origin + corner[:, ::2] * span
    points, depth = camera.project(corner, width, height)
    if depth.min() <= 0.05:
        points = np.array([[0.0, 0.0], [1.0, 1.0]])
    size = (width, height)
    left, top = np.clip(np.floor(points.min(axis=0) * size), 0, size).astype(int)
    right, bottom = np.clip(np.ceil(points.max(axis=0) * size), 0, size).astype(int)
    top = max(top, view.first_row)
    if right <= left or bottom <= top:
        return
    part = (slice(top - view.first_row, bottom - view.first_row), slice(left, right))
    shade = shadow.sample(shadow.floor_shade(), floor[0][part], floor[1][part]) * view.solid[part]
    for channel, strength in enumerate(_SHADOW):
        picture[top:bottom, left:right, channel] *= 1.0 - shade * strength
