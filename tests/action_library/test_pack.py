"""Motion packs: there and back, and files that are none."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from action_library.ingest import document
from action_library.library import Library
from action_library.pack import read_pack, write_pack
from action_library.sequence import Call, Sequence
from action_library.stores import open_store
from action_library.upkeep import check
from motion_engine.errors import BadClip, BadMedia, LimitExceeded, MotionError, UnknownAction


def sequence(name: str, *names: str) -> Sequence:
    return Sequence(name=name, steps=tuple((Call(action=other),) for other in names))


@pytest.fixture
def library(tmp_path: Path, make: Any) -> Iterator[Library]:
    opened = Library(open_store(tmp_path / "from.sqlite"))
    for number, name in enumerate(("walk", "wave", "挥手")):
        clip = make.clip(30 + number, arm=0.1 * number, sway=0.3, speed=1.0)
        opened.add(document(clip, name=name, licence="CC BY 4.0", side="right"), clip)
    opened.save(sequence("greeting", "wave", "挥手"))
    opened.save(sequence("show", "greeting", "walk", "greeting"))
    yield opened
    opened.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Library]:
    opened = Library(open_store(tmp_path / "to.sqlite"))
    yield opened
    opened.close()


def test_all_that_a_sequence_uses_comes_along(library: Library, other: Library, tmp_path: Path) -> None:
    path = tmp_path / "show.motionpack"
    assert sorted(d.name for d in write_pack(library, ["show"], path)) == ["greeting", "show", "walk", "wave", "挥手"]
    done = read_pack(other, path)
    assert {item.state for item in done} == {"added"}
    assert other.actions() == library.actions()
    assert other.sequences() == library.sequences()
    assert np.array_equal(other.clip("walk").rotation, library.clip("walk").rotation)
    assert np.array_equal(other.clip("walk").root_position, library.clip("walk").root_position)
    assert check(other) == []
    assert {item.state for item in read_pack(other, path)} == {"there"}
    with zipfile.ZipFile(path) as file:
        listed = json.loads(file.read("pack.json"))
        arrays = np.load(io.BytesIO(file.read(f"tracks/{library.get('walk').track}.npz")), allow_pickle=False)
    assert {action["licence"] for action in listed["actions"]} == {"CC BY 4.0"}
    assert arrays["rotation"].shape == (30, 52, 4)


def test_others_of_the_same_name_stay_unless_they_are_to_be_replaced(
    library: Library, other: Library, tmp_path: Path, make: Any
) -> None:
    path = tmp_path / "w.motionpack"
    write_pack(library, ["walk", "wave"], path)
    clip = make.clip(90)
    other.add(document(clip, name="walk"), clip)
    assert [(item.name, item.state) for item in read_pack(other, path)] == [("walk", "different"), ("wave", "added")]
    assert other.get("walk").frames == 90
    assert [item.state for item in read_pack(other, path, replace=True)] == ["replaced", "there"]
    assert other.get("walk") == library.get("walk")
    other.restore("walk")
    assert other.get("walk").frames == 90


def test_what_cannot_be_packed(library: Library, tmp_path: Path) -> None:
    with pytest.raises(UnknownAction):
        write_pack(library, ["walk", "wlak"], tmp_path / "x.motionpack")
    with pytest.raises(BadMedia, match="motionpack"):
        write_pack(library, ["walk"], tmp_path / "x.zip")
    with pytest.raises(BadClip, match="1 to 20000"):
        write_pack(library, [], tmp_path / "x.motionpack")
    assert list(tmp_path.glob("*.motionpack")) == []


Change = Callable[[dict[str, Any], dict[str, bytes]], object]


def rewritten(path: Path, change: Change) -> None:
    """The pack with its list and other members changed."""
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    listed = json.loads(members.pop("pack.json"))
    change(listed, members)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("pack.json", json.dumps(listed))
        for name, data in members.items():
            file.writestr(name, data)


def saved(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def each(members: dict[str, bytes], data: bytes) -> None:
    members.update(dict.fromkeys(members, data))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda listed, members: listed.update(format=2), "format"),
        (lambda listed, members: listed["actions"][0].update(name="../x"), "must be written"),
        (lambda listed, members: listed["actions"][0].update(more=1), "more"),
        (lambda listed, members: listed["actions"][0].update(track="../../etc/passwd"), "track"),
        (lambda listed, members: listed["actions"][0].update(frames=5), "must be <i4 of shape"),
        (lambda listed, members: listed["actions"][0].update(track="0" * 64), "is missing"),
        (lambda listed, members: members.clear(), "is missing"),
        (lambda listed, members: each(members, b"no npz"), "not an npz file"),
        (lambda listed, members: each(members, saved(fps=np.array([{}], dtype=object))), "npz"),
        (lambda listed, members: each(members, saved(fps=30.0)), "root_position must be"),
        (
            lambda listed, members: listed["sequences"][0].update(steps=[[{"action": "nothing"}]]),
            "neither here nor there",
        ),
        (lambda listed, members: listed["sequences"][0].update(steps=[[{"action": "show"}]]), "cannot contain itself"),
    ],
)
def test_bad_packs_add_nothing(library: Library, other: Library, tmp_path: Path, change: Change, words: str) -> None:
    path = tmp_path / "bad.motionpack"
    write_pack(library, ["show"], path)
    rewritten(path, change)
    with pytest.raises(BadClip, match=words) as caught:
        read_pack(other, path)
    assert "bad.motionpack" in str(caught.value)
    assert (other.actions(), other.sequences()) == ([], {})


def test_other_bytes_in_a_track_are_noticed(library: Library, other: Library, tmp_path: Path) -> None:
    path = tmp_path / "bad.motionpack"
    write_pack(library, ["walk"], path)

    def swapped(listed: dict[str, Any], members: dict[str, bytes]) -> None:
        for name, data in members.items():
            arrays = dict(np.load(io.BytesIO(data)))
            arrays["root_position"] = arrays["root_position"] + 1
            members[name] = saved(**arrays)

    rewritten(path, swapped)
    with pytest.raises(BadClip, match="wrong sha256"):
        read_pack(other, path)


def test_bombs_are_not_unpacked(library: Library, other: Library, tmp_path: Path) -> None:
    path = tmp_path / "bomb.motionpack"
    write_pack(library, ["walk"], path)
    rewritten(path, lambda listed, members: each(members, bytes(40 << 20)))
    with pytest.raises(LimitExceeded, match="unpacks to more than 24 MB"):
        read_pack(other, path)
    rewritten(path, lambda listed, members: each(members, saved(rotation=np.zeros((2, 2), dtype=np.int16))))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("pack.json", b"[" * (65 << 20))
    with pytest.raises(LimitExceeded, match="unpacks to more than 64 MB"):
        read_pack(other, path)


def test_garbled_packs_are_only_ever_refused(library: Library, other: Library, tmp_path: Path) -> None:
    path = tmp_path / "garbled.motionpack"
    write_pack(library, ["show"], path)
    whole = path.read_bytes()
    chance = np.random.default_rng(7)
    for _ in range(60):
        data = bytearray(whole)
        for place in chance.integers(0, len(data), 4):
            data[place] ^= int(chance.integers(1, 256))
        path.write_bytes(bytes(data[: int(chance.integers(1, len(data) + 1))] if chance.random() < 0.3 else data))
        with suppress(MotionError):
            read_pack(other, path)
    assert check(other) == []
    for text in (b"", b"x", b"PK"):
        path.write_bytes(text)
        with pytest.raises(BadClip, match="not a motion pack"):
            read_pack(other, path)
    with pytest.raises(BadClip, match="cannot be read"):
        read_pack(other, tmp_path / "none.motionpack")
