"""All shared values, and the page of conventions.

- Right-handed, +Y up, facing +Z, left is +X; metres, seconds, radians.
- Quaternions are wxyz, unit, relative to the parent, unrolled (no sign flips in time).
- float32 in stored clips, float64 where errors accumulate. Frame `i` is at `i / fps`.
- Durations are in seconds, never in frames, outside arrays.
- Degrees, centimetres and channel orders exist in `motion_engine/formats` only. Image points are 0..1, +y down.
- Every clip of a library is on `canonical_skeleton()`: SMPL-H order, 52 joints, T-pose with identity rotations,
  soles on y = 0. `root_position` is the pelvis in the world, not an offset from its rest position.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Side = Literal["left", "right", "both"]
Direction = Literal["forward", "backward", "left", "right"]
Mask = Literal["full", "upper", "arms", "left_arm", "right_arm", "head"]
Language = Literal["en", "zh"]

LIBRARY_FPS = 30.0
SHORTEST_FRAME, LONGEST_FRAME = 1e-4, 10.0  # s; no motion file is recorded faster or slower
BODY_JOINTS = 22  # of the canonical skeleton, before those of the fingers
CONTACT_JOINTS = ("left_ankle", "left_foot", "right_ankle", "right_foot")


def data_path(*parts: str) -> Path:
    """A file or folder of `data/`: beside the packages in a checkout, inside this one when installed."""
    here = Path(__file__).parent
    base = here / "data" if (here / "data").is_dir() else here.parent / "data"
    return base.joinpath(*parts)


def _protect(array: Array, dtype: Any, shape: tuple[int | None, ...], name: str) -> Array:
    array = np.array(array, dtype=dtype, copy=None)
    expected = ", ".join("T" if n is None else str(n) for n in shape)
    fits = array.ndim == len(shape) and all(n in (None, m) for n, m in zip(shape, array.shape, strict=True))
    assert fits, f"{name} must be ({expected}), not {array.shape}"
    view = array.view()
    view.flags.writeable = False
    return view


# ── Commands ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ActionCall:
    """One action with the parameters that the command stated; None is "not stated"."""

    phrase: str
    action: str
    score: float = 1.0  # 0..1, how sure the matcher is; 1 for words of the lexicon
    side: Side | None = None
    direction: Direction | None = None
    speed: float = 1.0  # factor: 2.0 is twice as fast
    repetitions: int | None = None
    duration: float | None = None  # s
    distance: float | None = None  # m
    steps: int | None = None  # walking steps
    degrees: float | None = None  # a turn, unsigned; `direction` says which way
    spans: tuple[tuple[int, int], ...] = field(default=(), compare=False)  # from where to where in the text it was said

    def __str__(self) -> str:
        stated: list[str] = []
        # Alphabetical, but the angle of a turn follows its direction.
        for name in ("direction", "degrees", "distance", "duration", "repetitions", "side", "speed", "steps"):
            value = getattr(self, name)
            if name == "speed":
                value = None if value == 1.0 else "slow" if value < 1.0 else "fast"
            if value is not None:
                stated.append(f"{name}={value:g}" if isinstance(value, int | float) else f"{name}={value}")
        return f"{self.action}[{','.join(stated)}]" if stated else self.action


@dataclass(frozen=True)
class Placed:
    """An action that has its place by the second."""

    call: ActionCall  # its `duration` is how long it lasts; None: as long as it does by itself
    start: float  # s
    mask: Mask | None = None  # the joints that it takes from the tracks below; None: those that it needs


@dataclass(frozen=True)
class Step:
    """Actions performed together: the first moves the body, the others are layered on it; or placed by the second."""

    actions: tuple[ActionCall, ...]
    tracks: tuple[tuple[Placed, ...], ...] = ()  # the same actions: the first track moves the body

    def __str__(self) -> str:
        if self.tracks:
            return " + ".join(f"{placed.call}@{placed.start:g}" for placed in in_order(self.tracks))
        return " + ".join(str(call) for call in self.actions)


def in_order(tracks: tuple[tuple[Placed, ...], ...]) -> list[Placed]:
    """All actions of tracks, by their start."""
    return sorted((placed for track in tracks for placed in track), key=lambda placed: placed.start)


@dataclass(frozen=True)
class Plan:
    """What a command asks for: its steps, one after the other."""

    text: str
    language: Language
    steps: tuple[Step, ...]
    ignored: tuple[str, ...] = ()  # what was said besides, of which nothing is performed: "like a zombie"

    def __str__(self) -> str:
        """The plan notation: `walk[direction=left] > wave[repetitions=2] > run + clap`."""
        return " > ".join(str(step) for step in self.steps)


@dataclass(frozen=True)
class ActionInfo:
    """What the schedule must know of an action; the clip itself stays in the library."""

    name: str
    duration: float  # s, of the whole clip played once
    loop: tuple[float, float] | None = None  # s, the part that repeats; None: the whole clip is one performance
    cyclic: bool = False  # the loop is the whole clip and it may start and stop anywhere (walk, idle)
    mask: Mask = "full"  # the joints it needs when layered on another action
    side: Side | None = None  # the side the clip performs with; None: it has no side
    distance: float = 0.0  # m travelled along the floor in one loop, or in the whole clip
    turn: float = 0.0  # radians turned in the whole clip, left positive
    way: Direction | None = None  # where it goes, seen from where the body faces; None: nowhere, or not known
    cycles: int | None = None  # how often the loop plays when nothing is asked; None: for a default time
    start_posture: str = "stand"
    end_posture: str = "stand"


# ── Timelines ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Edits:
    """How a clip is changed before it is placed; the defaults change nothing."""

    loops: float = 1.0  # how often the looping part plays; whole for actions that are not cyclic
    speed: float = 1.0  # factor
    mirror: bool = False
    symmetric: bool = False  # the other arm does the same, mirrored
    direction: Direction | None = None  # where the body goes, seen from its heading at the start
    distance: float | None = None  # m along the floor
    turn: float | None = None  # radians about +Y, left positive
    held: Literal["first", "last"] | None = None  # only this pose of the clip is shown, all the time


@dataclass(frozen=True)
class Segment:
    """One action on the timeline, from `start` to `end` seconds."""

    action: str
    start: float
    end: float
    layer: int = 0  # 0 moves the body; 1, 2, ... are layered on it
    mask: Mask = "full"
    blend: float = 0.3  # s, over which the change into (and, for layers, out of) the action is smoothed
    edits: Edits = field(default_factory=Edits)
    phrase: str = ""  # the words that asked for it; empty for what the engine added itself
    exact: bool = False  # its length was asked for, or something is layered on it: composing may not change it
    note: str = ""  # why another arm, or later: what it could not get of the body, in words; see `conflicts`


@dataclass(frozen=True)
class Timeline:
    """Segments in order of layer and start; `duration` in seconds."""

    segments: tuple[Segment, ...]
    fps: float
    duration: float


# ── Motion ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class Skeleton:
    """A tree of joints; parents stand before their children, the root's parent is -1."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Array  # (J, 3) m, from the parent, in the rest pose; the root's is its rest position

    def __post_init__(self) -> None:
        object.__setattr__(self, "offsets", _protect(self.offsets, np.float64, (len(self.names), 3), "offsets"))
        assert len(self.parents) == len(self.names) and all(p < i for i, p in enumerate(self.parents))

    def index(self, name: str) -> int:
        """The index of the joint `name`; ValueError if there is none."""
        return self.names.index(name)


@dataclass(frozen=True, eq=False)
class Clip:
    """A motion: root positions and joint rotations over time."""

    skeleton: Skeleton
    fps: float
    root_position: Array  # (T, 3) m
    rotation: Array  # (T, J, 4) wxyz, relative to the parent
    contacts: Array  # (T, 4) bool, in the order of CONTACT_JOINTS

    def __post_init__(self) -> None:
        joints, frames = len(self.skeleton.names), len(self.root_position)
        object.__setattr__(self, "root_position", _protect(self.root_position, np.float32, (None, 3), "root_position"))
        object.__setattr__(self, "rotation", _protect(self.rotation, np.float32, (frames, joints, 4), "rotation"))
        object.__setattr__(self, "contacts", _protect(self.contacts, np.bool_, (frames, 4), "contacts"))
        assert self.fps > 0 and frames > 0

    def __len__(self) -> int:
        return len(self.root_position)

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the last, plus the time of one frame: frames / fps."""
        return len(self) / self.fps


@dataclass(frozen=True, eq=False)
class Track:
    """A composed motion and the timeline that it plays."""

    clip: Clip
    timeline: Timeline


@dataclass(frozen=True, eq=False)
class PoseSequence:
    """DWPose keypoints over time: image points 0..1, +y down, and a score 0..1 for each."""

    fps: float
    body: Array  # (T, 18, 2), OpenPose order
    hands: Array  # (T, 2, 21, 2), left then right
    face: Array  # (T, 68, 2), iBUG order
    body_score: Array  # (T, 18)
    hand_score: Array  # (T, 2, 21)
    face_score: Array  # (T, 68)

    def __post_init__(self) -> None:
        frames = len(self.body)
        for name, shape in (("body", (18,)), ("hands", (2, 21)), ("face", (68,))):
            object.__setattr__(self, name, _protect(getattr(self, name), np.float64, (frames, *shape, 2), name))
        for name, shape in (("body_score", (18,)), ("hand_score", (2, 21)), ("face_score", (68,))):
            object.__setattr__(self, name, _protect(getattr(self, name), np.float64, (frames, *shape), name))

    def __len__(self) -> int:
        return len(self.body)


@lru_cache(maxsize=1)
def canonical_skeleton() -> Skeleton:
    """The one skeleton of the library (`data/skeleton.json`): SMPL-H order, 52 joints, 22 of the body first."""
    joints = json.loads(data_path("skeleton.json").read_text(encoding="utf-8"))["joints"]
    return Skeleton(
        names=tuple(joint["name"] for joint in joints),
        parents=tuple(joint["parent"] for joint in joints),
        offsets=np.array([joint["offset"] for joint in joints]),
    )
