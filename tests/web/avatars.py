"""Avatars for tests: boxes on a humanoid's bones, as binary glTF, of any proportions, names and rest pose."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np

from motion_engine import quat

SKELETON = json.loads((Path(__file__).parents[2] / "data/skeleton.json").read_text(encoding="utf-8"))["joints"]
SOLE = 0.075  # m from the canonical ankle down to the floor
THICK = {"pelvis": 0.1, "spine1": 0.09, "spine2": 0.1, "spine3": 0.11, "head": 0.09, "hip": 0.06, "knee": 0.05}
THICK |= {"shoulder": 0.04, "elbow": 0.035, "wrist": 0.03, "ankle": 0.045, "neck": 0.04, "collar": 0.04, "foot": 0.03}
_TORSO = {"pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2", "neck": "Neck", "head": "Head"}
_LIMBS = {"hip": "UpLeg", "knee": "Leg", "ankle": "Foot", "foot": "ToeBase", "collar": "Shoulder", "shoulder": "Arm"}
_LIMBS |= {"elbow": "ForeArm", "wrist": "Hand"}
_VRM = {"pelvis": "hips", "spine1": "spine", "spine2": "chest", "neck": "neck", "head": "head"}
_VRM_LIMBS = {"hip": "UpperLeg", "knee": "LowerLeg", "ankle": "Foot", "shoulder": "UpperArm", "elbow": "LowerArm"}
_VRM_LIMBS |= {"wrist": "Hand"}
Names = Callable[[str], str]


def mixamo(joint: str) -> str:
    """Mixamo's name of a canonical joint."""
    side, _, part = joint.partition("_")
    if joint in _TORSO:
        return f"mixamorig:{_TORSO[joint]}"
    return f"mixamorig:{side.title()}{_LIMBS.get(part, 'Hand' + part.title())}"


def glb(
    *,
    legs: float = 1.0,
    hips: float = 1.0,
    arms: float = 1.0,
    lowered: float = 0.0,
    size: float = 1.0,
    unit: float = 1.0,
    turned: bool = False,
    rolled: bool = True,
    names: Names = mixamo,
    vrm: Literal["", "0.x", "1.0"] = "",
    without: tuple[str, ...] = (),
) -> bytes:
    """An avatar.

    Args:
        legs: Factor on the length of the legs.
        hips: On the width of the hips and shoulders.
        arms: On the length of the arms.
        lowered: By how much the arms hang down at rest, radians: an A-pose.
        size: On everything.
        unit: On everything, with no other meaning: 100 for centimetres.
        turned: It looks along -Z.
        rolled: Each bone is rolled in its own way at rest; else none is.
        names: Of the bones.
        vrm: It is a VRM of this version: its bones are those of the least humanoid, without skin.
        without: Joints that it lacks.
    """
    kept = [joint for joint in SKELETON if not vrm or _vrm_name(joint["name"])]
    kept = [joint for joint in kept if joint["name"] not in without]
    place = _places(legs, hips, arms, lowered, size)
    half_turn = np.array([0.0, 0.0, 1.0, 0.0]) if turned else quat.IDENTITY
    place = {name: unit * quat.rotate(half_turn, at) for name, at in place.items()}
    random = np.random.default_rng(5)
    roll = {joint["name"]: quat.IDENTITY for joint in kept}
    if rolled:
        roll = {name: quat.from_rotvec(random.uniform(-1.5, 1.5, 3)) for name in roll}
    nodes: list[dict[str, Any]] = []
    index: dict[str, int] = {}
    for joint in kept:
        name, parent = joint["name"], _parent(joint, index)
        above = roll[parent] if parent else quat.IDENTITY
        offset = place[name] - (place[parent] if parent else 0.0)
        index[name] = len(nodes)
        nodes.append(
            {
                "name": names(name),
                "translation": quat.rotate(quat.inv(above), offset).tolist(),
                "rotation": quat.mul(quat.inv(above), roll[name])[[1, 2, 3, 0]].tolist(),
                "children": [],
            }
        )
        if parent:
            nodes[index[parent]]["children"].append(index[name])
    body = _boxes(kept, place, index, unit * size)
    document = _document(nodes, index, body, place, roll, skinned=not vrm)
    if vrm:
        name, extension = _vrm(vrm, {_vrm_name(joint): node for joint, node in index.items()})
        document["extensionsUsed"] = [name]
        document["extensions"] = {name: extension}
    return _pack(document, body, place, roll, index)


def _vrm(version: str, bones: dict[str, int]) -> tuple[str, dict[str, Any]]:
    """The extension of a VRM, and its name; `bones`: the nodes of the humanoid."""
    if version == "1.0":
        meta = {"name": "Box", "authors": ["Tests"], "licenseUrl": "https://vrm.dev/licenses/1.0/"}
        humanoid = {"humanBones": {bone: {"node": node} for bone, node in bones.items()}}
        return "VRMC_vrm", {"specVersion": "1.0", "meta": meta, "humanoid": humanoid}
    parts = {
        "meta": {"title": "Box", "version": "1", "author": "Tests", "texture": -1},
        "humanoid": {"humanBones": [{"bone": b, "node": n, "useDefaultValues": True} for b, n in bones.items()]},
        "firstPerson": {"firstPersonBone": bones["head"]},
        "blendShapeMaster": {"blendShapeGroups": []},
        "secondaryAnimation": {"boneGroups": [], "colliderGroups": []},
        "materialProperties": [{"name": "", "shader": "VRM_USE_GLTFSHADER"}],
    }
    return "VRM", {"exporterVersion": "tests", "specVersion": "0.0", **parts}


def _vrm_name(joint: str) -> str:
    side, _, part = joint.partition("_")
    return _VRM.get(joint) or (side + _VRM_LIMBS[part] if part in _VRM_LIMBS else "")


def _parent(joint: dict[str, Any], index: dict[str, int]) -> str:
    """The nearest joint above that the avatar has; "" for the root."""
    while joint["parent"] >= 0:
        joint = SKELETON[joint["parent"]]
        if joint["name"] in index:
            return str(joint["name"])
    return ""


def _places(legs: float, hips: float, arms: float, lowered: float, size: float) -> dict[str, np.ndarray]:
    """Where the joints are at rest, m; it stands on y = 0."""
    place: dict[str, np.ndarray] = {}
    turn: dict[str, np.ndarray] = {}
    for joint in SKELETON:
        name, offset = joint["name"], size * np.array(joint["offset"])
        part = name.partition("_")[2]
        offset *= legs if part in ("knee", "ankle") else arms if part in ("elbow", "wrist") else 1.0
        if part in ("hip", "shoulder"):
            offset[0] *= hips
        parent = SKELETON[joint["parent"]]["name"] if joint["parent"] >= 0 else ""
        above = turn.get(parent, quat.IDENTITY)
        sign = -1.0 if name.startswith("left") else 1.0
        lower = quat.from_axis_angle("z", np.array(sign * lowered)) if part == "shoulder" else quat.IDENTITY
        turn[name] = quat.mul(above, lower)
        place[name] = place.get(parent, np.zeros(3)) + quat.rotate(above, offset)
    floor = place["left_ankle"][1] - size * SOLE
    return {name: at - np.array([0.0, floor, 0.0]) for name, at in place.items()}


def _boxes(
    kept: list[dict[str, Any]], place: dict[str, np.ndarray], index: dict[str, int], size: float
) -> list[tuple[int, np.ndarray]]:
    """For each bone its node and the corners `(8, 3)` of its box in the world."""
    corner = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
    boxes = []
    for joint in kept:
        name = joint["name"]
        part = name.partition("_")[2]
        half = size * THICK.get(name, THICK.get(part, 0.01))
        ends = [place[other["name"]] for other in kept if other is not joint and _parent(other, index) == name]
        along = np.mean(ends, axis=0) - place[name] if ends else np.array([0.0, 0.8 * half, 0.0])
        if part in ("ankle", "foot"):  # the sole, and the heel behind it
            low = place[name] * [1, 0, 1] - half * np.array([1.0, 0.0, 1.4 if part == "ankle" else 0.0])
            high = np.max([place[name], *ends], axis=0) * [1, 0, 1] + [half, place[name][1] + 0.02 * size, half]
            boxes.append((index[name], (low + high) / 2 + corner * (high - low) / 2))
            continue
        length = float(np.linalg.norm(along))
        wide = 1.5 if name in ("pelvis", "spine1", "spine2", "spine3") else 1.0
        box = corner * [wide * half, length / 2 + 0.3 * half, half] + [0.0, length / 2, 0.0]
        turn = quat.between(np.array([0.0, 1.0, 0.0]), along)
        boxes.append((index[name], place[name] + quat.rotate(turn, box)))
    return boxes


_FACES = [(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1), (2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4)]
_FACES += [(1, 5, 7), (1, 7, 3)]


def _document(
    nodes: list[dict[str, Any]],
    index: dict[str, int],
    boxes: list[tuple[int, np.ndarray]],
    place: dict[str, np.ndarray],
    roll: dict[str, np.ndarray],
    *,
    skinned: bool,
) -> dict[str, Any]:
    """The glTF document; its binary is `_pack`'s: positions, joints, weights, inverse bind matrices, indices."""
    count = 8 * len(boxes)
    sizes = [12 * count, 8 * count, 16 * count, 64 * len(index), 2 * 36 * len(boxes)]
    start = np.concatenate(([0], np.cumsum(sizes)))
    views = [{"buffer": 0, "byteOffset": int(a), "byteLength": n} for a, n in zip(start, sizes, strict=False)]
    accessors: list[dict[str, Any]] = [
        {"bufferView": 0, "componentType": 5126, "count": count, "type": "VEC3"},
        {"bufferView": 1, "componentType": 5123, "count": count, "type": "VEC4"},
        {"bufferView": 2, "componentType": 5126, "count": count, "type": "VEC4"},
        {"bufferView": 3, "componentType": 5126, "count": len(index), "type": "MAT4"},
        {"bufferView": 4, "componentType": 5123, "count": 36 * len(boxes), "type": "SCALAR"},
    ]
    corners = np.concatenate([corners for _, corners in boxes])
    accessors[0] |= {"min": corners.min(axis=0).tolist(), "max": corners.max(axis=0).tolist()}
    document: dict[str, Any] = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": int(start[-1])}],
        "materials": [{"pbrMetallicRoughness": {"baseColorFactor": [0.35, 0.5, 0.75, 1.0], "metallicFactor": 0.0}}],
    }
    root = index["pelvis"]
    if skinned:
        attributes = {"POSITION": 0, "JOINTS_0": 1, "WEIGHTS_0": 2}
        document["meshes"] = [{"primitives": [{"attributes": attributes, "indices": 4, "material": 0}]}]
        document["skins"] = [{"joints": list(index.values()), "inverseBindMatrices": 3}]
        nodes.append({"name": "Body", "mesh": 0, "skin": 0})
        document["scenes"] = [{"nodes": [root, len(nodes) - 1]}]
    else:  # a box hangs on each bone, seen from the bone
        document["meshes"] = []
        for k, (node, corner) in enumerate(boxes):
            name = next(name for name, at in index.items() if at == node)
            seen = quat.rotate(quat.inv(roll[name]), corner - place[name]).astype("<f4")
            accessors[0]["min"] = accessors[0]["max"] = None
            accessors.append(
                {"bufferView": 0, "byteOffset": 96 * k, "componentType": 5126, "count": 8, "type": "VEC3"}
                | {"min": seen.min(axis=0).tolist(), "max": seen.max(axis=0).tolist()}
            )
            primitive = {"attributes": {"POSITION": len(accessors) - 1}, "indices": 4, "material": 0}
            document["meshes"].append({"primitives": [primitive]})
            nodes[node]["mesh"] = k
            corner[:] = seen
        accessors[0] |= {"min": [-9.0] * 3, "max": [9.0] * 3}
        accessors[4]["count"] = 36
        document["scenes"] = [{"nodes": [root]}]
    for node in nodes:
        if not node.get("children"):
            node.pop("children", None)
    document["nodes"] = nodes
    return document


def _pack(
    document: dict[str, Any],
    boxes: list[tuple[int, np.ndarray]],
    place: dict[str, np.ndarray],
    roll: dict[str, np.ndarray],
    index: dict[str, int],
) -> bytes:
    corners = np.concatenate([corners for _, corners in boxes]).astype("<f4")
    order = list(index.values())
    joints = np.zeros((len(corners), 4), dtype="<u2")
    joints[:, 0] = np.repeat([order.index(node) for node, _ in boxes], 8)
    weights = np.zeros((len(corners), 4), dtype="<f4")
    weights[:, 0] = 1.0
    matrices = []
    for name in index:
        inverse = np.eye(4)
        axes = quat.rotate(roll[name], np.eye(3)).T  # columns: the bone's axes in the world
        inverse[:3, :3], inverse[:3, 3] = axes.T, -axes.T @ place[name]
        matrices.append(inverse.T)  # column by column
    faces = np.concatenate([np.array(_FACES) + 8 * k for k in range(len(boxes))]).astype("<u2")
    parts = (corners, joints, weights, np.array(matrices, dtype="<f4"), faces)
    binary = b"".join(part.tobytes() for part in parts)
    binary += b"\0" * (-len(binary) % 4)
    document["buffers"][0]["byteLength"] = len(binary)
    words = json.dumps(document).encode()
    words += b" " * (-len(words) % 4)
    chunks = struct.pack("<II", len(words), 0x4E4F534A) + words + struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks
