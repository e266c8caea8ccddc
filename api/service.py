"""What the routes of the service share."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event
from typing import Any

from fastapi import Depends

from api.engine import CommandEngine
from api.gate import Gate
from api.live.rooms import Rooms
from api.observe import Numbers
from api.renders import Renders
from api.settings import Settings
from api.thumbnails import Thumbnails
from api.tracks import Tracks
from motion_engine.errors import LimitExceeded
from motion_engine.types import Timeline, Track


@dataclass(frozen=True, eq=False)
class Service:
    """The engine, with what is kept and counted beside it."""

    engine: CommandEngine
    settings: Settings
    gate: Gate
    rooms: Rooms
    numbers: Numbers
    renders: Renders
    tracks: Tracks = field(default_factory=Tracks)
    thumbnails: Thumbnails = field(default_factory=Thumbnails)
    stopping: Event = field(default_factory=Event)  # answers that would go on for ever end

    @classmethod
    def of(cls, engine: CommandEngine, settings: Settings) -> Service:
        """With nothing kept yet."""
        numbers, gate = Numbers(), Gate(settings.at_once, settings.waiting)
        rooms, renders = Rooms(engine, settings, numbers), Renders(settings, numbers)
        return cls(engine, settings, gate, rooms, numbers, renders)

    @property
    def heavy(self) -> list[Any]:
        """The dependencies of routes that compute much."""
        return [Depends(self.gate, scope="function")]

    def perform(self, timeline: Timeline) -> Track:
        """The motion of a timeline; LimitExceeded if it is longer than the service makes."""
        if timeline.duration > self.settings.longest:
            raise LimitExceeded(
                f"These are {timeline.duration:.0f} s of motion; this service makes {self.settings.longest:g} s at "
                "once: ask for less, or use the live stream, which never ends."
            )
        return self.engine.perform(timeline)
