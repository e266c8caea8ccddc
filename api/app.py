"""The engine as a web service, and the studio page: `motion serve`."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

import numpy as np
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.engine import CommandEngine
from api.export import export
from api.pictures import Picture
from api.schemas import ActionReply, CommandReply, CommandRequest, JointReply, Problem, SegmentReply, TimelineReply
from motion_engine.errors import (
    BadClip,
    BadCommand,
    BadMedia,
    LibraryUnavailable,
    LimitExceeded,
    ModelUnavailable,
    MotionError,
    RenderFailed,
    UnknownAction,
)
from motion_engine.types import Plan, Track, canonical_skeleton

STATUS: dict[type[MotionError], int] = {
    BadCommand: 422,
    UnknownAction: 404,
    BadClip: 400,
    BadMedia: 400,
    LibraryUnavailable: 503,
    ModelUnavailable: 503,
    RenderFailed: 500,
    LimitExceeded: 413,
}
KEPT_TRACKS = 64
KEPT_FRAMES = 250_000  # of all kept tracks together; about 850 bytes each
LONGEST_BODY = 1 << 18  # bytes: 20,000 characters, each written as two escapes of six bytes
DOWNLOADS = {
    "bvh": "text/plain",
    "npz": "application/octet-stream",
    "glb": "model/gltf-binary",
    "vrma": "model/gltf-binary",
    "json": "application/json",
}
STUDIO = Path(__file__).parents[1] / "web" / "dist"
NO_STUDIO = """<!doctype html><html lang="en"><title>Motion Engine</title>
<body style="font: 1rem/1.6 system-ui; max-width: 40rem; margin: 4rem auto">
<h1>Motion Engine</h1><p>The service runs. The studio page is not built yet: install Node 20 or newer, run
<code>make web</code>, and load this page again. <a href="/docs">The service's own documentation</a> works without it.
</p></body></html>"""


class Tracks:
    """The tracks that were made or asked for last, by id; others are forgotten."""

    def __init__(self, most: int = KEPT_TRACKS, most_frames: int = KEPT_FRAMES) -> None:
        """Keep at most `most` tracks with `most_frames` frames in all, but always the latest."""
        self._most, self._most_frames = most, most_frames
        self._tracks: OrderedDict[str, tuple[Plan, Track]] = OrderedDict()
        self._frames = 0
        self._lock = Lock()

    def add(self, plan: Plan, track: Track) -> str:
        """Keep a track and return its id."""
        key = uuid4().hex[:12]
        with self._lock:
            self._tracks[key] = plan, track
            self._frames += len(track.clip)
            while len(self._tracks) > 1 and (len(self._tracks) > self._most or self._frames > self._most_frames):
                _, (_, oldest) = self._tracks.popitem(last=False)
                self._frames -= len(oldest.clip)
        return key

    def get(self, key: str) -> tuple[Plan, Track]:
        """The plan and track of an id; HTTPException 404 if it is not kept."""
        with self._lock:
            if key not in self._tracks:
                raise HTTPException(404, "No such track, or it is no longer kept: send the command again.")
            self._tracks.move_to_end(key)
            return self._tracks[key]


class BodyLimit:
    """Stops reading a request body that is larger than LONGEST_BODY, whatever its headers say."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        size = 0

        async def limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > LONGEST_BODY:
                raise HTTPException(413, f"The request has more than {LONGEST_BODY} bytes: say less at once.")
            return message

        await self.app(scope, limited, send)


def _answer(problem: Problem) -> JSONResponse:
    return JSONResponse(problem.model_dump(), problem.status, media_type="application/problem+json")


def _motion_problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MotionError)
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    problem = Problem(title=type(error).__name__, status=status, detail=str(error))
    if isinstance(error, UnknownAction):
        problem.phrase, problem.nearest = error.phrase, list(error.nearest)
    return _answer(problem)


def _http_problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return _answer(Problem(title=HTTPStatus(error.status_code).phrase, status=error.status_code, detail=error.detail))


def _wrong_body(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return _answer(Problem(title="Unprocessable Content", status=422, detail=f"{place}: {first['msg']}."))


def _problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    return {code: {"model": Problem} for code in codes}


def create_app(engine: CommandEngine, studio: Path | None = STUDIO) -> FastAPI:
    """The web application.

    Args:
        engine: Understands and performs.
        studio: The folder of the built page; if there is none, `/` says how to build it.
    """
    app = FastAPI(title="Motion Engine", version="1", description="Commands to human motion.")
    app.add_middleware(BodyLimit)
    app.add_exception_handler(MotionError, _motion_problem)
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(RequestValidationError, _wrong_body)
    _add_commands(app, engine, Tracks())
    _add_library(app, engine)
    if studio is not None and (studio / "index.html").is_file():
        app.mount("/", StaticFiles(directory=studio, html=True))
    else:

        @app.get("/", response_class=HTMLResponse, include_in_schema=False)
        def no_studio() -> str:
            return NO_STUDIO

    return app


def _add_commands(app: FastAPI, engine: CommandEngine, tracks: Tracks) -> None:
    @app.post("/v1/commands", responses=_problems(404, 413, 422, 503))
    def command(request: CommandRequest) -> CommandReply:
        """Understand a command and compose its motion."""
        plan = engine.parse(request.text)
        track = engine.perform(engine.timeline(plan))
        timeline = track.timeline
        return CommandReply(
            id=tracks.add(plan, track),
            plan=str(plan),
            language=plan.language,
            ignored=list(plan.ignored),
            frames=len(track.clip),
            timeline=TimelineReply(
                fps=timeline.fps,
                duration=timeline.duration,
                segments=[SegmentReply.model_validate(segment) for segment in timeline.segments],
            ),
        )

    @app.get("/v1/tracks/{key}/frames", responses=_problems(404), response_class=Response)
    def frames(key: str) -> Response:
        """All frames as float32, little endian, `(frames, 3 + 52 * 4)`.

        Of each frame: the position of the pelvis in the world (m, +Y up), then for each joint of `/v1/skeleton` its
        rotation relative to its parent as a quaternion wxyz.
        """
        clip = tracks.get(key)[1].clip
        rows = np.concatenate((clip.root_position, clip.rotation.reshape(len(clip), -1)), axis=1)
        return Response(rows.astype("<f4").tobytes(), media_type="application/octet-stream")

    @app.get("/v1/tracks/{name}", responses=_problems(404), response_class=Response)
    def download(name: str) -> Response:
        """A track as a file: `ID.bvh`, `ID.npz` (AMASS), `ID.glb`, `ID.vrma` or `ID.json` (plan and timeline)."""
        key, _, suffix = name.partition(".")
        if suffix not in DOWNLOADS:
            raise HTTPException(404, f"No such file; end the name with one of {', '.join(DOWNLOADS)}.")
        plan, track = tracks.get(key)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"motion.{suffix}")
            export(path, plan, track, Picture())
            content = path.read_bytes()
        disposition = {"Content-Disposition": f'attachment; filename="motion.{suffix}"'}
        return Response(content, media_type=DOWNLOADS[suffix], headers=disposition)


def _add_library(app: FastAPI, engine: CommandEngine) -> None:
    @app.get("/health")
    def health() -> dict[str, int]:
        """Whether the service answers, and how many actions it knows."""
        return {"actions": len(engine.infos)}

    @app.get("/v1/skeleton")
    def skeleton() -> list[JointReply]:
        """The canonical skeleton, in the order of the rotations."""
        joints = canonical_skeleton()
        rows = zip(joints.names, joints.parents, joints.offsets.tolist(), strict=True)
        return [JointReply(name=name, parent=parent, offset=tuple(offset)) for name, parent, offset in rows]

    @app.get("/v1/actions", responses=_problems(503))
    def actions() -> list[ActionReply]:
        """The actions of the library, by name."""
        return [ActionReply.model_validate(action) for action in engine.library.actions()]


def serve(host: str, port: int, library_url: str | None) -> None:
    """Run the service until it is interrupted.

    Raises:
        LibraryUnavailable: The library cannot be opened.
        ModelUnavailable: uvicorn is not installed.
    """
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        raise ModelUnavailable(f"{error}: pip install 'motion-engine[serve]'") from None

    config = uvicorn.Config(create_app(CommandEngine.open(library_url)), host=host, port=port, log_level="warning")
    socket = config.bind_socket()  # a port that is taken ends it here, with a message, before the address is shown
    print(f"Motion Engine: http://{host}:{port}", flush=True)
    uvicorn.Server(config).run(sockets=[socket])
