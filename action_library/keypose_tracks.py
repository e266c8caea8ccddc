"""From the keys of a script to one track for each channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from action_library.keypose_curves import Ease, Knots
from action_library.keypose_script import Foot, Hand, Key, Script, read_script
from motion_engine.errors import BadClip
from motion_engine.types import Array

SIDES = ("left", "right")
FOOT_PARTS = ("place", "lift", "pitch", "knee")
REST_HAND = Hand(at=(0.105, -0.49, 0.075), frame="shoulder", elbow=(0.55, 0.0, -1.0))
REST: dict[str, Any] = {
    "root": (0.0, 0.0, 0.0),
    "hips": (0.0, 0.0, 0.0),
    "pelvis": (0.0, 0.0, 0.0),
    "spine": (0.0, 0.0, 0.0),
    "head": (0.0, 0.0, 0.0),
    "shoulders": (0.0, 0.0),
    **{f"{side}_hand": REST_HAND for side in SIDES},
    **{f"{side}_fingers": "relaxed" for side in SIDES},
    **{f"{side}_place": (0.0, 0.0, 0.0, None) for side in SIDES},  # out, forward, yaw, seen from the root when
    **{f"{side}_{part}": (0.0,) for side in SIDES for part in FOOT_PARTS[1:]},
}


@dataclass(frozen=True)
class Mark:
    """The value of a channel at one time; None keeps the value before it."""

    t: float
    value: Any
    ease: Ease


Tracks = dict[str, list[Mark]]


def tracks_of(script: Script, path: Path) -> Tracks:
    """The marks of every channel, the first at 0 s (the relaxed stance where the script says nothing)."""
    tracks: Tracks = {name: [] for name in REST}
    for key in script.keys:
        values = _values(key, path)
        for name, track in tracks.items():
            if name in values:
                track.append(Mark(key.t, values[name], key.ease))
            elif not track:
                track.append(Mark(0.0, REST[name], "auto"))
    return tracks


def _values(key: Key, path: Path) -> dict[str, Any]:
    """What one key says: later lines win over earlier ones, one side over both, everything over `pose` and `hold`."""
    values: dict[str, Any] = {}
    for name in REST if key.hold == "all" else [part for held in key.hold for part in _parts(held)]:
        values[name] = None
    if key.pose is not None:
        values |= _pose(key.pose, path)
    for name in ("root", "hips", "pelvis", "spine", "head"):
        if (given := getattr(key, name)) is not None:
            values[name] = given
    if key.shoulders is not None:
        values["shoulders"] = key.shoulders if isinstance(key.shoulders, tuple) else (key.shoulders, key.shoulders)
    for side in SIDES:
        for both, one in (("hands", f"{side}_hand"), ("fingers", f"{side}_fingers")):
            given = getattr(key, one) if getattr(key, one) is not None else getattr(key, both)
            if given is not None:
                values[one] = REST_HAND if given == "rest" else given
        foot = getattr(key, f"{side}_foot") or key.feet
        if foot is not None:
            values |= _foot(side, foot)
    return values


def _parts(channel: str) -> list[str]:
    """The tracks behind a name of the language: "feet" are the places, lifts, ... of both."""
    sides = [channel.partition("_")[0]] if channel.startswith(SIDES) else list(SIDES)
    if channel.endswith(("foot", "feet")):
        return [f"{side}_{part}" for side in sides for part in FOOT_PARTS]
    if channel.endswith(("hand", "hands", "fingers")):
        return [f"{side}_{'fingers' if channel.endswith('fingers') else 'hand'}" for side in sides]
    return [channel]


def _foot(side: str, foot: Foot | str) -> dict[str, Any]:
    if isinstance(foot, str):
        return {f"{side}_{part}": REST[f"{side}_{part}"] for part in FOOT_PARTS}
    values: dict[str, Any] = {f"{side}_{part}": (getattr(foot, part),) for part in FOOT_PARTS[1:]}
    values = {name: value for name, value in values.items() if value != (None,)}
    if foot.at is not None or foot.yaw is not None or foot.when is not None:
        values[f"{side}_place"] = (*(foot.at or (0.0, 0.0)), foot.yaw or 0.0, foot.when)
    return values


def _pose(name: str, path: Path) -> dict[str, Any]:
    """All channels as they are at the end of the script `name` in the same folder; "stand" is the relaxed stance."""
    if name == "stand":
        return dict(REST)
    other = path.with_name(f"{name}.yaml")
    if not other.is_file():
        raise BadClip(f"pose: {name}: there is no {other.name} beside it", path=path)
    script = read_script(other)
    if any(key.pose not in (None, "stand") for key in script.keys):
        raise BadClip(f"pose: {name}: that script takes its own poses from another one; name a simple one", path=path)
    tracks = tracks_of(script, other)
    return {
        name: next(mark.value for mark in reversed(track) if mark.value is not None) for name, track in tracks.items()
    }


def knots(track: list[Mark], encode: Callable[[float, Any], Array] | None = None) -> Knots:
    """The marks of a channel as arrays; `encode` makes a vector of time and value, else the value is one."""
    values: list[Array] = []
    for mark in track:
        if mark.value is None:
            values.append(values[-1])
        else:
            values.append(np.array(mark.value, dtype=float) if encode is None else encode(mark.t, mark.value))
    return Knots(np.array([mark.t for mark in track]), np.array(values), tuple(mark.ease for mark in track))
