"""Live characters: the socket, and the rooms."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, WebSocket
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from api.access import caller_of
from api.live.conversation import Conversation
from api.live.room import Sender
from api.live.viewer import Viewer
from api.live.vmc import vmc_outputs
from api.problems import answer_to, example, problems
from api.schemas_live import CUE, LiveCommand, RoomReply, RoomRequest
from api.service import Service
from motion_engine.errors import MotionError


def routes(service: Service) -> APIRouter:
    """`/live`."""
    router, rooms, settings = APIRouter(tags=["live"]), service.rooms, service.settings

    @router.websocket("/live")
    async def live(
        socket: WebSocket,
        room: str = "main",
        fps: Annotated[float, Query(ge=24, le=120)] = 60.0,
        rate: Annotated[float | None, Query(ge=1, le=120)] = None,
        format: Literal["binary", "json"] = "binary",
        after: Annotated[int | None, Query(ge=0)] = None,
        name: Annotated[str, Query(max_length=40)] = "",
        audience: bool = False,
    ) -> None:
        """Watch and command a character: docs/live.md."""
        caller = caller_of(socket)
        may_command = "command" in caller.scopes
        try:
            entered = rooms.enter(room, may_open=may_command, fps=fps)
            if rooms.watching >= settings.viewers:
                raise HTTPException(429, "So many watch already that there is no place: try again later.")
        except (HTTPException, MotionError) as error:
            await socket.send_denial_response(answer_to(error))
            return
        every = max(1, round(entered.fps / rate)) if rate else 1
        viewer = Viewer(socket, every=every, as_json=format == "json")
        sender = speaker(socket, name, audience=audience) if may_command else None
        await socket.accept()
        role = "viewer" if sender is None else "host" if sender.host else "audience"
        entered.watch(viewer, after, role=role, rate=entered.fps / every, format=format)
        try:
            await Conversation(service, socket, entered, viewer, sender).run()
        finally:
            entered.leave(viewer)

    @router.get("/live/rooms")
    async def all_of_them() -> list[RoomReply]:
        """The rooms that are open, and what happens in them."""
        return [RoomReply.model_validate(room.state()) for room in rooms.all()]

    @router.put("/live/rooms/{name}", responses=problems(422))
    async def open_room(name: str, request: RoomRequest) -> RoomReply:
        """Open a room, or change what becomes of what its audience says. It is closed a minute after the last viewer
        has gone."""
        outputs = None if request.vmc is None else await asyncio.to_thread(vmc_outputs, request.vmc)  # looks up names
        try:
            room = rooms.enter(name, may_open=True, fps=request.fps, policy=request.policy)
        except BaseException:
            for output in outputs or ():
                output.close()
            raise
        if room.policy != request.policy:
            room.direct(request.policy)
        if outputs is not None:
            room.send_to(outputs)
        return RoomReply.model_validate(room.state())

    @router.delete("/live/rooms/{name}", status_code=204, responses=problems(404))
    async def close(name: str) -> None:
        """Close a room; who watches it is told."""
        rooms.close(name)

    @router.post("/live/rooms/{name}/commands", responses=example(CUE) | problems(404, 413, 422, 503))
    async def command(name: str, said: LiveCommand, request: Request) -> dict[str, Any]:
        """Say something in a room without a socket: for chat bots and buttons. The answer is the message that all
        viewers get; it names the frame in which it takes effect."""
        room, sender = rooms.get(name), speaker(request).speaking_for(said.sender)
        room.admit(sender, said.text)
        plan = await asyncio.to_thread(service.engine.parse, said.text)
        return await room.take(sender, said.text, plan, said.when)

    return router


def speaker(connection: HTTPConnection, name: str = "", *, audience: bool = False) -> Sender:
    """Who speaks: a host, if their key is good for that and they want to be one."""
    caller = caller_of(connection)
    address = connection.client.host if connection.client else ""
    return Sender(f"{caller.id} {address}", name, "admin" in caller.scopes and not audience)
