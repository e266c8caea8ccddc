"""A timeline as actions placed by the second: the way back from what `schedule` made of words to what can be edited."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Literal

from motion_engine.parts import part_of, turns_on_the_spot
from motion_engine.types import ActionCall, ActionInfo, Edits, Mask, Placed, Segment, Timeline

_Hand = Literal["left", "right"]
_OTHER: dict[str | None, _Hand] = {"left": "right", "right": "left"}
DIGITS = 4  # of seconds, metres and factors: less than a frame, and short to read


def blocks_of(timeline: Timeline, actions: Mapping[str, ActionInfo]) -> tuple[tuple[Placed, ...], ...]:
    """What was asked for, placed as the timeline has it, so that `placed.arrange` makes much the same of it.

    The first track is the body's; then one for each part of the body that something is layered on, more if such actions
    overlap. What the engine added itself (getting up, standing still) is left out: `arrange` adds it as it is needed.
    """
    rows: list[list[Placed]] = [[]]
    for segment in sorted(timeline.segments, key=lambda one: (one.layer, one.start)):
        if not segment.phrase:
            continue
        placed = _placed(segment, actions[segment.action])
        free = (row for row in rows[1:] if row[0].mask == placed.mask and not _meets(row, placed))
        row = rows[0] if segment.layer == 0 else next(free, None)
        if row is None:
            rows.append([placed])
        else:
            row.append(placed)
    return tuple(tuple(row) for row in rows)


def _meets(row: list[Placed], placed: Placed) -> bool:
    both = sorted((*row, placed), key=lambda one: one.start)
    return any(one.start + (one.call.duration or 0.0) > other.start + 1e-3 for one, other in pairwise(both))


def _placed(segment: Segment, info: ActionInfo) -> Placed:
    start, end = round(segment.start, DIGITS), round(segment.end, DIGITS)
    call = _call(segment, info, round(end - start, DIGITS))
    mask: Mask | None = segment.mask if segment.layer else None
    return Placed(call, start, mask)


def _call(segment: Segment, info: ActionInfo, duration: float) -> ActionCall:
    """The call that `part_of` makes the segment's edits of; it states no more than it must."""
    edits = segment.edits
    call = ActionCall(segment.phrase, segment.action, duration=duration, speed=_speed(edits, info))
    call = replace(call, distance=None if edits.distance is None else round(edits.distance, DIGITS))
    if edits.turn is not None:
        way: _Hand = "left" if edits.turn > 0 else "right"
        call = replace(call, direction=way, degrees=round(math.degrees(abs(edits.turn)), 1))
    elif edits.direction is not None:
        call = replace(call, direction=edits.direction)
    elif edits.mirror and info.way in ("left", "right"):
        call = replace(call, direction=_OTHER[info.way])
    elif edits.mirror and abs(info.turn) > math.pi:
        call = replace(call, direction="right" if info.turn > 0 else "left")
    if edits.symmetric:
        call = replace(call, side="both")
    elif info.side in _OTHER and part_of(replace(call, duration=None), info).edits.mirror != edits.mirror:
        call = replace(call, side=_OTHER[info.side] if edits.mirror else info.side)
    alone = part_of(replace(call, duration=None if info.cyclic else duration), info)
    if not info.cyclic and not turns_on_the_spot(info) and alone.edits.loops != edits.loops:
        call = replace(call, repetitions=max(1, round(edits.loops)))
    return call


def _speed(edits: Edits, info: ActionInfo) -> float:
    """How fast a gait is, or somebody sits down; what else is played faster or slower is just shorter or longer."""
    own = (info.cyclic and edits.distance is None) or info.start_posture != info.end_posture
    return round(edits.speed, DIGITS) if own else 1.0
