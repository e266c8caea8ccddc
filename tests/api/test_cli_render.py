"""`motion render`, `retouch` and `pose` as people meet them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from animator.camera import frame_clip
from animator.keypoints import project_clip
from animator.pose_json import write_pose
from animator.video_frames import frame_rate, read_frames
from motion_engine import quat
from motion_engine.kinematics import fk
from motion_engine.types import Clip, canonical_skeleton

ROOT = Path(__file__).parents[2]
SMALL = ("--size", "64x96", "--figure", "convex")


def motion(*arguments: str | Path, library: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MOTION_LIBRARY": str(library), "COLUMNS": "200"}
    environment.pop("MOTION_STABLE_ANIMATOR", None)
    command = [sys.executable, "-m", "api", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=300, check=False)


@pytest.fixture
def me(tmp_path: Path) -> tuple[Path, Path]:
    """A picture of somebody, and their keypoints."""
    skeleton = canonical_skeleton()
    rotation = np.tile(quat.IDENTITY, (1, len(skeleton.names), 1))
    clip = Clip(skeleton, 30.0, skeleton.offsets[:1], rotation, np.zeros((1, 4), bool))
    position, _ = fk(skeleton, clip.root_position, clip.rotation)
    write_pose(tmp_path / "me.json", project_clip(clip, frame_clip(position, 64, 96, azimuth=0.0), 64, 96))
    Image.new("RGB", (64, 96), (200, 60, 40)).save(tmp_path / "me.png")
    return tmp_path / "me.png", tmp_path / "me.json"


def test_reference_pose_and_mannequin_side_by_side(library_file: Path, tmp_path: Path, me: tuple[Path, Path]) -> None:
    sound = ROOT / "tests/data/speech/en02.ogg"
    output = tmp_path / "me.mp4"
    given = ("--reference", me[0], "--reference-pose", me[1], "--sound", sound, *SMALL)
    done = motion("render", "nod once", "-o", output, *given, library=library_file)
    assert done.returncode == 0, done.stderr
    frames = list(read_frames(output))
    assert frames[0].shape == (96, 192, 3) and frame_rate(output) == 30
    np.testing.assert_allclose(frames[0][48, 20], (200, 60, 40), atol=12)  # the reference comes first
    assert np.median(frames[0][:, 64:128]) == 0 and np.median(frames[0][:, 128:]) > 100
    import av

    with av.open(str(output)) as video:
        assert video.streams.audio


def test_a_folder_of_pose_maps_as_the_released_scripts_read_it(library_file: Path, tmp_path: Path) -> None:
    done = motion(
        "render", "nod once", "--view", "pose", "-o", tmp_path / "poses", *SMALL, "--json", library=library_file
    )
    assert done.returncode == 0, done.stderr
    timeline = json.loads(done.stdout)["timeline"]
    names = {path.name for path in (tmp_path / "poses").iterdir()}
    assert names == {f"frame_{i}.png" for i in range(round(30 * timeline["duration"]))}


def test_retouching_a_video(library_file: Path, tmp_path: Path, me: tuple[Path, Path]) -> None:
    first, second = tmp_path / "a.mp4", tmp_path / "b.mp4"
    done = motion("render", "nod once", "--view", "overlay", "-o", first, *SMALL, "--fps", "10", library=library_file)
    assert done.returncode == 0, done.stderr
    options = (
        "--deflicker",
        "--detail",
        "0.5",
        "--match-colours",
        "statistics",
        "--reference",
        me[0],
        "--upscale",
        "lanczos2",
    )
    done = motion("retouch", first, "-o", second, *options, library=library_file)
    assert done.returncode == 0, done.stderr
    before, after = list(read_frames(first)), list(read_frames(second))
    assert len(after) == len(before) and after[0].shape == (192, 128, 3) and frame_rate(second) == 10
    red = [float(frames[0][..., 0].mean() - frames[0][..., 2].mean()) for frames in (before, after)]
    assert red[1] > red[0] + 30


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("render", "wave", "-o", "{}/x.bvh"), 2, ".mp4"),
        (("render", "wave", "-o", "{}/x.mp4", "--view", "stable-animator"), 2, "--reference"),
        (("render", "wave", "-o", "{}/x.mp4", "--match-colours", "statistics"), 2, "--reference"),
        (("render", "wave", "-o", "{}/x.mp4", "--reference", "{}/me.json"), 4, "no picture"),
        (("render", "wave", "-o", "{}/x.mp4", "--reference", "{}/me.png"), 5, "--reference-pose"),
        (("render", "wave", "-o", "{}/x.mp4", "--reference", "{}/me.png", "--reference-pose", "{}/me.png"), 4, "JSON"),
        (
            (
                *("render", "wave", "-o", "{}/x.mp4", "--reference", "{}/me.png", "--reference-pose", "{}/me.json"),
                *("--view", "stable-animator"),
            ),
            5,
            "MOTION_STABLE_ANIMATOR",
        ),
        (("render", "wave", "-o", "{}/x.mp4", "--sound", "{}/me.png", *SMALL), 4, "sound"),
        (("render", "wave", "-o", "{}/none/x.mp4"), 4, "does not exist"),
        (("retouch", "{}/me.png", "-o", "{}/x.mp4"), 2, "say what to do"),
        (("retouch", "{}/missing.mp4", "-o", "{}/x.mp4", "--deflicker"), 4, "missing.mp4"),
        (("retouch", "{}/me.json", "-o", "{}/x.mp4", "--deflicker"), 4, "me.json"),
        (("pose", "{}/me.png", "-o", "{}/x.json"), 5, "DWPose"),
        (("pose", "{}/me.png", "-o", "{}/x.bvh"), 4, ".json"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_no_file(
    library_file: Path, tmp_path: Path, me: tuple[Path, Path], arguments: tuple[str, ...], code: int, words: str
) -> None:
    before = set(tmp_path.iterdir())
    done = motion(*(part.replace("{}", str(tmp_path)) for part in arguments), library=library_file)
    assert done.returncode == code, done.stderr
    assert words in done.stderr and "Traceback" not in done.stderr
    assert set(tmp_path.iterdir()) == before
