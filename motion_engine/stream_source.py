"""An action's clip, prepared once to be played live: sides, loop seam, path, and where it can be entered and left."""

from __future__ import annotations

import cmath
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from motion_engine import quat
from motion_engine.contacts import runs
from motion_engine.curves import smoothstep
from motion_engine.kinematics import body_skeleton, fk
from motion_engine.perform import LOOP_BLEND, held_info, sided, travels
from motion_engine.transition import VELOCITY_WEIGHT, Course, concatenate, follow
from motion_engine.types import BODY_JOINTS, ActionInfo, Array, Clip, Edits, Skeleton

UPRIGHT = 0.5  # the cosine of how far the pelvis may lean in a frame in which an action can be left
LOW = 0.35  # m, a pelvis that is lower than this is on the floor or close to it
SHORTEST_AIR = 0.07  # s; a shorter loss of contact is a step


@dataclass(frozen=True, eq=False)
class Source:
    """An action's clip on the side and in the direction asked for, seen from where it is heading.

    Rows are the frames of the clip, and after them those with which the loop goes over from its end to its start.
    """

    info: ActionInfo
    skeleton: Skeleton
    fps: float
    length: int  # frames of the clip
    start: int  # frame, of the part that repeats
    end: int
    rotation: Array  # (N, J, 4); the pelvis is seen from the heading
    floor: Array  # (N, 4) m left, up and ahead along the path, and the heading in radians, all since the first frame
    cycle: Array  # (4,) what each repetition adds to `floor`
    chord: complex  # m from the first frame to the last, straight: ahead + left i, seen from the heading at the start
    contacts: Array  # (N, 4) bool

    @classmethod
    def of(cls, clip: Clip, info: ActionInfo, edits: Edits) -> Source:
        """The source for a clip at its own frame rate; of `edits` only side, direction and whether it loops matter."""
        course, info = sided(clip, info, edits), held_info(info, edits)
        clip = course.clip
        length = len(clip)
        start, end = (round(t * clip.fps) for t in info.loop) if info.loop else (0, length)
        if info.cyclic:
            start, end = 0, length
        start = min(start, max(0, length - 2))
        end = min(max(end, start + 2), length)
        rotation, floor, contacts = _local(course)
        cycle = np.zeros(4)
        if (info.cyclic or edits.loops > 1) and end - start > 2:
            reach = min(round(LOOP_BLEND * clip.fps), end - start - 1)
            seam = follow(
                course.sample(np.arange(end - 2, end)),
                course.sample(np.arange(start, start + reach + 1)),
                min(LOOP_BLEND, (reach + 1) / clip.fps),
            )
            joined = concatenate([course.sample(np.arange(end - 2, end)), seam])
            turned, path, touching = _local(joined)
            path = path[2:] + (floor[end - 2] - path[0]) * (1, 0, 1, 1)
            cycle = (path[-1] - floor[start + reach]) * (1, 0, 1, 1)
            if info.cyclic and not travels(info) and abs(info.turn) < 0.05:  # who stands still does not creep
                path -= smoothstep(np.arange(1, reach + 2) / (reach + 1))[:, None] * cycle
                cycle = np.zeros(4)
            rotation = np.concatenate((rotation, turned[2:-1]))
            floor = np.concatenate((floor, path[:-1] - cycle))
            contacts = np.concatenate((contacts, touching[2:-1]))
        root = clip.root_position[:, 2] + 1j * clip.root_position[:, 0]
        chord = complex(root[-1] - root[0]) * cmath.exp(-1j * float(course.heading[0]))
        return cls(info, clip.skeleton, clip.fps, length, start, end, rotation, floor, cycle, chord, contacts)

    def row(self, index: int, loops: float) -> tuple[int, int]:
        """The row that frame `index` of the repeated clip shows, and how many repetitions came before it."""
        if index < self.end or loops <= 1:
            return min(index, self.length - 1), 0
        period = self.end - self.start
        passes = (index - self.start) // period
        if passes >= loops:
            passes = int(loops) - 1
            return min(index - passes * period, self.length - 1), passes
        within = index - self.start - passes * period
        seam = len(self.rotation) - self.length
        return (self.length + within if within < seam else self.start + within), passes

    @cached_property
    def features(self) -> Array:
        """Positions and weighted velocities of the body's joints, seen from the heading `(T, 2, 22, 3)`."""
        height = self.floor[: self.length, 1]
        position = body_points(self.skeleton, height, self.rotation[: self.length])
        velocity = np.gradient(position, axis=0) if self.length > 1 else np.zeros_like(position)
        if self.info.cyclic and self.length > 2:
            velocity[[0, -1]] = velocity[[1, -2]]
        ahead = np.gradient(self.floor[: self.length], axis=0) if self.length > 1 else np.zeros((1, 4))
        velocity += ahead[:, None, [0, 1, 2]] * (1, 0, 1)
        return np.stack((position, VELOCITY_WEIGHT * self.fps * velocity), axis=1)

    def nearest(self, feature: Array, frames: slice) -> int:
        """The frame among `frames` that is most like `feature (2, 22, 3)`, as `transition.best_cut` compares them."""
        difference = self.features[frames] - feature
        cost = np.sqrt(np.einsum("tkji,tkji->tkj", difference, difference)).sum(axis=(1, 2))
        return int(np.argmin(cost)) + (frames.start or 0)

    @cached_property
    def turning_point(self) -> int:
        """The first frame from which on the body is nearer to the last pose of the clip than to the first."""
        if self.info.start_posture == self.info.end_posture:
            return self.length
        pose = self.features[:, 0]
        to_start, to_end = (np.linalg.norm(pose - pose[i], axis=-1).sum(axis=-1) for i in (0, -1))
        return int(np.argmax(to_end < to_start))

    @cached_property
    def leavable(self) -> Array:
        """In which rows the action may be left `(N,)`: not in the air, and not on the way round in a roll or flip."""
        if self.info.cyclic:
            return np.ones(len(self.rotation), dtype=bool)
        held: Array = np.any(self.contacts, axis=1)
        for first, last in runs(~held):
            if last - first < SHORTEST_AIR * self.fps:
                held[first:last] = True
        if self.info.start_posture != self.info.end_posture:  # who lies or nearly so is held by the floor
            lying: Array = held | (self.floor[:, 1] < LOW)
            return lying
        _, x, _, z = self.rotation[:, 0].astype(np.float64).T
        standing: Array = held & (1.0 - 2.0 * (x * x + z * z) > UPRIGHT)
        return standing


def body_points(skeleton: Skeleton, height: Array, rotation: Array) -> Array:
    """Positions `(T, 22, 3)` m of the body's joints over the root's place on the floor."""
    root = np.zeros((len(rotation), 3))
    root[:, 1] = height
    return fk(body_skeleton(skeleton), root, rotation[:, :BODY_JOINTS].astype(np.float64))[0]


def _local(course: Course) -> tuple[Array, Array, Array]:
    """Rotations, path and contacts of a course, seen from its heading: see `Source`."""
    clip, heading = course.clip, course.heading
    rotation = clip.rotation.copy()
    rotation[:, 0] = quat.mul(quat.from_axis_angle("y", -heading), clip.rotation[:, 0].astype(np.float64))
    root = clip.root_position.astype(np.float64)
    steps = quat.rotate(quat.from_axis_angle("y", -heading[:-1]), np.diff(root, axis=0))
    floor = np.zeros((len(clip), 4))
    floor[1:, :3] = np.cumsum(steps, axis=0)
    floor[:, 1] = root[:, 1]
    floor[:, 3] = heading - heading[0]
    return quat.unroll(rotation), floor, clip.contacts
