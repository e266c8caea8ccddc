"""A client of the service: `MotionClient`, and `AsyncMotionClient` with await.

    with MotionClient() as client:
        track = client.command("wave then run")
        Path("run.bvh").write_bytes(client.download(track.id, "bvh"))

Every refusal is a `ServiceError` with what the service said. The methods are those of `api.client_calls`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

from api import client_calls as calls
from api.client_calls import Call, Format, Frames, ServiceError
from api.client_live import AsyncLive, Live, LiveFrame, live_address
from api.schemas import CommandReply, ParseReply, SpokenReply
from api.schemas_actions import ActionDetail, ActionPage, UploadReply
from api.schemas_renders import RenderReply
from api.schemas_sequences import SequencePage, SequenceReply
from motion_engine.types import LIBRARY_FPS

__all__ = ["AsyncMotionClient", "Frames", "LiveFrame", "MotionClient", "ServiceError"]

URL = "http://127.0.0.1:8765"
SECONDS = 60.0  # that an answer may take
LOOK = 0.5  # s between two looks at a render
T = TypeVar("T")


class _Client:
    """Where the service is, and the key for it."""

    def __init__(self, url: str = URL, key: str | None = None, *, seconds: float = SECONDS) -> None:
        """Args: `url` of the service, a `key` if it needs one, and the `seconds` that an answer may take."""
        self.url, self._seconds = url.rstrip("/"), seconds
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}

    def _request(self, call: Call[T]) -> dict[str, Any]:
        body = {} if call.json is None else {"json": call.json}
        body |= {} if call.content is None else {"content": call.content}
        return {"method": call.method, "url": call.path, "params": call.query, "headers": call.headers} | body

    def _open(self) -> dict[str, Any]:
        return {"base_url": self.url, "headers": self._headers, "timeout": self._seconds}


class MotionClient(_Client):
    """Asks and waits for the answer. Safe in several threads; a context manager."""

    def __init__(self, url: str = URL, key: str | None = None, *, seconds: float = SECONDS) -> None:
        """As `_Client`."""
        super().__init__(url, key, seconds=seconds)
        self._http = httpx.Client(**self._open())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, call: Call[T]) -> T:
        """Send a call of `api.client_calls`; ServiceError if it is refused."""
        try:
            answer = self._http.request(**self._request(call))
        except httpx.TransportError as error:
            raise calls.unreached(self.url, error) from None
        calls.check(answer.status_code, answer.content)
        return call.read(answer.content)

    def parse(self, text: str) -> ParseReply:
        """How a command is understood."""
        return self.ask(calls.parse(text))

    def command(self, text: str, fps: float = LIBRARY_FPS) -> CommandReply:
        """A command, understood and composed."""
        return self.ask(calls.command(text, fps))

    def speak(self, sound: bytes | Path, fps: float = LIBRARY_FPS) -> SpokenReply:
        """A spoken command: a sound file or its bytes."""
        return self.ask(calls.speak(sound, fps))

    def compose(self, steps: Any = None, tracks: Any = None, fps: float = LIBRARY_FPS) -> CommandReply:
        """Steps one after the other, or tracks by the second."""
        return self.ask(calls.compose(steps, tracks, fps))

    def frames(self, track: str, start: float = 0.0, end: float | None = None) -> Frames:
        """The poses of a track, or those from `start` to before `end`, s."""
        return self.ask(calls.frames(track, start, end))

    def download(self, track: str, format: Format) -> bytes:
        """A track as a file."""
        return self.ask(calls.download(track, format))

    def actions(self, text: str = "", cursor: str | None = None, **wanted: Any) -> ActionPage:
        """A page of actions: those that mean `text`, or all."""
        return self.ask(calls.actions(text, cursor, **wanted))

    def action(self, name: str) -> ActionDetail:
        """All that is known of an action."""
        return self.ask(calls.action(name))

    def upload(self, file: Path | str, content: bytes | None = None, **stated: Any) -> UploadReply:
        """Make actions of a motion file."""
        return self.ask(calls.upload(file, content, **stated))

    def change(self, name: str, if_match: str | None = None, **fields: Any) -> ActionDetail:
        """Change what is said of an action."""
        return self.ask(calls.change(name, if_match, **fields))

    def remove(self, name: str, if_match: str | None = None) -> None:
        """Put an action in the bin."""
        self.ask(calls.remove(name, if_match))

    def save(self, name: str, text: str | None = None, steps: Any = None, **more: Any) -> SequenceReply:
        """Keep a command, in words or in steps, under a name."""
        return self.ask(calls.save(name, text, steps, **more))

    def sequences(self, cursor: str | None = None) -> SequencePage:
        """A page of saved sequences."""
        return self.ask(calls.sequences(cursor))

    def forget(self, name: str) -> None:
        """Put a saved sequence in the bin."""
        self.ask(calls.forget(name))

    def render(self, track: str, *, picture: Path | None = None, **stated: Any) -> RenderReply:
        """Ask for a film of a track; see `film`."""
        return self.ask(calls.render(track, picture=picture, **stated))

    def film(self, render: RenderReply) -> bytes:
        """The film of a render, waiting for it; ServiceError with its reason if there will be none."""
        while not calls.finished(render):
            time.sleep(LOOK)
            render = self.ask(calls.render_state(render.id))
        return self.ask(calls.film(render.id))

    def rooms(self) -> list[dict[str, Any]]:
        """The live rooms."""
        return self.ask(calls.rooms())

    @contextmanager
    def live(self, room: str = "main", **query: Any) -> Iterator[Live]:
        """A live character; `query` as of `WS /v1/live`: fps, rate, format, after, name, audience."""
        from websockets.exceptions import InvalidStatus
        from websockets.sync.client import connect

        address = live_address(self.url, {"room": room} | query)
        try:
            socket = connect(address, additional_headers=self._headers, compression=None)
        except InvalidStatus as error:
            calls.check(error.response.status_code, bytes(error.response.body or b""))
            raise
        except OSError as error:
            raise calls.unreached(self.url, error) from None
        with socket:
            yield Live(socket)


class AsyncMotionClient(_Client):
    """As `MotionClient`, with await."""

    def __init__(self, url: str = URL, key: str | None = None, *, seconds: float = SECONDS) -> None:
        """As `_Client`."""
        super().__init__(url, key, seconds=seconds)
        self._http = httpx.AsyncClient(**self._open())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def ask(self, call: Call[T]) -> T:
        """Send a call of `api.client_calls`; ServiceError if it is refused."""
        try:
            answer = await self._http.request(**self._request(call))
        except httpx.TransportError as error:
            raise calls.unreached(self.url, error) from None
        calls.check(answer.status_code, answer.content)
        return call.read(answer.content)

    async def parse(self, text: str) -> ParseReply:
        """How a command is understood."""
        return await self.ask(calls.parse(text))

    async def command(self, text: str, fps: float = LIBRARY_FPS) -> CommandReply:
        """A command, understood and composed."""
        return await self.ask(calls.command(text, fps))

    async def speak(self, sound: bytes | Path, fps: float = LIBRARY_FPS) -> SpokenReply:
        """A spoken command: a sound file or its bytes."""
        return await self.ask(calls.speak(sound, fps))

    async def compose(self, steps: Any = None, tracks: Any = None, fps: float = LIBRARY_FPS) -> CommandReply:
        """Steps one after the other, or tracks by the second."""
        return await self.ask(calls.compose(steps, tracks, fps))

    async def frames(self, track: str, start: float = 0.0, end: float | None = None) -> Frames:
        """The poses of a track, or those from `start` to before `end`, s."""
        return await self.ask(calls.frames(track, start, end))

    async def download(self, track: str, format: Format) -> bytes:
        """A track as a file."""
        return await self.ask(calls.download(track, format))

    async def actions(self, text: str = "", cursor: str | None = None, **wanted: Any) -> ActionPage:
        """A page of actions: those that mean `text`, or all."""
        return await self.ask(calls.actions(text, cursor, **wanted))

    async def action(self, name: str) -> ActionDetail:
        """All that is known of an action."""
        return await self.ask(calls.action(name))

    async def upload(self, file: Path | str, content: bytes | None = None, **stated: Any) -> UploadReply:
        """Make actions of a motion file."""
        return await self.ask(calls.upload(file, content, **stated))

    async def change(self, name: str, if_match: str | None = None, **fields: Any) -> ActionDetail:
        """Change what is said of an action."""
        return await self.ask(calls.change(name, if_match, **fields))

    async def remove(self, name: str, if_match: str | None = None) -> None:
        """Put an action in the bin."""
        await self.ask(calls.remove(name, if_match))

    async def save(self, name: str, text: str | None = None, steps: Any = None, **more: Any) -> SequenceReply:
        """Keep a command, in words or in steps, under a name."""
        return await self.ask(calls.save(name, text, steps, **more))

    async def sequences(self, cursor: str | None = None) -> SequencePage:
        """A page of saved sequences."""
        return await self.ask(calls.sequences(cursor))

    async def forget(self, name: str) -> None:
        """Put a saved sequence in the bin."""
        await self.ask(calls.forget(name))

    async def render(self, track: str, *, picture: Path | None = None, **stated: Any) -> RenderReply:
        """Ask for a film of a track; see `film`."""
        return await self.ask(calls.render(track, picture=picture, **stated))

    async def film(self, render: RenderReply) -> bytes:
        """The film of a render, waiting for it; ServiceError with its reason if there will be none."""
        while not calls.finished(render):
            await asyncio.sleep(LOOK)
            render = await self.ask(calls.render_state(render.id))
        return await self.ask(calls.film(render.id))

    async def rooms(self) -> list[dict[str, Any]]:
        """The live rooms."""
        return await self.ask(calls.rooms())

    @asynccontextmanager
    async def live(self, room: str = "main", **query: Any) -> AsyncIterator[AsyncLive]:
        """A live character; see `MotionClient.live`."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidStatus

        address = live_address(self.url, {"room": room} | query)
        try:
            socket = await connect(address, additional_headers=self._headers, compression=None)
        except InvalidStatus as error:
            calls.check(error.response.status_code, bytes(error.response.body or b""))
            raise
        except OSError as error:
            raise calls.unreached(self.url, error) from None
        async with socket:
            yield AsyncLive(socket)
