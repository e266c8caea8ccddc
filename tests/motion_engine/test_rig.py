"""Any rig is understood: canonical clips are written as BVH on made-up skeletons, read and retargeted back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from motion_engine import quat
from motion_engine.clips import crop, resample
from motion_engine.errors import BadClip
from motion_engine.formats.bvh import read_bvh
from motion_engine.formats.deepmimic import read_deepmimic
from motion_engine.kinematics import fk
from motion_engine.onto import onto
from motion_engine.retarget import relaxed_hand, retarget
from motion_engine.rig import read_rig
from motion_engine.types import Array, Clip, canonical_skeleton

Rest = Literal["T", "A", "hanging", "along x"]
ORDERS = ("xyz", "xzy", "yxz", "yzx", "zxy", "zyx")
ARM_DROP = {"T": 0.0, "A": 40.0, "hanging": 85.0}  # degrees


@dataclass(frozen=True)
class Figure:
    """How the file differs from ours."""

    names: Mapping[str, str] = field(default_factory=dict)  # canonical name -> the file's
    rest: Rest = "T"
    up: str = "+y"
    facing: float = 0.0  # degrees about the upright, of the whole scene
    unit: float = 0.01  # m
    without: tuple[str, ...] = ()
    positions: bool = False  # position channels on every joint
    extra: bool = False  # a reference above the hips, twist bones, a prop and end joints
    long_limbs: float = 1.0  # factor on arms and legs


def write(path: Path, clip: Clip, figure: Figure, seed: int = 0) -> None:
    """Write `clip`, which is canonical, as `figure` has it, with another random Euler order in every joint."""
    rng = np.random.default_rng(seed)
    names, parents, offsets, world = _joints(clip, figure)
    scene = quat.mul(_up(figure.up), quat.from_axis_angle("y", np.radians(figure.facing)))
    # The whole file stands along its own axis: offsets as well as motion.
    world = quat.mul(quat.mul(scene, world), quat.inv(scene))
    offsets = quat.rotate(scene, offsets) / figure.unit
    root = quat.rotate(scene, clip.root_position.astype(np.float64)) / figure.unit
    local = quat.normalize(_local(parents, world))
    orders = [ORDERS[i] for i in rng.integers(0, len(ORDERS), len(names))]
    children = {j: [c for c, p in enumerate(parents) if p == j] for j in range(-1, len(names))}
    lines, columns = ["HIERARCHY"], []

    def add(joint: int, pad: str) -> None:
        six = figure.positions or joint == 0
        channels = ["Xposition", "Yposition", "Zposition"] if six else []
        channels += [f"{axis.upper()}rotation" for axis in orders[joint]]
        lines.append(f"{pad}{'JOINT' if joint else 'ROOT'} {names[joint]}")
        lines.append(f"{pad}{{")
        lines.append(f"{pad}  OFFSET " + " ".join(f"{v:.6f}" for v in offsets[joint]))
        lines.append(f"{pad}  CHANNELS {len(channels)} {' '.join(channels)}")
        if six:
            columns.append(root if joint == 0 else np.tile(offsets[joint], (len(clip), 1)))
        columns.append(np.degrees(quat.to_euler(local[:, joint], orders[joint])))
        for child in children[joint]:
            add(child, pad + "  ")
        if not children[joint]:
            lines.extend((f"{pad}  End Site", f"{pad}  {{", f"{pad}    OFFSET 0 {0.05 / figure.unit} 0", f"{pad}  }}"))
        lines.append(f"{pad}}}")

    add(0, "")
    lines += ["MOTION", f"Frames: {len(clip)}", f"Frame Time: {1 / clip.fps:.9f}"]
    rows = np.concatenate(columns, axis=1)
    lines += [" ".join(f"{value:.5f}" for value in row) for row in rows]
    path.write_text("\n".join(lines) + "\n")


def _joints(clip: Clip, figure: Figure) -> tuple[list[str], list[int], Array, Array]:
    """Names, parents, offsets `(J, 3)` m and world rotations `(T, J, 4)` of the file's joints, standing along +Y."""
    skeleton = canonical_skeleton()
    _, world = fk(skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    axes = _axes(figure.rest)
    kept = [j for j, name in enumerate(skeleton.names) if name not in figure.without]
    names: list[str] = []
    parents: list[int] = []
    offsets: list[Array] = []
    rotation: list[Array] = []
    where: dict[int, int] = {}

    def put(name: str, parent: int, offset: Array, q: Array) -> int:
        names.append(name)
        parents.append(parent)
        offsets.append(offset)
        rotation.append(q)
        return len(names) - 1

    above = -1
    if figure.extra:
        above = put("reference", -1, np.zeros(3), np.tile(quat.IDENTITY, (len(clip), 1)))
    for joint in kept:
        name, parent, offset = skeleton.names[joint], skeleton.parents[joint], skeleton.offsets[joint]
        if name.partition("_")[2] in ("knee", "ankle", "elbow", "wrist"):
            offset = offset * figure.long_limbs
        while parent >= 0 and parent not in kept:
            offset, parent = offset + skeleton.offsets[parent], skeleton.parents[parent]
        at = where[parent] if parent >= 0 else above
        offset = quat.rotate(axes[parent], offset) if parent >= 0 else np.zeros(3)
        if figure.extra and name.endswith(("_wrist", "_elbow")):
            at = put(f"x{joint}", at, 0.5 * offset, rotation[at])
            offset = 0.5 * offset
        q = quat.mul(world[:, joint], quat.inv(axes[joint]))
        where[joint] = put(figure.names.get(name, name), at, offset, q)
        if figure.extra and name in ("right_wrist", "head"):
            put(f"y{joint}", where[joint], np.array([0.0, 0.3, 0.1]), q)
    return names, parents, np.array(offsets), np.stack(rotation, axis=1)


def _axes(rest: Rest) -> Array:
    """What our joints are turned by in the file's rest pose, `(52, 4)`."""
    skeleton = canonical_skeleton()
    axes = np.tile(quat.IDENTITY, (len(skeleton.names), 1))
    for joint, name in enumerate(skeleton.names):
        if rest == "along x":
            child = next((c for c, p in enumerate(skeleton.parents) if p == joint), None)
            bone = skeleton.offsets[child] if child is not None else skeleton.offsets[joint]
            if name == "pelvis":
                bone = skeleton.offsets[skeleton.index("spine1")]
            axes[joint] = quat.between(bone, np.array([1.0, 0.0, 0.0]))
        elif name.startswith(("left_", "right_")) and not name.endswith(("hip", "knee", "ankle", "foot", "collar")):
            sign = -1.0 if name.startswith("left") else 1.0
            axes[joint] = quat.from_axis_angle("z", sign * np.radians(ARM_DROP[rest]))
    return axes


def _up(axis: str) -> Array:
    direction = np.eye(3)["xyz".index(axis[1])] * (1.0 if axis[0] == "+" else -1.0)
    return quat.between(np.array([0.0, 1.0, 0.0]), direction)


def _local(parents: list[int], world: Array) -> Array:
    local = world.copy()
    for joint, parent in enumerate(parents):
        if parent >= 0:
            local[:, joint] = quat.mul(quat.inv(world[:, parent]), world[:, joint])
    return local


# ── The tests ─────────────────────────────────────────────────────────────────────────────────────────────

FINGERS = tuple(name for name in canonical_skeleton().names[22:])
BONES = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
MEANINGLESS = {name: f"j{joint:02d}" for joint, name in enumerate(canonical_skeleton().names)}


@lru_cache(maxsize=4)
def original(name: str, frames: int = 60) -> Clip:
    """Part of a DeepMimic clip on our skeleton."""
    import pybullet_data

    path = Path(pybullet_data.getDataPath()) / "data" / "motions" / f"humanoid3d_{name}.txt"
    return crop(retarget(resample(read_deepmimic(path), 30.0)), 0.0, frames / 30.0)


def directions(clip: Clip) -> Array:
    """`(T, 10, 3)`: the limbs, then the lines through hips and shoulders from right to left."""
    position, _ = fk(clip.skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    at = {name: position[:, joint] for joint, name in enumerate(clip.skeleton.names)}
    bones = [at[f"{side}_{b}"] - at[f"{side}_{a}"] for side in ("left", "right") for a, b in BONES]
    bones += [at[f"left_{part}"] - at[f"right_{part}"] for part in ("hip", "shoulder")]
    lines = np.stack(bones, axis=1)
    return lines / np.linalg.norm(lines, axis=-1, keepdims=True)


def errors(clip: Clip, other: Clip) -> Array:
    """Mean angles `(10,)` in degrees between the directions of both."""
    cosine = np.sum(directions(clip) * directions(other), axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))).mean(axis=0)


def there_and_back(tmp_path: Path, clip: Clip, figure: Figure) -> Clip:
    write(tmp_path / "made_up.bvh", clip, figure, seed=len(figure.names) + len(figure.without))
    return retarget(read_bvh(tmp_path / "made_up.bvh"))


NO_TOES = ("left_foot", "right_foot")
NO_COLLARS = ("left_collar", "right_collar")
FIGURES = {
    "as ours": Figure(),
    "A-pose": Figure(rest="A"),
    "hanging arms": Figure(rest="hanging"),
    "bones along x": Figure(rest="along x"),
    "+z up": Figure(up="+z"),
    "-z up, A-pose": Figure(up="-z", rest="A"),
    "+x up": Figure(up="+x"),
    "-y up, bones along x": Figure(up="-y", rest="along x"),
    "faces -x": Figure(facing=-90.0),
    "faces back, metres": Figure(facing=180.0, unit=1.0),
    "millimetres, +z up": Figure(unit=0.001, up="+z"),
    "an odd unit": Figure(unit=0.37),
    "positions on every joint": Figure(positions=True, rest="along x"),
    "no toes": Figure(without=NO_TOES),
    "no clavicles": Figure(without=NO_COLLARS),
    "one spine bone": Figure(without=("spine1", "spine2")),
    "no neck": Figure(without=("neck",)),
    "little of it": Figure(without=(*NO_TOES, *NO_COLLARS, "spine1", "spine2", "neck", *FINGERS), rest="A"),
    "extra joints": Figure(extra=True),
    "extra joints, along x": Figure(extra=True, rest="along x", positions=True),
    "long limbs": Figure(long_limbs=1.2, rest="A"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_directions_are_kept(tmp_path: Path, name: str) -> None:
    clip = original("walk")
    result = there_and_back(tmp_path, clip, FIGURES[name])
    off = errors(clip, result)
    assert off[:8].mean() < 3.0 and off[8:].max() < 8.0
    position, _ = fk(result.skeleton, result.root_position, result.rotation)
    assert (position[:, 15, 1] > 1.2).all()  # the head is up
    assert result.fps == pytest.approx(30.0)


@pytest.mark.parametrize("motion", ["walk", "cartwheel", "crawl"])
@pytest.mark.parametrize(
    "figure",
    [
        Figure(names=MEANINGLESS, without=FINGERS),
        Figure(names=MEANINGLESS, without=FINGERS, rest="A", up="+z"),
        Figure(names=MEANINGLESS, without=(*FINGERS, *NO_TOES, "spine1", "neck"), rest="hanging"),
        Figure(names=MEANINGLESS, without=FINGERS, rest="along x", positions=True),
        Figure(names=MEANINGLESS, extra=True),
    ],
    ids=["T", "A, +z up", "fewer", "along x", "fingers and more"],
)
def test_names_that_say_nothing(tmp_path: Path, figure: Figure, motion: str) -> None:
    clip = original(motion)
    if motion != "walk" and figure.rest == "along x":
        pytest.skip("without names, rest pose or an upright body nothing says which way is up")
    off = errors(clip, there_and_back(tmp_path, clip, figure))
    assert off[:8].mean() < 3.0 and off[8:].max() < 8.0


def test_names_and_tree_agree(tmp_path: Path) -> None:
    clip = original("walk")
    named = there_and_back(tmp_path, clip, Figure(without=FINGERS))
    unnamed = there_and_back(tmp_path, clip, Figure(names=MEANINGLESS, without=FINGERS))
    assert np.abs(named.rotation - unnamed.rotation).max() < 0.02


@pytest.mark.parametrize("rest", ["T", "A", "along x"])
def test_fingers_come_along(tmp_path: Path, rest: Rest) -> None:
    clip = original("walk")
    rotation = clip.rotation.copy()
    curl = np.random.default_rng(3).uniform(0.1, 1.0, (1, 30)) * np.linspace(0.3, 1.0, len(clip))[:, None]
    sign = np.repeat([-1.0, 1.0], 15)
    rotation[:, 22:] = quat.from_axis_angle("z", curl * sign)
    fist = Clip(clip.skeleton, clip.fps, clip.root_position, rotation, clip.contacts)
    result = there_and_back(tmp_path, fist, Figure(rest=rest))
    off = np.degrees(quat.angle_between(result.rotation[:, 22:].astype(np.float64), rotation[:, 22:]))
    assert off.mean() < (8.0 if rest == "along x" else 3.0)  # nothing says how thumbs are twisted
    still = there_and_back(tmp_path, fist, Figure(rest=rest, without=FINGERS))
    np.testing.assert_allclose(still.rotation[:, 22:], np.broadcast_to(relaxed_hand(), (len(clip), 30, 4)), atol=1e-5)


def test_the_report_in_words(tmp_path: Path) -> None:
    write(tmp_path / "a.bvh", original("walk"), Figure(rest="A", up="+z", names={"pelvis": "mixamorig:Hips"}))
    assert str(read_rig(read_bvh(tmp_path / "a.bvh")).reading) == (
        "Read as Mixamo: 22 of 22 body joints by name, fingers too; rest pose A; +Z up"
    )
    write(tmp_path / "b.bvh", original("walk"), Figure(rest="along x", names=MEANINGLESS, without=(*FINGERS, "neck")))
    words = str(read_rig(read_bvh(tmp_path / "b.bvh")).reading)
    assert words.startswith("Read: 21 of 22 body joints by the tree and the motion") and "no rest pose" in words


def test_a_dog_is_refused(tmp_path: Path) -> None:
    """Its names say nothing, and its legs are not opposite to its head."""
    clip = original("walk", frames=10)
    rotation = np.tile(quat.IDENTITY, (10, 52, 1))
    for name in ("left_hip", "right_hip", "left_shoulder", "right_shoulder"):
        rotation[:, clip.skeleton.index(name)] = quat.from_axis_angle("x", -np.pi / 2)
    dog = Clip(clip.skeleton, 30.0, clip.root_position, rotation, clip.contacts)
    write(tmp_path / "dog.bvh", dog, Figure(names=MEANINGLESS, without=FINGERS))
    with pytest.raises(BadClip, match=r"legs are not opposite to its head; name the joints in a \.map\.yaml"):
        retarget(read_bvh(tmp_path / "dog.bvh"))


@pytest.mark.parametrize("name", [name for name in FIGURES if FIGURES[name].long_limbs == 1.0])
@pytest.mark.parametrize("motion", ["walk", "crawl"])
def test_onto_another_skeleton_and_back(tmp_path: Path, name: str, motion: str) -> None:
    """A clip that was never on that skeleton is written onto it, and read again it is the same motion."""
    write(tmp_path / "theirs.bvh", original("walk"), FIGURES[name])
    theirs, clip = read_bvh(tmp_path / "theirs.bvh"), original(motion)
    put = onto(clip, theirs)
    assert put.fps == clip.fps and put.skeleton.names == theirs.skeleton.names
    np.testing.assert_array_equal(put.skeleton.offsets, theirs.skeleton.offsets)
    off = errors(clip, retarget(put, read_rig(theirs)))
    assert off[:8].mean() < 3.0 and off[8:].max() < 8.0


def test_there_and_back_is_the_same_motion(tmp_path: Path) -> None:
    write(tmp_path / "theirs.bvh", original("walk"), Figure(rest="A", up="+z", extra=True, long_limbs=1.1))
    theirs = read_bvh(tmp_path / "theirs.bvh")
    back = onto(retarget(theirs), theirs)
    (a, _), (b, _) = (fk(c.skeleton, c.root_position, c.rotation) for c in (theirs, back))
    assert np.linalg.norm(a - b - (a - b).mean(axis=(0, 1)), axis=-1).mean() < 0.01


def test_only_canonical_clips_go_onto_others(tmp_path: Path) -> None:
    write(tmp_path / "theirs.bvh", original("walk"), Figure(rest="A", extra=True))
    theirs = read_bvh(tmp_path / "theirs.bvh")
    with pytest.raises(BadClip, match="retarget it first"):
        onto(theirs, theirs)
