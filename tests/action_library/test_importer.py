"""Importing many files: what becomes of each, whatever happens in between."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from action_library.importer import MARK, Options, import_files
from action_library.library import Library
from action_library.search import MOTION, Filter
from action_library.stores import open_store
from action_library.upkeep import check
from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.formats.bvh import write_bvh
from motion_engine.formats.smpl import write_smpl
from motion_engine.types import Clip

ROOT = Path(__file__).parents[2]
ALONE = Options(jobs=1)


@pytest.fixture
def library(store_url: str) -> Iterator[Library]:
    opened = Library(open_store(store_url))
    yield opened
    opened.close()


def swinging(make: Any, frames: int, arm: float) -> Clip:
    """Somebody who swings the right arm, each a little differently."""
    clip: Clip = make.clip(frames)
    rotation = clip.rotation.copy()
    angle = arm + 0.6 * np.sin(2 * np.pi * np.arange(frames) / frames)
    rotation[:, clip.skeleton.index("right_shoulder")] = quat.from_axis_angle("z", angle)
    return Clip(clip.skeleton, clip.fps, clip.root_position, rotation, clip.contacts)


@pytest.fixture
def folder(tmp_path: Path, make: Any) -> Path:
    """Six motions in folders, a copy of one under another name and in another format, and what is no motion."""
    top = tmp_path / "mocap"
    (top / "gestures").mkdir(parents=True)
    for number in range(4):
        write_bvh(top / "gestures" / f"ArmSwing_{number:02}.bvh", swinging(make, 60 + number, 0.2 * number))
    write_smpl(top / "stretch.npz", swinging(make, 90, -0.5))
    script = "name: lean\ndescription: Leaning\nsource: me\nlicence: CC0\nkeys:\n  - {t: 0, pose: stand}\n"
    (top / "lean.yaml").write_text(script + "  - {t: 0.5, spine: [20, 0, 0]}\n  - {t: 1, pose: stand}\n")
    shutil.copy(top / "gestures" / "ArmSwing_00.bvh", top / "same.bvh")
    (top / "broken.bvh").write_text("HIERARCHY\nROOT Hips\n{")
    (top / "README.txt").write_text("Motions of mine.")
    (top / "package.json").write_text("{}")
    np.savez(top / "shape.npz", betas=np.zeros(10))
    (top / "notes.md").write_text("x")
    return top


def test_a_folder_with_all_sorts_of_files(library: Library, folder: Path) -> None:
    steps: list[tuple[float, str, Counter[str]]] = []
    report = import_files(library, [folder], Options(tags=("mine",), licence="CC0"), lambda *step: steps.append(step))
    assert {name for name in report.names() if not name.startswith("arm_swing")} <= {"stretch", "lean", "same"}
    assert len(report.names()) == 6
    assert len(library.actions()) == 6
    (failed,) = report.of("failed")
    assert failed.label.endswith("broken.bvh")
    assert "line 3" in failed.reason
    (skipped,) = report.of("skipped")
    assert "imported before as" in skipped.reason or "the same motion" in skipped.reason
    assert steps[-1][2] == Counter(imported=6, failed=1, skipped=1)
    assert 0.0 <= min(share for share, _, _ in steps) <= max(share for share, _, _ in steps) <= 1.0
    assert report.motion == pytest.approx(sum(action.duration for action in library.actions()))
    action = library.get("arm_swing_02")
    assert (action.licence, action.side, action.mask) == ("CC0", "right", "right_arm")
    assert {"mine", "gestures", "right arm"} <= set(action.tags)
    assert "right_arm" in action.parts
    assert "arm" in action.description
    rows = library.index.page(Filter(parts=("right_arm",), tags=("gestures",))).rows
    assert len(rows) == len([name for name in report.names() if name.startswith("arm_swing")])
    assert check(library) == []


def test_again_it_imports_nothing(library: Library, folder: Path) -> None:
    first = import_files(library, [folder], ALONE)
    again = import_files(library, [folder], ALONE)
    assert again.names() == []
    assert len(again.of("skipped")) == 7
    assert len(library.actions()) == len(first.names())
    library.remove("stretch")
    gone = {one.label: one.reason for one in import_files(library, [folder / "stretch.npz"], ALONE).of("skipped")}
    assert "stretch was removed: motion library restore stretch" in next(iter(gone.values()))
    anew = import_files(library, [folder / "stretch.npz"], Options(jobs=1, again=True))
    assert anew.names() == ["stretch"]
    assert len(import_files(library, [folder / "stretch.npz"], Options(jobs=1, again=True)).of("skipped")) == 1


def test_names_that_are_taken_get_numbers(library: Library, folder: Path, make: Any, tmp_path: Path) -> None:
    for number in range(3):
        place = tmp_path / "takes" / str(number)
        place.mkdir(parents=True)
        write_bvh(place / "wave.bvh", swinging(make, 40 + number, 0.1))
    report = import_files(library, [tmp_path / "takes"], ALONE)
    assert sorted(report.names()) == ["wave", "wave_2", "wave_3"]


def test_archives_and_motion_vectors(library: Library, folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(folder.rglob("*.bvh")):
            file.write(path, path.relative_to(folder))
    report = import_files(library, [archive], Options())
    assert len(report.names()) == 4
    assert all("all.zip" in outcome.label for outcome in report.outcomes)
    for action in library.actions():
        assert library.store.vector(MOTION + action.track)
    near = library.like("arm_swing_01", 3)
    assert len(near.rows) == 3
    assert near.scores[0] > 0.5


def test_a_sidecar_says_more(library: Library, folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(
        "file,name,description,tags,licence,crop\n"
        "gestures/ArmSwing_01.bvh,Big Swing,Swinging,one|two,CC BY 4.0,0.5-1.5\n"
        "nothing.bvh,x,,,,\n",
        encoding="utf-8",
    )
    table.replace(folder / "actions.csv")  # where it is found by itself
    report = import_files(library, [folder], ALONE)
    action = library.get("big_swing")
    assert (action.description, action.licence, action.duration) == (
        "Swinging",
        "CC BY 4.0",
        pytest.approx(1.0, abs=0.04),
    )
    assert {"one", "two"} <= set(action.tags)
    assert any("no file fits 1 rows: nothing.bvh" in note for note in report.notes)


def test_long_recordings_are_cut_into_actions(library: Library, make: Any, tmp_path: Path) -> None:
    still, moving = make.clip(60), swinging(make, 60, 0.3)
    rotation = np.concatenate([still.rotation, moving.rotation, still.rotation, moving.rotation[::2], still.rotation])
    frames = len(rotation)
    root = np.tile(still.root_position[:1], (frames, 1))
    write_bvh(tmp_path / "long.bvh", Clip(still.skeleton, 30.0, root, rotation, np.ones((frames, 4), dtype=bool)))
    report = import_files(library, [tmp_path / "long.bvh"], Options(segment=True))
    assert report.names() == ["long_1", "long_2"]
    assert library.get("long_1").duration == pytest.approx(2.2, abs=0.5)
    again = import_files(library, [tmp_path / "long.bvh"], Options(segment=True))
    assert "imported before as long_1, long_2" in again.outcomes[0].reason
    write_bvh(tmp_path / "still.bvh", still)
    (failed,) = import_files(library, [tmp_path / "still.bvh"], Options(segment=True)).of("failed")
    assert "nothing moves in it" in failed.reason


def test_paths_that_are_not_there(library: Library, tmp_path: Path) -> None:
    with pytest.raises(BadClip, match="nowhere"):
        import_files(library, [tmp_path / "nowhere"])
    text = tmp_path / "text.bvh"
    text.write_text("x" * 100)
    report = import_files(library, [text])
    assert [outcome.state for outcome in report.outcomes] == ["failed"]


# ── Processes that end before their time ──────────────────────────────────────────────────────────────────

IMPORT = """
import sys
from pathlib import Path
from action_library.importer import Options, import_files
from action_library.library import Library
from action_library.stores import open_store
if __name__ == "__main__":
    library = Library(open_store(sys.argv[1]))
    tell = lambda share, label, counts: print(label, flush=True)
    report = import_files(library, [Path(sys.argv[2])], Options(jobs=int(sys.argv[3])), tell)
    print("END", report.interrupted, len(report.names()), flush=True)
"""


def start(store_url: str, folder: Path, jobs: int) -> subprocess.Popen[str]:
    script = folder.parent / "import.py"
    script.write_text(IMPORT)
    command = [sys.executable, str(script), store_url, str(folder), str(jobs)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )


@pytest.fixture
def many(tmp_path: Path, make: Any) -> Path:
    top = tmp_path / "many"
    top.mkdir()
    write_takes(top, make, range(30))
    return top


def write_takes(folder: Path, make: Any, numbers: range) -> None:
    for number in numbers:
        write_bvh(folder / f"take_{number:02}.bvh", swinging(make, 45, 0.05 * number))


def test_a_killed_import_loses_nothing_and_goes_on(store_url: str, many: Path) -> None:
    chance, told = random.Random(3), set[str]()
    for jobs in (1, 2, 1):
        process = start(store_url, many, jobs)
        assert process.stdout
        told.add(process.stdout.readline().strip())
        time.sleep(chance.uniform(0.0, 0.1))
        os.killpg(process.pid, signal.SIGKILL)
        told |= {line for line in process.communicate(timeout=30)[0].split("\n")[:-1] if line.endswith(".bvh")}
        library = Library(open_store(store_url))
        names = {action.name for action in library.actions()}
        assert {Path(label).stem for label in told if label} <= names
        assert all(library.clip(name) is not None for name in names)
        library.store.collect(0.0)
        assert library.store.track_keys() == {action.track for action in library.actions()}
        assert {name for value in library.store.marks(MARK).values() for name in value.split("\n")} <= names
        library.close()
    process = start(store_url, many, 1)
    assert "END False" in process.communicate(timeout=60)[0]
    library = Library(open_store(store_url))
    assert len(library.actions()) == 30
    assert check(library) == []
    library.close()


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_it_with_what_was_imported(tmp_path: Path, many: Path, make: Any, jobs: int) -> None:
    write_takes(many, make, range(30, 120))  # more than are imported before the signal arrives on a busy machine
    path = tmp_path / "library.sqlite"
    process = start(str(path), many, jobs)
    assert process.stdout
    process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    out, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    words = out.strip().split("\n")[-1].split()
    assert words[:2] == ["END", "True"]
    library = Library(open_store(path))
    assert len(library.actions()) == int(words[2]) < 120
    library.close()


def test_a_process_that_dies_is_told_and_the_rest_goes_on(
    tmp_path: Path, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The map of one file is a pipe that kills whoever reads it: no process can be asked to die more simply."""
    library = Library(open_store(tmp_path / "library.sqlite"))
    monkeypatch.setattr("action_library.importer.work", die_of_one)
    report = import_files(library, [many], Options(jobs=2))
    assert len(report.names()) == 29
    (failed,) = report.of("failed")
    assert failed.label.endswith("take_07.bvh")
    assert "the process that read it ended" in failed.reason
    library.close()


def die_of_one(job: Any) -> Any:
    from action_library.import_work import work

    if job.label.endswith("take_07.bvh"):
        os.kill(os.getpid(), signal.SIGKILL)
    return work(job)


def test_bandai_and_the_rest_of_the_captures_stand_on_their_feet(tmp_path: Path) -> None:
    shared = ROOT.parent / "shared" / "mocap"
    if not shared.is_dir():
        pytest.skip("needs ../shared/mocap")
    library = Library(open_store(tmp_path / "library.sqlite"))
    report = import_files(library, [shared], Options(collection="bandai"))
    assert report.of("failed") == []
    assert len(report.names()) == len(list(shared.rglob("*.bvh")))
    for action in library.actions():
        clip = library.clip(action.name)
        up = quat.rotate(clip.rotation[:, 0].astype(float), np.array([0.0, 1.0, 0.0]))[:, 1]
        assert np.median(up) > 0.8, f"{action.name} is upside down"
        assert 0.6 < np.median(clip.root_position[:, 1]) < 1.1, f"{action.name} is wrongly scaled"
        for side in ("left", "right"):
            if f"_{side}_hand" in action.name:
                assert action.side == side, f"{action.name} is mirrored"
    assert json.loads(library.row("bandai1_bow_angry_001").entry.document)["licence"] == "CC BY-NC 4.0"
    library.close()
