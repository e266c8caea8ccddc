"""What no script has to say: breathing, the slow shift of weight, the drift of head and arms.

All of it is a deterministic random walk through keys, at zero (and at rest) where a gesture starts and ends, and
constant inside a short loop, so that the same stance joins all actions and loops stay seamless.
"""

from __future__ import annotations

import zlib

import numpy as np

from action_library.keypose_curves import Ease, Knots, Span, curve
from motion_engine.types import Array

BREATH = 3.6  # s
SHIFT, DRIFT = 1.9, 1.1  # s between the keys of the sway and of the drift


def breathing(span: Span, at: Array) -> Array:
    """The breath `(T,)`: 0 out, 1 in. A loop is done with the lungs full."""
    if span.loop is not None and not span.cyclic:
        times, values = [0.0, span.loop[0], span.end], [0.0, 1.0, 0.0]
    else:
        breaths = max(1, round(span.end / BREATH))
        times = list(np.linspace(0.0, span.end, 2 * breaths + 1))
        values = [float(i % 2) for i in range(2 * breaths + 1)]
    return curve(_knots(times, values), span, at)[:, 0]


def drift(name: str, span: Span, at: Array, every: float) -> Array:
    """A slow random walk `(T,)` within -1..1 that starts and ends at 0; `name` seeds it."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    busy = [(0.0, span.end)] if span.loop is None or span.cyclic else [(0.0, span.loop[0]), (span.loop[1], span.end)]
    times, values, sign = [0.0], [0.0], float(rng.choice((-1.0, 1.0)))
    for start, end in busy:
        inner = np.linspace(start, end, max(1, round((end - start) / every)) + 1)[1:-1]
        for t in inner:
            times.append(float(t) + 0.15 * every * float(rng.uniform(-1, 1)))
            values.append(sign * float(rng.uniform(0.4, 1.0)))
            sign = -sign
    times.append(span.end)
    values.append(0.0)
    return curve(_knots(times, values), span, at)[:, 0]


def _knots(times: list[float], values: list[float]) -> Knots:
    inner: list[Ease] = ["auto"] * (len(times) - 2)
    return Knots(np.array(times), np.array(values)[:, None], ("stop", *inner, "stop"))
