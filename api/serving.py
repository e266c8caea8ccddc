"""`motion serve`: the application behind a socket, until it is interrupted."""

from __future__ import annotations

import asyncio
import ctypes
import socket
import sys
from asyncio.transports import BaseTransport
from contextlib import suppress
from functools import partial
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from api.app import create_app
from api.engine import CommandEngine
from api.log import log_lines
from api.settings import Settings

M_ARENA_MAX = -8  # of malloc.h
IDLE = 30  # s that a connection is kept for another request: longer than clients do, who would meet its end
HEAD_BYTES = 32 << 10
LONGEST_MESSAGE = 1 << 20  # bytes of a WebSocket message
LIVE_BUFFER = 32 << 10  # bytes on the way to a viewer, here and in the system: with more, who is slow sees the past


class Patient(H11Protocol):
    """HTTP that closes connections which ask for nothing: a thousand of them would keep all others out."""

    def __init__(self, *args: Any, seconds: float, **more: Any) -> None:
        """`seconds` within which the head of a request has arrived; all else is uvicorn's."""
        super().__init__(*args, **more)
        self._seconds = seconds

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """asyncio's interface."""
        super().connection_made(transport)
        self.loop.call_later(self._seconds, self._asked_anything, transport)

    def _asked_anything(self, transport: asyncio.Transport) -> None:
        if transport.get_protocol() is self and self.cycle is None and not transport.is_closing():
            transport.close()


class Prompt(WebSocketsSansIOProtocol):
    """WebSockets that hold back little of what is sent."""

    def connection_made(self, transport: BaseTransport) -> None:
        """asyncio's interface."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(LIVE_BUFFER)
        if sock := transport.get_extra_info("socket"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LIVE_BUFFER)


class Server(uvicorn.Server):
    """Waits for answers that are being given when it shall stop, but lets those that have no end know."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """uvicorn's interface."""
        self.config.app.state.stopping.set()  # type: ignore[union-attr]
        await super().shutdown(sockets)


def serve(settings: Settings) -> None:
    """Run the service until it is interrupted; what is being answered is finished first.

    Raises:
        LibraryUnavailable: The library cannot be opened.
        BadCommand: Keys are needed and there is none.
    """
    _share_memory()
    _allow_many_sockets()
    log_lines(settings.log)
    app = create_app(CommandEngine.open(settings.library), settings)
    patient: Any = partial(Patient, seconds=settings.head_seconds)
    config = uvicorn.Config(
        app, host=settings.host, port=settings.port, http=patient, ws=Prompt, log_config=None, access_log=False,
        limit_concurrency=settings.connections, h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_graceful_shutdown=int(settings.shutdown_seconds), ws_max_size=LONGEST_MESSAGE, timeout_keep_alive=IDLE,
        ws_per_message_deflate=False, server_header=False,
    )  # fmt: skip
    bound = config.bind_socket()  # a port that is taken ends it here, with a message, before the address is shown
    print(f"Motion Engine: http://{settings.host}:{settings.port}", flush=True)
    Server(config).run(sockets=[bound])


def _share_memory() -> None:
    """Let all threads allocate from two pools, where the C library is glibc: by default each thread has its own, in
    which what it once needed stays, and a busy service takes a quarter more memory, which goes up and down."""
    if sys.platform == "linux":
        with suppress(AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def _allow_many_sockets() -> None:
    """As many open files as this process may have."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
