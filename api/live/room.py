"""A live character: one body that never stops, whoever watches it, and what it is told."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from starlette.exceptions import HTTPException

from api.engine import CommandEngine
from api.live.audience import BURST, Ballot, WordFilter
from api.live.viewer import Viewer
from api.live.wire import Policy, frame_bytes, frame_json, message
from api.log import LOG
from api.rates import Rates
from api.schemas import TimelineReply
from api.settings import Settings
from motion_engine.errors import MotionError
from motion_engine.stream import Pose, When
from motion_engine.types import Plan

KEPT = 5.0  # s of frames, for who comes back
KEPT_EVENTS = 256
LATE = 0.25  # s behind its clock after which a room does not try to catch up
FARTHEST = 1000.0  # m from the middle, where float32 still tells tenths of a millimetre


class Output(Protocol):
    """Gets every pose, without a socket that asks for it."""

    target: str  # where it goes

    def send(self, pose: Pose, time: float) -> None:
        """Send a pose of this time, s; never waits and never fails."""

    def close(self) -> None:
        """Send nothing more."""


@dataclass(frozen=True)
class Sender:
    """Who says something."""

    id: str  # by which voices and limits are counted
    name: str = ""  # that all may see
    host: bool = False  # does as it likes

    def speaking_for(self, name: str) -> Sender:
        """Who is meant if one names somebody of an audience, who is then treated as one; HTTPException 403 if one may
        not."""
        if not name:
            return self
        if not self.host:
            raise HTTPException(403, "Only a host may speak for others: leave `sender` out.")
        return Sender(f"for {name}", name)


@dataclass(frozen=True)
class _Waiting:
    """What was asked for and is not over."""

    number: int
    start: float  # of the room's clock: the playback speed may change meanwhile
    end: float
    text: str
    sender: str


class Room:
    """One character. Everything but `understand` runs on the loop that runs the room."""

    def __init__(self, name: str, engine: CommandEngine, settings: Settings, *, fps: float, policy: Policy) -> None:
        self.name, self.policy = name, policy
        self.outputs: tuple[Output, ...] = ()
        self.viewers: set[Viewer] = set()
        self._shown = self._dropped = 0  # frames of all viewers, since they were counted
        self.left = 0.0  # s on the loop's clock, when the last viewer went
        self._engine, self._settings = engine, settings
        self._stream = engine.stream(fps=fps)
        self._filter = WordFilter(settings.blocked_words)
        self._rates = Rates(settings.commands_per_minute / 60.0, BURST)
        self._ballot = Ballot()
        self._waiting: list[_Waiting] = []
        self._clock = 0.0  # frames, as fast as they are played
        self._number = 0  # of the last command
        self._told_viewers = 0
        self._playing: tuple[tuple[str, ...], tuple[str, ...]] = (), ()
        self._frames: deque[tuple[int, bytes]] = deque(maxlen=round(KEPT * fps))
        self._events: deque[tuple[int, str]] = deque(maxlen=KEPT_EVENTS)
        self._watched = asyncio.Event()

    # ── What is shown ─────────────────────────────────────────────────────────────────────────────────────

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self._stream.fps

    async def run(self) -> None:
        """Move, for as long as somebody looks; the error of a room that fails and cannot begin anew."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        failed = False
        while True:
            if not (self.viewers or self.outputs):
                self._watched.clear()
                await self._watched.wait()
            due += 1.0 / self.fps
            now = loop.time()
            if now - due > LATE:
                due = now
            await asyncio.sleep(due - now)
            try:
                self._tick(loop.time())
                failed = False
            except Exception:
                if failed:  # at once again: it would fail for ever, and show nothing
                    raise
                failed = True
                LOG.exception("a room failed and begins anew", extra={"fields": {"room": self.name}})
                self._stream = self._engine.stream(fps=self.fps)
                self._waiting.clear()

    def _tick(self, now: float) -> None:
        stream = self._stream
        self._clock += stream.speed
        pose = stream.step()
        if (pose.actions, pose.phrases) != self._playing:
            self._playing = pose.actions, pose.phrases
            self._tell("playing", **self._now(), frame=pose.frame)
        self._waiting = [one for one in self._waiting if one.end > self._clock]
        if pose.frame % round(self.fps) == 0 and len(self.viewers) != self._told_viewers:  # not for each of a crowd
            self._told_viewers = len(self.viewers)
            self._tell("viewers", viewers=self._told_viewers)
        if math.hypot(pose.root_position[0], pose.root_position[2]) > FARTHEST:
            self.recentre()
        if self._ballot.ends is not None and now >= self._ballot.ends:
            self._elect()
        for output in self.outputs:
            output.send(pose, pose.frame / self.fps)
        binary, words = frame_bytes(pose), None
        self._frames.append((pose.frame, binary))
        for viewer in self.viewers:
            if pose.frame % viewer.every:
                continue
            if viewer.as_json and words is None:
                words = frame_json(pose)
            self._shown += 1
            self._dropped += viewer.show(words if words is not None and viewer.as_json else binary)

    def watch(self, viewer: Viewer, after: int | None, **welcome: Any) -> None:
        """Show everything from now on, after a `welcome`; to who has seen frame `after`, also what came since, as far
        as it is kept."""
        self.viewers.add(viewer)
        viewer.tell(message("welcome", **welcome, **self.state()))
        if after is not None:
            for frame, words in self._events:
                if frame > after:
                    viewer.tell(words)
            if not viewer.as_json:
                viewer.replay([b for frame, b in self._frames if frame > after and frame % viewer.every == 0])
        self._watched.set()

    def leave(self, viewer: Viewer) -> None:
        """Show nothing more."""
        self.viewers.discard(viewer)
        self.left = asyncio.get_running_loop().time()

    def send_to(self, outputs: tuple[Output, ...]) -> None:
        """Send every pose to these from now on, and no more to those before."""
        for output in self.outputs:
            output.close()
        self.outputs = outputs
        self._watched.set()

    def close(self) -> None:
        """Tell everybody that there is nothing more to see."""
        self.send_to(())
        for viewer in self.viewers:
            viewer.close()

    def counted(self) -> tuple[int, int]:
        """How many frames were shown and how many of them dropped since the last time."""
        counted, self._shown, self._dropped = (self._shown, self._dropped), 0, 0
        return counted

    def state(self) -> dict[str, Any]:
        """The room as it is now."""
        state: dict[str, Any] = {
            "room": self.name,
            "fps": self.fps,
            "frame": self._stream.frame,
            "speed": self._stream.speed,
            "policy": self.policy,
            "vmc": [output.target for output in self.outputs],
            "viewers": len(self.viewers),
            "now": self._now(),
            "votes": self._votes() if self._ballot.options else None,
        }
        return state | self._asked()

    def _asked(self) -> dict[str, Any]:
        """What is performed, and what waits for its turn."""
        told = [
            {
                "number": one.number,
                "frame": self._frame_at(one.start),
                "end": self._frame_at(one.end),
                "text": one.text,
                "sender": one.sender,
            }
            for one in self._waiting
        ]
        begun = [one for one, it in zip(told, self._waiting, strict=True) if it.start <= self._clock]
        return {"performing": begun[-1] if begun else None, "waiting": told[len(begun) :]}

    def _frame_at(self, clock: float) -> int:
        """In which frame that will be, or was, as long as the playback speed stays."""
        return self._stream.frame + math.ceil((clock - self._clock) / (self._stream.speed or 1.0) - 1e-6)

    def _now(self) -> dict[str, Any]:
        return {"actions": self._playing[0], "phrases": self._playing[1]}

    def _tell(self, kind: str, **values: Any) -> dict[str, Any]:
        """Tell everybody, and remember it for who comes back."""
        words = message(kind, **values)
        self._events.append((self._stream.frame, words))
        for viewer in self.viewers:
            viewer.tell(words)
        return {"type": kind} | values

    # ── What is asked ─────────────────────────────────────────────────────────────────────────────────────

    def admit(self, sender: Sender, text: str) -> None:
        """Whether the audience may say this now; HTTPException 422 or 429 if not."""
        if sender.host:
            return
        if self._filter.refuses(text) or self._filter.refuses(sender.name):
            raise HTTPException(422, "This has a word that may not be used here: say it in others.")
        if wait := self._rates.wait(sender.id):
            raise HTTPException(429, f"You command too often: wait {math.ceil(wait)} s.")

    async def take(self, sender: Sender, text: str, plan: Plan, when: When | None) -> dict[str, Any]:
        """Do what was said, at once or by the policy of the room; the answer, which everybody hears.

        Raises:
            HTTPException: 429, too much waits.
            MotionError: It cannot be performed; what is played goes on untouched.
        """
        if sender.host:
            return await self._play(sender, text, plan, when or "now")
        if self.policy == "vote":
            return self._propose(sender, text, plan)
        if self.policy == "interrupt":
            return await self._play(sender, text, plan, "now")
        if sum(one.start > self._clock for one in self._waiting) >= self._settings.commands_waiting:
            raise HTTPException(429, "So many commands wait already that this one has no place: try again later.")
        return await self._play(sender, text, plan, "end")

    async def _play(self, sender: Sender, text: str, plan: Plan, when: When) -> dict[str, Any]:
        written = self._engine.written_out(plan)
        cue = await asyncio.to_thread(self._stream.play, written, when=when)  # clips are read from the library
        start = self._clock_at(cue.frame)
        drops = list(self._forget(start)) if when != "end" else []
        self._number += 1
        self._waiting.append(_Waiting(self._number, start, start + cue.timeline.duration * self.fps, text, sender.name))
        timeline = TimelineReply.model_validate(cue.timeline).model_dump()
        return self._tell(
            "cue", number=self._number, text=text, sender=sender.name, plan=str(plan), when=when, frame=cue.frame,
            timeline=timeline, drops=drops,
        )  # fmt: skip

    def _clock_at(self, frame: int) -> float:
        return self._clock + (frame - self._stream.frame) * (self._stream.speed or 1.0)

    def _forget(self, start: float) -> Iterator[int]:
        """Nothing is played any more of what was asked for, from a moment on; the numbers of what was dropped."""
        yield from (one.number for one in self._waiting if one.start >= start)
        kept = (one for one in self._waiting if one.start < start)
        self._waiting = [replace(one, end=min(one.end, start)) for one in kept]

    def _propose(self, sender: Sender, text: str, plan: Plan) -> dict[str, Any]:
        option = self._ballot.propose(text, plan, sender.id)
        if self._ballot.ends is None:
            self._ballot.ends = asyncio.get_running_loop().time() + self._settings.vote_seconds
        return self._tell_votes() | {"option": option.number}

    def vote(self, sender: Sender, number: int) -> dict[str, Any]:
        """Give a voice; HTTPException 404 if there is no such option."""
        if not self._ballot.vote(number, sender.id):
            raise HTTPException(404, f"There is no option {number} to vote for now.")
        return self._tell_votes()

    def _tell_votes(self) -> dict[str, Any]:
        return self._tell("votes", **self._votes())

    def _votes(self) -> dict[str, Any]:
        left = (self._ballot.ends or 0.0) - asyncio.get_running_loop().time()
        options = [
            {"option": one.number, "text": one.text, "plan": str(one.plan), "votes": len(one.votes)}
            for one in self._ballot.options.values()
        ]
        return {"options": options, "seconds": round(max(0.0, left), 1)}

    def _elect(self) -> None:
        winner = self._ballot.close()
        self._tell_votes()  # there is nothing to vote for any more

        async def perform() -> None:
            try:
                await self._play(Sender("vote", "vote"), winner.text, winner.plan, "next")
            except MotionError as error:  # the library has changed meanwhile
                self._tell("problem", title=type(error).__name__, detail=str(error))

        self._election = asyncio.create_task(perform())  # a task that nobody holds may vanish

    def stop(self) -> dict[str, Any]:
        """Come to rest, and forget what waits."""
        frame = self._stream.stop()
        return self._tell("stopped", frame=frame, drops=list(self._forget(self._clock_at(frame))))

    def set_speed(self, factor: float) -> dict[str, Any]:
        """Play everything faster or slower; BadCommand if that is too fast."""
        self._stream.speed = factor
        return self._tell("speed", frame=self._stream.frame, factor=factor, **self._asked())

    def recentre(self) -> dict[str, Any]:
        """Move the body back to the middle."""
        x, z = self._stream.recentre()
        return self._tell("recentred", frame=self._stream.frame, moved=[round(x, 4), round(z, 4)])

    def direct(self, policy: Policy) -> dict[str, Any]:
        """What becomes of what the audience says from now on; a vote that is going on is forgotten."""
        self.policy, self._ballot = policy, Ballot()
        return self._tell("policy", policy=policy)
