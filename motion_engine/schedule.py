"""Plan to Timeline: how long each action plays, how often, and where. Pure, total, no arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from motion_engine.errors import BadCommand, LimitExceeded, UnknownAction
from motion_engine.types import ActionCall, ActionInfo, Edits, Mask, Plan, Segment, Step, Timeline

PAUSE = 1.0  # s, of who shall get up but stands already
GAIT_TIME = 3.0  # s, that walking, running or idling lasts when nothing is asked
BODY_BLEND = 0.5  # s
LAYER_BLEND = 0.35  # s
LAYER_LEAD = 0.3  # s, the base action goes on before and after what is layered on it
FASTEST = 3.0  # how much faster than its clip an action is played at most
SLOWEST = 0.75  # how far an action is slowed down to leave time for what is layered on it
LONGEST = 3600.0  # s
STAND = "stand"
STILL = {STAND: "idle"}  # what stays in a posture; for the others it is called POSTURE_still
TRAVELS = 0.3  # m in one cycle, above which an action goes somewhere

_OPPOSITE: dict[Mask, Mask] = {"left_arm": "right_arm", "right_arm": "left_arm"}


@dataclass(frozen=True)
class _Part:
    """An action with its edits, before it has a place in time."""

    info: ActionInfo
    edits: Edits
    phrase: str

    @property
    def duration(self) -> float:
        start, end = self.info.loop or (0.0, self.info.duration)
        return (self.info.duration + (self.edits.loops - 1.0) * (end - start)) / self.edits.speed


@dataclass(frozen=True)
class _Parts:
    """What plays in one step: the base, what holds its posture afterwards, and what is layered on both."""

    base: _Part
    held: _Part | None = None
    layers: tuple[_Part, ...] = ()
    stated: bool = False  # somebody asked for the length of the base


def schedule(
    plan: Plan, actions: Mapping[str, ActionInfo], *, fps: float = 30.0, posture: str | None = None
) -> Timeline:
    """Place every action of `plan` in time.

    Steps follow one another without a gap. Where an action starts in another posture than the one before ended in, the
    action that leads there is put between them if the library has one (sit, then run: stand up first).

    Args:
        plan: What was asked for.
        actions: What the library knows, by name.
        fps: Frames per second of the track; segment borders lie on frames.
        posture: The one the body is in at the start; None: whatever the first action starts in.

    Raises:
        UnknownAction: `actions` lacks one that the plan names.
        BadCommand: The plan has no steps, or asks for zero of something.
        LimitExceeded: The motion would last longer than an hour.
    """
    if not plan.steps:
        raise BadCommand("The plan has no steps: name at least one action, for example `wave then run`.")
    segments: list[Segment] = []
    time = 0.0
    for step in plan.steps:
        step, infos = _base_first(step, [_lookup(call, actions) for call in step.actions])  # noqa: PLW2901
        step, infos = _from_here(step, infos, posture, actions)  # noqa: PLW2901
        if posture is not None and infos[0].start_posture != posture:
            for info in _route(posture, infos[0].start_posture, actions):
                part = _Part(info, Edits(), "")
                segments += _place(_Parts(part), time, fps)
                time = segments[-1].end
        segments += _place(_parts(step, infos, _hold(infos[0], actions)), time, fps)
        time = max(s.end for s in segments if s.layer == 0)
        posture = infos[0].end_posture
        if time > LONGEST:
            raise LimitExceeded(f"The motion would last {time:.0f} s, the limit is {LONGEST:.0f} s: ask for less.")
    return Timeline(tuple(segments), fps, time)


def _lookup(call: ActionCall, actions: Mapping[str, ActionInfo]) -> ActionInfo:
    if call.action not in actions:
        raise UnknownAction(call.phrase or call.action)
    for name in ("duration", "distance", "steps", "repetitions", "degrees"):
        value = getattr(call, name)
        if value is not None and value <= 0:
            raise BadCommand(
                f'"{call.phrase or call.action}" with {name} {value:g} is nothing to perform: leave it out.'
            )
    info, words = actions[call.action], call.phrase or call.action
    if call.distance is not None and info.distance <= TRAVELS:
        raise BadCommand(f'"{words}" stays where it is and cannot go {call.distance:g} m: walk or run there.')
    if call.direction == "backward" and info.distance <= TRAVELS and not _turns(info):
        raise BadCommand(f'"{words}" stays where it is and cannot go backward: walk or run there.')
    if call.degrees is not None and not _turns(info):
        raise BadCommand(f'"{words}" cannot be told how far to turn: add "turn {call.degrees:g} degrees".')
    return info


def _turns(info: ActionInfo) -> bool:
    """Whether it is an action for turning on the spot, by any angle."""
    return 0.3 < abs(info.turn) < math.pi and info.distance < 2 * TRAVELS


def _base_first(step: Step, infos: list[ActionInfo]) -> tuple[Step, list[ActionInfo]]:
    """The step with what moves the whole body in front: nodding while sitting is sitting, with a nod on it."""
    base = next((i for i, info in enumerate(infos) if info.mask == "full"), 0)
    order = [base, *(i for i in range(len(infos)) if i != base)]
    return Step(tuple(step.actions[i] for i in order)), [infos[i] for i in order]


def _leads(start: str, end: str, actions: Mapping[str, ActionInfo]) -> ActionInfo | None:
    """The shortest action that leads from one posture to another; None if there is none."""
    found = [i for i in actions.values() if (i.start_posture, i.end_posture) == (start, end) and start != end]
    return min(found, key=lambda info: (info.duration, info.name), default=None)


def _route(start: str, end: str, actions: Mapping[str, ActionInfo]) -> list[ActionInfo]:
    """The actions that lead from one posture to another, straight or by way of standing; empty if there are none."""
    straight = _leads(start, end, actions)
    if straight:
        return [straight]
    return [info for info in (_leads(start, STAND, actions), _leads(STAND, end, actions)) if info]


def _from_here(
    step: Step, infos: list[ActionInfo], posture: str | None, actions: Mapping[str, ActionInfo]
) -> tuple[Step, list[ActionInfo]]:
    """The step, fitted to the posture the body is in.

    Getting up starts from there; who stands already pauses. A gesture is made sitting or kneeling if one does so.
    """
    info = infos[0]
    if posture in (None, info.start_posture):
        return step, infos
    still = actions.get(STILL.get(str(posture), f"{posture}_still"))
    if info.start_posture != STAND and info.end_posture == STAND:
        if posture == STAND and still:
            pause = replace(step.actions[0], duration=PAUSE)
            return Step((pause, *step.actions[1:])), [still, *infos[1:]]
        return step, [_leads(str(posture), STAND, actions) or info, *infos[1:]]
    if info.mask != "full" and info.start_posture == info.end_posture == STAND and still:
        return Step((ActionCall("", still.name), *step.actions)), [still, *infos]
    return step, infos


def _hold(info: ActionInfo, actions: Mapping[str, ActionInfo]) -> ActionInfo | None:
    """What goes on after an action that only changes the posture (sit: sit still); None if there is nothing."""
    if info.loop or info.end_posture == info.start_posture:
        return None
    return actions.get(STILL.get(info.end_posture, f"{info.end_posture}_still"))


def _parts(step: Step, infos: list[ActionInfo], hold: ActionInfo | None) -> _Parts:
    """The actions of one step, made to fit each other: the base lasts as long as what is layered on it.

    A base that changes the posture is not stretched but held (sit, then sit still), and the layers go on meanwhile.
    """
    call = step.actions[0]
    base = _part(call, infos[0], held=hold is not None)
    layers = [_part(call, info) for call, info in zip(step.actions[1:], infos[1:], strict=True)]
    total = max(base.duration, call.duration or 0.0) if hold else base.duration
    stated = any(x is not None for x in (call.repetitions, call.duration, call.distance, call.steps, call.degrees))
    if layers:
        longest = max(part.duration for part in layers) + 2 * LAYER_LEAD
        if total < longest and not stated:
            base = base if hold else _lengthen(base, longest)
            total = longest if hold else base.duration
    room = total - 2 * min(LAYER_LEAD, total / 8)
    filled = [
        _fill(part, room, base, counted=call.repetitions is not None or call.duration is not None)
        for part, call in zip(layers, step.actions[1:], strict=True)
    ]
    rest = total - base.duration
    held = _Part(hold, Edits(loops=rest / hold.duration), "") if hold and rest > 0 else None
    return _Parts(base, held, tuple(filled), stated)


def _part(call: ActionCall, info: ActionInfo, *, held: bool = False) -> _Part:
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
    return _Part(info, _directed(edits, call, info), call.phrase)


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
    if _turns(info) and (call.degrees is not None or call.direction in ("left", "right")):
        sign = math.copysign(1.0, info.turn) if call.direction not in ("left", "right") else 0.0
        sign = sign or (1.0 if call.direction == "left" else -1.0)
        degrees = call.degrees if call.degrees is not None else math.degrees(abs(info.turn)) * edits.loops
        return replace(edits, turn=sign * math.radians(degrees), mirror=sign * info.turn < 0)
    if call.direction in (None, "forward"):
        return edits
    if abs(info.turn) > math.pi and call.direction in ("left", "right"):  # a spin goes round that way, not over there
        return replace(edits, mirror=(call.direction == "left") != (info.turn > 0))
    if info.distance < TRAVELS and call.side is None and info.side in ("left", "right"):
        edits = replace(edits, mirror=call.direction in ("left", "right") and call.direction != info.side)
    return replace(edits, direction=call.direction)


def _lengthen(part: _Part, duration: float) -> _Part:
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


def _fill(part: _Part, room: float, base: _Part, *, counted: bool) -> _Part:
    """The layered part, made to last about `room` seconds unless the command counted it; never longer.

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
            f'"{part.phrase or part.info.name}" takes {part.duration:.1f} s and does not fit into '
            f'"{base.phrase or base.info.name}": make that at least {part.duration / FASTEST + 2 * LAYER_LEAD:.1f} s.'
        )
    return replace(part, edits=replace(part.edits, speed=part.edits.speed * max(1.0, faster)))


def _mask(part: _Part) -> Mask:
    mask = part.info.mask
    if part.edits.symmetric and mask in _OPPOSITE:
        return "arms"
    if mask == "full":
        return "upper"
    return _OPPOSITE.get(mask, mask) if part.edits.mirror else mask


def _place(parts: _Parts, time: float, fps: float) -> list[Segment]:
    """The segments of one step from `time` on: the base, what holds it, and the layers in the middle of both."""
    total = parts.base.duration + (parts.held.duration if parts.held else 0.0)
    frames, own = max(2, round(total * fps)), max(2, round(parts.base.duration * fps))
    borders = [0, own, frames] if parts.held and frames - own > 1 else [0, frames]
    exact = parts.stated or parts.held is not None or bool(parts.layers)
    segments = []
    for part, first, last in zip((parts.base, parts.held), borders, borders[1:], strict=False):
        assert part is not None
        blend = min(BODY_BLEND, 0.5 * (last - first) / fps)
        start, end = time + first / fps, time + last / fps
        segments.append(Segment(part.info.name, start, end, 0, "full", blend, part.edits, part.phrase, exact))
    for layer, part in enumerate(parts.layers, start=1):
        length = min(max(2, round(part.duration * fps)), frames)
        start = time + round((frames - length) / 2) / fps
        blend = min(LAYER_BLEND, length / fps / 3)
        segments.append(
            Segment(part.info.name, start, start + length / fps, layer, _mask(part), blend, part.edits, part.phrase)
        )
    return segments
