from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from action_library import starter
from action_library.action import new_action
from action_library.ingest import document
from action_library.library import Library
from action_library.search import Filter
from action_library.sequence import Call, Sequence
from action_library.stores import default_path, open_store
from motion_engine.errors import BadClip, BadCommand, LibraryUnavailable, UnknownAction
from motion_engine.types import Clip

ROOT = Path(__file__).parents[2]


@pytest.fixture
def small_starter(monkeypatch: pytest.MonkeyPatch, make: Any) -> list[str]:
    """A starter library of three made-up actions in two units; returns the units that were asked for."""
    asked: list[str] = []
    clips = {"wave": make.clip(30, arm=1.0), "walk": make.clip(40, speed=1.2), "run": make.clip(20, speed=3.0)}
    units = {"a": ("wave",), "b": ("walk", "run")}

    def made(names: set[str], progress: Any = None) -> starter.Starter:
        asked.extend(names)
        wanted = [name for unit in names for name in units[unit]]
        for done, name in enumerate(wanted):
            if progress:
                progress(done, len(wanted), name)
        actions = tuple((document(clips[n], name=n, aliases={"en": [f"{n} about"]}), clips[n]) for n in wanted)
        return starter.Starter(actions, tuple(names), ())

    monkeypatch.setattr(starter, "missing_units", lambda delivered: [u for u in units if u not in delivered])
    monkeypatch.setattr(starter, "notes", lambda delivered: [])
    monkeypatch.setattr(starter, "make", made)
    return asked


@pytest.fixture
def library(tmp_path: Path, small_starter: list[str]) -> Iterator[Library]:
    opened = Library.open(tmp_path / "library.sqlite")
    yield opened
    opened.close()


def test_an_empty_library_fills_itself_once(tmp_path: Path, small_starter: list[str]) -> None:
    steps: list[tuple[int, int, str]] = []
    library = Library.open(tmp_path / "l.sqlite", progress=lambda *step: steps.append(step))
    assert [action.name for action in library.actions()] == ["run", "walk", "wave"]
    assert [name for _, _, name in steps] == ["wave", "walk", "run"]
    library.remove("wave")
    library.close()
    again = Library.open(tmp_path / "l.sqlite")
    assert sorted(again.infos()) == ["run", "walk"]
    assert small_starter == ["a", "b"]
    again.close()


def test_what_the_starter_library_gets_later_is_added(library: Library, small_starter: list[str]) -> None:
    library.remove("wave")
    assert library.store.put_new([], "starter", "a\nb", "a") == ()
    library.remove("run")
    later = Library.open(library.url)
    assert sorted(later.infos()) == ["run", "walk"]
    assert small_starter == ["a", "b", "b"]
    later.close()


def test_the_default_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_starter: list[str]) -> None:
    assert default_path() == tmp_path / "home" / "motion-engine" / "library.sqlite"
    library = Library.open()
    assert Path(library.url) == default_path()
    library.close()
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert default_path() == Path.home() / ".local/share/motion-engine/library.sqlite"
    monkeypatch.setenv("MOTION_LIBRARY", str(tmp_path / "set.sqlite"))
    assert open_store(None).url == str(tmp_path / "set.sqlite")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mongodb://", "not an address of MongoDB"),
        ("mongodb://me:secret@localhost:1/x?serverSelectionTimeoutMS=50", "MongoDB does not answer"),
        ("postgres://x", "not a library: name a file"),
        ("sqlite://", "not a library"),
        ("sqlite:///", "not a library"),
    ],
)
def test_urls_that_name_no_library(url: str, words: str) -> None:
    with pytest.raises(LibraryUnavailable, match=words) as caught:
        Library.open(url)
    assert "secret" not in str(caught.value)


def test_urls_of_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_store("sqlite:///l.sqlite").url == str(tmp_path / "l.sqlite")
    assert open_store(f"sqlite:///{tmp_path}/m.sqlite").url == str(tmp_path / "m.sqlite")
    assert open_store(str(tmp_path / "深 层" / "n.sqlite")).url == str(tmp_path / "深 层" / "n.sqlite")


def test_actions_come_back_as_they_went_in(library: Library, make: Any) -> None:
    clip = make.clip(45, arm=0.7, sway=0.2)
    action = document(
        clip, name="挥手", description="Waving", aliases={"zh": ["打招呼"]}, side="right", mask="right_arm"
    )
    stored = library.add(action, clip)
    got = library.get("挥手")
    assert got == stored
    assert (got.frames, got.fps, got.duration) == (45, 30.0, 1.5)
    assert len(got.track) == 64
    assert np.allclose(library.clip("挥手").rotation, clip.rotation, atol=1e-4)
    assert library.clip("挥手") is library.clip("挥手")
    assert library.infos()["挥手"].side == "right"


def test_names_may_be_written_in_any_way(library: Library, make: Any) -> None:
    clip = make.clip(30)
    library.add(document(clip, name="front_kick"), clip)
    assert library.get("Front Kick").name == "front_kick"
    library.remove("FRONT-KICK")
    assert "front_kick" not in library.infos()


def test_adding_twice_needs_replace(library: Library, make: Any) -> None:
    clip, other = make.clip(30), make.clip(60)
    library.add(document(clip, name="pose"), clip)
    with pytest.raises(BadClip, match="an action pose already"):
        library.add(document(other, name="pose"), other)
    assert len(library.clip("pose")) == 30
    library.add(document(other, name="pose"), other, replace=True)
    assert len(library.clip("pose")) == 60
    assert library.get("pose").frames == 60


def test_clips_of_other_skeletons_are_not_stored(library: Library, make: Any) -> None:
    clip: Clip = make.clip(30)
    skeleton = replace(clip.skeleton, names=tuple(f"{name}_x" for name in clip.skeleton.names))
    with pytest.raises(BadClip, match="canonical"):
        library.add(new_action(name="odd", duration=1, fps=30, frames=30), replace(clip, skeleton=skeleton))
    assert "odd" not in library.infos()


def test_unknown_names_get_the_nearest(library: Library) -> None:
    for name in ("wlak", "walk abuot"):
        with pytest.raises(UnknownAction) as caught:
            library.get(name)
        assert caught.value.nearest[0][0] == "walk"
        assert 0.5 < caught.value.nearest[0][1] < 1.0
    for name in ("", "!!", "x" * 10_000, "qqqq"):
        with pytest.raises(UnknownAction):
            library.clip(name)
    with pytest.raises(UnknownAction):
        library.remove("wlak")


def test_search_finds_words_of_both_languages(library: Library, make: Any) -> None:
    clip = make.clip(30)
    library.add(document(clip, name="backflip", aliases={"zh": ["后空翻"], "en": ["back flip"]}), clip)
    assert [action.name for action in library.search("空翻")] == ["backflip"]
    assert [action.name for action in library.search("walk about")] == ["walk", "run", "wave"]
    assert library.search("nothing") == []


def test_a_damaged_track_is_told_and_repaired_by_adding_again(library: Library, make: Any) -> None:
    with sqlite3.connect(library.url) as db:
        db.execute("UPDATE tracks SET data = zeroblob(2000) WHERE sha256 = ?", (library.get("walk").track,))
    db.close()
    with pytest.raises(LibraryUnavailable, match=r"the action walk is damaged: .*sha256.*motion library remove walk"):
        library.clip("walk")
    assert len(library.clip("run")) == 20
    clip = make.clip(40, speed=1.2)
    with pytest.raises(BadClip):
        library.add(document(clip, name="walk"), clip)
    library.add(document(clip, name="walk"), clip, replace=True)
    assert len(library.clip("walk")) == 40


def test_a_damaged_document_is_told(library: Library) -> None:
    with sqlite3.connect(library.url) as db:
        db.execute("UPDATE documents SET document = '{\"name\": 1}' WHERE name = 'walk'")
    db.close()
    with pytest.raises(LibraryUnavailable, match="document of walk is damaged"):
        library.actions()


def test_vectors_are_kept(library: Library) -> None:
    vector = np.linspace(-1, 1, 384)
    assert library.vectors.get("model\nwave") is None
    library.vectors.put("model\nwave", vector)
    other = Library.open(library.url)
    found = other.vectors.get("model\nwave")
    assert found is not None
    assert found.dtype == np.float32
    assert np.allclose(found, vector, atol=1e-6)
    other.close()


def test_a_vector_cache_that_cannot_be_written_does_not_matter(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library.store._file, "writable", False)  # type: ignore[attr-defined]
    library.vectors.put("key", np.zeros(3))
    assert library.vectors.get("key") is None


def test_an_empty_library_that_cannot_be_written_is_told(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library.store._file, "writable", False)  # type: ignore[attr-defined]
    monkeypatch.setattr(library.store, "mark", lambda key: None)
    with pytest.raises(LibraryUnavailable, match="empty and read-only"):
        library._fill(None)


def test_threads_share_a_library(library: Library, make: Any) -> None:
    clip, failed = make.clip(30, sway=0.1), []

    def work(number: int) -> None:
        try:
            for i in range(6):
                library.add(document(clip, name=f"t{number}_{i}"), clip)
                assert len(library.clip(f"t{number}_{i}")) == 30
                library.vectors.put(f"{number}", np.full(4, i))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(library.actions()) == 3 + 48


# ── The real starter library, in processes of its own ─────────────────────────────────────────────────────

OPEN = """
import sys
from action_library.library import Library
from action_library.search import Filter
from action_library.sequence import Call, Sequence
library = Library.open(sys.argv[1], progress=lambda *step: print(*step, flush=True))
print("actions", len(library.actions()), flush=True)
"""


def opening(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", OPEN, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_killed_while_filling_and_opened_by_two_at_once(tmp_path: Path) -> None:
    path = tmp_path / "killed.sqlite"
    for steps in (1, 12):
        process = opening(path)
        assert process.stdout
        for _ in range(steps):
            process.stdout.readline()
        time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert open_store(path).all("action") == []
    both = [opening(path), opening(path)]
    said = [process.communicate(timeout=120)[0].strip().splitlines()[-1] for process in both]
    assert said[0] == said[1] == f"actions {len(starter.mocap_entries()) + len(starter.scripts())}"
    assert len(open_store(path).all("action")) == int(said[0].split()[1])


# ── Versions, sequences ───────────────────────────────────────────────────────────────────────────────────


def saved(name: str, *names: str) -> Sequence:
    return Sequence(name=name, steps=tuple((Call(action=other),) for other in names))


def test_what_is_edited_can_be_restored(library: Library) -> None:
    row = library.edit("wave", description="Waving wildly", tags=("wild",))
    assert (row.version, library.get("wave").description) == (2, "Waving wildly")
    assert [action.name for action in library.search("wildly")] == ["wave"]
    assert library.restore("wave").version == 3
    assert library.get("wave").description == ""
    library.restore("wave", 2)
    assert library.get("wave").tags == ("wild",)
    with pytest.raises(UnknownAction, match="version 9; there are the versions 3, 2, 1"):
        library.restore("wave", 9)
    with pytest.raises(UnknownAction):
        library.restore("flurb")
    assert len(library.clip("wave")) == 30


def test_two_who_edit_at_once_do_not_overwrite_each_other(library: Library) -> None:
    before = library.row("wave").revision
    library.edit("wave", expect=before, description="first")
    with pytest.raises(BadClip, match="changed by somebody else meanwhile"):
        library.edit("wave", expect=before, description="second")
    with pytest.raises(BadClip, match="changed or removed by somebody else"):
        library.remove("wave", expect=before)
    assert library.get("wave").description == "first"
    library.edit("wave", tags=("one",))  # whichever it is now
    assert (library.get("wave").description, library.get("wave").tags) == ("first", ("one",))


def test_wrong_edits_change_nothing(library: Library) -> None:
    before = library.row("wave")
    for changes, words in (
        ({"description": "x" * 501}, "description"),
        ({"nonsense": 1}, "nonsense"),
        ({"name": "Wave!"}, "must be written 'wave'"),
        ({"name": "run"}, "an action run already"),
    ):
        with pytest.raises(BadClip, match=words):
            library.edit("wave", **changes)
    assert library.row("wave") == before
    with pytest.raises(UnknownAction):
        library.edit("flurb", tags=())


def test_an_action_gets_another_name(library: Library) -> None:
    library.edit("wave", name="hello_there")
    assert sorted(library.infos()) == ["hello_there", "run", "walk"]
    assert len(library.clip("hello_there")) == 30
    assert [row.entry.name for row in library.store.bin()] == ["wave"]


def test_sequences_are_kept_with_their_versions(library: Library) -> None:
    first = library.save(saved("greeting", "wave", "walk"))
    library.save(saved("greeting", "walk", "wave"))
    assert library.sequence("Greeting").uses() == ("walk", "wave")
    library.restore("greeting", 1)
    assert library.sequence("greeting").uses() == ("wave", "walk")
    assert library.save(saved("show", "greeting", "run", "greeting")).version == 1
    with pytest.raises(BadClip, match="changed by somebody else"):
        library.save(saved("greeting", "run"), expect=first.revision)
    assert sorted(library.sequences()) == ["greeting", "show"]
    assert sorted(library.infos()) == ["run", "walk", "wave"]


def test_sequences_that_cannot_be_are_refused(library: Library) -> None:
    library.save(saved("greeting", "wave"))
    library.save(saved("show", "greeting"))
    with pytest.raises(BadCommand, match="greeting cannot contain itself"):
        library.save(saved("greeting", "show"))
    with pytest.raises(UnknownAction):
        library.save(saved("other", "flurb"))
    with pytest.raises(BadClip, match="run is an action already"):
        library.save(saved("run", "walk"))
    with pytest.raises(BadClip, match="wave is used by greeting"):
        library.remove("wave")
    with pytest.raises(BadClip, match="greeting is used by show"):
        library.remove("greeting")
    with pytest.raises(BadClip, match="wave is used by greeting"):
        library.edit("wave", name="hello")
    with pytest.raises(UnknownAction):
        library.get("greeting")
    with pytest.raises(UnknownAction):
        library.sequence("walk")
    library.remove("show")
    library.remove("greeting")
    library.remove("wave")
    assert library.sequences() == {}


def test_a_library_of_another_index_is_indexed_anew(library: Library) -> None:
    row = library.row("wave")
    library.store.reindex([replace(row.entry, words=frozenset(), facets=frozenset())])
    library.store.set_mark("index", "0")
    again = Library.open(library.url)
    assert [action.name for action in again.search("wave")] == ["wave"]
    assert len(again.index.page(Filter()).rows) == 3
    again.close()
