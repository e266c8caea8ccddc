"""Retargeting: any humanoid clip onto the canonical skeleton.

A source joint's world rotation R carries over as R A, where the constant A says how the canonical joint lies in the
source joint's own axes. If the source's rest pose is a pose (T, A, or arms hanging), A follows from the directions of
its bones. If it is not (bones along one axis, as in many studio files), A is measured from the motion: bones give one
direction, the planes in which elbows and knees bend give the twist.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from motion_engine import quat
from motion_engine.contacts import ground, label_contacts
from motion_engine.curves import envelope, smoothstep
from motion_engine.errors import BadClip
from motion_engine.humanoid import find_limbs
from motion_engine.kinematics import fk, sole_points, to_local
from motion_engine.types import Array, Clip, Skeleton, canonical_skeleton

SIDES = (("left", 1.0), ("right", -1.0))
CHAINS = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
OWN_HEADING = np.radians(30.0)  # a clip that starts within this of +Z keeps its heading: gaits sway by as much
CLAVICLE_SHARE = 0.12  # of the arm's elevation and reach, where the source has no clavicles
SPINE_SHARES = (0.25, 0.6)  # of the chest's rotation against the pelvis at spine1 and spine2: bends at half the height
GAZE = 0.6  # share of the torso's lean that an unrecorded head takes back, to look ahead
NECK_SHARE = 0.5  # of the head's rotation against the chest
TOE_BEND = np.radians(60.0)  # the most that toes bend upwards
# Flesh around the joints, m, by which they stay above the floor; the soles have their own points.
THICKNESS = {"pelvis": 0.08, "spine2": 0.08, "neck": 0.05, "head": 0.08, "left_knee": 0.04, "right_knee": 0.04}
THICKNESS |= {f"{side}_{part}": r for side, _ in SIDES for part, r in (("shoulder", 0.05), ("elbow", 0.03))}
THICKNESS |= {f"{side}_{part}": r for side, _ in SIDES for part, r in (("wrist", 0.02), ("middle1", 0.015))}
_UP, _LEFT, _AHEAD = np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])


def retarget(clip: Clip) -> Clip:
    """The motion on the canonical skeleton: same frame rate, +Y up, facing +Z, starting over x = z = 0, feet grounded.

    Limb directions are the source's; the spine shares the chest's rotation; lengths along the floor and heights are
    scaled by the legs. Fingers are relaxed unless the source is already on the canonical skeleton.

    Raises:
        BadClip: The skeleton is not a humanoid's; the message names the limbs that were not found.
    """
    if not (np.isfinite(clip.root_position).all() and np.isfinite(clip.rotation).all()):
        raise BadClip("the clip has values that are not finite")
    target = canonical_skeleton()
    if _is_canonical(clip.skeleton):
        return _finish(replace(clip, skeleton=target))
    # 1. What is what, where everything is, and which way is up.
    limbs = find_limbs(clip.skeleton)
    position, world = fk(clip.skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    rest, _ = fk(clip.skeleton, np.zeros(3), np.tile(quat.IDENTITY, (len(clip.skeleton.names), 1)))
    rest_turn = _rest_turn(rest, limbs)
    upright = _upright(position, limbs, rest_turn)
    source = {name: position[:, joint] for name, joint in limbs.items()}
    source = {name: quat.rotate(upright, points) for name, points in source.items()}
    turned = {name: quat.mul(upright, world[:, joint]) for name, joint in limbs.items()}
    # 2. How the canonical joints lie in the source's.
    if rest_turn is not None:
        axes = _axes_from_rest(rest, limbs, rest_turn)
    else:
        axes = _axes_from_motion(rest, limbs, source, turned)
    pose = {name: quat.mul(turned[name], axes[name]) for name in axes}
    pose["head"] = _gaze(pose["head"], pose["spine3"])
    # 3. All joints of the target, in the world, then relative to their parents.
    #    The pelvis is where the hips are the source's, in the proportion of the legs.
    hips = np.mean([target.offsets[target.index(f"{side}_hip")] for side, _ in SIDES], axis=0)
    ratio = _leg_length(target) / _leg_length_of(source)
    root = ratio * _middle(source, "hip") - quat.rotate(pose["pelvis"], hips)
    full = _place_feet(target, _fill(target, pose, source), root, {n: ratio * p for n, p in source.items()})
    rotation = to_local(target, full)
    rotation[:, target.index("left_index1") :] = relaxed_hand()
    # 4. The floor.
    moved = Clip(target, clip.fps, root, quat.unroll(rotation), np.zeros((len(clip), 4), dtype=bool))
    return _finish(_bend_toes(_level(moved)))


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


# ── How the source's joints lie ───────────────────────────────────────────────────────────────────────────


def _unit(v: Array) -> Array:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def _frame(bone: Array, second: Array) -> Array:
    """The rotation that takes +X to `bone` and +Y as near as possible to `second`; `(..., 3)` each."""
    x = _unit(bone)
    y = _unit(second - np.sum(second * x, axis=-1, keepdims=True) * x)
    return quat.from_matrix(np.stack((x, y, quat.cross(x, y)), axis=-1))


def _middle(points: dict[str, Array], part: str) -> Array:
    return (points[f"left_{part}"] + points[f"right_{part}"]) / 2


def _angle(a: Array, b: Array) -> float:
    return float(np.degrees(np.arccos(np.clip(np.dot(_unit(a), _unit(b)), -1.0, 1.0))))


def _is_canonical(skeleton: Skeleton) -> bool:
    target = canonical_skeleton()
    return skeleton.names == target.names and bool(np.abs(skeleton.offsets[1:] - target.offsets[1:]).max() < 0.02)


def _rest_turn(rest: Array, limbs: dict[str, int]) -> Array | None:
    """The rotation `(4,)` that stands the source's rest pose upright, facing +Z; None if it is not a pose.

    It is one if the legs are straight and opposite to the spine, the arms straight, left is left for arms and legs,
    and toes, if any, point ahead.
    """
    at = {name: rest[joint] for name, joint in limbs.items()}
    up, left = at["head"] - _middle(at, "hip"), at["left_hip"] - at["right_hip"]
    if min(np.linalg.norm(up), np.linalg.norm(left)) < 1e-3:
        return None
    sound = _angle(up, _middle(at, "hip") - _middle(at, "ankle")) < 35 and abs(_angle(up, left) - 90) < 20
    sound = sound and _angle(left, at["left_shoulder"] - at["right_shoulder"]) < 35
    for side, _ in SIDES:
        for a, b, c, most in (("hip", "knee", "ankle", 35.0), ("shoulder", "elbow", "wrist", 50.0)):
            first, middle, last = at[f"{side}_{a}"], at[f"{side}_{b}"], at[f"{side}_{c}"]
            sound = sound and _angle(middle - first, last - middle) < most
        if f"{side}_foot" in at:
            sound = sound and _angle(quat.cross(left, up), at[f"{side}_foot"] - at[f"{side}_ankle"]) < 75
    if not sound:
        return None
    up, left = _snap(_unit(up)), _snap(_unit(left))
    return quat.mul(_frame(_LEFT, _UP), quat.inv(_frame(left, up)))


def _snap(direction: Array) -> Array:
    """The coordinate axis near which the direction is: torsos lean, but files are set up along axes."""
    axis = np.zeros(3)
    largest = np.argmax(np.abs(direction))
    axis[largest] = np.sign(direction[largest])
    return axis if _angle(direction, axis) < 25 else direction


def _upright(position: Array, limbs: dict[str, int], rest_turn: Array | None) -> Array:
    """The rotation `(4,)` of the whole world that makes +Y up.

    Who stands along +Y is upright, as BVH has it. Else the rest pose says which axis is up (a file may be set up along
    +Z, or show somebody crawling), and without a usable rest pose the axis along which the body is stretched.
    """
    at = {name: position[:, joint] for name, joint in limbs.items()}
    seen = _unit(at["head"] - _middle(at, "ankle")).mean(axis=0)
    if seen[1] > 0.75 or rest_turn is None:
        up = np.eye(3)[int(np.argmax(seen))]
    else:
        up = _snap(quat.rotate(quat.inv(rest_turn), _UP))
    return quat.between(up, _UP)


def _axes_from_rest(rest: Array, limbs: dict[str, int], rest_turn: Array) -> dict[str, Array]:
    """A for each limb `(4,)`, from the directions of the bones in the rest pose."""
    target = canonical_skeleton()
    back = quat.inv(rest_turn)
    axes = {name: back for name in limbs if not name.endswith("collar") and not name.endswith("foot")}
    for side, _ in SIDES:
        for joint, child in CHAINS:
            own = target.offsets[target.index(f"{side}_{child}")]
            other = quat.rotate(rest_turn, rest[limbs[f"{side}_{child}"]] - rest[limbs[f"{side}_{joint}"]])
            axes[f"{side}_{joint}"] = quat.mul(back, quat.between(own, other))
        axes[f"{side}_wrist"] = axes[f"{side}_elbow"]
    return axes


def _axes_from_motion(
    rest: Array, limbs: dict[str, int], source: dict[str, Array], turned: dict[str, Array]
) -> dict[str, Array]:
    """A for each limb `(4,)`, where the rest pose says nothing: from the skeleton's rigid parts and from the motion."""
    target = canonical_skeleton()
    left = {"pelvis": "hip", "spine3": "shoulder"}
    axes: dict[str, Array] = {}
    # Hips and shoulders are rigid against pelvis and chest, up to the clavicles, whose motion is averaged out.
    for name, part in left.items():
        across = source[f"left_{part}"] - source[f"right_{part}"]
        above = source["spine3"] if name == "pelvis" else source["head"]
        frame = _frame(across, above - source[name])
        axes[name] = _mean(quat.mul(quat.inv(turned[name]), frame))
    torso = {name: quat.mul(turned[name], axes[name]) for name in axes}
    axes["head"] = _like(turned["head"], axes["spine3"], torso["spine3"])
    for side, _ in SIDES:
        for limb, body, bend in (
            (("hip", "knee", "ankle"), "pelvis", -1.0),
            (("shoulder", "elbow", "wrist"), "spine3", 1.0),
        ):
            a, b, c = (source[f"{side}_{part}"] for part in limb)
            ahead = quat.rotate(torso[body], _AHEAD)
            upper, lower = _unit(b - a), _unit(c - b)
            for joint, bone, other in ((limb[0], upper, lower * bend), (limb[1], lower, -upper * bend)):
                name, child = f"{side}_{joint}", target.offsets[target.index(f"{side}_{limb[limb.index(joint) + 1]}")]
                second = other - np.sum(other * bone, axis=-1, keepdims=True) * bone + 0.05 * ahead
                back = quat.inv(turned[name])
                local = quat.rotate(back, bone).mean(axis=0), quat.rotate(back, second).mean(axis=0)
                axes[name] = quat.mul(_frame(*local), quat.inv(_frame(child, _AHEAD)))
        forearm = quat.mul(turned[f"{side}_elbow"], axes[f"{side}_elbow"])
        axes[f"{side}_wrist"] = _like(turned[f"{side}_wrist"], axes[f"{side}_elbow"], forearm)
        axes[f"{side}_ankle"] = _foot_axes(side, source, turned, torso["pelvis"])
    return axes


def _mean(q: Array) -> Array:
    """The mean rotation `(4,)` of `(T, 4)` (F. L. Markley et al., "Averaging Quaternions", 2007)."""
    mean: Array = np.linalg.eigh(q.T @ q)[1][:, -1]
    return mean


def _like(world: Array, neighbour_axes: Array, neighbour: Array) -> Array:
    """A for a joint at the end of a chain: its neighbour's if the file uses the same axes, else measured."""
    off = quat.angle_between(quat.mul(world, neighbour_axes), neighbour)
    return neighbour_axes if np.median(off) < np.radians(50) else _mean(quat.mul(quat.inv(world), neighbour))


def _foot_axes(side: str, source: dict[str, Array], turned: dict[str, Array], pelvis: Array) -> Array:
    """A for an ankle: where the foot is at its lowest, its sole is flat on the floor."""
    ankle = source[f"{side}_ankle"]
    low = ankle[:, 1] <= np.quantile(ankle[:, 1], 0.1) + 0.01
    back = quat.inv(turned[f"{side}_ankle"][low])
    up = quat.rotate(back, np.broadcast_to(_UP, (int(low.sum()), 3))).mean(axis=0)
    toes = source[f"{side}_foot"] - ankle if f"{side}_foot" in source else quat.rotate(pelvis, _AHEAD)
    ahead = quat.rotate(back, toes[low]).mean(axis=0)
    return quat.mul(_frame(up, ahead), quat.inv(_frame(_UP, _AHEAD)))


# ── The target ────────────────────────────────────────────────────────────────────────────────────────────


def _fill(target: Skeleton, pose: dict[str, Array], source: dict[str, Array]) -> Array:
    """World rotations `(T, 52, 4)` of all joints from those of the limbs; fingers are left to the hand."""
    world = np.empty((len(pose["pelvis"]), len(target.names), 4))
    pelvis, chest, head = pose["pelvis"], pose["spine3"], pose["head"]
    spine = quat.mul(quat.inv(pelvis), chest)
    full = dict(pose)
    full["spine1"] = quat.mul(pelvis, quat.scale(spine, SPINE_SHARES[0]))
    full["spine2"] = quat.mul(pelvis, quat.scale(spine, SPINE_SHARES[1]))
    full["neck"] = quat.mul(chest, quat.scale(quat.mul(quat.inv(chest), head), NECK_SHARE))
    for side, sign in SIDES:
        full[f"{side}_collar"] = quat.mul(chest, _clavicle(side, sign, chest, source))
        full[f"{side}_foot"] = pose[f"{side}_ankle"]
    for joint, name in enumerate(target.names):
        world[:, joint] = full[name] if name in full else world[:, target.parents[joint]]
    return world


def _gaze(head: Array, chest: Array) -> Array:
    """The head, or where the file never moves it: on the chest, but looking ahead when the torso leans."""
    local = quat.mul(quat.inv(chest), head)
    if quat.angle_between(local, local[:1]).max() > np.radians(1.0):
        return head
    return quat.mul(quat.scale(quat.between(quat.rotate(head, _UP), _UP), GAZE), head)


def _place_feet(target: Skeleton, world: Array, root: Array, source: dict[str, Array]) -> Array:
    """The legs spread or closed a little so that the feet are as far apart as the source's, whose hips may be wider.

    Each leg swings as a whole: its ankle moves sideways by what the hip is off the (scaled) source's.
    """
    position, _ = fk(target, root, to_local(target, world))
    for side, _ in SIDES:
        hip, knee, ankle = (target.index(f"{side}_{part}") for part in ("hip", "knee", "ankle"))
        leg = position[:, ankle] - position[:, hip]
        swing = quat.between(leg, leg + source[f"{side}_hip"] - position[:, hip])
        world[:, [hip, knee]] = quat.mul(swing[:, None], world[:, [hip, knee]])
    return world


def _clavicle(side: str, sign: float, chest: Array, source: dict[str, Array]) -> Array:
    """The clavicle's rotation in the chest: the source's swing about its mean, or a share of the arm's."""
    if f"{side}_collar" in source:
        bone = quat.rotate(quat.inv(chest), source[f"{side}_shoulder"] - source[f"{side}_collar"])
        mean = bone.mean(axis=0)
        if np.linalg.norm(mean) > 0.5 * np.linalg.norm(bone, axis=-1).mean() > 1e-3:
            return quat.between(np.broadcast_to(mean, bone.shape), bone)
    arm = quat.rotate(quat.inv(chest), _unit(source[f"{side}_elbow"] - source[f"{side}_shoulder"]))
    lift, reach = np.arcsin(np.clip(arm[:, 1], -1, 1)), np.arcsin(np.clip(arm[:, 2], -1, 1))
    zero = np.zeros_like(lift)
    return quat.from_rotvec(CLAVICLE_SHARE * np.stack((zero, -sign * reach, sign * lift), axis=-1))


def _leg_length(skeleton: Skeleton) -> float:
    joints = [skeleton.index(f"{side}_{part}") for side, _ in SIDES for part in ("knee", "ankle")]
    return float(np.linalg.norm(skeleton.offsets[joints], axis=-1).sum() / 2)


def _leg_length_of(source: dict[str, Array]) -> float:
    bones = [source[f"{side}_{b}"][0] - source[f"{side}_{a}"][0] for side, _ in SIDES for a, b in CHAINS[:2]]
    length = float(np.linalg.norm(bones, axis=-1).sum() / 2)
    if length < 1e-6:
        raise BadClip("the legs have no length: all offsets of the skeleton are zero")
    return length


def _level(clip: Clip) -> Clip:
    """The clip at about the right height, so that contacts can be seen: its usual lowest points on the floor."""
    position, world = fk(clip.skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    soles = sole_points(clip.skeleton, position, world)[..., 1].min(axis=-1)
    shift = np.array([0.0, np.quantile(soles, 0.2), 0.0])
    return replace(clip, root_position=clip.root_position - shift)


def _bend_toes(clip: Clip) -> Clip:
    """Toes that lie on the floor while the heel is up."""
    skeleton = clip.skeleton
    position, world = fk(skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    rest, _ = fk(skeleton, skeleton.offsets[0], np.tile(quat.IDENTITY, (len(skeleton.names), 1)))
    rotation = clip.rotation.copy()
    for side, _ in SIDES:
        ankle, foot = skeleton.index(f"{side}_ankle"), skeleton.index(f"{side}_foot")
        pitch = np.arcsin(np.clip(-quat.rotate(world[:, ankle], _AHEAD)[:, 1], 0.0, 1.0))
        near = 1.0 - smoothstep((position[:, foot, 1] - rest[foot, 1] - 0.02) / 0.08)
        upright = smoothstep(quat.rotate(world[:, ankle], _UP)[:, 1] / 0.5)  # not the feet of somebody lying
        rotation[:, foot] = quat.from_axis_angle("x", -np.minimum(pitch, TOE_BEND) * near * upright)
    return replace(clip, rotation=rotation)


def _finish(clip: Clip) -> Clip:
    """Contacts labelled, feet and body on the floor, facing +Z, starting over the origin."""
    clip = replace(clip, contacts=label_contacts(clip))
    clip = ground(clip)
    clip = _lift_body(clip)
    clip = replace(clip, contacts=label_contacts(clip))
    return _start(clip)


def _lift_body(clip: Clip) -> Clip:
    """Raised smoothly where a part of the body other than the soles is in the floor."""
    position, _ = fk(clip.skeleton, clip.root_position, clip.rotation)
    joints = [clip.skeleton.index(name) for name in THICKNESS]
    below = np.max(np.array(list(THICKNESS.values())) - position[:, joints, 1], axis=-1)
    lift = envelope(np.maximum(0.0, below), max(1, round(0.1 * clip.fps)))
    return replace(clip, root_position=clip.root_position + lift[:, None] * _UP)


def _start(clip: Clip) -> Clip:
    position, _ = fk(clip.skeleton, clip.root_position[:1], clip.rotation[:1])
    names = clip.skeleton.names
    left, right = ([names.index(f"{side}_{part}") for part in ("hip", "shoulder")] for side, _ in SIDES)
    across = _unit(position[0, left] - position[0, right]).sum(axis=0)
    heading = float(np.arctan2(-across[2], across[0]))
    turn = quat.from_axis_angle("y", -heading if abs(heading) > OWN_HEADING else 0.0)
    root = quat.rotate(turn, clip.root_position.astype(np.float64))
    rotation = clip.rotation.astype(np.float64)
    rotation[:, 0] = quat.mul(np.broadcast_to(turn, (len(clip), 4)), rotation[:, 0])
    return replace(clip, root_position=root - root[0] * (1, 0, 1), rotation=quat.unroll(rotation))
