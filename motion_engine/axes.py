"""How each canonical joint lies in the axes of a source's joint: the constants A of `rig`."""

from __future__ import annotations

import numpy as np

from motion_engine import quat
from motion_engine.humanoid import CHAINS, PHALANGES, SIDES
from motion_engine.types import BODY_JOINTS, Array, canonical_skeleton

UP, LEFT, AHEAD = np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
KNUCKLES = ("middle1", "index1", "pinky1")
SPINE_SHARES = (0.25, 0.6)  # of the chest's rotation against the pelvis at spine1 and spine2: bends at half the height
NECK_SHARE = 0.5  # of the head's rotation against the chest
FOOT_OUT, BONE_OUT = np.radians(12.0), np.radians(20.0)  # of the canonical figure's foot, and of the bone in it
HANGING = np.radians(35.0)  # a foot whose toes point further off than this in the rest pose is no standing foot
TILTED = 20.0  # degrees: by less than this a sole is off the floor by mistake, by more somebody stands on tiptoe


# ── Directions ────────────────────────────────────────────────────────────────────────────────────────────


def unit(v: Array) -> Array:
    """Vectors `(..., 3)` of length 1; zero stays zero."""
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def middle(points: dict[str, Array], part: str) -> Array:
    """The point between the left and the right joint `part`."""
    return (points[f"left_{part}"] + points[f"right_{part}"]) / 2


def frame(bone: Array, second: Array) -> Array:
    """The rotation that takes +X to `bone` and +Y as near as possible to `second`; `(..., 3)` each."""
    x = unit(bone)
    y = unit(second - np.sum(second * x, axis=-1, keepdims=True) * x)
    return quat.from_matrix(np.stack((x, y, quat.cross(x, y)), axis=-1))


def angle(a: Array, b: Array) -> float:
    """Degrees between two directions `(3,)`."""
    return float(np.degrees(np.arccos(np.clip(np.dot(unit(a), unit(b)), -1.0, 1.0))))


def _mean(q: Array) -> Array:
    """The mean rotation `(4,)` of `(T, 4)` (F. L. Markley et al., "Averaging Quaternions", 2007)."""
    mean: Array = np.linalg.eigh(q.T @ q)[1][:, -1]
    return mean


def swing_end(fixed: Array, moving: Array, direction: Array) -> Array:
    """Where `moving (..., D)` must point, keeping its length, so that `fixed + moving` points along `direction`."""
    direction = unit(direction)
    along = np.sum(direction * fixed, axis=-1, keepdims=True)
    square = np.sum(moving * moving, axis=-1, keepdims=True) - np.sum(fixed * fixed, axis=-1, keepdims=True)
    end: Array = (along + np.sqrt(np.maximum(square + along**2, 0.0))) * direction - fixed
    return end


# ── Axes ──────────────────────────────────────────────────────────────────────────────────────────────────


def axes_from_rest(
    rest: dict[str, Array], rest_turn: Array, source: dict[str, Array], turned: dict[str, Array]
) -> dict[str, Array]:
    """A for each joint `(4,)`, from the directions of the bones in a rest pose that is one.

    Args:
        rest: Positions `(1, 3)` in the rest pose, upright and facing +Z, by canonical name.
        rest_turn: `(4,)`, what stands the rest pose so.
        source: Positions `(T, 3)` in the motion, upright.
        turned: World rotations `(T, 4)` in the motion, upright.
    """
    target = canonical_skeleton()
    back = quat.inv(rest_turn)
    axes = dict.fromkeys((name for name in target.names[:BODY_JOINTS] if name in rest), back)
    for side in SIDES:
        for joint, child in CHAINS:
            own = target.offsets[target.index(f"{side}_{child}")]
            other = (rest[f"{side}_{child}"] - rest[f"{side}_{joint}"])[0]
            axes[f"{side}_{joint}"] = quat.mul(back, quat.between(own, other))
        axes[f"{side}_wrist"] = axes[f"{side}_elbow"]
    axes = _stand(axes, rest, source, turned)
    return _add_fingers(axes, rest, dict.fromkeys(rest, rest_turn[None]))


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
            else:
                axes[name] = quat.mul(axes[name], quat.from_axis_angle("y", _toes_out(side, toes)))
        low = _lowest(source[name])
        back = quat.inv(quat.mul(turned[name][low], axes[name]))
        up = quat.rotate(back, np.broadcast_to(UP, (int(low.sum()), 3))).mean(axis=0)
        if angle(up, UP) < TILTED:
            axes[name] = quat.mul(axes[name], quat.between(UP, up))
    return axes


def _toes_out(side: str, toes: Array) -> float:
    """How far our foot is turned about +Y at rest so that it points where the other's bone does, radians.

    Our bone from ankle to toes lies further out than the foot around it, as SMPL's does: between the two directions
    nothing is turned, since a bone that points there may be of either kind.
    """
    sign = 1.0 if side == "left" else -1.0
    out = sign * np.arctan2(toes[0], toes[2])
    return sign * float(out - np.clip(out, FOOT_OUT, BONE_OUT))


def _lowest(ankle: Array) -> Array:
    """The frames `(T,)` in which a foot is as low as it comes."""
    low: Array = ankle[:, 1] <= np.quantile(ankle[:, 1], 0.1) + 0.01
    return low


def axes_from_motion(source: dict[str, Array], turned: dict[str, Array]) -> dict[str, Array]:
    """A for each joint `(4,)` where the rest pose says nothing: from the skeleton's rigid parts and from the motion.

    Args:
        source: Positions `(T, 3)`, upright, by canonical name.
        turned: World rotations `(T, 4)`, upright.
    """
    axes: dict[str, Array] = {}
    # Hips and shoulders are rigid against pelvis and chest, up to the clavicles, whose motion is averaged out.
    for name, part in {"pelvis": "hip", "spine3": "shoulder"}.items():
        across = source[f"left_{part}"] - source[f"right_{part}"]
        above = source["spine3"] if name == "pelvis" else source["head"]
        axes[name] = _mean(quat.mul(quat.inv(turned[name]), frame(across, above - source[name])))
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
    return _add_fingers(axes, source, turned)


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
        axes[f"{side}_{joint}"] = quat.mul(frame(*local), quat.inv(frame(own, AHEAD)))
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
    ours, theirs = frame(own[0], own[1] - own[2]), frame(middle, index - pinky)
    return _mean(quat.mul(quat.inv(turned[wrist]), quat.mul(theirs, quat.inv(ours))))


def _foot_axes(side: str, source: dict[str, Array], turned: dict[str, Array], pelvis: Array) -> Array:
    """A for an ankle: where the foot is at its lowest, its sole is flat on the floor."""
    ankle = source[f"{side}_ankle"]
    low = _lowest(ankle)
    back = quat.inv(turned[f"{side}_ankle"][low])
    up = quat.rotate(back, np.broadcast_to(UP, (int(low.sum()), 3))).mean(axis=0)
    own = AHEAD
    if f"{side}_foot" in source:
        toes, out = source[f"{side}_foot"] - ankle, FOOT_OUT if side == "left" else -FOOT_OUT
        own = np.array([np.sin(out), 0.0, np.cos(out)])
    else:
        toes = quat.rotate(pelvis, AHEAD)
    ahead = quat.rotate(back, toes[low]).mean(axis=0)
    return quat.mul(frame(up, ahead), quat.inv(frame(UP, own)))


def _add_fingers(axes: dict[str, Array], source: dict[str, Array], turned: dict[str, Array]) -> dict[str, Array]:
    """The axes with those of finger joints: each bone swings from the one before, the first from the hand.

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
