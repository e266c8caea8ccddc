"""The action library: found, looked at, changed. An ETag is the revision of a document."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from action_library.entry import parse_row
from action_library.search import Filter, Page
from action_library.store import Row, Sort
from api.engine import CommandEngine
from api.preview import write_preview
from api.problems import problems
from api.revisions import IfMatch, expected, tag
from api.schemas import ActionChange, ActionPage, ActionReply
from api.service import Service
from motion_engine.errors import BadClip
from motion_engine.types import Side


def wanted(
    tags: Annotated[list[str] | None, Query(alias="tag", description="All of these")] = None,
    part: Annotated[list[str] | None, Query(description="Where the body moves: left_arm, head, ...")] = None,
    source: Annotated[str, Query(description="Words of it")] = "",
    licence: Annotated[str, Query(description="Words of it")] = "",
    side: Side | None = None,
    cyclic: Annotated[bool | None, Query(description="Whether it goes on, as a walk")] = None,
    min_duration: Annotated[float | None, Query(ge=0, description="s")] = None,
    max_duration: Annotated[float | None, Query(ge=0, description="s")] = None,
) -> Filter:
    """Which actions are listed."""
    return Filter(
        tags=tuple(tags or ()),
        parts=tuple(part or ()),
        source=source,
        licence=licence,
        side=side,
        cyclic=cyclic,
        shortest=min_duration,
        longest=max_duration,
    )


def routes(service: Service) -> APIRouter:
    """`/actions`."""
    engine, router = service.engine, APIRouter(tags=["actions"])
    library = engine.library

    @router.get("/actions", responses=problems(422, 503))
    def find(
        wanted: Annotated[Filter, Depends(wanted)],
        text: Annotated[str, Query(description="What they mean, in English or Chinese")] = "",
        sort: Sort = "name",
        descending: bool = False,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        cursor: Annotated[str | None, Query(description="Of the page before")] = None,
    ) -> ActionPage:
        """Actions that pass the filter: those that mean `text`, the nearest first, or all in order."""
        if text:
            return _page(engine.find(text, wanted, limit=limit, cursor=cursor))
        return _page(library.index.page(wanted, sort=sort, descending=descending, limit=limit, cursor=cursor))

    @router.get("/actions/{name}", responses=problems(400, 404, 503))
    def show(name: str, response: Response) -> ActionReply:
        """One action, with the ETag of what is said of it."""
        return _tagged(_action_row(engine, name), response)

    @router.patch("/actions/{name}", responses=problems(400, 404, 412, 422, 503))
    def change(name: str, said: ActionChange, response: Response, if_match: IfMatch = None) -> ActionReply:
        """Change what the library says of an action; the former version can be restored."""
        row = _action_row(engine, name)
        revision = expected(row, if_match)
        try:
            return _tagged(
                library.edit(row.entry.name, expect=revision, **said.model_dump(exclude_none=True)), response
            )
        except BadClip:
            expected(_action_row(engine, name), if_match)  # somebody may have been faster
            raise

    @router.delete("/actions/{name}", status_code=204, responses=problems(400, 404, 412, 503))
    def remove(name: str, if_match: IfMatch = None) -> None:
        """Put an action in the bin, from which it can be restored."""
        row = _action_row(engine, name)
        library.remove(row.entry.name, expect=expected(row, if_match))

    @router.get(
        "/actions/{name}/preview.webp",
        responses=problems(404, 503),
        response_class=Response,
        dependencies=service.heavy,
    )
    def preview(name: str) -> Response:
        """The action as a small moving picture."""
        action = library.get(name)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "preview.webp")
            write_preview(path, action, library.clip(action.name))
            content = path.read_bytes()
        return Response(content, media_type="image/webp")

    return router


def _action_row(engine: CommandEngine, name: str) -> Row:
    engine.library.get(name)  # a saved sequence is no action
    return engine.library.row(name)


def _page(page: Page) -> ActionPage:
    scores: tuple[float | None, ...] = page.scores or (None,) * len(page.rows)
    found = [_reply(row, score=score) for row, score in zip(page.rows, scores, strict=True)]
    return ActionPage(actions=found, cursor=page.cursor)


def _reply(row: Row, **more: Any) -> ActionReply:
    return ActionReply.model_validate(parse_row(row).model_dump() | more)


def _tagged(row: Row, response: Response) -> ActionReply:
    response.headers["ETag"] = tag(row)
    return _reply(row)
