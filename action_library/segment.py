"""A long recording cut into actions: at rests, and where there is none at the steps of a gait."""

from __future__ import annotations

import numpy as np

from action_library.measure import local_positions
from motion_engine import clips as edit
from motion_engine import quat
from motion_engine.contacts import runs
from motion_engine.curves import smooth
from motion_engine.types import Array, Clip

ENDS = ("left_wrist", "right_wrist", "left_foot", "right_foot", "head", "pelvis")
GAZE = (0.0, 0.0, 0.3)  # m from the head's joint, which a nod hardly moves, to a point before it
BLOCK = 4096  # frames at once, so that an hour needs little memory beside itself
# Who is at rest moves his fastest end slower than this share of the recording's 90th percentile, within bounds: m/s.
REST_SHARE, LEAST_REST, MOST_REST = 0.08, 0.07, 0.12
ACTION = 2.0  # times as fast as that, at least once
REST_TIME = 0.3  # s; shorter rests are turning points
HOLD_TIME, HOLD = 2.0, 0.28  # s and m: a pose kept no longer, so far from the usual one at rest, is part of its action
PAD = 0.1  # s, left before and after an action


def segments(clip: Clip, *, shortest: float = 0.7, longest: float = 12.0) -> list[tuple[float, float]]:
    """From when to when (s) the actions of a recording last, in order and without overlap.

    It is cut where the body rests. Standing still is left out; a pose that is held for a moment (a raised hand, a bow)
    is not. What goes on for longer than `longest` is cut where the left foot comes down, or else where it is slowest,
    into parts that are about as long as each other. A still clip has no actions, nor has one of a single frame. A clip
    that is shorter than `shortest` is one action as it is, if it moves.

    Args:
        clip: On the canonical skeleton, with contacts.
        shortest: s; what moves for less is no action.
        longest: s, more than twice `shortest`.
    """
    assert 0.0 < 2.0 * shortest < longest, "longest must be more than twice shortest"
    speed, pose = _course(clip)
    rest = float(np.clip(REST_SHARE * np.percentile(speed, 90), LEAST_REST, MOST_REST))
    if speed.max() < ACTION * rest:
        return []
    if clip.duration < shortest:
        return [(0.0, clip.duration)]
    found = []
    pad = round(PAD * clip.fps)
    for start, end in _joined(runs(speed > rest), pose, clip.fps):
        if speed[start:end].max() < ACTION * rest:
            continue
        first, last = max(0, start - pad), min(len(clip), end + pad)
        if last - first >= shortest * clip.fps:
            found += _cut(clip, speed, (first, last), shortest, longest)
    return [(first / clip.fps, last / clip.fps) for first, last in found]


def _course(clip: Clip) -> tuple[Array, Array]:
    """The speed `(T,)` m/s of the fastest of ENDS and the gaze, and where they are `(T, 7, 3)` m from the root."""
    joints = [clip.skeleton.index(name) for name in ENDS]
    neck, head = clip.skeleton.index("neck"), clip.skeleton.index("head")
    pose = np.empty((len(clip), len(ENDS) + 1, 3), dtype=np.float32)
    for start in range(0, len(clip), BLOCK):
        part = edit.crop(clip, start / clip.fps, (start + BLOCK) / clip.fps)
        pose[start : start + BLOCK, :-1] = local_positions(part)[:, joints]
        gaze = quat.mul(part.rotation[:, neck], part.rotation[:, head])
        pose[start : start + BLOCK, -1] = quat.rotate(gaze, np.array(GAZE))
    if len(clip) == 1:
        return np.zeros(1), pose
    ends = np.linalg.norm(np.gradient(pose, axis=0), axis=-1).max(axis=-1)
    root = np.linalg.norm(np.gradient(clip.root_position, axis=0), axis=-1)
    return smooth(np.maximum(ends, root) * clip.fps, 0.07 * clip.fps), pose


def _joined(moving: list[tuple[int, int]], pose: Array, fps: float) -> list[tuple[int, int]]:
    """The stretches `moving` with those rests between them filled that are turning points or held poses."""
    still = np.ones(len(pose), dtype=bool)
    for start, end in moving:
        still[start:end] = False
    ends = np.repeat(pose[[0, -1]], round(HOLD_TIME * fps), axis=0)  # a recording starts and ends as people stand
    usual = np.median(np.concatenate((pose[still], ends)), axis=0)
    joined = moving[:1]
    for start, end in moving[1:]:
        before = joined[-1][1]
        seconds = (start - before) / fps
        away = float(np.linalg.norm(pose[(before + start) // 2] - usual))
        if seconds < REST_TIME or (seconds < HOLD_TIME and away > HOLD):
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined


def _cut(clip: Clip, speed: Array, action: tuple[int, int], shortest: float, longest: float) -> list[tuple[int, int]]:
    """An action in as few parts as are no longer than `longest`, cut where the left foot comes down."""
    stands = clip.contacts[:, :2].any(axis=1)
    steps = np.flatnonzero(np.diff(stands.astype(np.int8)) > 0) + 1
    start, end = action
    borders = [start]
    while end - borders[-1] > longest * clip.fps:
        left = end - borders[-1]
        goal = borders[-1] + left / np.ceil(left / (longest * clip.fps))
        low = borders[-1] + round(shortest * clip.fps)
        high = min(borders[-1] + int(longest * clip.fps), end - round(shortest * clip.fps))
        near = steps[np.searchsorted(steps, low) : np.searchsorted(steps, high, side="right")]
        slowest = low + int(np.argmin(speed[low : high + 1]))
        borders.append(int(near[np.argmin(np.abs(near - goal))]) if len(near) else slowest)
    return list(zip(borders, [*borders[1:], end], strict=True))
