"""What the web service takes and gives."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

MOST_TEXT = 20_000  # characters


class CommandRequest(BaseModel):
    """A command in English or Chinese."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "wave then run"}]})

    text: str = Field(max_length=MOST_TEXT)


class SegmentReply(BaseModel):
    """One action on the timeline; seconds."""

    action: str
    start: float
    end: float
    layer: int
    mask: str
    phrase: str


class CommandReply(BaseModel):
    """How the command was understood, and the track that performs it."""

    id: str = Field(description="Of the track: see /v1/tracks/{id}/frames and /v1/tracks/{id}.bvh")
    plan: str = Field(examples=["wave > run"])
    language: str
    fps: float
    frames: int
    duration: float
    segments: list[SegmentReply]


class JointReply(BaseModel):
    """A joint of the canonical skeleton."""

    name: str
    parent: int = Field(description="Index of the parent, -1 for the root")
    offset: tuple[float, float, float] = Field(description="m, from the parent, at rest")


class Problem(BaseModel):
    """An error as RFC 9457 describes it."""

    title: str
    status: int
    detail: str
    nearest: list[tuple[str, float]] | None = Field(default=None, description="Actions that are near, with scores")
