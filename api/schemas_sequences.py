"""What the routes of sequences take and give: steps, tracks by the second, and what is saved."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from action_library.sequence import MOST_STEPS, Call, Tracks
from api.schemas import Text
from motion_engine.types import LIBRARY_FPS, Language

_STEPS: list[Any] = [[{"action": "wave", "repetitions": 2}], [{"action": "run", "duration": 3.0}, {"action": "clap"}]]
_SEQUENCE: dict[str, Any] = {
    "name": "greeting",
    "plan": "wave[repetitions=2] > bow",
    "say": "greeting",
    "text": "wave twice then bow",
    "steps": [[{"action": "wave", "repetitions": 2}], [{"action": "bow"}]],
    "tracks": [],
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
    moved = False  # somebody said what moves the body in the last step
    for item in steps:
        if not isinstance(item, dict):
            groups.append(list(item) if isinstance(item, list) else item)
            moved = False
            continue
        call = dict(item)
        start, layer = call.pop("start", "after"), call.pop("layer", None)
        if start not in ("after", "with") or layer not in (None, "body", "over"):
            raise ValueError('start is "after" or "with" (seconds belong on tracks), layer is "body" or "over"')
        if start == "after":
            if layer == "over":
                raise ValueError('what is laid "over" starts "with" what it is laid over')
            groups.append([call])
            moved = layer == "body"
        elif layer == "body" and moved:
            raise ValueError("only one of the actions that are done together moves the body")
        elif not groups or not isinstance(groups[-1], list):
            raise ValueError("the first step cannot start with another one")
        else:
            groups[-1].insert(0 if layer == "body" else len(groups[-1]), call)
            moved = moved or layer == "body"
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


class ComposeRequest(BaseModel):
    """Steps that are stated one by one, or tracks by the second: the first moves the body, others are laid over it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"steps": _STEPS}, {"steps": _FLAT}, {"tracks": _TRACKS}]}
    )

    steps: Steps | None = None
    tracks: Annotated[Tracks, Field(min_length=1)] | None = None
    fps: float = Field(default=LIBRARY_FPS, ge=1, le=240, description="Frames a second of the track")

    @model_validator(mode="after")
    def _one_of_them(self) -> ComposeRequest:
        if (self.steps is None) == (self.tracks is None):
            raise ValueError("give either steps or tracks")
        return self


class SequenceRequest(BaseModel):
    """What a name shall stand for: a command in words, steps, or tracks by the second."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "wave twice then bow"}, {"steps": _STEPS}, {"tracks": _TRACKS}]},
    )

    text: Text | None = None
    steps: Steps | None = None
    tracks: Annotated[Tracks, Field(min_length=1)] | None = None
    aliases: tuple[str, ...] = ()
    description: str = ""

    @model_validator(mode="after")
    def _one_of_them(self) -> SequenceRequest:
        if sum(part is not None for part in (self.text, self.steps, self.tracks)) != 1:
            raise ValueError("give text, steps or tracks")
        return self


class SequenceReply(BaseModel):
    """A saved sequence."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SEQUENCE]})

    name: str
    plan: str
    say: str = Field(description="Words that mean it in a command")
    text: str = Field(description="The command that it was saved from")
    steps: tuple[tuple[Call, ...], ...]
    tracks: Tracks
    aliases: dict[Language, tuple[str, ...]]
    description: str


class SequencePage(BaseModel):
    """Some sequences, and how to get the next."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sequences": [_SEQUENCE], "cursor": None}]})

    sequences: list[SequenceReply]
    cursor: str | None = Field(description="For the next page; null: this is the last")
