"""Tables that lie beside motion files: rows with their lines, and those that the known collections bring along."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from motion_engine.errors import BadClip

LARGEST = 64 * 1024 * 1024  # bytes
INDEX, CUTS = "cmu-mocap-index-text", "Frame_Cuts.csv"  # as their collections call them
_NEXT = re.compile(r"[\s,:]*")


@dataclass(frozen=True)
class Tables:
    """What the tables of a collection say, as far as the user's copy has them."""

    descriptions: Mapping[str, str] = field(default_factory=dict)  # CMU: of 01_01
    subjects: Mapping[str, str] = field(default_factory=dict)  # CMU: of 01
    cuts: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # 100STYLE: of aeroplane_fw, as `crop_frames`


def find_tables(folder: Path, collection: str | None) -> Tables:
    """The tables of the user's own copy of a collection, in `folder` or in a folder of it; empty if there is none.

    Raises:
        BadClip: A table cannot be read; with its path and line.
    """
    names = {"cmu": (f"{INDEX}.txt", f"{INDEX}.csv"), "100style": (CUTS,)}.get(collection or "", ())
    for path in (found for name in names for found in (folder / name, *sorted(folder.glob(f"*/{name}")))):
        if path.is_file():
            return read_table(path)
    return Tables()


def read_table(path: Path) -> Tables:
    """The cuts of 100STYLE from a file of that name; else CMU's index: lines of `01_01`, tab (.csv: comma) and words.

    Raises:
        BadClip: The table cannot be read, or a cut is wrong; with its path and line.
    """
    if path.name.casefold() == CUTS.casefold():
        return _cuts(read_text(path), path)
    text = read_text(path, errors="replace")  # a description with a strange character is better than none
    lines = text.split("\n")
    return _index(csv.reader(lines) if path.suffix.lower() == ".csv" else (line.split("\t") for line in lines), path)


def read_text(path: Path, errors: str = "strict") -> str:
    """The text of a UTF-8 file, with or without a byte order mark; BadClip if it is none or too large."""
    try:
        if path.stat().st_size > LARGEST:
            raise BadClip(f"has more than {LARGEST >> 20} MB: split it", path=path)
        return path.read_bytes().decode("utf-8-sig", errors)
    except OSError as error:
        raise BadClip(f"cannot be read: {error.strerror or error}", path=path) from None
    except UnicodeDecodeError as error:
        raise BadClip(f"is not UTF-8 at byte {error.start}: save it as UTF-8", path=path) from None


def csv_rows(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line and cells by column of each row that is not empty; the separator is the one that the header has most of."""
    first = text.lstrip().partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    header: list[str] = []
    line = 1
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if any(cells[len(header) :]) and header:
                reason = f"has {len(cells)} cells, the header {len(header)}: put a cell with a separator in quotes"
                raise BadClip(reason, path=path, line=line)
            if any(cells) and header:
                yield line, dict(zip(header, cells, strict=False))
            header = header or (cells if any(cells) else [])
            line = rows.line_num + 1
    except csv.Error as error:
        raise BadClip(f"is not CSV ({error}): check its quotes", path=path, line=rows.line_num) from None


def json_rows(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line and object of each element; of an object of objects, its key is the column `file`."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadClip(f"is not JSON ({error}): correct it", path=path, line=getattr(error, "lineno", None)) from None
    if not isinstance(content, list | dict):
        raise BadClip("holds no rows: write a list of objects, or an object of objects by file", path=path)
    decode, at, line = json.JSONDecoder().raw_decode, text.index("[" if isinstance(content, list) else "{") + 1, 1
    seen, file = 0, {}
    while text[at := _NEXT.match(text, at).end()] not in "]}":  # type: ignore[union-attr]  # it matches ""
        line, seen = line + text.count("\n", seen, at), at
        if isinstance(content, dict):
            key, at = decode(text, at)
            file, at = {"file": key}, _NEXT.match(text, at).end()  # type: ignore[union-attr]
        value, at = decode(text, at)
        if not isinstance(value, dict):
            raise BadClip("is no object: write the columns as its names", path=path, line=line)
        yield line, value | file


def _index(rows: Iterator[list[str]], path: Path) -> Tables:
    """Headings `Subject #1 (words)` and rows of a motion's number and words; all else is commentary."""
    descriptions, subjects = {}, {}
    try:
        for row in rows:
            first, words = (cell.strip().strip("\"'\u201c\u201d") for cell in (*row, "", "")[:2])
            if heading := re.match(r"Subject #(\d{1,3}) \((.*)\)", first):
                subjects[f"{int(heading[1]):02d}"] = heading[2]
            elif (motion := re.fullmatch(r"(\d{1,3})_(\d{1,3})", first)) and words not in {"", "Unknown"}:
                descriptions[f"{int(motion[1]):02d}_{int(motion[2]):02d}"] = words
    except csv.Error as error:
        raise BadClip(f"is not CSV ({error}): take the collection's own file", path=path) from None
    return Tables(descriptions=descriptions, subjects=subjects)


def _cuts(text: str, path: Path) -> Tables:
    """STYLE_NAME, then BR_START, BR_STOP and so on; N/A where a style has no such file."""
    cuts = {}
    for line, cells in csv_rows(text, path):
        for kind in (name.removesuffix("_START") for name in cells if name.endswith("_START")):
            start, stop = (cells.get(f"{kind}_{end}", "") for end in ("START", "STOP"))
            if "N/A" in (start, stop) or not (start or stop):
                continue
            if not (start.isdecimal() and stop.isdecimal() and int(start) < int(stop)):
                reason = f"{kind}: frames {start!r} to {stop!r} are no cut: correct them, or write N/A"
                raise BadClip(reason, path=path, line=line)
            cuts[f"{cells.get('STYLE_NAME', '')}_{kind}".casefold()] = (int(start), int(stop))
    return Tables(cuts=cuts)
