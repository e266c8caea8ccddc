from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.formats.smpl import read_smpl, write_smpl
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip, Skeleton, canonical_skeleton


def clip_of(frames: int = 15, seed: int = 0) -> Clip:
    skeleton = canonical_skeleton()
    rng = np.random.default_rng(seed)
    rotation = quat.from_rotvec(np.cumsum(rng.normal(size=(frames, len(skeleton.names), 3)) * 0.1, axis=0))
    root = np.array([0.3, 0.95, -2.0]) + np.cumsum(rng.normal(size=(frames, 3)) * 0.02, axis=0)
    return Clip(skeleton, 30.0, root, quat.unroll(rotation), np.zeros((frames, 4), dtype=bool))


def positions(clip: Clip) -> Array:
    return fk(clip.skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))[0]


def standing(joints: int, frames: int = 4, **more: Any) -> dict[str, Any]:
    """Somebody who stands, +Y up, in `joints` joints."""
    poses = np.zeros((frames, joints * 3))
    return {"poses": poses, "trans": np.zeros((frames, 3)), "mocap_framerate": 60.0, **more}


def test_round_trip(tmp_path: Path) -> None:
    clip = clip_of()
    write_smpl(tmp_path / "clip.npz", clip)
    back = read_smpl(tmp_path / "clip.npz")
    assert back.fps == 30.0 and back.skeleton.names == clip.skeleton.names
    np.testing.assert_allclose(positions(back), positions(clip), atol=1e-5)
    assert [file.name for file in tmp_path.iterdir()] == ["clip.npz"]


def test_written_as_amass_does(tmp_path: Path) -> None:
    clip = clip_of(frames=3)
    write_smpl(tmp_path / "clip.npz", clip)
    with np.load(tmp_path / "clip.npz", allow_pickle=False) as file:
        data = {name: file[name] for name in file.files}
    assert {name: array.shape for name, array in data.items()} == {
        "poses": (3, 156),
        "trans": (3, 3),
        "betas": (16,),
        "gender": (),
        "mocap_framerate": (),
    }
    assert str(data["gender"]) == "neutral" and float(data["mocap_framerate"]) == 30.0
    # +Z up: SMPL puts the pelvis at J0 + trans, which has to be our pelvis with (x, y, z) -> (x, -z, y).
    x, y, z = clip.root_position[0]
    np.testing.assert_allclose(data["trans"][0] + [-0.00179506, -0.22333382, 0.02821918], [x, -z, y], atol=1e-6)


@pytest.mark.parametrize("joints", [22, 24, 52, 55])
@pytest.mark.parametrize("rate", ["mocap_framerate", "mocap_frame_rate", "fps"])
def test_all_sizes_of_pose(tmp_path: Path, joints: int, rate: str) -> None:
    data = standing(joints)
    data[rate] = data.pop("mocap_framerate")
    data["poses"][:, 18 * 3 + 1] = 0.5  # the left elbow
    if joints >= 52:
        data["poses"][:, (joints - 30) * 3 + 2] = -0.25  # the left index finger, after jaw and eyes if there are any
    np.savez(tmp_path / "clip.npz", **data)
    clip = read_smpl(tmp_path / "clip.npz")
    assert clip.fps == 60.0 and len(clip) == 4
    names = clip.skeleton.names
    np.testing.assert_allclose(quat.to_rotvec(clip.rotation[0, names.index("left_elbow")]), [0, 0.5, 0], atol=1e-6)
    finger = quat.to_rotvec(clip.rotation[0, names.index("left_index1")])
    if joints >= 52:
        np.testing.assert_allclose(finger, [0, 0, -0.25], atol=1e-6)
    else:
        assert finger[2] < -0.1  # relaxed: curled towards the palm


@pytest.mark.parametrize("up", ["y", "z"])
def test_up_axis_is_seen(tmp_path: Path, up: str) -> None:
    data = standing(52)
    if up == "z":
        data["poses"][:, 0] = np.pi / 2
    data["trans"][:] = [0.0, 1.3, 0.0] if up == "y" else [0.0, 0.0, 1.3]
    np.savez(tmp_path / "clip.npz", **data)
    clip = read_smpl(tmp_path / "clip.npz")
    feet = positions(clip)[0, clip.skeleton.index("left_foot")]
    head = positions(clip)[0, clip.skeleton.index("head")]
    assert head[1] - feet[1] > 1.2
    np.testing.assert_allclose(clip.root_position[0, 1], 1.3, atol=0.4)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"poses": None}, 'no array "poses"'),
        ({"trans": None}, 'no array "trans"'),
        ({"mocap_framerate": None}, "no frame rate"),
        ({"mocap_framerate": 0.0}, "above 0"),
        ({"mocap_framerate": np.ones(3)}, "one number"),
        ({"poses": np.zeros((4, 100))}, "must be"),
        ({"poses": np.zeros((0, 156)), "trans": np.zeros((0, 3))}, "must be"),
        ({"trans": np.zeros((5, 3))}, "trans must be"),
        ({"poses": np.full((4, 156), np.nan)}, "not finite"),
        ({"poses": np.full((4, 156), "a")}, "not hold numbers"),
        ({"poses": np.array([{}] * 4, dtype=object)}, "plain arrays"),
    ],
)
def test_bad_files_say_why(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    data = {name: value for name, value in (standing(52) | change).items() if value is not None}
    np.savez(tmp_path / "clip.npz", **data)
    with pytest.raises(BadClip, match=reason):
        read_smpl(tmp_path / "clip.npz")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 broken", b"\x93NUMPY"])
def test_other_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clip.npz"
    path.write_bytes(content)
    with pytest.raises(BadClip) as caught:
        read_smpl(path)
    assert caught.value.path == path


def test_a_lone_array_and_a_missing_file(tmp_path: Path) -> None:
    np.save(tmp_path / "clip.npy", np.zeros(3))
    with pytest.raises(BadClip, match="not an npz"):
        read_smpl(tmp_path / "clip.npy")
    with pytest.raises(BadClip, match="cannot be read"):
        read_smpl(tmp_path / "none.npz")


def test_only_canonical_clips_are_written(tmp_path: Path) -> None:
    skeleton = Skeleton(("root",), (-1,), np.zeros((1, 3)))
    clip = Clip(skeleton, 30.0, np.zeros((1, 3)), np.array([[[1.0, 0, 0, 0]]]), np.zeros((1, 4), dtype=bool))
    with pytest.raises(BadClip, match="retarget first"):
        write_smpl(tmp_path / "clip.npz", clip)


@pytest.mark.parametrize("joints", [22, 24, 52, 55])
def test_round_trip_in_all_layouts(tmp_path: Path, joints: int) -> None:
    clip = clip_of(frames=200, seed=3)
    write_smpl(tmp_path / "clip.npz", clip, joints=joints)
    back = read_smpl(tmp_path / "clip.npz", up="z")  # random poses, which lie as often as they stand
    count = 52 if joints >= 52 else 22
    assert np.load(tmp_path / "clip.npz")["poses"].shape == (200, 3 * joints)
    np.testing.assert_allclose(positions(back)[:, :count], positions(clip)[:, :count], atol=1e-5)  # 0.01 mm
    turned = quat.angle_between(
        back.rotation[:, :count].astype(np.float64), clip.rotation[:, :count].astype(np.float64)
    )
    assert np.degrees(turned).max() < 0.01


def test_a_layout_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(BadClip, match="21 joints are no SMPL layout"):
        write_smpl(tmp_path / "clip.npz", clip_of(frames=1), joints=21)


def test_the_up_axis_can_be_said(tmp_path: Path) -> None:
    """Somebody who lies with the head towards +Y in a world with +Z up looks like somebody who stands along +Y."""
    np.savez(tmp_path / "clip.npz", **standing(52))
    seen, said = read_smpl(tmp_path / "clip.npz"), read_smpl(tmp_path / "clip.npz", up="z")
    height = [positions(clip)[0, :, 1] for clip in (seen, said)]
    assert np.ptp(height[0]) > 1.3 and np.ptp(height[1]) < 0.6
