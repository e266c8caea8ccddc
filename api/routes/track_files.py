"""Tracks: their frames, and as files."""

from __future__ import annotations

import math
import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Header, Query
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from animator.sheet import png
from api.export import export
from api.pictures import Picture, scene
from api.pictures import frames as pictures
from api.preview import thumbnail
from api.problems import files, problems
from api.schemas import JointReply, joints
from api.service import Service
from motion_engine.types import Clip, Plan, Track

DOWNLOADS = {
    "bvh": "text/plain",
    "npz": "application/octet-stream",
    "glb": "model/gltf-binary",
    "vrma": "model/gltf-binary",
    "json": "application/json",
}


Seconds = Annotated[float, Query(ge=0, le=1e6, description="s")]
Pixels = Annotated[int, Query(ge=16, le=2048, description="px")]
IfNoneMatch = Annotated[str | None, Header(description="The ETag of what is there already; then 304")]


def frames_of(clip: Clip, start: float, end: float | None) -> Response:
    """Frames of a clip as float32, little endian, `(frames, 3 + 52 * 4)`, from `start` to before `end`, s."""
    rows = np.concatenate((clip.root_position, clip.rotation.reshape(len(clip), -1)), axis=1)
    last = len(clip) if end is None else math.ceil(end * clip.fps)
    chosen = rows[math.ceil(start * clip.fps) : last].astype("<f4")
    return Response(chosen.tobytes(), media_type="application/octet-stream")


def file_of(plan: Plan, track: Track, name: str) -> Response:
    """A track as a file of this name, one of DOWNLOADS."""
    suffix = name.rpartition(".")[2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"motion.{suffix}")
        export(path, plan, track, Picture())
        content = path.read_bytes()
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=DOWNLOADS[suffix], headers=disposition)


def routes(service: Service) -> APIRouter:
    """`/tracks` and the skeleton that they are on."""
    router, tracks = APIRouter(tags=["tracks"]), service.tracks

    @router.get(
        "/tracks/{key}/frames",
        responses=files("application/octet-stream") | problems(404, 422),
        response_class=Response,
    )
    def frames(
        key: str, start: Seconds = 0.0, end: Annotated[float | None, Query(ge=0, le=1e6, description="s")] = None
    ) -> Response:
        """Frames as float32, little endian, `(frames, 3 + 52 * 4)`: all, or those from `start` to before `end`.

        Of each frame: the position of the pelvis in the world (m, +Y up), then for each joint of `/v1/skeleton` its
        rotation relative to its parent as a quaternion wxyz.
        """
        return frames_of(tracks.get(key)[1].clip, start, end)

    @router.get(
        "/tracks/{key}/contacts",
        responses=files("application/octet-stream") | problems(404, 422),
        response_class=Response,
    )
    def contacts(key: str) -> Response:
        """A byte for each frame: which feet stand, as bits of left ankle, left ball, right ankle, right ball."""
        stands = tracks.get(key)[1].clip.contacts
        return Response(np.packbits(stands, axis=1, bitorder="little").tobytes(), media_type="application/octet-stream")

    @router.get(
        "/tracks/{key}/keypoints",
        responses=files("application/octet-stream") | problems(404, 422),
        response_class=Response,
        dependencies=service.heavy,
    )
    def keypoints(key: str, width: Pixels = 512, height: Pixels = 512) -> Response:
        """What its pose maps of this size show, as float32, little endian, `(frames, 128, 3)`: x and y, 0..1 of the
        picture, +y down, and a score; 18 points of the body in the order of OpenPose, 21 of the left hand, 21 of the
        right, 68 of the face."""
        seen = scene(tracks.get(key)[1], Picture("pose", width, height)).sequence
        count = len(seen)
        points = (seen.body, seen.hands.reshape(count, 42, 2), seen.face)
        scores = (seen.body_score, seen.hand_score.reshape(count, 42), seen.face_score)
        rows = np.concatenate((np.concatenate(points, axis=1), np.concatenate(scores, axis=1)[..., None]), axis=2)
        return Response(rows.astype("<f4").tobytes(), media_type="application/octet-stream")

    @router.get(
        "/tracks/{key}/thumbnail.{kind}",
        responses=files("image/webp", "image/png") | problems(404, 422),
        response_class=Response,
        dependencies=service.heavy,
    )
    def small_picture(key: str, kind: Literal["webp", "png"], if_none_match: IfNoneMatch = None) -> Response:
        """A small picture of it: moving (webp), or of one moment (png)."""
        _, track = tracks.get(key)
        make = partial(thumbnail, track, kind)
        return service.thumbnails.answer(f"{key}.{kind}", kind, if_none_match, make)

    @router.get(
        "/tracks/{key}/{view}.png",
        responses=files("image/png") | problems(404, 413, 422),
        response_class=Response,
        dependencies=service.heavy,
    )
    def picture(
        key: str,
        view: Literal["pose", "mannequin", "overlay"],
        t: Seconds = 0.0,
        width: Pixels = 512,
        height: Pixels = 512,
    ) -> Response:
        """One moment as a picture: its DWPose map, the mannequin, or both; the last one if `t` is later."""
        _, track = tracks.get(key)
        index = min(round(t * track.clip.fps), len(track.clip) - 1)
        drawn = next(pictures(track, Picture(view, width, height, "convex"), np.array([index])))
        return Response(png(drawn), media_type="image/png")

    @router.get(
        "/tracks/{name}",
        responses=files(*sorted(set(DOWNLOADS.values()))) | problems(404),
        response_class=Response,
        dependencies=service.heavy,
    )
    def download(name: str) -> Response:
        """A track as a file: `ID.bvh`, `ID.npz` (AMASS), `ID.glb`, `ID.vrma`; `ID` or `ID.json`: plan and timeline."""
        key, _, suffix = name.partition(".")
        suffix = suffix or "json"
        if suffix not in DOWNLOADS:
            raise HTTPException(404, f"No such file; end the name with one of {', '.join(DOWNLOADS)}.")
        return file_of(*tracks.get(key), f"motion.{suffix}")

    @router.get("/skeleton")
    def skeleton() -> list[JointReply]:
        """The canonical skeleton, in the order of the rotations."""
        return joints()

    return router
