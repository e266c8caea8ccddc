"""Foot contacts: which foot stands when, keeping it there, and keeping the feet above the floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from motion_engine import quat
from motion_engine.curves import envelope, smooth, smoothstep
from motion_engine.kinematics import body_pose, body_positions, fk, sole_points, two_bone_ik
from motion_engine.types import CONTACT_JOINTS, Array, Clip

CONTACT_HEIGHT = 0.05  # m above the joint's height at rest
CONTACT_SPEED = 0.45  # m/s, or this share of the pelvis' own speed, which is more in a run
CONTACT_SHARE = 0.3
SHORTEST_CONTACT = 0.1  # s
LONGEST_CORRECTION = 0.2  # m; a foot that would need more is not standing, whatever its label says
LIFT_TIME = 0.1  # s, over which a foot is lifted out of the floor
HOLD_TIME = 0.04  # s, over which it is caught and let go
STEP_HEIGHT, STEP_SPEED = 0.06, 0.4  # m and m/s: a foot that moves faster from one place to another is lifted so far
STRAIGHT = 0.02  # m; a knee that sticks out less than this tends forward
RELEASE = 0.3  # s, at least, over which a lifted foot returns to its own path


def label_contacts(clip: Clip) -> Array:
    """Which of CONTACT_JOINTS stand on the floor `(T, 4)` bool: low and slow for at least SHORTEST_CONTACT."""
    position = body_positions(clip)
    contacts = _standing(clip, position, CONTACT_HEIGHT, CONTACT_SPEED)
    shortest = round(SHORTEST_CONTACT * clip.fps)
    for joint in range(4):
        for start, end in runs(contacts[:, joint]):
            if end - start < shortest and start > 0 and end < len(clip):
                contacts[start:end, joint] = False
    return contacts


def _standing(clip: Clip, position: Array, height: float, speed: float) -> Array:
    """Which of CONTACT_JOINTS are lower than `height` over their place at rest and slower than `speed`, `(T, 4)`."""
    joints = [clip.skeleton.index(name) for name in CONTACT_JOINTS]
    rest, _ = fk(clip.skeleton, clip.skeleton.offsets[0], np.tile(quat.IDENTITY, (len(clip.skeleton.names), 1)))
    feet = smooth(position[:, joints], 0.02 * clip.fps)
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

    Args:
        clip: Any clip with contacts.
        seams: From when to when (s) one action goes over into another: there a foot that has to go elsewhere is lifted
            over the floor, as in a step, instead of sliding on it.
    """
    skeleton = clip.skeleton
    stepping = np.zeros(len(clip), dtype=bool)
    for start, end in seams:
        stepping[max(0, round(start * clip.fps)) : round(end * clip.fps)] = True
    position, world = body_pose(clip)
    soles = sole_points(skeleton, position, world)
    rotation = clip.rotation.copy()
    # On the way from one clip into another a foot may be in the air or slide, whatever both clips say of it.
    contacts = clip.contacts & _standing(clip, position, 2 * CONTACT_HEIGHT, 2 * CONTACT_SPEED)
    for index, side in enumerate(("left", "right")):
        hip, knee, ankle, foot = (skeleton.index(f"{side}_{part}") for part in ("hip", "knee", "ankle", "foot"))
        correction = _hold(position[:, [ankle, foot]], contacts[:, 2 * index : 2 * index + 2], clip.fps)
        correction = smooth(correction, HOLD_TIME * clip.fps)
        lowest = soles[:, 3 * index : 3 * index + 3, 1].min(axis=-1)
        lift = np.maximum(0.0, -lowest)
        slides = _speed(position[:, foot][:, [0, 2]] + correction[:, [0, 2]], clip.fps) > STEP_SPEED
        over = np.maximum(STEP_HEIGHT - lowest, 0.0) * (slides & stepping)
        correction[:, 1] = envelope(np.maximum(lift, over), max(1, round(LIFT_TIME * clip.fps)))
        moved = np.flatnonzero(np.linalg.norm(correction, axis=-1) > 1e-4)
        if not len(moved):
            continue
        p = position[moved]
        pole = _knee_pole(p[:, hip], p[:, knee], p[:, ankle], world[moved, hip])
        upper, lower = two_bone_ik(p[:, hip], p[:, knee], p[:, ankle], p[:, ankle] + correction[moved], pole)
        thigh, shank = quat.mul(upper, world[moved, hip]), quat.mul(lower, world[moved, knee])
        rotation[moved, hip] = quat.mul(quat.inv(world[moved, 0]), thigh)
        rotation[moved, knee] = quat.mul(quat.inv(thigh), shank)
        rotation[moved, ankle] = quat.mul(quat.inv(shank), world[moved, ankle])
    return replace(clip, rotation=quat.unroll(rotation))


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
