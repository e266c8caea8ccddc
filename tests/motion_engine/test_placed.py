"""Actions placed by the second, on made-up actions."""

from __future__ import annotations

from itertools import pairwise

import pytest

from motion_engine.errors import BadCommand, LimitExceeded, UnknownAction
from motion_engine.placed import arrange
from motion_engine.types import ActionCall, ActionInfo, Mask, Placed, Segment

ACTIONS = {
    info.name: info
    for info in (
        ActionInfo("idle", 7.0, loop=(0.0, 7.0), cyclic=True),
        ActionInfo("walk", 1.2, loop=(0.0, 1.2), cyclic=True, distance=1.2),
        ActionInfo("jump", 1.8, distance=1.0),
        ActionInfo("wave", 3.0, loop=(1.0, 1.5), mask="right_arm", side="right", cycles=3),
        ActionInfo("clap", 0.5, loop=(0.0, 0.5), mask="arms", cycles=4),
        ActionInfo("nod", 1.0, mask="head"),
        ActionInfo("sit", 2.0, end_posture="sit"),
        ActionInfo("sit_still", 4.0, loop=(0.0, 4.0), cyclic=True, start_posture="sit", end_posture="sit"),
        ActionInfo("stand_up", 1.5, start_posture="sit"),
        ActionInfo("lie_down", 2.0, end_posture="lie"),
        ActionInfo("get_up", 3.0, start_posture="lie"),
    )
}


def at(action: str, start: float, duration: float | None = None, mask: Mask | None = None, **more: object) -> Placed:
    return Placed(ActionCall(action, action, duration=duration, **more), start, mask)  # type: ignore[arg-type]


def told(*tracks: list[Placed], fps: float = 30.0) -> list[tuple[str, float, float]]:
    timeline = arrange(tracks, ACTIONS, fps=fps)
    base = [segment for segment in timeline.segments if segment.layer == 0]
    assert base[0].start == 0.0 and base[-1].end == timeline.duration
    for one, following in pairwise(base):
        assert one.end == following.start
    assert all(segment.exact for segment in timeline.segments)
    assert all(abs(x * fps - round(x * fps)) < 1e-9 for s in timeline.segments for x in (s.start, s.end))
    return [(s.action, round(s.start, 3), round(s.end, 3)) for s in timeline.segments]


def layer(*tracks: list[Placed]) -> Segment:
    return next(s for s in arrange(tracks, ACTIONS).segments if s.layer == 1)


def test_gaps_are_filled_by_standing_still() -> None:
    assert told([at("jump", 5.0), at("walk", 1.0, 2.0)]) == [
        ("idle", 0.0, 1.0),
        ("walk", 1.0, 3.0),
        ("idle", 3.0, 5.0),
        ("jump", 5.0, 6.8),
    ]


def test_lengths_are_to_the_frame() -> None:
    assert told([at("walk", 0.0, 1.01), at("jump", 1.01, 1.0)], fps=24) == [("walk", 0, 1.0), ("jump", 1.0, 2.0)]


def test_layers_play_when_they_are_placed() -> None:
    assert told([at("walk", 0.0, 4.0)], [at("wave", 1.0, 1.5)]) == [("walk", 0, 4), ("wave", 1.0, 2.5)]
    assert told([], [at("nod", 1.0)]) == [("idle", 0.0, 2.0), ("nod", 1.0, 2.0)]
    assert told([at("walk", 0.0, 1.2)], [at("nod", 2.0)])[1] == ("idle", 1.2, 3.0)


def test_postures_are_kept_and_changed_in_the_gap() -> None:
    assert told([at("sit", 0.0), at("walk", 5.0, 1.2)]) == [
        ("sit", 0.0, 2.0),
        ("sit_still", 2.0, 3.5),
        ("stand_up", 3.5, 5.0),
        ("walk", 5.0, 6.2),
    ]
    assert told([at("sit", 0.0, 3.0)]) == [("sit", 0.0, 2.0), ("sit_still", 2.0, 3.0)]
    assert told([at("stand_up", 1.0)]) == [("sit_still", 0.0, 1.0), ("stand_up", 1.0, 2.5)]


def test_gestures_are_made_in_the_posture_that_the_body_is_in() -> None:
    assert told([at("sit", 0.0), at("wave", 3.0, 2.0), at("walk", 7.0, 1.2)], [at("nod", 3.0)]) == [
        ("sit", 0.0, 2.0),
        ("sit_still", 2.0, 5.5),
        ("stand_up", 5.5, 7.0),
        ("walk", 7.0, 8.2),
        ("wave", 3.0, 5.0),
        ("nod", 3.0, 4.0),
    ]
    segments = arrange([[at("sit", 0.0), at("wave", 3.0, 2.0)], [at("nod", 3.0)]], ACTIONS).segments
    assert [(s.action, s.layer, s.mask) for s in segments[2:]] == [("wave", 1, "right_arm"), ("nod", 2, "head")]


def test_nobody_gets_up_in_the_middle_of_a_gesture() -> None:
    with pytest.raises(BadCommand, match=r"stand up, which takes 1.5 s. Begin it at 6.5 s"):
        told([at("sit", 0.0), at("wave", 3.0, 2.0), at("walk", 6.0, 1.2)])


def test_a_posture_without_an_action_of_its_own_is_held() -> None:
    assert told([at("lie_down", 0.0), at("walk", 7.0, 1.2)]) == [
        ("lie_down", 0.0, 2.0),
        ("lie_down", 2.0, 4.0),
        ("get_up", 4.0, 7.0),
        ("walk", 7.0, 8.2),
    ]
    lying = arrange([[at("lie_down", 0.0), at("walk", 7.0, 1.2)]], ACTIONS).segments[:2]
    assert [segment.edits.held for segment in lying] == [None, "last"]
    before = arrange([[at("get_up", 2.0)]], ACTIONS).segments[0]
    assert (before.action, before.end, before.edits.held) == ("get_up", 2.0, "first")


def test_in_a_moment_nobody_stops() -> None:
    assert told([at("walk", 0.2, 2.0), at("jump", 2.4)], [at("nod", 3.3)])[:5] == [
        ("walk", 0.0, 0.2),
        ("walk", 0.2, 2.2),
        ("walk", 2.2, 2.4),
        ("jump", 2.4, 4.2),
        ("jump", 4.2, 4.3),
    ]
    assert told([at("walk", 0.0, 2.0), at("jump", 2.5)])[1] == ("idle", 2.0, 2.5)


def test_what_touches_between_two_frames_neither_overlaps_nor_leaves_a_gap() -> None:
    for start, end in ((0.7, 2.9), (5.3, 15.38), (6.415, 14.78), (1.1, 6.22)):
        placed = told([at("walk", start, end - start), at("walk", end, 2.0)], fps=25)
        assert [name for name, _, _ in placed] == ["idle", "walk", "walk"]


def test_no_time_to_get_up_is_told_with_the_time_it_takes() -> None:
    with pytest.raises(BadCommand, match=r"walk at 3 s .* stand up, which takes 1.5 s. Begin it at 3.5 s"):
        told([at("sit", 0.0), at("walk", 3.0, 1.2)])


def test_what_overlaps_on_one_track_is_refused() -> None:
    for tracks in ([[at("walk", 0.0, 3.0), at("jump", 2.0)]], [[], [at("nod", 0.0), at("wave", 0.9)]]):
        with pytest.raises(BadCommand, match="on the same track"):
            told(*tracks)
    assert told([at("walk", 0.0, 3.0), at("jump", 3.0)])[1] == ("jump", 3.0, 4.8)


def test_what_is_covered_says_so() -> None:
    segment = layer([at("walk", 0.0, 5.0)], [at("wave", 0.5, 3.0)], [at("clap", 2.0, 2.0)])
    assert segment.note == "clap has the right arm from 2 to 3.5 s"
    assert not layer([at("walk", 0.0, 5.0)], [at("wave", 0.5, 1.5)], [at("clap", 2.0, 2.0)]).note
    assert not layer([at("walk", 0.0, 5.0)], [at("wave", 0.5, 3.0, side="left")], [at("nod", 2.0)]).note


def test_a_gesture_that_moves_the_body_says_what_is_covered() -> None:
    segments = arrange([[at("wave", 0.0, 3.0)], [at("clap", 1.0, 1.0)]], ACTIONS).segments
    assert segments[0].note == "clap has the right arm from 1 to 2 s"
    segments = arrange([[at("wave", 0.0, 3.0, side="left")], [at("clap", 1.0, 1.0)]], ACTIONS).segments
    assert segments[0].note == "clap has the left arm from 1 to 2 s"


def test_too_short_says_how_long_at_that_rate() -> None:
    for fps, least in ((30.0, "0.1 s"), (10.0, "0.2 s")):
        with pytest.raises(BadCommand, match=f"give it {least} at least"):
            told([at("walk", 0.0, 0.05)], fps=fps)


def test_masks_sides_and_whole_bodies_as_layers() -> None:
    assert layer([at("walk", 0.0, 3.0)], [at("wave", 0.0, side="left")]).mask == "left_arm"
    assert layer([at("walk", 0.0, 3.0)], [at("wave", 0.0, mask="upper")]).mask == "upper"
    left = layer([at("walk", 0.0, 3.0)], [at("wave", 0.0, mask="left_arm")])
    right = layer([at("walk", 0.0, 3.0)], [at("wave", 0.0, mask="right_arm")])
    stated = layer([at("walk", 0.0, 3.0)], [at("wave", 0.0, mask="left_arm", side="right")])
    assert (left.edits.mirror, right.edits.mirror, stated.edits.mirror) == (True, False, False)
    jump = layer([at("walk", 0.0, 3.0)], [at("jump", 0.0)])
    assert jump.mask == "upper" and jump.note == "its upper body"


@pytest.mark.parametrize(
    ("tracks", "error"),
    [
        ([], BadCommand),
        ([[], []], BadCommand),
        ([[at("fly", 0.0)]], UnknownAction),
        ([[at("walk", 0.0, 0.05)]], BadCommand),
        ([[at("jump", 0.0, 0.3)]], BadCommand),
        ([[at("jump", 0.0, distance=1.0, repetitions=0)]], BadCommand),
        ([[at("walk", 0.0, 4000.0)]], LimitExceeded),
        ([[at("walk", 3599.0, 3.0)]], LimitExceeded),
    ],
)
def test_what_cannot_be(tracks: list[list[Placed]], error: type[Exception]) -> None:
    with pytest.raises(error):
        arrange(tracks, ACTIONS)


def test_without_anything_to_do_nothing_with_a_pose_is_held() -> None:
    actions = {name: info for name, info in ACTIONS.items() if name not in ("idle", "sit_still")}
    with pytest.raises(BadCommand, match=r"from 0 to 3 s yourself"):
        arrange([[], [at("nod", 2.0)]], actions)
    assert arrange([[at("jump", 0.0), at("walk", 4.0)]], actions).segments[1].edits.held == "last"
    assert arrange([[at("jump", 0.0), at("walk", 1.8)]], actions).segments[1].action == "walk"
