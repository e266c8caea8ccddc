from __future__ import annotations

import json
import shutil
import struct
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.formats.gltf import Mesh, Part, write_glb, write_vrma
from motion_engine.formats.vrm import human_bones, t_posed
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip, Skeleton, canonical_skeleton

WEB = Path(__file__).parents[2] / "web"
needs_validator = pytest.mark.skipif(
    shutil.which("node") is None or not (WEB / "node_modules/gltf-validator").is_dir(),
    reason="node and web/node_modules (make web) are not there",
)
LIMBS = ("UpperLeg", "LowerLeg", "Foot", "UpperArm", "LowerArm", "Hand")
REQUIRED = {"hips", "spine", "head", *(side + bone for side in ("left", "right") for bone in LIMBS)}
DTYPES = {5121: "<u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}


def clip_of(frames: int = 20, fps: float = 30.0, skeleton: Skeleton | None = None) -> Clip:
    skeleton = skeleton or canonical_skeleton()
    rng = np.random.default_rng(3)
    rotation = quat.from_rotvec(np.cumsum(rng.normal(size=(frames, len(skeleton.names), 3)) * 0.2, axis=0))
    root = np.array([0.3, 0.95, -2.0]) + np.cumsum(rng.normal(size=(frames, 3)) * 0.02, axis=0)
    return Clip(skeleton, fps, root, quat.unroll(rotation), np.zeros((frames, 4), dtype=bool))


def tetrahedron() -> Mesh:
    """One on the pelvis, its tip on the head; each side has its own corners, so that normals are its own."""
    corners = np.array([[0, 1.2, 0], [0.1, 0.9, 0.1], [-0.1, 0.9, 0.1], [0, 0.9, -0.1]])
    sides = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    vertices = corners[sides].reshape(-1, 3)
    normals = np.repeat(
        np.cross(corners[sides][:, 1] - corners[sides][:, 0], corners[sides][:, 2] - corners[sides][:, 0]), 3, axis=0
    )
    tip = vertices[:, 1] > 1
    joints, weights = np.zeros((12, 4), dtype=int), np.zeros((12, 4))
    joints[tip, 1], weights[:, 0], weights[tip, :2] = canonical_skeleton().index("head"), 1.0, (0.25, 0.75)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    faces = np.arange(12).reshape(4, 3)
    parts = (Part("a", faces[:2], (0.8, 0.6, 0.4)), Part("b", faces[2:], (0.3, 0.2, 0.1)))
    return Mesh(vertices, normals, joints, weights, np.linspace(0.5, 1.0, 12), parts)


class Reader:
    """A small glTF reader of the tests' own."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        magic, version, total, size, kind = struct.unpack_from("<4sIII4s", data)
        assert (magic, version, total, kind) == (b"glTF", 2, len(data), b"JSON")
        self.json: dict[str, Any] = json.loads(data[20 : 20 + size])
        binary_size, kind = struct.unpack_from("<I4s", data, 20 + size)
        self.binary = data[28 + size :]
        assert kind == b"BIN\0" and len(self.binary) == binary_size == self.json["buffers"][0]["byteLength"]

    def array(self, index: int) -> Array:
        accessor = self.json["accessors"][index]
        view = self.json["bufferViews"][accessor["bufferView"]]
        width, dtype = WIDTHS[accessor["type"]], DTYPES[accessor["componentType"]]
        start = view["byteOffset"] + accessor["byteOffset"]
        array = np.frombuffer(self.binary, dtype, accessor["count"] * width, start).reshape(-1, width)
        assert accessor["byteOffset"] + array.nbytes <= view["byteLength"]
        return array

    def times(self) -> Array:
        (animation,) = self.json["animations"]
        (time,) = {sampler["input"] for sampler in animation["samplers"]}
        return self.array(time)[:, 0]

    def rest(self) -> tuple[Array, Array]:
        nodes = self.json["nodes"]
        return np.array([node.get("translation", [0, 0, 0]) for node in nodes]), np.tile(quat.IDENTITY, (len(nodes), 1))

    def world(self, frame: int | None = None) -> tuple[Array, Array]:
        """World positions and rotations wxyz of all nodes in a key frame, or at rest."""
        translation, rotation = self.rest()
        if frame is not None:
            (animation,) = self.json["animations"]
            for channel in animation["channels"]:
                sampler, target = animation["samplers"][channel["sampler"]], channel["target"]
                assert sampler["interpolation"] == "LINEAR"
                value = self.array(sampler["output"])[frame]
                if target["path"] == "translation":
                    translation[target["node"]] = value
                else:
                    rotation[target["node"]] = value[[3, 0, 1, 2]]
        position, turned = np.empty_like(translation), np.empty_like(rotation)
        stack = [(node, np.zeros(3), quat.IDENTITY) for node in self.json["scenes"][0]["nodes"]]
        while stack:
            node, origin, above = stack.pop()
            position[node] = origin + quat.rotate(above, translation[node])
            turned[node] = quat.mul(above, rotation[node])
            stack += [(child, position[node], turned[node]) for child in self.json["nodes"][node].get("children", ())]
        return position, turned

    def skinned(self, frame: int) -> Array:
        """The figure's vertices in a key frame."""
        attributes = self.json["meshes"][0]["primitives"][0]["attributes"]
        skin = self.json["skins"][0]
        inverse = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
        position, turned = self.world(frame)
        matrix = np.tile(np.eye(4), (len(skin["joints"]), 1, 1))
        matrix[:, :3, :3], matrix[:, :3, 3] = quat.to_matrix(turned[skin["joints"]]), position[skin["joints"]]
        vertices = self.array(attributes["POSITION"]).astype(np.float64)
        local = np.column_stack((vertices, np.ones(len(vertices))))
        matrices = (matrix @ inverse)[self.array(attributes["JOINTS_0"])]
        posed: Array = np.einsum("vi,vijk,vk->vj", self.array(attributes["WEIGHTS_0"]), matrices, local)[:, :3]
        return posed


def validate(*paths: Path) -> list[dict[str, Any]]:
    """The issues that the Khronos validator finds in each file."""
    script = (
        "const v = require('gltf-validator'), fs = require('fs');"
        "const check = f => v.validateBytes(new Uint8Array(fs.readFileSync(f)), {maxIssues: 0});"
        "Promise.all(process.argv.slice(1).map(check))"
        ".then(all => console.log(JSON.stringify(all.map(r => r.issues))))"
    )
    command = ["node", "-e", script, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=WEB, check=True, timeout=120)
    issues: list[dict[str, Any]] = json.loads(done.stdout)
    return issues


@pytest.mark.parametrize("write", [write_glb, write_vrma])
def test_all_joints_are_where_they_are_in_the_clip(tmp_path: Path, write: Any) -> None:
    clip = clip_of()
    write(tmp_path / "clip", clip)
    file = Reader(tmp_path / "clip")
    expected, _ = fk(clip.skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    np.testing.assert_allclose(file.times(), np.arange(20) / 30, atol=1e-6)
    for frame in range(20):
        np.testing.assert_allclose(file.world(frame)[0], expected[frame], atol=1e-5)  # 0.01 mm
    assert [node["name"] for node in file.json["nodes"]] == list(clip.skeleton.names)
    assert {tuple(channel["target"].values()) for channel in file.json["animations"][0]["channels"]} == {
        (0, "translation"),
        *((joint, "rotation") for joint in range(52)),
    }
    assert [path.name for path in tmp_path.iterdir()] == ["clip"]


def test_rests_upright_facing_z_in_metres(tmp_path: Path) -> None:
    write_glb(tmp_path / "a.glb", clip_of(1), tetrahedron())
    at = dict(zip(canonical_skeleton().names, Reader(tmp_path / "a.glb").world()[0], strict=False))
    assert 1.3 < at["head"][1] - at["left_foot"][1] < 1.6
    assert at["left_wrist"][0] > 0.5 > -0.5 > at["right_wrist"][0]
    assert at["left_foot"][2] > at["left_ankle"][2] + 0.1


def test_the_mesh_follows_the_joints(tmp_path: Path) -> None:
    clip, mesh = clip_of(), tetrahedron()
    write_glb(tmp_path / "a.glb", clip, mesh)
    file = Reader(tmp_path / "a.glb")
    joints, turned = fk(clip.skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    rest, _ = fk(clip.skeleton, clip.skeleton.offsets[0], np.tile(quat.IDENTITY, (52, 1)))
    for frame in (0, 7, 19):
        moved = [
            joints[frame, mesh.joints[:, i]]
            + quat.rotate(turned[frame, mesh.joints[:, i]], mesh.vertices - rest[mesh.joints[:, i]])
            for i in range(4)
        ]
        expected = np.einsum("vi,ivk->vk", mesh.weights, np.array(moved))
        np.testing.assert_allclose(file.skinned(frame), expected, atol=1e-5)
    assert [material["name"] for material in file.json["materials"]] == ["a", "b"]
    first, second = file.json["meshes"][0]["primitives"]
    np.testing.assert_array_equal(file.array(first["indices"])[:, 0], range(6))
    assert first["attributes"] == second["attributes"]
    np.testing.assert_array_equal(file.array(first["attributes"]["COLOR_0"])[[0, 11]], [[128] * 3 + [255], [255] * 4])


def test_vrm_bones(tmp_path: Path) -> None:
    write_vrma(tmp_path / "a.vrma", clip_of(3))
    document = Reader(tmp_path / "a.vrma").json
    extension = document["extensions"]["VRMC_vrm_animation"]
    assert document["extensionsUsed"] == ["VRMC_vrm_animation"] and extension["specVersion"] == "1.0"
    bones = {bone: entry["node"] for bone, entry in extension["humanoid"]["humanBones"].items()}
    assert set(bones) >= REQUIRED and len(set(bones.values())) == len(bones) == 52
    name = {bone: document["nodes"][node]["name"] for bone, node in bones.items()}
    assert name["hips"] == "pelvis" and name["upperChest"] == "spine3" and name["leftUpperArm"] == "left_shoulder"
    assert name["rightToes"] == "right_foot" and name["rightLittleDistal"] == "right_pinky3"
    assert name["leftThumbMetacarpal"] == "left_thumb1" and name["leftIndexProximal"] == "left_index1"


def test_vrm_t_pose(tmp_path: Path) -> None:
    write_vrma(tmp_path / "a.vrma", clip_of(3))
    at = dict(zip(human_bones(), Reader(tmp_path / "a.vrma").world()[0], strict=True))
    for side, x in (("left", 1.0), ("right", -1.0)):
        for chain, direction in (
            (("UpperArm", "LowerArm", "Hand", "MiddleProximal", "MiddleIntermediate", "MiddleDistal"), (x, 0, 0)),
            (("LittleProximal", "LittleIntermediate", "LittleDistal"), (x, 0, 0)),
            (("ThumbMetacarpal", "ThumbProximal", "ThumbDistal"), (x / np.sqrt(2), 0, 1 / np.sqrt(2))),
            (("UpperLeg", "LowerLeg", "Foot"), (0, -1, 0)),
        ):
            for above, below in pairwise(chain):
                bone = at[side + below] - at[side + above]
                np.testing.assert_allclose(bone / np.linalg.norm(bone), direction, atol=1e-9, err_msg=below)
        toes = at[side + "Toes"] - at[side + "Foot"]
        assert abs(toes[0]) < 1e-9 and toes[2] > 0.1
    ankle = fk(canonical_skeleton(), canonical_skeleton().offsets[0], np.tile(quat.IDENTITY, (52, 1)))[0][7, 1]
    assert at["leftFoot"][1] == pytest.approx(ankle)  # so the soles are on the floor


def test_a_t_posed_clip_moves_alike_and_is_not_turned_twice() -> None:
    clip = clip_of(4)
    straight = t_posed(clip)
    before, after = (fk(c.skeleton, c.root_position, c.rotation)[0] for c in (clip, straight))
    np.testing.assert_allclose(after, before, atol=1e-5)
    np.testing.assert_allclose(t_posed(straight).skeleton.offsets, straight.skeleton.offsets, atol=1e-9)


@needs_validator
def test_the_khronos_validator_finds_nothing(tmp_path: Path) -> None:
    from animator.figure import skinned_mesh

    clip = clip_of(300)
    write_glb(tmp_path / "figure.glb", clip, skinned_mesh())
    write_glb(tmp_path / "bare.glb", clip_of(2, skeleton=Skeleton(("r\u00f6\u00f6t",), (-1,), np.zeros((1, 3)))))
    write_glb(tmp_path / "still.glb", clip_of(1, fps=240.0), tetrahedron())
    write_vrma(tmp_path / "clip.vrma", clip)
    assert (tmp_path / "figure.glb").stat().st_size < 2e6  # 10 s
    paths = [tmp_path / name for name in ("figure.glb", "bare.glb", "still.glb", "clip.vrma")]
    found = [{message["code"] for message in issues["messages"]} for issues in validate(*paths)]
    # Information only: joints at the ends of limbs are nodes without content where there is no skin, and the validator
    # does not know VRM's extension.
    assert found == [set(), {"NODE_EMPTY"}, set(), {"NODE_EMPTY", "UNSUPPORTED_EXTENSION"}]


@needs_validator
def test_the_validator_would_find_something(tmp_path: Path) -> None:
    mesh = tetrahedron()
    write_glb(
        tmp_path / "a.glb",
        clip_of(2),
        Mesh(mesh.vertices, 2 * mesh.normals, mesh.joints, mesh.weights * 0.9, mesh.shades, mesh.parts),
    )
    (issues,) = validate(tmp_path / "a.glb")
    assert issues["numErrors"] > 0


def one_joint(root: float = 0.0, turn: float = 1.0) -> Clip:
    skeleton = Skeleton(("root",), (-1,), np.zeros((1, 3)))
    return Clip(
        skeleton, 30.0, np.full((2, 3), root), np.tile([turn, 0, 0, 0], (2, 1, 1)), np.zeros((2, 4), dtype=bool)
    )


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (lambda path: write_glb(path, one_joint(np.nan)), "not finite"),
        (lambda path: write_glb(path, one_joint(turn=np.inf)), "not finite"),
        (lambda path: write_glb(path, one_joint(), tetrahedron()), "retarget first"),
        (lambda path: write_vrma(path, one_joint()), "retarget first"),
        (lambda path: write_glb(path, clip_of(3, 1e-300)), "do not fit"),
        (lambda path: write_glb(path, clip_of(3, 1e300)), "do not fit"),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(tmp_path: Path, write: Any, reason: str) -> None:
    with pytest.raises(BadClip, match=reason):
        write(tmp_path / "a.glb")
    assert not list(tmp_path.iterdir())


@settings(derandomize=True, max_examples=25, deadline=None)
@given(
    frames=st.integers(1, 5),
    fps=st.floats(0.1, 1e4),
    parents=st.lists(st.integers(0, 5), max_size=6),
    size=st.floats(0, 1e6),
)
def test_any_skeleton_and_frame_rate(
    tmp_path_factory: pytest.TempPathFactory, frames: int, fps: float, parents: list[int], size: float
) -> None:
    tree = (-1, *(min(parent, joint) for joint, parent in enumerate(parents)))
    offsets = size * np.random.default_rng(0).normal(size=(len(tree), 3))
    clip = clip_of(frames, fps, Skeleton(tuple(f"j {i}" for i in range(len(tree))), tree, offsets))
    path = tmp_path_factory.mktemp("any") / "a.glb"
    write_glb(path, clip)
    file = Reader(path)
    expected, _ = fk(clip.skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    np.testing.assert_allclose(file.world(frames - 1)[0], expected[-1], rtol=1e-5, atol=1e-5 * (1 + size))
    np.testing.assert_allclose(file.times(), np.arange(frames) / fps, rtol=1e-6)
