"""What goes over a live socket: frames as bytes or JSON, and messages as JSON in both directions.

A frame is 852 bytes, little endian:

| bytes | what |
|---|---|
| 0 | uint8, 1: this layout |
| 1 | uint8, which feet stand: bit i for joint i of CONTACT_JOINTS |
| 2 | uint16, the number of joints J, 52 |
| 4 | uint32, the number of the frame since the room was opened |
| 8 | 3 x float32, the pelvis in the world: m, +Y up |
| 20 | J x 4 x float32, rotations relative to the parent, wxyz, in the order of `/v1/skeleton` |
"""

from __future__ import annotations

import json
import struct
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from action_library.sequence import Tracks
from api.schemas import ParseRequest, Problem
from api.schemas_sequences import Steps
from motion_engine.errors import BadCommand
from motion_engine.stream import FASTEST, Pose, When
from motion_engine.types import Language

LAYOUT = 1
HEAD = struct.Struct("<BBHI")
LONGEST_WORDS = 1 << 16  # bytes of a message in JSON
DIGITS = 4  # of numbers in JSON

Policy = Literal["interrupt", "queue", "vote"]
Id = Annotated[str, Field(max_length=64, description="Chosen by who sends it; the answer has it too")]
Sender = Annotated[str, Field(max_length=64, description="Who of an audience says it, if one socket speaks for many")]


def frame_bytes(pose: Pose) -> bytes:
    """A pose as a binary frame."""
    contacts = sum(1 << i for i, stands in enumerate(pose.contacts) if stands)
    values = np.concatenate((pose.root_position, pose.rotation.ravel())).astype("<f4")
    return HEAD.pack(LAYOUT, contacts, len(pose.rotation), pose.frame & 0xFFFFFFFF) + values.tobytes()


def frame_json(pose: Pose) -> str:
    """A pose as a frame in JSON."""
    root, rotation = pose.root_position.round(DIGITS).tolist(), pose.rotation.ravel().round(DIGITS).tolist()
    values = {"type": "frame", "frame": pose.frame, "contacts": pose.contacts.tolist(), "root": root}
    return json.dumps(values | {"rotation": rotation}, separators=(",", ":"))


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Say(ParseRequest):
    """A command in words."""

    type: Literal["command"]
    id: Id = ""
    when: When | None = None
    sender: Sender = ""


class Do(_Message):
    """A sequence: stated step by step or by the second, or saved under a name."""

    type: Literal["sequence"]
    id: Id = ""
    steps: Steps | None = None
    tracks: Annotated[Tracks, Field(min_length=1)] | None = None
    name: Annotated[str, Field(max_length=200)] | None = None
    when: When | None = None
    sender: Sender = ""


class Talk(_Message):
    """What is said follows as binary messages, the pieces of one sound file, until `talk_end`."""

    type: Literal["talk"]
    id: Id = ""
    language: Language | None = None
    when: When | None = None
    sender: Sender = ""


class TalkEnd(_Message):
    """Everything was said."""

    type: Literal["talk_end"]


class Vote(_Message):
    """For one of the options of a vote."""

    type: Literal["vote"]
    id: Id = ""
    option: Annotated[int, Field(ge=1)]
    sender: Sender = ""


class Stop(_Message):
    """Come to rest, and forget what waits."""

    type: Literal["stop"]
    id: Id = ""


class Speed(_Message):
    """How fast everything is played; 0 stands still."""

    type: Literal["speed"]
    id: Id = ""
    factor: Annotated[float, Field(ge=0.0, le=FASTEST)]


class Recentre(_Message):
    """Move the body back to the middle."""

    type: Literal["recentre"]
    id: Id = ""


class Direct(_Message):
    """What becomes of what the audience says."""

    type: Literal["policy"]
    id: Id = ""
    policy: Policy


class AskSkeleton(_Message):
    """The joints of the rotations."""

    type: Literal["skeleton"]
    id: Id = ""


class Ping(_Message):
    """Answered at once, with what was sent."""

    type: Literal["ping"]
    id: Id = ""


Message = Say | Do | Talk | TalkEnd | Vote | Stop | Speed | Recentre | Direct | AskSkeleton | Ping
_MESSAGES: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


def read_message(text: str) -> Message:
    """A message of a client; BadCommand says what is wrong with it."""
    if len(text) > LONGEST_WORDS:
        raise BadCommand(f"A message may have {LONGEST_WORDS} characters, this has {len(text)}: say less at once.")
    try:
        return _MESSAGES.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadCommand(f"{f'{place}: ' if place else ''}{first['msg']}.") from None


def message(kind: str, **values: Any) -> str:
    """A message to a client."""
    return json.dumps({"type": kind} | values, ensure_ascii=False, separators=(",", ":"))


def refusal(error: Problem, ident: str = "") -> str:
    """A problem as a message."""
    return message("problem", id=ident, **error.model_dump(exclude_none=True))
