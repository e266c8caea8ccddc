from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.formats.bvh import read_bvh, write_bvh
from motion_engine.joint_map import JointMap, map_path, read_map
from motion_engine.kinematics import fk
from motion_engine.retarget import retarget
from motion_engine.rig import read_rig
from motion_engine.types import Clip, Skeleton, canonical_skeleton


def strange(path: Path, frames: int = 5) -> Path:
    """A figure in T-pose whose left arm is called right and the other way round, and whose other names are numbers."""
    ours = canonical_skeleton()
    swap = {"left": "right", "right": "left"}
    names = []
    for joint, name in enumerate(ours.names):
        side, _, part = name.partition("_")
        arm = part in ("collar", "shoulder", "elbow", "wrist")
        names.append(f"{swap[side]}_{part}" if arm else f"bone{joint}" if part[-1:].isdigit() else name)
    skeleton = Skeleton(tuple(names), ours.parents, 1.1 * ours.offsets)
    still = np.tile(quat.IDENTITY, (frames, 52, 1))
    root = np.tile(1.1 * ours.offsets[0], (frames, 1))
    write_bvh(path, Clip(skeleton, 30.0, root, still, np.zeros((frames, 4), dtype=bool)))
    return path


def test_no_map_beside_the_file(tmp_path: Path) -> None:
    assert map_path(tmp_path / "walk.bvh") == tmp_path / "walk.map.yaml"
    assert read_map(tmp_path / "walk.bvh") is None


def test_a_map_overrides_a_wrong_guess(tmp_path: Path) -> None:
    path = strange(tmp_path / "strange.bvh")
    arms = [f"{side}_{part}" for side in ("left", "right") for part in ("collar", "shoulder", "elbow", "wrist")]
    other = {"left": "right", "right": "left"}
    lines = [f"  {name}: {other[name.partition('_')[0]]}_{name.partition('_')[2]}" for name in arms]
    map_path(path).write_text("joints:\n" + "\n".join(lines) + "\nup: y\n")
    clip = read_bvh(path)
    wrong, right = retarget(clip), retarget(clip, read_rig(clip, read_map(path)))
    for result, sign in ((wrong, -1.0), (right, 1.0)):
        position, _ = fk(result.skeleton, result.root_position, result.rotation)
        assert (sign * position[:, result.skeleton.index("left_wrist"), 0] > 0.2).all()


@pytest.mark.parametrize(("up", "facing"), [("+z", "-y"), ("-x", "+z"), ("y", "-z")])
def test_stated_axes(tmp_path: Path, up: str, facing: str) -> None:
    path = strange(tmp_path / "a.bvh")
    map_path(path).write_text(f"up: {up}\nfacing: '{facing}'\n")
    stated = read_map(path)
    assert stated is not None and stated.up is not None and stated.facing is not None
    rig = read_rig(read_bvh(path), stated)
    np.testing.assert_allclose(quat.rotate(rig.upright, stated.up), [0, 1, 0], atol=1e-9)
    np.testing.assert_allclose(quat.rotate(rig.upright, stated.facing), [0, 0, 1], atol=1e-9)


def test_a_stated_unit(tmp_path: Path) -> None:
    path = strange(tmp_path / "a.bvh")
    assert read_bvh(path, unit="m").root_position[0, 1] == pytest.approx(100 * read_bvh(path).root_position[0, 1])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("jonts: {}", r"unknown key 'jonts'; nearest are joints"),
        ("joints: {left_hipp: a}", r"'left_hipp' is no canonical joint; nearest are left_hip"),
        ("joints: {left_hip: [a]}", r"left_hip must name one joint"),
        ("joints: [a, b]", r"joints must be"),
        ("up: w", r"up: 'w' is no axis; use one of \+x"),
        ("unit: parsec", r"unit: 'parsec' is none of m, cm"),
        ("- a\n- b", r"must hold some of the keys joints, up"),
        ("joints: {", r"line \d: not YAML"),
        ("\x00", r"not YAML"),
        ("[" * 4000, r"not YAML"),
    ],
)
def test_bad_maps(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "a.map.yaml").write_text(text)
    with pytest.raises(BadClip, match=r"a\.map\.yaml.*" + reason):
        read_map(tmp_path / "a.bvh")


def test_a_joint_that_the_file_lacks(tmp_path: Path) -> None:
    path = strange(tmp_path / "a.bvh")
    map_path(path).write_text("joints: {left_hip: Left_Hip}\n")
    with pytest.raises(BadClip, match=r"a\.map\.yaml: left_hip: no joint is named 'Left_Hip'; nearest are left_hip"):
        read_rig(read_bvh(path), read_map(path))


def test_up_along_facing_is_refused(tmp_path: Path) -> None:
    stated = JointMap(up=np.array([0.0, 1.0, 0.0]), facing=np.array([0.0, -1.0, 0.0]), path=tmp_path / "a.map.yaml")
    with pytest.raises(BadClip, match="same axis"):
        read_rig(read_bvh(strange(tmp_path / "a.bvh")), stated)
