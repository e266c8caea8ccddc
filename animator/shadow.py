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
    def of(cls, points: Array, height: Array, cell: float, border: float = 0.1) -> HeightMap:
        """Maps points that are dense enough to leave few cells empty.

        Args:
            points: `(N, 2)` m, where each one meets the plane.
            height: `(N,)` m above the plane.
            cell: m.
            border: m kept free at each edge.
        """
        origin = points.min(axis=0) - border
        columns, rows = np.ceil((points.max(axis=0) + border - origin) / cell).astype(int)
        index = ((points - origin) / cell).astype(np.int64)
        flat = np.full(int(rows * columns), _LOWEST, dtype=np.float32)
        np.maximum.at(flat, index[:, 1] * columns + index[:, 0], height.astype(np.float32))
        return cls(origin, cell, flat.reshape(rows, columns))

    def lit(self, points: Array, height: Array, bias: float) -> Array:
        """How much light `(N,)`, 0..1, reaches points at their `height`; nothing within `bias` m above hides them."""
        total = np.ones(len(points), dtype=np.float32)
        above = height + np.float32(bias)
        for weight, index in self._corners(points, self.height):
            total -= weight * (self.height.ravel()[index] > above)
        return total

    def floor_shade(self, contact: float = 0.12) -> Array:
        """The darkness 0..1 of the plane, `(rows, columns)` float32: soft, and deeper near what touches it."""
        from scipy.ndimage import gaussian_filter

        covered = (self.height > _LOWEST).astype(np.float32)
        touching = np.exp(-np.maximum(self.height, 0.0) / contact) * covered
        cast = gaussian_filter(covered, 0.045 / self.cell, mode="constant", truncate=2.5)
        near = gaussian_filter(touching, 0.02 / self.cell, mode="constant", truncate=2.5)
        return 1.0 - (1.0 - 0.45 * cast) * (1.0 - 0.62 * near)

    def sample(self, values: Array, points: Array) -> Array:
        """`values (rows, columns)` interpolated at points `(..., 2)` of the plane; outside it is 0."""
        shape = points.shape[:-1]
        flat = points.reshape(-1, 2)
        rows, columns = values.shape
        scaled = (flat - self.origin) / self.cell
        inside = ((scaled > 0) & (scaled < (columns, rows))).all(axis=1)
        total = sum(weight * values.ravel()[index] for weight, index in self._corners(flat, values))
        return np.where(inside, total, 0.0).reshape(shape).astype(np.float32)

    def _corners(self, points: Array, values: Array) -> list[tuple[Array, Array]]:
        """The weight and flat index of the four cells around each point."""
        rows, columns = values.shape
        u, v = (((points - self.origin) / self.cell).astype(np.float32) - np.float32(0.5)).T
        left, top = np.floor(u), np.floor(v)
        u, v = u - left, v - top
        x0, y0 = (np.clip(p, 0, n - 2).astype(np.int64) for p, n in ((left, columns), (top, rows)))
        first = y0 * columns + x0
        return [
            ((1 - u) * (1 - v), first),
            (u * (1 - v), first + 1),
            ((1 - u) * v, first + columns),
            (u * v, first + columns + 1),
        ]
