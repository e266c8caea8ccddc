"""Where the body of a live motion is, how it moves, and how it changes from one action into the next."""

from __future__ import annotations

import math

import numpy as np

from motion_engine import quat, quat1
from motion_engine.stream_course import Performance, Shown
from motion_engine.stream_feet import Feet
from motion_engine.transition import OVERSHOOT, SHORTEST_SETTLE, SOFT_KNEE, VELOCITY_WEIGHT
from motion_engine.types import BODY_JOINTS, Array, Skeleton

LONGEST_BLEND = 1.0  # s
BENT_KNEE, FOLDED = 2.5, 0.3  # radians, from which on a knee is harder to bend, and how much more it can
LIMB_SPEED = 1.3  # m/s, that a change adds to a limb at most, if LONGEST_BLEND allows
ROWS = 6  # beside the joints: speed along the floor, height, and place and rotation of the left and the right ankle
LEGS = 3  # the limb of the pelvis and both legs
FLING = 0.18  # of speed times duration: how far an offset is carried by its speed, see `curves.decay`
MOST_CARRIED = 0.5  # radians by which the acceleration of a change that is broken off carries on


class Inertia:
    """Offsets that decay to nothing, their speeds sooner than they: quintics as in `curves.decay`.

    They start with the acceleration of the change before, if that was still going on. This makes changes as quick as
    one likes harmless: the offset then follows a stable linear system of third order.
    """

    def __init__(
        self, clock: float, fps: float, state: tuple[Array, Array, Array], duration: Array, settle: Array
    ) -> None:
        """Begin at `clock`.

        Args:
            clock: Frames.
            fps: Frames per second.
            state: Offset, its speed and its acceleration, `(N, 3)` each, per second.
            duration: `(N,)` s, until the offset is gone.
            settle: `(N,)` s, at most `duration`: until its speed is.
        """
        self.clock, self.fps = clock, fps
        offset, speed, acceleration = state
        # (1 - x)^3 (a + b x + c x^2), for offset and acceleration, and with a = 0 for the speed
        self.duration, self.settle = duration[:, None], settle[:, None]
        self.a, self.b = offset, 3.0 * offset
        self.c = 6.0 * offset + 0.5 * acceleration * self.duration**2
        self.slope = speed * self.settle
        self.end = clock + float(duration.max()) * fps

    def at(self, clock: float) -> Array:
        """The offsets `(N, 3)`."""
        time = (clock - self.clock) / self.fps
        x, y = np.minimum(time / self.duration, 1.0), np.minimum(time / self.settle, 1.0)
        left, rest = 1.0 - x, 1.0 - y
        value: Array = left * left * left * (self.a + x * (self.b + x * self.c))
        value += (rest * rest * rest * y * (1.0 + 3.0 * y)) * self.slope
        return value

    def acceleration(self, clock: float) -> Array:
        """The second derivative of the offsets `(N, 3)`, per second squared."""
        time = (clock - self.clock) / self.fps
        x, y = np.minimum(time / self.duration, 1.0), np.minimum(time / self.settle, 1.0)
        first = _bent(x, self.a, self.b, self.c) / self.duration**2
        second: Array = _bent(y, np.zeros(1), self.slope, 3.0 * self.slope) / self.settle**2
        return first + second


def _bent(x: Array, a: Array, b: Array, c: Array) -> Array:
    """The second derivative of (1 - x)^3 (a + b x + c x^2)."""
    left, inner, slope = 1.0 - x, a + x * (b + x * c), b + 2.0 * x * c
    bent: Array = 6.0 * left * inner - 6.0 * left**2 * slope + 2.0 * left**3 * c
    return bent


class Body:
    """Place, heading and pose, and the change that is going on."""

    def __init__(self, skeleton: Skeleton, fps: float) -> None:
        self.skeleton, self.fps = skeleton, fps
        self.position = np.zeros(2)  # m along x and z
        self.heading = 0.0  # radians
        self.height = 0.0  # m
        self.velocity = np.zeros(2)  # m/s along x and z
        self.turning = 0.0  # radians per frame
        self.clock = -1.0  # frames, of the last pose
        self.rotation: Array | None = None  # (J, 4), the pelvis seen from the heading; without held feet
        self.before: tuple[Array, float, float] | None = None  # the pose before: rotation, height, frames between both
        self.inertia: Inertia | None = None
        self._standing = [0.0, 0.0]  # how much each foot stood when the change began, and was to stand
        self.feet = Feet(skeleton)
        self._floor, self._turned, self._moved = np.zeros(4), 0.0, 0.0
        names = skeleton.names
        self._bones: list[tuple[int, quat1.Vector]] = [
            (parent, (x, y, z)) for parent, (x, y, z) in zip(skeleton.parents, skeleton.offsets.tolist(), strict=True)
        ]
        self._knees = [names.index(f"{side}_knee") for side in ("left", "right")]
        self._limbs, levers = _limbs(skeleton)
        self._major = levers > 0.0
        # Legs that step have no time to lose, and go with the pelvis, or the feet would not stay on the floor.
        self._levers = np.where((self._limbs == LEGS) & (np.arange(len(levers)) > 0), 0.0, levers)

    def ahead(self) -> float:
        """m/s along the heading."""
        return float(self.velocity[0] * math.sin(self.heading) + self.velocity[1] * math.cos(self.heading))

    @property
    def moving(self) -> bool:
        """Whether there has been a pose yet."""
        return self.rotation is not None

    def feature(self) -> Array:
        """What the body does now, as `Source.features` `(2, 22, 3)`; not before the first pose."""
        assert self.rotation is not None
        rotation, height, elapsed = self.before or (self.rotation, self.height, 1.0)
        points = [self._points(r, h) for r, h in ((rotation, height), (self.rotation, self.height))]
        sine, cosine = math.sin(self.heading), math.cos(self.heading)
        left = self.velocity[0] * cosine - self.velocity[1] * sine
        velocity = (points[1] - points[0]) / elapsed * self.fps + np.array((left, 0.0, self.ahead()))
        return np.stack((points[1], VELOCITY_WEIGHT * velocity))

    def _points(self, rotation: Array, height: float) -> Array:
        """As `stream_source.body_points`, of one pose: four times as fast."""
        turns = [quat1.floats(q) for q in rotation[:BODY_JOINTS]]
        places: list[quat1.Vector] = [(0.0, height, 0.0)]
        for joint in range(1, BODY_JOINTS):
            parent, bone = self._bones[joint]
            places.append(quat1.add(places[parent], quat1.rotate(turns[parent], bone)))
            turns[joint] = quat1.mul(turns[parent], turns[joint])
        return np.array(places)

    def change(self, play: Performance, shown: tuple[Shown, Shown], clock: float, blend: float, braking: float) -> None:
        """Go over to another performance, from wherever the body is and however it moves.

        Args:
            play: What is played from now on.
            shown: What it shows at `clock`, and one frame later.
            clock: Frames.
            blend: s, over which the change goes at least, unless a limb that is flung settles sooner.
            braking: s, in which the speed along the floor becomes the action's own.
        """
        now, soon = shown
        self._floor, self._turned, self._moved = now.floor, now.turned, clock
        if self.rotation is None:
            return
        # 1. Where the body would be now and a frame later, if it just went on.
        before, height, elapsed = self.before or (self.rotation, self.height, 1.0)
        spin = quat.to_rotvec(quat.mul(self.rotation, quat.inv(before))) / elapsed
        climb = (self.height - height) / elapsed
        since = clock - self.clock
        self.position = self.position + self.velocity * (since / self.fps)
        self.heading += self.turning * since
        expected = quat.mul(quat.from_rotvec(np.stack((spin * since, spin * (since + 1.0)))), self.rotation)
        # 2. How far that is from what shall be shown, and how fast it leaves it.
        yaw = quat.from_axis_angle("y", self.turning - (soon.turned - now.turned))
        expected[1, 0] = quat.mul(yaw, expected[1, 0])
        apart = quat.to_rotvec(quat.mul(expected, quat.inv(np.stack((now.rotation, soon.rotation)))))
        joints = len(spin)
        offset, later = np.zeros((joints + ROWS, 3)), np.zeros((joints + ROWS, 3))
        offset[:joints], later[:joints] = apart[0], _same_way(apart[1], apart[0])
        own = self._along((soon.floor - now.floor) * play.stretch, play.way) * self.fps
        offset[joints, [0, 2]] = later[joints, [0, 2]] = self.velocity - own
        for i, (rows, goal) in enumerate(zip((offset, later), shown, strict=True)):
            level = self.height + climb * (since + i)
            rows[joints + 1, 1] = level - float(goal.floor[1])
            rows[joints + 2 :] = self._ankles_apart(expected[i], level, goal)
        later[joints + 3 :: 2] = _same_way(later[joints + 3 :: 2], offset[joints + 3 :: 2])
        speed = later - offset
        ankles = (
            self.feet.ankles(expected[0], self.height + climb * since),
            self.feet.ankles(now.rotation, now.floor[1]),
        )
        near = [[self.feet.nearness(leg, pose[leg][0][1]) for leg in (0, 1)] for pose in ankles]
        self._standing = [a * b for a, b in zip(*near, strict=True)]
        # 3. How long each offset takes.
        acceleration = self.inertia.acceleration(clock) if self.inertia else np.zeros_like(offset)
        speed *= self.fps
        self.inertia = self._inertia(clock, (offset, speed, acceleration), blend, braking)

    def _inertia(self, clock: float, state: tuple[Array, Array, Array], blend: float, braking: float) -> Inertia:
        """The change: limbs that have far to go take longer, limbs that are flung settle sooner."""
        offset, speed, acceleration = state
        joints = len(self._limbs)
        size = np.sqrt(np.einsum("ni,ni->n", offset[:joints], offset[:joints]))
        flung = np.sqrt(np.einsum("ni,ni->n", speed[:joints], speed[:joints])) * self._major
        reach = np.bincount(self._limbs, size * self._levers)
        limb = np.clip(1.875 * reach / LIMB_SPEED, blend, LONGEST_BLEND)
        fastest = np.array([flung[self._limbs == index].max() for index in range(len(limb))])
        sooner = np.minimum(limb, np.maximum(OVERSHOOT / (FLING * np.maximum(fastest, 1e-6)), SHORTEST_SETTLE))
        duration, settle = np.full(len(offset), limb[LEGS]), np.full(len(offset), sooner[LEGS])
        duration[:joints], settle[:joints] = limb[self._limbs], sooner[self._limbs]
        duration[joints] = settle[joints] = braking
        limit = MOST_CARRIED / (0.0173 * duration[:, None] ** 2)
        return Inertia(clock, self.fps, (offset, speed, np.clip(acceleration, -limit, limit)), duration, settle)

    def advance(self, play: Performance, shown: Shown, clock: float) -> Array:
        """Move to the pose at `clock`; gives its rotations `(J, 4)`, the pelvis in the world."""
        elapsed = clock - self.clock if self.rotation is not None else 1.0
        moved = clock - self._moved
        step = self._along((shown.floor - self._floor) * play.stretch, play.way)
        turned = shown.turned - self._turned
        rotation, height = shown.rotation, float(shown.floor[1])
        if self.inertia:
            offset = self.inertia.at(clock)
            joints, own = len(rotation), rotation
            step = step + offset[joints, [0, 2]] * (moved / self.fps)
            rotation = quat.mul(quat.from_rotvec(offset[:joints]), own)
            self._hinge(rotation, own)
            # The feet go over as seen from the floor, so that they stay on it if they stood and shall stand.
            height += float(offset[joints + 1, 1])
            goals = self.feet.ankles(own, float(shown.floor[1]))
            apart = offset[joints + 2 :].tolist()
            for i, (place, turn) in enumerate(goals):
                moved_by, turned_by = apart[2 * i], apart[2 * i + 1]
                goals[i] = quat1.add(place, moved_by), quat1.mul(quat1.from_rotvec(turned_by), turn)
            self.feet.place(rotation, height, goals, self._standing)
            if clock >= self.inertia.end:
                self.inertia = None
        if moved > 0.0:
            self.velocity, self.turning = step * (self.fps / moved), turned / moved
        self.position = self.position + step
        self.heading += turned
        self._floor, self._turned, self._moved = shown.floor, shown.turned, clock
        if self.rotation is not None:
            flips = np.einsum("ji,ji->j", rotation, self.rotation) < 0.0
            if flips.any():
                rotation = np.where(flips[:, None], -rotation, rotation)
            if elapsed > 0.0:
                self.before = (self.rotation, self.height, elapsed)
        self.rotation, self.height, self.clock = rotation, height, clock
        world = rotation.copy()
        world[0] = quat1.mul(quat1.about((0.0, 1.0, 0.0), self.heading), quat1.floats(rotation[0]))
        return world

    def _ankles_apart(self, rotation: Array, height: float, goal: Shown) -> Array:
        """Place and rotation `(4, 3)` of the left and the right ankle, less those of what shall be shown."""
        rows: list[quat1.Vector] = []
        there, shown = self.feet.ankles(rotation, height), self.feet.ankles(goal.rotation, float(goal.floor[1]))
        for (place, turn), (to_place, to_turn) in zip(there, shown, strict=True):
            rows.append(quat1.sub(place, to_place))
            rows.append(quat1.to_rotvec(quat1.mul(turn, quat1.inverse(to_turn))))
        return np.array(rows)

    def _along(self, floor: Array, way: float) -> Array:
        """A step along the path `(4,)`, as metres along x and z."""
        left, ahead = float(floor[0]), float(floor[2])
        sine, cosine = math.sin(self.heading + way), math.cos(self.heading + way)
        return np.array((left * cosine + ahead * sine, ahead * cosine - left * sine))

    def _hinge(self, rotation: Array, own: Array) -> None:
        """Knees do not bend the wrong way, however fast the leg swung before: see `transition`."""
        both = quat.to_rotvec(np.stack((rotation[self._knees], own[self._knees])))
        changed, flexion = both[0], both[1, :, 0]
        size = np.sqrt(np.einsum("ni,ni->n", changed, changed))
        over = changed[:, 0] < -0.5 * np.pi  # bent by more than half a turn, which the vector gives the other way round
        changed[over] *= (1.0 - 2.0 * np.pi / size[over])[:, None]
        if changed[:, 0].min() < SOFT_KNEE or changed[:, 0].max() > BENT_KNEE:
            for i in range(2):
                changed[i, 0] = flexion[i] + _soft(float(changed[i, 0])) - _soft(float(flexion[i]))
            rotation[self._knees] = quat.from_rotvec(changed)


def _soft(flexion: float) -> float:
    """The flexion itself, but above 0 and below the most a knee can do: it nears both ends with the same slope."""
    if flexion > BENT_KNEE:
        return BENT_KNEE - FOLDED * math.expm1(-(flexion - BENT_KNEE) / FOLDED)
    return flexion if flexion > SOFT_KNEE else SOFT_KNEE * math.exp(flexion / SOFT_KNEE - 1.0)


def _same_way(vector: Array, like: Array) -> Array:
    """Rotation vectors `(N, 3)` the other way round where that is nearer to `like`: half a turn has two."""
    angle = np.sqrt(np.einsum("ni,ni->n", vector, vector))
    other = vector * (1.0 - 2.0 * np.pi / np.maximum(angle, 1e-9))[:, None]
    far = (angle > 1.5) & (np.einsum("ni,ni->n", vector, like) < 0.0)
    return np.where(far[:, None], other, vector)


def _limbs(skeleton: Skeleton) -> tuple[Array, Array]:
    """For each joint which limb it belongs to, and how far the end of it can be away, m."""
    place = np.zeros((len(skeleton.names), 3))
    for joint, parent in enumerate(skeleton.parents):
        place[joint] = skeleton.offsets[joint] + (place[parent] if parent >= 0 else 0.0)
    limbs, levers = np.zeros(len(place), dtype=np.intp), np.zeros(len(place))
    limbs[0] = LEGS
    for joint, name in enumerate(skeleton.names):
        side, _, part = name.partition("_")
        if side in ("left", "right"):
            limbs[joint] = LEGS if part in ("hip", "knee", "ankle", "foot") else (1 if side == "left" else 2)
        above = skeleton.parents[joint]
        while above >= 0:
            same = limbs[joint] == (limbs[above] if above else 0)  # at the end of the pelvis is the head
            levers[above] = max(levers[above], float(np.linalg.norm(place[joint] - place[above])) if same else 0.0)
            above = skeleton.parents[above]
    return limbs, levers
