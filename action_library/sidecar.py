"""A table beside motion files, CSV or JSON, that says what their names do not; its columns are the fields of `Row`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from action_library.action import LONGEST_DESCRIPTION, MOST_ALIASES, MOST_TAGS, Word, normal_name, sort_aliases
from action_library.tables import csv_rows, json_rows, read_text
from action_library.titles import Title, spoken, words_of
from motion_engine.errors import BadClip
from motion_engine.types import Language

_SPAN = re.compile(r"(\d+(?:[.,]\d+)?)\s*[-\u2013\u2014]\s*(\d+(?:[.,]\d+)?)?")
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


def _words(cell: Any) -> Any:
    return [word for part in re.split("[|;]", cell) if (word := part.strip())] if isinstance(cell, str) else cell


def _aliases(cell: Any) -> Any:
    words = _words(cell)
    return sort_aliases(words) if isinstance(words, list) and all(isinstance(word, str) for word in words) else words


def _name(cell: Any) -> Any:
    try:
        return normal_name(cell) if isinstance(cell, str) else cell
    except BadClip as error:
        raise ValueError(error.reason) from None


def _span(cell: Any) -> Any:
    if isinstance(cell, str) and (match := _SPAN.fullmatch(cell)):
        return tuple(float(part.replace(",", ".")) if part else None for part in match.groups())
    return _TRUTH.get(cell.casefold(), cell) if isinstance(cell, str) else cell


def _ordered(span: Any) -> Any:
    if isinstance(span, tuple) and span[1] is not None and span[0] >= span[1]:
        raise ValueError("it ends before it begins")
    return span


_HINTS = {
    "file": "the file's place, its name, or its name without suffix",
    "name": "a name of up to 64 characters",
    **dict.fromkeys(("description", "source", "licence"), "a sentence of up to 500 characters"),
    **dict.fromkeys(("tags", "aliases"), "words of up to 80 characters, separated by | or ;"),
    "crop": "seconds as START-END, such as 1.5-4",
    "loop": "seconds as START-END, such as 0.5-2, or true or false",
}
Text = Annotated[str, Field(max_length=LONGEST_DESCRIPTION)]
Seconds = Annotated[float, Field(strict=True, ge=0.0, le=86400.0)]
Crop = Annotated[tuple[Seconds, Seconds | None] | None, BeforeValidator(_span), AfterValidator(_ordered)]
Loop = Annotated[tuple[Seconds, Seconds] | bool | None, BeforeValidator(_span), AfterValidator(_ordered)]


class Row(BaseModel):
    """What one row states of the file that it names; what is "", empty or None is not stated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Annotated[str, Field(min_length=1, max_length=4096)]
    name: Annotated[str, BeforeValidator(_name)] = ""
    description: Text = ""
    tags: Annotated[tuple[Word, ...], BeforeValidator(_words), Field(max_length=MOST_TAGS)] = ()
    aliases: Annotated[dict[Language, tuple[Word, ...]], BeforeValidator(_aliases)] = {}
    source: Text = ""
    licence: Text = ""
    crop: Crop = None  # s of the file; "1.5-" is to its end
    loop: Loop = None  # s of the crop; true: the whole is one cycle
    line: int


class Sidecar:
    """The rows of a sidecar by the files that they name, and which of them matched none."""

    def __init__(self, path: Path, rows: Mapping[str, Row]) -> None:
        self.path, self._rows, self._used = path, rows, set[str]()

    def row(self, relative: PurePosixPath) -> Row | None:
        """The row of a file: by its place, else its name, each with or without suffix; None if there is none."""
        for place in (str(relative), str(relative.with_suffix("")), relative.name, relative.stem):
            if (key := _key(place)) in self._rows:
                self._used.add(key)
                return self._rows[key]
        return None

    def unused(self) -> list[Row]:
        """The rows that `row` has never returned, in the order of the file."""
        return [row for key, row in self._rows.items() if key not in self._used]


def read_sidecar(path: Path | str) -> Sidecar:
    """The rows of a .csv (UTF-8; comma, semicolon or tab) or .json (a list of objects, or objects by file).

    Raises:
        BadClip: The file or a cell cannot be used; with the path, the line and what to do.
    """
    path = Path(path)
    text = read_text(path)
    rows: dict[str, Row] = {}
    for line, cells in (json_rows if path.suffix.lower() == ".json" else csv_rows)(text, path):
        stated = {name.strip().casefold().replace("license", "licence"): cell for name, cell in cells.items()}
        try:
            row = Row(**{name: cell for name, cell in stated.items() if cell not in ("", None)} | {"line": line})
        except ValidationError as error:
            raise BadClip(_reason(error, stated), path=path, line=line) from None
        if (other := rows.setdefault(_key(row.file), row)) is not row:
            reason = f"{row.file} stands in line {other.line} already: remove one of the two"
            raise BadClip(reason, path=path, line=line)
    return Sidecar(path, rows)


def with_row(title: Title, row: Row | None) -> Title:
    """`title` with what `row` states: tags and aliases are put before the title's own, all else replaces them."""
    if row is None:
        return title
    fields = ("name", "description", "source", "licence", "crop")
    stated: dict[str, Any] = {name: value for name in fields if (value := getattr(row, name))}
    if row.crop:
        stated["crop_frames"] = None
    if row.loop is not None:
        whole = isinstance(row.loop, bool)
        stated |= {"cyclic": row.loop if whole else None, "loop": None if whole else row.loop}
    aliases: dict[str, tuple[str, ...]] = {}
    for own in (row.aliases, spoken(words_of(row.name)), title.aliases):
        for language, words in own.items():
            aliases[language] = tuple(dict.fromkeys([*aliases.get(language, ()), *words]))[:MOST_ALIASES]
    tags = tuple(dict.fromkeys([*row.tags, *title.tags]))[:MOST_TAGS]
    return replace(title, tags=tags, aliases=aliases, **stated)


# ── Inside ────────────────────────────────────────────────────────────────────────────────────────────────


def _key(place: str) -> str:
    """As a file is looked up: macOS writes an accent apart from its letter, Windows a backslash for a slash."""
    return str(PurePosixPath(unicodedata.normalize("NFC", place).replace("\\", "/")))


def _reason(error: ValidationError, cells: Mapping[str, Any]) -> str:
    problem = error.errors()[0]
    column = str(problem["loc"][0])
    if problem["type"] == "extra_forbidden":
        return f"there is no column {column!r}; known are {', '.join(_HINTS)}: rename or remove it"
    if problem["type"] == "missing":
        return f"{column} is missing: write {_HINTS[column]}"
    said = problem["msg"].removeprefix("Value error, ")
    return f"{column} {str(cells[column])[:60]!r}: {said}: write {_HINTS[column]}"
