from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.formats.bvh import read_bvh, write_bvh
from motion_engine.formats.deepmimic import deepmimic_skeleton, read_deepmimic
from motion_engine.humanoid import find_limbs
from motion_engine.kinematics import fk, sole_points
from motion_engine.retarget import relaxed_hand, retarget
from motion_engine.types import Array, Clip, Skeleton, canonical_skeleton

MOCAP = Path(__file__).parents[2] / "../shared/mocap"
needs_mocap = pytest.mark.skipif(not MOCAP.is_dir(), reason="../shared/mocap is not there")
BONES = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
DEEPMIMIC = (
    *("backflip", "cartwheel", "crawl", "dance_a", "dance_b", "getup_facedown", "getup_faceup", "jump", "kick"),
    *("punch", "roll", "run", "spin", "spinkick", "walk"),
    *("walker/0walk_forward", "walker/turn_left0", "walker/turn_left1", "walker/turn_right0", "walker/turn_right1"),
)
REAL = (
    *(
        f"animated_drawings/{name}"
        for name in ("dab", "jesse_dance", "jumping", "jumping_jacks", "wave_hello", "zombie")
    ),
    *(f"bandai/dataset-1_{name}_001" for name in ("walk_normal", "bow_happy", "kick_normal", "dash_normal")),
    *(f"bandai/dataset-2_{name}_001" for name in ("wave-right-hand_normal", "walk-turn-left_normal")),
)


@lru_cache(maxsize=40)
def deepmimic(name: str) -> tuple[Clip, Clip]:
    import pybullet_data

    file = name if "/" in name else f"humanoid3d_{name}"
    clip = read_deepmimic(Path(pybullet_data.getDataPath()) / "data" / "motions" / f"{file}.txt")
    return clip, retarget(clip)


@lru_cache(maxsize=40)
def real(name: str) -> tuple[Clip, Clip]:
    clip = read_bvh(MOCAP / f"{name}.bvh")
    return clip, retarget(clip)


def world(clip: Clip) -> tuple[Array, Array]:
    return fk(clip.skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))


def at(clip: Clip, name: str) -> Array:
    return world(clip)[0][:, clip.skeleton.index(name)]


def unit(v: Array) -> Array:
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def limb_directions(clip: Clip, limbs: dict[str, int]) -> Array:
    """`(T, 8, 3)`: thigh, shin, upper arm and forearm, left then right."""
    position, _ = world(clip)
    pairs = [(f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in BONES]
    return np.stack([unit(position[:, limbs[b]] - position[:, limbs[a]]) for a, b in pairs], axis=1)


def direction_error(source: Clip, target: Clip) -> float:
    """Mean angle between the limbs of both, degrees, after the best turn of the whole world (Kabsch)."""
    names = {name: index for index, name in enumerate(target.skeleton.names)}
    a, b = limb_directions(source, find_limbs(source.skeleton)), limb_directions(target, names)
    u, _, vt = np.linalg.svd(np.einsum("tjc,tjd->cd", b, a))
    turn = u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt
    return float(np.degrees(np.arccos(np.clip(np.sum(b * (a @ turn.T), axis=-1), -1.0, 1.0))).mean())


def lowest_sole(clip: Clip) -> Array:
    return sole_points(clip.skeleton, *world(clip))[..., 1].min(axis=-1)


def check_sound(source: Clip, clip: Clip, error: float) -> None:
    assert clip.skeleton.names == canonical_skeleton().names
    assert clip.fps == source.fps and len(clip) == len(source)
    assert direction_error(source, clip) < error
    assert lowest_sole(clip).min() > -0.01
    assert lowest_sole(clip).min() < 0.02  # and the feet do reach the floor
    assert world(clip)[0][:, :22, 1].min() > -0.01  # no joint of the body in the floor
    np.testing.assert_allclose(clip.root_position[0, [0, 2]], 0.0, atol=1e-6)
    assert (np.sum(clip.rotation[1:] * clip.rotation[:-1], axis=-1) >= 0).all()


@pytest.mark.parametrize("name", DEEPMIMIC)
def test_deepmimic(name: str) -> None:
    source, clip = deepmimic(name)
    check_sound(source, clip, error=2.5 if name.startswith("getup") else 1.5)  # hands and feet bear the body
    speed = quat.angle_between(clip.rotation[1:, :22], clip.rotation[:-1, :22]) * clip.fps
    assert speed.max() < np.radians(2600)  # nothing flips; toes of the roll are the fastest


@needs_mocap
@pytest.mark.parametrize("name", REAL)
def test_real_files(name: str) -> None:
    source, clip = real(name)
    check_sound(source, clip, error=3.5 if "bow" in name else 1.5)  # arms are built otherwise, but hands shall touch
    speed = quat.angle_between(clip.rotation[1:, :22], clip.rotation[:-1, :22]) * clip.fps
    assert speed.max() < np.radians(2500)
    # Everybody in these files stands for most of the time.
    up = unit(at(clip, "head") - clip.root_position)[:, 1]
    assert np.median(up) > 0.8


@pytest.mark.parametrize("name", ["walk", "run", "jump", "walker/0walk_forward"])
def test_faces_and_travels_ahead(name: str) -> None:
    _, clip = deepmimic(name)
    across = at(clip, "left_hip") - at(clip, "right_hip")
    assert across[0, 0] > 0.1  # left is +X
    travel = clip.root_position[-1] - clip.root_position[0]
    assert travel[2] > 0.8 and abs(travel[0]) < 0.1 * travel[2]


@needs_mocap
@pytest.mark.parametrize("name", [name for name in REAL if "bandai" in name])
def test_bandai_walks_the_way_it_looks(name: str) -> None:
    _, clip = real(name)
    assert unit(at(clip, "left_hip") - at(clip, "right_hip"))[0, 0] > 0.8
    if "walk_normal" in name or "dash" in name:
        assert clip.root_position[-1, 2] > 1.0


@needs_mocap
def test_the_right_hand_waves() -> None:
    _, clip = real("bandai/dataset-2_wave-right-hand_normal_001")
    assert at(clip, "right_wrist")[:, 1].max() > at(clip, "head")[:, 1].max()
    assert at(clip, "left_wrist")[:, 1].max() < 1.1


def test_knees_bend_backward_elbows_forward_in_a_run() -> None:
    _, clip = deepmimic("run")
    position, rotation = world(clip)
    for side in ("left", "right"):
        hip, knee, ankle, shoulder, elbow, wrist = (
            clip.skeleton.index(f"{side}_{part}") for part in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
        )
        for joints, body, sign in (((hip, knee, ankle), 0, -1), ((shoulder, elbow, wrist), shoulder, 1)):
            a, b, c = (position[:, joint] for joint in joints)
            upper, lower = unit(b - a), unit(c - b)
            bend = lower - np.sum(lower * upper, axis=-1, keepdims=True) * upper
            ahead = quat.rotate(rotation[:, body], np.array([0.0, 0.0, 1.0]))
            bent = np.linalg.norm(bend, axis=-1) > 0.4
            assert bent.any() and (sign * np.sum(bend * ahead, axis=-1)[bent] > 0).all()


@pytest.mark.parametrize("name", ["walk", "walker/turn_right0"])
def test_palms_face_the_thighs(name: str) -> None:
    _, clip = deepmimic(name)
    _, rotation = world(clip)
    for side, inwards in (("left", -1.0), ("right", 1.0)):
        palm = quat.rotate(rotation[:, clip.skeleton.index(f"{side}_wrist")], np.array([0.0, -1.0, 0.0]))
        palm = quat.rotate(quat.inv(rotation[:, clip.skeleton.index("spine3")]), palm)
        assert (palm[:, 0] * inwards).mean() > 0.7


def test_standing_feet_are_flat_and_labelled() -> None:
    _, clip = deepmimic("walk")
    assert clip.contacts.any(axis=1).mean() > 0.9
    soles = sole_points(clip.skeleton, *world(clip))[..., 1]
    flat = clip.contacts[:, 0] & clip.contacts[:, 1]
    assert flat.any() and soles[flat, :3].max() < 0.06


def test_toes_stay_on_the_floor_when_the_heel_lifts() -> None:
    _, clip = deepmimic("walk")
    _, rotation = world(clip)
    lifted = 0
    for side, contact in (("left", 1), ("right", 3)):
        ahead = np.array([0.0, 0.0, 1.0])
        heel_up = quat.rotate(rotation[:, clip.skeleton.index(f"{side}_ankle")], ahead)[:, 1] < -0.3
        toes = quat.rotate(rotation[:, clip.skeleton.index(f"{side}_foot")], ahead)[:, 1]
        standing = heel_up & clip.contacts[:, contact]
        lifted += int(standing.sum())
        assert (np.abs(toes[standing]) < 0.35).all()
    assert lifted > 0


def test_a_lean_runner_looks_ahead() -> None:
    """The file has no head motion, and its torso leans by 30 degrees."""
    _, clip = deepmimic("run")
    _, rotation = world(clip)
    gaze = quat.rotate(rotation[:, clip.skeleton.index("head")], np.array([0.0, 0.0, 1.0]))
    assert (gaze[:, 1] > -0.4).all()


def test_canonical_clips_keep_their_rotations(tmp_path: Path) -> None:
    _, clip = deepmimic("walk")
    write_bvh(tmp_path / "clip.bvh", clip)
    again = retarget(read_bvh(tmp_path / "clip.bvh"))
    assert quat.angle_between(again.rotation.astype(np.float64), clip.rotation.astype(np.float64)).max() < 1e-4
    np.testing.assert_allclose(again.root_position, clip.root_position, atol=0.005)


def renamed(names: dict[str, str]) -> Clip:
    source, _ = deepmimic("walk")
    skeleton = source.skeleton
    return Clip(
        Skeleton(tuple(names[name] for name in skeleton.names), skeleton.parents, skeleton.offsets),
        source.fps,
        source.root_position,
        source.rotation,
        source.contacts,
    )


MIXAMO = ("UpLeg", "Leg", "Foot", "Arm", "ForeArm", "Hand")
UNITY = ("UpperLeg", "LowerLeg", "Foot", "UpperArm", "LowerArm", "Hand")


@pytest.mark.parametrize(
    ("pattern", "sides", "parts", "torso"),
    [
        ("mixamorig:{side}{part}", ("Left", "Right"), MIXAMO, ("mixamorig:Hips", "mixamorig:Spine2", "mixamorig:Head")),
        ("{side}{part}", ("Left", "Right"), MIXAMO, ("Hips", "Spine2", "Head")),
        (
            "Bip01 {side} {part}",
            "LR",
            ("Thigh", "Calf", "Foot", "UpperArm", "Forearm", "Hand"),
            ("Bip01", "Bip01 Spine2", "Bip01 Head"),
        ),
        ("J_Bip_{side}_{part}", "LR", UNITY, ("J_Bip_C_Hips", "J_Bip_C_Chest", "J_Bip_C_Head")),
        (
            "DEF-{part}.{side}",
            "LR",
            ("thigh", "shin", "foot", "upper_arm", "forearm", "hand"),
            ("DEF-spine", "DEF-spine.003", "DEF-head"),
        ),
        ("{side}{part}", ("left", "right"), UNITY, ("hips", "chest", "head")),
        ("{side}{part}", "lr", ("femur", "tibia", "foot", "humerus", "radius", "hand"), ("root", "thorax", "head")),
        (
            "{side}_{part}",
            "LR",
            ("Hip", "Knee", "Ankle", "Shoulder", "Elbow", "Wrist"),
            ("Pelvis", "Spine3", "Head"),
        ),
    ],
)
def test_names_of_other_programs(
    pattern: str, sides: tuple[str, str], parts: tuple[str, ...], torso: tuple[str, ...]
) -> None:
    names = dict(zip(("root", "chest", "neck"), torso, strict=True))
    for ours, side in zip(("left", "right"), sides, strict=True):
        for joint, part in zip(("hip", "knee", "ankle", "shoulder", "elbow", "wrist"), parts, strict=True):
            names[f"{ours}_{joint}"] = pattern.format(side=side, part=part)
    _, expected = deepmimic("walk")
    np.testing.assert_allclose(retarget(renamed(names)).rotation, expected.rotation, atol=1e-5)


def test_a_limb_whose_name_says_nothing_is_found_by_the_tree() -> None:
    names = {name: name for name in deepmimic_skeleton().names}
    found = retarget(renamed(names | {"left_knee": "left_thing", "right_wrist": "tail"}))
    np.testing.assert_allclose(found.rotation, deepmimic("walk")[1].rotation, atol=1e-5)


def test_not_a_humanoid() -> None:
    snake = Skeleton(("a", "b", "c"), (-1, 0, 1), np.ones((3, 3)))
    still = np.tile(quat.IDENTITY, (2, 3, 1))
    with pytest.raises(BadClip, match=r"no joint found for left hip.*pair.*of equal limbs"):
        retarget(Clip(snake, 30.0, np.zeros((2, 3)), still, np.zeros((2, 4), dtype=bool)))


def test_one_frame() -> None:
    source, _ = deepmimic("walk")
    short = Clip(
        source.skeleton, source.fps, source.root_position[:1], source.rotation[:1], np.zeros((1, 4), dtype=bool)
    )
    clip = retarget(short)
    assert len(clip) == 1 and lowest_sole(clip)[0] == pytest.approx(0.0, abs=0.01)


def test_relaxed_hand_is_symmetric_and_curls_towards_the_palm() -> None:
    hand = relaxed_hand()
    assert hand.shape == (30, 4)
    np.testing.assert_allclose(hand[15:], hand[:15] * np.array([1, 1, -1, -1]), atol=1e-9)
    skeleton = canonical_skeleton()
    rotation = np.tile(quat.IDENTITY, (52, 1))
    flat, _ = fk(skeleton, np.zeros(3), rotation)
    rotation[22:] = hand
    curled, _ = fk(skeleton, np.zeros(3), rotation)
    for side in ("left", "right"):
        for finger in ("index", "middle", "ring", "pinky"):
            tip = skeleton.index(f"{side}_{finger}3")
            assert 0.01 < flat[tip, 1] - curled[tip, 1] < 0.05


def test_feet_point_where_the_other_ones_do() -> None:
    """Our bone to the toes lies 20 degrees out, the foot around it 12; one that is straight at rest stays straight."""
    ours = canonical_skeleton()
    offsets = ours.offsets.copy()
    for side in ("left", "right"):
        foot = ours.index(f"{side}_foot")
        offsets[foot] = (0.0, offsets[foot, 1], np.hypot(offsets[foot, 0], offsets[foot, 2]))
    straight = Skeleton(ours.names, ours.parents, offsets)
    still = np.tile(quat.IDENTITY, (30, len(ours.names), 1))
    root = np.tile(offsets[0], (30, 1))
    for skeleton, turned in ((straight, 12.0), (ours, 0.0)):
        made = retarget(Clip(skeleton, 30.0, root, still, np.zeros((30, 4), dtype=bool)))
        _, world = fk(made.skeleton, made.root_position.astype(float), made.rotation.astype(float))
        for side, sign in (("left", -1.0), ("right", 1.0)):
            yaw = np.degrees(quat.heading(world[15, ours.index(f"{side}_ankle")]))
            assert yaw == pytest.approx(sign * turned, abs=1.0)
