"""`NAME.map.yaml` beside a motion file: what a person states of its skeleton instead of what would be guessed.

joints:
  left_hip: Bone.012     # canonical joint: joint of the file
up: +z                   # axes of the file's world
facing: -y
unit: cm                 # m, cm, mm, inch or cmu
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from motion_engine.errors import BadClip
from motion_engine.types import Array, Skeleton, canonical_skeleton

KEYS = ("joints", "up", "facing", "unit")
AXES = tuple(f"{sign}{axis}" for axis in "xyz" for sign in "+-")
LARGEST_MAP = 1 << 20  # bytes


@dataclass(frozen=True, eq=False)
class JointMap:
    """What is stated; None and missing joints are guessed."""

    joints: Mapping[str, str] = field(default_factory=dict)  # canonical name -> joint of the file
    up: Array | None = None  # (3,)
    facing: Array | None = None  # (3,)
    unit: str | None = None
    path: Path | None = None

    def indices(self, skeleton: Skeleton) -> dict[str, int]:
        """The stated joints in `skeleton` by canonical name; BadClip names what it does not have."""
        found = {}
        for name, joint in self.joints.items():
            if joint not in skeleton.names:
                raise BadClip(f"{name}: no joint is named {joint!r}{_nearest(joint, skeleton.names)}", path=self.path)
            found[name] = skeleton.index(joint)
        return found


def map_path(path: Path | str) -> Path:
    """Where the map of a motion file lies: `walk.map.yaml` beside `walk.bvh`."""
    return Path(path).with_suffix(".map.yaml")


def read_map(path: Path | str) -> JointMap | None:
    """The map beside the motion file `path`; None if there is none.

    Raises:
        BadClip: It cannot be read, or a key or value is unknown; the message names file, key and the nearest names.
    """
    where = map_path(path)
    if not where.is_file():
        return None
    document = _load(where)
    for key in document:
        if key not in KEYS:
            raise BadClip(f"unknown key {key!r}{_nearest(str(key), KEYS)}", path=where)
    joints = document.get("joints") or {}
    if not isinstance(joints, dict):
        raise BadClip("joints must be a list of `canonical_joint: joint of the file`", path=where)
    for name, joint in joints.items():
        if name not in canonical_skeleton().names:
            known = _nearest(str(name), canonical_skeleton().names)
            raise BadClip(f"joints: {name!r} is no canonical joint{known}", path=where)
        if not isinstance(joint, str | int | float):
            raise BadClip(f"joints: {name} must name one joint of the file", path=where)
    named = {name: str(joint) for name, joint in joints.items()}
    unit = document.get("unit")
    from motion_engine.formats.bvh import UNITS

    if unit is not None and unit not in UNITS:
        raise BadClip(f"unit: {unit!r} is none of {', '.join(UNITS)}", path=where)
    return JointMap(named, _axis(document, "up", where), _axis(document, "facing", where), unit, where)


def _load(path: Path) -> dict[object, object]:
    import yaml

    try:
        if path.stat().st_size > LARGEST_MAP:
            raise BadClip("is larger than a map can be", path=path)
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadClip(f"cannot be read: {error.strerror or error}", path=path) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise BadClip(f"not YAML: {error.problem}", path=path, line=line) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise BadClip("not YAML text", path=path) from None
    if not isinstance(document, dict):
        raise BadClip(f"must hold some of the keys {', '.join(KEYS)}", path=path)
    return document


def _axis(document: Mapping[object, object], key: str, path: Path) -> Array | None:
    value = document.get(key)
    if value is None:
        return None
    text = str(value).strip().lower()
    text = text if text[:1] in "+-" else f"+{text}"
    if text not in AXES:
        raise BadClip(f"{key}: {value!r} is no axis; use one of {', '.join(AXES)}", path=path)
    axis: Array = np.eye(3)["xyz".index(text[1])] * (1.0 if text[0] == "+" else -1.0)
    return axis


def _nearest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    lower = {n.lower(): n for n in names}
    near = [lower[n] for n in difflib.get_close_matches(name.lower(), list(lower), n=3, cutoff=0.4)]
    return f"; nearest are {', '.join(near or names[:5])}"
