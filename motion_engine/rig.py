"""How a source's skeleton lies: which joints are which, which way is up, and each joint's axes against ours.

A source joint's world rotation R carries over as R A, where the constant A says how the canonical joint lies in the
source joint's own axes. If the source's rest pose is a pose (T, A, or arms hanging), A follows from the directions of
its bones. If it is not (bones along one axis, as in many studio files), A is measured from the motion: bones give one
direction, the planes in which elbows and knees bend give the twist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from motion_engine import quat
from motion_engine.axes import AHEAD, LEFT, UP, angle, axes_from_motion, axes_from_rest, frame, middle, unit
from motion_engine.errors import BadClip
from motion_engine.humanoid import CHAINS, SIDES, check_chains, complete, find_limbs, program
from motion_engine.joint_map import JointMap
from motion_engine.kinematics import fk
from motion_engine.topology import find_by_tree
from motion_engine.types import BODY_JOINTS, Array, Clip, Skeleton, canonical_skeleton

HEAD_OVER_SHOULDERS = 0.15  # of the torso: a head whose joint is lower turns about the neck's base


RestPose = Literal["T", "A", "hanging"]
_REST_WORDS = {"T": "rest pose T", "A": "rest pose A", "hanging": "rest pose with hanging arms"}


@dataclass(frozen=True)
class Reading:
    """How a source's skeleton was read, for people; `str` says it in a line."""

    program: str | None  # whose names its joints have: "Mixamo"
    joints: Mapping[str, str]  # canonical name -> the source's
    by_name: bool  # else by the tree and the motion
    rest: RestPose | None  # how the arms are in the rest pose; None: it is no pose
    up: str  # the axis of the source's world: "+Y"
    metres: float | None = None  # of the file's unit

    @property
    def body(self) -> int:
        """How many of the body's joints were found."""
        return sum(name in self.joints for name in canonical_skeleton().names[:BODY_JOINTS])

    def __str__(self) -> str:
        """ "Read as Mixamo: 22 of 22 body joints by name, fingers too; rest pose T; +Y up; centimetres"."""
        from motion_engine.formats.bvh import unit_words

        how = "by name" if self.by_name else "by the tree and the motion, since names say nothing"
        fingers = ", fingers too" if len(self.joints) > self.body else ""
        read = f"Read as {self.program}" if self.program else "Read"
        rest = _REST_WORDS[self.rest] if self.rest else "no rest pose, axes measured from the motion"
        words = f"{read}: {self.body} of {BODY_JOINTS} body joints {how}{fingers}; {rest}; {self.up} up"
        return words if self.metres is None else f"{words}; {unit_words(self.metres)}"


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
    reading: Reading  # what was found

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
        axes = axes_from_rest(at, rest_turn, source, turned)
    else:
        axes = axes_from_motion(source, turned)
    ratio = _leg_length(canonical_skeleton()) / _source_leg(source)
    reading = _reading(skeleton, joints, by_name, rest, rest_turn, upright)
    return Rig(skeleton, joints, axes, upright, ratio, _neck(joints, source), stated.facing is not None, reading)


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


# ── Which way is up ────────────────────────────────────────────────────────────────────────────────────────────


def _rest_turn(rest: Array, joints: dict[str, int]) -> Array | None:
    """The rotation `(4,)` that stands the source's rest pose upright, facing +Z; None if it is not a pose.

    It is one if the legs are straight and opposite to the spine, the arms straight, left is left for arms and legs,
    and toes, if any, point ahead.
    """
    at = {name: rest[joint] for name, joint in joints.items()}
    up, left = at["head"] - middle(at, "hip"), at["left_hip"] - at["right_hip"]
    if min(np.linalg.norm(up), np.linalg.norm(left)) < 1e-3:
        return None
    sound = angle(up, middle(at, "hip") - middle(at, "ankle")) < 35 and abs(angle(up, left) - 90) < 20
    sound = sound and angle(left, at["left_shoulder"] - at["right_shoulder"]) < 35
    for side in SIDES:
        for a, b, c, most in (("hip", "knee", "ankle", 35.0), ("shoulder", "elbow", "wrist", 50.0)):
            first, second, last = at[f"{side}_{a}"], at[f"{side}_{b}"], at[f"{side}_{c}"]
            sound = sound and angle(second - first, last - second) < most
        if f"{side}_foot" in at:
            sound = sound and angle(quat.cross(left, up), at[f"{side}_foot"] - at[f"{side}_ankle"]) < 100
    if not sound:
        return None
    up, left = _snap(unit(up)), _snap(unit(left))
    return quat.mul(frame(LEFT, UP), quat.inv(frame(left, up)))


def _snap(direction: Array) -> Array:
    """The coordinate axis near which the direction is: torsos lean, but files are set up along axes."""
    axis = np.zeros(3)
    largest = np.argmax(np.abs(direction))
    axis[largest] = np.sign(direction[largest])
    return axis if angle(direction, axis) < 25 else direction


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
    return quat.mul(frame(UP, AHEAD), quat.inv(frame(up, stated.facing)))


def _leg_length(skeleton: Skeleton) -> float:
    joints = [skeleton.index(f"{side}_{part}") for side in SIDES for part in ("knee", "ankle")]
    return float(np.linalg.norm(skeleton.offsets[joints], axis=-1).sum() / 2)


def _source_leg(source: dict[str, Array]) -> float:
    bones = [source[f"{side}_{b}"][0] - source[f"{side}_{a}"][0] for side in SIDES for a, b in CHAINS[:2]]
    length = float(np.linalg.norm(bones, axis=-1).sum() / 2)
    if length < 1e-6:
        raise BadClip("the legs have no length: all offsets of the skeleton are zero")
    return length


# ── What was found ────────────────────────────────────────────────────────────────────────────────────────


def _reading(
    skeleton: Skeleton, joints: dict[str, int], by_name: bool, rest: Array, rest_turn: Array | None, upright: Array
) -> Reading:
    up = quat.rotate(quat.inv(upright), UP)
    axis = int(np.argmax(np.abs(up)))
    return Reading(
        program=program(skeleton) if by_name else None,
        joints={name: skeleton.names[joint] for name, joint in joints.items()},
        by_name=by_name,
        rest=_rest_pose(rest, joints, rest_turn),
        up=f"{'+' if up[axis] > 0 else '-'}{'XYZ'[axis]}",
    )


def _rest_pose(rest: Array, joints: dict[str, int], rest_turn: Array | None) -> RestPose | None:
    if rest_turn is None:
        return None
    arms = [rest[joints[f"{side}_elbow"]] - rest[joints[f"{side}_shoulder"]] for side in SIDES]
    drop = -np.degrees(np.arcsin(np.clip(unit(quat.rotate(rest_turn, np.array(arms)))[:, 1], -1.0, 1.0))).mean()
    return "T" if drop < 20 else "A" if drop < 65 else "hanging"
