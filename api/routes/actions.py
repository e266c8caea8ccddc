"""The action library: found, looked at, changed. An ETag is the revision of a document."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from action_library.action import Action, normal_name
from action_library.entry import parse_row
from action_library.search import Filter, Page
from action_library.store import Row, Sort
from api.engine import CommandEngine
from api.export import plain_track
from api.preview import moving, thumbnail
from api.problems import files, problems
from api.revisions import IfMatch, expected, tag
from api.routes.track_files import DOWNLOADS, IfNoneMatch, Seconds, file_of, frames_of
from api.schemas_actions import (
    ActionChange,
    ActionDetail,
    ActionPage,
    ActionReply,
    FacetsReply,
    RestoreRequest,
    VersionReply,
)
from api.service import Service
from motion_engine.errors import BadClip
from motion_engine.types import Side, Track


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

    heavy = service.heavy

    def picture(name: str, kind: str, if_none_match: str | None, make: Callable[[Track], bytes]) -> Response:
        action = library.get(name)
        _, track = plain_track(action.name, library.clip(action.name))
        key = f"{action.track[:16]}.{kind}"
        return service.thumbnails.answer(key, kind.rpartition(".")[2], if_none_match, partial(make, track))

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
            return _page(engine, engine.find(text, wanted, limit=limit, cursor=cursor))
        return _page(engine, library.index.page(wanted, sort=sort, descending=descending, limit=limit, cursor=cursor))

    @router.get("/facets", responses=problems(503))
    def facets() -> FacetsReply:
        """What actions can be filtered by: tags, parts, sources and licences, those that most have first."""
        found = {kind: [{"value": v, "count": n} for v, n in pairs] for kind, pairs in vars(engine.facets).items()}
        return FacetsReply.model_validate({"actions": len(engine.infos)} | found)

    @router.get("/actions/{name}", responses=problems(400, 404, 503))
    def show(name: str, response: Response) -> ActionDetail:
        """One action and all that is known of it, with the ETag of what is said of it."""
        return _tagged(engine, _action_row(engine, name), response)

    @router.patch("/actions/{name}", responses=problems(400, 404, 412, 422, 503))
    def change(name: str, said: ActionChange, response: Response, if_match: IfMatch = None) -> ActionDetail:
        """Change what the library says of an action; the former version can be restored."""
        row = _action_row(engine, name)
        revision = expected(row, if_match)
        try:
            values = said.model_dump(exclude_none=True)
            if said.name is not None:
                values["name"] = normal_name(said.name)
            changed = library.edit(row.entry.name, expect=revision, **values)
            return _tagged(engine, changed, response)
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
        responses=files("image/webp") | problems(404, 503),
        response_class=Response,
        dependencies=heavy,
    )
    def preview(name: str, if_none_match: IfNoneMatch = None) -> Response:
        """The action as a small moving picture."""
        return picture(name, "preview.webp", if_none_match, moving)

    @router.get(
        "/actions/{name}/thumbnail.{kind}",
        responses=files("image/webp", "image/png") | problems(404, 422, 503),
        response_class=Response,
        dependencies=heavy,
    )
    def small_picture(name: str, kind: Literal["webp", "png"], if_none_match: IfNoneMatch = None) -> Response:
        """The action as a still smaller picture: moving (webp), or of one moment (png)."""
        return picture(name, f"thumbnail.{kind}", if_none_match, partial(thumbnail, kind=kind))

    @router.get(
        "/actions/{name}/frames",
        responses=files("application/octet-stream") | problems(404, 422, 503),
        response_class=Response,
    )
    def frames(name: str, start: Seconds = 0.0, end: Annotated[float | None, Query(ge=0, le=1e6)] = None) -> Response:
        """Its frames, as those of `/v1/tracks/{key}/frames`, at 30 a second."""
        return frames_of(library.clip(library.get(name).name), start, end)

    @router.get(
        "/actions/{name}/motion.{suffix}",
        responses=files(*sorted(set(DOWNLOADS.values()))) | problems(404, 422, 503),
        response_class=Response,
        dependencies=heavy,
    )
    def download(name: str, suffix: Literal["bvh", "npz", "glb", "vrma"]) -> Response:
        """Its motion as a file."""
        action = library.get(name)
        return file_of(*plain_track(action.name, library.clip(action.name)), f"{action.name}.{suffix}")

    @router.get("/actions/{name}/history", responses=problems(400, 404, 422, 503))
    def history(name: str) -> list[VersionReply]:
        """Its versions, the latest first: the present one, unless it was removed, and those that can be restored."""
        there, past = library.store.get(normal_name(name)), library.store.past(normal_name(name))
        if there is None and not past:
            library.row(name)  # tells the nearest names
        present = [_version(engine, there, "present")] if there else []
        return present + [_version(engine, row, "removed" if row.removed else "former") for row in past]

    @router.post("/actions/{name}/restore", responses=problems(400, 404, 422, 503))
    def restore(name: str, request: RestoreRequest, response: Response) -> ActionDetail:
        """Bring back a former version, or what was removed."""
        library.restore(name, request.version)
        return _tagged(engine, _action_row(engine, name), response)

    return router


def _action_row(engine: CommandEngine, name: str) -> Row:
    engine.library.get(name)  # a saved sequence is no action
    return engine.library.row(name)


def _page(engine: CommandEngine, page: Page) -> ActionPage:
    scores: tuple[float | None, ...] = page.scores or (None,) * len(page.rows)
    found = [_reply(engine, row, score) for row, score in zip(page.rows, scores, strict=True)]
    return ActionPage(actions=found, cursor=page.cursor)


def _known(engine: CommandEngine, row: Row) -> dict[str, Any]:
    """What is known of an action, the version included."""
    action = parse_row(row)
    assert isinstance(action, Action)
    return action.model_dump() | {"version": row.version, "usual": round(engine.usual_length(action), 4)}


def _reply(engine: CommandEngine, row: Row, score: float | None = None) -> ActionReply:
    return ActionReply.model_validate(_known(engine, row) | {"score": score})


def _version(engine: CommandEngine, row: Row, state: Literal["present", "former", "removed"]) -> VersionReply:
    return VersionReply(version=row.version, state=state, action=_reply(engine, row))


def detail(engine: CommandEngine, row: Row) -> ActionDetail:
    """All that is known of an action."""
    return ActionDetail.model_validate(_known(engine, row) | {"say": engine.how_to_say(row.entry.name)})


def _tagged(engine: CommandEngine, row: Row, response: Response) -> ActionDetail:
    response.headers["ETag"] = tag(row)
    return detail(engine, row)
