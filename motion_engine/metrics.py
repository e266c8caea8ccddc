"""Numbers that say how good a motion is."""

from __future__ import annotations

import numpy as np

from motion_engine.kinematics import fk, sole_points
from motion_engine.types import Array, Clip

BODY_JOINTS = 22
TOES = ("left_foot", "right_foot")


def joint_speed(clip: Clip) -> Array:
    """Speeds of the 22 body joints `(T - 1, 22)` m/s in the world."""
    position, _ = fk(clip.skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    return np.linalg.norm(np.diff(position[:, :BODY_JOINTS], axis=0), axis=-1) * clip.fps


def penetration(clip: Clip) -> float:
    """How far the lowest sole of the whole clip is below the floor, m; negative if it never reaches it."""
    position, world = fk(clip.skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    return float(-sole_points(clip.skeleton, position, world)[..., 1].min())


def contact_slide(clip: Clip) -> float:
    """The mean speed of the toes along the floor while they are labelled as standing, m/s; 0 without contacts."""
    position, _ = fk(clip.skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    speeds = []
    for column, name in zip((1, 3), TOES, strict=True):
        path = position[:, clip.skeleton.index(name)][:, [0, 2]]
        speed = np.linalg.norm(np.diff(path, axis=0), axis=-1) * clip.fps
        standing = clip.contacts[1:, column] & clip.contacts[:-1, column]
        speeds.append(speed[standing])
    every = np.concatenate(speeds)
    return float(every.mean()) if len(every) else 0.0
