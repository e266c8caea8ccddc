"""Numbers that say how good a motion is."""

from __future__ import annotations

import numpy as np

from motion_engine.clips import resample
from motion_engine.kinematics import body_pose, body_positions, sole_points
from motion_engine.types import Array, Clip

TOES = ("left_foot", "right_foot")


def joint_speed(clip: Clip) -> Array:
    """Speeds of the 22 body joints `(T - 1, 22)` m/s in the world."""
    return np.linalg.norm(np.diff(body_positions(clip), axis=0), axis=-1) * clip.fps


def penetration(clip: Clip) -> float:
    """How far the lowest sole of the whole clip is below the floor, m; negative if it never reaches it."""
    position, world = body_pose(clip)
    return float(-sole_points(clip.skeleton, position, world)[..., 1].min())


def contact_slide(clip: Clip) -> float:
    """The mean speed of the toes along the floor while they are labelled as standing, m/s; 0 without contacts."""
    position = body_positions(clip)
    speeds = []
    for column, name in zip((1, 3), TOES, strict=True):
        path = position[:, clip.skeleton.index(name)][:, [0, 2]]
        speed = np.linalg.norm(np.diff(path, axis=0), axis=-1) * clip.fps
        standing = clip.contacts[1:, column] & clip.contacts[:-1, column]
        speeds.append(speed[standing])
    every = np.concatenate(speeds)
    return float(every.mean()) if len(every) else 0.0


def jerk_curve(clip: Clip, frame: int, window: float = 1.0) -> Array:
    """The jerk around a cut, as FlowMDM measures it (Barquero et al. 2024, https://arxiv.org/abs/2402.15509).

    Three plain differences of the 22 body joints' world positions, L1 over xyz, the largest of all joints.

    Args:
        clip: At 30 fps for comparable numbers.
        frame: The first frame of the new action, at least half a window from both ends.
        window: s, all of it centred on `frame`.

    Returns:
        `(window * fps - 3,)` m per frame cubed.
    """
    half = round(0.5 * window * clip.fps)
    index = slice(frame - half, frame + half)
    return np.abs(np.diff(body_positions(clip, index), n=3, axis=0)).sum(axis=-1).max(axis=-1)


def foot_skate_ratio(clip: Clip) -> float:
    """The share of frames in which a foot slides, as GMD measures it (Karunratanakul et al. 2023).

    At 20 fps a toe skates if it is lower than 5 cm at t and t + 1 and moves faster than 0.5 m/s along the floor, now
    and in a mean over 5 frames. The floor is at the lowest toe of the clip. https://arxiv.org/abs/2305.12577
    """
    clip = resample(clip, 20.0)
    if len(clip) < 2:
        return 0.0
    toes = body_positions(clip)[:, [clip.skeleton.index(name) for name in TOES]]
    low = toes[..., 1] - toes[..., 1].min() < 0.05
    speed = np.linalg.norm(np.diff(toes[..., [0, 2]], axis=0), axis=-1) * clip.fps
    padded = np.pad(speed, ((2, 2), (0, 0)), mode="edge")
    mean = np.lib.stride_tricks.sliding_window_view(padded, 5, axis=0).mean(axis=-1)
    skates = low[:-1] & low[1:] & (speed > 0.5) & (mean > 0.5)
    return float(skates.any(axis=1).mean())
