from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from action_library.ingest import document, ingest
from action_library.measure import cycle_turn, is_cycle, travelled, turned
from action_library.starter import mocap_folder
from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.formats.bvh import write_bvh
from motion_engine.formats.smpl import write_smpl
from motion_engine.types import Clip, canonical_skeleton, data_path

SHARED = Path(__file__).parents[2] / "../shared/mocap"


def gait(frames: int = 60, period: float = 1.0, turn: float = 0.0) -> Clip:
    """Legs that swing, one metre a second ahead, turning evenly by `turn` radians in all."""
    skeleton = canonical_skeleton()
    time = np.arange(frames) / 30.0
    rotation = np.tile(quat.IDENTITY, (frames, 52, 1))
    swing = 0.5 * np.sin(2 * np.pi * time / period)
    for side, sign in (("left", 1), ("right", -1)):
        rotation[:, skeleton.index(f"{side}_hip")] = quat.from_axis_angle("x", sign * swing)
        rotation[:, skeleton.index(f"{side}_shoulder")] = quat.from_axis_angle("z", np.full(frames, -sign * 1.3))
    rotation[:, 0] = quat.from_axis_angle("y", turn * np.arange(frames) / frames)
    root = np.tile(skeleton.offsets[0], (frames, 1))
    root[:, 2] = time
    return Clip(skeleton, 30.0, root, rotation, np.zeros((frames, 4), dtype=bool))


def test_bvh_and_smpl_become_the_same_action(tmp_path: Path) -> None:
    clip = gait(61)
    write_bvh(tmp_path / "stroll.bvh", clip)
    write_smpl(tmp_path / "stroll.npz", clip)
    for suffix in ("bvh", "npz"):
        action, got = ingest(tmp_path / f"stroll.{suffix}", name="My Stroll", aliases=["amble", "散步"], cyclic=False)
        assert action.name == "my_stroll"
        assert action.aliases == {"en": ("amble",), "zh": ("散步",)}
        assert (action.source, action.licence) == (f"stroll.{suffix}", "unknown")
        assert action.description == "Travels 2.0 m forward."
        assert action.description_zh.startswith("向前移动2.0米")
        assert (action.frames, action.fps) == (61, 30.0)
        assert action.distance == pytest.approx(2.0, abs=0.05)
        assert np.degrees(quat.angle_between(got.rotation[:, :22], clip.rotation[:, :22])).max() < 1.0


SEEN = ("travels", "forward", "legs", "lively")  # in `gait`


def test_what_is_said_of_an_action_is_kept(tmp_path: Path) -> None:
    write_bvh(tmp_path / "a.bvh", gait())
    action, clip = ingest(
        tmp_path / "a.bvh",
        name="a",
        description="d",
        tags=["t"],
        source="s",
        licence="l",
        crop=(0.5, 1.5),
        loop=(0.2, 0.8),
        mask="upper",
        side="left",
        cycles=2,
        turn=1.0,
        end_posture="sit",
    )
    assert (action.description, action.tags, action.source, action.licence) == ("d", ("t", *SEEN), "s", "l")
    assert (action.loop, action.mask, action.side, action.cycles) == ((0.2, 0.8), "upper", "left", 2)
    assert (action.turn, action.end_posture, action.cyclic) == (1.0, "sit", False)
    assert len(clip) == 30


def test_other_frame_rates_become_thirty(tmp_path: Path) -> None:
    write_bvh(tmp_path / "a.bvh", replace(gait(121), fps=120.0))
    action, clip = ingest(tmp_path / "a.bvh", name="a")
    assert clip.fps == 30.0
    assert action.duration == pytest.approx(1.0, abs=0.04)


@pytest.mark.skipif(mocap_folder() is None, reason="pybullet is not installed")
def test_deepmimic_files_of_both_suffixes(tmp_path: Path) -> None:
    folder = mocap_folder()
    assert folder
    path = tmp_path / "walk.json"
    path.write_bytes((folder / "humanoid3d_walk.txt").read_bytes())
    action, clip = ingest(path, name="w")
    assert action.cyclic
    assert action.loop == (0.0, clip.duration)
    assert action.turn == 0.0
    assert clip.contacts.any()


@pytest.mark.skipif(mocap_folder() is None, reason="pybullet is not installed")
def test_deepmimic_files_say_whether_they_repeat(tmp_path: Path) -> None:
    folder = mocap_folder()
    assert folder
    walk = json.loads((folder / "humanoid3d_walk.txt").read_text(encoding="utf-8"))
    for loop in ("wrap", "none"):
        path = tmp_path / f"{loop}.TXT"
        path.write_text(json.dumps(walk | {"Loop": loop}), encoding="utf-8")
        assert ingest(path, name="stroll")[0].cyclic == (loop == "wrap")


def test_key_pose_scripts_keep_their_own_words() -> None:
    path = data_path("actions", "wave.yaml")
    action, clip = ingest(path, name="greet")
    assert action.name == "greet"
    assert action.description
    assert action.aliases["zh"]
    assert action.licence == "Apache-2.0"
    assert action.loop
    assert action.frames == len(clip)
    other, _ = ingest(path, name="greet", description="Mine", aliases=["yo"])
    assert (other.description, other.aliases["en"]) == ("Mine", ("yo",))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared motion capture is not here")
def test_real_captures_stand_on_the_floor() -> None:
    files = sorted(SHARED.rglob("*.bvh"))[:3]
    assert files
    for path in files:
        _, clip = ingest(path, name=path.stem[:60])
        assert 0.7 < np.median(clip.root_position[:, 1]) < 1.1


# ── What the motion says ──────────────────────────────────────────────────────────────────────────────────


def test_cycles_are_seen(make: Any) -> None:
    assert is_cycle(gait(60))
    assert is_cycle(gait(30))
    assert not is_cycle(gait(45)), "it ends with the other leg ahead"
    assert not is_cycle(make.clip(60, speed=1.0)), "nothing moves but the root"
    assert not is_cycle(gait(8, period=8 / 30)), "shorter than any gait"
    rest = gait(60)
    slow = 30.0 * (1 - np.cos(np.arange(60) / 60 * np.pi))  # starts and ends at rest
    index = np.minimum(slow.astype(int), 59)
    assert not is_cycle(replace(rest, root_position=rest.root_position[index], rotation=rest.rotation[index]))


def test_distances_and_turns_are_measured() -> None:
    assert travelled(gait(31)) == pytest.approx(1.0, abs=1e-3)
    assert travelled(gait(30), cyclic=True) == pytest.approx(1.0, abs=1e-3)
    assert turned(gait(60, turn=7.0)) == pytest.approx(7.0 * 59 / 60, abs=0.05)
    assert cycle_turn(gait(30, turn=-1.0)) == pytest.approx(-1.0, abs=1e-3)
    assert cycle_turn(gait(30, turn=0.1)) == 0.0


def test_a_somersault_is_no_turn() -> None:
    clip = gait(60)
    rotation = clip.rotation.copy()
    rotation[:, 0] = quat.from_axis_angle("x", np.linspace(0, 2 * np.pi, 60))
    assert abs(turned(replace(clip, rotation=rotation))) < 0.1


def test_a_turning_cycle_closes(tmp_path: Path) -> None:
    write_bvh(tmp_path / "curve.bvh", gait(30, turn=1.0))
    action, clip = ingest(tmp_path / "curve.bvh", name="curve", cyclic=True)
    assert action.turn == pytest.approx(1.0, abs=0.02)
    heading = quat.heading(clip.rotation[:, 0].astype(float))
    assert heading[-1] - heading[0] == pytest.approx(29 / 30, abs=0.03)


def test_documents_measure_what_is_not_said() -> None:
    action = document(gait(30), name="walk", cyclic=True)
    assert action.loop == (0.0, 1.0)
    assert action.distance == pytest.approx(1.0, abs=1e-3)


# ── Files that cannot be used ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.fbx", b"x", "unknown kind of file .fbx; known are .bvh"),
        ("a", b"x", r"unknown kind of file \(no suffix\)"),
        ("a.bvh", b"", "empty"),
        ("a.bvh", b"HIERARCHY\nROOT hip\n{", "truncated"),
        ("a.npz", b"PK\x03\x04 not really", "npz"),
        ("a.json", b"{}", "Frames"),
        ("a.txt", b"hello", "JSON"),
        ("a.yaml", b"- 1", "key-pose"),
        ("a.yaml", b"a: !!python/object/apply:os.system [ls]", "tags"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadClip, match=words) as caught:
        ingest(path, name="a")
    assert str(path) in str(caught.value)


def test_missing_files_folders_and_giants(tmp_path: Path) -> None:
    with pytest.raises(BadClip, match="No such file"):
        ingest(tmp_path / "none.bvh", name="a")
    (tmp_path / "folder.bvh").mkdir()
    with pytest.raises(BadClip, match="is a folder"):
        ingest(tmp_path / "folder.bvh", name="a")
    with open(tmp_path / "giant.bvh", "wb") as file:
        file.truncate(600 * 1024 * 1024)
    with pytest.raises(BadClip, match="600 MB, 512 are allowed"):
        ingest(tmp_path / "giant.bvh", name="a")


def test_what_is_no_humanoid_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "box.bvh"
    path.write_text(
        "HIERARCHY\nROOT box\n{\nOFFSET 0 0 0\nCHANNELS 3 Xposition Yposition Zposition\nEnd Site\n{\nOFFSET 0 1 0\n}\n"
        "}\nMOTION\nFrames: 2\nFrame Time: 0.1\n0 0 0\n0 0 1\n"
    )
    with pytest.raises(BadClip) as caught:
        ingest(path, name="box")
    assert str(path) in str(caught.value)


def test_wrong_names_crops_and_fields_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.bvh"
    write_bvh(path, gait())
    with pytest.raises(BadClip, match="letter or a digit"):
        ingest(path, name="///")
    with pytest.raises(BadClip, match="2 s long") as caught:
        ingest(path, name="a", crop=(7.0, 9.0))
    assert str(path) in str(caught.value)
    with pytest.raises(BadClip, match="mask"):
        ingest(path, name="a", mask="legs")
    with pytest.raises(BadClip, match="alias"):
        ingest(path, name="a", aliases=["x" * 100])


@pytest.mark.parametrize(
    "content", [[], {"Frames": []}, {"Frames": [[1] * 43] * 3}, {"Frames": [["x"] * 44]}, {"Frames": 3}, None]
)
def test_json_of_another_kind_is_refused(tmp_path: Path, content: object) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps(content))
    with pytest.raises(BadClip) as caught:
        ingest(path, name="r")
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(("name", "start"), [("getup_faceup", "lie_face_up"), ("getup_facedown", "lie_face_down")])
def test_who_lies_is_seen_to(name: str, start: str) -> None:
    folder = mocap_folder()
    if folder is None:
        pytest.skip("needs pybullet")
    up, _ = ingest(folder / f"humanoid3d_{name}.txt", name="up")
    assert (up.start_posture, up.end_posture) == (start, "stand")
    down, _ = ingest(folder / f"humanoid3d_{name}.txt", name="down", reverse=True, end_posture="stand")
    assert (down.start_posture, down.end_posture) == ("stand", "stand")  # what is stated counts
