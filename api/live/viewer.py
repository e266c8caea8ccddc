"""Whoever watches a live character; the slow ones miss frames, and nobody waits for them."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

BACKLOG = 4  # frames that wait for a viewer; with more it would see the past
MOST_WORDS = 256  # messages that wait; who does not take them is sent away


class Socket(Protocol):
    """What a viewer needs of a WebSocket."""

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""

    async def send_text(self, data: str) -> None:
        """Send a text message."""


class Viewer:
    """One socket that sees a character."""

    def __init__(self, socket: Socket, *, every: int = 1, as_json: bool = False) -> None:
        """Shows every `every`th frame of the room."""
        self.every, self.as_json = every, as_json
        self.lost = self.closed = False  # it takes nothing any more; there is nothing to see any more
        self._socket = socket
        self._frames: deque[bytes | str] = deque()
        self._most = BACKLOG
        self._words: deque[str] = deque()
        self._news = asyncio.Event()

    def show(self, frame: bytes | str) -> bool:
        """Send a frame soon; if too many wait, the oldest is dropped. Whether one was."""
        full = len(self._frames) >= self._most
        if full:
            self._frames.popleft()
        self._frames.append(frame)
        self._news.set()
        return full

    def replay(self, frames: list[bytes]) -> None:
        """Send frames that were missed; they wait all together."""
        self._frames.extend(frames)
        self._most = len(frames) + BACKLOG
        self._news.set()

    def tell(self, words: str) -> None:
        """Send a message soon, before the frames that wait."""
        self.lost |= len(self._words) >= MOST_WORDS
        if not self.lost:
            self._words.append(words)
        self._news.set()

    def close(self) -> None:
        """Send what waits, and nothing more."""
        self.closed = True
        self._news.set()

    async def run(self) -> None:
        """Send until it is cancelled, or the viewer is lost; the errors of the socket."""
        socket, words, frames = self._socket, self._words, self._frames
        while not (self.lost or self.closed):
            await self._news.wait()
            self._news.clear()
            while (words or frames) and not self.lost:  # of a slow viewer always a frame waits: words go before each
                following = words.popleft() if words else frames.popleft()
                if isinstance(following, bytes):
                    await socket.send_bytes(following)
                else:
                    await socket.send_text(following)
            self._most = BACKLOG
