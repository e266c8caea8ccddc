"""From one clip to the next: where to enter it, and the inertialised change that leaves no seam."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from motion_engine import quat
from motion_engine.clips import heading_curve, place
from motion_engine.curves import decay, smoothstep
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip

VELOCITY_WEIGHT = 0.15  # s: how many metres one m/s of difference counts
BODY_JOINTS = 22  # the fingers say nothing about where to cut


def best_entry(previous: Clip, clip: Clip, candidates: Array) -> int:
    """The frame of `candidates (N,)` at which `clip` continues the end of `previous` best.

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


def follow(previous: Clip, clip: Clip, blend: float, *, turning: Array | None = None) -> Clip:
    """`clip`, moved to where `previous` ends and changed over `blend` seconds so that pose and velocity go on.

    The root is chained by deltas: the speed along the floor goes over into the clip's own, so no distance has to be
    caught up. Everything else starts with the difference to `previous` in value and velocity, which decays to nothing.

    Args:
        previous: At least one frame; only its last two matter, and its heading.
        clip: Any clip on the same skeleton and frame rate.
        blend: s, > 0.
        turning: The heading curve `(T,)` of `clip` in radians; by default `heading_curve(clip)`.
    """
    fps, tail = clip.fps, min(2, len(previous))
    root = previous.root_position[-tail:].astype(np.float64)
    rotation = previous.rotation[-tail:].astype(np.float64)
    speed = root[-1] - root[0]  # m per frame, since the tail has two frames
    spin = quat.to_rotvec(quat.mul(rotation[-1], quat.inv(rotation[0])))
    heading = float(heading_curve(previous)[-1])
    own = heading_curve(clip) if turning is None else turning
    placed = place(clip, root[-1] + speed, heading, pivot=clip.root_position[0], own_heading=float(own[0]))
    time = np.arange(len(clip)) / fps

    ours = placed.root_position.astype(np.float64)
    own_speed = ours[min(1, len(clip) - 1)] - ours[0]
    fade = 1.0 - smoothstep(time / blend)
    drift = np.cumsum((speed - own_speed) * fade[:, None], axis=0)
    drift -= drift[0]
    height = decay(root[-1, 1] + speed[1] - ours[0, 1], (speed[1] - own_speed[1]) * fps, time, blend)
    ours += np.stack((drift[:, 0], height, drift[:, 2]), axis=-1)

    theirs = placed.rotation.astype(np.float64)
    own_spin = quat.to_rotvec(quat.mul(theirs[min(1, len(clip) - 1)], quat.inv(theirs[0])))
    expected = quat.mul(quat.from_rotvec(spin), rotation[-1])
    offset = quat.to_rotvec(quat.mul(expected, quat.inv(theirs[0])))
    changing = time < blend
    change = quat.from_rotvec(decay(offset, (spin - own_spin) * fps, time[changing], blend))
    theirs[changing] = quat.mul(change, theirs[changing])
    signs = np.where(np.sum(theirs[0] * rotation[-1], axis=-1, keepdims=True) < 0, -1.0, 1.0)
    return replace(placed, root_position=ours, rotation=quat.unroll(theirs) * signs)


def concatenate(pieces: list[Clip]) -> Clip:
    """One clip of all pieces, end to end."""
    return replace(
        pieces[0],
        root_position=np.concatenate([p.root_position for p in pieces]),
        rotation=np.concatenate([p.rotation for p in pieces]),
        contacts=np.concatenate([p.contacts for p in pieces]),
    )
