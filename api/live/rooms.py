"""All live characters of a service."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.exceptions import HTTPException

from api.engine import CommandEngine
from api.live.room import Room
from api.live.vmc import vmc_outputs
from api.live.wire import Policy
from api.log import LOG, event
from api.observe import Numbers
from api.settings import Settings

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
EMPTY = 60.0  # s that a room is kept which nobody watches
SWEEP = 5.0  # s
MOST_TALKING = 32


class Rooms:
    """Rooms by name; they are opened when somebody asks for them and closed when nobody watches them any more."""

    def __init__(self, engine: CommandEngine, settings: Settings, numbers: Numbers) -> None:
        self._engine, self._settings, self._numbers = engine, settings, numbers
        self.talking: set[object] = set()  # whoever speaks just now: what they say is kept in memory
        self._rooms: dict[str, tuple[Room, asyncio.Task[None]]] = {}
        numbers.rooms.set_function(lambda: len(self._rooms))
        numbers.viewers.set_function(lambda: self.watching)

    @property
    def watching(self) -> int:
        """Viewers of all rooms."""
        return sum(len(room.viewers) for room in self.all())

    def talk(self, who: object) -> None:
        """Somebody begins to speak; HTTPException 429 if too many do."""
        if len(self.talking) >= MOST_TALKING and who not in self.talking:
            raise HTTPException(429, "So many speak at once that nobody is understood: try again in a moment.")
        self.talking.add(who)

    def all(self) -> list[Room]:
        """Every room."""
        return [room for room, _ in self._rooms.values()]

    def get(self, name: str) -> Room:
        """The room of this name; HTTPException 404 if there is none."""
        if name not in self._rooms:
            raise HTTPException(404, f"There is no room {name[:64]!r}: who may command opens one by entering it.")
        return self._rooms[name][0]

    def enter(self, name: str, *, may_open: bool, fps: float = 60.0, policy: Policy = "interrupt") -> Room:
        """The room of this name; if there is none and the caller may, a new one.

        Raises:
            HTTPException: 404 there is none, 422 it cannot be a name, 429 there are too many.
        """
        if name in self._rooms or not may_open:
            return self.get(name)
        if not NAME.fullmatch(name):
            raise HTTPException(422, "A room is named with 1 to 64 letters, digits, - and _.")
        if len(self._rooms) >= self._settings.rooms:
            raise HTTPException(429, f"There are {len(self._rooms)} rooms, which is all that this service has.")
        room = Room(name, self._engine, self._settings, fps=fps, policy=policy)
        room.left = asyncio.get_running_loop().time()
        task = asyncio.create_task(room.run(), name=f"room {name}")
        task.add_done_callback(lambda task: self._ended(room, task))
        self._rooms[name] = room, task
        event("room opened", room=name, fps=fps)
        return room

    def close(self, name: str) -> None:
        """End a room; who watches it is told. HTTPException 404 if there is none."""
        room = self.get(name)
        _, task = self._rooms.pop(name)
        task.cancel()
        room.close()
        event("room closed", room=name)

    def _ended(self, room: Room, task: asyncio.Task[None]) -> None:
        """A room that cannot go on is closed: nobody waits in it for ever, and who enters again opens a new one."""
        if task.cancelled():
            return
        LOG.error("a room cannot go on and is closed", exc_info=task.exception(), extra={"fields": {"room": room.name}})
        if self._rooms.get(room.name) == (room, task):
            self.close(room.name)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Close what nobody watches, until the service stops, and then everything."""
        if self._settings.vmc:
            main = self.enter("main", may_open=True)
            main.send_to(vmc_outputs(self._settings.vmc))
        sweeper = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            sweeper.cancel()
            with suppress(asyncio.CancelledError):
                await sweeper
            for room in self.all():
                self.close(room.name)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP)
            now = asyncio.get_running_loop().time()
            for room in self.all():
                shown, dropped = room.counted()
                self._numbers.frames.labels("shown").inc(shown - dropped)
                self._numbers.frames.labels("dropped").inc(dropped)
                if not (room.viewers or room.outputs) and now - room.left > EMPTY:
                    self.close(room.name)
