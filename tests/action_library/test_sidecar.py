"""Sidecars as people write them: every form of every cell, and every mistake with its line."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from action_library.sidecar import Row, Sidecar, read_sidecar, with_row
from action_library.titles import Title, title_of
from motion_engine.errors import BadClip


def sidecar(tmp_path: Path, text: str | bytes, name: str = "side.csv") -> Sidecar:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_sidecar(path)


def only(side: Sidecar) -> Row:
    (row,) = side.unused()
    return row


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("start", ["", "\ufeff", "\ufeff\r\n"])
def test_csv_of_any_habit(tmp_path: Path, separator: str, start: str) -> None:
    header = ["File", "Name ", "description", "tags", "aliases", "source", "License", "crop", "loop"]
    cells = [
        "a/b.bvh",
        "Front Kick!",
        '"a kick, high; hard"',
        '"leg|fight;fast"',
        "踢|boot",
        "me",
        "CC0",
        "1.5-4",
        "yes",
    ]
    row = only(sidecar(tmp_path, start + separator.join(header) + "\r\n\r\n" + separator.join(cells) + "\r\n"))
    assert row.name == "front_kick" and row.description == "a kick, high; hard"
    assert row.tags == ("leg", "fight", "fast") and row.aliases == {"en": ("boot",), "zh": ("踢",)}
    assert (row.source, row.licence, row.crop, row.loop) == ("me", "CC0", (1.5, 4.0), True)
    assert row.line == (4 if "\n" in start else 3)


@pytest.mark.parametrize(
    ("cell", "span"),
    [("1.5-4", (1.5, 4)), ("1,5 – 4", (1.5, 4)), ("2-", (2, None)), ([1.5, 4], (1.5, 4)), ([2, None], (2, None))],
)
def test_spans(tmp_path: Path, cell: Any, span: tuple[float, float | None]) -> None:
    assert only(sidecar(tmp_path, json.dumps([{"file": "a", "crop": cell}]), "s.json")).crop == span


def test_json_of_both_kinds(tmp_path: Path) -> None:
    rows = [
        {"file": "a.bvh", "tags": ["x", "y"], "aliases": {"en": ["go"], "zh": ["走"]}, "loop": [0.5, 2], "name": None},
        {"file": "b.bvh", "tags": "x;y", "aliases": ["go", "走"], "loop": False},
    ]
    listed = sidecar(tmp_path, json.dumps(rows, indent=1), "a.JSON").unused()
    mapped = {row.pop("file"): row for row in rows}
    keyed = sidecar(tmp_path, "\ufeff" + json.dumps(mapped, indent=1), "b.json").unused()
    for one, two in zip(listed, keyed, strict=True):
        assert one.model_dump(exclude={"line"}) == two.model_dump(exclude={"line"})
    assert [row.tags for row in listed] == [("x", "y")] * 2
    assert [row.aliases for row in listed] == [{"en": ("go",), "zh": ("走",)}] * 2
    assert [row.loop for row in listed] == [(0.5, 2.0), False]
    assert sidecar(tmp_path, "[]", "c.json").unused() == sidecar(tmp_path, "{}", "c.json").unused() == []


def test_rows_are_found_by_place_then_name_then_stem(tmp_path: Path) -> None:
    side = sidecar(
        tmp_path, "file,name\nwalk.bvh,by name\nwalk,by stem\n.\\a\\walk.bvh,by place\ncafé,accent\nx/y,none\n"
    )
    found = {}
    for place in ("a/walk.bvh", "b/walk.bvh", "b/walk.npz", "cafe\u0301.bvh", "other.bvh"):
        row = side.row(PurePosixPath(place))
        found[place] = row and row.name
    assert found == {
        "a/walk.bvh": "by_place",
        "b/walk.bvh": "by_name",
        "b/walk.npz": "by_stem",
        "cafe\u0301.bvh": "accent",
        "other.bvh": None,
    }
    assert [(row.file, row.line) for row in side.unused()] == [("x/y", 6)]


CSV = "file,name,tags,crop,loop\nok.bvh,fine,,,\n\n"
WRONG = {
    CSV + ",x,,,": "line 4: file is missing: write the file's place",
    CSV + "a,!!!,,,": "line 4: name '!!!': .*needs a letter or a digit.*: write a name",
    CSV + "a," + "x" * 65 + ",,,": "line 4: name .*64 are allowed",
    CSV + "a,b,,4-Jan,": "line 4: crop '4-Jan': .*: write seconds as START-END, such as 1.5-4",
    CSV + "a,b,,4-1.5,": "line 4: crop",
    CSV + "a,b,,true,": "line 4: crop",
    CSV + "a,b,,1-99999999,": "line 4: crop",
    CSV + "a,b,,,maybe": "line 4: loop 'maybe': .*or true or false",
    CSV + "a,b,,,3-": "line 4: loop",
    CSV + "a,b,,4-4,": "line 4: crop '4-4': it ends before it begins",
    CSV + "a,b," + "t" * 81 + ",,": "line 4: tags .*separated by",
    CSV + "a,b," + "|".join(map(str, range(65))) + ",,": "line 4: tags",
    CSV + "a,b,x,1-2,true,more": "line 4: has 6 cells, the header 5: put",
    CSV + "./ok.bvh,b,,,": "line 4: ./ok.bvh stands in line 2 already",
    CSV + 'a,"b,,,': "is not CSV",
    "file,licens\na,CC0": "line 2: there is no column 'licens'; known are file, name",
    "name\nx": "line 2: file is missing",
    b"file\n\xff\xfe": "is not UTF-8 at byte 5: save it as UTF-8",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_csv_says_where_and_what_to_do(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(BadClip, match=WRONG[text]) as error:
        sidecar(tmp_path, text)
    assert str(error.value).startswith(str(tmp_path / "side.csv"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"file": "a"},\n {"file": "b", "name": 3}]', "line 2: name '3'.*write a name"),
        ('{"a": {"name": "x"},\n\n "b": {"tags": [1]}}', "line 3: tags"),
        ('{"a": {},\n "a": {}}', "line 2: a stands in line 1 already"),
        ('{"a": {},\n "b": 3}', "line 2: is no object"),
        ('[{"file": "a", "crop": [NaN, 2]}]', "line 1: crop"),
        ('[{"file": "a", "crop": [1, Infinity]}]', "line 1: crop"),
        ('[{"file": "a", "crop": [true, 2]}]', "line 1: crop"),
        ('[{"file": "a", "aliases": {"fr": ["x"]}}]', "line 1: aliases"),
        ('[{"file": "\\ud800"}]', "line 1: file"),
        ('[{"file": "a"},\n}', "line 2: is not JSON"),
        ("3", "holds no rows"),
        ("[" * 100_000, "is not JSON"),
        ("", "is not JSON"),
    ],
)
def test_a_wrong_json_says_where_and_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadClip, match=said):
        sidecar(tmp_path, text, "s.json")


def test_a_missing_sidecar(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(BadClip, match="cannot be read"):
            read_sidecar(path)


@given(st.text(max_size=80), st.sampled_from(["s.csv", "s.json"]))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(f"file,name\n{text}".encode() if name == "s.csv" else f'[{{"file": {text}'.encode())
    try:
        rows = read_sidecar(path).unused()
    except BadClip as error:
        rows, refused = [], error.path
        assert refused == path
    assert all(row.file for row in rows)


def test_a_row_completes_a_title() -> None:
    title = title_of(PurePosixPath("01/01_01.bvh"), "cmu")
    assert with_row(title, None) is title
    row = Row(file="x", line=2, name="Swing Up", tags=("play",), crop=(1.0, None), loop=(0.5, 2.0), licence="mine")
    full = with_row(title, row)
    assert (full.name, full.licence, full.source) == ("swing_up", "mine", title.source)
    assert full.tags == ("play", "cmu") and full.aliases == {"en": ("swing up",)}
    assert full.crop == (1.0, None) and full.crop_frames is None and full.loop == (0.5, 2.0) and full.cyclic is None
    whole = with_row(
        Title("a", loop=(0.0, 1.0), aliases={"en": ("hi",)}), Row(file="x", line=1, loop=False, aliases=["hi", "嗨"])
    )
    assert whole.cyclic is False and whole.loop is None and whole.aliases == {"en": ("hi",), "zh": ("嗨",)}
    assert with_row(title, Row(file="x", line=1)).crop_frames == (1, None)
