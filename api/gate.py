"""Lets a few do heavy work at the same time, some more wait for them, and sends all others away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.exceptions import HTTPException


class Gate:
    """A dependency of routes; others enter by `place`."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._slots, self._most, self._inside = asyncio.Semaphore(at_once), at_once + waiting, 0

    async def __call__(self) -> AsyncIterator[None]:
        """What FastAPI calls."""
        async with self.place():
            yield

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place, and give it back; HTTPException 429 if too many wait already."""
        if self._inside >= self._most:
            raise HTTPException(429, "The service is busy: try again in a second.", {"Retry-After": "1"})
        self._inside += 1
        try:
            async with self._slots:
                yield
        finally:
            self._inside -= 1
