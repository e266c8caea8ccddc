"""Binary glTF 2.0 (`.glb`) and VRM animations (`.vrma`): for Blender, three.js, Unity and VTuber software.

glTF has our axes and units, +Y up, +Z ahead, metres, seconds; its quaternions are xyzw, its matrices column by column.
Sources: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html and, for `.vrma`, VRMC_vrm_animation 1.0 in
https://github.com/vrm-c/vrm-specification.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.files import whole_file
from motion_engine.formats.vrm import human_bones, t_posed
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip, Skeleton, canonical_skeleton

LARGEST_GLB = 2**32 - 1  # bytes: the format counts them in 32 bits
_COMPONENTS = {"u1": 5121, "u2": 5123, "u4": 5125, "f4": 5126}
_KINDS = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_VERTICES, _INDICES = 34962, 34963  # what a bufferView is for: ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER


@dataclass(frozen=True, eq=False)
class Part:
    """Triangles of one material."""

    name: str
    faces: Array  # (F, 3) int, counter-clockwise seen from outside
    color: tuple[float, float, float]  # linear RGB, 0..1


@dataclass(frozen=True, eq=False)
class Mesh:
    """A figure in the rest pose of the canonical skeleton, soles on y = 0, and how it hangs on the joints."""

    vertices: Array  # (V, 3) m
    normals: Array  # (V, 3) unit
    joints: Array  # (V, 4) int, those that move a vertex, without repetition; 0 where the weight is 0
    weights: Array  # (V, 4), their sum is 1
    shades: Array  # (V,) factor on the part's colour, linear, 0..1
    parts: tuple[Part, ...]


def write_glb(path: Path | str, clip: Clip, mesh: Mesh | None = None) -> None:
    """Writes a clip as one animation: the root's translation and all joints' rotations, a key a frame, LINEAR.

    Joints are nodes with their names, at rest as in the skeleton. With a mesh the file has a skin of all joints.

    Args:
        path: The file to write; it appears whole or not at all.
        clip: Any clip; with a mesh one on the canonical skeleton.
        mesh: The figure that moves.

    Raises:
        BadClip: The clip has values that are not finite, too many frames or, with a mesh, another skeleton.
        BadMedia: The file cannot be written.
    """
    binary, document = _Binary(), _animated(clip, path)
    _animate(document, binary, clip, path)
    if mesh is not None:
        if clip.skeleton.names != canonical_skeleton().names:
            raise BadClip("the figure moves on the canonical skeleton only; retarget first", path=path)
        _add_figure(document, binary, clip.skeleton, mesh)
    _write(path, document, binary)


def write_vrma(path: Path | str, clip: Clip) -> None:
    """Writes a VRM animation: the same motion on the same bones, seen from VRM's T-pose, with VRM's names for them.

    A VRM figure takes over the bones' rotations against that pose, and the way of the hips in proportion to their
    height. Key frames are the clip's own; VRM suggests 30 a second.

    Raises:
        BadClip: The clip is not on the canonical skeleton, or has values that are not finite, or too many frames.
        BadMedia: The file cannot be written.
    """
    if clip.skeleton.names != canonical_skeleton().names:
        raise BadClip(
            "only clips on the canonical skeleton can be written as VRM animations; retarget first", path=path
        )
    clip = t_posed(clip)
    binary, document = _Binary(), _animated(clip, path)
    _animate(document, binary, clip, path)
    bones = {bone: {"node": joint} for joint, bone in enumerate(human_bones())}
    document["extensionsUsed"] = ["VRMC_vrm_animation"]
    document["extensions"] = {"VRMC_vrm_animation": {"specVersion": "1.0", "humanoid": {"humanBones": bones}}}
    _write(path, document, binary)


class _Binary:
    """The binary chunk, and the bufferViews and accessors that say what is where in it."""

    def __init__(self) -> None:
        self.parts: list[Array] = []
        self.size = 0
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def add(self, arrays: Array, *, target: int | None = None, bounds: bool = False) -> range:
        """One accessor for each of `arrays (N, count, width)`, all in one bufferView; returns their indices."""
        arrays = np.ascontiguousarray(arrays)
        number, count, width = arrays.shape
        kind = arrays.dtype.str[1:]
        view: dict[str, Any] = {"buffer": 0, "byteOffset": self.size, "byteLength": arrays.nbytes}
        if target is not None:
            view["target"] = target
        for i, array in enumerate(arrays):
            offset = i * arrays.nbytes // number
            accessor = {"bufferView": len(self.views), "byteOffset": offset, "componentType": _COMPONENTS[kind]}
            accessor |= {"count": count, "type": _KINDS[width]}
            if bounds:
                accessor |= {"min": array.min(axis=0).tolist(), "max": array.max(axis=0).tolist()}
            self.accessors.append(accessor)
        self.views.append(view)
        padding = -arrays.nbytes % 4
        self.parts += [arrays.reshape(-1).view(np.uint8), np.zeros(padding, dtype=np.uint8)]
        self.size += arrays.nbytes + padding
        return range(len(self.accessors) - number, len(self.accessors))


def _animated(clip: Clip, path: Path | str) -> dict[str, Any]:
    """The document with a node for each joint, in their order, at rest."""
    skeleton = clip.skeleton
    nodes: list[dict[str, Any]] = []
    for name, offset in zip(skeleton.names, skeleton.offsets.tolist(), strict=True):
        nodes.append({"name": name, "translation": offset})
    for joint, parent in enumerate(skeleton.parents):
        if parent >= 0:
            nodes[parent].setdefault("children", []).append(joint)
    if not (np.isfinite(clip.root_position).all() and np.isfinite(clip.rotation).all()):
        raise BadClip("the clip has values that are not finite", path=path)
    roots = [joint for joint, parent in enumerate(skeleton.parents) if parent < 0]
    return {
        "asset": {"version": "2.0", "generator": "Motion Engine"},
        "scene": 0,
        "scenes": [{"nodes": roots}],
        "nodes": nodes,
    }


def _animate(document: dict[str, Any], binary: _Binary, clip: Clip, path: Path | str) -> None:
    """Adds the animation: channels for the root's translation and for all rotations, all with the same times."""
    with np.errstate(over="ignore", invalid="ignore"):
        times = (np.arange(len(clip)) / clip.fps).astype("<f4")
        increase = np.diff(times)
    if not (increase > 0).all():
        raise BadClip(f"{len(clip)} frames at {clip.fps:g} a second do not fit into glTF's times", path=path)
    rotation = quat.unroll(quat.normalize(clip.rotation.astype(np.float64)))[..., [1, 2, 3, 0]]
    (time,) = binary.add(times[None, :, None], bounds=True)
    (travel,) = binary.add(clip.root_position[None].astype("<f4"))
    turns = binary.add(rotation.transpose(1, 0, 2).astype("<f4"))
    outputs = [(0, "translation", travel), *((joint, "rotation", turn) for joint, turn in enumerate(turns))]
    document["animations"] = [
        {
            "name": "motion",
            "samplers": [{"input": time, "output": output, "interpolation": "LINEAR"} for _, _, output in outputs],
            "channels": [
                {"sampler": sampler, "target": {"node": node, "path": what}}
                for sampler, (node, what, _) in enumerate(outputs)
            ],
        }
    ]


def _add_figure(document: dict[str, Any], binary: _Binary, skeleton: Skeleton, mesh: Mesh) -> None:
    """Adds the skinned mesh, as a node beside the skeleton: a skin's own node has no place in space."""
    count = len(mesh.vertices)
    rest, _ = fk(skeleton, skeleton.offsets[0], np.tile(quat.IDENTITY, (len(skeleton.names), 1)))
    binds = np.tile(np.eye(4), (len(rest), 1, 1))
    binds[:, 3, :3] = -rest  # column by column
    shades = np.tile(np.round(255 * mesh.shades)[:, None], (1, 4))
    shades[:, 3] = 255
    arrays = {
        "POSITION": mesh.vertices.astype("<f4"),
        "NORMAL": mesh.normals.astype("<f4"),
        "JOINTS_0": mesh.joints.astype("u1"),
        "WEIGHTS_0": mesh.weights.astype("<f4"),
        "COLOR_0": shades.astype("u1"),
    }
    attributes = {}
    for name, array in arrays.items():
        (attributes[name],) = binary.add(array[None], target=_VERTICES, bounds=name == "POSITION")
    binary.accessors[attributes["COLOR_0"]]["normalized"] = True
    primitives = []
    for material, part in enumerate(mesh.parts):
        corners = part.faces.reshape(1, -1, 1).astype("<u2" if count < 2**16 - 1 else "<u4")
        (indices,) = binary.add(corners, target=_INDICES)
        primitives.append({"attributes": attributes, "indices": indices, "material": material, "mode": 4})
    document["materials"] = [
        {
            "name": part.name,
            "pbrMetallicRoughness": {
                "baseColorFactor": [*part.color, 1.0],
                "metallicFactor": 0.0,
                "roughnessFactor": 0.6,
            },
        }
        for part in mesh.parts
    ]
    (inverse,) = binary.add(binds.reshape(1, -1, 16).astype("<f4"))
    document["meshes"] = [{"name": "figure", "primitives": primitives}]
    document["skins"] = [{"inverseBindMatrices": inverse, "skeleton": 0, "joints": list(range(len(rest)))}]
    document["nodes"].append({"name": "figure", "mesh": 0, "skin": 0})
    document["scenes"][0]["nodes"].append(len(rest))


def _write(path: Path | str, document: dict[str, Any], binary: _Binary) -> None:
    document |= {"buffers": [{"byteLength": binary.size}], "bufferViews": binary.views, "accessors": binary.accessors}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + binary.size
    if total > LARGEST_GLB:
        raise BadClip(f"the file would have {total >> 20} MB, glTF ends at {LARGEST_GLB >> 20}: split it", path=path)
    with whole_file(path) as part, part.open("wb") as file:
        file.write(struct.pack("<4sII", b"glTF", 2, total))
        file.write(struct.pack("<I4s", len(text), b"JSON") + text)
        file.write(struct.pack("<I4s", binary.size, b"BIN\0"))
        for array in binary.parts:
            file.write(array.data)
