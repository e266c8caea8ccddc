"""What docs/vmc.md says is asked and sent."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from api.live.vmc import LARGEST, PORT, VmcOutput, read_target, unity_bones
from api.schemas_live import LiveCommand, RoomRequest
from api.settings import Settings

GUIDE = (Path(__file__).parents[2] / "docs/vmc.md").read_text()


def test_what_the_guide_asks_for_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    room, command = (json.loads(body) for body in re.findall(r"-d '(.*?)'", GUIDE))
    targets = RoomRequest.model_validate(room).vmc
    assert targets and [read_target(target) for target in targets] == [("127.0.0.1", PORT), ("::1", 40000)]
    assert LiveCommand.model_validate(command).text
    (setting,) = re.findall(r"export MOTION_VMC='(.*?)'", GUIDE)
    monkeypatch.setenv("MOTION_VMC", setting)
    assert Settings().vmc == (f"127.0.0.1:{PORT}",)


def test_what_the_guide_says_is_sent() -> None:
    output = VmcOutput("127.0.0.1")
    output.close()
    assert f"in {len(output._packets)} bundles of at most {LARGEST} bytes" in GUIDE
    assert f"as seen from the parent; {len(unity_bones())} times" in GUIDE
