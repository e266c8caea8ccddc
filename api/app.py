"""The engine as a web service, and the studio page: `motion serve`."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.engine import CommandEngine
from api.problems import answer_in_problems
from api.routes import actions, commands, sequences, track_files
from api.tracks import Tracks
from motion_engine.errors import ModelUnavailable

LONGEST_BODY = 1 << 18  # bytes: 20,000 characters, each written as two escapes of six bytes
LONGEST_SOUND = 16 << 20  # bytes: a minute of stereo at 48 kHz, uncompressed, and some more
AUDIO = "/v1/commands/audio"
STUDIO = Path(__file__).parents[1] / "web" / "dist"
NO_STUDIO = """<!doctype html><html lang="en"><title>Motion Engine</title>
<body style="font: 1rem/1.6 system-ui; max-width: 40rem; margin: 4rem auto">
<h1>Motion Engine</h1><p>The service runs. The studio page is not built yet: install Node 20 or newer, run
<code>make web</code>, and load this page again. <a href="/docs">The service's own documentation</a> works without it.
</p></body></html>"""


class Studio(Mount):
    """The page, beside the routes: a wrong method or address below /v1 is theirs to answer."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Starlette's interface."""
        return (Match.NONE, {}) if scope["path"].startswith("/v1/") else super().matches(scope)


class BodyLimit:
    """Stops reading a request body that is longer than its route takes, whatever its headers say."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        size, most = 0, LONGEST_SOUND if scope.get("path") == AUDIO else LONGEST_BODY

        async def limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > most:
                raise HTTPException(413, f"The request has more than {most} bytes: say less at once.")
            return message

        await self.app(scope, limited, send)


def create_app(engine: CommandEngine, studio: Path | None = STUDIO) -> FastAPI:
    """The web application.

    Args:
        engine: Understands and performs.
        studio: The folder of the built page; if there is none, `/` says how to build it.
    """
    app = FastAPI(title="Motion Engine", version="1", description="Commands to human motion.")
    app.add_middleware(BodyLimit)
    answer_in_problems(app)
    tracks = Tracks()
    parts = (
        commands.routes(engine, tracks),
        sequences.routes(engine, tracks),
        track_files.routes(tracks),
        actions.routes(engine),
    )
    for routes in parts:
        app.include_router(routes, prefix="/v1")

    @app.get("/health")
    def health() -> dict[str, int]:
        """Whether the service answers, and how many actions it knows."""
        return {"actions": len(engine.infos)}

    if studio is not None and (studio / "index.html").is_file():
        app.router.routes.append(Studio("/", StaticFiles(directory=studio, html=True)))
    else:

        @app.get("/", response_class=HTMLResponse, include_in_schema=False)
        def no_studio() -> str:
            return NO_STUDIO

    return app


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
