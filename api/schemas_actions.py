"""What the routes of actions take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from motion_engine.rig import RestPose
from motion_engine.types import Direction, Language, Mask, Side

_ACTION: dict[str, Any] = {
    "name": "run",
    "description": "Run forward.",
    "description_zh": "向前跑。",
    "aliases": {"en": ["jog", "sprint"], "zh": ["跑步"]},
    "tags": ["locomotion"],
    "duration": 0.8,
    "usual": 2.4,
    "source": "DeepMimic",
    "licence": "MIT",
    "cyclic": True,
    "mask": "full",
    "version": 1,
    "score": None,
}


class ActionReply(BaseModel):
    """An action of the library."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_ACTION]})

    name: str
    description: str
    description_zh: str
    aliases: dict[Language, tuple[str, ...]]
    tags: tuple[str, ...]
    duration: float = Field(description="s, of the whole clip played once")
    usual: float = Field(description="s that it is performed if nobody says")
    source: str
    licence: str
    cyclic: bool = Field(description="Whether it goes on, as a walk")
    mask: Mask = Field(description="The part of the body that it needs when it is laid over another")
    version: int
    score: float | None = Field(default=None, description="How near it is to what was looked for")


_DETAIL: dict[str, Any] = _ACTION | {
    "say": "run",
    "created": "2026-11-24T12:00:00Z",
    "frames": 24,
    "fps": 30.0,
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
    created: datetime
    frames: int
    fps: float
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


_READING: dict[str, Any] = {
    "words": "Read as Mixamo: 22 of 22 body joints by name; rest pose T; +Y up; centimetres",
    "program": "Mixamo",
    "joints": {"pelvis": "mixamorig:Hips", "left_hip": "mixamorig:LeftUpLeg"},
    "body": 22,
    "by_name": True,
    "rest": "T",
    "up": "+Y",
    "metres": 0.01,
}


class ReadingReply(BaseModel):
    """How the skeleton of a file was read; what is wrong in it can be stated in `map`."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_READING]})

    words: str
    program: str | None = Field(description="Whose names its joints have")
    joints: dict[str, str] = Field(description="The file's joint of each of ours that was found")
    body: int = Field(description="How many of our 22 joints of the body are among them")
    by_name: bool = Field(description="false: guessed by the tree of the joints and the motion")
    rest: RestPose | None = Field(description="How the arms are in its rest pose; null: it is no pose")
    up: str = Field(description="Which of its axes is up")
    metres: float | None = Field(description="of its unit")


class UploadReply(BaseModel):
    """What became of a file."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"actions": [_DETAIL], "notes": ["the skeleton's spine was guessed"], "reading": _READING}]
        }
    )

    actions: list[ActionDetail]
    notes: list[str] = Field(description="What had to be guessed, or is missing")
    reading: ReadingReply | None = Field(description="null: the skeleton is ours already")


class Count(BaseModel):
    """How many actions have something."""

    value: str
    count: int


class FacetsReply(BaseModel):
    """What actions can be filtered by, what most have first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "actions": 77,
                    "tags": [{"value": "gesture", "count": 23}],
                    "parts": [{"value": "left_arm", "count": 40}],
                    "sources": [{"value": "DeepMimic", "count": 23}],
                    "licences": [{"value": "MIT", "count": 23}],
                }
            ]
        }
    )

    actions: int
    tags: list[Count]
    parts: list[Count]
    sources: list[Count]
    licences: list[Count]


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
