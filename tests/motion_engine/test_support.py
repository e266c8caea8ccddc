"""Hands and feet come to where the source has them, though bodies are built differently."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from motion_engine import quat
from motion_engine.clips import resample
from motion_engine.formats.deepmimic import read_deepmimic
from motion_engine.kinematics import fk, sole_points
from motion_engine.onto import onto
from motion_engine.retarget import retarget
from motion_engine.support import floor_height, lift, weights
from motion_engine.types import Array, Clip, Skeleton, canonical_skeleton


def deepmimic(name: str) -> Clip:
    import pybullet_data

    path = Path(pybullet_data.getDataPath()) / "data" / "motions" / f"humanoid3d_{name}.txt"
    return resample(read_deepmimic(path), 30.0)


def at(clip: Clip, name: str) -> Array:
    position, _ = fk(clip.skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    return position[:, clip.skeleton.index(name)]


def built_otherwise(factor: dict[str, float]) -> Skeleton:
    """Our skeleton with some bones longer or shorter, and names by which it is not taken for ours."""
    ours = canonical_skeleton()
    offsets = ours.offsets.copy()
    for joint, name in enumerate(ours.names):
        offsets[joint] *= factor.get(name.partition("_")[2] or name, 1.0)
    return Skeleton(tuple(name.title() for name in ours.names), ours.parents, offsets)


def clap(frames: int = 90) -> Clip:
    """Somebody with narrow shoulders and short arms who claps: the wrists come together and part three times."""
    skeleton = built_otherwise({"shoulder": 0.6, "elbow": 0.85, "wrist": 0.85})
    rotation = np.tile(quat.IDENTITY, (frames, 52, 1))
    together = 0.5 - 0.5 * np.cos(np.linspace(0, 6 * np.pi, frames))
    for side, sign in (("Left", -1.0), ("Right", 1.0)):
        upper = quat.from_axis_angle("y", sign * np.full(frames, 1.2))
        down = quat.from_axis_angle("z", sign * np.full(frames, 0.5))
        rotation[:, skeleton.index(f"{side}_Shoulder")] = quat.mul(upper, down)
        bend = 0.2 + 1.08 * together
        rotation[:, skeleton.index(f"{side}_Elbow")] = quat.from_axis_angle("y", sign * bend)
    root = np.tile(skeleton.offsets[0], (frames, 1))
    return Clip(skeleton, 30.0, root, rotation, np.zeros((frames, 4), dtype=bool))


def test_hands_that_clap_meet() -> None:
    source = clap()
    result = retarget(source)
    gap = np.linalg.norm(at(source, "Left_Wrist") - at(source, "Right_Wrist"), axis=-1)
    ours = np.linalg.norm(at(result, "left_wrist") - at(result, "right_wrist"), axis=-1)
    assert gap.min() < 0.08 and gap.max() > 0.3  # it is a clap
    touching = gap < 0.085
    assert touching.any() and np.abs(ours - gap)[touching].max() < 0.02
    speed = quat.angle_between(result.rotation[1:, :22], result.rotation[:-1, :22]) * 30.0
    assert np.degrees(speed.max()) < 600  # no elbow pops


@pytest.mark.parametrize("name", ["crawl", "cartwheel", "getup_facedown"])
def test_hands_on_the_floor(name: str) -> None:
    source = deepmimic(name)
    result = retarget(source)
    down = 0
    for side in ("left", "right"):
        theirs, ours = at(source, f"{side}_wrist")[:, 1], at(result, f"{side}_wrist")[:, 1]
        low = theirs < np.quantile(theirs, 0.02) + 0.04
        down += int(low.sum())
        assert (ours[low] < 0.16).mean() > 0.9 and ours.min() > 0.0
        tips = at(result, f"{side}_middle3")[:, 1]
        assert tips.min() > -0.035  # they turn on the floor within a tenth of a second
    assert down > 10


def test_planted_hands_stay_where_they_are() -> None:
    """Somebody leans on both hands and sways: the hands do not slide though the arms are longer than the source's."""
    source = deepmimic("crawl")
    result = retarget(source)
    for side in ("left", "right"):
        theirs, ours = at(source, f"{side}_wrist"), at(result, f"{side}_wrist")
        slow = np.linalg.norm(np.gradient(theirs, axis=0), axis=-1) * 30 < 0.15
        low = theirs[:, 1] < theirs[:, 1].min() + 0.08
        planted = (slow & low)[1:-1]
        if planted.sum() > 5:
            speed = np.linalg.norm((np.gradient(ours, axis=0) * (1, 0, 1)), axis=-1)[1:-1] * 30
            assert np.median(speed[planted]) < 0.2


def test_the_floor_is_where_the_lowest_joints_are() -> None:
    position, _ = fk(canonical_skeleton(), canonical_skeleton().offsets[0], np.tile(quat.IDENTITY, (52, 1)))
    standing = {name: np.tile(position[j] + (0, 3.0, 0), (20, 1)) for j, name in enumerate(canonical_skeleton().names)}
    assert floor_height(standing) == pytest.approx(3.0, abs=0.002)


def test_only_what_bears_the_body_raises_it() -> None:
    wanted = {"left_wrist": np.array([[0.0, 0.03, 0.0]]), "left_ankle": np.array([[0.0, 0.9, 0.0]])}
    found = {name: path - (0, 0.1, 0) for name, path in wanted.items()}
    weight = weights(wanted)
    assert weight["left_wrist"] == pytest.approx(1.0) and weight["left_ankle"] == pytest.approx(0.0)
    assert lift(wanted, found, weight) == pytest.approx(0.1)
    both = {name: path * (1, 0, 1) + (0, 0.03, 0) for name, path in wanted.items()}
    assert lift(both, {name: path - (0, 0.1, 0) for name, path in both.items()}, weights(both)) == pytest.approx(0.05)


def test_hands_down_there_and_back() -> None:
    source = deepmimic("cartwheel")
    back = onto(retarget(source), source)
    lowest = min(float(at(back, f"{side}_wrist")[:, 1].min()) for side in ("left", "right"))
    assert abs(lowest - 0.04) < 0.06


def test_no_sole_is_in_the_floor() -> None:
    result = retarget(deepmimic("roll"))
    position, world = fk(result.skeleton, result.root_position.astype(np.float64), result.rotation.astype(np.float64))
    assert sole_points(result.skeleton, position, world)[..., 1].min() > -0.005
