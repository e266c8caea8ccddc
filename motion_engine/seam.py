"""The seam between two actions: redrawn on both sides of the cut as the smoothest curve that still follows them.

Each channel y of the window is replaced by the x that minimises sum(w (x - y)^2) + k sum((third difference of x)^2):
Whittaker's smoothing (Eilers, "A Perfect Smoother", 2003, https://doi.org/10.1021/ac034173t), with weights w that are
nothing at the cut and grow without bound towards the ends of the window. So the jump at the cut costs the least jerk
possible, and the window goes over into the untouched clips without a seam of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from motion_engine import quat
from motion_engine.curves import soft_floor
from motion_engine.kinematics import body_positions
from motion_engine.transition import SOFT_KNEE, Course
from motion_engine.types import Array, Clip

# Windows, each smoother than the one before: s on either side of the cut, and how stiff the curve is.
LIGHT = 0.02
WINDOWS = tuple((half, LIGHT) for half in (0.1, 0.13, 0.17, 0.2, 0.25, 0.3, 0.37, 0.43, 0.53, 0.67))
WINDOWS += tuple((0.67, stiffness) for stiffness in (0.06, 0.2, 0.6, 2.0, 6.0, 20.0))
# m/s^3, the sum over xyz: a seam may jerk as much as the clips do beside it, within these.
CALM, WILD = 930.0, 2100.0
LOOKED_AT = 0.6  # s on either side of the cut, in which jerk counts
ORDER = 3  # differences of the third order: jerk
JERK_FPS = 30.0  # the rate at which jerk is measured, whatever the clip's


def smooth_seams(course: Course, cuts: Sequence[int], rooms: Sequence[int]) -> tuple[Course, list[float]]:
    """`course` with the jumps at its cuts smoothed, and half the window that each took, s.

    The window is the first of WINDOWS with which the body jerks no more than it does beside the cut anyway, found by
    bisection; if none does, the last.

    Args:
        course: Actions end to end, each placed where the one before leads.
        cuts: The first frames of all but the first action, 1..T - 1.
        rooms: The most frames that each window may take on either side.
    """
    clip, fps = course.clip, course.clip.fps
    root, rotation, heading = clip.root_position.copy(), clip.rotation.copy(), course.heading.copy()
    reach = round((LOOKED_AT + max(half for half, _ in WINDOWS)) * fps) + ORDER
    halves = []
    for cut, room in zip(cuts, rooms, strict=True):
        around = slice(max(0, cut - reach), min(len(course), cut + reach))
        near = replace(clip, root_position=root[around], rotation=rotation[around], contacts=clip.contacts[around])
        best, half = _smoothed(Course(near, heading[around]), cut - around.start, room)
        root[around], rotation[around], heading[around] = best.clip.root_position, best.clip.rotation, best.heading
        halves.append(half)
    return Course(replace(clip, root_position=root, rotation=rotation), heading), halves


def _smoothed(course: Course, cut: int, room: int) -> tuple[Course, float]:
    """The course with its one cut smoothed, and half the window."""
    fps = course.clip.fps
    allowed = float(np.clip(_jerk(course.clip, cut)[1], CALM, WILD))
    tried: dict[int, Course] = {}
    low, high = 0, len(WINDOWS) - 1
    while low < high or high not in tried:
        middle = (low + high) // 2
        half, stiffness = WINDOWS[middle]
        frames = min(round(half * fps), room)
        if frames < 1:
            return course, 0.0
        tried[middle] = redrawn(course, cut, frames, stiffness)
        if _jerk(tried[middle].clip, cut)[0] <= allowed:
            high = middle
        else:
            low = min(middle + 1, high)
    return tried[high], min(round(WINDOWS[high][0] * fps), room) / fps


def _jerk(clip: Clip, cut: int) -> tuple[float, float]:
    """The largest jerk of the body's joints around `cut`, m/s^3, L1 over xyz: of all, and without the cut itself."""
    reach, step = round(LOOKED_AT * clip.fps), max(1, round(clip.fps / JERK_FPS))
    first = max(0, cut - reach)
    position = body_positions(clip, slice(first, cut + reach))
    for _ in range(ORDER):
        position = position[step:] - position[:-step]
    jerk = np.abs(position).sum(axis=-1).max(axis=-1) * (clip.fps / step) ** ORDER
    beside = np.concatenate((jerk[: max(0, cut - first - ORDER * step)], jerk[cut - first :]))
    return float(jerk.max(initial=0.0)), float(beside.max(initial=0.0))


def redrawn(course: Course, cut: int, frames: int, stiffness: float = LIGHT) -> Course:
    """The course with everything in `frames` frames on either side of `cut` redrawn, the stiffer the smoother."""
    clip, window = course.clip, slice(cut - frames, cut + frames)
    root, heading = clip.root_position.astype(np.float64), course.heading.copy()
    root[window] = _redraw(root, cut, frames, stiffness)
    heading[window] = _redraw(heading, cut, frames, stiffness)
    rotation = clip.rotation.copy()
    turns = quat.normalize(_redraw(clip.rotation, cut, frames, stiffness))
    # What is left of a knee's flexion above nothing; where it is not eased, nothing changes.
    knees = [clip.skeleton.index(f"{side}_knee") for side in ("left", "right")]
    own = quat.to_rotvec(clip.rotation[:, knees].astype(np.float64))[..., 0]
    vector = quat.to_rotvec(turns[:, knees])
    vector[..., 0] = soft_floor(vector[..., 0], SOFT_KNEE) + _redraw(
        own - soft_floor(own, SOFT_KNEE), cut, frames, stiffness
    )
    turns[:, knees] = quat.from_rotvec(vector)
    rotation[window] = turns
    return Course(replace(clip, root_position=root, rotation=quat.unroll(rotation)), heading)


def _redraw(values: Array, cut: int, frames: int, stiffness: float) -> Array:
    """`values (T, ...)` of the window, `(2 frames, ...)`, as the smoothest curve that follows them."""
    flat = values[max(0, cut - frames - ORDER) : cut + frames + ORDER].astype(np.float64)
    lacking = max(0, ORDER + frames - cut), max(0, cut + frames + ORDER - len(values))
    padding = [lacking, *[(0, 0)] * (flat.ndim - 1)]
    whole = np.pad(flat, padding, mode="reflect", reflect_type="odd") if any(lacking) else flat
    matrix = _smoother(frames, stiffness)
    return np.tensordot(matrix, whole, axes=(1, 0))


@lru_cache(maxsize=64)
def _smoother(frames: int, stiffness: float) -> Array:
    """The matrix `(2n, 2n + 6)` from a window of n frames on either side, and 3 more beyond each, to its new values."""
    time = np.abs(np.arange(-frames, frames) + 0.5) / frames
    weights = time**6 / np.maximum(1.0 - time, 1e-3)
    stiffness *= (frames / 15) ** 6  # so that the curve has the same shape in a window of any length
    differences = np.diff(np.eye(2 * frames + 2 * ORDER), n=ORDER, axis=0)
    inner = differences[:, ORDER:-ORDER]
    system = np.diag(weights) + stiffness * inner.T @ inner
    given = -stiffness * inner.T @ differences
    given[:, ORDER:-ORDER] = np.diag(weights)
    matrix: Array = np.linalg.solve(system, given)
    return matrix
