"""Rendered frames made better: colours of the reference, crisper detail, no flicker.

Each function takes a stream of pictures `(H, W, 3)` uint8 and gives one of the same size, so they are put together by
calling one on the other: `enhance_detail(match_colours(deflicker(frames), reference))`. None keeps more than a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import numpy as np

from animator.retouch_lab import from_lab, to_lab
from animator.video_frames import check_frame, checked, closing
from motion_engine.errors import BadMedia
from motion_engine.types import Array

Method = Literal["statistics", "histogram"]
_BINS = 256
_REFERENCE_SIDE = 2048  # px, of which a reference's colours are taken: every nth pixel of larger ones
_LOW, _HIGH = np.array((0.0, -110.0, -110.0)), np.array((100.0, 110.0, 110.0))  # of L*, a*, b*
_MOST_GAIN = 3.0  # of contrast: what is nearly flat would become noise
_SMOOTH = 2.5  # bins by which histograms are blurred, for the same reason
_LUMINANCE = np.array((0.2126, 0.7152, 0.0722), np.float32)  # ITU-R BT.709

_SAMPLES = 10_000  # pixels that tell how light changes
_LEAST_SPREAD = 4.0  # levels, below which contrast cannot be compared
_GAINS = 0.8, 1.25  # of contrast from frame to frame
_CUT = 24.0  # levels of median difference that no change of light explains
_PIVOT, _FARTHEST = 128.0, 48.0  # levels: a correction is measured in the middle, and is never larger
_HELD = 0.85  # of what is still comes from the frame before


def match_colours(
    frames: Iterable[Array],
    reference: Array,
    *,
    method: Method = "statistics",
    strength: float = 1.0,
    mask: Array | None = None,
    reference_mask: Array | None = None,
    halflife: float = 15.0,
) -> Iterator[Array]:
    """Frames in the colours of a reference picture, compared in L*a*b*.

    Args:
        frames: Pictures `(H, W, 3)` uint8.
        reference: A picture `(h, w, 3)` uint8 of any size.
        method: `statistics` moves mean and spread of each channel (Reinhard et al., Color Transfer between Images,
            2001); `histogram` moves whole distributions, which is closer but needs pictures that show the same things.
        strength: 0 nothing to 1 wholly.
        mask: `(H, W)`, 0..1 or bool: where colours are compared and changed, everywhere by default.
        reference_mask: `(h, w)`: where the reference's colours are taken from.
        halflife: Frames by which the comparison has half forgotten what it saw, so that nothing pumps when something
            comes into view.

    Raises:
        BadMedia: Something is no such picture or mask, or a number is out of range.
    """
    check_frame(reference, "The reference")
    if method not in ("statistics", "histogram"):
        raise BadMedia(f'"{method}" is no way to match colours; use "statistics" or "histogram".')
    _check_range("strength", strength, 0.0, 1.0)
    _check_range("halflife", halflife, 0.0, np.inf)
    measure: Callable[[Array, Array | None], Array] = _statistics if method == "statistics" else _histogram
    weight = _weight(reference_mask, reference, "The reference's mask")
    part = tuple(slice(None, None, 1 + side // _REFERENCE_SIDE) for side in reference.shape[:2])
    goal = measure(to_lab(reference[part]), None if weight is None else weight[part])
    return _matched(checked(frames), measure, goal, strength, mask, 0.5 ** (1 / halflife) if halflife else 0.0)


def _matched(
    frames: Iterator[Array],
    measure: Callable[[Array, Array | None], Array],
    goal: Array,
    strength: float,
    mask: Array | None,
    kept: float,
) -> Iterator[Array]:
    seen: Array | None = None
    with closing(frames):
        for frame in frames:
            weight = _weight(mask, frame, "The mask")
            lab = to_lab(frame)
            now = measure(lab, weight)
            seen = now if seen is None else now + (seen - now) * kept
            curves = _line(seen, goal) if len(goal) == 2 else _quantiles(seen, goal)
            wanted = np.stack(
                [np.interp(lab[..., i], _nodes(i), curves[i]).astype(np.float32) for i in range(3)], axis=-1
            )
            by = strength if weight is None else strength * weight[..., None]
            yield from_lab(lab + (wanted - lab) * np.float32(by))


def _nodes(channel: int) -> Array:
    return np.linspace(_LOW[channel], _HIGH[channel], _BINS)


def _statistics(lab: Array, weight: Array | None) -> Array:
    """Mean and standard deviation of the channels, (2, 3)."""
    values = lab.reshape(-1, 3).astype(np.float64)
    share = np.full(len(values), 1 / len(values)) if weight is None else weight.ravel() / weight.sum(dtype=np.float64)
    mean = share @ values
    return np.stack((mean, np.sqrt(share @ (values - mean) ** 2)))


def _line(seen: Array, goal: Array) -> Array:
    gain = np.clip(goal[1] / np.maximum(seen[1], 1e-3), 0.0, _MOST_GAIN)
    return np.stack([(_nodes(i) - seen[0, i]) * gain[i] + goal[0, i] for i in range(3)])


def _histogram(lab: Array, weight: Array | None) -> Array:
    """Shares of the channels' values at their nodes, (3, 256)."""
    from scipy.ndimage import gaussian_filter1d

    share = None if weight is None else weight.ravel()
    place = np.rint((lab.reshape(-1, 3) - _LOW) / (_HIGH - _LOW) * (_BINS - 1)).clip(0, _BINS - 1).astype(np.intp)
    counts = np.stack([np.bincount(place[:, i], share, _BINS) for i in range(3)])
    return gaussian_filter1d(counts / counts.sum(axis=1, keepdims=True), _SMOOTH, axis=1, mode="constant")


def _quantiles(seen: Array, goal: Array) -> Array:
    """Where each node goes so that as many values lie below it as in the goal; nowhere steeper than the most gain."""
    below = [np.cumsum(part + 1e-9, axis=1) - part / 2 for part in (seen, goal)]
    curves = []
    for i in range(3):
        nodes = _nodes(i)
        curve = np.interp(below[0][i], below[1][i], nodes)
        steps = np.minimum(np.diff(curve, prepend=curve[0]), _MOST_GAIN * (nodes[1] - nodes[0]))
        gentle = np.cumsum(steps)
        curves.append(gentle + seen[i] @ (curve - gentle) / seen[i].sum())  # means stay where they were wanted
    return np.stack(curves)


def enhance_detail(
    frames: Iterable[Array], *, amount: float = 0.6, radius: int = 3, edge: float = 12.0
) -> Iterator[Array]:
    """Frames with crisper detail in their luminance; contours keep their height, so they get no halo.

    What a guided filter (He, Sun, Tang, Guided Image Filtering, 2010) takes for texture is strengthened.

    Args:
        frames: Pictures `(H, W, 3)` uint8.
        amount: What texture grows by: 0 nothing, 1 doubles it.
        radius: px around a pixel that texture is seen in.
        edge: Levels of contrast above which something is a contour.

    Raises:
        BadMedia: Something is no such picture, or a number is out of range.
    """
    _check_range("amount", amount, 0.0, 5.0)
    _check_range("radius", radius, 1, 100)
    _check_range("edge", edge, 0.1, 255.0)
    return _detailed(checked(frames), amount, 2 * int(radius) + 1, edge)


def _detailed(frames: Iterator[Array], amount: float, size: int, edge: float) -> Iterator[Array]:
    from scipy.ndimage import uniform_filter

    def mean(values: Array) -> Array:
        return uniform_filter(values, size, mode="nearest")

    with closing(frames):
        for frame in frames:
            light = frame @ _LUMINANCE
            average = mean(light)
            variance = np.maximum(mean(light * light) - average * average, 0.0)
            slope = variance / (variance + edge * edge)
            base = mean(slope) * light + mean(average - slope * average)
            yield _codes(frame + (amount * (light - base))[..., None])


def deflicker(frames: Iterable[Array], *, halflife: float = 15.0, local: float = 6.0) -> Iterator[Array]:
    """Frames without flicker: neither of the whole picture's light and colour nor of what stands still.

    Whole pictures: brightness and contrast of each channel are compared with the frame before where most pixels agree,
    and the change is taken back; what was taken back is given up slowly, so real changes of light come, only later.
    Still parts: each pixel leans on the one before where its surroundings have hardly changed, by `local` at most:
    what moves is left alone, and nothing leaves a trail that could be seen.

    Args:
        frames: Pictures `(H, W, 3)` uint8.
        halflife: Frames in which half of a correction is given up; infinite: the first frame's light stays. 0: whole
            pictures are left as they are.
        local: Levels (of 255) by which a pixel may be held back; 0: none is.

    Raises:
        BadMedia: Something is no such picture, or a number is out of range.
    """
    _check_range("halflife", halflife, 0.0, np.inf)
    _check_range("local", local, 0.0, 64.0)
    return _steady(checked(frames), halflife, local)


def _steady(frames: Iterator[Array], halflife: float, local: float) -> Iterator[Array]:
    light = _Light(halflife)
    shown: Array | None = None
    with closing(frames):
        for frame in frames:
            picture = light.corrected(frame) if halflife else frame.astype(np.float32)
            if local:
                picture = picture if shown is None else _held(picture, shown, local)
                shown = picture
            yield _codes(picture)


class _Light:
    """How much brighter, darker or paler frames are than they should be: a correction `gain * value + offset`."""

    def __init__(self, halflife: float) -> None:
        self._kept = 0.5 ** (1 / halflife) if halflife else 0.0
        self._before: Array | None = None
        self._gain, self._shift = np.ones(3), np.zeros(3)  # the shift is that of the middle level

    def corrected(self, frame: Array) -> Array:
        step = max(1, round((frame.shape[0] * frame.shape[1] / _SAMPLES) ** 0.5))
        now = frame[::step, ::step].reshape(-1, 3).astype(np.float64)
        if self._before is not None:
            change = _change(self._before, now)
            gain, offset = np.ones(3), np.zeros(3)
            if change is not None:
                gain = self._gain / change[0]
                offset = self._shift + (1 - self._gain) * _PIVOT - gain * change[1]
            shift = gain * _PIVOT + offset - _PIVOT
            self._gain = np.clip(gain**self._kept, 0.5, 2.0)
            self._shift = np.clip(shift * self._kept, -_FARTHEST, _FARTHEST)
        self._before = now
        offset = self._shift + (1 - self._gain) * _PIVOT
        return frame * self._gain.astype(np.float32) + offset.astype(np.float32)


def _change(before: Array, now: Array) -> tuple[Array, Array] | None:
    """Gain and offset of each channel from one frame's pixels (N, 3) to the next's, of those that agree; None: a cut.

    The gain is the ratio of spreads, which noise in both frames alike leaves at 1; a regression would shrink it.
    """
    values = np.concatenate((before, now), axis=1)
    use = np.logical_and.reduce((values > 2) & (values < 253), axis=1)  # what is clipped tells nothing
    if use.sum() >= len(use) // 20 + 1:
        before, now = before[use], now[use]
    gain, offset = np.ones(3), np.median(now - before, axis=0)
    for _ in range(4):
        error = np.abs(now - gain * before - offset).max(axis=1)
        typical = np.median(error)
        if typical > _CUT:
            return None
        near = error <= max(3.0 * typical, 2.0)
        x, y = before[near], now[near]
        spread = x.std(axis=0)
        gain = np.where(spread > _LEAST_SPREAD, np.clip(y.std(axis=0) / np.maximum(spread, 1e-6), *_GAINS), 1.0)
        offset = y.mean(axis=0) - gain * x.mean(axis=0)
    return gain, offset


def _held(picture: Array, shown: Array, most: float) -> Array:
    from scipy.ndimage import uniform_filter

    back = shown - picture
    change = uniform_filter(np.abs(back).mean(axis=-1), 5, mode="nearest")
    still = np.maximum(1.0 - (change / most) ** 2, 0.0) ** 2
    return picture + np.clip(back * (_HELD * still)[..., None], -most, most)


def _codes(picture: Array) -> Array:
    return np.clip(picture + 0.5, 0.0, 255.0).astype(np.uint8)


def _weight(mask: Array | None, picture: Array, name: str) -> Array | None:
    if mask is None:
        return None
    mask = np.asarray(mask)
    if mask.shape != picture.shape[:2]:
        raise BadMedia(f"{name} is {mask.shape}, the picture {picture.shape[:2]}; give one number a pixel.")
    weight = mask.astype(np.float32)
    if not (np.isfinite(weight).all() and weight.min() >= 0.0 and 0.0 < weight.max() <= 1.0):
        raise BadMedia(f"{name} must be within 0..1 and somewhere above 0.")
    return weight


def _check_range(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise BadMedia(f"{name} is {value:g}; choose {least:g} to {most:g}.")
