"""What the service takes and gives of renders."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.pictures import View

State = Literal["queued", "running", "done", "failed", "cancelled"]
Side = Annotated[int, Field(ge=16, le=2048, description="px, of one view")]

_REQUEST: dict[str, Any] = {
    "track": "0feda897d0f0",
    "view": "side-by-side",
    "format": "mp4",
    "width": 512,
    "height": 512,
}
_POSE: dict[str, Any] = {"body": [[0.5, 0.2], [0.5, 0.3]], "body_score": [0.9, 0.9]}
_REFERENCE: dict[str, Any] = {"picture": "iVBORw0KGgo...", "pose": _POSE}
_FILM: dict[str, Any] = {
    "track": "0feda897d0f0",
    "renderer": "stable-animator",
    "reference": _REFERENCE,
    "settings": {"steps": 25},
}


_RENDER: dict[str, Any] = {
    "id": "5f0c9a7d21be",
    "state": "running",
    "step": 60,
    "steps": 204,
    "line": "drawing frames",
    "eta": 7.2,
    "reason": "",
    "created": "2026-01-01T12:00:00Z",
    "started": "2026-01-01T12:00:01Z",
    "finished": None,
    "result": None,
    "size": None,
    "ahead": 0,
    "text": "wave then run",
    "duration": 6.8,
    "reference": False,
    "request": _REQUEST,
}


class KeypointsRequest(BaseModel):
    """How somebody stands in a picture, as `motion pose` writes it: points 0..1 of its width and height, +y down. What
    else a tool may say besides is not read."""

    model_config = ConfigDict(json_schema_extra={"examples": [_POSE]})

    body: list[list[float]] | None = Field(default=None, description="18 x 2, in the order of OpenPose")
    body_score: list[float] | None = None
    hands: list[list[list[float]]] | None = Field(default=None, description="2 x 21 x 2, left then right")
    hand_score: list[list[float]] | None = None
    face: list[list[float]] | None = Field(default=None, description="68 x 2")
    face_score: list[float] | None = None
    points: list[list[float]] | None = Field(default=None, description="In place of all that: DWPose's 134 x 2 or x 3")


class ReferenceRequest(BaseModel):
    """The picture of a character: the figure is seen as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_REFERENCE]})

    picture: str = Field(
        description="A PNG or JPEG in base64; a data: address is one too",
        json_schema_extra={"contentEncoding": "base64"},
    )
    pose: KeypointsRequest | None = Field(default=None, description="Its keypoints; null: DWPose finds them")


class FilmSettings(BaseModel):
    """How StableAnimator films."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"steps": 25, "guidance": 3.0, "seed": 0}]}
    )

    steps: int = Field(default=25, ge=1, le=200)
    guidance: float = Field(default=3.0, ge=1, le=30, description="1 is none, and quicker")
    seed: int = Field(default=0, ge=0, lt=1 << 63, description="Of the noise; equal seeds give equal films")
    tile_size: int = Field(default=16, ge=2, le=64, description="Frames seen at once")
    decode_chunk: int = Field(default=4, ge=1, le=64, description="Less needs less memory")


class RenderRequest(BaseModel):
    """What shall be rendered."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_REQUEST, _FILM]})

    track: str = Field(description="Its id; it is copied, and may be forgotten from then on")
    renderer: Literal["mannequin", "stable-animator"] = Field(
        default="mannequin", description="stable-animator films the character of the reference"
    )
    view: View | None = Field(default=None, description="Of the mannequin: what is shown; null: mannequin")
    format: Literal["mp4", "webm", "gif"] = "mp4"
    width: Side = 512
    height: Side = 512
    fps: float | None = Field(default=None, ge=1, le=120, description="Frames a second; null: as the track")
    figure: Literal["wooden", "convex"] = Field(default="wooden", description="The mannequin; convex is quicker")
    captions: bool = Field(default=True, description="Write what it does below")
    follow: bool | None = Field(default=None, description="The camera goes along; null: if it is seen better then")
    reference: ReferenceRequest | None = None
    settings: FilmSettings | None = Field(default=None, description="Of stable-animator")

    @model_validator(mode="after")
    def _fits_together(self) -> RenderRequest:
        if self.renderer == "mannequin" and self.settings is not None:
            raise ValueError("settings are for the renderer stable-animator")
        if self.renderer == "stable-animator" and self.reference is None:
            raise ValueError("stable-animator films somebody's character: give its picture as reference")
        if self.renderer == "stable-animator" and self.view is not None:
            raise ValueError("view is for the renderer mannequin: a film has only one")
        return self


class RenderReply(BaseModel):
    """A render: what was asked for, and what has become of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RENDER]})

    id: str
    state: State
    step: int = Field(description="How many of `steps` are done; each phase counts anew")
    steps: int = Field(description="0: not known yet")
    line: str = Field(description="What it did last")
    eta: float | None = Field(description="s until the phase ends; null: not known")
    reason: str = Field(description="Why it failed, or is queued once more")
    created: datetime
    started: datetime | None
    finished: datetime | None
    result: str | None = Field(description="The address of the film, once it is done")
    size: int | None = Field(description="Bytes of the film, once it is done")
    ahead: int = Field(description="How many are made before it, while it is queued")
    text: str = Field(description="What is performed, as it was said")
    duration: float = Field(description="s of the film")
    reference: bool = Field(description="Whether it shows, or is framed as, the picture of a character")
    request: dict[str, Any] = Field(description="What was asked for, without the reference's picture")


class RenderPage(BaseModel):
    """Some renders, the newest first, and how to get the next."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"renders": [_RENDER], "cursor": None}]})

    renders: list[RenderReply]
    cursor: str | None = Field(description="For the next page; null: this is the last")


class Ability(BaseModel):
    """Whether the service can do something."""

    available: bool
    reason: str = Field(description="Why not, and what to do; empty if it can")


class RenderersReply(BaseModel):
    """What the service can render with."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "mannequin": {"available": True, "reason": ""},
                    "stable_animator": {"available": False, "reason": "Animation/unet.pth is missing: ..."},
                    "pose_finder": {"available": True, "reason": ""},
                    "waiting": 8,
                    "kept_hours": 168.0,
                }
            ]
        }
    )

    mannequin: Ability
    stable_animator: Ability = Field(description="Films the character of a reference picture")
    pose_finder: Ability = Field(description="Finds the keypoints of a reference that comes without")
    waiting: int = Field(description="How many of your renders may be unfinished")
    kept_hours: float = Field(description="How long films are kept")
