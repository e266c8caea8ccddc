"""Key poses: scripts are solved for whoever edits them, and poses become keys. Nothing is kept."""

from __future__ import annotations

import numpy as np
from fastapi import APIRouter
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from action_library.keypose import key_pose, perform
from action_library.keypose_script import script_of
from action_library.keypose_taken import taken
from api.problems import files, problems
from api.routes.track_files import frames_of
from api.schemas_keyposes import WIDTH, PoseReply, PoseRequest, SolveRequest
from api.service import Service


def routes(service: Service) -> APIRouter:
    """`/keyposes`."""
    router = APIRouter(tags=["key poses"])

    @router.post(
        "/keyposes/solve",
        responses=files("application/octet-stream") | problems(400, 413, 422),
        response_class=Response,
        dependencies=service.heavy,
    )
    def solve(request: SolveRequest) -> Response:
        """The motion of a key-pose script (docs/keypose.md), as the frames of `/v1/tracks/{key}/frames`; with `key`
        the one pose that this key asks for. To keep it, send the script to `POST /v1/actions?file=NAME.yaml`."""
        script = script_of(request.script)
        if request.key is None:
            return frames_of(perform(script).clip, 0.0, None)
        root, rotation = key_pose(script, request.key)
        frame = np.concatenate((root, rotation.ravel())).astype("<f4")
        return Response(frame.tobytes(), media_type="application/octet-stream")

    @router.post("/keyposes/pose", responses=problems(413, 422), dependencies=service.heavy)
    def pose(request: PoseRequest) -> PoseReply:
        """The channels of a key that make this pose, where it stands and faces left out; and what they cannot say."""
        frame = np.array(request.frame)
        rotation = frame[3:].reshape(-1, 4)
        if (np.linalg.norm(rotation, axis=-1) < 0.5).any():
            raise HTTPException(422, f"frame: after the position there are {WIDTH // 4} rotations wxyz of length 1.")
        found = taken(frame[:3], rotation)
        return PoseReply(channels=found.channels, joint=found.joint, apart=found.apart)

    return router
