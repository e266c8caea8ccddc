"""Finger poses: every joint bends about its finger's own axis."""

from __future__ import annotations

import numpy as np

from motion_engine import quat
from motion_engine.types import Array, canonical_skeleton

FINGERS = ("index", "middle", "pinky", "ring", "thumb")  # the order of the skeleton

# Degrees of curl at the three joints of each finger, in the order of FINGERS, 0 is straight.
_CURLS = {
    "relaxed": ((18, 24, 14), (22, 28, 16), (30, 32, 18), (26, 30, 17), (8, 10, 12)),
    "open": ((3, 4, 2), (2, 4, 2), (5, 5, 3), (3, 4, 2), (-8, 0, 0)),
    "flat": ((2, 2, 2), (2, 2, 2), (2, 3, 2), (2, 2, 2), (10, 8, 6)),
    "fist": ((78, 95, 60), (82, 98, 62), (84, 95, 60), (84, 98, 62), (30, 38, 50)),
    "point": ((6, 4, 3), (80, 98, 62), (84, 95, 60), (82, 98, 62), (30, 38, 50)),
    "thumb_up": ((78, 95, 60), (82, 98, 62), (84, 95, 60), (84, 98, 62), (-25, -5, -5)),
}
# At rest the fingers are fanned out; these degrees close (positive: towards the thumb) or keep the fan.
_CLOSE = {
    "relaxed": (-4, 3, 20, 9, 0),
    "open": (5, 1, 2, 0, 0),
    "flat": (-5, 4, 27, 13, 0),
    "fist": (-4, 4, 24, 12, 0),
    "point": (0, 4, 24, 12, 0),
    "thumb_up": (-4, 4, 24, 12, 0),
}
SHAPES = tuple(_CURLS)


def finger_pose(name: str) -> Array:
    """The rotation vectors `(15, 3)` of the left hand's finger joints, in the order of the skeleton."""
    skeleton = canonical_skeleton()
    first = skeleton.index("left_index1")
    pose = np.zeros((15, 3))
    for finger, curls in enumerate(_CURLS[name]):
        bones = skeleton.offsets[first + 3 * finger + 1 : first + 3 * finger + 3]
        along = bones.sum(axis=0) / np.linalg.norm(bones.sum(axis=0))
        # In the rest pose the palm looks down: fingers bend towards it. The thumb bends across the palm.
        palm = np.array([0.3, -0.6, -0.75]) if FINGERS[finger] == "thumb" else np.array([0.0, -1.0, 0.0])
        axis = np.cross(along, palm)
        axis /= np.linalg.norm(axis)
        curl = quat.from_rotvec(np.radians(curls)[:, None] * axis)
        curl[0] = quat.mul(quat.from_axis_angle("y", -np.radians(_CLOSE[name][finger])), curl[0])
        pose[3 * finger : 3 * finger + 3] = quat.to_rotvec(curl)
    return pose
