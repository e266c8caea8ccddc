"""The tracks that the service made last."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from uuid import uuid4

from starlette.exceptions import HTTPException

from motion_engine.types import Plan, Track

KEPT_TRACKS = 64
KEPT_FRAMES = 250_000  # of all kept tracks together; about 850 bytes each


class Tracks:
    """The tracks that were made or asked for last, by id; others are forgotten."""

    def __init__(self, most: int = KEPT_TRACKS, most_frames: int = KEPT_FRAMES) -> None:
        """Keep at most `most` tracks with `most_frames` frames in all, but always the latest."""
        self._most, self._most_frames = most, most_frames
        self._tracks: OrderedDict[str, tuple[Plan, Track]] = OrderedDict()
        self._frames = 0
        self._lock = Lock()

    def add(self, plan: Plan, track: Track) -> str:
        """Keep a track and return its id."""
        key = uuid4().hex[:12]
        with self._lock:
            self._tracks[key] = plan, track
            self._frames += len(track.clip)
            while len(self._tracks) > 1 and (len(self._tracks) > self._most or self._frames > self._most_frames):
                _, (_, oldest) = self._tracks.popitem(last=False)
                self._frames -= len(oldest.clip)
        return key

    def get(self, key: str) -> tuple[Plan, Track]:
        """The plan and track of an id; HTTPException 404 if it is not kept."""
        with self._lock:
            if key not in self._tracks:
                raise HTTPException(404, "No such track, or it is no longer kept: send the command again.")
            self._tracks.move_to_end(key)
            return self._tracks[key]
