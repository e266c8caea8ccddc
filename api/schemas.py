"""What the web service takes and gives."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from action_library.sequence import MOST_STEPS, Call
from motion_engine.types import LIBRARY_FPS, Direction, Language, Mask, Side, canonical_skeleton
from nlp.parse import MOST_CHARACTERS

_WAVE: dict[str, Any] = {
    "action": "wave",
    "start": 0.0,
    "end": 3.6,
    "layer": 0,
    "mask": "full",
    "phrase": "wave",
    "note": "",
}
_RUN = _WAVE | {"action": "run", "start": 3.6, "end": 6.8, "phrase": "run"}
_TIMELINE: dict[str, Any] = {"fps": 30.0, "duration": 6.8, "segments": [_WAVE, _RUN]}


_CALL: dict[str, Any] = {
    "phrase": "wave",
    "action": "wave",
    "score": 1.0,
    "side": None,
    "direction": None,
    "speed": 1.0,
    "repetitions": None,
    "duration": None,
    "distance": None,
    "steps": None,
    "degrees": None,
}
_PARSED: dict[str, Any] = {
    "plan": "wave > run",
    "language": "en",
    "ignored": [],
    "steps": [{"actions": [_CALL]}, {"actions": [_CALL | {"phrase": "run", "action": "run"}]}],
    "words": [
        {"start": 0, "end": 4, "text": "wave", "role": "action", "action": 0},
        {"start": 5, "end": 9, "text": "then", "role": "connective", "action": None},
        {"start": 10, "end": 13, "text": "run", "role": "action", "action": 1},
    ],
}
_COMMAND: dict[str, Any] = {"id": "0feda897d0f0", "frames": 204, **_PARSED, "timeline": _TIMELINE}


class ParseRequest(BaseModel):
    """A command in English or Chinese."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "wave then run"}, {"text": "先挥手，再跑步"}]}
    )

    # The engine itself refuses longer texts, as LimitExceeded.
    text: str = Field(json_schema_extra={"maxLength": MOST_CHARACTERS})

    @field_validator("text")
    @classmethod
    def _is_unicode(cls, text: str) -> str:
        # JSON can escape half of a surrogate pair, which no answer could repeat in UTF-8.
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise ValueError("half of a surrogate pair is no character")
        return text


class CommandRequest(ParseRequest):
    """A command in English or Chinese, and how its motion is made."""

    fps: float = Field(default=LIBRARY_FPS, ge=1, le=240, description="Frames a second of the track")


class CallReply(BaseModel):
    """One action with the parameters that the command stated; null is "not stated"."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_CALL]})

    phrase: str = Field(description="The words that asked for it")
    action: str
    score: float = Field(description="How sure it is, 0..1; 1 for words of the lexicon")
    side: Side | None
    direction: Direction | None
    speed: float = Field(description="A factor")
    repetitions: int | None
    duration: float | None = Field(description="s")
    distance: float | None = Field(description="m")
    steps: int | None
    degrees: float | None


class StepReply(BaseModel):
    """Actions performed together: the first moves the body, the others are layered on it."""

    model_config = ConfigDict(from_attributes=True)

    actions: list[CallReply]


class WordReply(BaseModel):
    """A stretch of words with one role, as typed."""

    model_config = ConfigDict(from_attributes=True)

    start: int
    end: int
    text: str
    role: str = Field(description="action, connective, filler, negated or ignored")
    action: int | None = Field(description="The number of the action that it belongs to, in the order of the plan")


class ParseReply(BaseModel):
    """How a command was understood."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PARSED]})

    plan: str
    language: Language
    ignored: list[str] = Field(description="What was said besides, of which nothing is performed: like a zombie")
    steps: list[StepReply]
    words: list[WordReply]


class SegmentReply(BaseModel):
    """One action on the timeline; seconds."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_WAVE]})

    action: str
    start: float
    end: float
    layer: int = Field(description="0 moves the body; 1, 2, ... are layered on it")
    mask: Mask = Field(description="The part of the body that performs it")
    phrase: str = Field(description="The words that asked for it; empty for what the engine added itself")
    note: str = Field(description="Why with another arm, or later than said; empty if it got what it needs of the body")


class TimelineReply(BaseModel):
    """When each action plays."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_TIMELINE]})

    fps: float
    duration: float = Field(description="s")
    segments: list[SegmentReply]


class CommandReply(ParseReply):
    """How the command was understood, and the track that performs it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COMMAND]})

    id: str = Field(description="Of the track: see /v1/tracks/{id}/frames and /v1/tracks/{id}.bvh")
    frames: int
    timeline: TimelineReply


class TranscriptReply(BaseModel):
    """What was heard."""

    model_config = ConfigDict(from_attributes=True)

    text: str
    language: Language
    certainty: float = Field(description="How sure the model is of the words, 0..1")


class SpokenReply(CommandReply):
    """What was heard, how it was understood, and the track that performs it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**_COMMAND, "heard": {"text": "wave then run", "language": "en", "certainty": 0.9}}]
        }
    )

    heard: TranscriptReply


class JointReply(BaseModel):
    """A joint of the canonical skeleton."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "left_knee", "parent": 1, "offset": [0.0, -0.4, 0.0]}]}
    )

    name: str
    parent: int = Field(description="Index of the parent, -1 for the root")
    offset: tuple[float, float, float] = Field(description="m, from the parent, at rest")


def joints() -> list[JointReply]:
    """The canonical skeleton, in the order of the rotations."""
    skeleton = canonical_skeleton()
    rows = zip(skeleton.names, skeleton.parents, skeleton.offsets.tolist(), strict=True)
    return [JointReply(name=name, parent=parent, offset=tuple(offset)) for name, parent, offset in rows]


_ACTION: dict[str, Any] = {
    "name": "run",
    "description": "Run forward.",
    "aliases": {"en": ["jog", "sprint"], "zh": ["跑步"]},
    "tags": ["locomotion"],
    "duration": 0.8,
    "source": "DeepMimic",
    "licence": "MIT",
    "score": None,
}


class ActionReply(BaseModel):
    """An action of the library."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_ACTION]})

    name: str
    description: str
    aliases: dict[Language, tuple[str, ...]]
    tags: tuple[str, ...]
    duration: float = Field(description="s, of the whole clip played once")
    source: str
    licence: str
    score: float | None = Field(default=None, description="How near it is to what was looked for")


class ActionPage(BaseModel):
    """Some actions, and how to get the next."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"actions": [_ACTION], "cursor": None}]})

    actions: list[ActionReply]
    cursor: str | None = Field(description="For the next page; null: this is the last")


class ActionChange(BaseModel):
    """What shall be said of an action; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"tags": ["gesture", "friendly"]}]})

    name: str | None = None
    description: str | None = None
    description_zh: str | None = None
    aliases: dict[Language, tuple[str, ...]] | None = None
    tags: tuple[str, ...] | None = None
    source: str | None = None
    licence: str | None = None


_STEPS: list[Any] = [[{"action": "wave", "repetitions": 2}], [{"action": "run", "duration": 3.0}, {"action": "clap"}]]
_SEQUENCE: dict[str, Any] = {
    "name": "greeting",
    "plan": "wave[repetitions=2] > bow",
    "say": "greeting",
    "text": "wave twice then bow",
    "steps": [[{"action": "wave", "repetitions": 2}], [{"action": "bow"}]],
    "aliases": {"en": ["say hello"], "zh": []},
    "description": "",
}
_TRACKS: list[Any] = [
    {"clips": [{"action": "walk", "start": 0.0, "end": 4.0}, {"action": "jump", "start": 5.0}]},
    {"clips": [{"action": "wave", "start": 1.0, "end": 2.5, "side": "left"}]},
]
_FLAT: list[Any] = [{"action": "run"}, {"action": "wave", "start": "with", "layer": "over"}, {"action": "bow"}]


class FlatCall(Call):
    """One action of a list that is not grouped into steps."""

    start: Literal["after", "with"] = Field(default="after", description="After the one before, or together with it")
    layer: Literal["body", "over"] | None = Field(
        default=None, description="Whether it moves the body or is laid over what does; null: as fits the action"
    )


def _grouped(steps: Any) -> Any:
    """Steps as lists of calls, whether they came so or as a flat list."""
    if not isinstance(steps, list) or not any(isinstance(item, dict) for item in steps):
        return steps
    groups: list[Any] = []
    for item in steps:
        if not isinstance(item, dict):
            groups.append(item)
            continue
        call = dict(item)
        start, layer = call.pop("start", "after"), call.pop("layer", None)
        if start not in ("after", "with") or layer not in (None, "body", "over"):
            raise ValueError('start is "after" or "with" (seconds belong on tracks), layer is "body" or "over"')
        if start == "after":
            groups.append([call])
        elif not groups or not isinstance(groups[-1], list):
            raise ValueError("the first step cannot start with another one")
        else:
            groups[-1].insert(0 if layer == "body" else len(groups[-1]), call)
    return groups


_Group = Annotated[tuple[Call, ...], Field(min_length=1, max_length=8)]
Steps = Annotated[
    tuple[_Group, ...],
    BeforeValidator(_grouped, json_schema_input_type=list[_Group | FlatCall]),
    Field(
        min_length=1,
        max_length=MOST_STEPS,
        description="One after the other. The calls of an inner list are done together; without inner lists `start` "
        "says which are.",
    ),
]


class PlacedCall(Call):
    """An action at its place on a track."""

    start: float = Field(ge=0, le=3600, description="s")
    end: float | None = Field(default=None, gt=0, le=3600, description="s; instead of `duration`, or neither")

    @model_validator(mode="after")
    def _one_length(self) -> PlacedCall:
        if self.end is not None and self.duration is not None:
            raise ValueError("give end or duration, not both")
        if self.end is not None and self.end <= self.start:
            raise ValueError("end comes after start")
        return self


class TrackRequest(BaseModel):
    """Actions by the second, of which none overlaps another."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": _TRACKS})

    clips: tuple[PlacedCall, ...] = Field(max_length=MOST_STEPS)
    mask: Mask | None = Field(default=None, description="The part of the body that it moves; null: what each needs")


class ComposeRequest(BaseModel):
    """Steps that are stated one by one, or tracks by the second: the first moves the body, others are laid over it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"steps": _STEPS}, {"steps": _FLAT}, {"tracks": _TRACKS}]}
    )

    steps: Steps | None = None
    tracks: Annotated[tuple[TrackRequest, ...], Field(min_length=1, max_length=8)] | None = None
    fps: float = Field(default=LIBRARY_FPS, ge=1, le=240, description="Frames a second of the track")

    @model_validator(mode="after")
    def _one_of_them(self) -> ComposeRequest:
        if (self.steps is None) == (self.tracks is None):
            raise ValueError("give either steps or tracks")
        return self


class SequenceRequest(BaseModel):
    """What a name shall stand for: a command in words, or steps."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "wave twice then bow"}, {"steps": _STEPS}]}
    )

    text: str | None = None
    steps: Steps | None = None
    aliases: tuple[str, ...] = ()
    description: str = ""

    @model_validator(mode="after")
    def _one_of_them(self) -> SequenceRequest:
        if (self.text is None) == (self.steps is None):
            raise ValueError("give either text or steps")
        return self


class SequenceReply(BaseModel):
    """A saved sequence."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SEQUENCE]})

    name: str
    plan: str
    say: str = Field(description="Words that mean it in a command")
    text: str = Field(description="The command that it was saved from")
    steps: tuple[tuple[Call, ...], ...]
    aliases: dict[Language, tuple[str, ...]]
    description: str


class SequencePage(BaseModel):
    """Some sequences, and how to get the next."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sequences": [_SEQUENCE], "cursor": None}]})

    sequences: list[SequenceReply]
    cursor: str | None = Field(description="For the next page; null: this is the last")


class Near(BaseModel):
    """An action that may have been meant."""

    action: str
    score: float = Field(description="0..1")


class Problem(BaseModel):
    """An error as RFC 9457 describes it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "UnknownAction",
                    "status": 404,
                    "detail": 'No action for "runn". Nearest actions: run (0.71).',
                    "phrase": "runn",
                    "nearest": [{"action": "run", "score": 0.71}],
                }
            ]
        }
    )

    title: str
    status: int
    detail: str
    phrase: str | None = Field(default=None, description="The words that were not understood")
    nearest: list[Near] | None = Field(default=None, description="Actions that are near")
