"""One step of a plan laid out in time: the body, what is layered on it, and how postures change. No arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from motion_engine.conflicts import OTHER_ARM, Turn, Wish, take_turns
from motion_engine.errors import BadCommand, UnknownAction
from motion_engine.parts import TRAVELS, Part, fill, lengthen, mask_of, part_of, turns_on_the_spot
from motion_engine.types import ActionCall, ActionInfo, Edits, Segment, Step

PAUSE = 1.0  # s, of who shall get up but stands already
BODY_BLEND = 0.5  # s
LAYER_BLEND = 0.35  # s
LAYER_LEAD = 0.3  # s, the base action goes on before and after what is layered on it
LONGEST = 3600.0  # s
STAND = "stand"
STILL = {STAND: "idle"}  # what stays in a posture; for the others it is called POSTURE_still


@dataclass(frozen=True)
class _Layer:
    """A part in the middle of the time that it has, s from the start of its step."""

    part: Part
    start: float
    end: float


@dataclass(frozen=True)
class _Parts:
    """What plays in one step: the base, what holds its posture afterwards, and what is layered on both."""

    base: Part
    held: Part | None = None
    layers: tuple[_Layer, ...] = ()
    stated: bool = False  # somebody asked for the length of the base


def lay_out(
    step: Step, posture: str | None, actions: Mapping[str, ActionInfo], time: float, fps: float
) -> tuple[list[Segment], str]:
    """The segments of a step from `time` on, and before them what leads to its posture; and the posture afterwards.

    Args:
        step: What is performed together.
        posture: The one the body is in; None: whatever the step starts in.
        actions: What the library knows, by name.
        time: s, on a frame.
        fps: Frames per second of the track.
    """
    step, infos = _base_first(step, [lookup(call, actions) for call in step.actions])
    step, infos = _from_here(step, infos, posture, actions)
    step, infos = _hands_free(step, infos, actions)
    segments = way_to(infos[0].start_posture, posture, actions, time, fps)
    start = segments[-1].end if segments else time
    segments += _place(_parts(step, infos, hold(infos[0], actions)), start, fps)
    return segments, infos[0].end_posture


def way_to(
    wanted: str, posture: str | None, actions: Mapping[str, ActionInfo], time: float, fps: float
) -> list[Segment]:
    """What leads from a posture to another, from `time` on; nothing if it is the same, or there is no way."""
    segments: list[Segment] = []
    if posture not in (None, wanted):
        for info in route(str(posture), wanted, actions):
            segments += _place(_Parts(Part(info, Edits(), "")), segments[-1].end if segments else time, fps)
    return segments


def whole(info: ActionInfo, first: int, last: int, fps: float, edits: Edits | None = None) -> Segment:
    """An action that moves the whole body from one frame to another."""
    blend = min(BODY_BLEND, 0.5 * (last - first) / fps)
    return Segment(info.name, first / fps, last / fps, 0, "full", blend, edits or Edits())


def lookup(call: ActionCall, actions: Mapping[str, ActionInfo]) -> ActionInfo:
    """What the library says of a call's action; UnknownAction or BadCommand if it cannot do what the call says."""
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
    if call.direction == "backward" and info.distance <= TRAVELS and not turns_on_the_spot(info):
        raise BadCommand(f'"{words}" stays where it is and cannot go backward: walk or run there.')
    if call.degrees is not None and not turns_on_the_spot(info):
        raise BadCommand(f'"{words}" cannot be told how far to turn: add "turn {call.degrees:g} degrees".')
    return info


def _base_first(step: Step, infos: list[ActionInfo]) -> tuple[Step, list[ActionInfo]]:
    """The step with what moves the whole body in front: nodding while sitting is sitting, with a nod on it."""
    base = next((i for i, info in enumerate(infos) if info.mask == "full"), 0)
    order = [base, *(i for i in range(len(infos)) if i != base)]
    return Step(tuple(step.actions[i] for i in order)), [infos[i] for i in order]


def _leads(start: str, end: str, actions: Mapping[str, ActionInfo]) -> ActionInfo | None:
    """The shortest action that leads from one posture to another; None if there is none."""
    found = [i for i in actions.values() if (i.start_posture, i.end_posture) == (start, end) and start != end]
    return min(found, key=lambda info: (info.duration, info.name), default=None)


def route(start: str, end: str, actions: Mapping[str, ActionInfo]) -> list[ActionInfo]:
    """The actions that lead from one posture to another, straight or by way of standing; empty if there are none."""
    straight = _leads(start, end, actions)
    if straight:
        return [straight]
    return [info for info in (_leads(start, STAND, actions), _leads(STAND, end, actions)) if info]


def still_in(posture: str, actions: Mapping[str, ActionInfo]) -> ActionInfo | None:
    """What the body does in a posture when nothing is asked; None if the library has nothing."""
    return actions.get(STILL.get(posture, f"{posture}_still"))


def _from_here(
    step: Step, infos: list[ActionInfo], posture: str | None, actions: Mapping[str, ActionInfo]
) -> tuple[Step, list[ActionInfo]]:
    """The step, fitted to the posture the body is in.

    Getting up starts from there; who stands already pauses. A gesture is made sitting or kneeling if one does so.
    """
    info = infos[0]
    if posture in (None, info.start_posture):
        return step, infos
    still = still_in(str(posture), actions)
    if info.start_posture != STAND and info.end_posture == STAND:
        if posture == STAND and still:
            pause = replace(step.actions[0], duration=PAUSE)
            return Step((pause, *step.actions[1:])), [still, *infos[1:]]
        return step, [_leads(str(posture), STAND, actions) or info, *infos[1:]]
    if info.mask != "full" and info.start_posture == info.end_posture == STAND and still:
        return Step((ActionCall("", still.name), *step.actions)), [still, *infos]
    return step, infos


def _hands_free(
    step: Step, infos: list[ActionInfo], actions: Mapping[str, ActionInfo]
) -> tuple[Step, list[ActionInfo]]:
    """The step; a gesture that leaves another no arm becomes a layer itself, and the base stands still."""
    if infos[0].mask == "full":
        return step, infos
    parts = [part_of(call, info) for call, info in zip(step.actions, infos, strict=True)]
    waiting = next((turn for turn in _turns(step.actions, parts) if turn.number), None)
    if waiting is None:
        return step, infos
    if STILL[STAND] not in actions:
        raise BadCommand(f'"{step.actions[0].phrase}" leaves no room ({waiting.note}): put "then" between them.')
    still = actions[STILL[STAND]]
    return Step((ActionCall("", still.name), *step.actions)), [still, *infos]


def _turns(calls: Sequence[ActionCall], parts: Sequence[Part]) -> list[Turn]:
    """What each part of a step gets of the body, but for a base that is a whole-body action: it has the rest."""
    wishes = []
    for call, part in zip(calls, parts, strict=True):
        mask = mask_of(part)
        wishes.append(Wish(part.info.name, mask, mask in OTHER_ARM and call.side is None and call.direction is None))
    if parts[0].info.mask == "full":
        return [Turn(None), *take_turns(wishes[1:])]
    return take_turns(wishes)


def hold(info: ActionInfo, actions: Mapping[str, ActionInfo]) -> ActionInfo | None:
    """What goes on after an action that only changes the posture (sit: sit still); None if there is nothing."""
    if info.loop or info.end_posture == info.start_posture:
        return None
    return still_in(info.end_posture, actions)


def place_alone(call: ActionCall, info: ActionInfo, held: ActionInfo | None, time: float, fps: float) -> list[Segment]:
    """The segments of an action that nothing is layered on, from `time` on; what is `held` follows if that is short."""
    return _place(_parts(Step((call,)), [info], held), time, fps)


def _parts(step: Step, infos: list[ActionInfo], hold: ActionInfo | None) -> _Parts:
    """The actions of one step, made to fit each other: the base lasts as long as what is layered on it.

    A base that changes the posture is not stretched but held (sit, then sit still), and the layers go on meanwhile.
    """
    call = step.actions[0]
    base = part_of(call, infos[0], held=hold is not None)
    layers = [part_of(call, info) for call, info in zip(step.actions[1:], infos[1:], strict=True)]
    turns = _turns(step.actions, [base, *layers])[1:]
    layers = [_as_given(part, turn, base) for part, turn in zip(layers, turns, strict=True)]
    queue = _queue(layers, turns)
    total = max(base.duration, call.duration or 0.0) if hold else base.duration
    stated = any(x is not None for x in (call.repetitions, call.duration, call.distance, call.steps, call.degrees))
    if layers:
        longest = max(sum(queue), *(part.duration for part in layers)) + 2 * LAYER_LEAD
        if total < longest and not stated:
            base = base if hold else lengthen(base, longest)
            total = longest if hold else base.duration
    filled = []
    for part, (start, end), told in zip(layers, _slots(queue, turns, total), step.actions[1:], strict=True):
        counted = told.repetitions is not None or told.duration is not None
        part = fill(part, end - start, base.phrase or base.info.name, total, counted=counted)  # noqa: PLW2901
        filled.append(_Layer(part, start, end))
    rest = total - base.duration
    held = Part(hold, Edits(loops=rest / hold.duration), "") if hold and rest > 0 else None
    return _Parts(base, held, tuple(filled), stated)


def _as_given(part: Part, turn: Turn, base: Part) -> Part:
    """The layered part with the arm that it got, and a note of what it did not get."""
    note = turn.note or (f"its upper body: {base.info.name} has the legs" if part.info.mask == "full" else "")
    return replace(part, note=note, edits=replace(part.edits, mirror=part.edits.mirror != turn.swapped))


def _queue(layers: Sequence[Part], turns: Sequence[Turn]) -> list[float]:
    """How long each turn lasts, s, of the layers that take turns."""
    longest = [0.0] * (1 + max((turn.number or 0 for turn in turns), default=0))
    for part, turn in zip(layers, turns, strict=True):
        if turn.number is not None:
            longest[turn.number] = max(longest[turn.number], part.duration)
    return longest


def _slots(queue: Sequence[float], turns: Sequence[Turn], total: float) -> list[tuple[float, float]]:
    """From when to when each layer may play, s: nearly all of `total`, or a share if they take turns as in `queue`."""
    lead = min(LAYER_LEAD, total / 8)
    per_second = (total - 2 * lead) / (sum(queue) or 1.0)
    borders = [lead + per_second * passed for passed in accumulate(queue, initial=0.0)]
    whole = (lead, total - lead)
    return [whole if turn.number is None else (borders[turn.number], borders[turn.number + 1]) for turn in turns]


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
    for number, layer in enumerate(parts.layers, start=1):
        part = layer.part
        length = min(max(2, round(part.duration * fps)), frames)
        start = time + min(max(0, round(((layer.start + layer.end) * fps - length) / 2)), frames - length) / fps
        blend = min(LAYER_BLEND, length / fps / 3)
        mask, end = mask_of(part), start + length / fps
        segments.append(
            Segment(part.info.name, start, end, number, mask, blend, part.edits, part.phrase, note=part.note)
        )
    return segments
