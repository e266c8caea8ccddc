from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from action_library import starter
from action_library.facts import Facts, facts
from action_library.ingest import ingest
from motion_engine import clips as edit
from motion_engine import quat
from motion_engine.types import Clip, canonical_skeleton

BANDAI = Path(__file__).parents[2] / "../shared/mocap/bandai"
OTHER = {"left": "right", "right": "left", None: None}


@pytest.fixture(scope="module")
def starters() -> dict[str, tuple[Facts, Clip]]:
    if starter.mocap_folder() is None:
        pytest.skip("the package pybullet is not installed")
    made = starter.make(starter.missing_units(())).made
    return {action.name: (facts(clip, cyclic=action.cyclic), clip) for action, clip in made}


def captured(name: str) -> tuple[Facts, Clip]:
    path = BANDAI / f"{name}.bvh"
    if not path.exists():
        pytest.skip("there is no ../shared/mocap")
    action, clip = ingest(path, name="x")
    return facts(clip, cyclic=action.cyclic), clip


def gait(way: float, turn: float = 0.0, frames: int = 90) -> Clip:
    """Swinging legs with a period of 1 s; it goes `way` radians from ahead at 1 m/s while it turns by `turn`."""
    skeleton = canonical_skeleton()
    rotation = np.tile(quat.IDENTITY, (frames, 52, 1))
    swing = 0.5 * np.sin(2.0 * np.pi * np.arange(frames) / 30.0)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        rotation[:, skeleton.index(f"{side}_hip")] = quat.from_axis_angle("x", sign * swing)
    heading = np.linspace(0.0, turn, frames)
    rotation[:, 0] = quat.from_axis_angle("y", heading)
    step = quat.rotate(quat.from_axis_angle("y", heading + way), np.array([0.0, 0.0, 1.0 / 30.0]))
    root = skeleton.offsets[0] + np.cumsum(step, axis=0) - step[0]
    return Clip(skeleton, 30.0, root, rotation, np.zeros((frames, 4), dtype=bool))


@pytest.mark.parametrize(
    ("degrees", "direction"), [(0, "forward"), (30, "forward"), (90, "left"), (-90, "right"), (180, "backward")]
)
def test_where_it_goes_is_seen_from_the_heading(degrees: float, direction: str) -> None:
    clip = gait(np.radians(degrees))
    facing = edit.place(clip, np.zeros(3), 2.0, pivot=clip.root_position[0], own_heading=0.0)
    for found in (facts(clip, cyclic=False), facts(facing, cyclic=False)):
        assert found.direction == direction
        assert found.distance == pytest.approx(89 / 30, rel=0.01)
        assert found.speed == pytest.approx(1.0, rel=0.03)
        assert found.repeats == pytest.approx(1.0, abs=0.04)
        assert found.parts == ("left_leg", "right_leg")
        assert {"travels", direction, "repeats", "legs"} <= set(found.tags())


def test_a_circle_is_a_way_forward() -> None:
    found = facts(gait(0.0, turn=2.0 * np.pi, frames=180), cyclic=False)
    assert found.direction == "forward"
    assert found.distance == pytest.approx(179 / 30, rel=0.02)
    assert found.turn == pytest.approx(2.0 * np.pi, rel=0.02)
    assert found.sentence() == ("Travels 6.0 m forward at walking pace, turning left by 360°; repeats every 1.0 s.")
    assert found.sentence_zh() == "向前移动6.0米，步行速度，左转360度，每1.0秒重复一次。"


def test_a_cycle_goes_on_to_the_next_and_repeats_as_a_whole() -> None:
    found = facts(gait(0.0, frames=30), cyclic=True)
    assert found.distance == pytest.approx(1.0, rel=0.01)
    assert found.repeats is None
    assert "cyclic" in found.tags()
    assert "repeats every 1.0 s" in found.sentence()


@pytest.mark.parametrize("frames", [1, 2, 3, 60])
def test_what_stands_still(make: Any, frames: int) -> None:
    found = facts(make.clip(frames), cyclic=False)
    assert found.still
    assert found.parts == ()
    assert found.repeats is None
    assert found.tags() == ("in place", "still")
    assert (found.sentence(), found.sentence_zh()) == ("Hardly moves.", "几乎不动。")


@settings(max_examples=8, deadline=None, derandomize=True)
@given(x=st.floats(-20, 20), z=st.floats(-20, 20), heading=st.floats(-3, 3))
def test_where_it_happens_does_not_matter(x: float, z: float, heading: float) -> None:
    clip = gait(0.5, turn=1.0)
    moved = edit.place(clip, np.array([x, 0.0, z]), heading, pivot=clip.root_position[0], own_heading=0.0)
    one, other = facts(clip, cyclic=False), facts(moved, cyclic=False)
    assert one.tags() == other.tags()
    assert (one.distance, one.turn) == pytest.approx((other.distance, other.turn), abs=1e-3)


def test_the_starter_library(starters: dict[str, tuple[Facts, Clip]]) -> None:
    found = {name: both[0] for name, both in starters.items()}
    jumps = {name for name, one in found.items() if one.airborne}
    assert {"jump", "backflip", "spin_kick", "hop"} <= jumps
    assert not jumps & {"run", "walk", "cartwheel", "crawl", "get_up", "march", "sit", "bow"}
    assert {name for name, one in found.items() if one.low == "lying"} >= {"lie_down", "lie_face_down", "get_up"}
    assert {found[name].low for name in ("sit", "sit_still", "stand_up", "kneel", "crouch")} == {"crouching"}
    assert found["roll"].low == "floor"
    assert not any(found[name].low for name in ("walk", "run", "jump", "kick", "bow", "wave"))
    assert (found["sit"].starts_low, found["sit"].ends_low) == (False, True)
    assert (found["stand_up"].starts_low, found["stand_up"].ends_low) == (True, False)
    assert {found[name].side for name in ("wave", "point", "salute", "raise_hand", "kick")} == {"right"}
    assert not any(found[name].side for name in ("walk", "bow", "clap", "cheer", "jumping_jack"))
    assert {found[name].parts for name in ("nod", "shake_head", "look_around")} == {("head",)}
    assert found["run"].energy == "fast" and found["wave"].energy == "calm" and found["walk"].energy == "lively"
    assert all(found[name].still for name in ("idle", "sit_still", "kneel_still"))
    assert {found[name].direction for name in ("walk", "run", "crawl", "jump")} == {"forward"}
    assert found["backflip"].direction == "backward"
    assert "turns left" in found["walk_turn_left"].tags() and "turns right" in found["walk_turn_right"].tags()
    assert found["lie_down"].sentence().startswith("Travels 0.9 m backward; goes down into a lying pose; both arms")


def test_a_mirror_swaps_the_sides(starters: dict[str, tuple[Facts, Clip]]) -> None:
    swap = {"left": "right", "right": "left"}
    for name in ("wave", "kick", "walk_turn_left", "cartwheel", "punch", "bow"):
        one, clip = starters[name]
        other = facts(edit.mirror(clip), cyclic=one.cyclic)
        mirrored = {swap.get(p.split("_")[0], p.split("_")[0]) + p[len(p.split("_")[0]) :] for p in one.parts}
        assert set(other.parts) == mirrored
        assert other.side == OTHER[one.side]
        assert other.direction == (swap.get(one.direction, one.direction) if one.direction else None)
        assert other.turn == pytest.approx(-one.turn, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("dataset-1_walk-back_normal_001", {"travels", "backward", "cyclic", "legs"}),
        ("dataset-2_walk-turn-right_normal_003", {"travels", "forward", "turns right", "repeats", "both arms"}),
        ("dataset-2_wave-left-hand_normal_003", {"in place", "repeats", "left arm"}),
        ("dataset-2_raise-up-right-hand_normal_002", {"in place", "right arm", "calm"}),
        ("dataset-2_wave-both-hands_active_001", {"in place", "repeats", "both arms"}),
    ],
)
def test_captures(name: str, tags: set[str]) -> None:
    found, _ = captured(name)
    assert tags <= set(found.tags())
    assert "jumps" not in found.tags() and "low" not in found.tags()


def test_a_walk_in_words() -> None:
    found, _ = captured("dataset-2_walk-turn-left_normal_001")
    assert found.sentence() == (
        "Travels 3.4 m forward at walking pace, turning left by 104°; both arms swing; repeats every 1.1 s."
    )
    assert found.sentence_zh() == "向前移动3.4米，步行速度，左转104度，双臂摆动，每1.1秒重复一次。"
