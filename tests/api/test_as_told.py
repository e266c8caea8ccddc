"""What a command states is what the motion does: metres, degrees, seconds and times, measured on the body."""

from __future__ import annotations

import numpy as np
import pytest

from api.engine import CommandEngine
from motion_engine import quat
from motion_engine.kinematics import body_positions
from motion_engine.types import Array, Clip, canonical_skeleton


def moved(clip: Clip) -> float:
    """Metres along the floor from the first frame to the last."""
    return float(np.linalg.norm((clip.root_position[-1] - clip.root_position[0])[[0, 2]]))


def valleys(path: Array, least: float, apart: int) -> int:
    """How many minima lie below `least`, at least `apart` frames from one another."""
    lows = [i for i in range(1, len(path) - 1) if path[i] < least and path[i - 1] >= path[i] < path[i + 1]]
    return sum(b - a >= apart for a, b in zip([-apart, *lows], lows, strict=False))


@pytest.mark.parametrize("metres", [1, 2.5, 4, 10])
@pytest.mark.parametrize("text", ["walk {} meters", "run {} meters then bow", "wave then walk {} meters then nod"])
def test_distances(engine: CommandEngine, text: str, metres: float) -> None:
    assert moved(engine.say(text.format(metres)).clip) == pytest.approx(metres, rel=0.02)


@pytest.mark.parametrize("way", ["backward", "to the left", "to the right"])
def test_distances_in_another_direction(engine: CommandEngine, way: str) -> None:
    assert moved(engine.say(f"walk 3 meters {way}").clip) == pytest.approx(3.0, rel=0.2 if way != "backward" else 0.02)


@pytest.mark.parametrize("degrees", [30, 90, 135, 180, 270])
@pytest.mark.parametrize(
    "text", ["turn left {} degrees", "turn right {} degrees then wave", "bow then turn left {} degrees"]
)
def test_turns(engine: CommandEngine, text: str, degrees: int) -> None:
    heading = np.unwrap(quat.heading(engine.say(text.format(degrees)).clip.rotation[:, 0].astype(np.float64)))
    sign = -1 if "right" in text else 1
    assert np.degrees(heading[-1] - heading[0]) == pytest.approx(sign * degrees, abs=1.0)


@pytest.mark.parametrize(
    "text", ["wave for {} seconds", "wave for {} seconds then run", "bow then walk for {} seconds"]
)
@pytest.mark.parametrize("seconds", [2.5, 4.1, 9])
def test_durations(engine: CommandEngine, text: str, seconds: float) -> None:
    track = engine.say(text.format(seconds))
    told = next(s for s in track.timeline.segments if s.action == ("walk" if "walk" in text else "wave"))
    assert round(told.end * 30) - round(told.start * 30) == round(seconds * 30)
    assert len(track.clip) == round(track.timeline.duration * 30)


@pytest.mark.parametrize("times", [1, 2, 5, 8])
@pytest.mark.parametrize("text", ["clap {} times", "clap {} times then bow", "walk while clapping {} times"])
def test_claps_are_counted(engine: CommandEngine, text: str, times: int) -> None:
    position = body_positions(engine.say(text.format(times)).clip)
    left, right = (position[:, canonical_skeleton().index(f"{side}_wrist")] for side in ("left", "right"))
    apart = np.linalg.norm(left - right, axis=-1)
    assert valleys(apart, 0.2, apart=6) == times


@pytest.mark.parametrize("times", [1, 2, 4])
@pytest.mark.parametrize(
    ("text", "joint", "sign"),
    [
        ("cheer {} times", "left_wrist", 1),
        ("do {} jumping jacks", "left_wrist", 1),
        ("hop {} times", "pelvis", 1),
        ("bow {} times then walk", "head", -1),
    ],
)
def test_ups_and_downs_are_counted(engine: CommandEngine, text: str, joint: str, sign: int, times: int) -> None:
    track = engine.say(text.format(times))
    height = body_positions(track.clip)[
        : round(track.timeline.segments[0].end * 30), canonical_skeleton().index(joint), 1
    ]
    path = -sign * height
    assert valleys(path, path.min() + 0.2 * np.ptp(path), apart=6) == times


@pytest.mark.parametrize("times", [1, 3, 4])
def test_jumps_are_counted(engine: CommandEngine, times: int) -> None:
    position = body_positions(engine.say(f"bow then jump {times} times").clip)
    toes = position[:, [canonical_skeleton().index(f"{side}_foot") for side in ("left", "right")], 1].min(axis=-1)
    in_air = toes > toes.min() + 0.08
    assert int((np.diff(in_air.astype(int)) == 1).sum()) == times


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("times", [1, 3, 6])
def test_waves_are_counted_on_the_side_that_is_told(engine: CommandEngine, side: str, times: int) -> None:
    clip = engine.say(f"wave the {side} hand {times} times").clip
    position, skeleton = body_positions(clip), canonical_skeleton()
    other = "left" if side == "right" else "right"
    raised = position[:, skeleton.index(f"{side}_wrist"), 1] > position[:, skeleton.index(f"{side}_shoulder"), 1]
    assert raised.any()
    resting = position[:, skeleton.index(f"{other}_wrist"), 1] > position[:, skeleton.index(f"{other}_shoulder"), 1]
    assert not resting.any()
    swing = (position[:, skeleton.index(f"{side}_wrist"), 0] - position[:, skeleton.index(f"{side}_elbow"), 0])[raised]
    inward = swing if side == "left" else -swing
    assert valleys(inward, float(inward.mean()), apart=5) == times
