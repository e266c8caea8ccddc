"""A timeline whose actions have been placed by the second, as in a video editor. Pure, total, no arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from motion_engine.conflicts import OTHER_ARM, shared_limbs
from motion_engine.errors import BadCommand, LimitExceeded
from motion_engine.parts import Part, mask_of, part_of
from motion_engine.steps import LAYER_BLEND, LONGEST, STAND, hold, lookup, place_alone, route, still_in, whole
from motion_engine.types import ActionInfo, Edits, Mask, Placed, Segment, Side, Timeline

SHORTEST = 0.1  # s, of an action
ARMS: Mapping[Mask, Side] = {"left_arm": "left", "right_arm": "right"}
LEAST_STILL = 0.5  # s; in less nobody comes to a stop


Actions = Mapping[str, ActionInfo]


def arrange(tracks: Sequence[Sequence[Placed]], actions: Actions, *, fps: float = 30.0) -> Timeline:
    """Actions exactly when they are placed, to the frame.

    Where the first track has nothing the body keeps its posture; if what follows needs another one, it gets there in
    the end of that time. A gesture is made in the posture the body is in. What is on a later track covers what is below
    it, where both need the same limbs.

    Args:
        tracks: The first moves the body, the others are layered on it, from bottom to top.
        actions: What the library knows, by name.
        fps: Frames per second of the track; borders lie on frames.

    Raises:
        UnknownAction: `actions` lacks one.
        BadCommand: There is nothing, actions of a track overlap, one cannot be as short as asked, or there is no time
            to get into its posture.
        LimitExceeded: It would last longer than an hour.
    """
    rows = [[_Own.of(placed, actions, fps) for placed in sorted(row, key=lambda one: one.start)] for row in tracks]
    if not any(rows):
        raise BadCommand("There is nothing on the tracks: place at least one action.")
    for row in rows:
        for one, following in pairwise(row):
            if following.first < one.last:
                raise BadCommand(
                    f"{one.name} lasts until {one.last / fps:g} s and {following.name} begins at "
                    f"{following.first / fps:g} s on the same track: move one of them, or put it on another track."
                )
    end = max(one.last for row in rows for one in row)
    if end > LONGEST * fps:
        raise LimitExceeded(f"The motion would last {end / fps:.0f} s, the limit is {LONGEST:.0f} s: ask for less.")
    segments, gestures = _body(rows[0], end, actions, fps)
    layers = [gestures, *rows[1:]] if gestures else rows[1:]
    for number, row in enumerate(layers, start=1):
        segments += [one.layer(number, fps) for one in row]
    return Timeline(tuple(_covered(segments, actions)), fps, end / fps)


def _frame(seconds: float, fps: float) -> int:
    """The frame nearest to a time: the same for 1.02 + 1.0 s as for 2.02 s, between two frames too."""
    return round(round(seconds * fps, 6))


@dataclass(frozen=True)
class _Own:
    """An action with its frames."""

    placed: Placed
    info: ActionInfo
    part: Part
    hold: ActionInfo | None
    first: int
    last: int

    @classmethod
    def of(cls, placed: Placed, actions: Actions, fps: float) -> _Own:
        call, info = placed.call, lookup(placed.call, actions)
        first = _frame(placed.start, fps)
        last = None if call.duration is None else _frame(placed.start + call.duration, fps)
        if last is not None:
            shortest = max(2.0, SHORTEST * fps)
            if last - first < shortest:
                raise BadCommand(
                    f"{info.name} at {placed.start:g} s is too short: give it {shortest / fps:.2g} s at least."
                )
            call = replace(call, duration=(last - first) / fps)
        arm = ARMS.get(placed.mask) if placed.mask else None
        if call.side is None and arm and info.side in ARMS.values() and info.side != arm:
            call = replace(call, side=arm)  # the arm whose track it is on makes it
        held = hold(info, actions)
        part = part_of(call, info, held=held is not None)
        last = first + max(2, round(part.duration * fps)) if last is None else last
        return cls(replace(placed, call=call), info, part, held, first, last)

    @property
    def name(self) -> str:
        return self.info.name

    def base(self, fps: float) -> list[Segment]:
        """What moves the body: the action, and what holds its posture if it shall last longer."""
        return place_alone(self.placed.call, self.info, self.hold, self.first / fps, fps)

    def beyond(self, moment: float | None, *, ended: bool) -> Edits:
        """How it is kept up after it has `ended`, or before it begins: a cycle goes on for a `moment` of s, else its
        pose there is held."""
        edits = self.part.edits
        if moment is None or not self.info.cyclic:
            return Edits(mirror=edits.mirror, symmetric=edits.symmetric, held="last" if ended else "first")
        onward = edits.direction if edits.direction == "backward" else None
        return Edits(moment * edits.speed / self.info.duration, edits.speed, edits.mirror, direction=onward)

    def layer(self, number: int, fps: float) -> Segment:
        """The action as a layer."""
        part, start, end = self.part, self.first / fps, self.last / fps
        mask = self.placed.mask or mask_of(part)
        note = "its upper body" if self.info.mask == "full" and mask == "upper" else ""
        blend = min(LAYER_BLEND, (end - start) / 3)
        return Segment(self.name, start, end, number, mask, blend, part.edits, part.phrase, True, note)


def _body(row: Sequence[_Own], end: int, actions: Actions, fps: float) -> tuple[list[Segment], list[_Own]]:
    """The segments of the first track, without gaps from the first frame to `end`, and its gestures made in a posture.

    Those are laid over what keeps the posture.
    """
    segments: list[Segment] = []
    gestures: list[_Own] = []
    before: _Own | None = None
    time, busy, posture = 0, 0, row[0].info.start_posture if row else STAND
    for one in row:
        if _goes_with(one.info, posture, actions):
            gestures.append(one)
            busy = one.last
            continue
        segments += _meanwhile(posture, (time, busy), before, one, actions, fps)
        segments += one.base(fps)
        time, busy, posture, before = one.last, one.last, one.info.end_posture, one
    if time < end:
        segments.append(_still(posture, time, end, before, None, actions, fps))
    return [replace(segment, exact=True) for segment in segments], gestures


def _goes_with(info: ActionInfo, posture: str, actions: Actions) -> bool:
    """Whether it is a gesture that is made as well in this posture, which is not standing."""
    gesture = info.mask != "full" and info.start_posture == info.end_posture == STAND
    return gesture and posture != STAND and still_in(posture, actions) is not None


def _meanwhile(
    posture: str, since: tuple[int, int], before: _Own | None, following: _Own, actions: Actions, fps: float
) -> list[Segment]:
    """What the body does until the next action, which may need another posture.

    Args:
        posture: The one the body is in.
        since: From which frame on it keeps that, and from which on it may leave it: a gesture may be made in it.
        before: What it did last.
        following: What it does next.
        actions: What the library knows, by name.
        fps: Frames per second of the track.
    """
    time, busy = since
    ways = route(posture, following.info.start_posture, actions) if posture != following.info.start_posture else []
    frames = [max(2, round(way.duration * fps)) for way in ways]
    free = following.first - time - sum(frames)
    if time + free < busy:
        names = " and ".join(way.name.replace("_", " ") for way in ways)
        raise BadCommand(
            f"{following.name} at {following.first / fps:g} s comes too early: before it the body must {names}, which "
            f"takes {sum(frames) / fps:.1f} s. Begin it at {(busy + sum(frames)) / fps:g} s or later."
        )
    segments = [_still(posture, time, time + free, before, following, actions, fps)] if free > 0 else []
    time += free
    for way, length in zip(ways, frames, strict=True):
        segments.append(whole(way, time, time + length, fps))
        time += length
    return segments


def _still(
    posture: str, first: int, last: int, before: _Own | None, following: _Own | None, actions: Actions, fps: float
) -> Segment:
    """What keeps a posture between two actions.

    That is what the library has for it, or one pose. In a moment too short to stop in, the action beside it goes on.
    """
    info, beside, seconds = still_in(posture, actions), before or following, (last - first) / fps
    moment = seconds < LEAST_STILL
    if beside and (moment or info is None):
        edits = beside.beyond(seconds if moment else None, ended=before is not None)
        return whole(beside.info, first, last, fps, edits)
    if info is None:
        raise BadCommand(
            f"The library has no action for doing nothing ({posture}): fill the time from {first / fps:g} to "
            f"{last / fps:g} s yourself."
        )
    return whole(info, first, last, fps, Edits(loops=seconds / info.duration))


def _needed(segment: Segment, actions: Actions) -> Mask:
    """The joints that a segment needs; a gesture that moves the body needs only those of the gesture."""
    mask = segment.mask if segment.layer else actions[segment.action].mask
    return mask if segment.layer or not segment.edits.mirror else OTHER_ARM.get(mask, mask)


def _covered(segments: Sequence[Segment], actions: Actions) -> list[Segment]:
    """The segments, with a note on each of which another one above takes limbs; whole bodies can spare some."""
    noted = []
    for one in segments:
        note, mask = one.note, _needed(one, actions)
        for other in segments if one.layer or mask != "full" else ():
            start, end = max(one.start, other.start), min(one.end, other.end)
            limbs = shared_limbs(mask, other.mask) if other.layer > one.layer and start < end else ""
            if limbs:
                note += f"{'; ' if note else ''}{other.action} has the {limbs} from {start:g} to {end:g} s"
        noted.append(replace(one, note=note))
    return noted
