"""Saved sequences: a command of its own, composed of actions and of other sequences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from action_library.action import Described
from motion_engine.errors import BadCommand
from motion_engine.types import ActionCall, Direction, Mask, Placed, Plan, Side, Step, in_order

MOST_STEPS = 200  # of one sequence
MOST_PLAYED = 1000  # steps of a plan after sequences in it are written out
MOST_TRACKS = 8
MOST_TEXT = 2000  # characters of the command that it was saved from
DEEPEST = 16  # sequences within sequences

LONGEST_NAME = 200  # characters; a limit also refuses halves of surrogate pairs

Factor = Annotated[float, Field(ge=0.01, le=10.0)]
Amount = Annotated[float, Field(gt=0.0, le=3600.0)]


class Call(BaseModel):
    """One action of a step, as of `motion_engine.types.ActionCall`, or a sequence."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    action: Annotated[str, Field(max_length=LONGEST_NAME)]
    side: Side | None = None
    direction: Direction | None = None
    speed: Factor = 1.0
    repetitions: Annotated[int, Field(ge=1, le=1000)] | None = None
    duration: Amount | None = None  # s
    distance: Amount | None = None  # m
    steps: Annotated[int, Field(ge=1, le=1000)] | None = None
    degrees: Amount | None = None


class PlacedCall(Call):
    """An action at its place on a track."""

    start: Annotated[float, Field(ge=0.0, le=3600.0, description="s")]
    end: Annotated[float, Field(gt=0.0, le=3600.0, description="s; instead of `duration`, or neither")] | None = None

    @model_validator(mode="after")
    def _one_length(self) -> PlacedCall:
        if self.end is not None and self.duration is not None:
            raise ValueError("give end or duration, not both")
        if self.end is not None and self.end <= self.start:
            raise ValueError("end comes after start")
        return self


class TrackOf(BaseModel):
    """Actions by the second, of which none overlaps another."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    clips: Annotated[tuple[PlacedCall, ...], Field(max_length=MOST_STEPS)]
    mask: Annotated[Mask | None, Field(description="The part of the body that it moves; null: what each needs")] = None


Groups = tuple[Annotated[tuple[Call, ...], Field(min_length=1, max_length=8)], ...]
Tracks = Annotated[tuple[TrackOf, ...], Field(max_length=MOST_TRACKS)]


class Sequence(Described):
    """Steps one after the other, whose calls are performed together; or tracks, whose calls have their places."""

    text: Annotated[str, Field(max_length=MOST_TEXT)] = ""  # the command that it was saved from
    steps: Annotated[Groups, Field(max_length=MOST_STEPS)] = ()
    tracks: Tracks = ()

    @model_validator(mode="after")
    def _one_of_them(self) -> Sequence:
        if bool(self.steps) == bool(self.tracks):
            raise ValueError("a sequence has either steps or tracks")
        return self

    def uses(self) -> tuple[str, ...]:
        """The names of the actions and sequences in it, each once, in order."""
        placed = (clip.action for track in self.tracks for clip in track.clips)
        return tuple(dict.fromkeys([*(call.action for step in self.steps for call in step), *placed]))

    def notation(self) -> str:
        """What it performs, in the plan notation."""
        return str(plan_of(self.steps, self.tracks))


def plan_of(steps: Groups, tracks: tuple[TrackOf, ...] = ()) -> Plan:
    """The plan that performs these steps one after the other, or these tracks; its text is its notation."""
    plan = Plan("", "en", tuple(_step(step) for step in steps) or (_placed(tracks),))
    return replace(plan, text=str(plan))


def calls_of(plan: Plan) -> dict[str, Any]:
    """What a plan performs, as a sequence keeps it: its fields `steps` or `tracks`."""
    if tracks := plan.steps[0].tracks:
        return {"tracks": tracks_of(tracks)}
    names = Call.model_fields
    steps = (
        tuple(Call(**{name: getattr(call, name) for name in names}) for call in step.actions) for step in plan.steps
    )
    return {"steps": tuple(steps)}


def check_cycle(sequence: Sequence, find: Callable[[str], Sequence | None]) -> None:
    """BadCommand if `sequence` would contain itself, or sequences deeper than DEEPEST.

    Args:
        sequence: One that is to be saved.
        find: The saved sequence of a name; None for an action, or what there is not.
    """

    depths: dict[str, int] = {}  # of what was looked at, so that none is looked at twice

    def depth(inner: Sequence, path: tuple[str, ...]) -> int:
        deepest = 0
        for name in inner.uses():
            way = " > ".join((*path, name))
            if name in path:
                raise BadCommand(f"{name} cannot contain itself ({way}): leave {path[-1]} or {name} out of it.")
            if name not in depths:
                found = find(name)
                depths[name] = 0 if found is None else depth(found, (*path, name))
            deepest = max(deepest, depths[name])
            if len(path) + depths[name] > DEEPEST:
                raise BadCommand(f"{sequence.name}: sequences within sequences are deeper than {DEEPEST} ({way}).")
        return deepest + 1

    depth(sequence, (sequence.name,))


def written_out(plan: Plan, sequences: Mapping[str, Sequence]) -> Plan:
    """A plan in which every sequence is replaced by its steps, as often and as fast as was said.

    Raises:
        BadCommand: Something is said of a sequence that a sequence cannot do, or there are too many steps.
    """
    if not sequences:
        return plan
    steps = [out for step in plan.steps for out in _written(step, sequences, 0)]
    if len(steps) > MOST_PLAYED:
        raise BadCommand(f"These are {len(steps)} steps, {MOST_PLAYED} are allowed: say less at once.")
    return replace(plan, steps=tuple(steps))


def _written(step: Step, sequences: Mapping[str, Sequence], depth: int) -> list[Step]:
    named = [call for call in step.actions if call.action in sequences]
    if not named:
        return [step]
    call = named[0]
    if len(step.actions) > 1:
        others = ", ".join(other.action for other in step.actions if other is not call)
        raise BadCommand(f"{call.action} is a sequence and cannot be done at the same time as {others}: say “then”.")
    for what in ("side", "direction", "duration", "distance", "steps", "degrees"):
        if getattr(call, what) is not None:
            raise BadCommand(
                f"{call.action} is a sequence, which has no {what} of its own: it can be repeated, or slow or fast."
            )
    if depth > DEEPEST:
        raise BadCommand(f"{call.action}: sequences within sequences are deeper than {DEEPEST}.")
    inner = [
        out for calls in sequences[call.action].steps for out in _written(_step(calls, call), sequences, depth + 1)
    ]
    if sequences[call.action].tracks:
        inner = [_placed(sequences[call.action].tracks, call)]
    times = call.repetitions or 1
    if len(inner) * times > MOST_PLAYED:
        raise BadCommand(f"{call.action} x {times} are {len(inner) * times} steps, {MOST_PLAYED} are allowed.")
    return inner * times


def _step(calls: tuple[Call, ...], said: ActionCall | None = None) -> Step:
    """A step of a sequence, as fast and with the words with which the sequence was `said`."""
    speed, phrase, score = (said.speed, said.phrase, said.score) if said else (1.0, "", 1.0)
    actions = (
        ActionCall(**(call.model_dump() | {"phrase": phrase, "score": score, "speed": call.speed * speed}))
        for call in calls
    )
    return Step(tuple(actions))


def _placed(tracks: tuple[TrackOf, ...], said: ActionCall | None = None) -> Step:
    """The step of tracks, as fast and with the words with which their sequence was `said`."""
    faster, score = (said.speed, said.score) if said else (1.0, 1.0)

    def placed(clip: PlacedCall, mask: Mask | None) -> Placed:
        seconds = clip.duration if clip.end is None else clip.end - clip.start
        values: dict[str, Any] = clip.model_dump(exclude={"start", "end"}) | {
            "phrase": said.phrase if said else clip.action,
            "score": score,
            "speed": clip.speed * faster,
            "duration": None if seconds is None else seconds / faster,
        }
        return Placed(ActionCall(**values), clip.start / faster, mask)

    rows = tuple(tuple(placed(clip, track.mask) for clip in track.clips) for track in tracks)
    return Step(tuple(one.call for one in in_order(rows)), rows)


def tracks_of(rows: tuple[tuple[Placed, ...], ...]) -> tuple[TrackOf, ...]:
    """Placed actions as they are kept and sent."""
    return tuple(_track(row) for row in rows)


def _track(row: tuple[Placed, ...]) -> TrackOf:
    names = Call.model_fields
    clips = (PlacedCall(start=one.start, **{name: getattr(one.call, name) for name in names}) for one in row)
    return TrackOf(clips=tuple(clips), mask=row[0].mask if row else None)
