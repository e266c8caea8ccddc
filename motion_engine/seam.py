"""The seam between two actions: smoothed on both sides of the cut, the more the nearer to it.

Every channel becomes its mean under a Gaussian that is as wide as the way to the end of the window allows: wide at the
cut, nothing at the ends, so that the window goes over into the untouched clips without a seam of its own. A mean never
overshoots: limbs go from one pose to the other and nowhere else, and a steady speed stays as it is.

A mean alone would be smoother than anybody moves. So a share of the clips' own fine motion is put back: what each clip
differs from its mean under a Gaussian that ends at the cut as well.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from motion_engine import quat
from motion_engine.curves import smoothstep
from motion_engine.kinematics import few_positions
from motion_engine.transition import Course
from motion_engine.types import BODY_JOINTS, Array, Clip, Skeleton

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
    halves = [min(round(half * course.clip.fps), room) for half in HALVES]
    if halves[0] < 1:
        return course, 0.0
    body = _Body.of(course.clip, cut)
    allowed = float(np.clip(body.jerk_beside(), CALM, WILD))
    for detail in DETAILS:
        half = _shortest(body, halves, detail, allowed)
        if body.jerk(half, detail) <= allowed:
            break
    return _redrawn(course, cut, half, detail), half / course.clip.fps


def _shortest(body: _Body, halves: Sequence[int], detail: float, allowed: float) -> int:
    """Half the shortest window in which the body jerks as allowed, found by bisection; the longest if there is none."""
    return halves[bisect_left(range(len(halves) - 1), True, key=lambda i: body.jerk(halves[i], detail) <= allowed)]


@dataclass(frozen=True, eq=False)
class _Body:
    """The joints of the body around a cut, by which jerk is measured: m/s^3, L1 over xyz, the largest of all joints."""

    skeleton: Skeleton
    fps: float
    cut: int
    root: Array  # (T, 3) m
    rotation: Array  # (T, 22, 4)
    position: Array  # (T, 22, 3) m
    tried: dict[tuple[int, float], float] = field(default_factory=dict)  # jerk by half and detail

    @classmethod
    def of(cls, clip: Clip, cut: int) -> _Body:
        """The body in `clip`."""
        root, rotation = clip.root_position.astype(np.float64), clip.rotation[:, :BODY_JOINTS].astype(np.float64)
        position = few_positions(clip.skeleton, root, rotation)
        return cls(clip.skeleton, clip.fps, cut, root, quat.unroll(rotation), position)

    def jerk(self, frames: int, detail: float) -> float:
        """The largest if `frames` frames on either side of the cut are redrawn."""
        if (frames, detail) not in self.tried:
            window, weights = slice(self.cut - frames, self.cut + frames), _weights(frames, detail)
            root, rotation = (np.tensordot(weights, part[window], axes=1) for part in (self.root, self.rotation))
            position = self.position.copy()
            position[window] = few_positions(self.skeleton, root, quat.normalize(rotation))
            self.tried[frames, detail] = float(self._jerks(position)[0].max(initial=0.0))
        return self.tried[frames, detail]

    def jerk_beside(self) -> float:
        """The largest on either side of the cut, without the cut itself."""
        jerks, cut, step = self._jerks(self.position)
        return float(np.concatenate((jerks[: max(0, cut - 3 * step)], jerks[cut:])).max(initial=0.0))

    def _jerks(self, position: Array) -> tuple[Array, int, int]:
        """Of the frames looked at, where among them the cut is, and over how many frames each is taken."""
        reach, step = round(LOOKED_AT * self.fps), max(1, round(self.fps / JERK_FPS))
        first = max(0, self.cut - reach)
        change = position[first : self.cut + reach]
        for _ in range(3):
            change = change[step:] - change[:-step]
        return np.abs(change).sum(axis=-1).max(axis=-1) * (self.fps / step) ** 3, self.cut - first, step


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
