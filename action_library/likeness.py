"""How alike two motions are, for "more like this": a vector for each clip, whose dot product with another's says it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from action_library.measure import local_positions
from motion_engine import clips as edit
from motion_engine import quat
from motion_engine.curves import smooth
from motion_engine.types import Array, Clip


def _numbers(text: str) -> Array:
    return np.array([float(number) for number in text.split()])


# Means and standard deviations of the features over the 135 clips that `facts` was calibrated on. A mirror turns only
# the sign of the last 21, so their mean is 0.
CENTRE = _numbers("""
    0.253 1.04 0.119 0.0742 0.142 0.109 0.884 1.1 1.08 0.143 0.0538 0.00556 0.0436 0.0468 0.117 0.52 0.51 0.934 1.47
    0.0579 0.0286 0.0577 0.056 0.365 0.527 0.5 0.892 0.832 0.95 0.894 0.898 0.438 0.441 0.125 0.0961 0.31 0.212
    0.607 0.104 0.458 0.819 0.0179 0.0411
""")
SPREAD = _numbers("""
    0.074 0.27 0.1 0.057 0.1 0.078 0.55 0.6 0.61 0.048 0.072 0.13 0.06 0.1 0.12 0.54 0.66 0.87 0.2 0.11 0.041 0.1
    0.078 0.38 0.52 0.43 0.12 0.18 0.085 0.13 0.13 0.46 0.88 0.15 0.12 0.53 0.7 0.44 0.2 0.49 0.55 0.088 0.057 0.034
    0.16 0.048 0.025 0.067 0.021 0.24 0.33 0.17 0.03 0.019 0.053 0.015 0.023 0.015 0.07 0.12 0.086 0.041 0.069 0.73
""")
FARTHEST = 3.0  # standard deviations; one odd feature must not drown the others
# How much each feature counts: hands tell actions apart, while how fast and how low they are is a matter of style.
WEIGHT = np.repeat(
    #    wrists: place, spread, speed; feet; head        pelvis; root; stands; tempo; lean; mirrored
    [1.0, 2.0, 0.7, 1.0, 1.0, 0.7, 1.0, 1.0, 0.5, 0.5, 1.0, 1.5, 1.0, 1.5, 0.5, 1.0, 0.4],
    [3, 3, 3, 3, 3, 3, 2, 3, 3, 5, 1, 2, 3, 2, 2, 2, 21],
)


def motion_vector(clip: Clip) -> Array:
    """What a motion is like `(64,)` float32, of unit length: the larger the dot product, the more alike are two.

    Where the clip is and faces says nothing; how long it is says little. A mirrored clip is near, but not the same.

    Args:
        clip: On the canonical skeleton, with contacts.
    """
    even, odd = _features(clip)
    far = np.concatenate((even - CENTRE, odd)) / SPREAD
    vector = np.clip(far, -FARTHEST, FARTHEST) * WEIGHT
    return (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)


def _features(clip: Clip) -> tuple[Array, Array]:
    """What a mirror leaves as it is `(43,)`, and what it turns the sign of `(21,)`; m, m/s, radians/s, Hz."""
    place = local_positions(clip)
    velocity = _rate(smooth(place, 0.03 * clip.fps), clip.fps)
    heading = edit.heading_curve(clip)
    root = _rate(smooth(clip.root_position, 0.1 * clip.fps), clip.fps)
    sideways, _, forward = quat.rotate(quat.from_axis_angle("y", -heading), root).T
    turn = _rate(heading, clip.fps)
    names, height = clip.skeleton.names, place[:, 0, 1]

    def described(name: str) -> Array:
        joint = names.index(name)
        at, way = place[:, joint], velocity[:, joint]
        return np.concatenate((at.mean(axis=0), at.std(axis=0), _quick(way)))

    even: list[ArrayLike] = []
    odd: list[ArrayLike] = []
    for part in ("wrist", "foot"):
        left, right = described(f"left_{part}"), described(f"right_{part}")
        right[0] *= -1.0
        even.append((left + right) / 2.0)
        odd.append((left - right) / 2.0)
    head = described("head")
    lean = place[:, names.index("neck"), 2] - place[:, 0, 2]
    left_stands, right_stands = clip.contacts[:, :2].any(axis=1), clip.contacts[:, 2:].any(axis=1)
    even += [
        head[1:],
        [height.mean(), height.min(), height.max(), height[0], height[-1], _quick(velocity[:, 0, 1])],
        [forward.mean(), forward.std(), sideways.std(), turn.std(), abs(turn.mean())],
        [np.mean(left_stands & right_stands), np.mean(~left_stands & ~right_stands)],
        [_tempo(velocity, clip.fps), np.log1p(4.0 * np.linalg.norm(velocity, axis=-1).mean())],
        [lean.mean(), lean.std()],
    ]
    odd += [head[:1], [sideways.mean(), turn.mean()]]
    return np.hstack(even), np.hstack(odd)


def _rate(values: Array, fps: float) -> Array:
    """Change of `values (T, ...)` a second; none in a single frame."""
    return np.gradient(values, axis=0) * fps if len(values) > 1 else np.zeros(values.shape)


def _quick(velocity: Array) -> Array:
    """Root mean squares of velocities `(T, ...)` m/s, on a scale on which slow ones differ as well."""
    return np.log1p(4.0 * np.sqrt(np.mean(velocity**2, axis=0)))


def _tempo(velocity: Array, fps: float) -> float:
    """The centre of the spectrum of `velocity (T, J, 3)`, octaves above 1 Hz: how quickly the motion comes and goes."""
    flat = velocity.reshape(len(velocity), -1)
    power = np.sum([np.abs(np.fft.rfft(channel)) ** 2 for channel in flat.T], axis=0)
    frequency = np.fft.rfftfreq(len(flat), 1.0 / fps)
    return float(np.log2(0.25 + np.sum(power * frequency) / max(np.sum(power), 1e-12)))
