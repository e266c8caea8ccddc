"""The engine as a web service, and the studio page: `motion serve`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from logging import WARNING
from os import PathLike
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline
from prometheus_client import generate_latest
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import Match, Mount
from starlette.types import Scope

from api.access import Access
from api.engine import CommandEngine
from api.keys import Keys
from api.limits import BodyLimit
from api.log import event
from api.observe import Observe
from api.problems import answer_in_problems, example, problems
from api.render_worker import RenderWorker
from api.routes import actions, commands, keyposes, live, renderers, renders, sequences, track_files, uploads
from api.service import Service
from api.service_file import open_service_file
from api.settings import Settings
from motion_engine.errors import BadCommand, MotionError

STUDIO = Path(__file__).parents[1] / "web" / "dist"
NO_STUDIO = """<!doctype html><html lang="en"><title>Motion Engine</title>
<body style="font: 1rem/1.6 system-ui; max-width: 40rem; margin: 4rem auto">
<h1>Motion Engine</h1><p>The service runs. The studio page is not built yet: install Node 20 or newer, run
<code>make web</code>, and load this page again. <a href="/docs">The service's own documentation</a> works without it.
</p></body></html>"""
DESCRIPTION = """Commands in English and Chinese to human motion. Errors are problem documents (RFC 9457). If it needs
keys, send `Authorization: Bearer KEY`. Every answer has an `X-Request-Id`."""


class Studio(Mount):
    """The page, beside the routes: a wrong method or address below /v1 is theirs to answer."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Starlette's interface."""
        return (Match.NONE, {}) if scope["path"].startswith("/v1/") else super().matches(scope)


class StudioFiles(StaticFiles):
    """The files of the page: those whose names have a sum of their content need not be asked for again."""

    def file_response(self, full_path: str | PathLike[str], *args: Any, **more: Any) -> Response:
        """Starlette's interface."""
        response = super().file_response(full_path, *args, **more)
        named_by_content = Path(full_path).parent.name == "assets"
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if named_by_content else "no-cache"
        return response


def create_app(engine: CommandEngine, settings: Settings | None = None, studio: Path | None = STUDIO) -> FastAPI:
    """The web application.

    Args:
        engine: Understands and performs.
        settings: By default those of the environment.
        studio: The folder of the built page; if there is none, `/` says how to build it.

    Raises:
        BadCommand: Keys are needed and there is none.
        LibraryUnavailable: The service's own file cannot be used.
    """
    settings = settings or Settings.read()
    service = Service.of(engine, settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        event("started", actions=len(engine.infos), host=settings.host, port=settings.port, keys=settings.needs_keys)
        warming = asyncio.create_task(asyncio.to_thread(_warm, engine)) if settings.warm else None
        worker = RenderWorker(service.renders, settings.stable_animator)
        worker.start()
        try:
            async with service.rooms.running():
                yield
        finally:
            service.stopping.set()
            await asyncio.to_thread(worker.stop)
        if warming:
            await warming
        event("stopped")

    app: FastAPI = FastAPIOffline(
        redoc_url=None, title="Motion Engine", version="1", description=DESCRIPTION, lifespan=lifespan
    )
    app.state.stopping = service.stopping
    app.add_middleware(BodyLimit, settings=settings)
    app.add_middleware(Access, settings=settings, keys=_keys(settings))
    app.add_middleware(
        CORSMiddleware, allow_origins=settings.cors, allow_methods=["*"], allow_headers=["*"],
        expose_headers=["ETag", "Location", "Retry-After", "X-Request-Id"],
    )  # fmt: skip
    app.add_middleware(Observe, numbers=service.numbers)
    answer_in_problems(app)
    for part in (commands, sequences, track_files, actions, keyposes, live, renderers, renders, uploads):
        app.include_router(part.routes(service), prefix="/v1")

    @app.get("/health", tags=["operations"], responses=example({"actions": 77}))
    def health() -> dict[str, int]:
        """Whether the service answers, and how many actions it knows."""
        return {"actions": len(engine.infos)}

    @app.get("/ready", tags=["operations"], responses=example({"ready": True}) | problems(503))
    def ready() -> dict[str, bool]:
        """Whether it can work: the library can be read."""
        try:
            engine.library.revision()
        except MotionError as error:
            raise HTTPException(503, str(error)) from None
        return {"ready": True}

    said = {"content": {"text/plain": {"example": "# TYPE motion_viewers gauge\nmotion_viewers 3.0\n"}}}

    @app.get("/metrics", tags=["operations"], response_class=PlainTextResponse, responses={200: said})
    def metrics() -> PlainTextResponse:
        """Numbers for Prometheus."""
        return PlainTextResponse(generate_latest(service.numbers.registry), media_type="text/plain; version=0.0.4")

    if studio is not None and (studio / "index.html").is_file():
        app.router.routes.append(Studio("/", GZipMiddleware(StudioFiles(directory=studio, html=True))))
    else:

        @app.get("/", response_class=HTMLResponse, include_in_schema=False)
        def no_studio() -> str:
            return NO_STUDIO

    return app


def _warm(engine: CommandEngine) -> None:
    try:
        engine.warm()
    except MotionError as error:  # who needs it is told
        event("not warm", WARNING, error=str(error))


def _keys(settings: Settings) -> Keys | None:
    """The keys of the service; None if nobody needs one."""
    if not settings.needs_keys:
        return None
    keys = Keys(open_service_file(settings.data))
    if not keys.all():
        raise BadCommand(
            f"Who reaches {settings.host} could command this service: make a key with `motion keys add NAME` first, or "
            "listen on 127.0.0.1."
        )
    return keys
