"""Every command in docs/library.md runs, in the order in which it stands there."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from motion_engine import quat
from motion_engine.formats.bvh import write_bvh
from motion_engine.types import Clip, canonical_skeleton

GUIDE = Path(__file__).parents[2] / "docs/library.md"


def swings(rests: bool) -> Clip:
    """Swings of the right arm, with rests between them or without."""
    skeleton, time = canonical_skeleton(), np.arange(150) / 30.0
    angle = 0.8 * np.sin(2 * np.pi * time) * (np.floor(time) % 2 == 0 if rests else 1.0)
    rotation = np.tile(quat.IDENTITY, (len(time), len(skeleton.names), 1))
    rotation[:, skeleton.index("right_shoulder")] = quat.from_axis_angle("z", 1.0 + angle)
    root = np.tile(skeleton.offsets[0], (len(time), 1))
    return Clip(skeleton, 30.0, root, rotation, np.ones((len(time), 4), dtype=bool))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which somebody has a few motions."""
    top = tmp_path_factory.mktemp("guide")
    (top / "mocap").mkdir()
    write_bvh(top / "mocap" / "ArmSwing.bvh", swings(False))
    write_bvh(top / "mocap" / "long.bvh", swings(True))
    return top


def test_the_guide_can_be_followed(folder: Path, own_file: Path) -> None:
    environment = {**os.environ, "MOTION_LIBRARY": str(own_file), "XDG_DATA_HOME": str(folder)}
    lines = [line for block in re.findall(r"```bash\n(.*?)```", GUIDE.read_text(), re.S) for line in block.splitlines()]
    assert len(lines) >= 25
    for line in lines:
        words = shlex.split(line, comments=True)
        assert words[0] == "motion"
        command = [sys.executable, "-m", "api", *words[1:]]
        environment["PYTHONPATH"] = str(GUIDE.parents[1])
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    report = json.loads((folder / "report.json").read_text())
    assert {outcome["state"] for outcome in report["outcomes"]} == {"skipped"}
    assert (folder / "mine.motionpack").is_file()
    assert b"WEBP" in (folder / "wave.webp").read_bytes()[:16]


def test_the_guide_counts_the_starter_actions(library_file: Path) -> None:
    from action_library.library import Library

    library = Library.open(library_file)
    assert f"with {len(library.actions())} actions" in GUIDE.read_text()
    library.close()
