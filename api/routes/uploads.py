"""Motion files of the user's own become actions."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from action_library.action import LONGEST_DESCRIPTION, LONGEST_NAME, MOST_TAGS, normal_name
from action_library.entry import entry_of
from action_library.import_work import SUFFIXES, Job, Made
from action_library.importer import read_guarded, store_made
from action_library.ingest import SCRIPTS
from action_library.store import Row
from action_library.titles import Title, title_of
from api.problems import problems
from api.revisions import IfMatch, expected, tag
from api.routes.actions import detail
from api.schemas_actions import ReadingReply, UploadReply
from api.service import Service
from motion_engine.errors import BadClip, MotionError, UnknownAction
from motion_engine.joint_map import map_path

MEMORY, SECONDS = 4 << 30, 120  # of the process that reads a file
LONGEST_MAP = 8000  # characters
SHOWN = 80  # characters of a file's name in messages
_FILE = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}, "required": True}

File = Annotated[str, Query(min_length=1, max_length=200, description=f"Its name; ends with {', '.join(SUFFIXES)}")]
Words = Annotated[str, Query(max_length=LONGEST_DESCRIPTION)]
Map = Annotated[str, Query(max_length=LONGEST_MAP, description="YAML as in a .map.yaml: joints, up, facing, unit")]


def routes(service: Service) -> APIRouter:
    """`POST /actions` and `PUT /actions/{name}/motion`."""
    router, engine, library = APIRouter(tags=["actions"]), service.engine, service.engine.library

    @router.post(
        "/actions", status_code=201, responses=problems(400, 409, 413, 422, 503), openapi_extra={"requestBody": _FILE}
    )
    async def upload(
        request: Request,
        response: Response,
        file: File,
        name: Annotated[str, Query(max_length=LONGEST_NAME, description="Default: by the file's name")] = "",
        description: Words = "",
        tags: Annotated[list[str] | None, Query(alias="tag", max_length=MOST_TAGS)] = None,
        source: Words = "",
        licence: Words = "",
        segment: Annotated[bool, Query(description="Cut a long recording into actions")] = False,
        map: Map = "",
    ) -> UploadReply:
        """Make actions of a motion file, which is the body itself: BVH, AMASS .npz, .glb, .gltf, .vrma, DeepMimic .txt
        and .json, key-pose .yaml. They can be said and found at once."""
        wanted = normal_name(name) if name else ""
        if wanted and library.store.get(wanted) is not None:
            raise HTTPException(409, f"There is {wanted} already: take another name, or replace its motion.")
        title = title_of(PurePosixPath(_leaf(file)))
        if PurePosixPath(file).suffix.lower() in SCRIPTS:  # it says itself what it is
            title = Title(title.name)
        else:
            title = replace(title, source=title.source or f"uploaded as {_leaf(file)}")
        title = replace(
            title,
            name=wanted or title.name,
            description=description or title.description,
            tags=tuple(dict.fromkeys((*(tags or ()), *title.tags)))[:MOST_TAGS],
            source=source or title.source,
            licence=licence or title.licence,
        )
        made = await _read(request, file, Job(Path(), _leaf(file), title, segment, named=True), map)
        outcome = await run_in_threadpool(store_made, library, made, again=True)
        if outcome.state != "imported":
            raise HTTPException(409, f"{outcome.label}: {outcome.reason}.")
        rows = await run_in_threadpool(_learned, list(outcome.names))
        if len(rows) == 1:
            response.headers["Location"] = f"/v1/actions/{rows[0].entry.name}"
            response.headers["ETag"] = tag(rows[0])
        return UploadReply(
            actions=[detail(engine, row) for row in rows],
            notes=[outcome.reason] if outcome.reason else [],
            reading=_reading(made),
        )

    @router.put(
        "/actions/{name}/motion", responses=problems(400, 404, 412, 413, 422, 503), openapi_extra={"requestBody": _FILE}
    )
    async def exchange(
        request: Request, response: Response, name: str, file: File, if_match: IfMatch = None, map: Map = ""
    ) -> UploadReply:
        """Give an action another motion; what is said of it stays, and so does the former version."""
        old = library.get(name)
        revision = expected(library.row(name), if_match)
        title = replace(
            title_of(PurePosixPath(_leaf(file))),
            name=old.name,
            description=old.description,
            aliases={str(language): words for language, words in old.aliases.items()},
            tags=old.tags,
            source=old.source,
            licence=old.licence,
        )
        made = await _read(request, file, Job(Path(), _leaf(file), title, False, named=True), map)
        action, data, _ = made.actions[0]
        action = action.model_copy(update={"description_zh": old.description_zh})
        row = await run_in_threadpool(library.store.put, entry_of(action), data, expect=revision)
        if row is None:
            raise HTTPException(412, f"{old.name} was changed by somebody else meanwhile: look at it again.")
        rows = await run_in_threadpool(_learned, [old.name])
        response.headers["ETag"] = tag(rows[0])
        return UploadReply(
            actions=[detail(engine, rows[0])], notes=[made.note] if made.note else [], reading=_reading(made)
        )

    async def _read(request: Request, file: str, job: Job, stated: str) -> Made:
        """What is in the body, read by a process that cannot do any harm."""
        suffix = Path(_leaf(file)).suffix.lower()
        if suffix not in SUFFIXES:
            raise BadClip(
                f"{job.label}: files that end with {suffix or 'nothing'} are no motions; use {', '.join(SUFFIXES)}"
            )
        with tempfile.TemporaryDirectory(prefix="motion-upload-") as folder:
            path = Path(folder, f"upload{suffix}")
            with path.open("wb") as target:
                async for piece in request.stream():
                    target.write(piece)
            if stated:
                map_path(path).write_text(stated, encoding="utf-8")
            async with service.gate.place():
                job = replace(job, path=path)
                made = await run_in_threadpool(read_guarded, job, memory=MEMORY, seconds=SECONDS)
        if made.failure or not made.actions:
            words = made.failure or "there is no motion in it"
            raise BadClip(f"{job.label}: {words.replace(str(path), job.label).replace(path.name, job.label)}")
        return made

    def _learned(names: list[str]) -> list[Row]:
        """The documents of new actions, which are found by their meaning from now on."""
        with suppress(MotionError):  # then the next search learns them
            engine.learn()
        rows = {row.entry.name: row for row in library.store.get_many(names)}
        if not rows:
            raise UnknownAction(names[0])
        return [rows[name] for name in names if name in rows]

    return router


def _reading(made: Made) -> ReadingReply | None:
    """How the skeleton of a file was read, as an answer."""
    if made.reading is None:
        return None
    return ReadingReply.model_validate(vars(made.reading) | {"words": str(made.reading), "body": made.reading.body})


def _leaf(file: str) -> str:
    """The name of a file without folders and what cannot be shown."""
    leaf = file.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "".join(c for c in leaf if c.isprintable())[-SHOWN:] or "file"
