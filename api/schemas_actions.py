"""What the routes of actions take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from motion_engine.types import Direction, Language, Mask, Side

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


_DETAIL: dict[str, Any] = _ACTION | {
    "say": "run",
    "version": 1,
    "created": "2026-11-24T12:00:00Z",
    "frames": 24,
    "fps": 30.0,
    "cyclic": True,
    "mask": "full",
    "parts": ["left_arm", "right_arm", "left_leg", "right_leg"],
    "side": None,
    "way": "forward",
    "distance": 2.2,
    "turn": 0.0,
    "start_posture": "stand",
    "end_posture": "stand",
}


class ActionDetail(ActionReply):
    """All that is known of an action."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_DETAIL]})

    say: str = Field(description="Words that mean it in a command")
    version: int
    created: datetime
    frames: int
    fps: float
    cyclic: bool = Field(description="Whether it goes on, as a walk")
    mask: Mask = Field(description="The part of the body that it needs when it is laid over another")
    parts: tuple[str, ...] = Field(description="Where the body moves")
    side: Side | None
    way: Direction | None = Field(description="Where it goes, seen from where the body faces")
    distance: float = Field(description="m along the floor, in one loop or in all")
    turn: float = Field(description="radians, left positive")
    start_posture: str
    end_posture: str


class VersionReply(BaseModel):
    """A version of an action."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 1, "state": "former", "action": _ACTION}]})

    version: int
    state: Literal["present", "former", "removed"]
    action: ActionReply


class RestoreRequest(BaseModel):
    """Which version shall come back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"version": 1}]})

    version: int | None = Field(default=None, description="null: the latest that is not the present one")


class UploadReply(BaseModel):
    """What became of a file."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"actions": [_DETAIL], "notes": ["the skeleton's spine was guessed"]}]}
    )

    actions: list[ActionDetail]
    notes: list[str] = Field(description="What had to be guessed, or is missing")


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
