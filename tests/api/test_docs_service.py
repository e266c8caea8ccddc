"""What docs/service.md and docs/live.md say: the commands run, settings and messages are those that there are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from api.live.wire import Message
from api.settings import Settings

if TYPE_CHECKING:
    from running import Running

ROOT = Path(__file__).parents[2]
SERVICE, LIVE = (ROOT / "docs" / name for name in ("service.md", "live.md"))


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_tours_can_be_followed(running: Running, tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests/data/speech/en02.ogg", tmp_path / "spoken.ogg")
    text = SERVICE.read_text(encoding="utf-8") + LIVE.read_text(encoding="utf-8")
    lines = [line for block in re.findall(r"```bash\n(.*?)```", text, re.S) for line in block.splitlines()]
    assert len(lines) > 25
    script = "\n".join(lines).replace("http://127.0.0.1:8765", running.url)
    script = re.sub(r"\bcurl\b", "curl --fail-with-body -sS", script)
    program = f'set -eu\nmotion() {{ {sys.executable} -m api "$@"; }}\ncurl_() {{ :; }}\n'
    opened = f"{running.url}/v1/live/rooms/main"
    subprocess.run(["curl", "-sS", "-X", "PUT", opened, "--json", "{}"], check=True, capture_output=True)
    environment = os.environ | {"MOTION_DATA": str(tmp_path / "data"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", program + script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert (tmp_path / "run.bvh").read_bytes().startswith(b"HIERARCHY")
    assert (tmp_path / "frames.f32").stat().st_size == 30 * 211 * 4
    assert b"ftyp" in (tmp_path / "run.mp4").read_bytes()[:16]
    assert "motion_" in done.stdout and '"state":"done"' in (tmp_path / "progress.txt").read_text().replace(" ", "")


def test_the_python_of_the_tour_runs(running: Running, tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", SERVICE.read_text(encoding="utf-8"), re.S)
    code = code.replace("MotionClient()", f'MotionClient("{running.url}")')
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 0 and (tmp_path / "run.mp4").stat().st_size > 1000


def test_every_setting_is_told() -> None:
    rows = [line for line in SERVICE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert told == set(Settings.model_fields)


def test_every_message_is_told() -> None:
    text = LIVE.read_text(encoding="utf-8")
    for message in get_args(Message):
        (kind,) = get_args(message.model_fields["type"].annotation)
        assert f'"type": "{kind}"' in text, kind
