"""Reads humanoid animations from glTF 2.0: `.glb`, `.gltf` with buffers inside, and `.vrma`.

A node's rest rotation is taken into its children's offsets, so that the clip's rest pose, all rotations identity, is
the pose that the nodes have without the animation. Source: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html,
VRMC_vrm_animation 1.0 in https://github.com/vrm-c/vrm-specification.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.formats.gltf_file import LARGEST_NUMBER, MOST_VALUES, GltfFile
from motion_engine.formats.numbers import FARTHEST
from motion_engine.kinematics import to_local
from motion_engine.types import SHORTEST_FRAME, Array, Clip, Skeleton

USUAL_RATES = (24.0, 25.0, 30.0, 50.0, 60.0, 120.0)  # frames a second
SLOWEST_KEYS = 10.0  # a second; files with fewer leave frames out
STILL = 1e-4  # of the file's unit; a joint that moves less in its parent rests
_PATHS = {"translation": 3, "rotation": 4, "scale": 3}
_BROKEN = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True, eq=False)
class _Curve:
    """What a channel says of one node over time."""

    times: Array  # (K,) s, increasing
    values: Array  # (K, width), for CUBICSPLINE (K, 3, width): tangent in, value, tangent out
    how: str

    def at(self, times: Array, turns: bool) -> Array:
        """The values at `times (T,)`: before the first and after the last key they are those keys'."""
        right = np.clip(np.searchsorted(self.times, times, side="right"), min(1, len(self.times) - 1), None)
        right = np.minimum(right, len(self.times) - 1)
        left = np.maximum(right - 1, 0)
        step = np.maximum(self.times[right] - self.times[left], 1e-9)
        share = np.clip((times - self.times[left]) / step, 0.0, 1.0)
        if self.how == "STEP":
            return self.values[np.where(share < 1 - 1e-6, left, right)]
        if self.how == "LINEAR" and turns:
            return quat.slerp(self.values[left], self.values[right], share)
        s, step = share[:, None], step[:, None]
        if self.how == "LINEAR":
            return self.values[left] * (1 - s) + self.values[right] * s
        (start, leave), (arrive, end) = self.values[left, 1:].swapaxes(0, 1), self.values[right, :2].swapaxes(0, 1)
        moved = (2 * s**3 - 3 * s**2 + 1) * start + step * (s**3 - 2 * s**2 + s) * leave
        moved = moved + (3 * s**2 - 2 * s**3) * end + step * (s**3 - s**2) * arrive
        return quat.normalize(moved) if turns else moved


def animations(path: Path | str) -> tuple[str, ...]:
    """The names of the file's animations; those without a name are "animation 1" and so on.

    Raises:
        BadClip: The file cannot be read.
    """
    try:
        return tuple(
            str(entry.get("name") or f"animation {number}")
            for number, entry in enumerate(GltfFile(path).document.get("animations", ()), 1)
        )
    except _BROKEN as error:
        raise BadClip(f"not glTF as the standard has it: {error}", path=path) from error


def read_gltf(path: Path | str, animation: int = 0) -> Clip:
    """One animation on the file's own skeleton, in metres, +Y up, sampled evenly at the rate of its keys.

    Joints are those of the first skin and the humanoid bones of a VRM file, which get VRM's names, or else the
    animated nodes; with all nodes between them. What moves a single node that carries the rest is the root's motion;
    other animated translations are averaged into the skeleton.

    Args:
        path: `.glb`, `.gltf` or `.vrma`.
        animation: Which of `animations(path)`.

    Raises:
        BadClip: The file has no such animation, is broken, or needs other files.
    """
    try:
        file = GltfFile(path)
        return _to_clip(file, _curves(file, animation))
    except _BROKEN as error:
        raise BadClip(f"not glTF as the standard has it: {error}", path=path) from error


def _curves(file: GltfFile, animation: int) -> dict[tuple[int, str], _Curve]:
    """The curves of an animation by node and what they move."""
    if not file.document.get("animations"):
        raise BadClip("has no animation", path=file.path)
    entry = file.item("animations", animation)
    curves = {}
    for channel in entry["channels"]:
        node, what = channel["target"].get("node"), channel["target"]["path"]
        if node is None or what not in _PATHS:
            continue
        file.item("nodes", node)
        if type(channel["sampler"]) is not int or not 0 <= channel["sampler"] < len(entry["samplers"]):
            raise BadClip(f"a channel of node {node} has no sampler", path=file.path)
        sampler = entry["samplers"][channel["sampler"]]
        how, times = sampler.get("interpolation", "LINEAR"), file.array(sampler["input"], 1)[:, 0]
        values, width = file.array(sampler["output"], _PATHS[what]), _PATHS[what]
        if how not in ("STEP", "LINEAR", "CUBICSPLINE") or len(values) != len(times) * (3 if how[0] == "C" else 1):
            raise BadClip(f"node {node} has {len(times)} times and {len(values)} values ({how})", path=file.path)
        if (np.diff(times) <= 0).any():
            raise BadClip(f"the times of node {node} do not increase", path=file.path)
        values = values[:, [3, 0, 1, 2]] if what == "rotation" else values
        values = values.reshape(len(times), 3, width) if how == "CUBICSPLINE" else values
        turns = what == "rotation" and how != "CUBICSPLINE"
        curves[node, what] = _Curve(times, quat.normalize(values) if turns else values, how)
    if not any(what != "scale" for _, what in curves):
        raise BadClip("the animation moves no joint", path=file.path)
    return curves


def _joints(file: GltfFile, curves: dict[tuple[int, str], _Curve]) -> tuple[list[int], dict[int, str]]:
    """The nodes that are joints, parents first and else in the file's order, and names of those that have VRM's."""
    extensions = file.document.get("extensions", {})
    human = extensions.get("VRMC_vrm_animation", extensions.get("VRMC_vrm", extensions.get("VRM", {}))).get("humanoid")
    bones = (human or {}).get("humanBones", {})
    pairs = (
        [(b["node"], b["bone"]) for b in bones] if isinstance(bones, list) else [(bones[b]["node"], b) for b in bones]
    )
    named = {node: str(bone) for node, bone in pairs if file.item("nodes", node) is not None}
    skins = file.document.get("skins")
    wanted = list(skins[0]["joints"]) if skins else [node for node, what in curves if what != "scale"]
    wanted = sorted(
        {*wanted, *named} if not skins or named else set(wanted), key=lambda n: (type(n) is not int, str(n))
    )
    for node in wanted:
        file.item("nodes", node)
    lines = {}
    for node in sorted(wanted):
        line = [node]
        while file.parents[line[-1]] >= 0:
            line.append(file.parents[line[-1]])
        lines[node] = line[::-1]
    tops = [line[0] for line in lines.values()]
    top = max(tops, key=tops.count)  # of several trees the one with most joints
    own = [line for line in lines.values() if line[0] == top]
    shared = sum(1 for level in zip(*own, strict=False) if len(set(level)) == 1)
    order = list(dict.fromkeys(node for line in own for node in line[shared - 1 :]))
    while True:  # a root that only carries moving hips is part of what is above them
        below = [node for node in order if file.parents[node] == order[0]]
        if len(below) != 1 or (below[0], "translation") not in curves or order[0] in named:
            return order, named
        if np.ptp(curves[below[0], "translation"].values.reshape(-1, 3), axis=0).max() < STILL:
            return order, named
        order = order[1:]


def _frames(curves: list[_Curve], path: Path | str) -> tuple[float, Array]:
    """Frames per second and the times `(T,)` at which they are."""
    times = np.unique(np.concatenate([curve.times for curve in curves]))
    steps = np.diff(times)
    fps = 1.0 / max(float(np.median(steps)), SHORTEST_FRAME) if len(steps) else 30.0
    fps = float(round(fps)) if abs(fps - round(fps)) < 0.002 * fps else fps
    if len(steps) and (fps < SLOWEST_KEYS or np.abs(steps * fps - 1).max() > 0.02):
        marks = times - times[0]
        fits = (rate for rate in USUAL_RATES if np.abs(marks * rate - np.round(marks * rate)).max() < 0.02)
        fps = next(fits, 30.0)
    count = round(min(float(times[-1] - times[0]) * fps, MOST_VALUES)) + 1
    if count * 4 > MOST_VALUES:
        raise BadClip(f"the animation lasts {times[-1] - times[0]:g} s, which is too long", path=path)
    return fps, times[0] + np.arange(count) / fps


def _rest(file: GltfFile, node: int) -> tuple[Array, Array, Array]:
    """A node's own translation, rotation wxyz and scale."""
    entry = file.nodes[node]
    if "matrix" in entry:
        matrix = np.array(entry["matrix"], dtype=np.float64).reshape(4, 4).T
        move, scale = matrix[:3, 3], np.linalg.norm(matrix[:3, :3], axis=0)
        axes = matrix[:3, :3] / np.maximum(scale, 1e-12)
        if np.isfinite(axes).all() and np.linalg.det(axes) < 0.99:
            raise BadClip(f"the matrix of node {node} mirrors or shears", path=file.path)
        turn = quat.from_matrix(axes)
    else:
        move = np.array(entry.get("translation", (0, 0, 0)), dtype=np.float64).reshape(3)
        turn = np.array(entry.get("rotation", (0, 0, 0, 1)), dtype=np.float64).reshape(4)[[3, 0, 1, 2]]
        scale = np.array(entry.get("scale", (1, 1, 1)), dtype=np.float64).reshape(3)
    if not np.abs(np.concatenate((move, turn, scale))).max() < LARGEST_NUMBER:
        raise BadClip(f"node {node} has a value that is not finite or beyond 10⁹", path=file.path)
    return move, quat.normalize(turn), scale


def _size(file: GltfFile, node: int, scale: Array, curve: _Curve | None) -> float:
    """By how much a node scales what hangs on it, always and in all directions."""
    if curve is not None:
        values = curve.values if curve.how != "CUBICSPLINE" else curve.values[:, 1]
        if np.ptp(values, axis=0).max() > 0.01 * np.abs(values).max():
            raise BadClip(f"the scale of node {node} is animated; bake the motion without scale", path=file.path)
        scale = values[0]
    if scale.min() <= 0 or np.ptp(scale) > 0.01 * scale.max():
        raise BadClip(f"the scale of node {node} is not the same in all directions; apply it", path=file.path)
    return float(scale.mean())


def _to_clip(file: GltfFile, curves: dict[tuple[int, str], _Curve]) -> Clip:
    order, named = _joints(file, curves)
    above = [order[0]]
    while file.parents[above[-1]] >= 0:
        above.append(file.parents[above[-1]])
    chain = above[:0:-1] + order
    fps, times = _frames(
        [curve for (node, what), curve in curves.items() if node in chain] or [*curves.values()], file.path
    )
    if len(times) * len(chain) * 4 > MOST_VALUES:
        raise BadClip(f"{len(times)} frames of {len(chain)} nodes are too much: split it", path=file.path)
    # In the world, over time and at rest: rotation and position of each node, and the size of what hangs on it.
    size, turned, rest, moved, stood = (
        {-1: 1.0},
        {-1: quat.IDENTITY},
        {-1: quat.IDENTITY},
        {-1: np.zeros(3)},
        {-1: np.zeros(3)},
    )
    offsets = []
    carriers = {file.parents[node] for node in chain}
    for node in chain:
        parent = file.parents[node]
        move, turn, scale = _rest(file, node)
        way, spin = curves.get((node, "translation")), curves.get((node, "rotation"))
        own = spin.at(times, True) if spin else np.broadcast_to(turn, (len(times), 4))
        place = way.at(times, False) if way else np.broadcast_to(move, (len(times), 3))
        moved[node] = moved[parent] + quat.rotate(turned[parent], size[parent] * place)
        stood[node] = stood[parent] + quat.rotate(rest[parent], size[parent] * move)
        turned[node], rest[node] = quat.mul(turned[parent], own), quat.mul(rest[parent], turn)
        size[node] = size[parent]
        if node in carriers:
            size[node] *= _size(file, node, scale, curves.get((node, "scale")))
        lies = place.mean(axis=0) if way else move
        offsets.append(stood[node] if node == order[0] else quat.rotate(rest[parent], size[parent] * lies))
    if len(order) < 2:
        raise BadClip("the animation moves one node only, which is no figure", path=file.path)
    offsets = offsets[-len(order) :]
    names = _names(file, order, named)
    if not max(np.abs(moved[order[0]]).max(), np.abs(offsets).max()) < FARTHEST:
        raise BadClip(f"a joint is more than {FARTHEST / 1000:g} km away", path=file.path)
    parents = (-1, *(order.index(file.parents[node]) for node in order[1:]))
    skeleton = Skeleton(names, parents, np.array(offsets))
    world = np.stack([quat.mul(turned[node], quat.inv(rest[node])) for node in order], axis=1)
    rotation = quat.unroll(quat.normalize(to_local(skeleton, world)))
    return Clip(skeleton, fps, moved[order[0]], rotation, np.zeros((len(times), 4), dtype=bool))


def _names(file: GltfFile, order: list[int], named: dict[int, str]) -> tuple[str, ...]:
    """The joints' names, each once."""
    names: list[str] = []
    for node in order:
        name = named.get(node) or str(file.nodes[node].get("name") or f"node {node}")[:200]
        names.append(name if name not in names else f"{name} (node {node})")
    return tuple(names)
