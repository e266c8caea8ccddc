from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_engine import quat
from motion_engine.errors import BadClip, BadMedia
from motion_engine.formats.bvh import read_bvh, read_bvh_and_unit, unit_words, write_bvh
from motion_engine.formats.numbers import parse_numbers
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip, Skeleton, canonical_skeleton

MOCAP = Path(__file__).parents[2] / "../shared/mocap"
needs_mocap = pytest.mark.skipif(not MOCAP.is_dir(), reason="../shared/mocap is not there")

SMALL = """HIERARCHY
ROOT Hips
{
  OFFSET 0 90 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Chest
  {
    OFFSET 0 50 0
    CHANNELS 3 Yrotation Xrotation Zrotation
    End Site
    {
      OFFSET 0 20 0
    }
  }
  JOINT Leg
  {
    OFFSET 10 -80 0
    CHANNELS 3 Xrotation Yrotation Zrotation
    End Site
    {
      OFFSET 0 0 10
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.0333333
1 91 3 0 0 0 90 0 0 0 0 0
2 92 3 0 0 10 0 90 0 -9e1 0.0 1.5e-3
"""


def clip_of(seed: int = 0, frames: int = 20, fps: float = 30.0, skeleton: Skeleton | None = None) -> Clip:
    skeleton = skeleton or canonical_skeleton()
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(frames, len(skeleton.names), 3)) * 0.15
    rotation = quat.unroll(quat.from_rotvec(np.cumsum(steps, axis=0)))
    root = np.array([0.0, 0.9, 0.0]) + np.cumsum(rng.normal(size=(frames, 3)) * 0.02, axis=0)
    return Clip(skeleton, fps, root, rotation, np.zeros((frames, 4), dtype=bool))


def positions(clip: Clip) -> Array:
    return fk(clip.skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))[0]


def bvhio_positions(path: Path, frames: list[int]) -> tuple[dict[str, Array], int, float]:
    """World positions `(len(frames), 3)` by joint, number of frames and frame time, as the package bvhio reads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own use of PyGLM is deprecated
        import bvhio

    container = bvhio.readAsBvh(str(path))
    root = bvhio.convertBvhToHierarchy(container.Root)
    found: dict[str, list[list[float]]] = {}
    for frame in frames:
        root.loadPose(frame)
        for joint, _, _ in root.layout():
            found.setdefault(joint.Name, []).append(list(joint.PositionWorld))
    return {name: np.array(rows) for name, rows in found.items()}, container.FrameCount, container.FrameTime


def write(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "clip.bvh"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_reads_a_small_file_by_hand(tmp_path: Path) -> None:
    clip = read_bvh(write(tmp_path, SMALL))
    assert clip.skeleton.names == ("Hips", "Chest", "Leg")
    assert clip.fps == 30.0 and len(clip) == 2
    np.testing.assert_allclose(clip.root_position, [[0.01, 0.91, 0.03], [0.02, 0.92, 0.03]], atol=1e-6)
    np.testing.assert_allclose(clip.skeleton.offsets, [[0, 0.9, 0], [0, 0.5, 0], [0.1, -0.8, 0]], atol=1e-9)
    half = np.sqrt(0.5)
    np.testing.assert_allclose(clip.rotation[0, 1], [half, 0, half, 0], atol=1e-6)
    np.testing.assert_allclose(np.abs(clip.rotation[1, 2] @ np.array([half, -half, 0, 0])), 1.0, atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.replace("\n", "\r\n"),
        lambda s: s.replace("  ", "\t"),
        lambda s: "\ufeff" + s,
        lambda s: s.replace("Frames: 2", "Frames:\t2").replace("Frame Time: ", "Frame Time:"),
        lambda s: s.lower().replace("hips", "Hips").replace("chest", "Chest").replace("leg", "Leg"),
        lambda s: s.replace("ROOT Hips\n{", "ROOT Hips {").replace("Frame Time", "FRAME TIME"),
        lambda s: s.rstrip("\n"),
        lambda s: s + "\n\n",
        lambda s: s.replace("3 0 0 0 90", "3 0.000 -0.0\n 0 90"),  # a row over two lines
    ],
)
def test_variants_of_the_format_read_alike(tmp_path: Path, change: object) -> None:
    expected = read_bvh(write(tmp_path, SMALL))
    clip = read_bvh(write(tmp_path, change(SMALL)))  # type: ignore[operator]
    assert clip.skeleton.names == expected.skeleton.names and clip.fps == expected.fps
    np.testing.assert_array_equal(clip.rotation, expected.rotation)


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    clip = read_bvh(write(tmp_path, SMALL.replace("Chest", "Brüst").encode("latin-1")))
    assert clip.skeleton.names[1] == "Brüst"


def broken(old: str, new: str) -> str:
    assert old in SMALL
    return SMALL.replace(old, new, 1)


def test_frames_may_be_the_number_of_the_last_row(tmp_path: Path) -> None:
    """Debian's Boxing_Toes.bvh counts its rows from 0; two rows too many are an error."""
    row = SMALL[SMALL.rindex("2 92") :]
    (tmp_path / "one.bvh").write_text(SMALL + row)
    assert len(read_bvh(tmp_path / "one.bvh")) == 3
    (tmp_path / "two.bvh").write_text(SMALL + row + row)
    with pytest.raises(BadClip, match="Frames says 2, but there are 4 rows"):
        read_bvh(tmp_path / "two.bvh")


def test_the_unit_may_be_stated_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(SMALL)
    (guessed, unit), (stated, other) = (
        read_bvh_and_unit(tmp_path / "a.bvh"),
        read_bvh_and_unit(tmp_path / "a.bvh", unit="m"),
    )
    assert (unit, other) == (0.01, 1.0) and (unit_words(unit), unit_words(0.37)) == ("centimetres", "units of 0.37 m")
    np.testing.assert_allclose(stated.root_position, 100 * guessed.root_position, rtol=1e-5)


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("", "empty", None),
        (" \n\n", "empty", None),
        (bytes(range(256)) * 4, "not a BVH", 1),
        ("hello", "not a BVH", 1),
        ("HIERARCHY\nMOTION\nFrames: 1\nFrame Time: 0.1\n", "no ROOT", 1),
        (SMALL[: SMALL.index("MOTION")], "no MOTION", 25),
        (SMALL[: SMALL.index("Leg")] + "Leg\n", "not closed", 15),
        (broken("90 0 0 0 0 0\n", "90 0 0\n"), "truncated", 28),
        (broken("2 92 3", "2 92 3 4"), "13 values", 29),
        (SMALL[: SMALL.rindex("2 92")], "Frames says 2", 29),
        (broken("1 91", "nan 91"), "not finite", 28),
        (broken("2 92", "1e999 92"), "not finite", 29),
        (broken("2 92", "2 x92"), "'x92' is not a number", 29),
        (broken("2 92", "2 9.2.1"), "'9.2.1' is not a number", 29),
        (broken("2 92", "2 --9"), "not a number", 29),
        (broken("Frames: 2", "Frames: 0"), "above 0", 26),
        (broken("Frames: 2", "Frames: -2"), "above 0", 26),
        (broken("0.0333333", "0"), "above 0", 27),
        (broken("0.0333333", "-0.1"), "above 0", 27),
        (broken("0.0333333", "nan"), "above 0", 27),
        (broken("Frames: 2", "Frame: 2"), "expected", 25),
        (broken("JOINT Leg", "JOINT Chest"), "two joints", 15),
        (broken("CHANNELS 3", "CHANNELS 4"), "says 4", 9),
        (broken("Yrotation Xrotation", "Yrotation Yrotation"), "repeated", 9),
        (broken("OFFSET 0 50 0", "OFFSET 0 50"), "three numbers", 8),
        (broken("OFFSET 0 50 0", "OFFSET 0 inf 0"), "three numbers", 8),
        (broken("    OFFSET 0 50 0\n", ""), "no OFFSET", 6),
        (broken("ROOT Hips\n{", "ROOT Hips"), "expected {", 3),
        (broken("}\nMOTION", "}\n}\nMOTION"), "too many", 25),
        (broken("ROOT Hips", "JOINT Hips"), "not inside a ROOT", 2),
        (broken("MOTION", "ROOT Other\n{\n}\nMOTION"), "second ROOT", 25),
        (broken("  JOINT Chest", "  JONT Chest"), "unknown keyword", 6),
    ],
)
def test_bad_files_say_what_and_where(tmp_path: Path, text: str | bytes, reason: str, line: int | None) -> None:
    path = write(tmp_path, text)
    with pytest.raises(BadClip) as caught:
        read_bvh(path)
    assert reason in caught.value.reason
    assert caught.value.line == line
    assert caught.value.path == path


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(BadClip, match=r"none\.bvh.*cannot be read"):
        read_bvh(tmp_path / "none.bvh")
    with pytest.raises(BadMedia, match="does not exist; create it"):
        write_bvh(tmp_path / "no" / "folder.bvh", clip_of(frames=1))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=6, max_size=6), st.sampled_from(["%.6f", "%g", "%r"]))
def test_numbers_are_parsed_as_float_does(numbers: list[float], form: str) -> None:
    words = [form % number for number in numbers]
    body = f"{words[0]} {words[1]}\t{words[2]}\r\n {' '.join(words[3:])}".encode()
    parsed = parse_numbers(body, 2, 3)
    if parsed is not None:  # more than 17 decimals are left to the slow way
        np.testing.assert_allclose(parsed.ravel(), [float(word) for word in words], rtol=1e-15, atol=1e-300)
    assert parsed is not None or form == "%r"


@pytest.mark.parametrize(
    "body", ["1 2 3 4 5 6", "1 2\n3 4 5 6", "1 2 3\n4 5", "1 2 3\n4 . 6", "1 2 3\n4 - 6", "1.2.3 4 5\n6 7 8"]
)
def test_odd_tables_are_left_to_the_slow_way(body: str) -> None:
    assert parse_numbers(body.encode(), 2, 3) is None


@pytest.mark.parametrize("body", ["1e 5 2 3", "1 e5 2 3", "1e5.5 2 3", "1ee5 2 3", "1-2 2", "e5 2 3", "+ 2 3"])
def test_odd_numbers_are_left_to_the_slow_way(body: str) -> None:
    assert parse_numbers(body.encode(), 1, 3) is None


@pytest.mark.parametrize(
    ("text", "fps"),
    [("0.0333333", 30), ("0.03333", 30), (".033", 30), ("0.008342", 120000 / 1001), ("0.0166667", 60), ("0.01", 100)],
)
def test_rounded_frame_times(tmp_path: Path, text: str, fps: float) -> None:
    assert read_bvh(write(tmp_path, SMALL.replace("0.0333333", text))).fps == pytest.approx(fps, rel=1e-12)


@pytest.mark.parametrize("fps", [24.0, 29.97, 30.0, 59.94, 120.0, 1000 / 7])
def test_round_trip(tmp_path: Path, fps: float) -> None:
    clip = clip_of(fps=fps)
    path = tmp_path / "clip.bvh"
    write_bvh(path, clip)
    back = read_bvh(path)
    assert back.skeleton.names == clip.skeleton.names
    assert back.fps == pytest.approx(fps, rel=1e-14) and len(back) == len(clip)
    np.testing.assert_allclose(back.root_position, clip.root_position, atol=1e-6)
    np.testing.assert_allclose(positions(back), positions(clip), atol=1e-5)
    assert quat.angle_between(back.rotation, clip.rotation).max() < 1e-5
    assert [file.name for file in tmp_path.iterdir()] == ["clip.bvh"]


@pytest.mark.parametrize("unit", ["m", "cm", "mm", "inch", "cmu"])
def test_units_are_recognised(tmp_path: Path, unit: str) -> None:
    write_bvh(tmp_path / "clip.bvh", clip_of(frames=2), unit=unit)
    np.testing.assert_allclose(
        read_bvh(tmp_path / "clip.bvh").skeleton.offsets[1:], canonical_skeleton().offsets[1:], atol=1e-5
    )


def test_unknown_unit(tmp_path: Path) -> None:
    with pytest.raises(BadClip, match="unknown unit 'ell'; use one of"):
        write_bvh(tmp_path / "clip.bvh", clip_of(frames=1), unit="ell")


def test_written_angles_do_not_flip(tmp_path: Path) -> None:
    """Two full turns and a leg through 90 degrees (the gimbal of ZXY): curves in Blender stay without jumps."""
    frames = 200
    clip = clip_of(frames=frames)
    rotation = np.tile(quat.IDENTITY, (frames, len(clip.skeleton.names), 1))
    rotation[:, 0] = quat.from_axis_angle("y", np.linspace(0, 4 * np.pi, frames))
    swing = quat.from_axis_angle("x", -np.linspace(0, np.radians(130), frames))
    rotation[:, 1] = quat.mul(swing, quat.from_axis_angle("y", np.full(frames, 0.3)))
    path = tmp_path / "clip.bvh"
    write_bvh(path, Clip(clip.skeleton, 30.0, clip.root_position, quat.unroll(rotation), clip.contacts))
    rows = np.array([[float(word) for word in line.split()] for line in path.read_text().splitlines()[-frames:]])
    assert np.abs(np.diff(rows[:, 3:], axis=0)).max() < 20.0


@pytest.mark.parametrize("fps", [30.0, 24.0])
def test_bvhio_reads_what_we_write(tmp_path: Path, fps: float) -> None:
    clip = clip_of(seed=1, frames=6, fps=fps)
    path = tmp_path / "clip.bvh"
    write_bvh(path, clip)
    found, frames, frame_time = bvhio_positions(path, list(range(6)))
    assert frames == 6 and frame_time == pytest.approx(1 / fps, abs=1e-9)
    expected = positions(clip) * 100
    for joint, name in enumerate(clip.skeleton.names):
        np.testing.assert_allclose(found[name], expected[:, joint], atol=0.1, err_msg=name)  # 1 mm


def test_pybvh_reads_what_we_write(tmp_path: Path) -> None:
    import pybvh

    clip = clip_of(seed=2, frames=8)
    path = tmp_path / "clip.bvh"
    write_bvh(path, clip)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it wonders which axis is up in random poses
        other = pybvh.read_bvh_file(path)
    assert other.frame_time == pytest.approx(1 / 30)
    names = [node.name for node in other.nodes if not node.is_end_site()]
    order = [clip.skeleton.index(name) for name in names]
    rotation = quat.from_euler(np.asarray(other.joint_angles), "zxy")
    assert quat.angle_between(rotation, clip.rotation[:, order].astype(np.float64)).max() < 1e-5
    np.testing.assert_allclose(np.asarray(other.root_pos) / 100, clip.root_position, atol=1e-5)


@needs_mocap
@pytest.mark.parametrize(
    "name",
    [
        "animated_drawings/dab.bvh",
        "animated_drawings/jumping_jacks.bvh",
        "animated_drawings/jesse_dance.bvh",
        "bandai/dataset-1_dash_normal_001.bvh",
        "bandai/dataset-2_raise-up-left-hand_active_001.bvh",
    ],
)
def test_real_files_agree_with_bvhio(tmp_path: Path, name: str) -> None:
    lines = (MOCAP / name).read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Frame Time")) + 1
    # bvhio reads slowly: the first frames are enough.
    head = [f"Frames: {12}" if line.startswith("Frames") else line for line in lines[:start]]
    path = write(tmp_path, "\n".join([*head, *lines[start : start + 12]]) + "\n")
    clip = read_bvh(path)
    found, _, _ = bvhio_positions(path, [0, 5, 11])
    ours = positions(clip)[[0, 5, 11]]
    joints = [j for j, joint in enumerate(clip.skeleton.names) if joint != "joint_Root"]  # it takes the hips' motion
    theirs = np.stack([found[clip.skeleton.names[j]] for j in joints], axis=1)
    spread = np.linalg.norm(theirs[0] - theirs[0, 0], axis=-1).max()
    unit = np.linalg.norm(ours[0, joints] - ours[0, joints[0]], axis=-1).max() / spread
    np.testing.assert_allclose(ours[:, joints], theirs * unit, atol=1e-3)


@needs_mocap
def test_all_real_files_are_read_at_human_size() -> None:
    files = sorted(MOCAP.glob("*/*.bvh"))
    assert len(files) >= 80
    for file in files[::6]:
        clip = read_bvh(file)
        rest = np.abs(clip.skeleton.offsets[1:]).sum()
        assert np.isfinite(clip.rotation).all() and 1.0 < rest < 20.0, file.name
        assert np.ptp(positions(clip)[0], axis=0).max() < 2.6, file.name
