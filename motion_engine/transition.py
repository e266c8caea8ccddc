"""From one clip to the next: where to cut, how the roots are chained, and the inertialised change for live use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from motion_engine import quat
from motion_engine.clips import heading_curve, place, sample
from motion_engine.curves import decay, smoothstep, soft_floor
from motion_engine.kinematics import body_positions
from motion_engine.types import Array, Clip, Skeleton

VELOCITY_WEIGHT = 0.15  # s: how many metres one m/s of difference counts
CONTACT_WEIGHT = 0.05  # m, if all contacts differ
WASTE = 0.03  # m, for a second of motion that is left out
FLIGHT = 0.1  # m, for a cut with no foot on the floor
# A limb that swings fast at the cut would swing on too far in a long blend (by 0.18 of speed times duration): its speed
# settles sooner.
OVERSHOOT, SHORTEST_SETTLE = 0.5, 0.3  # radians, s
SOFT_KNEE = 0.15  # radians


@dataclass(frozen=True, eq=False)
class Course:
    """A clip and where it is heading, without the sway of the hips: what one clip hands over to the next."""

    clip: Clip
    heading: Array  # (T,) radians about +Y

    @classmethod
    def of(cls, clip: Clip, *, cycle_turn: float | None = None) -> Course:
        """The course of a clip, see `clips.heading_curve`."""
        return cls(clip, heading_curve(clip, cycle_turn=cycle_turn))

    def __len__(self) -> int:
        return len(self.clip)

    def sample(self, frames: Array) -> Course:
        """The course at fractional frame numbers `(N,)`."""
        return Course(sample(self.clip, frames), np.interp(frames, np.arange(len(self)), self.heading))

    def place(self, position: Array, heading: float) -> Course:
        """The course, moved so that it starts at `position` `(3,)` m on the floor and in the direction `heading`."""
        own = float(self.heading[0])
        clip = place(self.clip, position, heading, pivot=self.clip.root_position[0], own_heading=own)
        return Course(clip, self.heading - own + heading)


def best_cut(
    previous: Course, ends: Array, course: Course, starts: Array, waste: Array | float = 0.0, *, cyclic: bool = False
) -> tuple[int, int]:
    """Where to leave `previous` and where to enter `course`, so that the body goes on as if nothing happened.

    Compared are, as seen from where the body is heading: the places of the body's joints, their velocities and which
    feet stand, as in motion matching (Clavet, "Motion Matching and The Road to Next-Gen Animation", GDC 2016). Cuts in
    flight cost more than those with a foot on the floor.

    Args:
        previous: What is left.
        ends: `(E,)` how many of its frames could be played, ascending.
        course: What is entered, on the same skeleton and at the same rate.
        starts: `(S,)` the frames at which it could be entered, ascending.
        waste: `(E, S)` s of motion that is left out.
        cyclic: Its first frame follows its last.

    Returns:
        One of `ends` and one of `starts`.
    """
    before = (starts - 1) % len(course) if cyclic else np.maximum(starts - 1, 0)
    pose, velocity, stands = _seen(previous, ends - 1)
    entry, onward, enters = _seen(course, before)
    cost = _apart(pose, entry) + VELOCITY_WEIGHT * _apart(velocity, onward)
    cost += CONTACT_WEIGHT * np.not_equal(stands[:, None], enters[None]).mean(axis=-1)
    cost += FLIGHT * ~np.logical_and.outer(np.any(stands, axis=-1), np.any(enters, axis=-1))
    cost = cost + WASTE * waste
    end, start = np.unravel_index(np.argmin(cost), cost.shape)
    return int(ends[end]), int(starts[start])


def _apart(a: Array, b: Array) -> Array:
    """Mean distances of the joints `(E, S)` between `a (E, J, 3)` and `b (S, J, 3)`."""
    return np.linalg.norm(a[:, None] - b[None], axis=-1).mean(axis=-1)


def _seen(course: Course, frames: Array) -> tuple[Array, Array, Array]:
    """Joint positions `(N, 22, 3)` m and velocities m/s as seen along the heading, and contacts, at `frames`."""
    clip = course.clip
    after = np.minimum(np.maximum(frames, 1), len(clip) - 1)
    here, later, earlier = np.split(body_positions(clip, np.concatenate((frames, after, np.maximum(after - 1, 0)))), 3)
    turn = quat.from_axis_angle("y", -course.heading[frames])[:, None]
    below = here[:, :1] * (1.0, 0.0, 1.0)
    return quat.rotate(turn, here - below), quat.rotate(turn, later - earlier) * clip.fps, clip.contacts[frames]


def chain(previous: Course, course: Course) -> Course:
    """`course`, moved to where `previous` leads: a frame further on, at the mean of both speeds."""
    before, after = _travel(previous, -1), _travel(course, 0)
    heading = float(previous.heading[-1]) + 0.5 * (before[1] + after[1])
    turn = quat.from_axis_angle("y", np.array(heading - float(course.heading[0])))
    step = 0.5 * (before[0] + quat.rotate(turn, after[0])) * (1.0, 0.0, 1.0)
    return course.place(previous.clip.root_position[-1] + step, heading)


def _travel(course: Course, frame: int) -> tuple[Array, float]:
    """What the root moves (m) and the heading turns (radians) in one frame, at the first (0) or last (-1) frame."""
    pair = slice(0, 2) if frame == 0 else slice(-2, None)
    root, heading = course.clip.root_position[pair].astype(np.float64), course.heading[pair]
    return root[-1] - root[0], float(heading[-1] - heading[0])


def follow(previous: Course, course: Course, blend: float) -> Course:
    """`course`, moved to where `previous` ends and changed over `blend` seconds so that pose and velocity go on.

    The root is chained by deltas: the speed along the floor goes over into the clip's own, so no distance has to be
    caught up. Everything else starts with the difference to `previous` in value and velocity, which decays to nothing.

    Args:
        previous: At least one frame; only its last two matter.
        course: On the same skeleton and frame rate.
        blend: s, > 0.
    """
    fps, tail = course.clip.fps, min(2, len(previous))
    root = previous.clip.root_position[-tail:].astype(np.float64)
    rotation = previous.clip.rotation[-tail:].astype(np.float64)
    speed = root[-1] - root[0]  # m per frame, since the tail has two frames
    spin = quat.to_rotvec(quat.mul(rotation[-1], quat.inv(rotation[0])))
    turning = previous.heading[-1] - previous.heading[-tail]
    placed = course.place(root[-1] + speed, float(previous.heading[-1] + turning))
    time = np.arange(len(course)) / fps
    second = min(1, len(course) - 1)

    ours = placed.clip.root_position.astype(np.float64)
    own_speed = ours[second] - ours[0]
    fade = 1.0 - smoothstep(time / blend)
    drift = np.cumsum((speed - own_speed) * fade[:, None], axis=0)
    drift -= drift[0]
    height = decay(root[-1, 1] + speed[1] - ours[0, 1], (speed[1] - own_speed[1]) * fps, time, blend)
    ours += np.stack((drift[:, 0], height, drift[:, 2]), axis=-1)

    theirs = placed.clip.rotation.astype(np.float64)
    own_spin = quat.to_rotvec(quat.mul(theirs[second], quat.inv(theirs[0])))
    expected = quat.mul(quat.from_rotvec(spin), rotation[-1])
    offset = quat.to_rotvec(quat.mul(expected, quat.inv(theirs[0])))
    changing = time < blend
    fling = (spin - own_spin) * fps
    swing = 0.18 * np.linalg.norm(fling, axis=-1, keepdims=True)
    settle = np.clip(OVERSHOOT / np.maximum(swing, 1e-6), min(SHORTEST_SETTLE, blend), blend)
    nothing = np.zeros_like(offset)
    decaying = decay(offset, nothing, time[changing], blend) + decay(nothing, fling, time[changing], settle)
    change = quat.from_rotvec(decaying)
    own = theirs[changing]
    theirs[changing] = _hinged(quat.mul(change, own), own, course.clip.skeleton)
    signs = np.where(np.sum(theirs[0] * rotation[-1], axis=-1, keepdims=True) < 0, -1.0, 1.0)
    return Course(replace(placed.clip, root_position=ours, rotation=quat.unroll(theirs) * signs), placed.heading)


def _hinged(rotation: Array, own: Array, skeleton: Skeleton) -> Array:
    """`rotation (T, J, 4)` with knees that do not bend the wrong way, however fast the leg swung before the cut.

    Where a knee is straighter than SOFT_KNEE its flexion dies away instead of becoming negative; what the clip's `own`
    knee does is left alone, so that nothing changes when `rotation` has become `own`.
    """
    knees = [skeleton.index(f"{side}_knee") for side in ("left", "right")]
    vector, before = quat.to_rotvec(rotation[:, knees]), quat.to_rotvec(own[:, knees])[..., 0]
    flexion = soft_floor(vector[..., 0], SOFT_KNEE) - soft_floor(before, SOFT_KNEE)
    vector[..., 0] = before + flexion  # about +X
    rotation[:, knees] = quat.from_rotvec(vector)
    return rotation


def concatenate(pieces: Sequence[Course]) -> Course:
    """One course of all pieces, end to end, without sign flips between them."""
    lengths = [len(piece) for piece in pieces]
    rotation = np.empty((sum(lengths), *pieces[0].clip.rotation.shape[1:]), dtype=np.float32)
    end = 0
    for piece, length in zip(pieces, lengths, strict=True):
        start, end = end, end + length
        part = rotation[start:end]
        part[:] = piece.clip.rotation
        if start:
            part *= np.where(np.sum(part[0] * rotation[start - 1], axis=-1) < 0, -1.0, 1.0).astype(np.float32)[:, None]
    clip = replace(
        pieces[0].clip,
        root_position=np.concatenate([p.clip.root_position for p in pieces]),
        rotation=rotation,
        contacts=np.concatenate([p.clip.contacts for p in pieces]),
    )
    return Course(clip, np.concatenate([p.heading for p in pieces]))
