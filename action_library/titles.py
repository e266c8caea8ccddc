"""What a file's place says of its motion: its name, its folders, and the naming of the known collections."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from action_library.action import (
    LONGEST_ALIAS,
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    MOST_TAGS,
    normal_name,
    sort_aliases,
)
from action_library.tables import Tables
from motion_engine.errors import BadClip, LibraryUnavailable
from motion_engine.types import data_path

UNTITLED = "untitled"
# How the collections name their files, see data/collections.yaml. All of them are BVH: the same motions in another
# format, or in AMASS, were trimmed and licensed by somebody else, so they are not taken for the collection.
_NAMINGS = {
    "cmu": r"(?P<subject>\d{1,3})_(?P<trial>\d{1,3})",
    "bandai": r"dataset-(?P<set>[12])_(?P<content>[a-z]+(?:-[a-z]+)*)_(?P<style>[a-z]+(?:-[a-z]+)*)_(?P<take>\d+)",
    "100style": r"(?P<style>[a-z0-9]+)_(?P<content>BR|BW|FR|FW|ID|SR|SW|TR[1-3])",
    "lafan1": r"(?P<content>[a-z]+)(?P<take>\d+)_subject(?P<subject>\d+)",
}
COLLECTIONS = tuple(_NAMINGS)
_EXPORTED = frozenset({"poses", "stageii"})  # how AMASS ends the name of every file
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
# walk01 -> walk 01, but b12 stays; Walk2Run -> Walk 2 Run
_NUMBER = re.compile(r"(?<=[^\W\d_]{2})(?=\d)|(?<=\d)(?=[A-Z][a-z])")


@dataclass(frozen=True)
class Title:
    """What is known of a clip before it is read; what is "" or None was not stated. `ingest` measures the rest."""

    name: str
    description: str = ""
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by language
    tags: tuple[str, ...] = ()
    source: str = ""
    licence: str = ""
    crop: tuple[float, float | None] | None = None  # s of the file; None: to its end
    crop_frames: tuple[int, int | None] | None = None  # first and end (not included) of the file's own frames, from 0
    loop: tuple[float, float] | None = None  # s of the cropped clip
    cyclic: bool | None = None
    note: str = ""  # what the user should be told


def title_of(relative: PurePosixPath, collection: str | None = None, tables: Tables | None = None) -> Title:
    """The title of the file at `relative`, its place inside what is imported.

    Args:
        relative: Folders and file name, as `walks/WalkForward_01.bvh`; any characters are allowed.
        collection: One of COLLECTIONS, or None: a name is then read as words, and folders are tags.
        tables: Of the collection, from `tables.find_tables`.

    Raises:
        BadClip: There is no such collection.
        LibraryUnavailable: data/collections.yaml is damaged.
    """
    if collection is None:
        return _general(relative)
    if collection not in COLLECTIONS:
        raise BadClip(f"there is no collection {collection}; known are {', '.join(COLLECTIONS)}")
    match = re.fullmatch(rf"(?:{_NAMINGS[collection]})\.bvh", relative.name, re.ASCII | re.IGNORECASE)
    if match is None:
        said = f"not named as the files of {collection} are, so only the words of its name are used"
        title = _general(relative)
        return replace(title, note="; ".join(filter(None, (title.note, f"{said} and its licence is unknown"))))
    make = _cmu if collection == "cmu" else _worded
    return make(collection, match.groupdict(), tables or Tables())


# ── Any file ──────────────────────────────────────────────────────────────────────────────────────────────


def words_of(text: str) -> list[str]:
    """The words of a file's name in natural order, small: "WalkForward-01 (2)" is walk, forward, 01, 2."""
    text = "".join(_parted(unicodedata.normalize("NFKC", text)))
    return re.sub(r"[\W_]+", " ", _NUMBER.sub(" ", text)).casefold().split()


def spoken(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Words as one alias in each language: numbers at both ends are left out, and Chinese is written together."""
    text = [word for word in words if word not in _EXPORTED]
    while text and text[-1].isdecimal():
        text.pop()
    while text and text[0].isdecimal():
        text.pop(0)
    latin = " ".join(word for word in text if not _HAN.search(word))
    han = "".join(word for word in text if _HAN.search(word))
    found = sort_aliases([_cut(latin, LONGEST_ALIAS), _cut(han, LONGEST_ALIAS)])
    return {language: aliases for language, aliases in found.items() if aliases}


def _general(relative: PurePosixPath) -> Title:
    folders = [words_of(part) for part in relative.parts[:-1]]
    tags = [" ".join(words) for words in folders if any(not word.isdecimal() for word in words)]
    # "Mixamo - Hip Hop Dancing", "Walk B10 - Walk turn left": what stands before the dash is whose or which it is
    *heads, last = re.split(r"\s[-\u2013\u2014]\s", relative.stem)
    if not spoken(words_of(last)):
        heads, last = [], relative.stem
    tags += [" ".join(words) for words in map(words_of, heads) if spoken(words)]
    words = [word for word in words_of(relative.stem) if word not in _EXPORTED]
    note = ""
    if not words:
        words = next((folder for folder in reversed(folders) if folder), [])
        note = f"its name has no letter or digit, so it is called {'by its folder' if words else UNTITLED}"
    return Title(_short_name(words or [UNTITLED]), aliases=spoken(words_of(last)), tags=_as_tags(tags), note=note)


def _parted(text: str) -> Iterator[str]:
    """`text` with a space where a capital begins a word: HipHop, and 3DWalk as 3D Walk; in any script with cases."""
    for before, letter, after in zip(f" {text}", text, f"{text[1:]} ", strict=False):
        if letter.isupper() and (before.islower() or (before.isupper() and after.islower())):
            yield " "
        yield letter


def _short_name(words: Iterable[str]) -> str:
    return normal_name(_cut("_".join(words), LONGEST_NAME))


def _cut(text: str, longest: int) -> str:
    return text[:longest].strip(" _")


def _as_tags(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(cut for word in words if (cut := _cut(word, LONGEST_ALIAS))))[:MOST_TAGS]


# ── Known collections ─────────────────────────────────────────────────────────────────────────────────────


def _cmu(collection: str, parts: Mapping[str, str], tables: Tables) -> Title:
    """`01_02.bvh`, subject and trial; what is done is known from the index only."""
    about = _collections()[collection]
    subject = f"{int(parts['subject']):02d}"
    trial = f"{subject}_{int(parts['trial']):02d}"
    text = tables.descriptions.get(trial, "")
    kinds = re.split(r"[,;()]+| - ", tables.subjects.get(subject, "").casefold())
    first, end = about["crop_frames"]
    return Title(
        name=f"{collection}_{trial}",
        description=_cut(text, LONGEST_DESCRIPTION),
        aliases=spoken(words_of(re.sub(r"\(.*", "", text))),
        tags=_as_tags([*about["tags"], *kinds]),
        source=about["source"],
        licence=about["licence"],
        crop_frames=(first, end),
    )


def _worded(collection: str, parts: Mapping[str, str], tables: Tables) -> Title:
    """A file that names what is done and how: every phrase of the one with every phrase of the other is an alias."""
    about = _collections()[collection]
    content, style = parts["content"], parts.get("style", "")
    said = {name: " ".join(words_of(part)) for name, part in parts.items()}
    what = _entry(about["contents"], content, {"en": [said["content"]]})
    how = _entry(about.get("styles", {}), style, {"en": [f"in {said.get('style')} style"]} if style else {})
    english = [_cut(f"{verb} {way}", LONGEST_ALIAS) for verb in what["en"] for way in how.get("en", [""])]
    ways = how.get("zh", []) if how else [""]
    return Title(
        name=_short_name([about["name"].format(**{name: "".join(_parted(part)) for name, part in parts.items()})]),
        description=english[0][0].upper() + english[0][1:],
        aliases=sort_aliases({"en": english, "zh": [way + verb for verb in what.get("zh", []) for way in ways]}),
        tags=_as_tags([*about["tags"], *what.get("tags", []), *how.get("tags", [said.get("style", "")])]),
        source=about["source"].format(**parts),
        licence=about["licence"],
        crop_frames=tables.cuts.get(f"{style}_{content}".casefold()),
        cyclic=what.get("cyclic", about.get("cyclic")),
    )


def _entry(table: Mapping[str, Any], key: str, default: dict[str, Any]) -> dict[str, Any]:
    return next((entry for name, entry in table.items() if name.casefold() == key.casefold()), default)


@lru_cache
def _collections() -> dict[str, Any]:
    import yaml

    path = data_path("collections.yaml")
    try:
        return dict(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
        raise LibraryUnavailable(f"{path} is damaged ({error}): install the program again.") from None
