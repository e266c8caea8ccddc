"""Commands, typed and spoken: understood, and composed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from action_library.sequence import tracks_of
from api.problems import answer_to, problems
from api.schemas import (
    CommandReply,
    CommandRequest,
    DraftReply,
    ParseReply,
    ParseRequest,
    SpokenReply,
    StepReply,
    TimelineReply,
    TranscriptReply,
    UnknownReply,
    WordReply,
)
from api.service import Service
from motion_engine.blocks import blocks_of
from motion_engine.errors import MotionError
from motion_engine.types import LIBRARY_FPS, Language, Plan, Timeline
from nlp.account import Word

SOUNDS = ("audio/wav", "audio/mpeg", "audio/ogg", "audio/webm", "audio/mp4", "application/octet-stream")
_SOUND = {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in SOUNDS}, "required": True}


def routes(service: Service) -> APIRouter:
    """`/parse`, `/parse/draft`, `/commands` and `/commands/audio`."""
    router, engine = APIRouter(tags=["commands"]), service.engine

    def perform(text: str, fps: float) -> CommandReply:
        plan, words = engine.understand(text)
        return composed(service, plan, words, engine.timeline(plan, fps=fps))

    @router.post("/parse", responses=problems(400, 404, 413, 422, 503))
    def parse(request: ParseRequest) -> ParseReply:
        """Understand a command, without performing it: which words became which action, with which score."""
        return understood(*engine.understand(request.text))

    @router.post("/parse/draft", responses=problems(400, 413, 422, 503))
    def draft(request: ParseRequest) -> DraftReply:
        """Understand what there is of a command that is still being typed: what is known has its role although other
        words are unknown, and for those there are suggestions."""
        found = engine.draft(request.text)
        return DraftReply(
            **understood(found.plan, found.words).model_dump(),
            unknown=[UnknownReply.model_validate(one) for one in found.unknown],
            refused=found.refused,
        )

    @router.post("/commands", responses=problems(400, 404, 413, 422, 503), dependencies=service.heavy)
    def command(request: CommandRequest) -> CommandReply:
        """Understand a command and compose its motion."""
        return perform(request.text, request.fps)

    @router.post(
        "/commands/audio",
        responses=problems(400, 404, 413, 422, 503),
        openapi_extra={"requestBody": _SOUND},
        response_model=SpokenReply,
    )
    async def audio(
        request: Request,
        language: Annotated[Language | None, Query(description="Default: whichever it sounds like")] = None,
        fps: Annotated[float, Query(ge=1, le=240)] = LIBRARY_FPS,
    ) -> SpokenReply | JSONResponse:
        """Understand what is said in a sound file of at most a minute (wav, mp3, ogg, webm, m4a: the body itself), and
        compose its motion."""
        sound = await request.body()
        async with service.gate.place():
            heard = await run_in_threadpool(engine.hear, sound, language)
            try:
                reply = await run_in_threadpool(perform, heard.text, fps)
            except MotionError as error:
                return answer_to(error, heard=heard.text)
        return SpokenReply(**reply.model_dump(), heard=TranscriptReply.model_validate(heard))

    return router


def understood(plan: Plan, words: Sequence[Word]) -> ParseReply:
    """A plan and the roles of its words as an answer."""
    return ParseReply(
        plan=str(plan),
        language=plan.language,
        ignored=list(plan.ignored),
        steps=[StepReply.model_validate(step) for step in plan.steps],
        words=[WordReply.model_validate(word) for word in words],
    )


def composed(service: Service, plan: Plan, words: list[Word], timeline: Timeline) -> CommandReply:
    """The track of a timeline, which is kept, with how it was asked for, as an answer."""
    track = service.perform(timeline)
    return CommandReply(
        **understood(plan, words).model_dump(),
        id=service.tracks.add(plan, track),
        frames=len(track.clip),
        timeline=TimelineReply.model_validate(track.timeline),
        tracks=tracks_of(blocks_of(track.timeline, service.engine.infos)),
    )
