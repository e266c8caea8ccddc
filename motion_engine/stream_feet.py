"""Feet of a live motion: they stay where they stand, and take a step when the body has left them behind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from motion_engine import quat
from motion_engine.contacts import CONTACT_HEIGHT, CONTACT_SHARE, CONTACT_SPEED, LONGEST_CORRECTION, RELEASE
from motion_engine.kinematics import HEEL_BACK, TOE_FORWARD, fk
from motion_engine.quat1 import (
    Quaternion,
    Vector,
    about,
    add,
    between,
    cross,
    floats,
    inverse,
    mul,
    norm,
    rotate,
    scale,
    sub,
)
from motion_engine.stream_course import ease
from motion_engine.types import Array, Skeleton

STEP_TIME = 0.32  # s
STEP_HEIGHT, HIGHEST_STEP = 0.25, 0.07  # share of the step's length, and m
PADS = {"pelvis": 0.1, "spine3": 0.12, "head": 0.1, "knee": 0.06}  # m of flesh around joints
NEAR = (0.03, 0.12)  # m over their height at rest, between which ankles are taken for standing less and less
SETTLE = 0.05  # s, in which a foot that was lifted out of the floor sinks back
STRETCH = 0.999  # of a leg's length: it is never straightened fully
STRAIGHT = 0.1  # the sine of a bend below which a knee bends as its hinge says


@dataclass(eq=False)
class _Leg:
    """One leg: its bones, and what its foot is doing."""

    joints: tuple[int, int, int, int]  # hip, knee, ankle, foot
    bones: tuple[Vector, Vector, Vector, Vector]  # m, of these joints, from their parents
    rest: tuple[float, float]  # m, heights of ankle and foot joint at rest
    wanted: tuple[Vector, Vector] | None = None  # where ankle and foot joint were without correction
    speed: tuple[float, float] = (0.0, 0.0)  # m/s, of the ankle without correction
    planted: bool = False
    offset: tuple[float, float] = (0.0, 0.0)  # m along x and z: the correction
    free: tuple[tuple[float, float], tuple[float, float], float] | None = None  # offset, its speed and since when, s
    stepping: float = 0.0  # m, how high the step goes; 0 for a foot that the clip itself lifts
    lift: float = 0.0  # m, out of the floor


class Feet:
    """Both feet over time; every pose of a motion must go through `hold` once, in order."""

    def __init__(self, skeleton: Skeleton) -> None:
        identity = np.tile(quat.IDENTITY, (len(skeleton.names), 1))
        rest, _ = fk(skeleton, skeleton.offsets[0], identity)
        self.legs = []
        for side in ("left", "right"):
            hip, knee, ankle, foot = (skeleton.index(f"{side}_{part}") for part in ("hip", "knee", "ankle", "foot"))
            bones = [tuple(skeleton.offsets[joint].tolist()) for joint in (hip, knee, ankle, foot)]
            heights = (float(rest[ankle, 1]), float(rest[foot, 1]))
            self.legs.append(_Leg((hip, knee, ankle, foot), (bones[0], bones[1], bones[2], bones[3]), heights))

        self.trunk: list[tuple[int, Vector, float]] = []
        for name in ("spine1", "spine2", "spine3", "neck", "head"):
            x, y, z = skeleton.offsets[skeleton.index(name)].tolist()
            self.trunk.append((skeleton.index(name), (x, y, z), PADS.get(name, 0.0)))

    def lowest(self, rotation: Array) -> float:
        """The height of the lowest point of the body over the root, m, negative.

        Soles, knees, pelvis, chest and head are looked at: on one of them a body rests that does not fly.

        Args:
            rotation: `(J, 4)`; where the pelvis is heading does not matter.
        """
        pelvis = floats(rotation[0])
        here, turn = (0.0, 0.0, 0.0), pelvis
        lowest = -PADS["pelvis"]
        for joint, bone, pad in self.trunk:
            here = add(here, rotate(turn, bone))
            turn = mul(turn, floats(rotation[joint]))
            lowest = min(lowest, here[1] - pad)
        for leg in self.legs:
            (_, at_knee, at_ankle, at_ball), (*_, heel, ball) = _leg_pose(leg, (0.0, 0.0, 0.0), pelvis, rotation)
            sole = _lowest_sole(leg, at_ankle[1], at_ball[1], heel, ball)
            lowest = min(lowest, sole, at_knee[1] - PADS["knee"])
        return lowest

    def ankles(self, rotation: Array, height: float) -> list[tuple[Vector, Quaternion]]:
        """Places and rotations of both ankles, seen from the root's place on the floor and from the pelvis' heading.

        Args:
            rotation: `(J, 4)`, the pelvis seen from the heading.
            height: m, of the root.
        """
        pelvis = floats(rotation[0])
        legs = [_leg_pose(leg, (0.0, height, 0.0), pelvis, rotation) for leg in self.legs]
        return [(places[2], turns[2]) for places, turns in legs]

    def nearness(self, leg: int, height: float) -> float:
        """How much an ankle at that height, m, is taken for standing: 1 on the floor, 0 in the air."""
        return 1.0 - ease((height - self.legs[leg].rest[0] - NEAR[0]) / (NEAR[1] - NEAR[0]))

    def place(
        self, rotation: Array, height: float, goals: Sequence[tuple[Vector, Quaternion]], share: Sequence[float]
    ) -> None:
        """Bend the legs so that ankles near the floor come to `goals`, see `ankles`; `rotation` is changed in place.

        A foot in the air is left as it is: its leg may be straight, or the goal out of reach. `share` 0..1 is how much
        of the way each of the others goes.
        """
        pelvis = floats(rotation[0])
        for index, (leg, (goal, turn)) in enumerate(zip(self.legs, goals, strict=True)):
            weight = share[index] * self.nearness(index, goal[1])
            if weight <= 0.0:
                continue
            (hip, knee, ankle, _), (thigh, shank, heel, _) = _leg_pose(leg, (0.0, height, 0.0), pelvis, rotation)
            away = sub(goal, ankle)
            target = add(ankle, (weight * away[0], weight * away[1], weight * away[2]))
            turned = mul(scale(mul(turn, inverse(heel)), weight), heel)
            _set(leg, rotation, pelvis, _bend(hip, knee, ankle, target, thigh, shank), turned)

    def move(self, x: float, z: float) -> None:
        """The whole world was moved along the floor, m."""
        for leg in self.legs:
            if leg.wanted:
                (ax, ay, az), (bx, by, bz) = leg.wanted
                leg.wanted = ((ax + x, ay, az + z), (bx + x, by, bz + z))

    def hold(
        self, root: Vector, rotation: Array, contacts: Sequence[bool], dt: float, speed: float, step_from: float
    ) -> list[bool]:
        """Bend the legs so that standing feet stay in place and no sole is below the floor.

        Args:
            root: The pelvis in the world, m.
            rotation: `(J, 4)`, the pelvis in the world, the rest local; changed in place.
            contacts: `(4,)`, what the action says of heels and balls.
            dt: s since the pose before; 0 holds everything as it was.
            speed: m/s of the root along the floor.
            step_from: m, how far behind a standing foot stays before it takes a step; beyond LONGEST_CORRECTION it is
                dragged, as in a gait.

        Returns:
            Which of `contacts` stand.
        """
        standing: list[bool] = []
        pelvis = floats(rotation[0])
        for index, leg in enumerate(self.legs):
            (at_hip, at_knee, at_ankle, at_ball), (thigh, shank, heel, ball) = _leg_pose(leg, root, pelvis, rotation)
            labels = contacts[2 * index], contacts[2 * index + 1]
            _follow(leg, self.legs[1 - index], at_ankle, at_ball, labels, dt, speed, step_from)
            standing += [leg.planted and bool(label) for label in labels]
            lift = _step_lift(leg)
            lowest = _lowest_sole(leg, at_ankle[1], at_ball[1], heel, ball) + lift
            leg.lift = max(-lowest, leg.lift * math.exp(-dt / SETTLE), 0.0)
            lift += leg.lift
            if abs(leg.offset[0]) + abs(leg.offset[1]) + lift > 1e-5:
                target = (at_ankle[0] + leg.offset[0], at_ankle[1] + lift, at_ankle[2] + leg.offset[1])
                _set(leg, rotation, pelvis, _bend(at_hip, at_knee, at_ankle, target, thigh, shank), heel)
        return standing


def _leg_pose(
    leg: _Leg, root: Vector, pelvis: Quaternion, rotation: Array
) -> tuple[tuple[Vector, Vector, Vector, Vector], tuple[Quaternion, Quaternion, Quaternion, Quaternion]]:
    """Places of hip, knee, ankle and foot joint, and the world rotations of their bones."""
    hip, knee, ankle, foot = (floats(rotation[joint]) for joint in leg.joints)
    thigh = mul(pelvis, hip)
    shank = mul(thigh, knee)
    heel = mul(shank, ankle)
    at_hip = add(root, rotate(pelvis, leg.bones[0]))
    at_knee = add(at_hip, rotate(thigh, leg.bones[1]))
    at_ankle = add(at_knee, rotate(shank, leg.bones[2]))
    at_ball = add(at_ankle, rotate(heel, leg.bones[3]))
    return (at_hip, at_knee, at_ankle, at_ball), (thigh, shank, heel, mul(heel, foot))


def _set(
    leg: _Leg, rotation: Array, pelvis: Quaternion, bent: tuple[Quaternion, Quaternion], ankle: Quaternion
) -> None:
    """Write the world rotations of thigh, shank and ankle into local rotations."""
    (hip, knee, foot, _), (thigh, shank) = leg.joints, bent
    rotation[hip] = mul(inverse(pelvis), thigh)
    rotation[knee] = mul(inverse(thigh), shank)
    rotation[foot] = mul(inverse(shank), ankle)


def _lowest_sole(leg: _Leg, ankle: float, foot: float, heel: Quaternion, ball: Quaternion) -> float:
    """The height of the lowest point of a sole; ankle and foot joint are that high, and so rotated."""
    down, flat = leg.rest
    return min(
        ankle + _height(heel, -down, -HEEL_BACK),
        foot + _height(ball, -flat, 0.0),
        foot + _height(ball, -flat, TOE_FORWARD),
    )


def _follow(
    leg: _Leg,
    other: _Leg,
    ankle: Vector,
    ball: Vector,
    labels: tuple[bool, bool],
    dt: float,
    speed: float,
    step_from: float,
) -> None:
    """What the foot does now: stand, step, or return to its own path in the air."""
    before, leg.wanted = leg.wanted or (ankle, ball), (ankle, ball)
    if dt <= 0.0:
        return
    low = [p[1] - rest < 2 * CONTACT_HEIGHT for p, rest in zip((ankle, ball), leg.rest, strict=True)]
    down = [label and near for label, near in zip(labels, low, strict=True)]
    point, last = (ankle, before[0]) if down[0] else (ball, before[1])
    dx, dz = point[0] - last[0], point[2] - last[2]
    leg.speed = (dx / dt, dz / dt)
    slow = math.hypot(*leg.speed) < max(2 * CONTACT_SPEED, CONTACT_SHARE * speed)
    if leg.stepping:
        _fly(leg, dt, STEP_TIME)
        if leg.free is None:
            leg.stepping, leg.planted = 0.0, any(down)
        return
    if not any(down) or not (slow or (leg.planted and step_from < LONGEST_CORRECTION)):
        if leg.planted:
            leg.planted = False
            leg.free = (leg.offset, (-leg.speed[0], -leg.speed[1]), 0.0)
        _fly(leg, dt, RELEASE)
        return
    if leg.planted:
        leg.offset = (leg.offset[0] - dx, leg.offset[1] - dz)
    leg.planted, leg.free = True, None
    size = math.hypot(*leg.offset)
    if size > step_from and not other.stepping and other.planted:
        leg.stepping = min(HIGHEST_STEP, 0.02 + STEP_HEIGHT * size)
        leg.planted, leg.free = False, (leg.offset, (-leg.speed[0], -leg.speed[1]), 0.0)
    elif size > LONGEST_CORRECTION:
        share = LONGEST_CORRECTION / size
        leg.offset = (leg.offset[0] * share, leg.offset[1] * share)


def _fly(leg: _Leg, dt: float, duration: float) -> None:
    """The correction of a foot in the air goes to nothing in `duration` seconds, as `curves.decay`."""
    if leg.free is None:
        return
    offset, speed, since = leg.free
    since += dt
    x = min(since / duration, 1.0)
    left = (1.0 - x) ** 3
    value, slope = left * (1.0 + 3.0 * x + 6.0 * x * x), left * x * (1.0 + 3.0 * x) * duration
    leg.offset = (value * offset[0] + slope * speed[0], value * offset[1] + slope * speed[1])
    leg.free = None if x >= 1.0 else (offset, speed, since)


def _step_lift(leg: _Leg) -> float:
    if not leg.stepping or leg.free is None:
        return 0.0
    x = leg.free[2] / STEP_TIME
    return leg.stepping * 16.0 * x * x * (1.0 - x) * (1.0 - x)


def _bend(
    hip: Vector, knee: Vector, ankle: Vector, target: Vector, thigh: Quaternion, shank: Quaternion
) -> tuple[Quaternion, Quaternion]:
    """New world rotations of thigh and shank with which the ankle reaches `target`, the knee staying in its plane."""
    upper, lower = sub(knee, hip), sub(ankle, knee)
    l1, l2 = norm(upper), norm(lower)
    reach = sub(target, hip)
    current, distance = norm(sub(ankle, hip)), norm(reach)
    # As in `kinematics.two_bone_ik`: what is left of the leg's reach is used up gradually, so that no knee pops.
    room = max((l1 + l2) * STRETCH - current, 1e-6)
    gradual = current - room * math.expm1(-max(distance - current, 0.0) / room)
    clamped = max(min(distance, gradual), abs(l1 - l2) * 1.001 + 1e-6)
    hinge = rotate(thigh, (1.0, 0.0, 0.0))
    nx, ny, nz = (part / (l1 * l2) for part in cross(upper, lower))
    forward = nx * hinge[0] + ny * hinge[1] + nz * hinge[2]
    bent = math.copysign(math.pi - _interior(l1, l2, current), forward)
    more = math.pi - _interior(l1, l2, clamped) - bent
    share = max(0.0, STRAIGHT - forward)  # a knee that is straight or bent backward bends forward
    bend = about((nx + share * hinge[0], ny + share * hinge[1], nz + share * hinge[2]), more)
    moved = add(upper, rotate(bend, lower))
    swing = between(moved, reach)
    return mul(swing, thigh), mul(swing, mul(bend, shank))


def _interior(l1: float, l2: float, distance: float) -> float:
    cosine = (l1 * l1 + l2 * l2 - distance * distance) / (2.0 * l1 * l2)
    return math.acos(min(1.0, max(-1.0, cosine)))


def _height(q: Quaternion, y: float, z: float) -> float:
    """The height of the vector (0, y, z) after the rotation."""
    w, qx, qy, qz = q
    return y * (1.0 - 2.0 * (qx * qx + qz * qz)) + 2.0 * z * (qy * qz - w * qx)
