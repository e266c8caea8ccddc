"""What there is to render with, and how a render will look."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Response

from animator.sheet import png
from api.pictures import frames
from api.problems import files, problems
from api.render_checks import ability, check_pose_finder, check_stable_animator
from api.render_files import picture_of, reference_of
from api.schemas_renders import Ability, RenderersReply, RenderRequest
from api.service import Service


def routes(service: Service) -> APIRouter:
    """`/renderers` and `/renders/preview`."""
    router, settings = APIRouter(tags=["renders"]), service.settings

    @router.get("/renderers")
    def renderers() -> RenderersReply:
        """What can be rendered here, and if something cannot, why, and what to do."""
        return RenderersReply(
            mannequin=Ability(available=True, reason=""),
            stable_animator=ability(check_stable_animator, settings),
            pose_finder=ability(check_pose_finder, settings),
            waiting=settings.renders_waiting,
            kept_hours=settings.renders_kept,
        )

    @router.post(
        "/renders/preview",
        responses=files("image/png") | problems(400, 404, 413, 422, 503),
        response_class=Response,
        dependencies=service.heavy,
    )
    def preview(
        request: RenderRequest,
        t: Annotated[float, Query(ge=0, le=1e6, description="s; the last moment if it is later")] = 0.0,
    ) -> Response:
        """One moment of a render as it would be, at once; of stable-animator the pose map that leads it."""
        _, track = service.tracks.get(request.track)
        if request.reference is not None and request.reference.pose is None:
            check_pose_finder(settings)
        seen = reference_of(request.reference, settings.stable_animator) if request.reference else None
        view = "pose" if request.renderer == "stable-animator" else request.view
        picture = picture_of(request.model_copy(update={"view": view}), seen)
        index = min(round(t * track.clip.fps), len(track.clip) - 1)
        return Response(png(next(frames(track, picture, np.array([index])))), media_type="image/png")

    return router
