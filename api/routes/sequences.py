"""Sequences: composed step by step, or kept under a name, which is a command itself from then on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from action_library.action import normal_name
from action_library.entry import parse_row
from action_library.search import Filter
from action_library.sequence import Sequence
from action_library.store import NEW, Row
from api.engine import CommandEngine
from api.problems import problems
from api.revisions import IfMatch, expected, tag
from api.routes.commands import composed
from api.schemas import CommandReply
from api.schemas_actions import RestoreRequest
from api.schemas_sequences import ComposeRequest, SequencePage, SequenceReply, SequenceRequest
from api.service import Service
from motion_engine.errors import BadClip, UnknownAction
from motion_engine.types import Plan

IfNoneMatch = Annotated[str | None, Header(description='"*": only if there is none of this name yet; else 412')]


def routes(service: Service) -> APIRouter:
    """`/sequences`."""
    engine, router = service.engine, APIRouter(tags=["sequences"])
    library = engine.library

    @router.post("/sequences", responses=problems(400, 404, 413, 422, 503), dependencies=service.heavy)
    def compose(request: ComposeRequest) -> CommandReply:
        """Compose the motion of stated steps, or of tracks by the second; nothing is kept but the track."""
        plan = engine.compose(request.steps or (), request.tracks or ())
        timeline = engine.timeline(plan, fps=request.fps)
        return composed(service, plan, [], timeline)

    @router.get("/sequences", responses=problems(422, 503))
    def all_of_them(
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        cursor: Annotated[str | None, Query(description="Of the page before")] = None,
    ) -> SequencePage:
        """What was saved, by name."""
        page = library.index.page(Filter(kind="sequence"), limit=limit, cursor=cursor)
        return SequencePage(sequences=[_reply(engine, row) for row in page.rows], cursor=page.cursor)

    @router.get("/sequences/{name}", responses=problems(400, 404, 422, 503))
    def show(name: str, response: Response) -> SequenceReply:
        """One saved sequence, with its ETag."""
        return _tagged(engine, _row(engine, name), response)

    @router.put("/sequences/{name}", responses=problems(400, 404, 412, 413, 422, 503))
    def save(
        name: str,
        request: SequenceRequest,
        response: Response,
        if_match: IfMatch = None,
        if_none_match: IfNoneMatch = None,
    ) -> SequenceReply:
        """Keep a command, in words or in steps, under a name; a former one can be restored."""
        expect = _expectation(engine, name, if_match, if_none_match)
        command: str | Plan = request.text or ""
        if request.text is None:
            command = engine.compose(request.steps or (), request.tracks or ())
        try:
            engine.save(name, command, aliases=request.aliases, description=request.description, expect=expect)
        except BadClip:
            _expectation(engine, name, if_match, if_none_match)  # somebody may have been faster
            raise
        return _tagged(engine, _row(engine, name), response)

    @router.delete("/sequences/{name}", status_code=204, responses=problems(400, 404, 412, 422, 503))
    def remove(name: str, if_match: IfMatch = None) -> None:
        """Put a sequence in the bin, from which it can be restored."""
        row = _row(engine, name)
        library.remove(row.entry.name, expect=expected(row, if_match))

    @router.post("/sequences/{name}/restore", responses=problems(400, 404, 422, 503))
    def restore(name: str, request: RestoreRequest, response: Response) -> SequenceReply:
        """Bring back a former version, or what was removed."""
        past = library.store.past(normal_name(name))
        chosen = next((row for row in past if request.version in (None, row.version)), None)
        if chosen is not None and chosen.entry.kind != "sequence":
            raise HTTPException(404, f"{name} was an action then: restore it by /v1/actions/{name}/restore.")
        library.restore(name, request.version)
        return _tagged(engine, _row(engine, name), response)

    return router


def _row(engine: CommandEngine, name: str) -> Row:
    engine.library.sequence(name)  # an action is no sequence
    return engine.library.row(name)


def _expectation(engine: CommandEngine, name: str, if_match: str | None, if_none_match: str | None) -> int | None:
    """The revision that is expected of what has this name now; HTTPException 412 if it is another."""
    try:
        row = _row(engine, normal_name(name))
    except UnknownAction:
        if if_match is not None:
            raise HTTPException(412, f"There is no sequence {name} any more: save it without If-Match.") from None
        return NEW if if_none_match else None
    if if_none_match:
        raise HTTPException(412, f"There is a sequence {name} already: take another name, or send its ETag.")
    return expected(row, if_match)


def _reply(engine: CommandEngine, row: Row) -> SequenceReply:
    document = parse_row(row)
    assert isinstance(document, Sequence)
    values = document.model_dump() | {"plan": document.notation(), "say": engine.how_to_say(document.name)}
    return SequenceReply.model_validate(values)


def _tagged(engine: CommandEngine, row: Row, response: Response) -> SequenceReply:
    response.headers["ETag"] = tag(row)
    return _reply(engine, row)
