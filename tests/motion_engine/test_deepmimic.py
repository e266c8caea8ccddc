from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motion_engine.errors import BadClip
from motion_engine.formats.deepmimic import deepmimic_skeleton, read_deepmimic, wraps
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip

HALF = float(np.sqrt(0.5))


def motions() -> Path:
    import pybullet_data

    return Path(pybullet_data.getDataPath()) / "data" / "motions"


def all_clips() -> list[Path]:
    return sorted(motions().glob("humanoid3d_*.txt")) + sorted((motions() / "walker").glob("*.txt"))


def frame(duration: float = 0.1, position: tuple[float, ...] = (0, 0.9, 0), **joints: list[float]) -> list[float]:
    """A row of a file; joints that are not named are at rest."""
    row = [duration, *position]
    for joint in ("root", "chest", "neck"):
        row += joints.get(joint, [1, 0, 0, 0])
    for side in ("right", "left"):
        for joint in ("hip", "knee", "ankle", "shoulder", "elbow"):
            row += joints.get(f"{side}_{joint}", [0.0] if joint in ("knee", "elbow") else [1, 0, 0, 0])
    return row


def write(tmp_path: Path, document: Any) -> Path:
    path = tmp_path / "clip.txt"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def joint(clip: Clip, name: str) -> Array:
    position, _ = fk(clip.skeleton, clip.root_position, clip.rotation)
    return position[:, clip.skeleton.index(name)]


def test_faces_z_with_left_on_x(tmp_path: Path) -> None:
    clip = read_deepmimic(write(tmp_path, {"Frames": [frame(), frame(0, (1.0, 0.9, 0.2))]}))
    np.testing.assert_allclose(clip.root_position[-1], [-0.2, 0.9, 1.0], atol=1e-6)  # it walked along its +X
    assert joint(clip, "left_hip")[0, 0] > 0.05 > -0.05 > joint(clip, "right_hip")[0, 0]
    assert joint(clip, "neck")[0, 1] > joint(clip, "left_ankle")[0, 1] + 1.0


def test_knees_bend_backward_and_elbows_forward(tmp_path: Path) -> None:
    clip = read_deepmimic(write(tmp_path, {"Frames": [frame(left_knee=[-1.5], right_elbow=[1.5])]}))
    shin = joint(clip, "left_ankle") - joint(clip, "left_knee")
    forearm = joint(clip, "right_wrist") - joint(clip, "right_elbow")
    assert shin[0, 2] < -0.3 and forearm[0, 2] > 0.2


def test_rotations_turn_with_the_world(tmp_path: Path) -> None:
    """A quarter turn to the left about +Y, then the same figure looks along our +X."""
    clip = read_deepmimic(write(tmp_path, {"Frames": [frame(root=[HALF, 0, HALF, 0])]}))
    across = joint(clip, "left_hip") - joint(clip, "right_hip")
    assert across[0, 2] < -0.1  # left is -Z when facing +X


def test_uneven_frames_are_sampled_evenly(tmp_path: Path) -> None:
    rows = [frame(0.1, (x, 0.9, 0)) for x in (0.0, 0.1, 0.2)] + [frame(0.2, (0.3, 0.9, 0)), frame(0, (0.5, 0.9, 0))]
    clip = read_deepmimic(write(tmp_path, {"Frames": rows}))
    assert clip.fps == pytest.approx(10.0)
    np.testing.assert_allclose(clip.root_position[:, 2], [0.0, 0.1, 0.2, 0.3, 0.4, 0.5], atol=1e-6)


def test_all_installed_clips() -> None:
    clips = all_clips()
    assert len(clips) == 20
    rates = {file.stem.removeprefix("humanoid3d_"): read_deepmimic(file).fps for file in clips}
    assert rates["walk"] == 30.0 and rates["backflip"] == 16.0 and rates["spin"] == 24.0 and rates["roll"] == 60.0
    for file in clips:
        clip = read_deepmimic(file)
        frames = json.loads(file.read_text())["Frames"]
        assert clip.duration == pytest.approx(sum(row[0] for row in frames[:-1]) + 1 / clip.fps, abs=1.0 / clip.fps)
        position, _ = fk(clip.skeleton, clip.root_position, clip.rotation)
        assert np.isfinite(position).all() and -0.1 < position[..., 1].min() < position[..., 1].max() < 2.5
        step = np.sum(clip.rotation[1:] * clip.rotation[:-1], axis=-1)
        assert (step >= 0).all(), file.name


def test_wraps() -> None:
    assert wraps(motions() / "humanoid3d_walk.txt")
    assert not wraps(motions() / "humanoid3d_kick.txt")


def test_skeleton_is_the_urdf() -> None:
    """`humanoid.urdf` states the same figure four times as large."""
    import re

    import pybullet_data

    text = (Path(pybullet_data.getDataPath()) / "humanoid" / "humanoid.urdf").read_bytes().decode("latin-1")
    skeleton = deepmimic_skeleton()
    found = 0
    for block in re.findall(r"<joint .*?</joint>", text, re.DOTALL):
        name = re.search(r'name="(\w+)"', block)
        origin = re.search(r'xyz = "([^"]+)"', block)
        assert name and origin
        if name[1] in skeleton.names[1:]:
            x, y, z = (float(number) / 4 for number in origin[1].split())
            np.testing.assert_allclose(skeleton.offsets[skeleton.index(name[1])], [-z, y, x], atol=1e-5)
            found += 1
    assert found == len(skeleton.names) - 1


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "no object"),
        ({}, "Frames"),
        ({"Frames": []}, "Frames"),
        ({"Frames": [[1, 2, 3]]}, "frame 0 has 3 numbers"),
        ({"Frames": [frame(), 5]}, "frame 1 has no numbers"),
        ({"Frames": [[*frame()[:-1], "x"]]}, "not a number"),
        ({"Frames": [[*frame()[:-1], float("nan")]]}, "not finite"),
        ({"Frames": [frame(root=[0, 0, 0, 0])]}, "no quaternion"),
        ({"Frames": [frame(), frame(0), frame()]}, "frame 1 has no duration"),
    ],
)
def test_bad_files_say_why(tmp_path: Path, document: Any, reason: str) -> None:
    with pytest.raises(BadClip, match=reason):
        read_deepmimic(write(tmp_path, document))


def test_other_creatures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadClip, match="the humanoid needs 44"):
        read_deepmimic(motions() / "laikago_walk.txt")
    with pytest.raises(BadClip, match="cannot be read"):
        read_deepmimic(tmp_path / "none.txt")
