"""A running service, and what strangers do to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from running import Running
    from websockets.frames import Close
    from websockets.sync.client import ClientConnection

websockets = pytest.importorskip("websockets.sync.client")

HEALTH = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"


def send(running: Running, data: bytes) -> bytes:
    """What is answered to raw bytes, until the connection is closed or nothing more comes."""
    with running.connect() as sock:
        sock.sendall(data)
        return rest_of(sock)


def rest_of(sock: socket.socket) -> bytes:
    got = b""
    sock.settimeout(3)
    try:
        while piece := sock.recv(65536):
            got += piece
    except OSError:
        pass
    return got


def post(
    body: bytes, *, length: int | None = None, path: str = "/v1/commands", kind: str = "application/json"
) -> bytes:
    count = len(body) if length is None else length
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {count}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body


def test_requests_have_ids_and_are_logged(running: Running) -> None:
    answer = send(running, HEALTH + b"X-Request-Id: mine-1\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200") and b"x-request-id: mine-1" in answer.lower()
    forged = send(running, HEALTH + b"X-Request-Id: {}\\u0022\r\nConnection: close\r\n\r\n")
    assert b"x-request-id: {" not in forged.lower() and b"x-request-id: " in forged.lower()
    line = next(line for line in running.lines() if line.get("request") == "mine-1")
    assert line["path"] == "/health" and line["status"] == 200 and line["level"] == "info"


def test_slow_heads_are_cut_off_and_keep_nobody_out(running: Running) -> None:
    slow = [running.connect() for _ in range(100)]
    for sock in slow:
        sock.sendall(HEALTH)
    assert running.alive()
    time.sleep(1.5)
    for sock in slow:
        assert rest_of(sock) == b""
        sock.close()


def test_slow_and_half_sent_bodies(running: Running) -> None:
    began = time.monotonic()
    answer = send(running, post(b'{"text": "wa', length=1000))
    assert answer.startswith(b"HTTP/1.1 408") and b"problem+json" in answer and time.monotonic() - began < 3
    for _ in range(20):  # and gone
        with running.connect() as sock:
            sock.sendall(post(b'{"text": "wa', length=1000))


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"\x00\xff\xfe garbage\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n", 400),
        (HEALTH.replace(b"/health", b"/" + b"a" * 1_000_000) + b"\r\n", 400),
        (HEALTH.replace(b"/health", b"/../../../etc/passwd") + b"Connection: close\r\n\r\n", 404),
        (HEALTH.replace(b"/health", b"/v1/actions/..%2f..%2fetc%2fpasswd") + b"Connection: close\r\n\r\n", 404),
        (HEALTH.replace(b"/health", b"/v1/actions/%00") + b"Connection: close\r\n\r\n", 404),
        (HEALTH.replace(b"GET", b"BREW") + b"Connection: close\r\n\r\n", 405),
        (b"GET /v1/actions HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 403),
        (post(b'{"text": "wave"}').replace(b"Connection", b"Origin: https://evil.example\r\nConnection"), 403),
        (post(b"a" * 1_000_000), 413),
        (post(b'{"text": "' + b"a" * 1_000_000 + b'"}'), 413),
        (post(b"\xff" + os.urandom(1000)), 400),
        (post(b'{"text": "wave"}', kind="text/plain"), 422),
        (post(b"[" * 100_000), 400),
        (post(b'{"text": "wave", "fps": 1e999}'), 422),
        (post(b"RIFF" + bytes(1000), path="/v1/commands/audio", kind="audio/wav"), 400),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused(running: Running, request_bytes: bytes, status: int) -> None:
    answer = send(running, request_bytes)
    assert answer.startswith(f"HTTP/1.1 {status}".encode()), answer[:300]
    assert b"Traceback" not in answer and b"site-packages" not in answer


def test_many_sockets_at_once(running: Running) -> None:
    many = [running.connect() for _ in range(700)]
    assert running.alive()
    more = [running.connect() for _ in range(300)]
    time.sleep(1.5)  # those that asked for nothing are closed
    assert running.alive()
    for sock in (*many, *more):
        sock.close()


def end_of(ws: ClientConnection) -> Close | None:
    """How the other side closed a socket."""
    from websockets.exceptions import ConnectionClosed

    try:
        while True:
            ws.recv(timeout=5)
    except ConnectionClosed as closed:
        return closed.rcvd


@pytest.mark.parametrize("message", ["a" * (2 << 20), b"\x00" * (2 << 20)])
def test_oversized_messages_end_their_own_socket(running: Running, message: str | bytes) -> None:
    from websockets.exceptions import ConnectionClosed

    with websockets.connect(f"ws://127.0.0.1:{running.port}/v1/live?room=big", compression=None) as ws:
        with suppress(ConnectionClosed):
            ws.send(message)
        closed = end_of(ws)
        assert closed is None or closed.code == 1009


def test_a_socket_that_speaks_no_websocket(running: Running) -> None:
    head = b"GET /v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    assert send(running, head + b"\r\n").startswith(b"HTTP/1.1 4")
    key = b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    noises = (Random(0).randbytes(400), b"\x81\x05hello", b"\x88\x81" + bytes(5), b"\x81\x82" + bytes(4) + b"\xff\xff")
    for noise in noises:  # noise, not masked, a wrong close, no UTF-8
        with running.connect() as sock:
            sock.sendall(head + key + noise)
            assert b"101 Switching" in sock.recv(4096)
    assert send(running, head + b"Origin: https://evil.example\r\n" + key).startswith(b"HTTP/1.1 403")


def test_the_address_is_taken(running: Running, library_file: Path, tmp_path: Path) -> None:
    own = {"MOTION_LIBRARY": str(library_file), "MOTION_DATA": str(tmp_path), "MOTION_PORT": str(running.port)}
    second = subprocess.run(
        [sys.executable, "-m", "api", "serve"], env=os.environ | own, capture_output=True, timeout=60, check=False
    )
    assert second.returncode and b"Traceback" not in second.stderr and b"in use" in second.stderr


def test_the_end_is_told_to_viewers_and_work_is_finished(running: Running, library_file: Path, tmp_path: Path) -> None:
    started = type(running)(library_file, tmp_path)
    with websockets.connect(f"ws://127.0.0.1:{started.port}/v1/live") as ws, started.connect() as sock:
        ws.recv()
        sock.sendall(post(b'{"text": "walk for five minutes while waving", "fps": 60}'))
        time.sleep(0.1)
        started.process.send_signal(signal.SIGTERM)
        assert rest_of(sock).startswith(b"HTTP/1.1 200")
        closed = end_of(ws)
        assert closed is not None and closed.code == 1012
    assert started.process.wait(15) == -signal.SIGTERM  # uvicorn passes it on when all is done
    assert [line["event"] for line in started.lines()][-1] == "stopped"
    assert "Traceback" not in started.text()
