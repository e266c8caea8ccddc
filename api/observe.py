"""What the service says of requests: a line in the log for each, and numbers for Prometheus."""

from __future__ import annotations

import re
import time
from uuid import uuid4

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.log import LOG, event
from api.problems import problem

REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
BUCKETS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.12, 0.25, 0.5, 1.0, 2.5, 10.0)  # s


class Numbers:
    """What is counted, in a registry of its own, so that two applications in one process do not share it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        PlatformCollector(self.registry)
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "motion_requests", "Answered requests", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "motion_request_seconds", "From a request's first byte to its answer's last", ("method", "route"),
            buckets=BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.rooms = Gauge("motion_rooms", "Live characters", registry=self.registry)
        self.viewers = Gauge("motion_viewers", "Sockets that see one", registry=self.registry)
        self.frames = Counter("motion_frames", "Frames for viewers", ("fate",), registry=self.registry)
        self.renders = Gauge("motion_renders", "Renders by state", ("state",), registry=self.registry)


class Observe:
    """Gives each request an id, counts it, logs it, and answers what nobody foresaw."""

    def __init__(self, app: ASGIApp, numbers: Numbers) -> None:
        self.app, self._numbers = app, numbers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        asked = Headers(scope=scope).get("x-request-id", "")
        request = asked if REQUEST_ID.fullmatch(asked) else uuid4().hex[:16]
        scope.setdefault("state", {})["request"] = request

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        try:
            await self.app(scope, receive, sent)
        except Exception:
            LOG.error("our own mistake", exc_info=True, extra={"fields": {"request": request, "path": scope["path"]}})
            if status:  # the answer has begun: nothing can be said any more
                raise
            words = f"The service made a mistake, which is in its log as request {request}."
            await problem(500, words)(scope, receive, sent)
        finally:
            self._count(scope, status, time.perf_counter() - began, request)

    def _count(self, scope: Scope, status: int, seconds: float, request: str) -> None:
        route, method = getattr(scope.get("route"), "path", "other"), scope.get("method", "WS")
        if scope["path"].startswith("/v1/") and route != "other" and not route.startswith("/v1/"):
            route = f"/v1{route}"  # a route knows only what its router says
        self._numbers.requests.labels(method, route, status).inc()
        if scope["type"] == "http":
            self._numbers.seconds.labels(method, route).observe(seconds)
        caller = scope["state"].get("caller")
        event(
            "request", method=method, path=scope["path"], status=status, ms=round(1e3 * seconds, 1), request=request,
            caller=caller.id if caller else None,
        )  # fmt: skip
