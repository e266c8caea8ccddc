"""VRM's humanoid: its names for our joints, and its T-pose, which is not quite our rest pose.

Source: `VRMC_vrm-1.0/humanoid.md` and `tpose.md` in https://github.com/vrm-c/vrm-specification.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from motion_engine import quat
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip, Skeleton, canonical_skeleton

_TORSO = {
    "pelvis": "hips",
    "spine1": "spine",
    "spine2": "chest",
    "spine3": "upperChest",
    "neck": "neck",
    "head": "head",
}
_LIMBS = {
    **{"hip": "UpperLeg", "knee": "LowerLeg", "ankle": "Foot", "foot": "Toes"},
    **{"collar": "Shoulder", "shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand"},
    **{"thumb1": "ThumbMetacarpal", "thumb2": "ThumbProximal", "thumb3": "ThumbDistal"},
    **{
        f"{ours}{number}": f"{theirs}{part}"
        for ours, theirs in (("index", "Index"), ("middle", "Middle"), ("ring", "Ring"), ("pinky", "Little"))
        for number, part in ((1, "Proximal"), (2, "Intermediate"), (3, "Distal"))
    },
}
# Where the bone from a joint to its child points in VRM's T-pose; x is for the left side, and turned for the right.
_DOWN, _OUT, _THUMB = (0.0, -1.0, 0.0), (1.0, 0.0, 0.0), (1.0, 0.0, 1.0)
_BONES = {
    **{"hip": ("knee", _DOWN), "knee": ("ankle", _DOWN)},
    **{"shoulder": ("elbow", _OUT), "elbow": ("wrist", _OUT), "wrist": ("middle1", _OUT)},
    **{f"{f}{n}": (f"{f}{n + 1}", _OUT) for f in ("index", "middle", "ring", "pinky") for n in (1, 2)},
    **{f"thumb{n}": (f"thumb{n + 1}", _THUMB) for n in (1, 2)},
}


@lru_cache(maxsize=1)
def human_bones() -> tuple[str, ...]:
    """VRM's name of each joint of the canonical skeleton, in its order."""
    names = []
    for name in canonical_skeleton().names:
        side, _, part = name.partition("_")
        names.append(_TORSO[name] if name in _TORSO else side + _LIMBS[part])
    return tuple(names)


def t_posed(clip: Clip) -> Clip:
    """The same motion of the same bones on a skeleton that rests in VRM's T-pose, feet on y = 0.

    Arms, hands and fingers lie along X, thumbs half way to +Z, legs stand straight, toes point to +Z; torso and
    shoulders stay as they are. All joints are where they were, at all times.

    Args:
        clip: On the canonical skeleton.
    """
    turn, skeleton = t_pose(clip.skeleton)
    parents = list(clip.skeleton.parents)
    above = np.concatenate((quat.IDENTITY[None], turn[parents[1:]]))
    rotation = quat.mul(above, quat.mul(clip.rotation.astype(np.float64), quat.inv(turn)))
    return replace(clip, skeleton=skeleton, rotation=quat.unroll(rotation))


def t_pose(skeleton: Skeleton) -> tuple[Array, Skeleton]:
    """The world rotations `(J, 4)` that take the bones from our rest pose to VRM's, and the skeleton that rests so."""
    turn = np.tile(quat.IDENTITY, (len(skeleton.names), 1))
    for joint, name in enumerate(skeleton.names):
        side, _, part = name.partition("_")
        if part in _BONES:
            child, (x, y, z) = _BONES[part]
            bone = skeleton.offsets[skeleton.index(f"{side}_{child}")]
            turn[joint] = quat.between(bone, np.array([x if side == "left" else -x, y, z]))
        elif part == "ankle":  # the sole stays flat
            x, _, z = skeleton.offsets[skeleton.index(f"{side}_foot")]
            turn[joint] = quat.from_axis_angle("y", -np.arctan2(x, z))
        elif part and part != "collar":  # toes and finger tips go on as the bone before
            turn[joint] = turn[skeleton.parents[joint]]
    offsets = skeleton.offsets.copy()
    offsets[1:] = quat.rotate(turn[list(skeleton.parents[1:])], skeleton.offsets[1:])
    straight = Skeleton(skeleton.names, skeleton.parents, offsets)
    ankle = skeleton.index("left_ankle")
    identity = np.tile(quat.IDENTITY, (len(turn), 1))
    before, after = (fk(s, s.offsets[0], identity)[0][ankle, 1] for s in (skeleton, straight))
    offsets[0, 1] += before - after
    return turn, Skeleton(skeleton.names, skeleton.parents, offsets)
