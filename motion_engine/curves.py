"""Smooth curves over time: filters, eases and the decay of an offset."""

from __future__ import annotations

import numpy as np

from motion_engine.types import Array


def smooth(values: Array, sigma: float) -> Array:
    """A Gaussian filter along the first axis; `sigma` in frames; the ends are continued by point reflection.

    Point reflection keeps the slope at the ends, so a constant speed stays constant.
    """
    frames = len(values)
    radius = min(int(3 * sigma + 0.5), frames - 1)
    if radius < 1:
        return values.astype(np.float64)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    flat = values.reshape(frames, -1).astype(np.float64)
    before, after = 2 * flat[0] - flat[radius:0:-1], 2 * flat[-1] - flat[-2 : -radius - 2 : -1]
    padded = np.concatenate((before, flat, after))
    filtered = [np.convolve(padded[:, i], kernel, "valid") for i in range(flat.shape[1])]
    return np.stack(filtered, axis=-1).reshape(values.shape)


def envelope(values: Array, radius: int) -> Array:
    """A smooth curve `(T,)` that is nowhere below `values (T,)`: the running maximum, then its moving average."""
    padded = np.pad(values, 2 * radius, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * radius + 1)
    return np.convolve(windows.max(axis=-1), np.ones(2 * radius + 1) / (2 * radius + 1), "valid")


def smoothstep(x: Array | float) -> Array:
    """0 below 0, 1 above 1, between them the quintic with zero speed and acceleration at both ends."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * x * (x * (6.0 * x - 15.0) + 10.0)


def soft_floor(values: Array, start: float) -> Array:
    """The values themselves above `start` (> 0), below it an exponential that stays above 0, with the same slope."""
    return np.where(values > start, values, start * np.exp(np.minimum(values / start - 1.0, 0.0)))


def decay(offset: Array, velocity: Array, time: Array, duration: Array | float) -> Array:
    """An offset and its velocity that come to rest at zero after `duration` seconds: inertialisation.

    The quintic with the given value and slope and no acceleration at 0, and value, slope and acceleration 0 at the
    end. After D. Bollo, "Inertialization: High-Performance Animation Transitions in Gears of War" (GDC 2018).

    Args:
        offset: `(...)` at time 0.
        velocity: `(...)` per second at time 0.
        time: `(T,)` s.
        duration: s, > 0; one for all, or an array that broadcasts with `offset`.

    Returns:
        `(T, ...)`.
    """
    x = np.clip(time.reshape(-1, *([1] * np.ndim(offset))) / duration, 0.0, 1.0)
    left = 1.0 - x
    # The Hermite quintics for value and for slope at the start.
    value = left**3 * (1.0 + 3.0 * x + 6.0 * x * x)
    slope = left**3 * x * (1.0 + 3.0 * x) * duration
    return value * offset + slope * velocity
