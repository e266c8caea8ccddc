"""Small pictures of motions, made once and kept for as long as there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from fastapi.responses import Response

ROOM = 64 << 20  # bytes


class Thumbnails:
    """Pictures by what they show; those that nobody asked for longest make room for others."""

    def __init__(self, room: int = ROOM) -> None:
        self._room, self._size = room, 0
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, make: Callable[[], bytes]) -> bytes:
        """The picture of this key; `make` makes it if it is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._size += len(made)
            while self._size > self._room and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                self._size -= len(oldest)
        return made

    def answer(self, key: str, kind: str, if_none_match: str | None, make: Callable[[], bytes]) -> Response:
        """The picture, or 304 for who has it already; its ETag is its key."""
        tag = f'"{key}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if if_none_match and tag in (part.strip().removeprefix("W/") for part in if_none_match.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(self.get(key, make), media_type=f"image/{kind}", headers=headers)
