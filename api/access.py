"""Who may do what, how often, and from which web pages."""

from __future__ import annotations

import math
from collections.abc import MutableMapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.datastructures import Headers, QueryParams
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from api.keys import SCOPES, Caller, Keys
from api.keys import Scope as Right
from api.problems import problem
from api.rates import Rates
from api.settings import Settings, is_loopback

SAFE = ("GET", "HEAD", "OPTIONS")


def caller_of(connection: HTTPConnection) -> Caller:
    """Who asks."""
    return connection.state.caller


CallerNow = Annotated[Caller, Depends(caller_of)]


def right_needed(method: str, path: str) -> Right | None:
    """What a key must be good for; None: nobody needs one for this."""
    if path == "/metrics":
        return "admin"
    if not path.startswith("/v1/"):
        return None
    if method in SAFE:
        return "read"
    if path.startswith("/v1/live/") and method != "POST":
        return "admin"
    return "write" if path.startswith(("/v1/actions", "/v1/sequences/")) else "command"


class Access:
    """Lets in who may, and tells all others why not, before anything of a body is read."""

    def __init__(self, app: ASGIApp, settings: Settings, keys: Keys | None) -> None:
        """`keys` is None if nobody needs one."""
        self.app, self._settings, self._keys = app, settings, keys
        self._rates = Rates(settings.per_second, settings.burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        refusal = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self.app(scope, receive, send)
        else:
            status, detail, headers = refusal
            await problem(status, detail, headers)(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str, dict[str, str]] | None:
        """Status, words and headers; None for those who may. Leaves the caller in the scope."""
        headers, method = Headers(scope=scope), scope.get("method", "GET")
        needed = right_needed(method, scope["path"])
        if needed is None:
            return None
        if foreign := self._foreign(headers, method, scope):
            return 403, foreign, {}
        address = (scope.get("client") or ("unknown",))[0]
        caller = Caller(address, frozenset(SCOPES)) if self._keys is None else self._keys.caller(_key(headers, scope))
        if wait := self._rates.wait(address if caller is None else caller.id):
            seconds = max(1, math.ceil(wait))
            return 429, f"Too many requests at once: wait {seconds} s.", {"Retry-After": str(seconds)}
        if caller is None:
            words = "This needs a key: send it as `Authorization: Bearer KEY`. `motion keys add NAME` makes one."
            return 401, words, {"WWW-Authenticate": "Bearer"}
        if needed not in caller.scopes:
            return 403, f"This key is good for {', '.join(sorted(caller.scopes))}; this needs {needed}.", {}
        state: MutableMapping[str, Any] = scope.setdefault("state", {})
        state["caller"] = caller
        return None

    def _foreign(self, headers: Headers, method: str, scope: Scope) -> str:
        """Why a browser may not send this for the page that it shows; empty if it may.

        Without keys a page from anywhere could otherwise command the service of whoever looks at it, also by a name of
        its own that leads to this machine.
        """
        host, origin = headers.get("host", ""), headers.get("origin")
        if self._keys is None and is_loopback(self._settings.host):
            name = urlsplit(f"//{host}").hostname or ""
            if not is_loopback(name):
                return f"The service listens on {self._settings.host} and is not reached as {name!r}."
        if origin is None or (method in SAFE and scope["type"] == "http"):
            return ""
        if origin in self._settings.cors or urlsplit(origin).netloc == host:
            return ""
        return f"Pages of {origin} may not use this service: add it to the setting cors."


def _key(headers: Headers, scope: Scope) -> str:
    """The key of a request; in its address only where a browser cannot send headers (WebSocket, pictures, events)."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return key.strip()
    in_address = scope["type"] == "websocket" or scope.get("method") == "GET"
    return QueryParams(scope.get("query_string", b"")).get("key", "") if in_address else ""
