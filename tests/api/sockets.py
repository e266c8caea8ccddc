"""Talking with a live socket in tests."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocketDisconnect

if TYPE_CHECKING:
    from starlette.testclient import WebSocketTestSession

PATIENCE = 30.0  # s; frames come for ever, so that a test that waits for other things would never end


def heard(ws: WebSocketTestSession, *kinds: str) -> dict[str, Any]:
    """The next message of one of these kinds."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        received = ws.receive()
        if received["type"] == "websocket.close":
            raise WebSocketDisconnect(received["code"], received.get("reason"))
        if received.get("text"):
            said = json.loads(received["text"])
            if said["type"] in kinds:
                return said
    raise AssertionError(f"There was no {' or '.join(kinds)} in {PATIENCE:g} s.")


def say(ws: WebSocketTestSession, **words: Any) -> dict[str, Any]:
    """Send a message; what becomes of it."""
    ws.send_json({"id": "me"} | words)
    while True:
        answer = heard(ws, "done", "problem")
        if answer["id"] in ("me", ""):
            return answer
