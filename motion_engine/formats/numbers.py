"""Tables of decimal numbers, read several times as fast as floats are parsed."""

from __future__ import annotations

import numpy as np

from motion_engine.types import Array

FARTHEST = 1e5  # m; nobody walks farther from the origin, and float32 still knows a centimetre there
_SEPARATORS = bytes.maketrans(b"\t\reE\n", b"     ")  # an exponent becomes a number of its own
_KNOWN = b"0123456789+-.eE \t\r\n"
_MOST_DECIMALS = 17
_LARGEST = 10**18  # below the largest 64-bit integer, at which the parser would stop counting


def parse_numbers(body: bytes, rows: int, columns: int) -> Array | None:
    """All numbers `(rows, columns)` float64, or None where anything is unusual and deserves a slower look.

    Without their points the numbers are integers, which numpy reads six times as fast as floats. The place of the
    point says by which power of ten to divide; the result is the same to the last bit up to 15 digits.
    """
    if columns == 0 or body.translate(None, _KNOWN):
        return None
    text = body.translate(_SEPARATORS) + b" "
    characters = np.frombuffer(text, dtype=np.uint8)
    space = characters == 32
    ends = np.flatnonzero(space[1:] & ~space[:-1]) + 1
    digits = _integers(text.translate(None, b"."))
    decimals = _decimals(np.flatnonzero(characters == 46), ends)
    if digits is None or decimals is None or not len(digits) == len(ends) > 0:
        return None
    values = digits / (10.0 ** np.arange(_MOST_DECIMALS + 1))[decimals]
    if b"e" in body or b"E" in body:
        raw = np.frombuffer(body, dtype=np.uint8)
        marks = np.flatnonzero((raw == 101) | (raw == 69))
        power = np.minimum(np.searchsorted(ends, marks, side="right"), len(ends) - 1)
        loose = space[marks - 1] | space[marks + 1]  # at 0, [-1] is the space at the end
        if loose.any() or (np.diff(power) < 2).any() or power[0] == 0 or decimals[power].any():
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            values[power - 1] *= 10.0 ** values[power]
        values, ends = np.delete(values, power), np.delete(ends, power)
    if len(values) != rows * columns or not np.isfinite(values).all():
        return None
    # Every row must end where a line ends (a row may be broken over several lines).
    breaks = np.flatnonzero(np.frombuffer(body + b"\n", dtype=np.uint8) == 10)
    read = np.searchsorted(ends, breaks, side="right")
    if len(np.unique(read[(read % columns == 0) & (read > 0)])) != rows:
        return None
    return values.reshape(rows, columns)


def _integers(text: bytes) -> Array | None:
    characters = np.frombuffer(text, dtype=np.uint8)
    signs = np.flatnonzero((characters == 43) | (characters == 45))
    if len(signs) and ((characters[signs + 1] < 48).any() or (characters[signs[signs > 0] - 1] != 32).any()):
        return None
    digits: Array = np.fromstring(text, dtype=np.int64, sep=" ")
    return digits if len(digits) and digits.min() > -_LARGEST and digits.max() < _LARGEST else None


def _decimals(points: Array, ends: Array) -> Array | None:
    """How many digits each number has after its point; None if a number has two points."""
    number = np.arange(len(points)) if len(points) == len(ends) else np.searchsorted(ends, points)
    if not len(points):
        return np.zeros(len(ends), dtype=np.intp)
    if number[-1] >= len(ends) or (np.diff(number) == 0).any():
        return None
    decimals = np.zeros(len(ends), dtype=np.intp)
    decimals[number] = ends[number] - points - 1
    inside = (points < ends[number]).all() and (points[1:] >= ends[number[1:] - 1]).all()
    return decimals if inside and decimals.max() <= _MOST_DECIMALS else None
