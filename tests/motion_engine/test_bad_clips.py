"""Motion files that are broken, strange or hostile: each is refused in words with file and line, or works."""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.formats.bvh import read_bvh, write_bvh
from motion_engine.formats.deepmimic import read_deepmimic
from motion_engine.formats.gltf import write_glb
from motion_engine.formats.smpl import read_smpl, write_smpl
from motion_engine.kinematics import fk
from motion_engine.retarget import retarget
from motion_engine.types import Clip, canonical_skeleton

ROOT = Path(__file__).parents[2]
Read = Callable[[Path], Clip]

BVH = """HIERARCHY
ROOT Hips
{
\tOFFSET 0 90 0
\tCHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
\tJOINT Chest
\t{
\t\tOFFSET 0 50 0
\t\tCHANNELS 3 Zrotation Xrotation Yrotation
\t\tEnd Site
\t\t{
\t\t\tOFFSET 0 20 0
\t\t}
\t}
}
MOTION
Frames: 3
Frame Time: 0.0333333
0 90 0 10 20 30 1 2 3
1 90 0 11 21 31 1 2 4
2 90 0 12 22 32 1 2 5
"""
FIRST = 19  # the line of the first frame


def humanoid(frames: int = 3) -> Clip:
    skeleton = canonical_skeleton()
    rotation = quat.from_rotvec(np.random.default_rng(0).normal(size=(frames, 52, 3)) * 0.1)
    root = np.tile(skeleton.offsets[0], (frames, 1))
    return Clip(skeleton, 30.0, root, quat.unroll(rotation), np.zeros((frames, 4), dtype=bool))


def row(duration: Any = 0.1, **change: Any) -> list[Any]:
    """A frame of DeepMimic's humanoid at rest; `x5=...` changes the fifth number."""
    values: list[Any] = [duration, 0.0, 0.9, 0.0]
    for width in (4, 4, 4, 4, 1, 4, 4, 1, 4, 1, 4, 4, 1):
        values += [1.0, 0.0, 0.0, 0.0] if width == 4 else [0.0]
    for name, value in change.items():
        values[int(name[1:])] = value
    return values


def deepmimic(*rows: Any, **more: Any) -> str:
    return json.dumps({"Loop": "none", "Frames": list(rows)} | more)


def npz(**change: Any) -> bytes:
    """Somebody who stands, +Y up, for four frames; an argument that is None takes an array away."""
    arrays: dict[str, Any] = {"poses": np.zeros((4, 66)), "trans": np.zeros((4, 3)), "mocap_framerate": np.array(60.0)}
    buffer = io.BytesIO()
    np.savez(buffer, **{name: value for name, value in (arrays | change).items() if value is not None})
    return buffer.getvalue()


def member(name: str, content: bytes, data: bytes | None = None) -> bytes:
    """An npz whose member `name` has this content."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data or npz())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            new.writestr(entry, content if entry == f"{name}.npy" else old.read(entry))
    return out.getvalue()


def header(shape: tuple[int, ...], descr: str = "<f8") -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": descr, "fortran_order": False, "shape": shape})
    return out.getvalue()


def outcome(read: Read, path: Path) -> Clip | BadClip:
    """What comes of a file: a clip that is whole, or a refusal that names the file and is short enough to read."""
    try:
        clip: Clip | BadClip = read(path)
    except BadClip as error:
        clip = error
    if isinstance(clip, BadClip):
        assert clip.path == path and str(path) in str(clip)
        assert 10 < len(clip.reason) < 500 and "\n" not in clip.reason
        return clip
    assert np.isfinite(clip.root_position).all() and np.isfinite(clip.rotation).all()
    assert np.isfinite(clip.skeleton.offsets).all() and np.isfinite(clip.fps)
    np.testing.assert_allclose(np.linalg.norm(clip.rotation, axis=-1), 1.0, atol=1e-3)
    return clip


def changed(old: str, new: str, text: str = BVH) -> str:
    assert old in text
    return text.replace(old, new, 1)


WORKS = None
LAST = BVH.splitlines()[-1]
BVH_FILES: list[tuple[str, str | bytes, str | None, int | None]] = [
    ("as it is", BVH, WORKS, None),
    ("CRLF", BVH.replace("\n", "\r\n"), WORKS, None),
    ("old Mac line ends", BVH.replace("\n", "\r"), WORKS, None),
    ("tabs between numbers", BVH.replace("90 0", "90\t0"), WORKS, None),
    ("scientific notation", changed(LAST, "2e0 9.0E+1 0 1.2e1 2.2e+01 320e-1 1 2 5"), WORKS, None),
    ("UTF-8 with mark", "\ufeff" + BVH, WORKS, None),
    ("Latin-1", changed("Chest", "Br\u00fcst").encode("latin-1"), WORKS, None),
    ("UTF-16", BVH.encode("utf-16"), "UTF-16 or UTF-32; save it as UTF-8", 1),
    ("UTF-16 without mark", BVH.encode("utf-16-le"), "does not start with HIERARCHY", 1),
    ("UTF-32", BVH.encode("utf-32"), "save it as UTF-8", 1),
    ("blank lines at the end", BVH + "\n \n\t\n", WORKS, None),
    ("junk at the end", BVH + "that was it\n", "'that' is not a number", FIRST + 3),
    ("bytes at the end", BVH.encode() + b"\x1a\x00\xff", "not a number", FIRST + 3),
    ("one frame", changed("Frames: 3", "Frames: 1", BVH[: BVH.index("1 90 0")]), WORKS, None),
    ("no frame", changed("Frames: 3", "Frames: 0"), "above 0", FIRST - 2),
    ("minus one frame", changed("Frames: 3", "Frames: -1"), "above 0", FIRST - 2),
    ("half a frame", changed("Frames: 3", "Frames: 0.5"), "above 0", FIRST - 2),
    ("a frame too few", changed("Frames: 3", "Frames: 4"), "Frames says 4, but there are 3", FIRST + 3),
    ("one row too many", changed("Frames: 3", "Frames: 2"), WORKS, None),
    ("two rows too many", changed("Frames: 3", "Frames: 1"), "Frames says 1, but there are 3", FIRST + 3),
    ("frames without end", changed("Frames: 3", "Frames: " + "9" * 9), "but there are 3", FIRST + 3),
    ("no frame time", changed("0.0333333", "0"), "above 0", FIRST - 1),
    ("a negative frame time", changed("0.0333333", "-0.03"), "above 0", FIRST - 1),
    ("an infinite frame time", changed("0.0333333", "inf"), "above 0", FIRST - 1),
    ("a frame time that is no number", changed("0.0333333", "fast"), "above 0", FIRST - 1),
    ("a frame time of a year", changed("0.0333333", "3e7"), "above 0", FIRST - 1),
    ("nan", changed("11 21", "nan 21"), "not finite", FIRST + 1),
    ("infinite", changed("11 21", "-inf 21"), "not finite", FIRST + 1),
    ("too large for a float", changed("11 21", "1e400 21"), "not finite", FIRST + 1),
    ("a huge angle", changed("11 21", "1e300 21"), "beyond 1e+09", FIRST + 1),
    ("a huge number without exponent", changed("11 21", "9" * 15 + " 21"), "beyond 1e+09", FIRST + 1),
    ("a root beyond the moon", changed("1 90 0", "9e8 90 0"), "km away", None),
    ("a huge offset", changed("OFFSET 0 50 0", "OFFSET 0 1e300 0"), "beyond 1e+09", 8),
    ("an offset of nothing", BVH.replace("OFFSET 0 50 0", "OFFSET 0 0 0"), WORKS, None),
    ("offsets next to nothing", changed("OFFSET 0 50 0", "OFFSET 0 1e-300 0"), WORKS, None),
    ("an offset that is nan", changed("OFFSET 0 50 0", "OFFSET 0 nan 0"), "three numbers", 8),
    ("a number with two points", changed("11 21", "1.1.1 21"), "'1.1.1' is not a number", FIRST + 1),
    ("a number in Chinese", changed("11 21", "\u4e09 21"), "not a number", FIRST + 1),
    ("a value too few", changed("11 21 31", "11 21"), "8 values where the joints have 9", FIRST + 1),
    ("a value too many", changed("11 21 31", "11 21 31 41"), "10 values where the joints have 9", FIRST + 1),
    ("more channels than said", changed("CHANNELS 3", "CHANNELS 2"), "says 2 and lists 3", 9),
    ("fewer channels than said", changed("CHANNELS 3", "CHANNELS 4"), "says 4 and lists 3", 9),
    ("a channel twice", changed("3 Zrotation Xrotation", "3 Zrotation Zrotation"), "repeated", 9),
    ("an unknown channel", changed("3 Zrotation", "3 Wrotation"), "unknown or repeated", 9),
    ("no channels", changed("CHANNELS 3 Zrotation Xrotation Yrotation", "CHANNELS 0"), "9 values where", FIRST),
    ("two joints of a name", changed("JOINT Chest", "JOINT Hips"), "two joints are named Hips", 6),
    ("two roots", changed("MOTION", "ROOT Again\n{\n}\nMOTION"), "second ROOT", 16),
    ("a joint outside", changed("MOTION", "JOINT Lost\n{\n}\nMOTION"), "not inside a ROOT", 16),
    ("a joint in an End Site", changed("\t\t\tOFFSET 0 20 0", "JOINT Tip\n{\n}"), "not inside a ROOT", 12),
    ("a joint without a name", changed("JOINT Chest", "JOINT"), "without a name", 6),
    ("a long name", changed("Chest", "C" * 100_000), "100000 letters", 6),
    ("a brace too many", changed("MOTION", "}\nMOTION"), "a } too many", 16),
    ("a brace too few", BVH.replace("}\nMOTION", "MOTION"), "not closed", 14),
    ("a million braces", "HIERARCHY " + "{" * 1_000_000, "opens nothing", 1),
    ("a long line of names", "HIERARCHY " + "ROOT a { " + "JOINT b { " * 100_000, "two joints", 1),
    ("a long unknown word", changed("JOINT", "J" * 100_000), "unknown keyword", 6),
    ("a long offset", changed("OFFSET 0 50 0", "OFFSET" + " 0" * 100_000), "three numbers", 8),
    ("a long channel", changed("3 Zrotation", "3 " + "Z" * 100_000), "unknown or repeated", 9),
    ("only a hierarchy", BVH[: BVH.index("MOTION")], "no MOTION", 16),
    ("only motion", BVH[BVH.index("MOTION") :], "HIERARCHY", 1),
    ("empty", "", "empty", None),
    ("spaces", " \n \n", "empty", None),
    ("zeros", b"\0" * 1000, "HIERARCHY", 1),
    ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "HIERARCHY", 1),
]
GOOD = [row(), row(), row()]
DEEPMIMIC_FILES: list[tuple[str, str | bytes, str | None]] = [
    ("as it is", deepmimic(*GOOD), WORKS),
    ("CRLF and tabs", json.dumps(json.loads(deepmimic(*GOOD)), indent="\t").replace("\n", "\r\n"), WORKS),
    ("with mark", "\ufeff" + deepmimic(*GOOD), WORKS),
    ("UTF-16", deepmimic(*GOOD).encode("utf-16"), WORKS),
    ("Latin-1", deepmimic(*GOOD, Name="x").replace('"x"', '"\u00fc"').encode("latin-1"), "not JSON"),
    ("one frame", deepmimic(row(0)), WORKS),
    ("no frame", deepmimic(), 'no "Frames"'),
    ("no loop", json.dumps({"Frames": GOOD}), WORKS),
    ("a strange loop", deepmimic(*GOOD, Loop=[{}]), WORKS),
    ("cut off", deepmimic(*GOOD)[:-30], "not JSON"),
    ("junk at the end", deepmimic(*GOOD) + "x", "not JSON"),
    ("nan", deepmimic(row(x9=float("nan")), row()), "frame 0 has a value that is not finite"),
    ("infinite", deepmimic(row(), row(x2=float("inf"))), "frame 1 has a value that is not finite"),
    ("too large for a float", deepmimic(row(), row(x2=0.125)).replace("0.125", "1e999"), "not finite"),
    ("a huge place", deepmimic(row(), row(x2=1e30)), "too large"),
    ("a huge knee", deepmimic(row(), row(x20=1e300)), "too large"),
    ("a huge rotation", deepmimic(row(), row(x8=1e300)), "too large"),
    ("a long rotation", deepmimic(row(), row(x8=5.0)), "frame 1: the rotation of chest is no quaternion"),
    ("no rotation", deepmimic(row(), row(x8=0.0)), "frame 1: the rotation of chest is no quaternion"),
    ("no time", deepmimic(row(0), row()), "frame 0 has no duration"),
    ("a negative time", deepmimic(row(), row(-0.1), row()), "frame 1 has no duration"),
    ("a negative time alone", deepmimic(row(-0.1)), "a frame lasts -0.1 s"),
    ("a year among moments", deepmimic(*GOOD, row(3e7), row()), "evenly sampled"),
    ("moments among days", deepmimic(*[row(1e-4), row(10.0)] * 30, row(1e-4), row()), "evenly sampled"),
    ("a number too few", deepmimic(row()[:-1]), "frame 0 has 43 numbers"),
    ("a number too many", deepmimic([*row(), 0]), "frame 0 has 45 numbers"),
    ("lists for numbers", deepmimic(*[[[value] for value in row()]] * 2), "list in place of a number"),
    ("words for numbers", deepmimic(row(x2="high")), "not a number"),
    ("nothing for numbers", deepmimic(row(x2=None)), "not"),
    ("objects for frames", deepmimic({}, {}), "has no numbers"),
    ("frames that are none", json.dumps({"Frames": {"0": row()}}), 'no "Frames"'),
    ("a list", json.dumps(GOOD), "no object"),
    ("nested too deep", "[" * 200_000, "not JSON"),
    ("digits", deepmimic(row(x2=0.125)).replace("0.125", "1" * 10_000), "not JSON"),
    ("empty", "", "not JSON"),
    ("zeros", b"\0" * 100, "not JSON"),
]
NPZ_FILES: list[tuple[str, bytes, str | None]] = [
    ("as it is", npz(), WORKS),
    ("one frame", npz(poses=np.zeros((1, 66)), trans=np.zeros((1, 3))), WORKS),
    ("poses by joint", npz(poses=np.zeros((4, 22, 3))), WORKS),
    ("half floats", npz(poses=np.zeros((4, 66), dtype=np.float16)), WORKS),
    ("Fortran order", npz(poses=np.asfortranarray(np.zeros((4, 66)))), WORKS),
    ("other arrays, even objects", npz(labels=np.array([{}], dtype=object)), WORKS),
    ("no frame", npz(poses=np.zeros((0, 66)), trans=np.zeros((0, 3))), "poses must be"),
    ("no poses", npz(poses=None), 'no array "poses"'),
    ("no trans", npz(trans=None), 'no array "trans"'),
    ("no rate", npz(mocap_framerate=None), "no frame rate"),
    ("a rate of 0", npz(mocap_framerate=np.array(0.0)), "above 0"),
    ("a negative rate", npz(mocap_framerate=np.array(-30.0)), "above 0"),
    ("a rate that is nan", npz(mocap_framerate=np.array(np.nan)), "not finite"),
    ("an infinite rate", npz(mocap_framerate=np.array(np.inf)), "not finite"),
    ("a huge rate", npz(mocap_framerate=np.array(1e9)), "above 0"),
    ("no rate in the array", npz(mocap_framerate=np.zeros(0)), "one number"),
    ("words for a rate", npz(mocap_framerate=np.array("fast")), "not hold numbers"),
    ("another number of joints", npz(poses=np.zeros((4, 69))), "poses must be"),
    ("frames that differ", npz(trans=np.zeros((5, 3))), "trans must be"),
    ("a flat array", npz(poses=np.zeros(66)), "poses must be"),
    ("a number", npz(poses=np.array(1.0)), "poses must be"),
    ("nan", npz(poses=np.full((4, 66), np.nan)), "poses has a value that is not finite"),
    ("infinite", npz(trans=np.full((4, 3), np.inf)), "trans has a value that is not finite"),
    ("too large for a double", npz(trans=np.full((4, 3), np.longdouble("1e4000"))), "not finite"),
    ("huge angles", npz(poses=np.full((4, 66), 1e300)), "poses has a value of 1e+300"),
    ("a place beyond the moon", npz(trans=np.full((4, 3), 4e8)), "trans has a value of 4e+08"),
    ("complex numbers", npz(poses=np.zeros((4, 66), dtype=complex)), "not hold numbers"),
    ("truth values", npz(poses=np.zeros((4, 66), dtype=bool)), "not hold numbers"),
    ("records", npz(poses=np.zeros((4, 66), dtype=[("a", "f8")])), "not hold numbers"),
    ("dates", npz(poses=np.zeros((4, 66), dtype="M8[s]")), "not hold numbers"),
    ("objects", npz(poses=np.array([[None] * 66] * 4, dtype=object)), "plain arrays"),
    ("a size that lies", member("poses", header((4, 66)) + b"\0" * 100), "plain arrays"),
    ("a size of exabytes", member("poses", header((2**60, 66))), "plain arrays|memory"),
    ("a size that overflows", member("poses", header((2**63, 2**63))), "plain arrays|memory"),
    ("a negative size", member("poses", header((-4, 66)) + b"\0" * 2112), "plain arrays"),
    ("a header that is code", member("poses", b"\x93NUMPY\x01\x00\x20\x00{'descr': __import__('this')}  \n"), "plain"),
    ("a long header", member("poses", b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + b" " * 1000), "plain arrays"),
    ("no array", member("poses", b"just some bytes"), "no array|plain arrays"),
    ("cut off", npz()[:-200], "plain arrays"),
    ("no zip", b"PK\x03\x04" + bytes(100), "plain arrays"),
    ("empty", b"", "plain arrays"),
    ("words", b"hello", "plain arrays"),
]
READERS: dict[str, Read] = {"bvh": read_bvh, "json": read_deepmimic, "npz": read_smpl}
CASES = [
    *(pytest.param("bvh", content, reason, line, id=f"bvh: {name}") for name, content, reason, line in BVH_FILES),
    *(
        pytest.param("json", content, reason, None, id=f"deepmimic: {name}")
        for name, content, reason in DEEPMIMIC_FILES
    ),
    *(pytest.param("npz", content, reason, None, id=f"npz: {name}") for name, content, reason in NPZ_FILES),
]


@pytest.mark.parametrize(("suffix", "content", "reason", "line"), CASES)
def test_each_file_works_or_says_why(
    tmp_path: Path, suffix: str, content: str | bytes, reason: str | None, line: int | None
) -> None:
    path = tmp_path / f"clip.{suffix}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = outcome(READERS[suffix], path)
    if reason is WORKS:
        assert isinstance(found, Clip), found
        return
    assert isinstance(found, BadClip), f"{found} was read"
    assert any(words in found.reason for words in reason.split("|")), found.reason
    if suffix == "bvh":
        assert found.line == line


@pytest.mark.parametrize("suffix", READERS)
def test_folders_and_missing_files(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"folder.{suffix}").mkdir()
    for name in ("folder", "none"):
        found = outcome(READERS[suffix], tmp_path / f"{name}.{suffix}")
        assert isinstance(found, BadClip) and "cannot be read" in found.reason


# ── Large ones ────────────────────────────────────────────────────────────────────────────────────────────


def limited(code: str, path: Path, megabytes: int) -> str:
    """What `code` prints, in a process that may take so much memory and half a minute."""
    script = f"import sys\nfrom pathlib import Path\npath = Path(sys.argv[1])\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=30,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20)),
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


READ = """
from motion_engine.errors import BadClip
from motion_engine.formats.{module} import {read}
try:
    print(len({read}(path)))
except BadClip as error:
    print(error)
"""


@pytest.mark.parametrize(("end", "answer"), [("", "500000"), ("x\n", "line 500019: 'x' is not a number")])
def test_half_a_million_frames(tmp_path: Path, end: str, answer: str) -> None:
    path = tmp_path / "long.bvh"
    head = changed("Frames: 3", "Frames: 500000", BVH[: BVH.index("0 90 0 10")])
    path.write_text(head + "0 90 0.5 10 20 30 1 2 3\n" * 500_000 + end, encoding="utf-8")
    assert answer in limited(READ.format(module="bvh", read="read_bvh"), path, 2000)


def test_a_zip_bomb(tmp_path: Path) -> None:
    """Half a gigabyte of zeros in two megabytes."""
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file, file.open("poses.npy", "w") as part:
        part.write(header((1 << 20, 64)))
        zeros = bytes(1 << 22)
        for _ in range(128):
            part.write(zeros)
    assert "allowed" in limited(READ.format(module="smpl", read="read_smpl"), path, 700)
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02")
    data[place + 24 : place + 28] = (4096).to_bytes(4, "little")  # the directory of the file says: 4 kB
    path.write_bytes(data)
    assert "plain arrays" in limited(READ.format(module="smpl", read="read_smpl"), path, 700)


def test_a_chain_of_ten_thousand_joints(tmp_path: Path) -> None:
    count = 10_000
    joint = "{name} j{i}\n{{\nOFFSET 0 1 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n"
    text = "HIERARCHY\n" + "".join(joint.format(name="JOINT" if i else "ROOT", i=i) for i in range(count))
    text += "}\n" * count + "MOTION\nFrames: 2\nFrame Time: 0.1\n" + ("1 " * 3 * count + "\n") * 2
    path = tmp_path / "chain.bvh"
    path.write_text(text, encoding="utf-8")
    clip = read_bvh(path)
    assert clip.skeleton.parents == tuple(range(-1, count - 1))
    write_bvh(tmp_path / "back.bvh", clip)
    assert read_bvh(tmp_path / "back.bvh").skeleton.names == clip.skeleton.names
    write_glb(tmp_path / "chain.glb", clip)
    assert fk(clip.skeleton, clip.root_position, clip.rotation)[0].shape == (2, count, 3)
    with pytest.raises(BadClip, match="not a humanoid"):
        retarget(clip)


# ── Skeletons that are no body ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("legs", [0, 1, 4, 8])
def test_other_creatures_are_refused(tmp_path: Path, legs: int) -> None:
    limb = "JOINT leg{i}\n{{\nOFFSET {i} -1 0\nCHANNELS 1 Xrotation\nEnd Site\n{{\nOFFSET 0 -1 0\n}}\n}}\n"
    text = "HIERARCHY\nROOT body\n{\nOFFSET 0 1 0\nCHANNELS 1 Xrotation\n"
    text += "".join(limb.format(i=i) for i in range(legs)) + "}\n"
    text += "MOTION\nFrames: 1\nFrame Time: 0.1\n" + "0 " * (1 + legs)
    path = tmp_path / "creature.bvh"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadClip, match="not a humanoid"):
        retarget(read_bvh(path))


def test_a_body_without_size_is_refused(tmp_path: Path) -> None:
    write_bvh(tmp_path / "body.bvh", humanoid())
    lines = (tmp_path / "body.bvh").read_text(encoding="utf-8").splitlines()
    flat = ["OFFSET 0 0 0" if "OFFSET" in line else line for line in lines]
    (tmp_path / "flat.bvh").write_text("\n".join(flat), encoding="utf-8")
    with pytest.raises(BadClip):
        retarget(read_bvh(tmp_path / "flat.bvh"))


# ── Files with random damage ──────────────────────────────────────────────────────────────────────────────

TOKENS = (
    *("nan", "inf", "-inf", "1e999", "1e308", "-1e300", "1e-320", "0", "-1", "99999999999999999999", "0x10", "1_0"),
    *("{", "}", "[", "]", '"', ",", ":", "\0", "\x1a", "\r", "\t", "\u00b2", "\u0663", "\ufeff", "e5", "1.2.3", "--1"),
    *("HIERARCHY", "ROOT", "JOINT", "End Site", "OFFSET", "CHANNELS", "MOTION", "Frames:", "Frame Time:", "null"),
)


def damage(draw: Callable[..., Any], content: bytes) -> bytes:
    """A few bytes or words of `content` changed, moved, doubled or lost."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, max(len(content) - 1, 0)))
        end = min(len(content), start + draw(st.integers(0, 12) | st.integers(0, len(content))))
        kind = draw(st.sampled_from(("byte", "word", "word", "word", "lose", "double", "cut")))
        if kind == "byte":
            content = content[:start] + bytes([draw(st.integers(0, 255))]) + content[start + 1 :]
        elif kind == "word":
            left = max(content.rfind(mark, 0, start) for mark in (b" ", b"\n", b",", b"\t")) + 1
            right = min((at for mark in (b" ", b"\n", b",") if (at := content.find(mark, start)) >= 0), default=start)
            content = content[:left] + draw(st.sampled_from(TOKENS)).encode() + content[max(left, right) :]
        elif kind == "lose":
            content = content[:start] + content[end:]
        elif kind == "double":
            content = content[:end] + content[start:end] + content[end:]
        else:
            content = content[:start]
    return content


def sound(suffix: str, folder: Path) -> list[bytes]:
    """Small files of a kind that are read."""
    if suffix == "bvh":
        write_bvh(folder / "body.bvh", humanoid(2))
        return [BVH.encode(), (folder / "body.bvh").read_bytes()]
    if suffix == "json":
        return [deepmimic(*GOOD).encode()]
    write_smpl(folder / "body.npz", humanoid(2))
    return [npz(), (folder / "body.npz").read_bytes()]


@pytest.mark.parametrize("suffix", READERS)
@settings(derandomize=True, max_examples=400, deadline=None)
@given(data=st.data())
def test_damaged_files(tmp_path_factory: pytest.TempPathFactory, suffix: str, data: st.DataObject) -> None:
    folder = tmp_path_factory.getbasetemp() / "damaged"
    folder.mkdir(exist_ok=True)
    content = data.draw(st.sampled_from(sound(suffix, folder)))
    path = folder / f"clip.{suffix}"
    path.write_bytes(damage(data.draw, content))
    found = outcome(READERS[suffix], path)
    if isinstance(found, Clip):
        try:
            clip = retarget(found)
        except BadClip:
            return
        assert np.isfinite(clip.root_position).all() and np.isfinite(clip.rotation).all()
