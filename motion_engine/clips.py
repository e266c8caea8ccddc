"""Editing of clips: every function takes a Clip and returns a new one."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from motion_engine import quat
from motion_engine.curves import decay, smooth, smoothstep
from motion_engine.errors import BadClip
from motion_engine.types import Array, Clip, Skeleton

JUMP, LONELY = 1.0, 1.6  # radians over all joints, and how much more than the steps around it differ
# The share of the angle by which each joint turns to aim a gesture elsewhere.
AIMED = {"spine1": 0.1, "spine2": 0.1, "spine3": 0.1, "neck": 0.15, "head": 0.15}
AIMED_ARMS = {"left_collar": 0.1, "right_collar": 0.1, "left_shoulder": 0.6, "right_shoulder": 0.6}
SWAY_TIME = 0.4  # s, standard deviation of the filter that tells where somebody goes from how the hips sway
BLOCK = 512  # frames at once, so that an hour of motion needs little memory beside itself
MEND_TIME = 0.25  # s, over which a jump is spread on either side


def crop(clip: Clip, start: float, end: float) -> Clip:
    """The part from `start` to `end` seconds, at least one frame; BadClip if nothing of it lies in the clip."""
    first, last = round(start * clip.fps), round(end * clip.fps)
    first, last = max(0, first), min(len(clip), max(last, first + 1))
    if first >= last:
        raise BadClip(f"cannot crop {start:g} s to {end:g} s of a clip that is {clip.duration:g} s long")
    return _frames(clip, slice(first, last))


def _frames(clip: Clip, index: slice | Array) -> Clip:
    return replace(
        clip,
        root_position=clip.root_position[index],
        rotation=clip.rotation[index],
        contacts=clip.contacts[index],
    )


def sample(clip: Clip, frames: Array) -> Clip:
    """The clip at fractional frame numbers `(N,)`: cubic (Catmull-Rom) for motion, nearest for contacts.

    Whole frame numbers give those frames exactly; numbers outside the clip give its first or last frame.
    """
    frames = np.clip(frames, 0, len(clip) - 1)
    if not np.any(frames % 1):
        whole = frames.astype(np.intp)
        goes_on = len(whole) == whole[-1] - whole[0] + 1 and np.all(np.diff(whole) == 1)
        return _frames(clip, slice(whole[0], whole[-1] + 1) if goes_on else whole)  # a slice copies nothing
    turns = quat.unroll(clip.rotation)
    rotation = np.empty((len(frames), *turns.shape[1:]), dtype=np.float32)
    for start in range(0, len(frames), BLOCK):
        block = slice(start, start + BLOCK)
        rotation[block] = quat.normalize(_between(turns, frames[block]))
    root = _between(clip.root_position, frames)
    contacts = clip.contacts[np.floor(frames + 0.5).astype(np.intp)]
    return replace(clip, root_position=root, rotation=quat.unroll(rotation), contacts=contacts)


def _between(values: Array, frames: Array) -> Array:
    """`values (T, ...)` at fractional frame numbers `(N,)`, cubic; beyond the ends the slope goes on."""
    last = len(values) - 1
    below = np.minimum(frames.astype(np.intp), max(last - 1, 0))
    t = (frames - below).astype(np.float32).reshape(-1, *[1] * (values.ndim - 1))
    weights = (
        -0.5 * t + t**2 - 0.5 * t**3,
        1.0 - 2.5 * t**2 + 1.5 * t**3,
        0.5 * t + 2.0 * t**2 - 1.5 * t**3,
        -0.5 * t**2 + 0.5 * t**3,
    )
    total: Array = np.zeros((len(frames), *values.shape[1:]), dtype=values.dtype)
    for offset, weight in enumerate(weights, start=-1):
        row = below + offset
        tap = values[np.clip(row, 0, last)]
        tap[row < 0] = 2 * values[0] - values[min(1, last)]
        tap[row > last] = 2 * values[last] - values[max(last - 1, 0)]
        total += weight * tap
    return total


def resample(clip: Clip, fps: float, *, cycle_turn: float | None = None) -> Clip:
    """The same motion at another frame rate; the first frame stays.

    Args:
        clip: Any clip.
        fps: The new rate.
        cycle_turn: Given for one cycle of a gait, by how many radians it turns: the cycle keeps its duration, the time
            from its last frame to the first of the next included. Otherwise the first and last frames keep their
            distance in time, within half a frame.
    """
    if abs(fps - clip.fps) < 1e-6:
        return clip
    if cycle_turn is not None:
        frames = max(2, round(clip.duration * fps))
        return replace(sample(closed(clip, cycle_turn), np.arange(frames) * (len(clip) / frames)), fps=fps)
    frames = max(1, round((len(clip) - 1) / clip.fps * fps) + 1)
    return replace(sample(clip, np.arange(frames) * (clip.fps / fps)), fps=fps)


def closed(clip: Clip, cycle_turn: float) -> Clip:
    """One cycle of a gait and the first frame of the next: the first one, moved on and turned by `cycle_turn`."""
    last = clip.root_position[-1].astype(np.float64)
    step = last - clip.root_position[-2] if len(clip) > 1 else np.zeros(3)
    root = (last + step) * (1, 0, 1) + clip.root_position[0] * np.array([0, 1, 0])
    first = clip.rotation[0].copy()
    first[0] = quat.mul(quat.from_axis_angle("y", cycle_turn), first[0])
    return replace(
        clip,
        root_position=np.concatenate((clip.root_position, root[None])),
        rotation=quat.unroll(np.concatenate((clip.rotation, first[None]))),
        contacts=np.concatenate((clip.contacts, clip.contacts[:1])),
    )


def retime(clip: Clip, *, speed: float | None = None, duration: float | None = None) -> Clip:
    """The clip from its first frame to its last, `speed` times as fast or in `duration` seconds.

    Feet come down and lift in the same order as before, and none of their contacts vanishes.

    Args:
        clip: Any clip.
        speed: Factor > 0: 2.0 is twice as fast. Either this or `duration`.
        duration: s, > 0, to the nearest frame.

    Raises:
        BadClip: There would be fewer frames than changes of contact, or the number asked for is none.
    """
    assert (speed is None) != (duration is None), "either speed or duration"
    asked = speed if duration is None else duration
    if asked is None or not 0.0 < asked < np.inf:
        raise BadClip(f"cannot be retimed by {asked:g}: a speed or a duration is more than 0")
    seconds = clip.duration / asked if duration is None else duration
    frames = np.linspace(0, len(clip) - 1, max(1, round(seconds * clip.fps)))
    return replace(sample(clip, frames), contacts=_contacts_at(clip.contacts, frames))


def _contacts_at(contacts: Array, frames: Array) -> Array:
    """Contacts `(N, 4)` at ascending fractional frames `(N,)`; each stretch without a change has a frame at least."""
    first = np.flatnonzero(np.concatenate(([True], np.any(contacts[1:] != contacts[:-1], axis=1))))
    count, index = len(frames), np.arange(len(first))
    if count < len(first):
        raise BadClip(f"{count} frames are too few: its feet come down or lift {len(first) - 1} times")
    nearest = np.searchsorted(frames, first - 0.5)
    # A frame apart, and as many before the end as stretches are still to come.
    begins = np.minimum(np.maximum.accumulate(nearest - index) + index, count - len(first) + index)
    return np.repeat(contacts[first], np.diff(begins, append=count), axis=0)


def reverse(clip: Clip) -> Clip:
    """The clip played backwards: walking forward becomes walking backward."""
    return _frames(clip, slice(None, None, -1))


def there_and_back(clip: Clip, ease: float) -> Clip:
    """The clip forwards and then backwards, so that it ends as it began; it slows down to turn round.

    Args:
        clip: Any clip.
        ease: s, over which it slows down, and over which it gathers speed again.
    """
    last, reach = len(clip) - 1, min(max(ease * clip.fps, 1.0), 2.0 * (len(clip) - 1))
    # At `top` a parabola turns the frames round, which before and after it go by one by one.
    top = last + 0.5 * reach
    away = np.abs(np.linspace(-top, top, 2 * round(top) + 1))
    return sample(clip, np.where(away < reach, last - 0.5 * away**2 / max(reach, 1e-9), top - away))


@lru_cache(maxsize=16)
def _opposite(skeleton: Skeleton) -> Array:
    """For each joint the index of its twin on the other side, its own if it has none."""
    swap = {"left": "right", "right": "left"}
    twins = []
    for index, name in enumerate(skeleton.names):
        side, _, part = name.partition("_")
        twin = f"{swap[side]}_{part}" if side in swap else name
        twins.append(skeleton.names.index(twin) if twin in skeleton.names else index)
    return np.array(twins)


def mirror(clip: Clip) -> Clip:
    """Left and right exchanged: the motion as a mirror in the plane x = 0 shows it."""
    rotation = clip.rotation[:, _opposite(clip.skeleton)] * np.array([1, 1, -1, -1], dtype=np.float32)
    root = clip.root_position * np.array([-1, 1, 1], dtype=np.float32)
    return replace(clip, root_position=root, rotation=rotation, contacts=clip.contacts[:, [2, 3, 0, 1]])


def both_arms(clip: Clip, side: str) -> Clip:
    """The arm of `side` ("left" or "right") and its mirror image: "raise both hands" from a one-handed clip."""
    other = "left" if side == "right" else "right"
    parts = ("collar", "shoulder", "elbow", "wrist", "index", "middle", "pinky", "ring", "thumb")
    names = clip.skeleton.names
    joints = [i for i, n in enumerate(names) if n.startswith(tuple(f"{other}_{part}" for part in parts))]
    rotation = clip.rotation.copy()
    rotation[:, joints] = mirror(clip).rotation[:, joints]
    return replace(clip, rotation=rotation)


def place(clip: Clip, position: Array, heading: float, *, pivot: Array, own_heading: float) -> Clip:
    """The clip turned about +Y and moved along the floor so that `pivot` comes to `position`, own heading to heading.

    Args:
        clip: Any clip.
        position: `(3,)` m; y is ignored.
        heading: Radians about +Y, the new heading.
        pivot: `(3,)` m, the point of the clip that comes to `position`.
        own_heading: Radians, the heading in the clip that becomes `heading`.
    """
    turn = quat.from_axis_angle("y", heading - own_heading)
    root = quat.rotate(turn, clip.root_position.astype(np.float64) - pivot * (1, 0, 1)) + position * np.array([1, 0, 1])
    rotation = clip.rotation.copy()
    rotation[:, 0] = quat.mul(np.broadcast_to(turn, (len(clip), 4)), clip.rotation[:, 0])
    return replace(clip, root_position=root, rotation=rotation)


def heading_curve(clip: Clip, *, cycle_turn: float | None = None) -> Array:
    """Where the body faces over time `(T,)`, radians about +Y, without the sway of the hips.

    Args:
        clip: Any clip.
        cycle_turn: Given for one cycle of a gait: by how many radians it turns; its heading is then a straight line.
    """
    yaw = np.unwrap(quat.heading(clip.rotation[:, 0].astype(np.float64)))
    if cycle_turn is None:
        return smooth(yaw, 0.2 * clip.fps)
    return yaw.mean() + cycle_turn * (np.arange(len(clip)) - (len(clip) - 1) / 2) / len(clip)


def warp_path(clip: Clip, turn: Array, scale: float = 1.0) -> Clip:
    """The root path bent and stretched: at frame i everything is turned by `turn[i]` more, and each step scaled.

    Args:
        clip: Any clip.
        turn: `(T,)` radians about +Y, left positive.
        scale: Factor on the distance travelled along the floor.
    """
    extra = quat.from_axis_angle("y", np.asarray(turn, dtype=np.float64))
    steps = np.diff(clip.root_position.astype(np.float64), axis=0) * (scale, 1.0, scale)
    bent = quat.rotate(extra[:-1], steps)
    root = np.concatenate((clip.root_position[:1], clip.root_position[:1] + np.cumsum(bent, axis=0)))
    rotation = clip.rotation.copy()
    rotation[:, 0] = quat.unroll(quat.mul(extra, clip.rotation[:, 0]))
    return replace(clip, root_position=root, rotation=rotation)


def turn_path(clip: Clip, yaw: float) -> Clip:
    """The clip, travelling `yaw` radians about +Y away from where it went, while the body faces as it did."""
    start = clip.root_position[0].astype(np.float64)
    away = quat.from_axis_angle("y", np.full(len(clip), yaw))
    return replace(clip, root_position=start + quat.rotate(away, clip.root_position - start))


def in_place(clip: Clip, *, cyclic: bool = False) -> Clip:
    """The clip without its way along the floor: the root stays over its start, as on a treadmill.

    What a body sways, heights and headings are kept. Contacts still say when feet are down; the floor passes below.

    Args:
        clip: Any clip.
        cyclic: It is one cycle of a gait that goes straight on; so is the result.
    """
    work = _tiled(clip) if cyclic else clip
    path = smooth(work.root_position, SWAY_TIME * clip.fps)[len(clip) if cyclic else 0 :][: len(clip)]
    return replace(clip, root_position=clip.root_position - (path - path[0]) * (1, 0, 1))


def aim(clip: Clip, yaw: float, *, arms: bool = True) -> Clip:
    """A gesture made towards `yaw` radians about +Y instead of ahead: the chest turns by a part, the arms by the rest.

    It eases in and out over the first and last quarter of the clip.

    Args:
        clip: Any clip.
        yaw: Radians, left positive.
        arms: Whether the arms are turned as well; else chest and head alone.
    """
    x = np.linspace(0.0, 1.0, len(clip))
    weight = smoothstep(x / 0.25) * smoothstep((1.0 - x) / 0.25)
    names = clip.skeleton.names
    rotation = clip.rotation.astype(np.float64)
    for name, share in (AIMED | (AIMED_ARMS if arms else {})).items():
        turn = quat.from_axis_angle("y", weight * yaw * share)
        joint = names.index(name)
        rotation[:, joint] = quat.mul(turn, rotation[:, joint])
    return replace(clip, rotation=quat.unroll(rotation))


def mend(clip: Clip, *, cyclic: bool = False) -> Clip:
    """The clip without jumps: where the body moves much further between two frames than around them.

    Captures that were cut or mirrored together have such frames. The jump is spread over MEND_TIME before and after.

    Args:
        clip: Any clip.
        cyclic: The clip is one cycle; the step from its last frame to its first is looked at as well.
    """
    if len(clip) < 8:
        return clip
    length = len(clip)
    work = _tiled(clip) if cyclic else clip
    rotation, root = work.rotation.astype(np.float64), work.root_position.astype(np.float64)
    step = quat.to_rotvec(quat.mul(rotation[1:], quat.inv(rotation[:-1])))
    around = 0.5 * (step[:-2] + step[2:])
    surprise = np.linalg.norm(step[1:-1] - around, axis=-1).sum(axis=-1)
    change = np.linalg.norm(step[2:] - step[:-2], axis=-1).sum(axis=-1)
    reach = round(MEND_TIME * clip.fps)
    for index in np.flatnonzero((surprise > JUMP) & (surprise > LONELY * change)) + 1:
        excess = step[index] - around[index - 1]
        travel = np.diff(root[max(0, index - 1) : index + 3], axis=0)
        offset = travel[1] - 0.5 * (travel[0] + travel[2])
        offset[[0, 2]] = 0.0
        fade = decay(np.array(0.5), np.array(0.0), np.arange(reach) / clip.fps, MEND_TIME)
        after, before = slice(index + 1, index + 1 + reach), slice(max(0, index + 1 - reach), index + 1)
        for part, share in ((after, -fade), (before, fade[::-1])):
            frames = len(rotation[part])
            weight = share[-frames:] if part is before else share[:frames]
            rotation[part] = quat.mul(quat.from_rotvec(weight[:, None, None] * excess), rotation[part])
            root[part] += weight[:, None] * offset
    if cyclic:
        rotation = rotation[length : 2 * length]
        root = root[length : 2 * length] - work.root_position[length] + clip.root_position[0]
    return replace(clip, root_position=root, rotation=quat.unroll(rotation))


def _tiled(clip: Clip) -> Clip:
    """Three cycles one after the other, each starting where the one before would have gone on."""
    root = clip.root_position.astype(np.float64)
    stride = (root[-1] - root[0]) * len(clip) / max(len(clip) - 1, 1) * (1, 0, 1)
    return replace(
        clip,
        root_position=np.concatenate([root + n * stride for n in range(3)]),
        rotation=quat.unroll(np.tile(clip.rotation, (3, 1, 1))),
        contacts=np.tile(clip.contacts, (3, 1)),
    )
