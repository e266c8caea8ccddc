"""Timelines of commands become blocks, and the blocks the same timeline again."""

from __future__ import annotations

import pytest

from api.engine import CommandEngine
from motion_engine.blocks import blocks_of
from motion_engine.placed import arrange
from motion_engine.types import Segment, Timeline

COMMANDS = (
    "wave then run",
    "run while waving the left hand three times",
    "sit down slowly, wave twice, then stand up and bow",
    "turn left 90 degrees, then walk 3 meters, then turn right",
    "sidestep right, then spin to the right",
    "walk backwards while clapping",
    "wave both hands four times",
    "point to the left, then walk slowly for 5 seconds",
    "kneel and at the same time raise both hands",
    "先走路，再跳两下，最后鞠躬",
)


def asked(timeline: Timeline) -> list[tuple[object, ...]]:
    """What was asked for, to the frame, with the edits that can be heard in a command."""

    def row(one: Segment) -> tuple[object, ...]:
        edits = one.edits
        mask = one.mask if one.layer else "full"
        turn = None if edits.turn is None else round(edits.turn, 2)
        times = round(one.start * timeline.fps), round(one.end * timeline.fps)
        return one.action, *times, mask, edits.mirror, edits.symmetric, edits.direction, turn, edits.distance

    return sorted((row(one) for one in timeline.segments if one.phrase), key=str)


@pytest.mark.parametrize("text", COMMANDS)
def test_there_and_back(engine: CommandEngine, text: str) -> None:
    composed = engine.say(text).timeline
    rows = blocks_of(composed, engine.infos)
    assert asked(arrange(rows, engine.infos)) == asked(composed)


def test_a_gesture_in_a_posture_and_what_the_engine_adds(engine: CommandEngine) -> None:
    rows = blocks_of(engine.say("sit down, then bow").timeline, engine.infos)
    assert [placed.call.action for placed in rows[0]] == ["sit", "bow"]  # standing up is added again where it is needed


def test_layers_of_the_same_limbs_share_a_track(engine: CommandEngine) -> None:
    rows = blocks_of(engine.say("run for 6 seconds while waving the left hand, then waving it").timeline, engine.infos)
    masks = [row[0].mask for row in rows]
    assert masks[0] is None and len(set(masks)) == len(masks)


def test_overlapping_layers_get_tracks_of_their_own(engine: CommandEngine) -> None:
    layers = [
        Segment("wave", start, start + 2.0, layer, "left_arm", phrase="wave") for layer, start in ((1, 0), (2, 1))
    ]
    whole = Segment("run", 0.0, 3.0, phrase="run")
    rows = blocks_of(Timeline((whole, *layers), 30.0, 3.0), engine.infos)
    assert [len(row) for row in rows] == [1, 1, 1]
