"""What the routes of key poses take and give."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from motion_engine.types import canonical_skeleton

WIDTH = 3 + 4 * len(canonical_skeleton().names)  # numbers of a frame
_RAISED = {"at": [0.15, 0.45, 0.2], "palm": "forward", "fingers": "up"}
_SCRIPT: dict[str, Any] = {
    "name": "raise",
    "description": "Raising the right hand",
    "source": "me",
    "licence": "CC0-1.0",
    "keys": [{"t": 0, "pose": "stand"}, {"t": 0.8, "right_hand": _RAISED}, {"t": 2, "pose": "stand"}],
}
_CHANNELS: dict[str, Any] = {"hips": [0, -0.1, 0], "right_hand": _RAISED, "right_fingers": "open"}
_REST: list[Any] = [0.0, 0.94, 0.0, *([1.0, 0.0, 0.0, 0.0] * (WIDTH // 4))]


class SolveRequest(BaseModel):
    """A script, or one of its keys."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"script": _SCRIPT, "key": 1}]})

    script: dict[str, Any] = Field(description="As in the YAML of docs/keypose.md")
    key: int | None = Field(default=None, ge=0, description="From 0; null: the whole motion")


class PoseRequest(BaseModel):
    """A frame."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"frame": _REST}]})

    frame: Annotated[
        list[Annotated[float, Field(ge=-1e4, le=1e4, allow_inf_nan=False)]], Field(min_length=WIDTH, max_length=WIDTH)
    ] = Field(description="As of `/v1/tracks/{key}/frames`: root position, then rotations wxyz")


class PoseReply(BaseModel):
    """A pose as a key."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"channels": _CHANNELS, "joint": "left_elbow", "apart": 0.02}]}
    )

    channels: dict[str, Any] = Field(description="Of a key, without its time")
    joint: str = Field(description="That lies furthest from where it was")
    apart: float = Field(description="m, by which it does")
