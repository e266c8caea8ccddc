"""Every command in docs/render.md that needs no graphics card runs, in the order in which it stands there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from animator.camera import frame_clip
from animator.keypoints import project_clip
from animator.pose_json import write_pose
from animator.video_frames import read_frames
from motion_engine import quat
from motion_engine.kinematics import fk
from motion_engine.types import Clip, canonical_skeleton

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs/render.md"


def test_the_guide_can_be_followed(tmp_path: Path, library_file: Path) -> None:
    skeleton = canonical_skeleton()
    rotation = np.tile(quat.IDENTITY, (1, len(skeleton.names), 1))
    clip = Clip(skeleton, 30.0, skeleton.offsets[:1], rotation, np.zeros((1, 4), bool))
    position, _ = fk(skeleton, clip.root_position, clip.rotation)
    write_pose(tmp_path / "me.json", project_clip(clip, frame_clip(position, 512, 768, azimuth=0.3), 512, 768))
    Image.new("RGB", (512, 768), (90, 120, 160)).save(tmp_path / "me.png")
    shutil.copy(ROOT / "tests/data/speech/en02.ogg", tmp_path / "spoken.ogg")
    environment = {**os.environ, "MOTION_LIBRARY": str(library_file), "PYTHONPATH": str(ROOT)}
    lines = [line for block in re.findall(r"```bash\n(.*?)```", GUIDE.read_text(), re.S) for line in block.splitlines()]
    assert len(lines) >= 9
    for line in lines:
        words = shlex.split(line, comments=True)
        assert words[0] == "motion"
        if words[1] == "render":  # the same small: what is drawn is tested elsewhere
            words += ["--size", "48x64", "--fps", "6"]
        command = [sys.executable, "-m", "api", *words[1:]]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    assert next(read_frames(tmp_path / "me.mp4")).shape == (64, 144, 3)
    assert next(read_frames(tmp_path / "large.mp4")).shape == (128, 96, 3)
    assert (tmp_path / "poses" / "frame_0.png").is_file()
