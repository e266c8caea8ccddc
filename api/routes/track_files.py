"""Tracks: their frames, and as files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from fastapi import APIRouter
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from api.export import export
from api.pictures import Picture
from api.problems import problems
from api.schemas import JointReply
from api.tracks import Tracks
from motion_engine.types import canonical_skeleton

DOWNLOADS = {
    "bvh": "text/plain",
    "npz": "application/octet-stream",
    "glb": "model/gltf-binary",
    "vrma": "model/gltf-binary",
    "json": "application/json",
}


def routes(tracks: Tracks) -> APIRouter:
    """`/tracks` and the skeleton that they are on."""
    router = APIRouter(tags=["tracks"])

    @router.get("/tracks/{key}/frames", responses=problems(404), response_class=Response)
    def frames(key: str) -> Response:
        """All frames as float32, little endian, `(frames, 3 + 52 * 4)`.

        Of each frame: the position of the pelvis in the world (m, +Y up), then for each joint of `/v1/skeleton` its
        rotation relative to its parent as a quaternion wxyz.
        """
        clip = tracks.get(key)[1].clip
        rows = np.concatenate((clip.root_position, clip.rotation.reshape(len(clip), -1)), axis=1)
        return Response(rows.astype("<f4").tobytes(), media_type="application/octet-stream")

    @router.get("/tracks/{name}", responses=problems(404), response_class=Response)
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

    @router.get("/skeleton")
    def skeleton() -> list[JointReply]:
        """The canonical skeleton, in the order of the rotations."""
        joints = canonical_skeleton()
        rows = zip(joints.names, joints.parents, joints.offsets.tolist(), strict=True)
        return [JointReply(name=name, parent=parent, offset=tuple(offset)) for name, parent, offset in rows]

    return router
