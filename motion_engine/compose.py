"""Timeline and clips to Track: edit, cut, chain, smooth the seams, layer, and keep the feet on the floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import numpy as np

from motion_engine.contacts import lock_feet
from motion_engine.errors import UnknownAction
from motion_engine.layers import overlay
from motion_engine.perform import Take, remembered, travels
from motion_engine.seam import smooth_seams
from motion_engine.transition import Course, chain, concatenate
from motion_engine.types import ActionInfo, Clip, Segment, Timeline, Track

LEAST_ROOM = 0.3  # s on either side of a cut, even beside an action that is shorter: else the body would jump


def compose(timeline: Timeline, clips: Mapping[str, Clip], actions: Mapping[str, ActionInfo]) -> Track:
    """One continuous motion that plays `timeline`.

    The track's own timeline says what is played when: actions whose length nobody asked for are cut where they fit
    each other best, up to `perform.SEARCHED` seconds from where they would end or start.

    Args:
        timeline: Segments in time; those of layer 0 follow one another without gaps.
        clips: The clip of every action that the timeline names, on the canonical skeleton, at any frame rate.
        actions: What the library says of them.

    Raises:
        UnknownAction: A clip is missing.
    """
    # 1. Every clip at the track's frame rate, on the side that is asked for.
    for segment in timeline.segments:
        if segment.action not in clips:
            raise UnknownAction(segment.action)
    takes = [Take.of(s, actions[s.action], clips[s.action], timeline.fps) for s in timeline.segments]

    # 2. What moves the body.
    base = _base(tuple(take for take, s in zip(takes, timeline.segments, strict=True) if s.layer == 0))
    course, played = base.course, _as_played(timeline, base.borders, base.halves)

    # 3. Layer the other actions on it.
    for take, segment in zip(takes, played.segments, strict=True):
        if segment.layer:
            course = overlay(course, take.whole(), segment)

    # 4. Feet that stand stay where they are.
    seams = [(s.start - s.blend / 2, s.start + s.blend / 2) for s in played.segments[1:] if s.layer == 0]
    return Track(lock_feet(course.clip, seams), played)


@dataclass(frozen=True, eq=False)
class _Base:
    """What moves the body, one action after the other."""

    course: Course
    borders: list[int]  # the frames at which each begins, and the end
    halves: list[float]  # s, of the blend at the beginning of each

    def __len__(self) -> int:
        return len(self.course)


@remembered
def _base(takes: tuple[Take, ...]) -> _Base:
    """The takes, each edited, cut where it fits the next, and going on from where that one leads; no seam jumps."""
    pieces = _cut_to_fit(takes)
    pieces[0] = pieces[0].place(np.zeros(3), 0.0)
    for index in range(1, len(pieces)):
        pieces[index] = chain(pieces[index - 1], pieces[index])
    lengths = [len(piece) for piece in pieces]
    course = concatenate(pieces)
    del pieces  # an hour of motion takes 90 MB
    borders = [0, *accumulate(lengths)]
    course, halves = smooth_seams(course, borders[1:-1], _rooms(lengths, round(LEAST_ROOM * takes[0].fps)))
    return _Base(course, borders, [0.0, *halves])


def _cut_to_fit(takes: Sequence[Take]) -> list[Course]:
    """What is played of each action, edited, cut where it fits the next best."""
    still = [None, *(not travels(take.info) for take in takes), None]
    takes = [
        replace(take, after_still=before, before_still=after)
        for take, before, after in zip(takes, still, still[2:], strict=False)
    ]
    pieces: list[Course] = []
    start = 0
    for take, following in pairwise(takes):
        piece = take.cut_to_fit(start, following)
        pieces.append(piece.course)
        start = piece.start
    return [*pieces, takes[-1].whole(start)]


def _rooms(lengths: Sequence[int], least: int) -> list[int]:
    """How many frames the window of each seam may take on either side.

    Half of what is played, or all at the ends; but `least`, if the motion has as many.
    """
    shares = [length if index in (0, len(lengths) - 1) else length // 2 for index, length in enumerate(lengths)]
    cuts, total = accumulate(lengths[:-1]), sum(lengths)
    rooms = (max(least, min(pair)) for pair in pairwise(shares))
    return [min(room, cut, total - cut) for room, cut in zip(rooms, cuts, strict=True)]


def _as_played(timeline: Timeline, frames: Sequence[int], halves: Sequence[float]) -> Timeline:
    """The timeline with the borders (frames) and halves of the blends (s) that the segments of the base really have."""
    borders = [frame / timeline.fps for frame in frames]
    segments: list[Segment] = []
    base, moved = 0, 0.0
    for segment in timeline.segments:
        if segment.layer:  # it belongs to the base just before, which is exactly as long as it was to be
            segments.append(replace(segment, start=segment.start + moved, end=segment.end + moved))
            continue
        start, end = borders[base], borders[base + 1]
        moved = start - segment.start
        segments.append(replace(segment, start=start, end=end, blend=2 * halves[base]))
        base += 1
    return Timeline(tuple(segments), timeline.fps, borders[-1])
