"""Timelines for a body that is already doing something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from motion_engine.schedule import schedule
from motion_engine.types import ActionCall, ActionInfo, Plan, Step, Timeline

_HERE = "\0here"  # an action that stands for what was played before


def timeline_from(posture: str, plan: Plan, actions: Mapping[str, ActionInfo], fps: float) -> Timeline:
    """The plan's timeline for a body in `posture`, beginning with what leads it to the plan's first posture.

    Raises:
        BadCommand, UnknownAction, LimitExceeded: As `schedule`.
    """
    first = [actions.get(call.action) for call in plan.steps[0].actions] if plan.steps else []
    if all(info is None or info.start_posture == posture for info in first):
        return schedule(plan, actions, fps=fps)
    here = ActionInfo(_HERE, 1.0, (0.0, 1.0), cyclic=True, start_posture=posture, end_posture=posture)
    past = Step((ActionCall("", _HERE, duration=2.0 / fps),))
    timeline = schedule(replace(plan, steps=(past, *plan.steps)), {**actions, _HERE: here}, fps=fps)
    return earlier(replace(timeline, segments=timeline.segments[1:]), round(timeline.segments[0].end * fps))


def earlier(timeline: Timeline, frames: int) -> Timeline:
    """The timeline without its first frames; what began before begins at 0."""
    fps = timeline.fps
    segments = tuple(
        replace(s, start=max(0, round(s.start * fps) - frames) / fps, end=(round(s.end * fps) - frames) / fps)
        for s in timeline.segments
    )
    return Timeline(segments, fps, (round(timeline.duration * fps) - frames) / fps)
