"""What the figure stands on and before: a plain background, a floor with a grid that shows travel, its shadow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from animator.camera import Camera
from animator.shadow import HeightMap
from motion_engine.types import Array

GRID = 0.5  # m between lines; every second one is stronger
_LINE = 0.007  # m, half the width of a line
_FADE = 5.0  # m from the middle of the picture at which the floor is half gone
_ZENITH, _HORIZON, _FLOOR = (np.array(c, np.float32) for c in ((201, 208, 217), (236, 238, 241), (222, 224, 227)))
_INK = np.array((150, 158, 168), np.float32)
_SHADOW = np.array((0.66, 0.63, 0.59), np.float32)  # what a full shadow takes from the floor's light


@dataclass(frozen=True, eq=False)
class Stage:
    """The empty picture as one camera sees it."""

    picture: Array  # (H, W, 3) float32 0..255
    first_row: int  # the floor is in this row and below
    floor: Array  # (H - first_row, W, 2) m, x and z of the floor; NaN where it is not seen
    solid: Array  # (H - first_row, W) how much of the floor is seen there, 0..1

    def shaded(self, shadow: HeightMap, camera: Camera) -> Array:
        """A copy of the picture with the figure's shadow on the floor."""
        picture = self.picture.copy()
        height, width = picture.shape[:2]
        rows, columns = shadow.height.shape
        span = shadow.cell * np.array([columns, rows])
        corner = np.array([(x, 0.0, z) for x in (0, 1) for z in (0, 1)])
        corner[:, [0, 2]] = shadow.origin + corner[:, [0, 2]] * span
        points, depth = camera.project(corner, width, height)
        if depth.min() <= 0.05:
            points = np.array([[0.0, 0.0], [1.0, 1.0]])
        size = (width, height)
        left, top = np.clip(np.floor(points.min(axis=0) * size), 0, size).astype(int)
        right, bottom = np.clip(np.ceil(points.max(axis=0) * size), 0, size).astype(int)
        top = max(top, self.first_row)
        if right <= left or bottom <= top:
            return picture
        part = (slice(top - self.first_row, bottom - self.first_row), slice(left, right))
        shade = shadow.sample(shadow.floor_shade(), self.floor[part]) * self.solid[part]
        picture[top:bottom, left:right] *= 1.0 - shade[..., None] * _SHADOW
        return picture


def build_stage(camera: Camera, width: int, height: int) -> Stage:
    """The background and the floor y = 0 as `camera` sees them."""
    u = ((np.arange(width) + 0.5) / width).astype(np.float32)
    v = ((np.arange(height) + 0.5) / height).astype(np.float32)
    sky = np.clip(v[:, None, None] / 0.75, 0, 1) ** 1.2
    picture = np.broadcast_to(_ZENITH + (_HORIZON - _ZENITH) * sky, (height, width, 3)).copy()
    x, z, pixel, seen = _floor(camera, u, v, width, height)
    rows = np.flatnonzero(seen.any(axis=1))
    first = int(rows[0]) if len(rows) else height
    x, z, pixel, seen = x[first:], z[first:], pixel[first:], seen[first:]
    solid = _solidity(camera, x, z, seen)
    ink = _lines(x, z, pixel, GRID) * 0.45
    np.maximum(ink, _lines(x, z, pixel, 2 * GRID) * 0.8, out=ink)
    ground = _FLOOR + (_INK - _FLOOR) * ink[..., None]
    part = picture[first:]
    part += (ground - part) * solid[..., None]
    return Stage(picture, first, np.stack((x, z), axis=-1), solid)


def _floor(camera: Camera, u: Array, v: Array, width: int, height: int) -> tuple[Array, Array, Array, Array]:
    """Floor coordinates x and z, m, of each pixel, the size of a pixel there, m, and where there is floor."""
    view = camera.view_matrix
    right, down, ahead = view[:3, :3].astype(np.float32)
    aspect = width / height
    if camera.ortho_height is None:
        reach = float(np.tan(0.5 * camera.fov))
        across, along = (2 * u - 1)[None, :] * reach * aspect, (2 * v - 1)[:, None] * reach
        direction = [across * right[i] + along * down[i] + ahead[i] for i in range(3)]
        start = [np.float32(p) for p in camera.position]
    else:
        across, along = (u - 0.5)[None, :] * camera.ortho_height * aspect, (v - 0.5)[:, None] * camera.ortho_height
        direction = [np.full_like(across + along, ahead[i]) for i in range(3)]
        start = [np.float32(camera.position[i]) + across * right[i] + along * down[i] for i in range(3)]
    seen = direction[1] * np.sign(camera.position[1]) < -1e-4
    distance = -start[1] / np.where(seen, direction[1], np.float32(-1.0))
    seen &= distance > 0
    x, z = start[0] + distance * direction[0], start[2] + distance * direction[2]
    slope = np.abs(direction[1]) + np.float32(1e-6)
    if camera.ortho_height is None:
        pixel = distance / slope ** np.float32(0.5) * np.float32(2 * reach / height)
    else:
        pixel = np.float32(camera.ortho_height / height) / slope**0.5
    return x, z, np.broadcast_to(pixel, x.shape), np.broadcast_to(seen, x.shape)


def _solidity(camera: Camera, x: Array, z: Array, seen: Array) -> Array:
    """How much of the floor is seen through the haze, 0..1: less with the distance from what the camera looks at."""
    away = np.hypot(x - np.float32(camera.target[0]), z - np.float32(camera.target[2])) / np.float32(_FADE)
    return np.where(seen, 1.0 / (1.0 + away**4), 0.0).astype(np.float32)


def _lines(x: Array, z: Array, pixel: Array, spacing: float) -> Array:
    """The ink 0..1 of lines along both axes, as much of each pixel as they cover; it fades where they crowd."""
    ink = np.zeros(x.shape, dtype=np.float32)
    for value in (x, z):
        distance = np.abs(value / np.float32(spacing) - np.round(value / np.float32(spacing))) * np.float32(spacing)
        covered = np.clip((np.float32(_LINE) - distance) / pixel + np.float32(0.5), 0.0, 1.0)
        np.maximum(ink, covered * np.minimum(1.0, 2 * _LINE / pixel), out=ink)
    return ink * np.clip(spacing / (6 * pixel) - 0.5, 0.0, 1.0)
