"""Retargeting: any humanoid clip onto the canonical skeleton; `onto` is the way back.

Limb directions are the source's; feet stay where they stand, as far apart as they are; lengths along the floor and
heights are scaled by the legs. How the source's skeleton lies is in `rig`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from motion_engine import quat
from motion_engine.axes import AHEAD, UP, middle, swing_end, torso, unit
from motion_engine.contacts import ground, label_contacts
from motion_engine.curves import envelope, smoothstep
from motion_engine.errors import BadClip
from motion_engine.humanoid import SIDES
from motion_engine.kinematics import fk, to_local
from motion_engine.rig import Rig, read_rig
from motion_engine.support import floor_height, lay_hands, lift, reach, weights
from motion_engine.types import BODY_JOINTS, CONTACT_JOINTS, Array, Clip, Skeleton, canonical_skeleton

SPINE = ("spine1", "spine2", "spine3")
SIGNS = {"left": 1.0, "right": -1.0}
OWN_HEADING = np.radians(30.0)  # a clip that starts within this of +Z keeps its heading: gaits sway by as much
CLAVICLE_SHARE = 0.12  # of the arm's elevation and reach, where the source has no clavicles
GAZE = 0.6  # share of the torso's lean that an unrecorded head takes back, to look ahead
TOE_BEND = np.radians(60.0)  # the most that toes bend upwards
# Flesh around the joints, m, by which they stay above the floor; the soles have their own points.
THICKNESS = {"pelvis": 0.08, "spine2": 0.08, "neck": 0.05, "head": 0.08, "left_knee": 0.04, "right_knee": 0.04}
THICKNESS |= {
    f"{side}_{part}": r for side in SIDES for part, r in (("shoulder", 0.05), ("elbow", 0.03), ("wrist", 0.02))
}


def retarget(clip: Clip, rig: Rig | None = None) -> Clip:
    """The motion on the canonical skeleton: same frame rate, +Y up, facing +Z, starting over x = z = 0, feet grounded.

    Fingers are the source's where it has them, else relaxed.

    Args:
        clip: Any humanoid's.
        rig: How its skeleton lies; by default it is found out, unless the skeleton is the canonical one.

    Raises:
        BadClip: The skeleton is not a humanoid's; the message names the limbs that were not found.
    """
    if not (np.isfinite(clip.root_position).all() and np.isfinite(clip.rotation).all()):
        raise BadClip("the clip has values that are not finite")
    target = canonical_skeleton()
    if rig is None and is_canonical(clip.skeleton):
        return _finish(replace(clip, skeleton=target))
    rig = rig or read_rig(clip)
    position, world = fk(clip.skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    source = {name: rig.ratio * points for name, points in rig.points(position).items()}
    pose = {name: quat.mul(quat.mul(rig.upright, world[:, rig.joints[name]]), axis) for name, axis in rig.axes.items()}
    pose["head"] = _gaze(pose["head"], pose["spine3"])
    # The pelvis is where the hips are the source's, in the proportion of the legs.
    root = middle(source, "hip") - quat.rotate(pose["pelvis"], _hips(target))
    full = _fill(target, _aim_spine(target, torso(pose), source), source)
    full = _place_feet(target, full, root, source)
    # The floor, and the hands, feet and bodies that rest on it.
    floor = floor_height(source) * UP
    wanted = {name: points - floor for name, points in source.items()}
    weight = weights(wanted)
    position, _ = fk(target, root - floor, to_local(target, full))
    raised = lift(wanted, by_name(target, position), weight)
    root = root - floor + raised[:, None] * UP
    at = by_name(target, position + raised[:, None, None] * UP)
    for name, turned in reach(by_name(target, full), at, raised, wanted, weight, clip.fps).items():
        full[:, target.index(name)] = turned
    rotation = to_local(target, lay_hands(target, full, root, clip.fps))
    moved = Clip(target, clip.fps, root, quat.unroll(rotation), np.zeros((len(clip), 4), dtype=bool))
    feet = np.stack([wanted.get(name, at[name]) for name in CONTACT_JOINTS], axis=1)
    return _finish(_bend_toes(moved), feet, turn=not rig.faced)


def is_canonical(skeleton: Skeleton) -> bool:
    """Whether it is the canonical skeleton, up to the rounding of files."""
    target = canonical_skeleton()
    return skeleton.names == target.names and bool(np.abs(skeleton.offsets[1:] - target.offsets[1:]).max() < 0.02)


@lru_cache(maxsize=1)
def relaxed_hand() -> Array:
    """A relaxed left hand, then the right one: `(30, 4)` wxyz for the finger joints of the canonical skeleton.

    Fingers curl more from index to little finger, as they do when a hand hangs; the thumb lies beside the index.
    """
    curls = {"index": (14, 22, 12), "middle": (19, 26, 15), "ring": (23, 29, 17), "pinky": (26, 30, 18)}
    together = {"index": 3, "middle": -2, "ring": -4, "pinky": -15}  # degrees: at rest the fingers are spread
    hand = []
    for name in canonical_skeleton().names[22:]:
        side, _, finger = name.partition("_")
        sign = 1.0 if side == "left" else -1.0
        if finger[:-1] == "thumb":
            # About the axis across the thumb (towards the palm), and for its first joint inwards beside the index.
            bend, inwards = ((12.0, 14.0), (10.0, 0.0), (14.0, 0.0))[int(finger[-1]) - 1]
            vector = np.array([0.82 * bend, sign * inwards, -sign * 0.57 * bend])
        else:
            number = int(finger[-1]) - 1
            spread = 0 if number else together[finger[:-1]]
            vector = np.array([0.0, sign * spread, -sign * curls[finger[:-1]][number]])
        hand.append(quat.from_rotvec(np.radians(vector)))
    rotations = np.stack(hand)
    rotations.flags.writeable = False
    return rotations


# ── The target ────────────────────────────────────────────────────────────────────────────────────────────


def by_name(skeleton: Skeleton, values: Array) -> dict[str, Array]:
    """Positions or rotations `(T, J, N)` by joint."""
    return {name: values[:, joint] for joint, name in enumerate(skeleton.names)}


def _hips(target: Skeleton) -> Array:
    """The middle of the hips, seen from the pelvis `(3,)`."""
    middle: Array = np.mean([target.offsets[target.index(f"{side}_hip")] for side in SIDES], axis=0)
    return middle


def _fill(target: Skeleton, pose: dict[str, Array], source: dict[str, Array]) -> Array:
    """World rotations `(T, 52, 4)` of all joints from those that the source has."""
    hand = relaxed_hand()
    world = np.empty((len(pose["pelvis"]), len(target.names), 4))
    for joint, name in enumerate(target.names):
        side, _, part = name.partition("_")
        if part == "collar" and name not in pose:
            world[:, joint] = quat.mul(pose["spine3"], _clavicle(side, pose["spine3"], source))
        elif part == "foot":
            world[:, joint] = pose[f"{side}_ankle"]  # toes are bent at the end
        elif name in pose:
            world[:, joint] = pose[name]
        else:
            world[:, joint] = quat.mul(world[:, target.parents[joint]], hand[joint - BODY_JOINTS])
    return world


def _aim_spine(target: Skeleton, pose: dict[str, Array], source: dict[str, Array]) -> dict[str, Array]:
    """The spine bent as a whole so that the neck is over the hips where the source has it.

    Head and arms keep their directions.
    """
    if "neck" not in source:
        return pose
    fixed = quat.rotate(pose["pelvis"], target.offsets[target.index("spine1")] - _hips(target))
    chain = pairwise((*SPINE, "neck"))
    moving = np.sum([quat.rotate(pose[a], target.offsets[target.index(b)]) for a, b in chain], axis=0)
    bend = quat.between(moving, swing_end(fixed, moving, source["neck"] - middle(source, "hip")))
    return pose | {name: quat.mul(bend, pose[name]) for name in SPINE}


def _gaze(head: Array, chest: Array) -> Array:
    """The head, or where the file never moves it: on the chest, but looking ahead when the torso leans."""
    local = quat.mul(quat.inv(chest), head)
    if quat.angle_between(local, local[:1]).max() > np.radians(1.0):
        return head
    return quat.mul(quat.scale(quat.between(quat.rotate(head, UP), UP), GAZE), head)


def _place_feet(target: Skeleton, world: Array, root: Array, source: dict[str, Array]) -> Array:
    """The legs spread or closed a little so that the feet are as far apart as the source's, whose hips may be wider.

    Each leg swings as a whole: its ankle moves sideways by what the hip is off the (scaled) source's.
    """
    position, _ = fk(target, root, to_local(target, world))
    for side in SIDES:
        hip, knee, ankle = (target.index(f"{side}_{part}") for part in ("hip", "knee", "ankle"))
        leg = position[:, ankle] - position[:, hip]
        swing = quat.between(leg, leg + source[f"{side}_hip"] - position[:, hip])
        world[:, [hip, knee]] = quat.mul(swing[:, None], world[:, [hip, knee]])
    return world


def _clavicle(side: str, chest: Array, source: dict[str, Array]) -> Array:
    """The clavicle's rotation in the chest where the source has none: a share of the arm's."""
    arm = quat.rotate(quat.inv(chest), unit(source[f"{side}_elbow"] - source[f"{side}_shoulder"]))
    lift, reach = np.arcsin(np.clip(arm[:, 1], -1, 1)), np.arcsin(np.clip(arm[:, 2], -1, 1))
    zero, sign = np.zeros_like(lift), SIGNS[side]
    return quat.from_rotvec(CLAVICLE_SHARE * np.stack((zero, -sign * reach, sign * lift), axis=-1))


def _bend_toes(clip: Clip) -> Clip:
    """Toes that lie on the floor while the heel is up."""
    skeleton = clip.skeleton
    position, world = fk(skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    rest, _ = fk(skeleton, skeleton.offsets[0], np.tile(quat.IDENTITY, (len(skeleton.names), 1)))
    rotation = clip.rotation.copy()
    for side in SIDES:
        ankle, foot = skeleton.index(f"{side}_ankle"), skeleton.index(f"{side}_foot")
        pitch = np.arcsin(np.clip(-quat.rotate(world[:, ankle], AHEAD)[:, 1], 0.0, 1.0))
        near = 1.0 - smoothstep((position[:, foot, 1] - rest[foot, 1] - 0.02) / 0.08)
        upright = smoothstep(quat.rotate(world[:, ankle], UP)[:, 1] / 0.5)  # not the feet of somebody lying
        rotation[:, foot] = quat.from_axis_angle("x", -np.minimum(pitch, TOE_BEND) * near * upright)
    return replace(clip, rotation=rotation)


def _finish(clip: Clip, feet: Array | None = None, *, turn: bool = True) -> Clip:
    """Contacts labelled, feet and body on the floor, facing +Z (if it may `turn`), starting over the origin.

    What stands is what stood when it was captured, where it is known (`feet`, see `label_contacts`).
    """
    clip = replace(clip, contacts=label_contacts(clip, feet))
    clip = _lift_body(ground(clip))
    if feet is None:
        clip = replace(clip, contacts=label_contacts(clip))
    return _start(clip, turn)


def _lift_body(clip: Clip) -> Clip:
    """Raised smoothly where a part of the body other than the soles is in the floor."""
    position, _ = fk(clip.skeleton, clip.root_position, clip.rotation)
    joints = [clip.skeleton.index(name) for name in THICKNESS]
    below = np.max(np.array(list(THICKNESS.values())) - position[:, joints, 1], axis=-1)
    lift = envelope(np.maximum(0.0, below), max(1, round(0.1 * clip.fps)))
    return replace(clip, root_position=clip.root_position + lift[:, None] * UP)


def _start(clip: Clip, turn_it: bool) -> Clip:
    position, _ = fk(clip.skeleton, clip.root_position[:1], clip.rotation[:1])
    names = clip.skeleton.names
    left, right = ([names.index(f"{side}_{part}") for part in ("hip", "shoulder")] for side in SIDES)
    across = unit(position[0, left] - position[0, right]).sum(axis=0)
    heading = float(np.arctan2(-across[2], across[0]))
    turn = quat.from_axis_angle("y", -heading if turn_it and abs(heading) > OWN_HEADING else 0.0)
    root = quat.rotate(turn, clip.root_position.astype(np.float64))
    rotation = clip.rotation.astype(np.float64)
    rotation[:, 0] = quat.mul(np.broadcast_to(turn, (len(clip), 4)), rotation[:, 0])
    return replace(clip, root_position=root - root[0] * (1, 0, 1), rotation=quat.unroll(rotation))
