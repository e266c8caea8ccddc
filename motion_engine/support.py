"""What of a body rests on what: the floor's height, and how hands and feet come to where the source has them.

Bodies are built differently: with a longer torso the hands of somebody who crawls would be in the floor, with shorter
arms hands that clap would not meet. Heights are lifted by what bears the body; what is left over limbs make good.
"""

from __future__ import annotations

import numpy as np

from motion_engine import quat
from motion_engine.contacts import runs
from motion_engine.curves import smooth, smoothstep
from motion_engine.humanoid import SIDES, ancestors
from motion_engine.kinematics import fk, to_local, two_bone_ik
from motion_engine.types import Array, Skeleton

UP, AHEAD = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])
# How high over the floor joints are that rest on it, m.
RESTING = {"ankle": 0.075, "knee": 0.05, "hip": 0.09, "shoulder": 0.07, "elbow": 0.04, "wrist": 0.035}
HEAD_RESTING = 0.1
CLOSE, FAR = 0.05, 0.2  # m over its resting height: a joint that bears, and one that has nothing to do with the floor
TOUCH, APART = 0.09, 0.18  # m between wrists: hands that touch, and those that do not
PLANTED = 0.3  # m/s; a hand on the floor that is slower stays where it is
SETTLE = 0.03  # s, standard deviation of the time in which a hand turns on the floor
RELEASE = 0.25  # s, over which a planted hand comes and goes
STRAIGHT = 0.02  # m; an elbow or knee that sticks out less than this tends the natural way
SOFT = 0.02  # radians, over which the turn of a hand on the floor sets in
FINGERTIPS = 0.19  # m from the wrist
PALM = 0.01  # m, half as thick as a hand
LAST_BONE = 0.9  # of a finger, as a share of the bone before
LIMBS = (("shoulder", "elbow", "wrist", -AHEAD), ("hip", "knee", "ankle", AHEAD))  # and where the middle sticks out


def bearing(points: dict[str, Array]) -> dict[str, tuple[Array, float]]:
    """The joints on which a body can rest: their paths `(T, 3)` and their height at rest, m."""
    joints = {f"{side}_{part}": height for side in SIDES for part, height in RESTING.items()} | {"head": HEAD_RESTING}
    return {name: (points[name], height) for name, height in joints.items() if name in points}


def floor_height(points: dict[str, Array]) -> float:
    """Where the floor is, m: as high as the lowest joints of the body usually are, less what they are at rest."""
    lowest = np.min([path[:, 1] - height for path, height in bearing(points).values()], axis=0)
    return float(np.quantile(lowest, 0.1))


def weights(points: dict[str, Array]) -> dict[str, Array]:
    """How much each joint bears the body `(T,)`, 0..1, by its height over the floor at 0."""
    return {
        name: 1.0 - smoothstep((path[:, 1] - height - CLOSE) / (FAR - CLOSE))
        for name, (path, height) in bearing(points).items()
    }


def lift(wanted: dict[str, Array], points: dict[str, Array], weight: dict[str, Array]) -> Array:
    """By how much `(T,)` the body must be raised so that what bears it is, in the mean, as high as `wanted`.

    Legs are as long as they should be: who stands is not raised, and who also stands less so.
    """
    total = np.sum(list(weight.values()), axis=0)
    upper = {name: w for name, w in weight.items() if not name.endswith(("hip", "knee", "ankle"))}
    off = np.sum([w * (wanted[name] - points[name])[:, 1] for name, w in upper.items()], axis=0)
    raised: Array = off / np.maximum(total, 1.0)
    return raised


def reach(
    body: dict[str, Array],
    at: dict[str, Array],
    raised: Array,
    wanted: dict[str, Array],
    weight: dict[str, Array],
    fps: float,
) -> dict[str, Array]:
    """`body` with hands and feet on the floor, or on one another, where they are `wanted`.

    Args:
        body: World rotations `(T, 4)` by canonical joint, as the limbs' directions have it.
        at: Where that brings the joints `(T, 3)` m, in a body that is raised already.
        raised: `(T,)` m, by how much.
        wanted: Where joints shall be, `(T, 3)` m.
        weight: As `weights` gives it.
        fps: Frames per second.
    """
    move = {f"{side}_ankle": -(weight[f"{side}_ankle"] * raised)[:, None] * UP for side in SIDES}
    for wrist in ("left_wrist", "right_wrist"):
        down = weight[wrist][:, None] * (wanted[wrist] - at[wrist]) * UP
        move[wrist] = down + _planted(at[wrist], wanted[wrist], weight[wrist], fps)
    gap, own = wanted["left_wrist"] - wanted["right_wrist"], at["left_wrist"] - at["right_wrist"]
    near = 1.0 - smoothstep((np.linalg.norm(gap, axis=-1) - TOUCH) / (APART - TOUCH))
    for side, sign in (("left", 0.5), ("right", -0.5)):
        free = near * (1.0 - weight[f"{side}_wrist"])
        move[f"{side}_wrist"] = move[f"{side}_wrist"] + sign * free[:, None] * (gap - own)
    changed = dict(body)
    for side in SIDES:
        for *parts, natural in LIMBS:
            names = [f"{side}_{part}" for part in parts]
            changed |= _bend(body, at, names, move[names[-1]], natural)
    return changed


def _bend(
    body: dict[str, Array], at: dict[str, Array], names: list[str], move: Array, natural: Array
) -> dict[str, Array]:
    """The rotations of a limb's upper and lower bone with its end moved by `move (T, 3)`."""
    frames = np.flatnonzero(np.linalg.norm(move, axis=-1) > 1e-5)
    a, b, c = (at[name][frames] for name in names)
    axis = (c - a) / np.maximum(np.linalg.norm(c - a, axis=-1, keepdims=True), 1e-9)
    out = (b - a) - np.sum((b - a) * axis, axis=-1, keepdims=True) * axis
    out_naturally = quat.rotate(body[names[0]][frames], natural)
    pole = out + np.maximum(0.0, STRAIGHT - np.sum(out * out_naturally, axis=-1, keepdims=True)) * out_naturally
    turns = two_bone_ik(a, b, c, c + move[frames], pole)
    bent = {name: body[name].copy() for name in names[:2]}
    for name, turn in zip(names, turns, strict=False):
        bent[name][frames] = quat.mul(turn, body[name][frames])
    return bent


def _planted(path: Array, wanted: Array, weight: Array, fps: float) -> Array:
    """The way along the floor `(T, 3)` that keeps a hand where it is while the source's is planted."""
    move = np.zeros_like(path)
    if len(path) < 3:
        return move
    speed = np.linalg.norm(np.gradient(smooth(wanted, 0.03 * fps), axis=0), axis=-1) * fps
    ease = max(1, round(RELEASE * fps))
    for start, end in runs((weight > 0.9) & (speed < PLANTED)):
        if end - start < 2:
            continue
        held = (path[start:end].mean(axis=0) - path[start:end]) * (1, 0, 1)
        move[start:end] += held
        after, before = min(ease, len(path) - end), min(ease, start)
        move[end : end + after] += held[-1] * (1.0 - smoothstep(np.arange(1, after + 1) / (ease + 1)))[:, None]
        move[start - before : start] += held[0] * (1.0 - smoothstep(np.arange(before, 0, -1) / (ease + 1)))[:, None]
    return move


def lay_hands(target: Skeleton, world: Array, root: Array, fps: float) -> Array:
    """World rotations with the hands turned, and then the fingers stretched, out of the floor they would be in."""
    position, _ = fk(target, root, to_local(target, world))
    world, offsets = world.copy(), target.offsets
    for side in SIDES:
        wrist = target.index(f"{side}_wrist")
        if position[:, wrist, 1].min() > FINGERTIPS:
            continue
        hand = [joint for joint in range(wrist, len(target.names)) if wrist in ancestors(target, joint)]
        tips = np.array([np.sign(offsets[wrist][0]) * FINGERTIPS, 0.0, 0.0])
        for point in (tips, *(offsets[target.index(f"{side}_{knuckle}")] for knuckle in ("index1", "pinky1"))):
            turn = _turn_out(world[:, wrist], point, position[:, wrist, 1], fps)
            world[:, hand] = quat.mul(turn[:, None], world[:, hand])
        for joint in hand[1:]:  # parents stand before their children
            parent = target.parents[joint]
            position[:, joint] = position[:, parent] + quat.rotate(world[:, parent], offsets[joint])
            onward = [child for child in hand if joint in ancestors(target, child)]
            end = offsets[onward[1]] if len(onward) > 1 else LAST_BONE * offsets[joint]
            turn = _turn_out(world[:, joint], end, position[:, joint, 1], fps)
            world[:, onward] = quat.mul(turn[:, None], world[:, onward])
    return world


def _turn_out(q: Array, point: Array, height: Array, fps: float) -> Array:
    """`_raise`, smooth in time but for what is then still in the floor."""
    turn: Array = quat.normalize(smooth(_raise(q, point, height), SETTLE * fps))
    return quat.mul(_raise(quat.mul(turn, q), point, height), turn)


def _raise(q: Array, point: Array, height: Array) -> Array:
    """The world turns `(T, 4)` after which the `point (3,)` of a hand or finger is not in the floor; flat at the most.

    A hand that points straight down goes the way its back faces.
    """
    length = float(np.linalg.norm(point))
    aim = quat.rotate(q, point) / length
    now = np.arcsin(np.clip(aim[:, 1], -1.0, 1.0))
    deficit = np.arcsin(np.clip((PALM - height) / length, -1.0, 0.0)) - now
    turn = 0.5 * (deficit + np.sqrt(deficit**2 + SOFT**2)) * smoothstep((deficit + 3 * SOFT) / (2 * SOFT))
    level = aim * (1, 0, 1) + 0.3 * np.maximum(0.0, -aim[:, 1:2]) * quat.rotate(q, UP) * (1, 0, 1)
    level = level / np.maximum(np.linalg.norm(level, axis=-1, keepdims=True), 1e-9)
    end = np.cos(now + turn)[:, None] * level + np.sin(now + turn)[:, None] * UP
    return np.where((turn > 0)[:, None], quat.between(aim, end), quat.IDENTITY)
