"""The real starter library: every document and every clip of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from action_library import starter
from action_library.action import Action
from action_library.library import Library
from motion_engine import quat
from motion_engine.clips import heading_curve
from motion_engine.compose import compose
from motion_engine.errors import LibraryUnavailable
from motion_engine.kinematics import fk, sole_points
from motion_engine.schedule import schedule
from motion_engine.types import ActionCall, Array, Clip, Plan, Segment, Side, Step, canonical_skeleton

MOCAP = {
    *("walk", "run", "jump", "kick", "punch", "spin", "spin_kick", "roll", "cartwheel", "backflip", "crawl"),
    *("dance", "dance_b", "get_up", "get_up_face_down", "walk_forward"),
    *("walk_turn_left", "walk_turn_left_tight", "walk_turn_right", "walk_turn_right_tight"),
}
BACKWARDS = {"lie_down", "lie_face_down", "fall"}  # two of the clips played backwards
AFLOAT = {"swim"}
NAMES = sorted(MOCAP | BACKWARDS | {path.stem for path in starter.scripts()})


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    steps: list[tuple[int, int, str]] = []
    filled = Library.open(tmp_path_factory.mktemp("starter") / "l.sqlite", progress=lambda *step: steps.append(step))
    assert [done for done, _, _ in steps] == list(range(len(NAMES) + 1))
    assert {total for _, total, _ in steps} == {len(NAMES)}
    yield filled
    filled.close()


@pytest.fixture(scope="module")
def actions(library: Library) -> dict[str, Action]:
    return {action.name: action for action in library.actions()}


def test_everything_is_there(library: Library, actions: dict[str, Action]) -> None:
    assert library.notes == ()
    assert sorted(actions) == NAMES
    assert len(MOCAP) == 20
    wanted = (
        "idle walk run sneak march skip limp crawl climb swim sidestep turn jump hop roll cartwheel backflip spin wave "
        "point clap bow nod shake_head shrug salute raise_hand thumbs_up beckon cheer pray blow_kiss cross_arms "
        "hands_on_hips facepalm think look_around stretch yawn cry laugh sit stand_up crouch kneel squat lie_down "
        "get_up fall jumping_jack punch kick spin_kick block throw catch pick_up push pull lift drink phone_call "
        "dance tai_chi"
    )
    assert set(wanted.split()) <= set(NAMES)
    assert len(NAMES) >= 60


@pytest.mark.parametrize("name", NAMES)
def test_documents_say_all(actions: dict[str, Action], name: str) -> None:
    action = actions[name]
    assert len(action.description) > 15
    assert len(action.aliases["en"]) >= 2
    assert len(action.aliases["zh"]) >= 2
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in alias) for alias in action.aliases["zh"])
    assert all(alias.isascii() for alias in action.aliases["en"])
    assert action.tags
    assert action.source != "unknown"
    assert action.licence in ("MIT", "Apache-2.0")
    assert action.licence == ("MIT" if name in MOCAP | BACKWARDS else "Apache-2.0")


def test_no_alias_of_a_clip_names_another_action(actions: dict[str, Action]) -> None:
    seen: dict[str, str] = {name.replace("_", " "): name for name in actions}
    twice = []
    for action in actions.values():
        for alias in (*action.aliases["en"], *action.aliases["zh"]):
            other = seen.setdefault(alias.casefold(), action.name)
            if other != action.name and {other, action.name} & MOCAP:
                twice.append((alias, other, action.name))
    assert twice == []


@pytest.mark.parametrize("name", NAMES)
def test_clips_are_sound(library: Library, actions: dict[str, Action], name: str) -> None:
    clip, action = library.clip(name), actions[name]
    assert clip.skeleton.names == canonical_skeleton().names
    assert clip.fps == 30.0
    assert (len(clip), clip.duration) == (action.frames, action.duration)
    assert np.allclose(np.linalg.norm(clip.rotation, axis=-1), 1.0, atol=1e-5)
    position, world = fk(clip.skeleton, clip.root_position.astype(float), clip.rotation.astype(float))
    soles = sole_points(clip.skeleton, position, world)[..., 1]
    assert soles.min() > -0.01
    assert soles.min() < 0.05 or name in AFLOAT
    assert clip.root_position[:, 1].max() < 2.0


@pytest.mark.parametrize(("name", "distance"), [("walk", 1.2), ("run", 2.8), ("walk_forward", 1.2), ("crawl", 0.7)])
def test_gaits_are_cycles(library: Library, actions: dict[str, Action], name: str, distance: float) -> None:
    clip, action = library.clip(name), actions[name]
    assert action.cyclic
    assert action.loop == (0.0, action.duration)
    assert action.turn == 0.0
    assert action.distance == pytest.approx(distance, abs=0.15)
    position, _ = fk(clip.skeleton, clip.root_position.astype(float) * (0, 1, 0), clip.rotation.astype(float))
    step = np.linalg.norm(np.diff(position, axis=0), axis=-1).mean(axis=-1)
    seam = np.linalg.norm(position[0] - position[-1], axis=-1).mean()
    assert seam < 1.3 * step.max()


@pytest.mark.parametrize(
    ("name", "degrees"),
    [
        ("walk_turn_left", 31),
        ("walk_turn_left_tight", 57),
        ("walk_turn_right", -54),
        ("walk_turn_right_tight", -102),
        ("kick", 0),
        ("spin_kick", 360),
        ("cartwheel", 0),
        ("roll", 0),
        ("backflip", 0),
    ],
)
def test_turns(actions: dict[str, Action], name: str, degrees: float) -> None:
    assert np.degrees(actions[name].turn) == pytest.approx(degrees, abs=4)


@pytest.mark.parametrize(("name", "limb"), [("kick", "foot"), ("punch", "wrist")])
def test_one_strike_with_the_right_side(library: Library, actions: dict[str, Action], name: str, limb: str) -> None:
    assert actions[name].side == "right"
    clip = library.clip(name)
    position, _ = fk(clip.skeleton, clip.root_position.astype(float), clip.rotation.astype(float))
    reach = {
        side: np.linalg.norm((position[:, clip.skeleton.index(f"{side}_{limb}")] - position[:, 0])[:, [0, 2]], axis=-1)
        for side in ("left", "right")
    }
    assert reach["right"].max() > 1.3 * reach["left"].max()
    far = reach["right"] > 0.8 * reach["right"].max()
    assert np.count_nonzero(np.diff(far.astype(int)) == 1) == 1


def _layered(library: Library, base: str, layer: str, side: Side) -> tuple[Segment, Clip, dict[str, Array]]:
    """The layer's segment, the motion, and its joints `(T, 3)` seen from the heading: left, up, ahead."""
    infos = library.infos()
    plan = Plan("", "en", (Step((ActionCall(base, base), ActionCall(layer, layer, side=side))),))
    track = compose(schedule(plan, infos), {name: library.clip(name) for name in (base, layer)}, infos)
    clip = track.clip
    position, world = fk(clip.skeleton, clip.root_position.astype(float), clip.rotation.astype(float))
    away = quat.from_axis_angle("y", -heading_curve(clip))[:, None]
    seen = quat.rotate(away, position - position[:, :1])
    tip = clip.skeleton.index(f"{side}_middle3")
    points = {name: seen[:, joint] for joint, name in enumerate(clip.skeleton.names)}
    palm = quat.rotate(away[:, 0], quat.rotate(world[:, clip.skeleton.index(f"{side}_wrist")], np.array([0, -1.0, 0])))
    points |= {"tip": seen[:, tip], "palm": palm}
    return track.timeline.segments[-1], clip, points


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("base", ["walk", "run", "walk_turn_left"])
def test_a_wave_is_beside_the_head_whatever_the_body_does(library: Library, base: str, side: Side) -> None:
    segment, clip, at = _layered(library, base, "wave", side)
    shown = slice(round((segment.start + 0.85) * clip.fps), round((segment.end - 0.9) * clip.fps))
    out = 1.0 if side == "left" else -1.0
    assert (out * (at["tip"] - at["head"])[shown, 0]).min() > 0.16
    assert (at[f"{side}_wrist"] - at[f"{side}_shoulder"])[shown, 1].min() > 0.08
    assert (at["tip"] - at["head"])[shown, 1].min() > 0.0
    assert at["palm"][shown, 2].min() > 0.7


@pytest.mark.parametrize("base", ["walk", "run"])
def test_who_points_stretches_the_arm_ahead_most_of_the_time(library: Library, base: str) -> None:
    segment, clip, at = _layered(library, base, "point", "right")
    shown = slice(round(segment.start * clip.fps), round(segment.end * clip.fps))
    arm = (at["right_wrist"] - at["right_shoulder"])[shown]
    length = np.linalg.norm(arm, axis=-1)
    level, ahead = np.abs(arm[:, 1]) < np.sin(np.radians(20.0)) * length, arm[:, 2] > np.cos(np.radians(25.0)) * length
    assert (level & ahead & (length > 0.85 * 0.52)).mean() > 0.6


def test_a_kick_comes_back_to_where_it_began(library: Library) -> None:
    clip = library.clip("kick")
    heading = heading_curve(clip)
    position, _ = fk(clip.skeleton, clip.root_position.astype(float), clip.rotation.astype(float))
    foot = position[:, clip.skeleton.index("right_foot"), 1]
    assert foot.max() > 1.1
    assert foot[[0, -1]].max() < 0.1
    assert abs(heading[-1] - heading[0]) < np.radians(20.0)
    assert np.abs(position[-1] - position[0]).max() < 0.02


@pytest.mark.parametrize("name", ["cartwheel", "crawl", "get_up", "get_up_face_down", "roll"])
def test_hands_that_bear_are_on_the_floor_and_not_in_it(library: Library, name: str) -> None:
    clip = library.clip(name)
    skeleton = clip.skeleton
    position, world = fk(skeleton, clip.root_position.astype(float), clip.rotation.astype(float))
    last = [i for i, joint in enumerate(skeleton.names) if joint.endswith(("index3", "middle3", "ring3", "pinky3"))]
    tips = position[:, last] + quat.rotate(world[:, last], 0.9 * skeleton.offsets[last])
    assert tips[..., 1].min() > (-0.02 if name == "crawl" else -0.01)  # crawling, a few frames are deeper
    assert tips[..., 1].min() < 0.05


def test_those_who_lie_get_up(library: Library, actions: dict[str, Action]) -> None:
    for name, posture in (("get_up", "lie_face_up"), ("get_up_face_down", "lie_face_down")):
        clip, action = library.clip(name), actions[name]
        assert (action.start_posture, action.end_posture) == (posture, "stand")
        assert clip.root_position[0, 1] < 0.3
        assert clip.root_position[-1, 1] > 0.7


def test_without_pybullet_gestures_remain_and_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(starter, "mocap_folder", lambda: None)
    monkeypatch.setattr(starter, "scripts", lambda real=starter.scripts: real()[:2])
    library = Library.open(tmp_path / "l.sqlite")
    assert len(library.actions()) == 2
    assert "pip install pybullet==3.2.7" in library.notes[0]
    again = Library.open(tmp_path / "l.sqlite")
    assert again.notes == library.notes
    monkeypatch.undo()
    assert starter.missing_units(["mocap-1"]) != []
    later = Library.open(tmp_path / "l.sqlite")
    assert {action.name for action in later.actions()} > MOCAP
    assert later.notes == ()


def test_a_file_that_cannot_be_used_is_noted_and_tried_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    good, bad = tmp_path / "idle.yaml", tmp_path / "bad.yaml"
    good.write_bytes(next(path for path in starter.scripts() if path.stem == "idle").read_bytes())
    bad.write_text("name: bad")
    monkeypatch.setattr(starter, "scripts", lambda: [bad, good])
    made = starter.make(["bad.yaml", "idle.yaml"])
    assert [action.name for action, _ in made.made] == ["idle"]
    assert made.units == ("idle.yaml",)
    assert "bad is missing" in made.notes[0]


def test_a_damaged_list_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for text in ("a: [", "actions: 3", "", "common: 1\nactions: [1]"):
        (tmp_path / "starter.yaml").write_text(text)
        monkeypatch.setattr(starter, "data_path", tmp_path.joinpath)
        with pytest.raises(LibraryUnavailable, match="is damaged"):
            starter.mocap_entries()
