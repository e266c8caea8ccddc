"""The starter library: motion capture from the installed package `pybullet`, and our own key-pose scripts.

What a library has had already is remembered by units: the motion captures of one time, and each script. So what
comes later (a script of a newer version, pybullet installed afterwards) is added, and what the user removed is not.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from action_library.action import Action
from motion_engine.errors import BadClip, LibraryUnavailable
from motion_engine.types import Clip, data_path

Progress = Callable[[int, int, str], None]

MOCAP = ("mocap-1", "mocap-2")  # `since` in data/starter.yaml: clips that came later are a unit of their own
MISSING = (
    "The motion capture of the starter library (walk, run, jump, ...) is in the package pybullet, which is not "
    "installed: pip install pybullet==3.2.7, then start again."
)


@dataclass(frozen=True)
class Starter:
    """What was made: actions with clips, the units they belong to, and what could not be made and why."""

    made: tuple[tuple[Action, Clip], ...]
    units: tuple[str, ...]
    notes: tuple[str, ...]


def missing_units(delivered: Collection[str]) -> list[str]:
    """The units that this installation has and `delivered` lacks; reads no file."""
    units = [] if mocap_folder() is None else [unit for unit in MOCAP if unit not in delivered]
    return units + [path.name for path in scripts() if path.name not in delivered]


def notes(delivered: Collection[str]) -> list[str]:
    """What this installation cannot bring, in words."""
    return [MISSING] if MOCAP[0] not in delivered and mocap_folder() is None else []


def make(units: Collection[str], progress: Progress | None = None) -> Starter:
    """The actions of `units`; a file that cannot be used is noted and its unit left for another time.

    Raises:
        LibraryUnavailable: The list of the motion capture itself, `data/starter.yaml`, is damaged.
    """
    folder, jobs = mocap_folder(), []
    if folder is not None and any(unit in units for unit in MOCAP):
        entries = [(entry.get("since", MOCAP[0]), entry) for entry in mocap_entries()]
        jobs = [(unit, entry["name"], partial(_mocap, folder, entry)) for unit, entry in entries if unit in units]
    jobs += [(path.name, path.stem, partial(_script, path)) for path in scripts() if path.name in units]
    made, failed, words = [], set(), []
    for done, (unit, name, job) in enumerate(jobs):
        if progress:
            progress(done, len(jobs), name)
        try:
            made.append(job())
        except BadClip as error:
            failed.add(unit)
            words.append(f"{name} is missing from the starter library: {error}")
    if progress and jobs:
        progress(len(jobs), len(jobs), "")
    units_done = dict.fromkeys(unit for unit, _, _ in jobs if unit not in failed)
    return Starter(tuple(made), tuple(units_done), tuple(words))


def mocap_folder() -> Path | None:
    """Where the installed package `pybullet_data` has its motion clips; None if it is not installed."""
    spec = importlib.util.find_spec("pybullet_data")  # finding it does not import it
    for base in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(base) / "data" / "motions"
        if folder.is_dir():
            return folder
    return None


def mocap_entries() -> list[dict[str, Any]]:
    """The documents of the motion capture, as in `data/starter.yaml`, with what all have in common."""
    import yaml

    path = data_path("starter.yaml")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return [{**content["common"], **entry} for entry in content["actions"]]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as error:
        raise LibraryUnavailable(f"{path} is damaged ({error}): install the program again.") from None


def scripts() -> list[Path]:
    """The key-pose scripts that come with the program, by name."""
    return sorted(data_path("actions").glob("*.yaml"))


def _mocap(folder: Path, entry: dict[str, Any]) -> tuple[Action, Clip]:
    from action_library.ingest import ingest

    fields = {key: value for key, value in entry.items() if key not in ("file", "since")}
    return ingest(folder / entry["file"], guess=False, **fields)


def _script(path: Path) -> tuple[Action, Clip]:
    from action_library.ingest import ingest

    return ingest(path, name=path.stem)
