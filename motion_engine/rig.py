"""How a source's skeleton lies: which joints are which, which way is up, and each joint's axes against ours.

A source joint's world rotation R carries over as R A, where the constant A says how the canonical joint lies in the
source joint's own axes. If the source's rest pose is a pose (T, A, or arms hanging), A follows from the directions of
its bones. If it is not (bones along one axis, as in many studio files), A is measured from the motion: bones give one
direction, the planes in which elbows and knees bend give the twist.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.humanoid import BODY_JOINTS, CHAINS, PHALANGES, SIDES, check_chains, complete, find_limbs, program
from motion_engine.joint_map import JointMap
from motion_engine.kinematics import fk
from motion_engine.topology import find_by_tree
from motion_engine.types import Array, Clip, Skeleton, canonical_skeleton

UP, LEFT, AHEAD = np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
KNUCKLES = ("middle1", "index1", "pinky1")
SPINE_SHARES = (0.25, 0.6)  # of the chest's rotation against the pelvis at spine1 and spine2: bends at half the height
NECK_SHARE = 0.5  # of the head's rotation against the chest
HEAD_OVER_SHOULDERS = 0.15  # of the torso: a head whose joint is lower turns about the neck's base
HANGING = np.radians(35.0)  # a foot whose toes point further off than this in the rest pose is no standing foot
TILTED = 20.0  # degrees: by less than this a sole is off the floor by mistake, by more somebody stands on tiptoe


@dataclass(frozen=True, eq=False)
class Rig:
    """What retargeting must know of a source's skeleton."""

    skeleton: Skeleton
    joints: dict[str, int]  # canonical name -> source joint
    axes: dict[str, Array]  # canonical name -> A (4,): canonical world rotation = upright * source's * A
    upright: Array  # (4,), turns the source's world: up becomes +Y, and a stated facing +Z
    ratio: float  # the canonical leg's length over the source's
    neck: int | None  # the source joint that stands where the canonical neck does
    faced: bool  # the facing was stated, so clips are not turned by what their first frame shows
    words: str = field(default="", repr=False)  # what was found, for people

    def points(self, position: Array) -> dict[str, Array]:
        """Joint positions `(T, J, 3)` upright, by canonical name."""
        joints = self.joints | ({"neck": self.neck} if self.neck is not None else {})
        return {name: quat.rotate(self.upright, position[:, joint]) for name, joint in joints.items()}


def read_rig(clip: Clip, stated: JointMap | None = None) -> Rig:
    """Find out how the skeleton of `clip` lies, from names, rest pose and motion, and from what a person `stated`.

    Raises:
        BadClip: The skeleton is not a humanoid's; the message names the limbs that were not found.
    """
    if not (np.isfinite(clip.root_position).all() and np.isfinite(clip.rotation).all()):
        raise BadClip("the clip has values that are not finite")
    stated = stated or JointMap()
    skeleton = clip.skeleton
    position, world = fk(skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    joints, by_name = _find(clip, position, stated)
    rest, _ = fk(skeleton, np.zeros(3), np.tile(quat.IDENTITY, (len(skeleton.names), 1)))
    rest_turn = _rest_turn(rest, joints)
    upright = _upright(position, joints, rest_turn, stated)
    source = {name: quat.rotate(upright, position[:, joint]) for name, joint in joints.items()}
    turned = {name: quat.mul(upright, world[:, joint]) for name, joint in joints.items()}
    if rest_turn is not None:
        at = {name: quat.rotate(rest_turn, rest[None, joint]) for name, joint in joints.items()}
        axes = _stand(_axes_from_rest(rest, joints, rest_turn), at, source, turned)
        axes = _hands(axes, at, dict.fromkeys(joints, rest_turn[None]))
    else:
        axes = _hands(_axes_from_motion(source, turned), source, turned)
    ratio = _leg_length(canonical_skeleton()) / _source_leg(source)
    words = _words(skeleton, joints, by_name, rest, rest_turn, upright)
    return Rig(skeleton, joints, axes, upright, ratio, _neck(joints, source), stated.facing is not None, words)


def _find(clip: Clip, position: Array, stated: JointMap) -> tuple[dict[str, int], bool]:
    """The joints, and whether names told them."""
    skeleton, given = clip.skeleton, stated.indices(clip.skeleton)
    try:
        limbs, by_name = find_limbs(skeleton, given), True
    except BadClip as by_names:
        try:
            limbs, by_name = find_by_tree(skeleton, position, clip.rotation), False
        except BadClip as by_tree:
            raise BadClip(f"{by_names.reason}. By its tree: {by_tree.reason}") from None
        limbs |= given
        check_chains(skeleton, limbs)
    return complete(skeleton, limbs), by_name


def _neck(joints: dict[str, int], source: dict[str, Array]) -> int | None:
    """Where the neck begins: its joint, or a head's joint at the height of the shoulders; None if none does."""
    up = middle(source, "shoulder") - middle(source, "hip")
    over = np.sum((source["head"] - middle(source, "shoulder")) * up, axis=-1) / np.sum(up * up, axis=-1)
    return joints.get("neck", joints["head"] if np.median(over) < HEAD_OVER_SHOULDERS else None)


# ── Directions ────────────────────────────────────────────────────────────────────────────────────────────


def unit(v: Array) -> Array:
    """Vectors `(..., 3)` of length 1; zero stays zero."""
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def middle(points: dict[str, Array], part: str) -> Array:
    """The point between the left and the right joint `part`."""
    return (points[f"left_{part}"] + points[f"right_{part}"]) / 2


def _frame(bone: Array, second: Array) -> Array:
    """The rotation that takes +X to `bone` and +Y as near as possible to `second`; `(..., 3)` each."""
    x = unit(bone)
    y = unit(second - np.sum(second * x, axis=-1, keepdims=True) * x)
    return quat.from_matrix(np.stack((x, y, quat.cross(x, y)), axis=-1))


def _angle(a: Array, b: Array) -> float:
    return float(np.degrees(np.arccos(np.clip(np.dot(unit(a), unit(b)), -1.0, 1.0))))


def _mean(q: Array) -> Array:
    """The mean rotation `(4,)` of `(T, 4)` (F. L. Markley et al., "Averaging Quaternions", 2007)."""
    mean: Array = np.linalg.eigh(q.T @ q)[1][:, -1]
    return mean


def _rest_turn(rest: Array, joints: dict[str, int]) -> Array | None:
    """The rotation `(4,)` that stands the source's rest pose upright, facing +Z; None if it is not a pose.

    It is one if the legs are straight and opposite to the spine, the arms straight, left is left for arms and legs,
    and toes, if any, point ahead.
    """
    at = {name: rest[joint] for name, joint in joints.items()}
    up, left = at["head"] - middle(at, "hip"), at["left_hip"] - at["right_hip"]
    if min(np.linalg.norm(up), np.linalg.norm(left)) < 1e-3:
        return None
    sound = _angle(up, middle(at, "hip") - middle(at, "ankle")) < 35 and abs(_angle(up, left) - 90) < 20
    sound = sound and _angle(left, at["left_shoulder"] - at["right_shoulder"]) < 35
    for side in SIDES:
        for a, b, c, most in (("hip", "knee", "ankle", 35.0), ("shoulder", "elbow", "wrist", 50.0)):
            first, second, last = at[f"{side}_{a}"], at[f"{side}_{b}"], at[f"{side}_{c}"]
            sound = sound and _angle(second - first, last - second) < most
        if f"{side}_foot" in at:
            sound = sound and _angle(quat.cross(left, up), at[f"{side}_foot"] - at[f"{side}_ankle"]) < 100
    if not sound:
        return None
    up, left = _snap(unit(up)), _snap(unit(left))
    return quat.mul(_frame(LEFT, UP), quat.inv(_frame(left, up)))


def _snap(direction: Array) -> Array:
    """The coordinate axis near which the direction is: torsos lean, but files are set up along axes."""
    axis = np.zeros(3)
    largest = np.argmax(np.abs(direction))
    axis[largest] = np.sign(direction[largest])
    return axis if _angle(direction, axis) < 25 else direction


def _upright(position: Array, joints: dict[str, int], rest_turn: Array | None, stated: JointMap) -> Array:
    """The rotation `(4,)` of the whole world that makes +Y up.

    Who stands along +Y is upright, as BVH has it. Else the rest pose says which axis is up (a file may be set up along
    +Z, or show somebody crawling), and without a usable rest pose the axis along which the body is stretched.
    """
    at = {name: position[:, joint] for name, joint in joints.items()}
    seen = unit(at["head"] - middle(at, "ankle")).mean(axis=0)
    if stated.up is not None:
        up = stated.up
    elif seen[1] > 0.75 or rest_turn is None:
        up = np.sign(seen) * np.eye(3)[int(np.argmax(np.abs(seen)))]
    else:
        up = _snap(quat.rotate(quat.inv(rest_turn), UP))
    if stated.facing is None:
        return quat.between(up, UP)
    if abs(float(np.dot(up, stated.facing))) > 0.1:
        raise BadClip("up and facing of the .map.yaml are along the same axis")
    return quat.mul(_frame(UP, AHEAD), quat.inv(_frame(up, stated.facing)))


# ── Axes ──────────────────────────────────────────────────────────────────────────────────────────────────


def _axes_from_rest(rest: Array, joints: dict[str, int], rest_turn: Array) -> dict[str, Array]:
    """A for each joint `(4,)`, from the directions of the bones in the rest pose."""
    target = canonical_skeleton()
    back = quat.inv(rest_turn)
    axes = dict.fromkeys(target.names[:BODY_JOINTS], back)
    for side in SIDES:
        for joint, child in CHAINS:
            own = target.offsets[target.index(f"{side}_{child}")]
            other = quat.rotate(rest_turn, rest[joints[f"{side}_{child}"]] - rest[joints[f"{side}_{joint}"]])
            axes[f"{side}_{joint}"] = quat.mul(back, quat.between(own, other))
        axes[f"{side}_wrist"] = axes[f"{side}_elbow"]
    return {name: axis for name, axis in axes.items() if name in joints}


def _axes_from_motion(source: dict[str, Array], turned: dict[str, Array]) -> dict[str, Array]:
    """A for each joint `(4,)` where the rest pose says nothing: from the skeleton's rigid parts and from the motion."""
    axes: dict[str, Array] = {}
    # Hips and shoulders are rigid against pelvis and chest, up to the clavicles, whose motion is averaged out.
    for name, part in {"pelvis": "hip", "spine3": "shoulder"}.items():
        across = source[f"left_{part}"] - source[f"right_{part}"]
        above = source["spine3"] if name == "pelvis" else source["head"]
        axes[name] = _mean(quat.mul(quat.inv(turned[name]), _frame(across, above - source[name])))
    body = {name: quat.mul(turned[name], axes[name]) for name in axes}
    axes["head"] = _like(turned["head"], axes["spine3"], body["spine3"])
    body["head"] = quat.mul(turned["head"], axes["head"])
    between = torso(body)
    for name in ("spine1", "spine2", "neck", "left_collar", "right_collar"):
        if name in turned:
            like = between.get(name, body["spine3"])
            axes[name] = _mean(quat.mul(quat.inv(turned[name]), like))
    for side in SIDES:
        axes |= _limb_axes(side, ("hip", "knee", "ankle"), -1.0, body["pelvis"], source, turned)
        axes |= _limb_axes(side, ("shoulder", "elbow", "wrist"), 1.0, body["spine3"], source, turned)
        forearm = quat.mul(turned[f"{side}_elbow"], axes[f"{side}_elbow"])
        if all(f"{side}_{part}" in source for part in KNUCKLES):
            axes[f"{side}_wrist"] = _palm_axes(side, source, turned)
        else:
            axes[f"{side}_wrist"] = _like(turned[f"{side}_wrist"], axes[f"{side}_elbow"], forearm)
        axes[f"{side}_ankle"] = _foot_axes(side, source, turned, body["pelvis"])
        if f"{side}_foot" in turned:
            foot = quat.mul(turned[f"{side}_ankle"], axes[f"{side}_ankle"])
            axes[f"{side}_foot"] = _mean(quat.mul(quat.inv(turned[f"{side}_foot"]), foot))
    return axes


def _limb_axes(
    side: str,
    limb: tuple[str, str, str],
    bend: float,
    body: Array,
    source: dict[str, Array],
    turned: dict[str, Array],
) -> dict[str, Array]:
    """A for the upper and lower bone of a limb; knees bend backward (-1), elbows forward (+1)."""
    target = canonical_skeleton()
    a, b, c = (source[f"{side}_{part}"] for part in limb)
    ahead = quat.rotate(body, AHEAD)
    upper, lower = unit(b - a), unit(c - b)
    axes = {}
    for joint, end, bone, other in ((limb[0], limb[1], upper, lower * bend), (limb[1], limb[2], lower, -upper * bend)):
        second = other - np.sum(other * bone, axis=-1, keepdims=True) * bone + 0.05 * ahead
        back = quat.inv(turned[f"{side}_{joint}"])
        local = quat.rotate(back, bone).mean(axis=0), quat.rotate(back, second).mean(axis=0)
        own = target.offsets[target.index(f"{side}_{end}")]
        axes[f"{side}_{joint}"] = quat.mul(_frame(*local), quat.inv(_frame(own, AHEAD)))
    return axes


def _like(world: Array, neighbour_axes: Array, neighbour: Array) -> Array:
    """A for a joint at the end of a chain: its neighbour's if the file uses the same axes, else measured."""
    off = quat.angle_between(quat.mul(world, neighbour_axes), neighbour)
    return neighbour_axes if np.median(off) < np.radians(50) else _mean(quat.mul(quat.inv(world), neighbour))


def _palm_axes(side: str, source: dict[str, Array], turned: dict[str, Array]) -> Array:
    """A for a wrist from where the fingers begin: the palm is rigid."""
    target = canonical_skeleton()
    wrist, *knuckles = (f"{side}_{part}" for part in ("wrist", *KNUCKLES))
    middle, index, pinky = (source[name] - source[wrist] for name in knuckles)
    own = [target.offsets[target.index(name)] for name in knuckles]
    ours, theirs = _frame(own[0], own[1] - own[2]), _frame(middle, index - pinky)
    return _mean(quat.mul(quat.inv(turned[wrist]), quat.mul(theirs, quat.inv(ours))))


def _foot_axes(side: str, source: dict[str, Array], turned: dict[str, Array], pelvis: Array) -> Array:
    """A for an ankle: where the foot is at its lowest, its sole is flat on the floor."""
    ankle = source[f"{side}_ankle"]
    low = _lowest(ankle)
    back = quat.inv(turned[f"{side}_ankle"][low])
    up = quat.rotate(back, np.broadcast_to(UP, (int(low.sum()), 3))).mean(axis=0)
    toes = source[f"{side}_foot"] - ankle if f"{side}_foot" in source else quat.rotate(pelvis, AHEAD)
    ahead = quat.rotate(back, toes[low]).mean(axis=0)
    return quat.mul(_frame(up, ahead), quat.inv(_frame(UP, AHEAD)))


def _stand(
    axes: dict[str, Array], rest: dict[str, Array], source: dict[str, Array], turned: dict[str, Array]
) -> dict[str, Array]:
    """The axes with soles flat on the floor: rest poses show feet a little tilted, or hanging."""
    target = canonical_skeleton()
    axes = dict(axes)
    for side in SIDES:
        name = f"{side}_ankle"
        if f"{side}_foot" in rest:
            toes, own = (rest[f"{side}_foot"] - rest[name])[0], target.offsets[target.index(f"{side}_foot")]
            off = np.arctan2(toes[1], np.hypot(toes[0], toes[2])) - np.arctan2(own[1], np.hypot(own[0], own[2]))
            if abs(off) > HANGING:
                axes[name] = _foot_axes(side, source, turned, quat.mul(turned["pelvis"], axes["pelvis"]))
        low = _lowest(source[name])
        back = quat.inv(quat.mul(turned[name][low], axes[name]))
        up = quat.rotate(back, np.broadcast_to(UP, (int(low.sum()), 3))).mean(axis=0)
        if _angle(up, UP) < TILTED:
            axes[name] = quat.mul(axes[name], quat.between(UP, up))
    return axes


def _lowest(ankle: Array) -> Array:
    """The frames `(T,)` in which a foot is as low as it comes."""
    low: Array = ankle[:, 1] <= np.quantile(ankle[:, 1], 0.1) + 0.01
    return low


def torso(body: dict[str, Array]) -> dict[str, Array]:
    """World rotations of spine1, spine2 and neck where `body` lacks them, between those that it has."""
    full = dict(body)
    first, second = SPINE_SHARES
    if "spine2" not in full:
        low, share = ("spine1", (second - first) / (1.0 - first)) if "spine1" in full else ("pelvis", second)
        full["spine2"] = _partly(full[low], full["spine3"], share)
    if "spine1" not in full:
        full["spine1"] = _partly(full["pelvis"], full["spine2"], first / second)
    if "neck" not in full:
        full["neck"] = _partly(full["spine3"], full["head"], NECK_SHARE)
    return full


def _partly(a: Array, b: Array, share: float) -> Array:
    return quat.mul(a, quat.scale(quat.mul(quat.inv(a), b), share))


def swing_end(fixed: Array, moving: Array, direction: Array) -> Array:
    """Where `moving (..., D)` must point, keeping its length, so that `fixed + moving` points along `direction`."""
    direction = unit(direction)
    along = np.sum(direction * fixed, axis=-1, keepdims=True)
    square = np.sum(moving * moving, axis=-1, keepdims=True) - np.sum(fixed * fixed, axis=-1, keepdims=True)
    end: Array = (along + np.sqrt(np.maximum(square + along**2, 0.0))) * direction - fixed
    return end


def _hands(axes: dict[str, Array], source: dict[str, Array], turned: dict[str, Array]) -> dict[str, Array]:
    """A for finger joints: each bone swings from the one before it, the first from the hand, as the source's does.

    The last bones' tips are in no table; their joints have the axes of the ones before.
    """
    target = canonical_skeleton()
    axes, body = dict(axes), dict[str, Array]()
    for name in target.names[BODY_JOINTS:]:
        if name not in turned:
            continue
        finger, number = name[:-1], int(name[-1])
        if number == PHALANGES:
            axes[name] = axes[f"{finger}2"]
            continue
        hand = f"{name.partition('_')[0]}_wrist"
        before = quat.mul(turned[hand], axes[hand]) if number == 1 else body[f"{finger}1"]
        tip = f"{finger}{number + 1}"
        own = quat.rotate(before, target.offsets[target.index(tip)])
        body[name] = quat.mul(quat.between(own, source[tip] - source[name]), before)
        axes[name] = _mean(quat.mul(quat.inv(turned[name]), body[name]))
    return axes


def _leg_length(skeleton: Skeleton) -> float:
    joints = [skeleton.index(f"{side}_{part}") for side in SIDES for part in ("knee", "ankle")]
    return float(np.linalg.norm(skeleton.offsets[joints], axis=-1).sum() / 2)


def _source_leg(source: dict[str, Array]) -> float:
    bones = [source[f"{side}_{b}"][0] - source[f"{side}_{a}"][0] for side in SIDES for a, b in CHAINS[:2]]
    length = float(np.linalg.norm(bones, axis=-1).sum() / 2)
    if length < 1e-6:
        raise BadClip("the legs have no length: all offsets of the skeleton are zero")
    return length


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────────────


def _words(
    skeleton: Skeleton, joints: dict[str, int], by_name: bool, rest: Array, rest_turn: Array | None, upright: Array
) -> str:
    """ "Read as Mixamo: 22 of 22 body joints by name, fingers too; rest pose T; +Y up"."""
    body = sum(name in joints for name in canonical_skeleton().names[:BODY_JOINTS])
    fingers = len(joints) > body
    how = "by name" if by_name else "by the tree and the motion, since names say nothing"
    known = program(skeleton) if by_name else None
    read = f"Read as {known}" if known else "Read"
    up = quat.rotate(quat.inv(upright), UP)
    axis = int(np.argmax(np.abs(up)))
    words = f"{read}: {body} of {BODY_JOINTS} body joints {how}{', fingers too' if fingers else ''}"
    return f"{words}; {_rest_words(rest, joints, rest_turn)}; {'+' if up[axis] > 0 else '-'}{'XYZ'[axis]} up"


def _rest_words(rest: Array, joints: dict[str, int], rest_turn: Array | None) -> str:
    if rest_turn is None:
        return "no rest pose, axes measured from the motion"
    arms = [rest[joints[f"{side}_elbow"]] - rest[joints[f"{side}_shoulder"]] for side in SIDES]
    drop = -np.degrees(np.arcsin(np.clip(unit(quat.rotate(rest_turn, np.array(arms)))[:, 1], -1.0, 1.0))).mean()
    return f"rest pose {'T' if drop < 20 else 'A' if drop < 65 else 'with hanging arms'}"
