"""Actions and sequences as one file to give away: a `.motionpack`, a zip of JSON and npz that is safe to open.

`pack.json` lists the documents (as `motion library show --json` prints them) and names the licence of each; every track
is `tracks/SHA256.npz` with the arrays `fps`, `root_position` (T, 3) int32 in steps of 0.02 mm, `rotation` (T, 52, 4)
int16, wxyz in 1/32767, and `contacts` (T, 4): the stored precision, so that a track keeps its sum.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from action_library.action import Action, Described
from action_library.entry import KINDS, entry_of, kind_of, parse_row
from action_library.library import Library
from action_library.sequence import Sequence, check_cycle
from action_library.store import NEW
from action_library.track import (
    FASTEST_TRACK,
    LARGEST_TRACK,
    LONGEST_TRACK,
    UNIT,
    Integers,
    from_integers,
    to_integers,
    track_key,
)
from motion_engine.errors import BadClip, BadCommand, LimitExceeded
from motion_engine.files import whole_file
from motion_engine.formats.npz import read_arrays
from motion_engine.types import canonical_skeleton

SUFFIX = ".motionpack"
FORMAT = 1
MOST_ITEMS = 20_000
LARGEST_LIST = 64 * 1024 * 1024  # bytes of pack.json
LARGEST_ARRAY = LONGEST_TRACK * 52 * 4 * 2  # bytes: an hour of rotations
_ARRAYS = ("fps", "root_position", "rotation", "contacts")


class _List(BaseModel):
    """`pack.json`."""

    model_config = ConfigDict(extra="forbid")

    format: Literal[1]
    actions: list[Action] = Field(max_length=MOST_ITEMS)
    sequences: list[Sequence] = Field(max_length=MOST_ITEMS)


@dataclass(frozen=True)
class Unpacked:
    """What became of one document of a pack."""

    name: str
    state: Literal["added", "replaced", "there", "different"]
    reason: str = ""


def write_pack(library: Library, names: Iterable[str], path: Path | str) -> list[Described]:
    """Writes actions and sequences, and all that the sequences use, to a `.motionpack`; returns what is in it.

    Raises:
        UnknownAction: There is no such name.
        BadClip: There are none, or too many.
        LibraryUnavailable: A track is missing or damaged.
        BadMedia: The file cannot be written; nothing is left under its name then.
    """
    documents = _with_all_they_use(library, names)
    if not 0 < len(documents) <= MOST_ITEMS:
        raise BadClip(f"a pack has 1 to {MOST_ITEMS} actions, not {len(documents)}")
    by_kind = {kind: [d.model_dump(mode="json") for d in documents if kind_of(d) == kind] for kind in KINDS}
    listed = {"format": FORMAT, "actions": by_kind["action"], "sequences": by_kind["sequence"]}
    with whole_file(path, (SUFFIX,)) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("pack.json", json.dumps(listed, ensure_ascii=False, indent=1))
        for document in {d.track: d for d in documents if isinstance(d, Action)}.values():
            library.clip(document.name)  # a damaged track is told, not given away
            data = library.store.track(document.track)
            assert data is not None  # it was just read
            track = to_integers(data)
            buffer = io.BytesIO()
            arrays: dict[str, Any] = {name: np.asarray(getattr(track, name)) for name in _ARRAYS}
            np.savez_compressed(buffer, **arrays)
            file.writestr(zipfile.ZipInfo(f"tracks/{document.track}.npz"), buffer.getvalue())
    return documents


def _with_all_they_use(library: Library, names: Iterable[str]) -> list[Described]:
    found: dict[str, Described] = {}
    waiting = list(names)
    while waiting:
        document = parse_row(library.row(waiting.pop(0)))
        if document.name not in found:
            found[document.name] = document
            waiting += document.uses() if isinstance(document, Sequence) else ()
    return list(found.values())


def read_pack(library: Library, path: Path | str, *, replace: bool = False) -> list[Unpacked]:
    """Adds what is in a `.motionpack`; nothing is added if any of it is wrong.

    Args:
        library: Where to.
        path: The file.
        replace: Put them in the place of others of the same name; else those are told and left.

    Raises:
        BadClip: The file is no motion pack, or something in it is wrong.
        LimitExceeded: Something in it is too large.
        LibraryUnavailable: It cannot be stored. What was added until then is whole; repeat it.
    """
    listed, tracks = _checked(Path(path))
    sequences = {sequence.name: sequence for sequence in listed.sequences}
    given = {action.name for action in listed.actions} | sequences.keys()
    for sequence in listed.sequences:
        missing = [name for name in sequence.uses() if name not in given and library.store.get(name) is None]
        if missing:
            raise BadClip(f"the sequence {sequence.name} uses {missing[0]}, which is neither here nor there", path=path)
        try:
            check_cycle(sequence, lambda name: sequences.get(name) or library.saved(name))
        except BadCommand as error:
            raise BadClip(str(error), path=path) from None
    documents: list[Described] = [*listed.actions, *_used_first(listed.sequences)]
    done = []
    for document in documents:
        entry = entry_of(document)
        there = library.store.get(document.name)
        if there is not None and (there.entry.document, there.entry.track) == (entry.document, entry.track):
            done.append(Unpacked(document.name, "there"))
        elif there is not None and not replace:
            done.append(Unpacked(document.name, "different", "another of this name is there: repeat with --replace"))
        elif library.store.put(entry, tracks.get(entry.track), expect=there.revision if there else NEW) is None:
            done.append(Unpacked(document.name, "different", "it was changed meanwhile: repeat it"))
        else:
            done.append(Unpacked(document.name, "replaced" if there else "added"))
    return done


def _checked(path: Path) -> tuple[_List, dict[str, bytes]]:
    """The documents of a pack and its tracks by their sums, all of it checked."""
    try:
        with zipfile.ZipFile(path) as file:
            listed = _List.model_validate_json(_member(file, "pack.json", LARGEST_LIST, path))
            tracks = {}
            for action in listed.actions:
                if action.track not in tracks:
                    tracks[action.track] = _track(file, action, path)
            return listed, tracks
    except OSError as error:
        raise BadClip(f"cannot be read: {error.strerror or error}", path=path) from None
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise BadClip(f"pack.json: {place}: {problem['msg'].removeprefix('Value error, ')}", path=path) from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise BadClip(f"not a motion pack, or damaged: {error}", path=path) from None


def _member(file: zipfile.ZipFile, name: str, largest: int, path: Path) -> bytes:
    """The bytes of a member, counted as they come: what the archive says of its size may be a lie."""
    try:
        member = file.open(name)
    except KeyError:
        raise BadClip(f"not a motion pack, or damaged: {name} is missing", path=path) from None
    with member:
        data = member.read(largest + 1)
    if len(data) > largest:
        raise LimitExceeded(f"{path}: {name} unpacks to more than {largest >> 20} MB: it is no good motion pack.")
    return data


def _track(file: zipfile.ZipFile, action: Action, path: Path) -> bytes:
    """The stored bytes of an action's track; its sum must be that of its document."""
    name = f"tracks/{action.track}.npz"
    place = f"{path}/{name}"
    arrays: dict[str, Any] = read_arrays(place, _ARRAYS, LARGEST_ARRAY, _member(file, name, 2 * LARGEST_TRACK, path))
    frames, joints = action.frames, len(canonical_skeleton().names)
    shapes = {"fps": (), "root_position": (frames, 3), "rotation": (frames, joints, 4), "contacts": (frames, 4)}
    kinds = {"fps": "<f8", "root_position": "<i4", "rotation": "<i2", "contacts": "|b1"}
    for array, shape in shapes.items():
        if array not in arrays or arrays[array].shape != shape or arrays[array].dtype != np.dtype(kinds[array]):
            raise BadClip(f"{array} must be {kinds[array]} of shape {shape}", path=place)
    fps = float(arrays["fps"])
    if frames > LONGEST_TRACK or not 0 < fps <= FASTEST_TRACK:
        raise BadClip(f"{frames} frames at {fps:g} fps are not a track", path=place)
    length = np.linalg.norm(arrays["rotation"].astype(np.float32), axis=-1)
    if np.abs(length - UNIT).max() > 0.01 * UNIT:
        raise BadClip("rotation holds quaternions that are not of unit length", path=place)
    data = from_integers(Integers(fps, arrays["root_position"], arrays["rotation"], arrays["contacts"]))
    if track_key(data) != action.track:
        raise BadClip(f"the track of {action.name} is not what its document says (wrong sha256)", path=place)
    return data


def _used_first(sequences: list[Sequence]) -> list[Sequence]:
    """Sequences, none of which contains itself, in an order in which those that others use come before them."""
    by_name, ordered = {sequence.name: sequence for sequence in sequences}, dict[str, Sequence]()

    def visit(sequence: Sequence) -> None:
        for name in sequence.uses():
            if name in by_name and name not in ordered:
                visit(by_name[name])
        ordered[sequence.name] = sequence

    for sequence in sequences:
        visit(sequence)
    return list(ordered.values())
