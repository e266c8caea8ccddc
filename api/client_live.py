"""A live character as a client sees it."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import numpy as np

from api.live.wire import HEAD, LAYOUT
from motion_engine.errors import BadMedia
from motion_engine.types import Array

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection as AsyncConnection
    from websockets.sync.client import ClientConnection


@dataclass(frozen=True, eq=False)
class LiveFrame:
    """One pose of a live character."""

    number: int
    contacts: tuple[bool, ...]  # which feet stand, in the order of CONTACT_JOINTS
    root_position: Array  # (3,) m
    rotation: Array  # (J, 4) wxyz, relative to the parent


def read_frame(data: bytes) -> LiveFrame:
    """A binary frame as `api.live.wire` describes it; BadMedia if it is none."""
    layout, contacts, joints, number = HEAD.unpack_from(data) if len(data) >= HEAD.size else (0, 0, 0, 0)
    if layout != LAYOUT or len(data) != HEAD.size + 4 * (3 + 4 * joints):
        raise BadMedia(f"{len(data)} bytes are no frame of layout {LAYOUT}: is the service of another version?")
    values = np.frombuffer(data, "<f4", offset=HEAD.size)
    feet = tuple(bool(contacts >> i & 1) for i in range(4))
    return LiveFrame(number, feet, values[:3], values[3:].reshape(joints, 4))


def live_address(url: str, query: dict[str, Any]) -> str:
    """Where the socket of a service is."""
    chosen = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
    return f"{url.replace('http', 'ws', 1)}/v1/live?{urlencode(chosen)}"


class _Numbered:
    """Messages get an id each, by which their answers are known."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)

    def _message(self, kind: str, values: dict[str, Any]) -> tuple[str, str]:
        ident = str(next(self._ids))
        return ident, json.dumps({"type": kind, "id": ident} | values, ensure_ascii=False)


def _read(data: str | bytes) -> LiveFrame | dict[str, Any]:
    return read_frame(data) if isinstance(data, bytes) else json.loads(data)


class Live(_Numbered):
    """An open socket: iterate over it to get frames, and messages as docs/live.md lists them."""

    def __init__(self, socket: ClientConnection) -> None:
        super().__init__()
        self._socket = socket

    def send(self, kind: str, **values: Any) -> str:
        """Send a message, such as `send("command", text="wave")`; the id by which the answer is known."""
        ident, words = self._message(kind, values)
        self._socket.send(words)
        return ident

    def __iter__(self) -> Iterator[LiveFrame | dict[str, Any]]:
        return map(_read, self._socket)


class AsyncLive(_Numbered):
    """As `Live`, with await."""

    def __init__(self, socket: AsyncConnection) -> None:
        super().__init__()
        self._socket = socket

    async def send(self, kind: str, **values: Any) -> str:
        """See `Live.send`."""
        ident, words = self._message(kind, values)
        await self._socket.send(words)
        return ident

    async def __aiter__(self) -> AsyncIterator[LiveFrame | dict[str, Any]]:
        async for data in self._socket:
            yield _read(data)
