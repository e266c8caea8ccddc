"""The seam between two actions: smoothed on both sides of the cut, the more the nearer to it.

Every channel becomes its mean under a Gaussian that is as wide as the way to the end of the window allows: wide at the
cut, nothing at the ends, so that the window goes over into the untouched clips without a seam of its own. A mean never
overshoots: limbs go from one pose to the other and nowhere else, and a steady speed stays as it is.

A mean alone would be smoother than anybody moves. So a share of the clips' own fine motion is put back: what each clip
differs from its mean under a Gaussian that ends at the cut as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from motion_engine import quat
from motion_engine.curves import smoothstep
from motion_engine.kinematics import body_positions
from motion_engine.transition import Course
from motion_engine.types import Array, Clip

HALVES = (0.1, 0.13, 0.17, 0.2, 0.25, 0.3, 0.37, 0.43, 0.53, 0.67)  # s on either side of the cut, tried in turn
WIDTH = 0.42  # the Gaussian's standard deviation as a share of the way to the end of the window
DETAILS = (0.5, 0.4, 0.3, 0.2, 0.1, 0.0)  # the share of the clips' own fine motion that stays, tried in turn
# m/s^3, the sum over xyz: a seam may jerk as much as the clips do beside it, within these.
CALM, WILD = 1350.0, 2050.0
LOOKED_AT = 0.6  # s on either side of the cut, in which jerk counts
JERK_FPS = 30.0  # the rate at which jerk is measured, whatever the clip's


def smooth_seams(course: Course, cuts: Sequence[int], rooms: Sequence[int]) -> tuple[Course, list[float]]:
    """`course` with the jumps at its cuts smoothed, and half the window that each took, s.

    The window is the shortest of HALVES in which the body jerks no more than it does beside the cut anyway, with the
    first of DETAILS for which there is one; if there is none, the longest without detail.

    Args:
        course: Actions end to end, each placed where the one before leads.
        cuts: The first frames of all but the first action, 1..T - 1.
        rooms: The most frames that each window may take on either side.
    """
    clip, fps = course.clip, course.clip.fps
    root, rotation, heading = clip.root_position.copy(), clip.rotation.copy(), course.heading.copy()
    reach = round((LOOKED_AT + HALVES[-1]) * fps)
    halves = []
    for cut, room in zip(cuts, rooms, strict=True):
        around = slice(max(0, cut - reach), min(len(course), cut + reach))
        near = replace(clip, root_position=root[around], rotation=rotation[around], contacts=clip.contacts[around])
        best, half = _smoothed(Course(near, heading[around]), cut - around.start, room)
        root[around], rotation[around], heading[around] = best.clip.root_position, best.clip.rotation, best.heading
        halves.append(half)
    return Course(replace(clip, root_position=root, rotation=rotation), heading), halves


def _smoothed(course: Course, cut: int, room: int) -> tuple[Course, float]:
    """The course with its one cut smoothed, and half the window, s."""
    allowed = float(np.clip(_jerk(course.clip, cut)[1], CALM, WILD))
    halves = [min(round(half * course.clip.fps), room) for half in HALVES]
    if halves[0] < 1:
        return course, 0.0
    for detail in DETAILS:
        smoothed, half, jerk = _shortest(course, cut, halves, detail, allowed)
        if jerk <= allowed:
            break
    return smoothed, half / course.clip.fps


def _shortest(
    course: Course, cut: int, halves: Sequence[int], detail: float, allowed: float
) -> tuple[Course, int, float]:
    """The course smoothed in the shortest window that jerks as `allowed`, found by bisection, its half and its jerk."""
    tried: dict[int, tuple[Course, float]] = {}  # by half: several of them are the same where there is little room
    low, high = 0, len(halves) - 1
    while low < high or halves[high] not in tried:
        middle = (low + high) // 2
        half = halves[middle]
        if half not in tried:
            redrawn = _redrawn(course, cut, half, detail)
            tried[half] = redrawn, _jerk(redrawn.clip, cut)[0]
        if tried[half][1] <= allowed:
            high = middle
        else:
            low = min(middle + 1, high)
    smoothed, jerk = tried[halves[high]]
    return smoothed, halves[high], jerk


def _jerk(clip: Clip, cut: int) -> tuple[float, float]:
    """The largest jerk of the body's joints around `cut`, m/s^3, L1 over xyz: of all, and without the cut itself."""
    reach, step = round(LOOKED_AT * clip.fps), max(1, round(clip.fps / JERK_FPS))
    first = max(0, cut - reach)
    position = body_positions(clip, slice(first, cut + reach))
    for _ in range(3):
        position = position[step:] - position[:-step]
    jerk = np.abs(position).sum(axis=-1).max(axis=-1) * (clip.fps / step) ** 3
    beside = np.concatenate((jerk[: max(0, cut - first - 3 * step)], jerk[cut - first :]))
    return float(jerk.max(initial=0.0)), float(beside.max(initial=0.0))


def _redrawn(course: Course, cut: int, frames: int, detail: float) -> Course:
    """The course with everything in `frames` frames on either side of `cut` smoothed but for a share of its detail."""
    clip, window = course.clip, slice(cut - frames, cut + frames)
    weights = _weights(frames, detail)
    root, rotation, heading = clip.root_position.copy(), clip.rotation.copy(), course.heading.copy()
    root[window] = np.tensordot(weights, clip.root_position[window].astype(np.float64), axes=1)
    rotation[window] = quat.normalize(np.tensordot(weights, quat.unroll(clip.rotation[window]), axes=1))
    heading[window] = weights @ course.heading[window]
    return Course(replace(clip, root_position=root, rotation=quat.unroll(rotation)), heading)


@lru_cache(maxsize=256)
def _weights(frames: int, detail: float) -> Array:
    """The matrix `(2n, 2n)` that smooths a window of n frames on either side of a cut; its rows sum to 1."""
    time = np.arange(-frames, frames) + 0.5
    end, middle = frames - np.abs(time), np.abs(time)
    own = np.eye(2 * frames) - _gaussians(time, np.minimum(end, middle))
    weights: Array = _gaussians(time, end) + detail * own
    return weights


def _gaussians(time: Array, reach: Array) -> Array:
    """The matrix `(T, T)` of means at `time (T,)` over frames less than `reach (T,)` away."""
    apart = np.abs(time - time[:, None])
    weights = np.exp(-0.5 * (apart / (WIDTH * reach[:, None])) ** 2) * (apart < reach[:, None])
    shares: Array = weights / weights.sum(axis=1, keepdims=True)
    return shares


def meet(course: Course, cut: int, frames: int) -> Course:
    """The course with half of what does not fit at `cut` taken back on either side of it.

    For repetitions, which nearly fit: where nothing jumps nothing changes.

    Args:
        course: One repetition, then the next, placed where the first leads.
        cut: The first frame of the second, 2..T - 2.
        frames: How many frames on either side change; less than 1 changes nothing.
    """
    clip = course.clip
    if frames < 1:
        return course
    root, rotation = clip.root_position.astype(np.float64), clip.rotation.astype(np.float64)
    step = quat.to_rotvec(quat.mul(rotation[[cut - 1, cut + 1]], quat.inv(rotation[[cut - 2, cut]]))).mean(axis=0)
    expected = quat.mul(quat.from_rotvec(step), rotation[cut - 1])
    turn = quat.to_rotvec(quat.mul(expected, quat.inv(rotation[cut])))
    off = root[cut - 1] + 0.5 * (root[cut - 1] - root[cut - 2] + root[cut + 1] - root[cut]) - root[cut]
    fade = 0.5 * (1.0 - smoothstep(np.arange(frames + 1) / (frames + 1)))
    for part, share in ((slice(cut, cut + frames), fade[:-1]), (slice(cut - frames, cut), -fade[:0:-1])):
        root[part] += share[:, None] * off
        rotation[part] = quat.mul(quat.from_rotvec(share[:, None, None] * turn), rotation[part])
    return Course(replace(clip, root_position=root, rotation=quat.unroll(rotation)), course.heading)
