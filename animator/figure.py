"""The figures of the `mannequin-x` package (Apache-2.0), bound to the joints of the canonical skeleton."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from animator.camera import view_axes
from animator.shadow import HeightMap
from motion_engine import quat
from motion_engine.formats.gltf import Mesh, Part
from motion_engine.kinematics import fk
from motion_engine.types import Array, canonical_skeleton

Kind = Literal["wooden", "convex"]
_CREASE = np.cos(np.radians(38))  # faces that meet at a larger angle do not share a normal
_LEAST_AMBIENT = 0.25  # light finds its way into joints, which open when they bend
_HOLLOW = 0.5  # how much of the light a hollow loses in a mesh for other programs, which do not know that it is one
_SPREAD = 9000  # points on the surface, about 17 mm apart
_COLORS = {  # sRGB of the limbs, and of the balls or segments between them
    "wooden": ((0.84, 0.65, 0.44), (0.55, 0.37, 0.22)),
    "convex": ((0.82, 0.54, 0.43), (0.73, 0.46, 0.36)),
}
_DARK_PARTS = ("elbow", "knee", "ankle", "foot", "neck")  # of the convex figure: every other segment of its limbs


@dataclass(frozen=True, eq=False)
class Figure:
    """A mesh and the matrix that skins it: `binding @ joint_rows` poses it."""

    faces: Array  # (3, F) int, by corner; counter-clockwise seen from outside
    binding: Any  # scipy CSR (2 V + S, 4 J) float32: vertices, normals, then points spread over the surface
    color: Array  # (V, 3) sRGB 0..1
    ambient: Array  # (V,) share of the surroundings that is not hidden by the figure itself, 0..1

    def pose(self, position: Array, world: Array) -> tuple[Array, Array, Array]:
        """Vertices and normals `(T, V, 3)` and points spread evenly over the surface `(T, S, 3)`, float32.

        Linear blend skinning, v = sum_j w_j (R_j (v_rest - bind_j) + p_j), as one sparse product for all frames.

        Args:
            position: World positions of the joints, `(T, J, 3)` m.
            world: Their world rotations, `(T, J, 4)`.
        """
        frames, joints = position.shape[:2]
        rows = np.empty((joints, 4, frames, 3), dtype=np.float32)
        rows[:, :3] = quat.to_matrix(world).transpose(1, 3, 0, 2)
        rows[:, 3] = position.transpose(1, 0, 2)
        posed = (self.binding @ rows.reshape(4 * joints, frames * 3)).reshape(-1, frames, 3).transpose(1, 0, 2)
        count = len(self.color)
        return posed[:, :count], posed[:, count : 2 * count], posed[:, 2 * count :]


def canonical_name(name: str) -> str:
    """The name in the canonical skeleton of a joint of the package: `L_Index1` is `left_index1`."""
    for prefix, side in (("L_", "left_"), ("R_", "right_")):
        if name.startswith(prefix):
            part = name[2:].lower()
            return side + ("wrist" if part == "hand" else part)  # the package's hand joints have no length
    return name.lower()


@dataclass(frozen=True, eq=False)
class _Rest:
    """A figure in the rest pose of the canonical skeleton."""

    vertices: Array  # (V, 3) m
    normals: Array  # (V, 3)
    faces: Array  # (F, 3) int
    joints: Array  # (V, I) int; a joint may be there twice
    weights: Array  # (V, I)
    dark: Array  # (V,) bool, of the balls or segments between the limbs
    grain: Array  # (V,) brightness of the wood, about 1
    spread: Any  # scipy CSR (S, V): points spread evenly over the surface
    ambient: Array  # (V,) share of the surroundings that is not hidden by the figure itself, 0..1


@lru_cache(maxsize=2)
def load_figure(kind: Kind = "wooden") -> Figure:
    """The `wooden` artist's figure (48,396 triangles) or the `convex` one (4,600, faster to draw)."""
    rest = _load_rest(kind)
    color = np.where(rest.dark[:, None], *reversed(_COLORS[kind])) * rest.grain[:, None]
    joints = _rest_joints()
    binding = _binding(rest.vertices, rest.normals, rest.joints, rest.weights, joints, rest.spread)
    return Figure(np.ascontiguousarray(rest.faces.T), binding, color.astype(np.float32), rest.ambient)


@lru_cache(maxsize=1)
def skinned_mesh(kind: Kind = "wooden") -> Mesh:
    """The same figure as a skinned mesh for other programs: its grain and its shaded hollows are in the vertices."""
    rest = _load_rest(kind)
    # Four joints of each vertex, the heaviest first, every joint once.
    weights = np.zeros((len(rest.vertices), len(canonical_skeleton().names)))
    np.add.at(weights, (np.arange(len(weights))[:, None], rest.joints), rest.weights)
    joints = np.argsort(-weights, axis=1, kind="stable")[:, :4]
    weights = np.take_along_axis(weights, joints, axis=1)
    weights /= weights.sum(axis=1, keepdims=True)
    shades = _linear(rest.grain) * (1.0 - _HOLLOW * (1.0 - rest.ambient))
    brightest = shades.max()
    dark = rest.dark[rest.faces[:, 0]]
    parts = tuple(
        Part(name, rest.faces[dark == is_dark], tuple((_linear(np.array(color)) * brightest).tolist()))
        for name, color, is_dark in zip(("limbs", "balls"), _COLORS[kind], (False, True), strict=True)
    )
    return Mesh(rest.vertices, rest.normals, np.where(weights > 0, joints, 0), weights, shades / brightest, parts)


def _linear(color: Array) -> Array:
    """Linear light of sRGB values 0..1 (IEC 61966-2-1)."""
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)


@lru_cache(maxsize=2)
def _load_rest(kind: Kind) -> _Rest:
    from mannequin import Mannequin

    model = Mannequin(kind, lod=None if kind == "wooden" else 1, flat_hand_mean=True)
    vertices, joints, weights, dark = (_wooden if kind == "wooden" else _convex)(model, _rest_joints())
    normals, faces, source = _smooth_normals(vertices, np.asarray(model.faces))
    vertices, joints, weights, dark = vertices[source], joints[source], weights[source], dark[source]
    grain = _grain(vertices) if kind == "wooden" else np.ones(len(vertices))
    spread = _spread(vertices, faces)
    ambient = _ambient(vertices, normals, spread @ vertices)
    return _Rest(vertices, normals, faces, joints, weights, dark, grain, spread, ambient)


def _rest_joints() -> Array:
    """World positions of the joints at rest `(52, 3)`."""
    skeleton = canonical_skeleton()
    return fk(skeleton, skeleton.offsets[0], np.tile(quat.IDENTITY, (len(skeleton.names), 1)))[0]


def _joints(model: Any) -> Array:
    """The canonical joint of each joint of the package."""
    skeleton = canonical_skeleton()
    return np.array([skeleton.index(canonical_name(name)) for name in model.joint_names])


def _wooden(model: Any, rest: Array) -> tuple[Array, Array, Array, Array]:
    """Rest vertices `(V, 3)`, their joints and weights `(V, 4)`, and which are of the balls between the limbs."""
    parts = model._weights
    dark = np.zeros(model.num_vertices, dtype=bool)
    for name, first, count in zip(
        parts.skin_part_names, parts.skin_part_vertex_starts, parts.skin_part_vertex_counts, strict=True
    ):
        dark[first : first + count] = name.startswith("joint_")
    vertices = model._identity["skin_vertices"] + _shift(model, rest)
    return vertices, _joints(model)[model._skin_joint_indices], model._skin_weights, dark


def _convex(model: Any, rest: Array) -> tuple[Array, Array, Array, Array]:
    """As `_wooden`; every vertex follows one joint.

    The parts are taken as the package stores them: what it makes of them for a body shape shears the chest.
    """
    parts = model._weights
    owner = _joints(model)[np.repeat(parts.link_joint_indices, parts.link_vertex_counts)]
    names = np.array(canonical_skeleton().names)[owner]
    dark = np.array([any(part in name for part in _DARK_PARTS) for name in names])
    position = model.joint_transforms(model.rest_pose())[:, :3, 3] + _shift(model, rest)
    vertices = parts.vertices + np.repeat(position[parts.link_joint_indices], parts.link_vertex_counts, axis=0)
    return vertices, owner[:, None], np.ones((len(owner), 1)), dark


def _shift(model: Any, rest: Array) -> Array:
    """What takes the package's rest pose to ours: its pelvis, put on x = 0, to our pelvis."""
    pelvis = model.joint_transforms(model.rest_pose())[0, :3, 3].astype(float)
    return rest[0] - pelvis * (0, 1, 1)


def _spread(vertices: Array, faces: Array) -> Any:
    """The sparse matrix `(S, V)` that takes vertices to points spread evenly over the surface."""
    from scipy.sparse import csr_array

    a, b, c = (vertices[faces[:, i]] for i in range(3))
    reach = np.cumsum(np.linalg.norm(quat.cross(b - a, c - a), axis=1))
    face = np.searchsorted(reach, (np.arange(_SPREAD) + 0.5) / _SPREAD * reach[-1])
    # The R2 sequence (https://extremelearning.com.au/unreasonable-effectiveness-of-quasirandom-sequences/), folded
    u, v = (np.arange(_SPREAD) * step % 1.0 for step in (0.7548776662466927, 0.5698402909980532))
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    shares = np.column_stack((1 - u - v, u, v))
    rows = np.repeat(np.arange(_SPREAD), 3)
    return csr_array((shares.ravel(), (rows, faces[face].ravel())), shape=(_SPREAD, len(vertices)))


def _smooth_normals(vertices: Array, faces: Array) -> tuple[Array, Array, Array]:
    """Normals for smooth shading, with vertices split where faces meet at a crease.

    Returns:
        Normals `(V', 3)`, faces `(F, 3)` and the old index of each new vertex `(V',)`.
    """
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    weighted = quat.cross(b - a, c - a)  # its length is twice the area
    unit = _unit(weighted)
    corner, face = faces.ravel(), np.repeat(np.arange(len(faces)), 3)
    smooth = _unit(_sum_at(corner, weighted[face], len(vertices)))
    # 1. corners at vertices where some face turns away from the mean get a vertex of their own
    creased = np.zeros(len(vertices), dtype=bool)
    creased[corner[np.einsum("ij,ij->i", smooth[corner], unit[face]) < _CREASE]] = True
    split = np.flatnonzero(creased[corner])
    split = split[np.argsort(corner[split], kind="stable")]
    # 2. its normal is the mean of the faces there that are on its side of the crease: all pairs within a vertex
    _, first, group, count = np.unique(corner[split], return_index=True, return_inverse=True, return_counts=True)
    pairs = count[group]
    one = np.repeat(np.arange(len(split)), pairs)
    other = np.arange(len(one)) - np.repeat(np.cumsum(pairs) - pairs - first[group], pairs)
    near = np.einsum("ij,ij->i", unit[face[split[one]]], unit[face[split[other]]]) > _CREASE
    normal = _unit(_sum_at(one[near], weighted[face[split[other[near]]]], len(split)))
    # 3. equal ones are merged again, and vertices without a face dropped
    key = np.column_stack((corner[split], np.round(normal * 500).astype(np.int64)))
    _, chosen, which = np.unique(key, axis=0, return_index=True, return_inverse=True)
    corner = corner.copy()
    source = np.concatenate((np.arange(len(vertices)), corner[split[chosen]]))
    corner[split] = len(vertices) + which.ravel()
    used, compact = np.unique(corner, return_inverse=True)
    return np.concatenate((smooth, normal[chosen]))[used], compact.reshape(-1, 3), source[used]


def _sum_at(index: Array, values: Array, size: int) -> Array:
    return np.stack([np.bincount(index, values[:, i], size) for i in range(3)], axis=1)


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _ambient(vertices: Array, normals: Array, surface: Array) -> Array:
    """The share `(V,)` of directions, weighted by their cosine, in which the rest pose does not hide the sky."""
    count = 48
    height = 1.0 - (2.0 * np.arange(count) + 1.0) / count  # a spherical Fibonacci lattice
    turn = np.pi * (1.0 + np.sqrt(5.0)) * np.arange(count)
    open_sky, total = np.zeros(len(vertices)), np.full(len(vertices), 1e-6)
    for y, angle in zip(height, turn, strict=True):
        direction = np.array([np.sqrt(1 - y * y) * np.cos(angle), y, np.sqrt(1 - y * y) * np.sin(angle)])
        weight = np.maximum(normals @ direction, 0.0)
        axes = view_axes(-direction, np.array([0.0, 1.0, 0.0])).T
        seen, hiding = vertices @ axes, surface @ axes
        open_sky += weight * HeightMap.of(hiding[:, :2], -hiding[:, 2], 0.016).lit(seen[:, :2], -seen[:, 2], 0.03)
        total += weight
    return np.clip(open_sky / total, _LEAST_AMBIENT, 1.0).astype(np.float32)


def _grain(vertices: Array) -> Array:
    """Brightness `(V,)` of turned wood: long soft streaks along x + y, which is along the limbs of a T-pose."""
    x, y, z = vertices.T
    along = np.where(np.abs(x) > 0.2, x, y)  # the arms lie along x
    across = np.where(np.abs(x) > 0.2, y, x)
    wobble = 0.6 * np.sin(9.0 * along + 3.0 * z) + 0.4 * np.sin(17.0 * along - 20.0 * across)
    rings = np.sin(150.0 * across + 110.0 * z + 1.6 * wobble) + 0.6 * np.sin(67.0 * across - 53.0 * z + 2.3 * wobble)
    return 1.0 + 0.035 * rings


def _binding(vertices: Array, normals: Array, joints: Array, weights: Array, rest: Array, spread: Any) -> Any:
    """The sparse matrix `(2 V, 4 J)` that takes joint rotations (three rows each) and positions (one) to the mesh."""
    from scipy.sparse import csr_array, vstack

    count, influences = joints.shape
    moved = weights[..., None] * (vertices[:, None] - rest[joints])  # (V, I, 3)
    turned = weights[..., None] * normals[:, None]
    position = np.concatenate((moved, weights[..., None]), axis=-1)  # (V, I, 4)
    direction = np.concatenate((turned, np.zeros_like(weights)[..., None]), axis=-1)
    data = np.concatenate((position.ravel(), direction.ravel())).astype(np.float32)
    column = (4 * joints[..., None] + np.arange(4)).ravel()
    row = np.repeat(np.arange(2 * count), influences * 4)
    matrix = csr_array((data, (row, np.tile(column, 2))), shape=(2 * count, 4 * len(rest)))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return vstack((matrix, (spread @ matrix[:count]).astype(np.float32)), format="csr")
