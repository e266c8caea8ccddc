"""A running service, for the benchmarks: a process of its own over a library of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(library: str | Path | None = None, **settings: object) -> Iterator[tuple[str, int]]:
    """`host:port` of a service, and the number of its process; it is ended afterwards."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        stated = {"library": library or f"{folder}/library.sqlite", "data": folder, "port": port, "log": "warning"}
        environment = {f"MOTION_{name.upper()}": str(value) for name, value in (stated | settings).items()}
        process = subprocess.Popen([sys.executable, "-m", "api", "serve"], env=os.environ | environment)
        try:
            _wait(f"http://127.0.0.1:{port}/ready", process)
            yield f"127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
            process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        if process.poll() is not None:
            raise SystemExit("The service has ended.")
        try:
            urllib.request.urlopen(url, timeout=1)
        except OSError:
            time.sleep(0.1)
        else:
            time.sleep(2.0)  # until the models are loaded
            return
    raise SystemExit("The service does not start.")
