"""One call made a part: what it states turned into edits of the action's clip."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from motion_engine.conflicts import OTHER_ARM
from motion_engine.errors import BadCommand
from motion_engine.types import ActionCall, ActionInfo, Edits, Mask

GAIT_TIME = 3.0  # s, that walking, running or idling lasts when nothing is asked
FASTEST = 3.0  # how much faster than its clip an action is played at most
SLOWEST = 0.75  # how far an action is slowed down to leave time for what is layered on it
TRAVELS = 0.3  # m in one cycle, above which an action goes somewhere


@dataclass(frozen=True)
class Part:
    """An action with its edits, before it has a place in time; `note` says what it does not get of the body."""

    info: ActionInfo
    edits: Edits
    phrase: str
    note: str = ""

    @property
    def duration(self) -> float:
        """Seconds."""
        start, end = self.info.loop or (0.0, self.info.duration)
        return (self.info.duration + (self.edits.loops - 1.0) * (end - start)) / self.edits.speed


def turns_on_the_spot(info: ActionInfo) -> bool:
    """Whether it is an action for turning on the spot, by any angle."""
    return 0.3 < abs(info.turn) < math.pi and info.distance < 2 * TRAVELS


def part_of(call: ActionCall, info: ActionInfo, *, held: bool = False) -> Part:
    """One action with everything the call states turned into edits; if it is `held`, a long duration is not its own."""
    start, end = info.loop or (0.0, info.duration)
    cycle, rest = end - start, info.duration - (end - start)
    speed = call.speed
    loops = _loops(call, info, cycle)
    if call.duration is not None and not (held and call.duration > info.duration / speed):
        if loops is None:
            loops = (call.duration * speed - rest) / cycle
            if not info.cyclic:
                loops = max(1.0, float(round(loops)))
                if info.loop is None and info.end_posture != info.start_posture:
                    loops = 1.0  # nobody sits down twice in a row
        speed = _fast_enough(call, rest + loops * cycle)
    if loops is None:
        loops = float(info.cycles or 1)
        if info.cyclic and not info.cycles:  # whole cycles of a gait; standing still may end anywhere
            loops = GAIT_TIME * speed / cycle if info.distance < TRAVELS else max(1, round(GAIT_TIME * speed / cycle))
    mirror = call.side in ("left", "right") and info.side in ("left", "right") and call.side != info.side
    edits = Edits(
        loops=loops,
        speed=speed,
        mirror=mirror,
        symmetric=call.side == "both" and info.side in ("left", "right"),
        distance=_distance(call, info),
    )
    return Part(info, _directed(edits, call, info), call.phrase)


def _loops(call: ActionCall, info: ActionInfo, cycle: float) -> float | None:
    """How often the looping part plays if the call says so: repetitions, steps, a distance or a turn."""
    if call.repetitions is not None:
        return float(call.repetitions)
    if call.steps is not None:
        return max(1, call.steps) / 2.0 if info.cyclic else float(max(1, call.steps))
    if call.distance is not None and info.distance > TRAVELS:
        loops = call.distance / info.distance
        return max(0.5, loops) if info.cyclic else max(1.0, float(round(loops)))
    if call.degrees is not None and abs(info.turn) > 0.3:
        return max(1.0, float(round(math.radians(call.degrees) / abs(info.turn))))
    return None


def _distance(call: ActionCall, info: ActionInfo) -> float | None:
    return call.distance if info.distance > TRAVELS else None


def _directed(edits: Edits, call: ActionCall, info: ActionInfo) -> Edits:
    """The edits with the asked direction: a turn, a way to go, or a gesture made to one side."""
    if turns_on_the_spot(info) and (call.degrees is not None or call.direction in ("left", "right")):
        sign = math.copysign(1.0, info.turn) if call.direction not in ("left", "right") else 0.0
        sign = sign or (1.0 if call.direction == "left" else -1.0)
        degrees = call.degrees if call.degrees is not None else math.degrees(abs(info.turn)) * edits.loops
        return replace(edits, turn=sign * math.radians(degrees), mirror=sign * info.turn < 0)
    if call.direction in (None, "forward"):
        return edits
    if abs(info.turn) > math.pi and call.direction in ("left", "right"):  # a spin goes round that way, not over there
        return replace(edits, mirror=(call.direction == "left") != (info.turn > 0))
    if info.way in ("left", "right") and call.direction in ("left", "right"):  # a side step goes that way by itself
        return replace(edits, mirror=call.direction != info.way)
    if info.distance < TRAVELS and call.side is None and info.side in ("left", "right"):
        edits = replace(edits, mirror=call.direction in ("left", "right") and call.direction != info.side)
    return replace(edits, direction=call.direction)


def lengthen(part: Part, duration: float) -> Part:
    """The part, played longer: more cycles if it loops, else a little slower."""
    if part.info.loop:
        start, end = part.info.loop
        missing = (duration - part.duration) * part.edits.speed / (end - start)
        more = missing if part.info.cyclic else float(math.ceil(missing))
        return replace(part, edits=replace(part.edits, loops=part.edits.loops + more))
    slower = max(SLOWEST, part.duration / duration)
    return replace(part, edits=replace(part.edits, speed=part.edits.speed * slower))


def _fast_enough(call: ActionCall, natural: float) -> float:
    """The speed at which `natural` seconds last as long as the call says; BadCommand if nobody is that fast."""
    assert call.duration is not None
    if natural > FASTEST * call.duration:
        words = call.phrase or call.action
        raise BadCommand(
            f'"{words}" cannot be done in {call.duration:g} s: it takes {natural:.1f} s, and at least '
            f"{natural / FASTEST:.1f} s at its fastest."
        )
    return natural / call.duration


def fill(part: Part, room: float, base: str, total: float, *, counted: bool) -> Part:
    """The layered part, made to last about `room` seconds unless the command counted it; never longer.

    Args:
        part: What is layered.
        room: s that it has.
        base: The words for what it is layered on.
        total: s that the base lasts.
        counted: The command says how often or how long.

    Raises:
        BadCommand: It would have to be faster than anybody is.
    """
    if part.info.loop and not counted:
        start, end = part.info.loop
        missing = (room - part.duration) * part.edits.speed / (end - start)
        loops = max(1.0, part.edits.loops + math.floor(missing + 1e-6))
        part = replace(part, edits=replace(part.edits, loops=loops))
    faster = part.duration / room
    if faster > FASTEST:
        raise BadCommand(
            f'"{part.phrase or part.info.name}" takes {part.duration:.1f} s and does not fit into "{base}": '
            f"make that at least {math.ceil(10 * total * faster / FASTEST) / 10:.1f} s."
        )
    return replace(part, edits=replace(part.edits, speed=part.edits.speed * max(1.0, faster)))


def mask_of(part: Part) -> Mask:
    """The joints that it takes when it is layered on another."""
    mask = part.info.mask
    if part.edits.symmetric and mask in OTHER_ARM:
        return "arms"
    if mask == "full":
        return "upper"
    return OTHER_ARM.get(mask, mask) if part.edits.mirror else mask
