"""Endless live composition: one pose at a time, and a new plan at any moment."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from motion_engine.errors import BadCommand, UnknownAction
from motion_engine.perform import held_info, travels
from motion_engine.schedule import schedule
from motion_engine.steps import BODY_BLEND, STAND, STILL
from motion_engine.stream_body import Body
from motion_engine.stream_brake import Brake
from motion_engine.stream_course import Performance, Shown, ease
from motion_engine.stream_overlay import Overlay
from motion_engine.stream_source import Source
from motion_engine.types import ActionInfo, Array, Clip, Plan, Segment, Timeline

When = Literal["now", "next", "end"]

LONGEST_WAIT = 1.0  # s, that a jump or a roll may still take before it is left
FASTEST = 4.0  # how much faster than real time a stream may be played
KEPT_SOURCES = 96  # clips that are kept ready
BRAKE_FROM = 0.5  # m/s, from which on a gait brakes with its own legs
GATHERING = 0.5  # share of a gait's speed; who comes slower gathers speed first
STILL_STEP, STEP = 0.06, 0.15  # m, how far feet stay behind before they step: standing still or changing, and else


@dataclass(frozen=True, eq=False)
class Pose:
    """One frame of a stream; its arrays are nobody else's."""

    frame: int  # 0, 1, 2, ... since the stream began
    root_position: Array  # (3,) m, float64: the pelvis in the world
    rotation: Array  # (J, 4) wxyz, relative to the parent, float64, without sign flips in time
    contacts: Array  # (4,) bool, which of CONTACT_JOINTS stand
    actions: tuple[str, ...]  # what moves the body, then what is layered on it
    phrases: tuple[str, ...]  # the words that asked for each; "" for what the stream added itself


@dataclass(frozen=True)
class Cue:
    """When a plan is performed, and how."""

    frame: int  # the first of it, as long as the playback speed stays
    timeline: Timeline  # in seconds since that frame


@dataclass(eq=False)
class _Item:
    """A segment at its place on the stream's clock."""

    segment: Segment
    source: Source
    start: float  # frames
    end: float  # frames; inf for what goes on until something else is asked for
    entry: float = 0.0  # frame of the source at which it starts


class MotionStream:
    """A body that always moves: it performs plans, and stands or sits still between them.

    Between `step`s nothing happens. All methods may be called from any thread; they wait for each other for the time of
    one step. Positions are kept in float64: after a day of running they are still exact to a hundredth of a micrometre;
    `recentre` helps receivers that use float32. Equal calls between equal steps give equal frames.
    """

    def __init__(
        self,
        actions: Mapping[str, ActionInfo],
        clips: Mapping[str, Clip] | Callable[[str], Clip],
        *,
        fps: float = 30.0,
        idle: str = "idle",
    ) -> None:
        """A body that stands still at the origin, facing +Z.

        Args:
            actions: What the library knows, by name; read anew for each plan.
            clips: The clip of each action, on one skeleton, at any frame rate.
            fps: Poses per second.
            idle: What it does when nothing is asked; sitting it does `sit_still` and so on, if there is such an action.

        Raises:
            UnknownAction: There is no `idle`.
            BadCommand: `fps` is not a positive number.
        """
        if not (fps > 0 and math.isfinite(fps)):
            raise BadCommand(f"A stream cannot have {fps} frames per second: ask for 24 to 120.")
        self.fps = float(fps)
        self._actions, self._idle = actions, idle
        self._clip = clips if callable(clips) else lambda name: clips[name]
        self._sources: OrderedDict[tuple[object, ...], Source] = OrderedDict()
        self._lock = threading.RLock()
        self._frame, self._clock, self._speed = 0, 0.0, 1.0  # of the next pose
        found = self._still_source(STAND)
        if found is None:
            raise UnknownAction(idle)
        still, source = found
        self._queue: deque[_Item] = deque()
        self._coming: deque[_Item] = deque()  # layers
        self._layers: list[tuple[_Item, Performance]] = []
        self._item = _Item(still, source, 0.0, math.inf)
        self._play = Performance(source, still, None, self.fps)
        self._brake: Brake | None = None
        self._started = 0.0  # frames, when what is played began
        self._body = Body(source.skeleton, self.fps)
        self._last: Array | None = None
        self._overlay = Overlay(source.skeleton)

    # ── What is asked ─────────────────────────────────────────────────────────────────────────────────────

    def play(self, plan: Plan, *, when: When = "now") -> Cue:
        """Perform `plan`; that costs the more the more steps it has, however long they last.

        Args:
            plan: What is asked for.
            when: "now" interrupts what is played, in the next frame (a jump or a roll first comes back to the feet, for
                LONGEST_WAIT at most); "next" follows the step that is played and replaces the rest; "end" follows all
                that was asked for so far.

        Raises:
            BadCommand, UnknownAction, LimitExceeded: It cannot be performed; what is played goes on untouched.
        """
        with self._lock:
            start, posture = self._moment(when)
            timeline = schedule(plan, self._actions, fps=self.fps, posture=posture)
            sources = [self._source(segment) for segment in timeline.segments]
            for still in {source.info.end_posture for source in sources}:  # so that no clip is missing in a step
                self._still_source(still)
            entry = self._bridge_entry(sources[0], timeline.segments[0]) if start == self._clock else 0
            if entry:
                timeline = _earlier(
                    timeline,
                    min(round(entry / sources[0].fps * self.fps), round(timeline.segments[0].end * self.fps) - 2),
                )
            self._cut(start)
            items = [
                _Item(s, source, start + round(s.start * self.fps), start + round(s.end * self.fps))
                for s, source in zip(timeline.segments, sources, strict=True)
            ]
            items[0].entry = entry
            self._queue.extend(item for item in items if item.segment.layer == 0)
            self._coming.extend(sorted((i for i in items if i.segment.layer), key=lambda item: item.start))
            return Cue(self._frame_at(start), timeline)

    def stop(self) -> int:
        """Come to rest where the body is: standing, sitting or lying. Gives the frame in which that begins."""
        with self._lock:
            start, _ = self._moment("now")
            if self._item.end < math.inf or self._queue:
                self._cut(start)
            return self._frame_at(start)

    @property
    def frame(self) -> int:
        """The number of the next pose."""
        return self._frame

    @property
    def speed(self) -> float:
        """How fast the stream is played: 1 is real time, 0 stands still, FASTEST is the most."""
        return self._speed

    @speed.setter
    def speed(self, factor: float) -> None:
        if not 0.0 <= factor <= FASTEST:
            raise BadCommand(f"A stream cannot be played at {factor:g} times its speed: ask for 0 to {FASTEST:g}.")
        with self._lock:
            self._speed = float(factor)

    def recentre(self) -> tuple[float, float]:
        """Move the body back to the origin, between two frames; gives by how much (x, z), m, it was moved."""
        with self._lock:
            x, z = -self._body.position[0], -self._body.position[1]
            self._body.position = np.zeros(2)
            self._body.feet.move(x, z)
            return float(x), float(z)

    def _frame_at(self, clock: float) -> int:
        return self._frame + math.ceil((clock - self._clock) / (self._speed or 1.0) - 1e-9)

    def _moment(self, when: When) -> tuple[float, str]:
        """When a plan can begin, on the clock, and the posture that the body has by then."""
        if when not in ("now", "next", "end"):
            raise BadCommand(f'A plan is played "now", "next" or at the "end", not "{when}".')
        item = self._item
        if when == "end" and self._queue:
            last = self._queue[-1]
            return last.end, last.source.info.end_posture
        if when == "now" or item.end == math.inf:
            return self._exit()
        layers = [layer.end for layer, _ in self._layers] + [i.end for i in self._coming if i.start < item.end]
        held = next((i for i in self._queue if i.start == item.end), None)
        if when == "next" and held and any(end > item.end for end in layers):  # the second half of the same step
            item = held
        return item.end, item.source.info.end_posture

    def _exit(self) -> tuple[float, str]:
        """The next moment at which what is played can be left, and the posture then."""
        item = self._item
        if self._clock >= item.end:
            return self._clock, self._posture(self._clock)
        latest = min(self._clock + round(LONGEST_WAIT * self.fps), item.end)
        moment = self._clock
        while moment < latest and not self._leavable(moment):
            moment += 1.0
        moment = min(moment, latest)
        return moment, self._posture(moment)

    def _posture(self, clock: float) -> str:
        """The posture that the body is in, or is nearer to, at a moment of what is played."""
        item, info = self._item, self._item.source.info
        if info.start_posture == info.end_posture or self._play.segment is not item.segment:
            return info.end_posture
        k = max(0.0, min(clock, item.end - 1.0) - item.start)
        return info.end_posture if self._play.phase(k) >= item.source.turning_point else info.start_posture

    def _leavable(self, clock: float) -> bool:
        source, play = self._item.source, self._play
        row, _ = source.row(math.floor(play.phase(max(0.0, clock - self._item.start))), play.loops)
        return bool(source.leavable[row])

    def _bridge_entry(self, source: Source, segment: Segment) -> int:
        """Where to enter an action that only leads to another posture: half way down one gets up from there."""
        if segment.phrase or source.info.start_posture == source.info.end_posture or not self._body.moving:
            return 0
        frame = source.nearest(self._body.feature(), slice(0, max(1, round(0.8 * source.length))))
        return frame if frame > 2 else 0

    def _cut(self, start: float) -> None:
        """Nothing is played any more from `start` on."""
        self._queue = deque(item for item in self._queue if item.start < start)
        self._coming = deque(item for item in self._coming if item.start < start)
        playing = [self._item, *self._queue, *self._coming, *(item for item, _ in self._layers)]
        for item in playing:
            item.end = min(item.end, start)

    def _source(self, segment: Segment) -> Source:
        """The source of a segment; the last ones used are kept."""
        info, edits = self._actions[segment.action], segment.edits
        backward = edits.direction == "backward" and travels(info)
        repeats = info.cyclic or edits.loops > 1
        key = (segment.action, edits.mirror, edits.symmetric, backward, repeats, edits.held)
        found = self._sources.get(key)
        if found is None or found.info != held_info(info, edits):
            try:
                clip = self._clip(segment.action)
            except KeyError:
                raise UnknownAction(segment.action) from None
            found = self._sources[key] = Source.of(clip, info, edits)
            if len(self._sources) > KEPT_SOURCES:
                self._sources.popitem(last=False)
        self._sources.move_to_end(key)
        return found

    def _still_source(self, posture: str) -> tuple[Segment, Source] | None:
        """What the body does in a posture when nothing is asked; None if the library has nothing."""
        name = self._idle if posture == STAND else STILL.get(posture, f"{posture}_still")
        if name not in self._actions:
            return None
        segment = Segment(name, 0.0, math.inf, 0, "full", BODY_BLEND)
        return segment, self._source(segment)

    # ── What is shown ─────────────────────────────────────────────────────────────────────────────────────

    def __iter__(self) -> Iterator[Pose]:
        """Poses, forever."""
        while True:
            yield self.step()

    def step(self) -> Pose:
        """The next pose."""
        with self._lock:
            self._advance()
            pose = self._show()
            self._frame += 1
            self._clock += self._speed
            return pose

    def _advance(self) -> None:
        """Go over to the segment and the layers that play at this moment."""
        changed = False
        while self._clock >= self._item.end:
            self._item = self._queue.popleft() if self._queue else self._rest(self._item)
            changed = True
        self._layers = [(item, play) for item, play in self._layers if self._clock < item.end]
        while self._coming and self._coming[0].start <= self._clock:
            item = self._coming.popleft()
            play = Performance(item.source, item.segment, round(item.end - item.start), self.fps)
            self._layers.append((item, play))
        if changed:
            self._enter()

    def _rest(self, last: _Item) -> _Item:
        """What follows when nothing is asked for: the posture is kept, if need be in the very last pose."""
        still = self._still_source(self._posture(last.end))
        if still:
            return _Item(*still, last.end, math.inf)
        k = last.end - last.start
        frozen = replace(last.segment, blend=BODY_BLEND, edits=replace(last.segment.edits, speed=0.0), phrase="")
        return _Item(frozen, last.source, last.end, math.inf, self._play.phase(max(0.0, k - 1.0)))

    def _enter(self) -> None:
        """The change into what is played now, from wherever the body is."""
        item, body = self._item, self._body
        info, edits = item.source.info, item.segment.edits
        following = self._queue[0].source.info if self._queue else None
        entry = float(item.entry)
        if info.cyclic and edits.speed and body.moving:  # the frame after the one that is most like it
            entry = float((item.source.nearest(body.feature(), slice(0, None)) + 1) % item.source.length)
        speed = float(np.hypot(*body.velocity))
        slow = speed < GATHERING * info.distance / info.duration * edits.speed
        before, gait = self._play, travels(info)
        if gait or (self._brake and self._clock >= self._brake.end):
            self._brake = None
        elif travels(before.source.info) and speed > BRAKE_FROM:
            self._brake = Brake(before, self._clock - self._started, self._clock, speed, body.feet)
        self._started = item.start
        self._play = Performance(
            item.source,
            item.segment,
            None if item.end == math.inf else round(item.end - item.start),
            self.fps,
            entry=entry,
            slow_start=gait and slow,
            slow_end=gait and not (following and travels(following)),
        )
        blend = item.segment.blend
        self._play.reach(body.ahead(), blend if body.moving else 0.0)
        shown = self._shown(self._clock), self._shown(self._clock + 1.0)
        body.change(self._play, shown, self._clock, blend, self._brake.time if self._brake else blend)

    def _shown(self, clock: float) -> Shown:
        """What the action and its layers show, before any change is smoothed."""
        shown = self._play.at(clock - self._item.start)
        for item, play in self._layers:
            if clock < item.end:
                time, left = (clock - item.start) / self.fps, (item.end - clock) / self.fps
                weight = ease(time / item.segment.blend) * ease(left / item.segment.blend)
                self._overlay.lay(play.at(clock - item.start).rotation, shown.rotation, item.segment.mask, weight)
        return self._brake.on(shown, clock) if self._brake and clock < self._brake.end else shown

    def _show(self) -> Pose:
        """The pose at this moment: the action, its layers, the change that is going on, and feet that stand."""
        item, body, before = self._item, self._body, self._body.clock
        shown = self._shown(self._clock)
        rotation = body.advance(self._play, shown, self._clock)
        root = (float(body.position[0]), body.height, float(body.position[1]))
        changing = body.inertia is not None or item.end == math.inf
        step_from = math.inf if travels(item.source.info) else STILL_STEP if changing else STEP
        dt = 0.0 if before < 0.0 else (self._clock - before) / self.fps
        speed = math.hypot(*body.velocity)
        contacts = self._body.feet.hold(root, rotation, shown.contacts.tolist(), dt, speed, step_from)
        self._flat(rotation)
        playing = [item.segment, *(layer.segment for layer, _ in self._layers)]
        return Pose(
            self._frame,
            np.array(root),
            rotation,
            np.array(contacts),
            tuple(segment.action for segment in playing),
            tuple(segment.phrase for segment in playing),
        )

    def _flat(self, rotation: Array) -> None:
        """Signs as in the pose before, so that quaternions do not flip over time."""
        if self._last is not None:
            flips = np.einsum("ji,ji->j", rotation, self._last) < 0.0
            if flips.any():
                rotation[flips] *= -1.0
        self._last = rotation.copy()


def _earlier(timeline: Timeline, frames: int) -> Timeline:
    """The timeline without its first frames; what began before begins at 0."""
    fps = timeline.fps
    segments = tuple(
        replace(s, start=max(0, round(s.start * fps) - frames) / fps, end=(round(s.end * fps) - frames) / fps)
        for s in timeline.segments
    )
    return Timeline(segments, fps, (round(timeline.duration * fps) - frames) / fps)
