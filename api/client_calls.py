"""The requests that a client of the service sends, and what their answers are read as; nothing is sent here."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, NamedTuple, TypeVar
from urllib.parse import quote

import numpy as np
from pydantic import BaseModel, TypeAdapter

from api.schemas import CommandReply, ParseReply, Problem, SpokenReply
from api.schemas_actions import ActionDetail, ActionPage, UploadReply
from api.schemas_renders import RenderReply
from api.schemas_sequences import SequencePage, SequenceReply
from motion_engine.errors import MotionError
from motion_engine.types import LIBRARY_FPS, Array

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
Format = Literal["bvh", "npz", "glb", "vrma", "json"]


class ServiceError(MotionError):
    """The service refused, or was not reached.

    Attributes:
        problem: What it said; its `status` is 0 if it was not reached.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.detail)


class Frames(NamedTuple):
    """Poses: `(T, 3)` m positions of the pelvis, and `(T, 52, 4)` rotations wxyz relative to the parents."""

    root_position: Array
    rotation: Array


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request."""

    method: str
    path: str
    read: Callable[[bytes], T]
    json: Any = None
    content: bytes | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def check(status: int, content: bytes) -> None:
    """ServiceError if an answer is a problem."""
    if status < 400:
        return
    try:
        said = Problem.model_validate_json(content)
    except ValueError:  # not ours: a proxy's, perhaps
        said = Problem(title="Unexpected answer", status=status, detail=f"The service answered with status {status}.")
    raise ServiceError(said)


def unreached(url: str, error: Exception) -> ServiceError:
    """What is said when nothing answers."""
    words = f"{url} does not answer ({error}): does `motion serve` run there?"
    return ServiceError(Problem(title="Unreached", status=0, detail=words))


def _as(model: type[M]) -> Callable[[bytes], M]:
    return model.model_validate_json


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value != ""}


def parse(text: str) -> Call[ParseReply]:
    """How a command is understood."""
    return Call("POST", "/v1/parse", _as(ParseReply), json={"text": text})


def command(text: str, fps: float = LIBRARY_FPS) -> Call[CommandReply]:
    """A command, understood and composed."""
    return Call("POST", "/v1/commands", _as(CommandReply), json={"text": text, "fps": fps})


def speak(sound: bytes | Path, fps: float = LIBRARY_FPS) -> Call[SpokenReply]:
    """A spoken command: a sound file or its bytes."""
    content = sound.read_bytes() if isinstance(sound, Path) else sound
    return Call("POST", "/v1/commands/audio", _as(SpokenReply), content=content, query={"fps": fps})


def compose(
    steps: Iterable[Any] | None = None, tracks: Iterable[Any] | None = None, fps: float = LIBRARY_FPS
) -> Call[CommandReply]:
    """Steps one after the other, or tracks by the second, as `/docs` shows them."""
    body = _given(steps=steps and list(steps), tracks=tracks and list(tracks), fps=fps)
    return Call("POST", "/v1/sequences", _as(CommandReply), json=body)


def frames(track: str, start: float = 0.0, end: float | None = None) -> Call[Frames]:
    """The poses of a track from `start` to before `end`, s."""
    return Call("GET", f"/v1/tracks/{track}/frames", _frames, query=_given(start=start, end=end))


def _frames(content: bytes) -> Frames:
    rows = np.frombuffer(content, "<f4").reshape(-1, 3 + 52 * 4)
    return Frames(rows[:, :3], rows[:, 3:].reshape(-1, 52, 4))


def download(track: str, format: Format) -> Call[bytes]:
    """A track as a file."""
    return Call("GET", f"/v1/tracks/{track}.{format}", bytes)


def actions(text: str = "", cursor: str | None = None, **wanted: Any) -> Call[ActionPage]:
    """A page of actions: those that mean `text`, or all; `wanted` as the query of `GET /v1/actions`."""
    return Call("GET", "/v1/actions", _as(ActionPage), query=_given(text=text, cursor=cursor, **wanted))


def action(name: str) -> Call[ActionDetail]:
    """All that is known of an action."""
    return Call("GET", f"/v1/actions/{quote(name, safe='')}", _as(ActionDetail))


def upload(file: Path | str, content: bytes | None = None, **stated: Any) -> Call[UploadReply]:
    """A motion file, or its name and bytes; `stated` as the query of `POST /v1/actions`."""
    path = Path(file)
    data = path.read_bytes() if content is None else content
    return Call("POST", "/v1/actions", _as(UploadReply), content=data, query=_given(file=path.name, **stated))


def change(name: str, if_match: str | None = None, **fields: Any) -> Call[ActionDetail]:
    """Change what is said of an action; `if_match` is the ETag that it must still have."""
    return Call(
        "PATCH", f"/v1/actions/{quote(name, safe='')}", _as(ActionDetail), json=fields, headers=_match(if_match)
    )


def remove(name: str, if_match: str | None = None) -> Call[None]:
    """Put an action in the bin."""
    return Call("DELETE", f"/v1/actions/{quote(name, safe='')}", _nothing, headers=_match(if_match))


def save(name: str, text: str | None = None, steps: Iterable[Any] | None = None, **more: Any) -> Call[SequenceReply]:
    """Keep a command, in words or in steps, under a name."""
    body = _given(text=text, steps=steps and list(steps), **more)
    return Call("PUT", f"/v1/sequences/{quote(name, safe='')}", _as(SequenceReply), json=body)


def sequences(cursor: str | None = None) -> Call[SequencePage]:
    """A page of saved sequences."""
    return Call("GET", "/v1/sequences", _as(SequencePage), query=_given(cursor=cursor))


def forget(name: str) -> Call[None]:
    """Put a saved sequence in the bin."""
    return Call("DELETE", f"/v1/sequences/{quote(name, safe='')}", _nothing)


def render(track: str, *, picture: Path | None = None, **stated: Any) -> Call[RenderReply]:
    """Ask for a film of a track; `picture` shows the character, `stated` as the body of `POST /v1/renders`."""
    body = {"track": track} | stated
    if picture is not None:
        body["reference"] = {"picture": base64.b64encode(picture.read_bytes()).decode()} | stated.get("reference", {})
    return Call("POST", "/v1/renders", _as(RenderReply), json=body)


def render_state(key: str) -> Call[RenderReply]:
    """What has become of a render."""
    return Call("GET", f"/v1/renders/{key}", _as(RenderReply))


def finished(render: RenderReply) -> bool:
    """Whether the film is done; ServiceError if there will be none."""
    if render.state in ("failed", "cancelled"):
        words = render.reason or "Somebody cancelled it."
        raise ServiceError(Problem(title=f"Render {render.state}", status=500, detail=words))
    return render.state == "done"


def film(key: str) -> Call[bytes]:
    """The film of a render that is done."""
    return Call("GET", f"/v1/renders/{key}/result", bytes)


def rooms() -> Call[list[dict[str, Any]]]:
    """The live rooms."""
    return Call("GET", "/v1/live/rooms", TypeAdapter(list[dict[str, Any]]).validate_json)


def _match(tag: str | None) -> dict[str, str]:
    return {} if tag is None else {"If-Match": tag}


def _nothing(_: bytes) -> None:
    return None
