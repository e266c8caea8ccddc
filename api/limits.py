"""How large a request may be, and how long it may take to arrive."""

from __future__ import annotations

import asyncio
import time

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.settings import Settings


class BodyLimit:
    """Stops reading a request body that is longer or slower than its route takes, whatever its headers say."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        size, most, ends, whole = 0, self._most(scope["path"]), time.monotonic() + self._settings.body_seconds, False

        async def limited() -> Message:
            nonlocal size, whole
            if whole:  # from now on it only tells that somebody has gone
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), ends - time.monotonic())
            except TimeoutError:
                words = f"The request has not arrived within {self._settings.body_seconds:g} s: send it faster."
                raise HTTPException(408, words) from None
            size += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if size > most:
                raise HTTPException(413, f"The request has more than {most} bytes: say less at once.")
            return message

        await self.app(scope, limited, send)

    def _most(self, path: str) -> int:
        """Bytes that a route takes."""
        settings = self._settings
        if path == "/v1/commands/audio":
            return settings.sound_bytes
        if path == "/v1/actions" or (path.startswith("/v1/actions/") and path.endswith("/motion")):
            return settings.upload_bytes
        with_picture = path in ("/v1/renders", "/v1/renders/preview")
        return settings.picture_bytes if with_picture else settings.body_bytes
