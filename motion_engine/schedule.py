"""Plan to Timeline: how long each action plays, how often, and where. Pure, total, no arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from motion_engine.errors import BadCommand, LimitExceeded
from motion_engine.placed import arrange
from motion_engine.steps import LONGEST, lay_out, way_to
from motion_engine.types import ActionInfo, Plan, Segment, Step, Timeline


def schedule(
    plan: Plan, actions: Mapping[str, ActionInfo], *, fps: float = 30.0, posture: str | None = None
) -> Timeline:
    """Place every action of `plan` in time.

    Steps follow one another without a gap. Where an action starts in another posture than the one before ended in, the
    action that leads there is put between them if the library has one (sit, then run: stand up first).

    Args:
        plan: What was asked for.
        actions: What the library knows, by name.
        fps: Frames per second of the track; segment borders lie on frames.
        posture: The one the body is in at the start; None: whatever the first action starts in.

    Raises:
        UnknownAction: `actions` lacks one that the plan names.
        BadCommand: The plan has no steps, or asks for zero of something.
        LimitExceeded: The motion would last longer than an hour.
    """
    if not plan.steps:
        raise BadCommand("The plan has no steps: name at least one action, for example `wave then run`.")
    segments: list[Segment] = []
    time = 0.0
    for step in plan.steps:
        if step.tracks:
            more, posture = _by_the_second(step, posture, actions, time, fps)
        else:
            more, posture = lay_out(step, posture, actions, time, fps)
        segments += more
        time = max(segment.end for segment in segments if segment.layer == 0)
        if time > LONGEST:
            raise LimitExceeded(f"The motion would last {time:.0f} s, the limit is {LONGEST:.0f} s: ask for less.")
    return Timeline(tuple(segments), fps, time)


def _by_the_second(
    step: Step, posture: str | None, actions: Mapping[str, ActionInfo], time: float, fps: float
) -> tuple[list[Segment], str]:
    """As `lay_out`, of a step whose actions have their places."""
    placed = arrange(step.tracks, actions, fps=fps).segments
    base = [segment for segment in placed if segment.layer == 0]
    segments = way_to(actions[base[0].action].start_posture, posture, actions, time, fps)
    start = segments[-1].end if segments else time
    segments += [replace(segment, start=start + segment.start, end=start + segment.end) for segment in placed]
    return segments, actions[base[-1].action].end_posture
