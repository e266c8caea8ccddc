"""Curves through keys: monotone cubic splines with eases, delays and seamless loops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from motion_engine.types import Array

# auto: smooth, no overshoot; stop: at rest here; flow: passes through with speed; settle: overshoots, then comes back
Ease = Literal["auto", "stop", "flow", "settle"]

SETTLE_SHARE, SETTLE_TIME = 0.07, 0.16  # of the way, and s, by which a settling channel overshoots
CLEARANCE = 0.03  # s, the least time between a delayed key and the start of the loop
ON_BORDER = 1e-3  # s; a key that near to where the loop starts or ends is there: 0.3333 is a third


@dataclass(frozen=True)
class Span:
    """The time of an action, s: its end, and the part that repeats; a cyclic action repeats as a whole."""

    end: float
    loop: tuple[float, float] | None = None
    cyclic: bool = False


@dataclass(frozen=True, eq=False)
class Knots:
    """The keys of one channel."""

    times: Array  # (K,) s, increasing
    values: Array  # (K, D)
    eases: tuple[Ease, ...]


_Hermite = tuple[Array, Array, Array]  # times (K,), values (K, D), slopes (K, D)


def curve(knots: Knots, span: Span, at: Array, lag: float = 0.0, gain: Array | None = None) -> Array:
    """The channel at the times `at` `(T,)` s, as `(T, D)`.

    Args:
        knots: Keys; the first value holds before the first key, the last after the last.
        span: Where the loop is: the curve has the same value and slope at its start and end. Keys inside it repeat;
            a key exactly at its end is ignored, since it is the one at its start.
        at: Times.
        lag: Seconds by which the channel follows the others; inside a loop it shifts the phase.
        gain: `(D,)`, by how much the channel is further on after one cycle of a cyclic action; None: not at all.
    """
    knots = _settled(knots)
    if span.loop is None:
        times = np.where(knots.times > 0.0, knots.times + lag, knots.times)
        return hermite(times, knots.values, slopes(times, knots.values, knots.eases), at)
    start, end = span.loop
    cycle = _cycle(knots, start, end, lag, np.zeros(knots.values.shape[1]) if gain is None else gain)
    if span.cyclic:
        times, values, slope = cycle
        found = hermite(times, values, slope, start + (at - start) % (end - start))
        return found if gain is None else found + np.floor((at - start) / (end - start))[:, None] * gain
    times, values, slope = _joined(knots, cycle, start, end, lag)
    return hermite(times, values, slope, at)


def _settled(knots: Knots) -> Knots:
    """Adds the overshoot before each settling key: it arrives 7 % too far, and 0.16 s later it is where it should."""
    times, values, eases = list(knots.times), list(knots.values), list(knots.eases)
    for i in range(len(eases) - 1, 0, -1):
        if eases[i] == "settle":
            arrived, value = times[i], values[i]
            following = times[i + 1] if i + 1 < len(times) else np.inf
            times[i], eases[i] = min(arrived + SETTLE_TIME, 0.5 * (arrived + following)), "stop"
            times.insert(i, arrived)
            values.insert(i, value + SETTLE_SHARE * (value - values[i - 1]))
            eases.insert(i, "auto")
    return Knots(np.array(times), np.array(values), tuple(eases))


def _cycle(knots: Knots, start: float, end: float, lag: float, gain: Array) -> _Hermite:
    """Times, values and slopes of one period, from `start` to `end` inclusive."""
    inside = (knots.times >= start - ON_BORDER) & (knots.times < end - ON_BORDER)
    if inside.sum() < 2:
        last = max(int(np.count_nonzero(knots.times < end - ON_BORDER)) - 1, 0)  # times increase
        values = knots.values[[last, last]] + np.outer((0.0, 1.0), gain)
        return np.array([start, end]), values, np.tile(gain / (end - start), (2, 1))
    period = end - start
    later, times = np.divmod(knots.times[inside] + lag - start, period)
    order = np.argsort(times)
    times, values = start + times[order], (knots.values[inside] - np.outer(later, gain))[order]
    eases = tuple(np.array(knots.eases, dtype=object)[inside][order])
    wrapped = np.concatenate((times[-2:] - period, times, times[:2] + period))
    around = np.concatenate((values[-2:] - gain, values, values[:2] + gain))
    slope = slopes(wrapped, around, (*eases[-2:], *eases, *eases[:2]))
    edges = np.array([start, end])
    seam = hermite(wrapped, around, slope, edges[:1])
    seam_slope = hermite(wrapped, around, slope, edges[:1], derivative=True)
    between = (times > start + ON_BORDER) & (times < end - ON_BORDER)
    return (
        np.concatenate((edges[:1], times[between], edges[1:])),
        np.concatenate((seam, values[between], seam + gain)),
        np.concatenate((seam_slope, slope[2:-2][between], seam_slope)),
    )


def _joined(knots: Knots, cycle: _Hermite, start: float, end: float, lag: float) -> _Hermite:
    """The keys before the loop, the loop, and the keys after it."""
    before, after = knots.times < start - ON_BORDER, knots.times > end + ON_BORDER
    moved = np.where(knots.times > 0.0, knots.times + lag, knots.times)
    early = np.minimum(moved[before], np.maximum(0.5 * (knots.times[before] + start), start - CLEARANCE - lag))
    times = np.concatenate((early, cycle[0], moved[after]))
    values = np.concatenate((knots.values[before], cycle[1], knots.values[after]))
    chosen = np.array(knots.eases, dtype=object)
    eases = (*chosen[before], *(["auto"] * len(cycle[0])), *chosen[after])
    slope = slopes(times, values, eases)
    slope[len(early) : len(early) + len(cycle[0])] = cycle[2]
    return times, values, slope


def slopes(times: Array, values: Array, eases: tuple[Ease, ...]) -> Array:
    """Slopes `(K, D)` at the keys: monotone (Fritsch and Carlson, 1980), zero at extremes, at both ends and at stops.

    At keys that flow the slope is the mean of both sides, so that the curve may swing a little past its keys.
    """
    slope = np.zeros(values.shape)
    if len(times) < 3:
        return slope
    step = np.diff(times)[:, None]
    secant = np.diff(values, axis=0) / step
    before, after = secant[:-1], secant[1:]
    wide_before, wide_after = 2 * step[1:] + step[:-1], step[1:] + 2 * step[:-1]
    same = before * after > 0
    safe_before, safe_after = np.where(same, before, 1.0), np.where(same, after, 1.0)
    harmonic = (wide_before + wide_after) / (wide_before / safe_before + wide_after / safe_after)
    slope[1:-1] = np.where(same, harmonic, 0.0)
    for i in range(1, len(times) - 1):
        if eases[i] == "stop":
            slope[i] = 0.0
        elif eases[i] == "flow":
            slope[i] = (values[i + 1] - values[i - 1]) / (times[i + 1] - times[i - 1])
    return slope


def hermite(times: Array, values: Array, slope: Array, at: Array, *, derivative: bool = False) -> Array:
    """The piecewise cubic through `values (K, D)` with `slope (K, D)` at `at (T,)`; constant outside the keys."""
    if len(times) == 1:
        return np.tile(np.zeros_like(values) if derivative else values, (len(at), 1))
    i = np.clip(np.searchsorted(times, at, side="right") - 1, 0, len(times) - 2)
    step = times[i + 1] - times[i]
    x = np.clip((at - times[i]) / step, 0.0, 1.0)[:, None]
    step = step[:, None]
    a, b, da, db = values[i], values[i + 1], slope[i] * step, slope[i + 1] * step
    if derivative:
        return ((6 * x * x - 6 * x) * (a - b) + (3 * x * x - 4 * x + 1) * da + (3 * x * x - 2 * x) * db) / step
    return a + x * x * (3 - 2 * x) * (b - a) + x * (1 - x) ** 2 * da - x * x * (1 - x) * db
