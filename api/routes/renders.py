"""Renders: films that take their time, asked for now and fetched later."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import FileResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from api.access import CallerNow
from api.problems import problem, problems
from api.render_checks import check_render
from api.renders import Render, Renders
from api.schemas_renders import RenderPage, RenderReply, RenderRequest
from api.service import Service
from motion_engine.errors import MotionError

TYPES = {"mp4": "video/mp4", "webm": "video/webm", "gif": "image/gif"}
LOOK = 0.25  # s between two looks at a render that somebody watches
ALIVE = 15.0  # s after which a connection on which nothing was said is kept open by a word
SAID = ("id", "state", "step", "steps", "line", "eta", "reason", "text", "duration", "reference")
FINISHED = ("done", "failed", "cancelled")
_FILM = {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in TYPES.values()}}
_EVENT = 'event: progress\ndata: {"id": "5f0c9a7d21be", "state": "running", "step": 60, "steps": 204, ...}\n\n'
_EVENTS = {"content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EVENT}}}


class Film(FileResponse):
    """A film, or the bytes of it that `Range` names; a range that there is not is a problem as all others."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        refused = False

        async def sent(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] >= 400:
                refused = True
                size = Headers(raw=message["headers"]).get("content-range")
                words = "This is no range of the film's bytes: ask for `bytes=0-99`, for example."
                await problem(message["status"], words, {"Content-Range": size} if size else None)(scope, receive, send)
            elif not refused:
                await send(message)

        await super().__call__(scope, receive, sent)


def routes(service: Service) -> APIRouter:
    """`/renders`."""
    router, renders = APIRouter(tags=["renders"]), service.renders

    @router.post("/renders", status_code=202, responses=problems(400, 404, 413, 422, 503), dependencies=service.heavy)
    def ask(request: RenderRequest, caller: CallerNow, response: Response) -> RenderReply:
        """Queue a render of a track; its Location tells how far it is. One after the other is made, also after a
        restart of the service."""
        plan, track = service.tracks.get(request.track)
        check_render(request, track, service.settings)
        render = renders.add(caller, request, plan, track)
        response.headers["Location"] = f"/v1/renders/{render.id}"
        return _reply(renders, render)

    @router.get("/renders", responses=problems(422, 503))
    def all_of_them(
        caller: CallerNow,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        cursor: Annotated[str | None, Query(description="Of the page before")] = None,
    ) -> RenderPage:
        """Your renders, the newest first; those of all callers for the scope admin."""
        found, more = renders.page(caller, limit, cursor)
        return RenderPage(renders=[_reply(renders, render) for render in found], cursor=more)

    @router.get("/renders/{key}", responses=problems(404, 503))
    def show(key: str, caller: CallerNow) -> RenderReply:
        """One render: how far it is, and where its film will be."""
        return _reply(renders, renders.get(key, caller))

    @router.delete("/renders/{key}", status_code=204, responses=problems(404, 503))
    def cancel(key: str, caller: CallerNow) -> None:
        """Cancel a render that is not finished; remove one that is, with its film."""
        renders.cancel(renders.get(key, caller).id)

    @router.get(
        "/renders/{key}/result",
        responses={200: _FILM, 206: {"description": "Some bytes of it", **_FILM}, **problems(400, 404, 409, 416, 503)},
        response_class=FileResponse,
    )
    def result(key: str, caller: CallerNow) -> FileResponse:
        """The film, or the bytes of it that `Range` names."""
        render = renders.get(key, caller)
        path = renders.result(render)
        suffix = render.asked["format"]
        return Film(path, media_type=TYPES[suffix], filename=f"render-{render.id}.{suffix}")

    @router.get(
        "/renders/{key}/events", responses={200: _EVENTS, **problems(404, 503)}, response_class=StreamingResponse
    )
    async def events(key: str, caller: CallerNow, last_event_id: Annotated[str | None, Header()] = None) -> Response:
        """Server-sent events: `progress`, with what `/v1/renders/{id}` says, at every change, until it is finished. An
        EventSource that connects again after that is told to stop (204)."""
        render = await run_in_threadpool(renders.get, key, caller)
        if render.state in FINISHED and last_event_id == _version(render):
            return Response(status_code=204)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_told(service, render), media_type="text/event-stream", headers=headers)

    return router


def _reply(renders: Renders, render: Render) -> RenderReply:
    said = {name: getattr(render, name) for name in SAID}
    times = {name: _moment(getattr(render, name)) for name in ("created", "started", "finished")}
    address = f"/v1/renders/{render.id}/result" if render.state == "done" else None
    film = {"result": address, "size": renders.size(render), "ahead": renders.ahead(render)}
    return RenderReply.model_validate(said | times | film | {"request": render.asked})


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _version(render: Render, ahead: int = 0) -> str:
    """Another one after each change."""
    return f"{render.state}-{render.tries}-{render.line}-{render.step}-{ahead}".replace("\n", " ")


async def _told(service: Service, render: Render) -> AsyncIterator[str]:
    """A progress event at every change, until the render is finished or gone or the service stops."""
    told, quiet = "", 0.0
    while not service.stopping.is_set():
        said = await run_in_threadpool(_reply, service.renders, render)
        version = _version(render, said.ahead)
        if version != told:
            told, quiet = version, 0.0
            data = json.dumps(said.model_dump(mode="json"), ensure_ascii=False)
            yield f"event: progress\nid: {version}\ndata: {data}\n\n"
            if render.state in FINISHED:
                return
        elif quiet >= ALIVE:
            quiet = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(LOOK)
        quiet += LOOK
        try:
            render = await run_in_threadpool(service.renders.get, render.id)
        except (HTTPException, MotionError):  # removed meanwhile, or the file of the service is gone
            return
