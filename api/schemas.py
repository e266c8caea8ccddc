"""What the web service takes and gives."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from motion_engine.types import Language, Mask
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


class CommandRequest(BaseModel):
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

    model_config = ConfigDict(json_schema_extra={"examples": [_TIMELINE]})

    fps: float
    duration: float = Field(description="s")
    segments: list[SegmentReply]


class CommandReply(BaseModel):
    """How the command was understood, and the track that performs it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0feda897d0f0",
                    "plan": "wave > run",
                    "language": "en",
                    "ignored": [],
                    "frames": 204,
                    "timeline": _TIMELINE,
                }
            ]
        }
    )

    id: str = Field(description="Of the track: see /v1/tracks/{id}/frames and /v1/tracks/{id}.bvh")
    plan: str
    language: Language
    ignored: list[str] = Field(description="What was said besides, of which nothing is performed: like a zombie")
    frames: int
    timeline: TimelineReply


class JointReply(BaseModel):
    """A joint of the canonical skeleton."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "left_knee", "parent": 1, "offset": [0.0, -0.4, 0.0]}]}
    )

    name: str
    parent: int = Field(description="Index of the parent, -1 for the root")
    offset: tuple[float, float, float] = Field(description="m, from the parent, at rest")


class ActionReply(BaseModel):
    """An action of the library."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "name": "run",
                    "description": "Run forward.",
                    "aliases": {"en": ["jog", "sprint"], "zh": ["跑步"]},
                    "tags": ["locomotion"],
                    "duration": 0.8,
                    "source": "DeepMimic",
                    "licence": "MIT",
                }
            ]
        },
    )

    name: str
    description: str
    aliases: dict[Language, tuple[str, ...]]
    tags: tuple[str, ...]
    duration: float = Field(description="s, of the whole clip played once")
    source: str
    licence: str


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
                    "nearest": [["run", 0.71]],
                }
            ]
        }
    )

    title: str
    status: int
    detail: str
    phrase: str | None = Field(default=None, description="The words that were not understood")
    nearest: list[tuple[str, float]] | None = Field(default=None, description="Actions that are near, with scores")
