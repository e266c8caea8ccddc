"""A service in a process of its own, for tests that need a real socket."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

QUICK = {"MOTION_WARM": "false", "MOTION_HEAD_SECONDS": "1", "MOTION_BODY_SECONDS": "1", "MOTION_CONNECTIONS": "800"}


class Running:
    """A service in a process of its own."""

    def __init__(self, library: Path, folder: Path, **settings: str) -> None:
        """On the library in a file, with its data in a folder; settings are those of the environment."""
        self.library = library
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "log"
        own = {"MOTION_LIBRARY": str(library), "MOTION_DATA": str(folder), "MOTION_PORT": str(self.port)}
        command = [sys.executable, "-m", "api", "serve"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, env=os.environ | QUICK | own | settings, stderr=log, stdout=log)
        patience = time.monotonic() + 90.0
        while not self.alive():
            if self.process.poll() is not None or time.monotonic() > patience:
                self.process.kill()
                self.process.wait()
                raise AssertionError(self.text())
            time.sleep(0.1)

    def alive(self) -> bool:
        try:
            return urllib.request.urlopen(f"{self.url}/ready", timeout=5).status == 200
        except OSError:
            return False

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=5)

    def end(self) -> None:
        """It still runs, ends in order, and has no mistake of ours in its log."""
        assert self.alive()
        self.process.terminate()
        self.process.wait(15)
        text = self.text()
        assert "Traceback" not in text and "our own mistake" not in text, text[-3000:]

    def text(self) -> str:
        """Its log."""
        return self._log.read_text(encoding="utf-8")

    def lines(self) -> list[dict[str, object]]:
        """The events of its log."""
        return [json.loads(line) for line in self.text().splitlines() if line.startswith("{")]
