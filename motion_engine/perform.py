"""One action as a segment asks for it: side, loops, length, tempo, direction, turn and distance."""

from __future__ import annotations

import math
from collections.abc import Callable, Sized
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, ParamSpec, TypeVar

import numpy as np
from cachetools import LRUCache, cached

from motion_engine import clips as edit
from motion_engine import quat
from motion_engine.curves import smoothstep
from motion_engine.parts import TRAVELS
from motion_engine.seam import meet
from motion_engine.transition import Course, best_cut, chain, concatenate
from motion_engine.types import ActionInfo, Array, Clip, Edits, Segment

LOOP_BLEND = 0.2  # s, over which one repetition goes over into the next
SEARCHED = 0.33  # s, by which an action whose length nobody asked for may end earlier or start later
MOST_CUT = 0.12  # and the share of its length
TURN_TIME = 0.9  # s, for a change of direction at the start of a walk
START_TIME = 0.5  # s, in which a gait gathers or loses speed next to an action that stands
START_RATE = 0.35  # the tempo at which it starts
AIM = math.radians(70.0)  # a gesture "to the left"
SIDEWAYS = math.radians(90.0)
WAYS = {"left": SIDEWAYS, "right": -SIDEWAYS, "backward": math.pi}
MOST_STRETCH = 2.0  # of the root path; the feet would slide more than they step
REMEMBERED = 10_000  # frames of each kind, which take 9 MB

P = ParamSpec("P")
R = TypeVar("R", bound=Sized)


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """The same, with its last results kept: on a timeline that is being edited most actions stay as they are."""
    return cached(LRUCache[Any, R](REMEMBERED, getsizeof=len), lock=Lock())(function)


@dataclass(frozen=True)
class Take:
    """An action as a segment asks for it, wherever it is played: equal ones are played the same way."""

    info: ActionInfo
    source: Course  # its clip at the track's rate, on the right side
    edits: Edits
    frames: int  # that it lasts
    exact: bool  # it may not be shorter
    after_still: bool | None = None  # whether the action before stands; None: there is none
    before_still: bool | None = None

    @classmethod
    def of(cls, segment: Segment, info: ActionInfo, clip: Clip, fps: float) -> Take:
        """The take of `segment` with its action's clip."""
        edits, frames = segment.edits, round(segment.end * fps) - round(segment.start * fps)
        return cls(held_info(info, edits), _source(clip, fps, info, edits), edits, frames, segment.exact)

    @property
    def fps(self) -> float:
        """Frames per second."""
        return self.source.clip.fps

    @property
    def spare(self) -> int:
        """How many frames earlier it may end or later it may start; what is played of a cycle has as many to spare."""
        return 0 if self.exact else round(min(SEARCHED * self.fps, MOST_CUT * self.frames))

    @remembered
    def enterable(self) -> Course:
        """What may be entered at one of `starts`: one cycle, or all of an action that is none."""
        if self.info.cyclic:
            return self.source
        course, loops, whole = self.source, self.edits.loops, len(self.source)
        if loops > 1:
            start, end = (round(t * self.fps) for t in self.info.loop) if self.info.loop else (0, whole)
            start, loops = max(0, min(start, whole - 2)), round(loops)
            end = min(max(end, start + 2), whole)
            course = repeated(course, start, end, loops, np.arange(whole + (loops - 1) * (end - start)))
        return course.sample(np.linspace(0, len(course) - 1, self.frames))

    def starts(self) -> Array:
        """The frames of `enterable` at which it may be entered."""
        return np.arange(len(self.source) if self.info.cyclic else self.spare + 1)

    def enter(self, course: Course, start: int) -> Course:
        """What is played of what is `enterable` from frame `start` on; a cycle as long as the segment, and to spare."""
        if not self.info.cyclic:
            return course.sample(np.arange(start, len(course)))
        frames, whole = self.frames, len(self.source)
        rate = max(1, round(self.edits.loops * whole)) / frames
        first = math.floor(start - self._lost_frames(frames) * rate) % whole
        # A frame more than is played, so that a slowed gait does not end on a frozen frame.
        length = math.ceil(rate * (frames + self.spare)) + 1
        content = repeated(course, 0, whole, math.inf, np.arange(first, first + length))
        return content.sample(np.arange(frames + self.spare) * rate)

    def usual_end(self, played: Course) -> int:
        """How many frames of what was entered are played if nothing follows."""
        return len(played) - (self.spare if self.info.cyclic else 0)

    def ends(self, played: Course) -> Array:
        """How many frames of what was entered may be played."""
        return np.arange(self.usual_end(played) - self.spare, len(played) + 1)

    @remembered
    def cut_to_fit(self, start: int, following: Take) -> Piece:
        """What is played from frame `start` on, as long as it fits `following` best, and where that is entered then."""
        playing, entered = self.enter(self.enterable(), start), following.enterable()
        ends, starts = self.ends(playing), following.starts()
        waste = np.abs(ends - self.usual_end(playing))[:, None] + (0 if following.info.cyclic else starts)
        end, start = best_cut(playing, ends, entered, starts, waste / self.fps, cyclic=following.info.cyclic)
        return Piece(self.finish(playing.sample(np.arange(end))), start)

    @remembered
    def whole(self, start: int = 0) -> Course:
        """What is played from frame `start` on if nothing follows, with all edits."""
        playing = self.enter(self.enterable(), start)
        return self.finish(playing.sample(np.arange(self.usual_end(playing))))

    def finish(self, course: Course) -> Course:
        """What was played, with its changes of tempo, direction, turn and distance."""
        rates = self._rates(len(course))
        if rates is not None:
            ahead = np.concatenate((np.cumsum(rates[:0:-1])[::-1], [0.0]))
            course = course.sample(len(course) - 1 - ahead)
        chained = (0.5 * (self.after_still is not None), 0.5 * (self.before_still is not None))
        return _warp(course, self.edits, self.info, chained)

    def _rates(self, frames: int) -> Array | None:
        """The tempo of each frame of a gait that gathers speed after an action that stands, or loses it before one."""
        if not (travels(self.info) and (self.after_still or self.before_still)):
            return None
        ramp = min(round(START_TIME * self.fps), frames // 2)
        ease = START_RATE + (1.0 - START_RATE) * smoothstep(np.arange(ramp) / max(ramp, 1))
        rates = np.ones(frames)
        if self.after_still:
            rates[:ramp] = ease
        if self.before_still:
            rates[frames - ramp :] = ease[::-1]
        return rates

    def _lost_frames(self, frames: int) -> float:
        """How many frames less a gait plays for its change of tempo: so much earlier it is entered."""
        rates = self._rates(frames)
        return 0.0 if rates is None else float((1.0 - rates[1:]).sum())


@dataclass(frozen=True, eq=False)
class Piece:
    """What is played of an action, and at which of its frames the next one is entered."""

    course: Course
    start: int

    def __len__(self) -> int:
        return len(self.course)


@remembered
def _source(clip: Clip, fps: float, info: ActionInfo, edits: Edits) -> Course:
    """An action's clip at a frame rate, as the edits ask of its side and way."""
    return sided(edit.resample(clip, fps, cycle_turn=info.turn if info.cyclic else None), info, edits)


def sided(clip: Clip, info: ActionInfo, edits: Edits) -> Course:
    """An action's clip as the edits ask: on the other side, with both arms, or backwards."""
    turn = info.turn
    if edits.direction == "backward" and travels(info):
        clip, turn = edit.reverse(clip), -turn
    if edits.symmetric and info.side in ("left", "right"):
        clip = edit.both_arms(clip, info.side)
    if edits.mirror:
        clip, turn = edit.mirror(clip), -turn
    course = Course.of(clip, cycle_turn=turn if info.cyclic else None)
    if edits.held:
        return course.sample(np.full(2, 0 if edits.held == "first" else len(course) - 1))
    return course


def held_info(info: ActionInfo, edits: Edits) -> ActionInfo:
    """What the library says of an action; of a pose of it that is held, that it goes nowhere and repeats nothing."""
    return replace(info, loop=None, cyclic=False, distance=0.0, turn=0.0) if edits.held else info


def travels(info: ActionInfo) -> bool:
    """Whether it is a gait that goes somewhere."""
    return info.cyclic and info.distance > TRAVELS


def repeated(course: Course, start: int, end: int, loops: float, frames: Array) -> Course:
    """Frames `(N,)` of the course whose frames `start` to `end` are played `loops` times, one after the other.

    Each repetition goes on where the one before leads, and the seam between them is smoothed on both sides.
    """
    length, clip = end - start, course.clip
    again = np.clip((frames - end) // length + 1, 0, loops - 1).astype(np.intp)
    frame = frames - again * length
    if not again.any():
        return course.sample(frame)
    # 1. One seam stands for all: its frames follow those of the course, as `joined`.
    before, after = course.sample(np.arange(end)), course.sample(np.arange(start, end))
    moved = chain(before, after)
    reach = max(1, min(round(LOOP_BLEND * clip.fps), length // 2))
    seam = meet(concatenate([before, moved]), end, reach)
    joined = concatenate([course, seam.sample(np.arange(end - reach, end + reach))])
    # 2. Which frame is shown when, and after how many repetitions.
    opening = (again > 0) & (frame < start + reach)
    closing = (again < loops - 1) & (frame >= end - reach) & (frame < end)
    row = np.where(closing, len(course) + frame - (end - reach), frame)
    row = np.where(opening, len(course) + reach + frame - start, row)
    passed = again - opening
    # 3. Every repetition moves and turns the next; ahead + left i on the floor, so that turns are factors.
    turn = float(moved.heading[0] - course.heading[start])
    turns = np.exp(1j * turn * np.arange(passed.max() + 1))
    step = _floor(moved.clip)[0] - turns[min(1, len(turns) - 1)] * _floor(clip)[start]
    place = np.concatenate(([0.0], np.cumsum(step * turns)))
    position = _floor(joined.clip)[row] * turns[passed] + place[passed]
    root, rotation = joined.clip.root_position[row].astype(np.float64), joined.clip.rotation[row]
    root[:, 0], root[:, 2] = position.imag, position.real
    rotation[:, 0] = quat.mul(quat.from_axis_angle("y", turn * passed), rotation[:, 0].astype(np.float64))
    contacts = joined.clip.contacts[row]
    played = replace(clip, root_position=root, rotation=quat.unroll(rotation), contacts=contacts)
    return Course(played, joined.heading[row] + turn * passed)


def _floor(clip: Clip) -> Array:
    """Where the root is on the floor `(T,)`, m: ahead + left i."""
    root: Array = clip.root_position[:, 2].astype(np.float64) + 1j * clip.root_position[:, 0]
    return root


def _warp(course: Course, edits: Edits, info: ActionInfo, chained: tuple[float, float]) -> Course:
    """The course with the asked turn, way and distance.

    Args:
        course: What is played of the action.
        edits: What is asked.
        info: What the library says of the action.
        chained: How much of its first step and of its last it moves between its neighbours and itself, see `chain`.
    """
    frames, fps = len(course), course.clip.fps
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
        travelled = _travelled(course, chained, along=travels(info))
        stretch = min(edits.distance / travelled, MOST_STRETCH) if travelled > 0.05 else 1.0
    return Course(edit.warp_path(course.clip, turn, stretch), course.heading + turn)


def _travelled(course: Course, chained: tuple[float, float], *, along: bool) -> float:
    """Metres from the action before to the next, or `along` the heading: of a circle its circumference."""
    steps = np.diff(course.clip.root_position[:, [0, 2]].astype(np.float64), axis=0)
    steps[0] *= 1.0 + chained[0]
    steps[-1] *= 1.0 + chained[1]
    if not along:
        return float(np.linalg.norm(steps.sum(axis=0)))
    heading = course.heading[:-1]
    return abs(float((steps * np.stack((np.sin(heading), np.cos(heading)), axis=-1)).sum()))
