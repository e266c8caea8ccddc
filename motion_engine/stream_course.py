"""One action of a live motion, read frame by frame: nothing of it is composed before it is shown."""

from __future__ import annotations

import cmath
import math
from typing import NamedTuple

import numpy as np

from motion_engine import quat
from motion_engine.clips import AIMED, AIMED_ARMS
from motion_engine.parts import TRAVELS
from motion_engine.perform import AIM, MOST_STRETCH, SIDEWAYS, START_RATE, START_TIME, TURN_TIME, WAYS, travels
from motion_engine.stream_source import Source
from motion_engine.types import ActionInfo, Array, Edits, Segment

LEAST_STRETCH = 0.2  # of the root path, when most of the way was made by the speed one came with


class Shown(NamedTuple):
    """What a performance shows at one moment."""

    rotation: Array  # (J, 4), local; the pelvis is seen from the heading
    contacts: Array  # (4,) bool
    floor: Array  # (4,), see `Source.floor`
    turned: float  # radians since the start of the performance


class Performance:
    """A source, played as a segment asks, at any moment of it: the lazy counterpart of `perform.Take`."""

    def __init__(
        self,
        source: Source,
        segment: Segment,
        frames: int | None,
        fps: float,
        *,
        entry: float = 0.0,
        slow_start: bool = False,
        slow_end: bool = False,
    ) -> None:
        """Prepare to play; costs the same for a second and for an hour.

        Args:
            source: The action.
            segment: Its edits.
            frames: How long it lasts at `fps`; None plays on without an end.
            fps: Frames per second of the stream.
            entry: The frame of the source to start at.
            slow_start, slow_end: A gait gathers speed at its start, loses it at its end.
        """
        edits, info = segment.edits, source.info
        self.source, self.segment, self.frames, self.fps = source, segment, frames, fps
        self.entry, self.way, self.stretch = entry, 0.0, 1.0
        self.loops = math.inf if info.cyclic else max(1, round(edits.loops))
        if frames is None:
            self.rate = edits.speed * source.fps / fps
        elif info.cyclic:
            self.rate = edits.loops * source.length / frames
        else:
            last = source.length - 1 + (self.loops - 1) * (source.end - source.start)
            self.rate = (last - entry) / max(frames - 1, 1)
        ramp = min(round(START_TIME * fps), (frames or 10**9) // 2)
        self.ramps = (ramp if slow_start else 0, ramp if slow_end else 0)
        self.first = self.floor_at(0.0)
        self._plan_way(edits, info)

    def _plan_way(self, edits: Edits, info: ActionInfo) -> None:
        """How much the action is turned on its way, and which gesture is aimed where."""
        self.turn, self.aimed, self.turn_time = 0.0, 0.0, 0.0
        self.whole_turn: float | None = edits.turn
        if edits.turn is not None:
            assert self.frames is not None
            self.own_turn = float(self.floor_at(self.frames - 1.0)[3] - self.first[3])
        elif edits.direction in ("left", "right", "backward") and not info.cyclic and info.distance >= TRAVELS:
            self.way = WAYS[edits.direction]
        elif edits.direction in ("left", "right"):
            sign = 1.0 if edits.direction == "left" else -1.0
            if info.distance < TRAVELS:
                shares = AIMED | (AIMED_ARMS if info.mask != "full" else {})
                self.aimed = sign * AIM
                self.aimed_joints = [self.source.skeleton.index(name) for name in shares]
                self.aimed_shares = np.array(list(shares.values()))
            else:
                self.turn = sign * SIDEWAYS
                self.turn_time = self.fps * min(TURN_TIME, (self.frames or math.inf) / self.fps)

    def reach(self, before: float, blend: float) -> None:
        """Stretch the path to the distance asked for, if one is.

        Args:
            before: m/s along the heading, at which the body comes.
            blend: s, over which that speed goes over into the action's own.
        """
        asked, info = self.segment.edits.distance, self.source.info
        if asked is None or self.frames is None:
            return
        blend = min(blend, self.frames / self.fps)
        slope = (self.floor_at(1.0) - self.first)[[0, 2]] * self.fps
        if travels(info):
            own = float(self.floor_at(self.frames - 1.0)[2] - self.first[2])
            before, speed = math.copysign(1.0, own) * before, math.copysign(1.0, own) * float(slope[1])
            own = abs(own)
        else:
            own, speed = abs(_chord(self.source, self.loops)), float(np.hypot(*slope))
        if own > 0.05:  # half of the difference in speed is there over the blend, on the average
            stretch = (asked - 0.5 * before * blend) / max(own - 0.5 * speed * blend, 0.02)
            self.stretch = min(max(stretch, LEAST_STRETCH), MOST_STRETCH)

    def phase(self, k: float) -> float:
        """The source's frame at `k` frames since the start, 0 or more."""
        if self.frames is not None:
            k = min(k, self.frames - 1.0) if not self.source.info.cyclic else k
        rise, fall = self.ramps
        missing = 1.0 - START_RATE
        played = k
        if rise:
            x = min(k / rise, 1.0)
            played -= missing * (rise * x - rise * eased(x))
        if fall and self.frames is not None and k > self.frames - fall:
            x = min((k - self.frames + fall) / fall, 1.0)
            played -= missing * fall * eased(x)
        return self.entry + played * self.rate

    def _taps(self, k: float) -> tuple[list[int], list[int], float]:
        """The rows around frame `k`, the repetitions before each, and how far between the middle two it is."""
        q = self.phase(k)
        below = math.floor(q + 1e-9)
        t = q - below
        if t < 1e-6:
            row, passes = self.source.row(below, self.loops)
            return [row], [passes], 0.0
        rows, passed = [], []
        for index in (below - 1, below, below + 1, below + 2):
            row, passes = self.source.row(max(index, 0), self.loops)
            rows.append(row)
            passed.append(passes)
        return rows, passed, t

    def floor_at(self, k: float) -> Array:
        """Path, height and heading `(4,)` at frame `k`, see `Source.floor`."""
        rows, passed, t = self._taps(k)
        return self._floor(rows, passed, t)

    def _floor(self, rows: list[int], passed: list[int], t: float) -> Array:
        values: Array = self.source.floor[rows] + np.array(passed)[:, None] * self.source.cycle
        return values[0] if len(rows) == 1 else _cubic(values, t, rows)

    def at(self, k: float) -> Shown:
        """What is shown `k` frames after the start."""
        rows, passed, t = self._taps(k)
        floor = self._floor(rows, passed, t)
        source = self.source
        if len(rows) == 1:
            rotation, contacts = source.rotation[rows[0]].astype(np.float64), source.contacts[rows[0]]
        else:
            values = source.rotation[rows].astype(np.float64)
            if rows[3] - rows[0] != 3:
                values *= np.where(np.einsum("tji,ji->tj", values, values[1]) < 0.0, -1.0, 1.0)[..., None]
            rotation = _cubic(values, t, rows)
            rotation /= np.sqrt(np.einsum("ji,ji->j", rotation, rotation))[:, None]
            contacts = source.contacts[rows[2] if t >= 0.5 else rows[1]]
        if self.aimed:
            assert self.frames is not None
            x = k / max(self.frames - 1, 1)
            turn = quat.from_axis_angle("y", self.aimed * ease(x / 0.25) * ease((1.0 - x) / 0.25) * self.aimed_shares)
            rotation[self.aimed_joints] = quat.mul(turn, rotation[self.aimed_joints])
        return Shown(rotation, contacts, floor, self._turned(k, float(floor[3] - self.first[3])))

    def _turned(self, k: float, own: float) -> float:
        """Radians turned since the start at frame `k`, where the clip itself has turned by `own`."""
        if self.whole_turn is not None:
            assert self.frames is not None
            share = own / self.own_turn if abs(self.own_turn) > 0.1 else ease(k / max(self.frames - 1, 1))
            return own + share * (self.whole_turn - self.own_turn)
        return own + self.turn * ease(k / self.turn_time) if self.turn else own


def ease(x: float) -> float:
    """`curves.smoothstep` of one number."""
    x = min(max(x, 0.0), 1.0)
    return x * x * x * (x * (6.0 * x - 15.0) + 10.0)


def eased(x: float) -> float:
    """The integral of `ease` from 0 to x, for x in 0..1."""
    return x**4 * (x * x - 3.0 * x + 2.5)


def _cubic(values: Array, t: float, rows: list[int]) -> Array:
    """Catmull-Rom between the second and third of four values, which lie in `rows`, as `clips.sample`."""
    if rows[0] == rows[1]:  # before the first and after the last frame it goes on as there
        values[0] = 2.0 * values[1] - values[2]
    if rows[3] == rows[2]:
        values[3] = 2.0 * values[2] - values[1]
    weights = np.array(
        (
            -0.5 * t + t * t - 0.5 * t**3,
            1.0 - 2.5 * t * t + 1.5 * t**3,
            0.5 * t + 2.0 * t * t - 1.5 * t**3,
            -0.5 * t * t + 0.5 * t**3,
        )
    )
    shown: Array = (weights @ values.reshape(4, -1)).reshape(values.shape[1:])
    return shown


def _chord(source: Source, loops: float) -> complex:
    """The straight way of a clip that is repeated as a whole."""
    spin = cmath.exp(1j * float(source.cycle[3]))
    times = int(loops)
    turns = times if abs(spin - 1.0) < 1e-9 else (spin**times - 1.0) / (spin - 1.0)
    return source.chord * turns if source.start == 0 and source.end == source.length else source.chord
