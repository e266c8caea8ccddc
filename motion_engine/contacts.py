"""Foot contacts: which foot stands when, keeping it there, and keeping the feet above the floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from motion_engine import quat
from motion_engine.clips import BLOCK
from motion_engine.curves import envelope, smooth, smoothstep
from motion_engine.kinematics import body_pose, body_positions, fk, sole_points, two_bone_ik
from motion_engine.types import CONTACT_JOINTS, Array, Clip, Skeleton

CONTACT_HEIGHT = 0.05  # m above the joint's height at rest
CONTACT_SPEED = 0.45  # m/s, or this share of the pelvis' own speed, which is more in a run
CONTACT_SHARE = 0.3
SHORTEST_CONTACT = 0.1  # s
LONGEST_CORRECTION = 0.2  # m; a foot that would need more is not standing, whatever its label says
LIFT_TIME = 0.1  # s, over which a foot is lifted out of the floor
HOLD_TIME = 0.04  # s, over which it is caught and let go
STEP_HEIGHT, STEP_SPEED = 0.06, 0.4  # m and m/s: a foot that moves faster from one place to another is lifted so far
STILL = 0.25  # m/s: what moves faster although it is held does not stand
STRAIGHT = 0.02  # m; a knee that sticks out less than this tends forward
RELEASE = 0.3  # s, at least, over which a lifted foot returns to its own path


def label_contacts(clip: Clip, feet: Array | None = None) -> Array:
    """Which of CONTACT_JOINTS stand on the floor `(T, 4)` bool: low and slow for at least SHORTEST_CONTACT.

    Args:
        clip: Any clip.
        feet: `(T, 4, 3)` m, where these joints were when it was captured; by default where the clip has them.
    """
    if feet is None:
        feet = body_positions(clip)[:, [clip.skeleton.index(name) for name in CONTACT_JOINTS]]
    contacts = _standing(clip, feet, CONTACT_HEIGHT, CONTACT_SPEED)
    shortest = round(SHORTEST_CONTACT * clip.fps)
    for joint in range(4):
        for start, end in runs(contacts[:, joint]):
            if end - start < shortest and start > 0 and end < len(clip):
                contacts[start:end, joint] = False
    return contacts


def _standing(clip: Clip, feet: Array, height: float, speed: float) -> Array:
    """Which of CONTACT_JOINTS, at `feet (T, 4, 3)`, are lower than `height` over their rest and slower than `speed`."""
    joints = [clip.skeleton.index(name) for name in CONTACT_JOINTS]
    rest, _ = fk(clip.skeleton, clip.skeleton.offsets[0], np.tile(quat.IDENTITY, (len(clip.skeleton.names), 1)))
    feet = smooth(feet, 0.02 * clip.fps)
    pelvis = smooth(clip.root_position[:, [0, 2]], 0.1 * clip.fps)
    low = feet[..., 1] - rest[joints, 1] < height
    return low & (_speed(feet, clip.fps) < np.maximum(speed, CONTACT_SHARE * _speed(pelvis, clip.fps))[:, None])


def _speed(path: Array, fps: float) -> Array:
    """Speeds `(T, ...)` m/s along a path `(T, ..., D)`."""
    return np.linalg.norm(np.gradient(path, axis=0), axis=-1) * fps if len(path) > 1 else np.zeros(path.shape[:-1])


def runs(mask: Array) -> list[tuple[int, int]]:
    """The stretches `[start, end)` in which `mask (T,)` is true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def ground(clip: Clip) -> Clip:
    """The clip with its feet on the floor: moved as a whole, then lifted smoothly where a sole would still be below."""
    lowest = _lowest_sole(clip)
    standing = clip.contacts.any(axis=1)
    level = np.median(lowest[standing]) if standing.any() else lowest.min()
    lift = envelope(np.maximum(0.0, level - lowest), max(1, round(LIFT_TIME * clip.fps))) - level
    root = clip.root_position + np.array([0.0, 1.0, 0.0]) * lift[:, None]
    return replace(clip, root_position=root)


def _lowest_sole(clip: Clip) -> Array:
    position, world = body_pose(clip)
    return sole_points(clip.skeleton, position, world)[..., 1].min(axis=-1)


def lock_feet(clip: Clip, seams: Sequence[tuple[float, float]] = ()) -> Clip:
    """Standing feet stay where they came down, and no sole is below the floor; the legs follow by two-bone IK.

    The contacts of what is returned are of those that stand still now.

    Args:
        clip: Any clip with contacts.
        seams: From when to when (s) one action goes over into another: there a foot that has to go elsewhere is lifted
            over the floor, as in a step, instead of sliding on it.
    """
    stepping = np.zeros(len(clip), dtype=bool)
    for start, end in seams:
        stepping[max(0, round(start * clip.fps)) : round(end * clip.fps)] = True
    blocks = [slice(start, min(start + BLOCK, len(clip))) for start in range(0, len(clip), BLOCK)]
    feet, lowest = np.empty((len(clip), 4, 3)), np.empty((len(clip), 2))
    for block in blocks:
        legs, position, world = _leg_pose(clip, block)
        feet[block] = position[:, [legs.index(name) for name in CONTACT_JOINTS]]
        lowest[block] = sole_points(legs, position, world)[..., 1].reshape(-1, 2, 3).min(axis=-1)
    # On the way from one clip into another a foot may be in the air or slide, whatever both clips say of it.
    contacts = clip.contacts & _standing(clip, feet, 2 * CONTACT_HEIGHT, 2 * CONTACT_SPEED)
    rotation, stands = clip.rotation.copy(), np.empty_like(contacts)
    for index, side in enumerate(("left", "right")):
        pair = slice(2 * index, 2 * index + 2)
        correction = smooth(_hold(feet[:, pair], contacts[:, pair], clip.fps), HOLD_TIME * clip.fps)
        speed = _speed(feet[:, pair][..., [0, 2]] + correction[:, None, [0, 2]], clip.fps)
        slides = speed[:, 1] > STEP_SPEED
        stands[:, pair] = contacts[:, pair] & (speed < STILL)
        lift = np.maximum(-lowest[:, index], np.maximum(STEP_HEIGHT - lowest[:, index], 0.0) * (slides & stepping))
        correction[:, 1] = envelope(np.maximum(lift, 0.0), max(1, round(LIFT_TIME * clip.fps)))
        for block in blocks:
            _move_foot(clip, rotation, side, correction[block], block)
        joints = [clip.skeleton.index(f"{side}_{part}") for part in ("hip", "knee", "ankle")]
        rotation[:, joints] = quat.unroll(rotation[:, joints])
    return replace(clip, rotation=rotation, contacts=stands)


def _move_foot(clip: Clip, rotation: Array, side: str, correction: Array, block: slice) -> None:
    """Write into `rotation` what moves the foot of `side` by `correction (N, 3)` in the frames of `block`."""
    moved = np.flatnonzero(np.linalg.norm(correction, axis=-1) > 1e-4)
    if not len(moved):
        return
    legs, position, world = _leg_pose(clip, moved + block.start)
    hip, knee, ankle = (legs.index(f"{side}_{part}") for part in ("hip", "knee", "ankle"))
    at = position[:, hip], position[:, knee], position[:, ankle]
    upper, lower = two_bone_ik(*at, at[2] + correction[moved], _knee_pole(*at, world[:, hip]))
    thigh, shank = quat.mul(upper, world[:, hip]), quat.mul(lower, world[:, knee])
    frames = moved + block.start
    for part, above, here in (
        ("hip", world[:, 0], thigh),
        ("knee", thigh, shank),
        ("ankle", shank, world[:, ankle]),
    ):
        rotation[frames, clip.skeleton.index(f"{side}_{part}")] = quat.mul(quat.inv(above), here)


def _leg_pose(clip: Clip, frames: slice | Array) -> tuple[Skeleton, Array, Array]:
    """The pelvis and the legs as a skeleton of their own, and its joints' places and rotations in the world."""
    joints, legs = _legs(clip.skeleton)
    rotation = clip.rotation[frames][:, joints].astype(np.float64)
    return legs, *fk(legs, clip.root_position[frames].astype(np.float64), rotation)


@lru_cache(maxsize=8)
def _legs(skeleton: Skeleton) -> tuple[list[int], Skeleton]:
    parts = ("hip", "knee", "ankle", "foot")
    names = (skeleton.names[0], *(f"{side}_{part}" for side in ("left", "right") for part in parts))
    joints = [skeleton.index(name) for name in names]
    parents = tuple(joints.index(skeleton.parents[joint]) if joint else -1 for joint in joints)
    return joints, Skeleton(names, parents, skeleton.offsets[joints])


def _knee_pole(hip: Array, knee: Array, ankle: Array, thigh: Array) -> Array:
    """The direction `(N, 3)` in which a knee bends: where it is, but forward if it is straight or bent backward."""
    axis = ankle - hip
    axis = axis / np.maximum(np.linalg.norm(axis, axis=-1, keepdims=True), 1e-9)
    out = knee - hip
    out = out - np.sum(out * axis, axis=-1, keepdims=True) * axis
    forward = quat.rotate(thigh, np.array([0.0, 0.0, 1.0]))
    return out + np.maximum(0.0, STRAIGHT - np.sum(out * forward, axis=-1, keepdims=True)) * forward


def _hold(feet: Array, contacts: Array, fps: float) -> Array:
    """The horizontal correction `(T, 3)` that keeps a foot still while it stands.

    The heel is held while it is down, else the ball of the foot. What is left of the correction when the foot lifts
    goes while it is in the air, as slowly as the step allows.

    Args:
        feet: `(T, 2, 3)` ankle and foot joint, m.
        contacts: `(T, 2)` bool.
        fps: Frames per second.
    """
    correction = np.zeros((len(feet), 3))
    carried, last = np.zeros(3), 0
    for start, end in [*runs(np.any(contacts, axis=1)), (len(feet), len(feet))]:
        gap = np.arange(1, start - last + 1)
        left = 1.0 - smoothstep(gap / max(start - last, RELEASE * fps))
        correction[last:start] = carried * left[:, None]
        if start == end:
            break
        carried = correction[start - 1] if start else carried
        heel = contacts[start:end, 0]
        steps = np.diff(feet[start:end, :, [0, 2]], axis=0)
        slide = np.where(heel[1:, None] & heel[:-1, None], steps[:, 0], steps[:, 1])
        held = np.concatenate((np.zeros((1, 2)), np.cumsum(slide, axis=0)))
        hold = np.zeros((end - start, 3))
        hold[:, [0, 2]] = carried[[0, 2]] - held
        size = np.linalg.norm(hold, axis=-1, keepdims=True)
        hold *= np.minimum(1.0, LONGEST_CORRECTION / np.maximum(size, 1e-9))
        correction[start:end] = hold
        carried, last = hold[-1], end
    return correction
