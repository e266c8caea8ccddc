"""Shadows from a map of heights: what a light sees first, in cells of a plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from motion_engine.types import Array

_LOWEST = -1e9  # m: the height of an empty cell


@dataclass(frozen=True, eq=False)
class HeightMap:
    """The greatest height over each cell of a plane; points reach the plane along the light."""

    origin: Array  # (2,) m, the corner of cell (0, 0)
    cell: float  # m
    height: Array  # (rows, columns) m, by second and first coordinate

    @classmethod
    def of(cls, points: Array, height: Array, cell: float, border: float = 0.15) -> HeightMap:
        """Maps points that are dense enough to leave few cells empty.

        Args:
            points: `(N, 2)` m, where each one meets the plane.
            height: `(N,)` m above the plane.
            cell: m.
            border: m kept free at each edge.
        """
        x, y = (np.ascontiguousarray(points[:, i]) for i in (0, 1))
        origin = np.array([x.min(), y.min()], dtype=np.float32) - np.float32(border)
        columns, rows = (
            int(np.ceil((p.max() + border - start) / cell)) for p, start in zip((x, y), origin, strict=True)
        )
        column, row = (((p - start) / cell).astype(np.int64) for p, start in zip((x, y), origin, strict=True))
        flat = np.full(rows * columns, _LOWEST, dtype=np.float32)
        np.maximum.at(flat, row * columns + column, height.astype(np.float32))
        return cls(origin, cell, flat.reshape(rows, columns))

    def lit(self, points: Array, height: Array, bias: float) -> Array:
        """How much light `(N,)`, 0..1, reaches points at their `height`; nothing within `bias` m above hides them."""
        total = np.ones(len(points), dtype=np.float32)
        above = height + np.float32(bias)
        cells = self.height.ravel()
        for weight, index in self._corners(points[:, 0], points[:, 1]):
            total -= weight * (cells[index] > above)
        return total

    def floor_shade(self, contact: float = 0.12) -> Array:
        """The darkness 0..1 of the plane, `(rows, columns)` float32: soft, and deeper near what touches it."""
        from scipy.ndimage import gaussian_filter

        covered = (self.height > _LOWEST).astype(np.float32)
        touching = np.exp(-np.maximum(self.height, 0.0) / np.float32(contact)) * covered
        cast = gaussian_filter(covered, 0.045 / self.cell, mode="constant", truncate=2.0)
        near = gaussian_filter(touching, 0.02 / self.cell, mode="constant", truncate=2.0)
        shade = 1.0 - (1.0 - np.float32(0.45) * cast) * (1.0 - np.float32(0.62) * near)
        for edge in (shade[:2], shade[-2:], shade[:, :2], shade[:, -2:]):
            edge[:] = 0.0  # what lies outside is sampled from the edge
        return shade

    def sample(self, values: Array, x: Array, y: Array) -> Array:
        """`values (rows, columns)` interpolated at points of the plane `(...)`; outside, the values of the edge."""
        total = np.zeros(x.shape, dtype=np.float32)
        cells = values.ravel()
        for weight, index in self._corners(x, y):
            total += weight * cells[index]
        return total

    def _corners(self, x: Array, y: Array) -> list[tuple[Array, Array]]:
        """The weight and flat index of the four cells around each point."""
        rows, columns = self.height.shape
        scale = np.float32(1.0 / self.cell)
        u, v = ((p - start) * scale - np.float32(0.5) for p, start in zip((x, y), self.origin, strict=True))
        u, v = np.clip(u, 0, columns - 1.001, dtype=np.float32), np.clip(v, 0, rows - 1.001, dtype=np.float32)
        left, top = u.astype(np.int64), v.astype(np.int64)
        u, v = u - left.astype(np.float32), v - top.astype(np.float32)
        first = top * columns + left
        uv = u * v
        return [
            (1 - u - v + uv, first),
            (u - uv, first + 1),
            (v - uv, first + columns),
            (uv, first + columns + 1),
        ]
