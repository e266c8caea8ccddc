"""Commands, typed and spoken: understood, and composed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from api.engine import CommandEngine
from api.problems import problems
from api.schemas import (
    CommandReply,
    CommandRequest,
    ParseReply,
    ParseRequest,
    SegmentReply,
    SpokenReply,
    StepReply,
    TimelineReply,
    TranscriptReply,
    WordReply,
)
from api.tracks import Tracks
from motion_engine.types import LIBRARY_FPS, Language, Plan, Track
from nlp.account import Word

SOUNDS = ("audio/wav", "audio/mpeg", "audio/ogg", "audio/webm", "audio/mp4", "application/octet-stream")
_SOUND = {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in SOUNDS}, "required": True}


def routes(engine: CommandEngine, tracks: Tracks) -> APIRouter:
    """`/parse`, `/commands` and `/commands/audio`."""
    router = APIRouter(tags=["commands"])

    def perform(text: str, fps: float) -> CommandReply:
        plan, words = engine.understand(text)
        return composed(plan, words, engine.perform(engine.timeline(plan, fps=fps)), tracks)

    @router.post("/parse", responses=problems(400, 404, 413, 422, 503))
    def parse(request: ParseRequest) -> ParseReply:
        """Understand a command, without performing it: which words became which action, with which score."""
        return understood(*engine.understand(request.text))

    @router.post("/commands", responses=problems(400, 404, 413, 422, 503))
    def command(request: CommandRequest) -> CommandReply:
        """Understand a command and compose its motion."""
        return perform(request.text, request.fps)

    @router.post("/commands/audio", responses=problems(400, 404, 413, 422, 503), openapi_extra={"requestBody": _SOUND})
    async def audio(
        request: Request,
        language: Annotated[Language | None, Query(description="Default: whichever it sounds like")] = None,
        fps: Annotated[float, Query(ge=1, le=240)] = LIBRARY_FPS,
    ) -> SpokenReply:
        """Understand what is said in a sound file of at most a minute (wav, mp3, ogg, webm, m4a: the body itself), and
        compose its motion."""
        sound = await request.body()
        heard = await run_in_threadpool(engine.hear, sound, language)
        reply = await run_in_threadpool(perform, heard.text, fps)
        return SpokenReply(**reply.model_dump(), heard=TranscriptReply.model_validate(heard))

    return router


def understood(plan: Plan, words: list[Word]) -> ParseReply:
    """A plan and the roles of its words as an answer."""
    return ParseReply(
        plan=str(plan),
        language=plan.language,
        ignored=list(plan.ignored),
        steps=[StepReply.model_validate(step) for step in plan.steps],
        words=[WordReply.model_validate(word) for word in words],
    )


def composed(plan: Plan, words: list[Word], track: Track, tracks: Tracks) -> CommandReply:
    """A track, which is kept, with how it was asked for, as an answer."""
    timeline = track.timeline
    return CommandReply(
        **understood(plan, words).model_dump(),
        id=tracks.add(plan, track),
        frames=len(track.clip),
        timeline=TimelineReply(
            fps=timeline.fps,
            duration=timeline.duration,
            segments=[SegmentReply.model_validate(segment) for segment in timeline.segments],
        ),
    )
