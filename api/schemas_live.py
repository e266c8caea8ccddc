"""What the routes of live rooms take and give."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.live.wire import Policy, Sender
from api.schemas import ParseRequest
from motion_engine.stream import When

_ROOM: dict[str, Any] = {
    "room": "main",
    "fps": 60.0,
    "frame": 4211,
    "speed": 1.0,
    "policy": "queue",
    "vmc": ["127.0.0.1:39539"],
    "viewers": 3,
    "now": {"actions": ["run"], "phrases": ["run"]},
    "performing": {"number": 7, "frame": 4180, "end": 4302, "text": "run", "sender": "Bo"},
    "waiting": [{"number": 8, "frame": 4302, "end": 4518, "text": "wave", "sender": "Anna"}],
    "votes": {"options": [{"option": 1, "text": "bow", "plan": "bow", "votes": 2}], "seconds": 9.5},
}


CUE: dict[str, Any] = {
    "type": "cue",
    "number": 8,
    "text": "wave",
    "sender": "Anna",
    "plan": "wave",
    "when": "end",
    "frame": 4302,
    "timeline": {"fps": 60.0, "duration": 3.6, "segments": []},
    "drops": [],
}


class RoomRequest(BaseModel):
    """How a room shall be."""

    model_config = ConfigDict(
        extra="forbid",
        allow_inf_nan=False,
        json_schema_extra={"examples": [{"policy": "queue", "vmc": ["127.0.0.1:39539"]}]},
    )

    policy: Policy = Field(default="interrupt", description="What becomes of what the audience says")
    vmc: Annotated[tuple[str, ...] | None, Field(max_length=8)] = Field(
        default=None, description="host:port of programs that get its motion by the VMC protocol; null: as before"
    )
    fps: Annotated[float, Field(ge=24, le=120, description="Of a new room; one that is open keeps its own")] = 60.0


class WaitingReply(BaseModel):
    """A command that has its place."""

    number: int
    frame: int = Field(description="In which it takes effect")
    end: int = Field(description="The first frame after it")
    text: str
    sender: str


class NowReply(BaseModel):
    """What is played."""

    actions: tuple[str, ...] = Field(description="What moves the body, then what is layered on it")
    phrases: tuple[str, ...] = Field(description='The words that asked for each; "" for what the engine added')


class OptionReply(BaseModel):
    """Something that was proposed."""

    option: int
    text: str
    plan: str
    votes: int


class VotesReply(BaseModel):
    """A vote that is going on."""

    options: list[OptionReply]
    seconds: float = Field(description="Until it ends")


class RoomReply(BaseModel):
    """A room as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ROOM]})

    room: str
    fps: float
    frame: int = Field(description="The next one")
    speed: float
    policy: Policy
    vmc: list[str] = Field(description="Receivers of the VMC protocol")
    viewers: int
    now: NowReply
    performing: WaitingReply | None = Field(description="The command that is performed")
    waiting: list[WaitingReply]
    votes: VotesReply | None


class LiveCommand(ParseRequest):
    """Something that is said in a room."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "wave", "sender": "Anna"}, {"text": "先走路，再挥手"}]}
    )

    when: When | None = Field(default=None, description="For a host; the audience's is the room's policy")
    sender: Sender = ""
