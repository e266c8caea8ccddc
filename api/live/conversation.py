"""One live socket: what it says is understood and done in its room, and it sees what happens there."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from anyio import create_task_group, move_on_after
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocket, WebSocketDisconnect

from action_library.sequence import Call
from api.live.room import Room, Sender
from api.live.viewer import Viewer
from api.live.wire import (
    AskSkeleton,
    Direct,
    Do,
    Message,
    Ping,
    Recentre,
    Say,
    Speed,
    Stop,
    Talk,
    TalkEnd,
    Vote,
    message,
    read_message,
    refusal,
)
from api.problems import problem_of
from api.rates import Rates
from api.schemas import joints
from api.schemas_sequences import Steps
from api.service import Service
from motion_engine.errors import BadCommand, MotionError
from motion_engine.types import Plan

MESSAGES_PER_SECOND, AT_ONCE = 100.0, 300.0  # of one socket; who sends more is sent away
MOST_BAD = 20  # messages that are none
TOO_MANY, NONSENSE, TOO_SLOW, ROOM_CLOSED = 4029, 4022, 4008, 4004  # why a socket was closed


class Conversation:
    """What a socket says, and what it is told."""

    def __init__(self, service: Service, socket: WebSocket, room: Room, viewer: Viewer, sender: Sender | None) -> None:
        """`sender` is None for who may only watch."""
        self._service, self._socket, self._room, self._viewer, self._sender = service, socket, room, viewer, sender
        self._rates, self._bad = Rates(MESSAGES_PER_SECOND, AT_ONCE), 0
        self._talk: tuple[Talk, io.BytesIO] | None = None
        self._hearing = False
        self._tasks = create_task_group()

    async def run(self) -> None:
        """Until the socket or the room is closed."""
        end: tuple[int, str] | None = None

        async def until_it_ends(part: Callable[[], Awaitable[tuple[int, str]]]) -> None:
            nonlocal end
            with suppress(WebSocketDisconnect):
                end = await part()
            self._tasks.cancel_scope.cancel()

        try:
            async with self._tasks:
                self._tasks.start_soon(until_it_ends, self._listen)
                self._tasks.start_soon(until_it_ends, self._show)
        finally:
            self._service.rooms.talking.discard(self)
        if end:
            with suppress(RuntimeError, WebSocketDisconnect), move_on_after(1.0):
                await self._socket.close(*end)

    async def _show(self) -> tuple[int, str]:
        """Send what the viewer sees; the code and the reason for which that ends."""
        try:
            await self._viewer.run()
        except RuntimeError as error:  # what uvicorn says of a socket that it has closed itself meanwhile
            raise WebSocketDisconnect(1006) from error
        return (
            (ROOM_CLOSED, "The room was closed.") if self._viewer.closed else (TOO_SLOW, "You take nothing any more.")
        )

    async def _listen(self) -> tuple[int, str]:
        """Do what is said, one after the other, until it is too much: the code and the reason."""
        while True:
            received = await self._socket.receive()
            if received["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(received.get("code") or 1005)
            if self._rates.wait(""):
                return TOO_MANY, "Too many messages at once."
            if received.get("bytes") is not None:
                self._add_sound(received["bytes"])
                continue
            try:
                said = read_message(received["text"])
            except BadCommand as error:
                self._viewer.tell(refusal(problem_of(error)))
                self._bad += 1
                if self._bad >= MOST_BAD:
                    return NONSENSE, "Too many messages that are none: see docs/live.md."
                continue
            await self._answer(getattr(said, "id", ""), self._do(said))

    async def _answer(self, ident: str, doing: Any) -> None:
        """Tell what became of a message: `done` with what all others are told too, or a problem."""
        try:
            done = await doing
        except (MotionError, HTTPException) as error:
            self._viewer.tell(refusal(problem_of(error), ident))
        else:
            if done is not None:
                did = {name: value for name, value in done.items() if name != "timeline"}  # all were told that one
                self._viewer.tell(message("done", id=ident, did=did))

    async def _do(self, said: Message) -> dict[str, Any] | None:
        match said:
            case Ping():
                return {"type": "pong"}
            case AskSkeleton():
                return {"type": "skeleton", "joints": [joint.model_dump() for joint in joints()]}
            case TalkEnd():
                self._hear()
                return None
        if self._sender is None:
            raise HTTPException(403, "You may only watch: a key that is good for `command` lets you say something.")
        match said:
            case Say():
                return await self._command(said, said.text)
            case Do():
                return await self._sequence(said)
            case Talk():
                self._service.rooms.talk(self)
                self._talk = said, io.BytesIO()
                return None
            case Vote():
                return self._room.vote(self._who(said.sender), said.option)
        if not self._sender.host:
            raise HTTPException(403, f"Only a host may send {said.type}: a key that is good for `admin` makes you one.")
        match said:
            case Stop():
                return self._room.stop()
            case Speed():
                return self._room.set_speed(said.factor)
            case Recentre():
                return self._room.recentre()
            case Direct():
                return self._room.direct(said.policy)
        raise AssertionError(said)

    def _who(self, name: str) -> Sender:
        assert self._sender is not None
        return self._sender.speaking_for(name)

    async def _command(self, said: Say | Talk, text: str) -> dict[str, Any]:
        sender = self._who(said.sender)
        self._room.admit(sender, text)
        plan = await asyncio.to_thread(self._service.engine.parse, text)
        return await self._room.take(sender, text, plan, said.when)

    async def _sequence(self, said: Do) -> dict[str, Any]:
        if sum(part is not None for part in (said.name, said.steps, said.tracks)) != 1:
            raise BadCommand("A sequence has either steps, tracks or a name.")
        sender = self._who(said.sender)
        steps: Steps = ((Call(action=said.name),),) if said.name is not None else said.steps or ()
        self._room.admit(sender, said.name or "")
        plan: Plan = await asyncio.to_thread(self._service.engine.compose, steps, said.tracks or ())
        return await self._room.take(sender, str(plan), plan, said.when)

    # ── Push to talk ──────────────────────────────────────────────────────────────────────────────────────

    def _add_sound(self, piece: bytes) -> None:
        if self._talk is None:
            self._viewer.tell(refusal(problem_of(BadCommand("Sound belongs between `talk` and `talk_end`."))))
            self._bad += 1
            return
        most = self._service.settings.sound_bytes
        if self._talk[1].tell() + len(piece) > most:
            words = f"What you say has more than {most} bytes: say less at once."
            self._viewer.tell(refusal(problem_of(HTTPException(413, words)), self._talk[0].id))
            self._talk = None
            self._service.rooms.talking.discard(self)
        else:
            self._talk[1].write(piece)

    def _hear(self) -> None:
        """Understand what was said in the background: meanwhile the socket may say other things."""
        if self._talk is None:
            raise BadCommand("`talk` comes before `talk_end`.")
        if self._hearing:
            raise HTTPException(429, "What you said before is still being understood: wait for its answer.")
        (said, sound), self._talk = self._talk, None
        self._hearing = True
        self._tasks.start_soon(self._answer, said.id, self._heard(said, sound.getvalue()))

    async def _heard(self, said: Talk, sound: bytes) -> dict[str, Any]:
        try:
            async with self._service.gate.place():
                heard = await asyncio.to_thread(self._service.engine.hear, sound, said.language)
        finally:
            self._hearing = False
            self._service.rooms.talking.discard(self)
        self._viewer.tell(
            message("heard", id=said.id, text=heard.text, language=heard.language, certainty=heard.certainty)
        )
        return await self._command(said, heard.text)
