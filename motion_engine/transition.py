"""From one clip to the next: where to enter it, and the inertialised change that leaves no seam."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from motion_engine import quat
from motion_engine.clips import heading_curve, place, sample
from motion_engine.curves import decay, smoothstep
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip, Skeleton

VELOCITY_WEIGHT = 0.15  # s: how many metres one m/s of difference counts
# A limb that swings fast at the cut would swing on too far in a long blend (by 0.18 of speed times duration): its speed
# settles sooner.
OVERSHOOT, SHORTEST_SETTLE = 0.5, 0.3  # radians, s
SOFT_KNEE = 0.15  # radians
BODY_JOINTS = 22  # the fingers say nothing about where to cut


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


def best_match(previous: Clip, clip: Clip, candidates: Array) -> int:
    """The frame of `candidates (N,)` at which `clip` is most like the last frame of `previous`.

    The cost compares the positions of the body joints, seen from the pelvis and the heading, and their velocities, as
    in motion matching (Clavet, "Motion Matching and The Road to Next-Gen Animation", GDC 2016).
    """
    pose, velocity = _features(previous, np.array([len(previous) - 1]))
    poses, velocities = _features(clip, candidates)
    cost = np.linalg.norm(poses - pose, axis=-1) + VELOCITY_WEIGHT * np.linalg.norm(velocities - velocity, axis=-1)
    return int(candidates[np.argmin(cost.sum(axis=-1))])


def _features(clip: Clip, frames: Array) -> tuple[Array, Array]:
    """Local joint positions `(N, 22, 3)` m and velocities m/s at `frames`."""
    before = np.maximum(frames - 1, 0)
    after = np.maximum(frames, np.minimum(before + 1, len(clip) - 1))
    both = []
    for index in (before, after):
        position, _ = fk(clip.skeleton, clip.root_position[index], clip.rotation[index])
        both.append(position[:, :BODY_JOINTS])
    turn = quat.inv(quat.from_axis_angle("y", quat.heading(clip.rotation[after, 0])))[:, None]
    pose = quat.rotate(turn, both[1] - both[1][:, :1] * (1, 0, 1))
    return pose, quat.rotate(turn, both[1] - both[0]) * clip.fps


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
    vector[..., 0] = before + _soft(vector[..., 0]) - _soft(before)  # flexion is about +X
    rotation[:, knees] = quat.from_rotvec(vector)
    return rotation


def _soft(flexion: Array) -> Array:
    """The flexion itself above SOFT_KNEE, below it an exponential that stays above 0, with the same slope."""
    return np.where(flexion > SOFT_KNEE, flexion, SOFT_KNEE * np.exp(np.minimum(flexion / SOFT_KNEE - 1.0, 0.0)))


def concatenate(pieces: list[Course]) -> Course:
    """One course of all pieces, end to end."""
    clip = replace(
        pieces[0].clip,
        root_position=np.concatenate([p.clip.root_position for p in pieces]),
        rotation=np.concatenate([p.clip.rotation for p in pieces]),
        contacts=np.concatenate([p.clip.contacts for p in pieces]),
    )
    return Course(clip, np.concatenate([p.heading for p in pieces]))
