"""Timeline and clips to Track: edit, chain, layer, and keep the feet on the floor."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from motion_engine import clips as edit
from motion_engine import quat
from motion_engine.contacts import lock_feet
from motion_engine.curves import smoothstep
from motion_engine.errors import UnknownAction
from motion_engine.schedule import TRAVELS
from motion_engine.transition import Course, best_match, concatenate, follow
from motion_engine.types import ActionInfo, Array, Clip, Mask, Segment, Skeleton, Timeline, Track

LOOP_BLEND = 0.2  # s, over which one repetition goes over into the next
TURN_TIME = 0.9  # s, for a change of direction at the start of a walk
START_TIME = 0.5  # s, in which a gait gathers or loses speed next to an action that stands
START_RATE = 0.35  # the tempo at which it starts
AIM = math.radians(70.0)  # a gesture "to the left"
SIDEWAYS = math.radians(90.0)
WAYS = {"left": SIDEWAYS, "right": -SIDEWAYS, "backward": math.pi}
MOST_STRETCH = 2.0  # of the root path; the feet would slide more than they step
SWAY = 0.5  # the share of the chest's sway that layered arms follow

# How much of a layered action each joint shows; the arms and the head follow the sway of the base's trunk.
_SPINE = {"spine1": 0.25, "spine2": 0.5, "spine3": 0.75}
_HEAD = {"neck": 1.0, "head": 1.0}


def compose(timeline: Timeline, clips: Mapping[str, Clip], actions: Mapping[str, ActionInfo]) -> Track:
    """One continuous motion that plays `timeline`.

    Args:
        timeline: Segments in time; those of layer 0 follow one another without gaps.
        clips: The clip of every action that the timeline names, on the canonical skeleton, at any frame rate.
        actions: What the library says of them.

    Raises:
        UnknownAction: A clip is missing.
    """
    # 1. Every clip at the track's frame rate.
    for segment in timeline.segments:
        if segment.action not in clips:
            raise UnknownAction(segment.action)
    names = {segment.action for segment in timeline.segments}
    turns = {name: actions[name].turn if actions[name].cyclic else None for name in names}
    sources = {name: edit.resample(clips[name], timeline.fps, cycle_turn=turns[name]) for name in names}
    base = [segment for segment in timeline.segments if segment.layer == 0]

    # 2. Edit each action of the base and let it follow the one before.
    pieces: list[Course] = []
    for index, segment in enumerate(base):
        info = actions[segment.action]
        before = actions[base[index - 1].action] if index else None
        after = actions[base[index + 1].action] if index + 1 < len(base) else None
        piece = perform(sources[segment.action], info, segment, timeline.fps, pieces[-1].clip if pieces else None)
        if _travels(info):
            slow = (before is not None and not _travels(before), after is not None and not _travels(after))
            piece = _gather_speed(piece, *slow)
        piece = _warp(piece, segment, info)
        pieces.append(follow(pieces[-1], piece, segment.blend) if pieces else piece.place(np.zeros(3), 0.0))
    course = concatenate(pieces)

    # 3. Layer the other actions on it.
    for segment in timeline.segments:
        if segment.layer:
            info = actions[segment.action]
            piece = _warp(perform(sources[segment.action], info, segment, timeline.fps, None), segment, info)
            course = overlay(course, piece, segment)

    # 4. Feet that stand stay where they are.
    clip = replace(course.clip, rotation=quat.unroll(course.clip.rotation))
    return Track(lock_feet(clip), timeline)


def _travels(info: ActionInfo) -> bool:
    return info.cyclic and info.distance > TRAVELS


def perform(clip: Clip, info: ActionInfo, segment: Segment, fps: float, previous: Clip | None) -> Course:
    """The clip as the segment asks: the right side, its loop played as often as asked, exactly as long as the segment.

    Args:
        clip: The action's clip at `fps`.
        info: What the library says of it.
        segment: Its place and edits.
        fps: Frames per second.
        previous: What is played before; a cyclic action starts where it continues that best.
    """
    edits, turn = segment.edits, info.turn
    if edits.direction == "backward" and _travels(info):
        clip, turn = edit.reverse(clip), -turn
    if edits.symmetric and info.side in ("left", "right"):
        clip = edit.both_arms(clip, info.side)
    if edits.mirror:
        clip, turn = edit.mirror(clip), -turn
    course = Course.of(clip, cycle_turn=turn if info.cyclic else None)
    whole = len(clip)
    frames = round(segment.end * fps) - round(segment.start * fps)
    if info.cyclic:
        entry = 0
        if previous is not None:  # the frame after the one that is most like where the body is
            entry = (best_match(previous, clip, np.arange(whole)) + 1) % whole
        length = max(1, round(edits.loops * whole))
        # One frame more than is played, so that a slowed gait does not end on a frozen frame.
        return _cycles(course, entry, length + 1).sample(np.arange(frames) * (length / frames))
    if edits.loops > 1:
        start, end = (round(t * fps) for t in info.loop) if info.loop else (0, whole)
        course = _repeat(course, min(start, whole - 2), min(max(end, start + 2), whole), round(edits.loops))
    return course.sample(np.linspace(0, len(course) - 1, frames))


def _cycles(course: Course, entry: int, frames: int) -> Course:
    """`frames` frames of a cyclic course from frame `entry` on."""
    pieces: list[Course] = []
    at = entry
    while frames > 0:
        piece = course.sample(np.arange(at, min(len(course), at + frames)))
        pieces.append(_continue(pieces[-1], piece) if pieces else piece)
        frames -= len(piece)
        at = 0
    return concatenate(pieces)


def _repeat(course: Course, start: int, end: int, loops: int) -> Course:
    """The course with frames `start` to `end` played `loops` times."""
    pieces = [course.sample(np.arange(end))]
    for _ in range(loops - 1):
        pieces.append(_continue(pieces[-1], course.sample(np.arange(start, end))))
    if end < len(course):
        pieces.append(_continue(pieces[-1], course.sample(np.arange(end, len(course)))))
    return concatenate(pieces)


def _continue(previous: Course, piece: Course) -> Course:
    return follow(previous, piece, min(LOOP_BLEND, len(piece) / piece.clip.fps))


def _gather_speed(course: Course, at_start: bool, at_end: bool) -> Course:
    """A gait that gathers speed from standing, or loses it, by a slower tempo: so the feet do not slide."""
    ramp = min(round(START_TIME * course.clip.fps), len(course) // 2)
    rate = np.ones(len(course))
    ease = START_RATE + (1.0 - START_RATE) * smoothstep(np.arange(ramp) / max(ramp, 1))
    if at_start:
        rate[:ramp] = ease
    if at_end:
        rate[len(course) - ramp :] = ease[::-1]
    if not (at_start or at_end):
        return course
    return course.sample(np.concatenate(([0.0], np.cumsum(rate[:-1]))))


def _warp(course: Course, segment: Segment, info: ActionInfo) -> Course:
    """The course with the asked turn, way and distance."""
    edits, frames, fps = segment.edits, len(course), course.clip.fps
    turn, stretch = np.zeros(frames), 1.0
    if edits.direction and edits.direction != "forward" and not info.cyclic and info.distance >= TRAVELS:
        course = Course(edit.turn_path(course.clip, WAYS[edits.direction]), course.heading)  # a jump to the side
        edits = replace(edits, direction=None)
    if edits.turn is not None:
        own = course.heading - course.heading[0]
        share = own / own[-1] if abs(own[-1]) > 0.1 else smoothstep(np.linspace(0.0, 1.0, frames))
        turn = share * (edits.turn - own[-1])
    elif edits.direction in ("left", "right"):
        sign = 1.0 if edits.direction == "left" else -1.0
        if info.distance < TRAVELS:
            return Course(edit.aim(course.clip, sign * AIM, arms=info.mask != "full"), course.heading)
        turn = sign * SIDEWAYS * smoothstep(np.arange(frames) / (fps * min(TURN_TIME, frames / fps)))
    if edits.distance is not None:
        travelled = _travelled(course, along=_travels(info))
        stretch = min(edits.distance / travelled, MOST_STRETCH) if travelled > 0.05 else 1.0
    return Course(edit.warp_path(course.clip, turn, stretch), course.heading + turn)


def _travelled(course: Course, *, along: bool) -> float:
    """Metres from the first frame to the last, or `along` the heading: of a circle its circumference."""
    steps = np.diff(course.clip.root_position[:, [0, 2]].astype(np.float64), axis=0)
    if not along:
        return float(np.linalg.norm(steps.sum(axis=0)))
    heading = course.heading[:-1]
    return abs(float((steps * np.stack((np.sin(heading), np.cos(heading)), axis=-1)).sum()))


def overlay(base: Course, layer: Course, segment: Segment) -> Course:
    """`layer` played on the joints of the segment's mask, eased in and out; the root and all else stay as they are.

    Arms follow the sway of the base's chest by half: all of it would swing a waving hand into a runner's face.
    """
    clip = base.clip
    first = round(segment.start * clip.fps)
    frames = min(len(layer), len(clip) - first)
    window = slice(first, first + frames)
    time = np.arange(frames) / clip.fps
    ease = smoothstep(time / segment.blend) * smoothstep((frames / clip.fps - time) / segment.blend)
    weights = mask_weights(clip.skeleton, segment.mask)
    joints = np.flatnonzero(weights)
    shown = layer.clip.rotation[:frames].astype(np.float64)
    if segment.mask in ("arms", "left_arm", "right_arm"):
        sway = quat.mul(quat.inv(_chest(base, window)), _chest(layer, slice(0, frames)))
        for side in ("left", "right"):
            collar = clip.skeleton.index(f"{side}_collar")
            shown[:, collar] = quat.mul(quat.scale(sway, 1.0 - SWAY), shown[:, collar])
    rotation = clip.rotation.astype(np.float64)
    rotation[window, joints] = quat.slerp(rotation[window, joints], shown[:, joints], ease[:, None] * weights[joints])
    return Course(replace(clip, rotation=rotation), base.heading)


def _chest(course: Course, window: slice) -> Array:
    """How the chest is turned `(T, 4)`, seen from where the body is heading."""
    skeleton, rotation = course.clip.skeleton, course.clip.rotation[window].astype(np.float64)
    chest = quat.from_axis_angle("y", -course.heading[window])
    for name in ("pelvis", "spine1", "spine2", "spine3"):
        chest = quat.mul(chest, rotation[:, skeleton.index(name)])
    return chest


def mask_weights(skeleton: Skeleton, mask: Mask) -> Array:
    """How much of a layered action each joint shows `(J,)`, 0..1."""
    if mask == "full":
        return np.ones(len(skeleton.names))
    sides: Sequence[str] = {"left_arm": ("left",), "right_arm": ("right",), "head": ()}.get(mask, ("left", "right"))
    legs = ("hip", "knee", "ankle", "foot")
    named = {"head": _HEAD, "upper": {**_SPINE, **_HEAD}}.get(mask, {})
    weights = np.zeros(len(skeleton.names))
    for index, name in enumerate(skeleton.names):
        side, _, part = name.partition("_")
        weights[index] = named.get(name, 1.0 if side in sides and part not in legs else 0.0)
    return weights
