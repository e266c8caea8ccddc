"""What the web service takes and gives."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from action_library.sequence import Tracks
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
        {"start": 0, "end": 4, "text": "wave", "role": "action", "action": 0, "kind": "action"},
        {"start": 5, "end": 9, "text": "then", "role": "connective", "action": None, "kind": "timing"},
        {"start": 10, "end": 13, "text": "run", "role": "action", "action": 1, "kind": "action"},
    ],
}
_DRAFT: dict[str, Any] = {
    **_PARSED,
    "plan": "wave",
    "steps": [{"actions": [_CALL]}],
    "words": [
        *_PARSED["words"][:2],
        {"start": 10, "end": 14, "text": "runn", "role": "unknown", "action": None, "kind": ""},
    ],
    "unknown": [
        {
            "start": 10,
            "end": 14,
            "text": "runn",
            "suggestions": [{"start": 10, "end": 14, "text": "run"}, {"start": 4, "end": 14, "text": ""}],
        }
    ],
    "refused": 'No action for "runn". Nearest actions: run (0.71).',
}
_TRACKS: list[Any] = [
    {"clips": [{"action": "wave", "start": 0.0, "duration": 3.6}, {"action": "run", "start": 3.6, "duration": 3.2}]}
]
_COMMAND: dict[str, Any] = {
    "id": "0feda897d0f0",
    "frames": 204,
    **_PARSED,
    "timeline": _TIMELINE,
    "tracks": _TRACKS,
}


def _is_unicode(text: str) -> str:
    # JSON can escape half of a surrogate pair, which no answer could repeat in UTF-8.
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("half of a surrogate pair is no character")
    return text


# The engine itself refuses longer texts, as LimitExceeded.
Text = Annotated[str, AfterValidator(_is_unicode), Field(json_schema_extra={"maxLength": MOST_CHARACTERS})]


class ParseRequest(BaseModel):
    """A command in English or Chinese."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "wave then run"}, {"text": "先挥手，再跑步"}]}
    )

    text: Text


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
    role: str = Field(description="action, connective, filler, negated or ignored; in a draft also unknown")
    action: int | None = Field(description="The number of the action that it belongs to, in the order of the plan")
    kind: str = Field(
        description="What it says: action; the parameter that it states, as side or repetitions; timing for connectives"
    )


class ParseReply(BaseModel):
    """How a command was understood."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PARSED]})

    plan: str
    language: Language
    ignored: list[str] = Field(description="What was said besides, of which nothing is performed: like a zombie")
    steps: list[StepReply]
    words: list[WordReply]


class SuggestionReply(BaseModel):
    """Words to put in the place of a stretch of the text; empty: leave it out."""

    model_config = ConfigDict(from_attributes=True)

    start: int
    end: int
    text: str


class UnknownReply(BaseModel):
    """A stretch that is not understood, and what may stand in its place, the likeliest first."""

    model_config = ConfigDict(from_attributes=True)

    start: int
    end: int
    text: str
    suggestions: list[SuggestionReply]


class DraftReply(ParseReply):
    """What is understood of a command that is not finished."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DRAFT]})

    plan: str = Field(description="Of what is understood; may be empty")
    unknown: list[UnknownReply] = Field(
        description="What is not understood, or would not be performed though something similar would"
    )
    refused: str = Field(description="Why the command would not be performed as it stands; empty: it would be")


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
    tracks: Tracks = Field(description="The same by the second, to be changed and sent to /v1/sequences")


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
    heard: str | None = Field(default=None, description="All words of a spoken command that cannot be performed")
    nearest: list[Near] | None = Field(default=None, description="Actions that are near")
