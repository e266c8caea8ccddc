"""A dataset is fetched from a server, checked and imported."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from motion_engine.formats.bvh import write_bvh

ROOT = Path(__file__).parents[2]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path, make: Any) -> Iterator[tuple[str, str]]:
    """The address of an archive of two motions, and its sum."""
    folder = tmp_path / "served"
    folder.mkdir()
    with zipfile.ZipFile(folder / "moves.zip", "w") as file:
        for number in range(2):
            write_bvh(tmp_path / "one.bvh", make.clip(60 + number, arm=0.5, sway=0.4))
            file.write(tmp_path / "one.bvh", f"moves/sway_{number}.bvh")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield (
            f"http://127.0.0.1:{server.server_port}/moves.zip",
            hashlib.sha256((folder / "moves.zip").read_bytes()).hexdigest(),
        )
        server.shutdown()


def fetch(library: Path, cache: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "api", "library", "import", *arguments, "--jobs", "1"]
    environment = {**os.environ, "MOTION_LIBRARY": str(library), "XDG_CACHE_HOME": str(cache)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)


def test_a_dataset_is_fetched_once_and_imported(served: tuple[str, str], own_file: Path, tmp_path: Path) -> None:
    url, sha256 = served
    library = own_file
    wrong = fetch(library, tmp_path / "cache", "--dataset", url, "--sha256", "0" * 64)
    assert wrong.returncode == 4
    assert sha256 in wrong.stderr
    done = fetch(library, tmp_path / "cache", "--dataset", url, "--sha256", sha256)
    assert done.returncode == 0, done.stderr
    assert "2 actions imported" in done.stdout
    again = fetch(library, tmp_path / "cache", "--dataset", url, "--sha256", sha256)
    assert "2 files skipped" in again.stdout
    assert [path.name for path in (tmp_path / "cache" / "motion-engine" / "datasets").iterdir()] == ["moves.zip"]
