"""The engine as a web service, and the studio page: `motion serve`."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

import numpy as np
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from api.engine import CommandEngine
from api.export import Picture, export
from api.schemas import CommandReply, CommandRequest, JointReply, Problem, SegmentReply
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
DOWNLOADS = {"bvh": "text/plain", "npz": "application/octet-stream", "json": "application/json"}
STUDIO = Path(__file__).parents[1] / "web" / "dist"
NO_STUDIO = """<!doctype html><html lang="en"><title>Motion Engine</title>
<body style="font: 1rem/1.6 system-ui; max-width: 40rem; margin: 4rem auto">
<h1>Motion Engine</h1><p>The service runs. The studio page is not built yet: install Node 20 or newer, run
<code>make web</code>, and load this page again. <a href="/docs">The service's own documentation</a> works without it.
</p></body></html>"""


class Tracks:
    """The latest tracks by id; older ones are forgotten."""

    def __init__(self) -> None:
        self._tracks: OrderedDict[str, tuple[Plan, Track]] = OrderedDict()
        self._lock = Lock()

    def add(self, plan: Plan, track: Track) -> str:
        """Keep a track and return its id."""
        key = uuid4().hex[:12]
        with self._lock:
            self._tracks[key] = plan, track
            while len(self._tracks) > KEPT_TRACKS:
                self._tracks.popitem(last=False)
        return key

    def get(self, key: str) -> tuple[Plan, Track] | None:
        """The plan and track of an id, or None."""
        with self._lock:
            return self._tracks.get(key)


def create_app(engine: CommandEngine, studio: Path = STUDIO) -> FastAPI:
    """The web application.

    Args:
        engine: Understands and performs.
        studio: The folder of the built page; while there is none, `/` says how to build it.
    """
    app = FastAPI(title="Motion Engine", version="1", description="Commands to human motion.")
    tracks = Tracks()
    problems: dict[int | str, dict[str, Any]] = {code: {"model": Problem} for code in (404, 413, 422, 503)}

    @app.exception_handler(MotionError)
    def problem(_: Request, error: MotionError) -> JSONResponse:
        status = STATUS[type(error)]
        nearest = list(error.nearest) if isinstance(error, UnknownAction) else None
        body = Problem(title=type(error).__name__, status=status, detail=str(error), nearest=nearest)
        return JSONResponse(body.model_dump(), status, media_type="application/problem+json")

    def found(key: str) -> tuple[Plan, Track]:
        kept = tracks.get(key)
        if kept is None:
            raise HTTPException(404, f"No track {key}; the last {KEPT_TRACKS} are kept: send the command again.")
        return kept

    @app.get("/health")
    def health() -> dict[str, int]:
        """Whether the service answers, and how many actions it knows."""
        return {"actions": len(engine.infos)}

    @app.post("/v1/commands", responses=problems)
    def command(request: CommandRequest) -> CommandReply:
        """Understand a command and compose its motion."""
        plan = engine.parse(request.text)
        track = engine.perform(engine.timeline(plan))
        timeline = track.timeline
        segments = [
            SegmentReply(action=s.action, start=s.start, end=s.end, layer=s.layer, mask=s.mask, phrase=s.phrase)
            for s in timeline.segments
        ]
        return CommandReply(
            id=tracks.add(plan, track),
            plan=str(plan),
            language=plan.language,
            fps=timeline.fps,
            frames=len(track.clip),
            duration=timeline.duration,
            segments=segments,
        )

    @app.get("/v1/tracks/{key}/frames", responses={404: {"model": Problem}}, response_class=Response)
    def frames(key: str) -> Response:
        """All frames as float32, little endian, `(frames, 3 + 52 * 4)`: root position, then rotations wxyz."""
        clip = found(key)[1].clip
        rows = np.concatenate((clip.root_position, clip.rotation.reshape(len(clip), -1)), axis=1)
        return Response(rows.astype("<f4").tobytes(), media_type="application/octet-stream")

    @app.get("/v1/tracks/{name}", responses={404: {"model": Problem}}, response_class=Response)
    def download(name: str) -> Response:
        """A track as a file: `ID.bvh`, `ID.npz` (AMASS) or `ID.json` (plan and timeline)."""
        key, _, suffix = name.partition(".")
        if suffix not in DOWNLOADS:
            raise HTTPException(404, f"No such file; end the name with one of {', '.join(DOWNLOADS)}.")
        plan, track = found(key)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"motion.{suffix}")
            export(path, plan, track, Picture())
            content = path.read_bytes()
        disposition = {"Content-Disposition": f'attachment; filename="motion.{suffix}"'}
        return Response(content, media_type=DOWNLOADS[suffix], headers=disposition)

    @app.get("/v1/skeleton")
    def skeleton() -> list[JointReply]:
        """The canonical skeleton, in the order of the rotations."""
        joints = canonical_skeleton()
        rows = zip(joints.names, joints.parents, joints.offsets.tolist(), strict=True)
        return [JointReply(name=name, parent=parent, offset=tuple(offset)) for name, parent, offset in rows]

    @app.get("/v1/actions")
    def actions() -> list[dict[str, Any]]:
        """Everything the library says of its actions."""
        return [action.model_dump(mode="json") for action in engine.library.actions()]

    if (studio / "index.html").is_file():
        app.mount("/", StaticFiles(directory=studio, html=True))
    else:

        @app.get("/", response_class=HTMLResponse, include_in_schema=False)
        def no_studio() -> str:
            return NO_STUDIO

    return app


def serve(host: str, port: int, library_url: str | None) -> None:
    """Run the service until it is interrupted; LibraryUnavailable if the library cannot be opened."""
    import uvicorn

    app = create_app(CommandEngine.open(library_url))
    print(f"Motion Engine: http://{host}:{port}", flush=True)
    uvicorn.run(app, host=host, port=port, log_level="warning")
