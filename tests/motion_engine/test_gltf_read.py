from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.formats.gltf import write_glb, write_vrma
from motion_engine.formats.gltf_read import animations, read_gltf
from motion_engine.kinematics import fk
from motion_engine.retarget import retarget
from motion_engine.types import Array, Clip, canonical_skeleton

HALF = float(np.sqrt(0.5))


def clip_of(frames: int = 20) -> Clip:
    joints = len(canonical_skeleton().names)
    swing = np.sin(np.linspace(0, 3, frames))[:, None, None] * np.random.default_rng(3).normal(size=(joints, 3)) * 0.15
    root = np.linspace((0.0, 0.93, 0.0), (0.1, 0.93, 1.0), frames)
    return Clip(canonical_skeleton(), 30.0, root, quat.from_rotvec(swing), np.zeros((frames, 4), dtype=bool))


def gltf(path: Path, tracks: list[tuple[int, str, str, list[float], Array]], nodes: Any = None, **more: Any) -> Path:
    """Node 0 "Armature" over 1 "hips" over 2 "spine"; `tracks` are node, path, interpolation, times, values."""
    document: dict[str, Any] = {"asset": {"version": "2.0"}, "accessors": [], "bufferViews": []}
    document["nodes"] = nodes or [
        {"name": "Armature", "children": [1]},
        {"name": "hips", "children": [2], "translation": [0, 1, 0]},
        {"name": "spine", "translation": [0, 0.5, 0]},
    ]
    data, samplers, channels = b"", list[Any](), list[Any]()
    for node, what, how, times, values in tracks:
        for array in (np.array(times, dtype="<f4")[:, None], values):
            accessor: dict[str, Any] = {"bufferView": len(document["bufferViews"]), "count": len(array)}
            accessor["componentType"] = {"f": 5126, "i": 5122}[array.dtype.kind]
            accessor["type"] = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}[array.shape[1]]
            if array.dtype.kind == "i":
                accessor["normalized"] = True
            document["accessors"].append(accessor)
            document["bufferViews"].append({"buffer": 0, "byteOffset": len(data), "byteLength": array.nbytes})
            data += array.tobytes()
        last = len(document["accessors"])
        samplers.append({"input": last - 2, "output": last - 1, "interpolation": how})
        channels.append({"sampler": len(channels), "target": {"node": node, "path": what}})
    document["animations"] = [{"samplers": samplers, "channels": channels}]
    uri = "data:application/octet-stream;base64," + base64.b64encode(data).decode()
    document["buffers"] = [{"byteLength": len(data), "uri": uri}]
    path.write_text(json.dumps(document | more))
    return path


def turns(*angles: float) -> Array:
    return np.array([[0, 0, np.sin(a / 2), np.cos(a / 2)] for a in angles], dtype="<f4")


@pytest.mark.parametrize("suffix", [".glb", ".vrma"])
def test_what_is_written_is_read_back(tmp_path: Path, suffix: str) -> None:
    clip, path = clip_of(), tmp_path / f"a{suffix}"
    (write_glb if suffix == ".glb" else write_vrma)(path, clip)
    read = read_gltf(path)
    assert animations(path) == ("motion",)
    assert read.fps == 30.0 and len(read) == len(clip) and not read.contacts.any()
    (position, _), (ours, _) = (fk(c.skeleton, c.root_position, c.rotation) for c in (read, clip))
    np.testing.assert_allclose(position, ours, atol=1e-5)
    back, expected = retarget(read), retarget(clip)
    (position, world), (ours, turned) = (fk(c.skeleton, c.root_position, c.rotation) for c in (back, expected))
    # Seen from the pelvis and without feet and hands: retargeting does not treat those of other skeletons as ours.
    body = [j for j in range(22) if not clip.skeleton.names[j].endswith(("_ankle", "_foot", "_wrist"))]
    assert np.abs(position - position[:, :1] - ours + ours[:, :1])[:, body].max() < 0.01
    assert np.degrees(quat.angle_between(world, turned))[:, body].max() < 1.0


def test_step_linear_and_shorts(tmp_path: Path) -> None:
    shorts = np.round(turns(0, 1.0) * 32767).astype("<i2")
    tracks = [
        (1, "rotation", "STEP", [0, 0.1, 0.2], turns(0, 1.0, 2.0)),
        (2, "rotation", "LINEAR", [0, 0.2], shorts),
    ]
    clip = read_gltf(gltf(tmp_path / "a.gltf", tracks))
    angle = 2 * np.arctan2(clip.rotation[..., 3], clip.rotation[..., 0])
    hips, spine = (clip.skeleton.index(name) for name in ("hips", "spine"))
    assert clip.fps == 10.0 and animations(tmp_path / "a.gltf") == ("animation 1",)
    np.testing.assert_allclose(angle[:, hips], [0, 1, 2], atol=1e-3)
    np.testing.assert_allclose(angle[:, spine], [0, 0.5, 1], atol=1e-3)


def test_cubic_spline_follows_its_tangents(tmp_path: Path) -> None:
    # y = t^2 from 0 to 1 s: tangents 0 and 2; a cubic has it exactly
    keys = np.array([[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 2, 0], [0, 1, 0], [0, 0, 0]], dtype="<f4")
    clip = read_gltf(
        gltf(tmp_path / "a.gltf", [(1, "translation", "CUBICSPLINE", [0, 1], keys)], skins=[{"joints": [1, 2]}])
    )
    t = np.arange(len(clip)) / clip.fps
    assert t[-1] == 1.0
    np.testing.assert_allclose(clip.root_position[:, 1], t**2, atol=1e-5)


def test_scaled_and_turned_armature_is_folded_into_the_root(tmp_path: Path) -> None:
    nodes: list[dict[str, Any]] = [
        {"name": "Armature", "children": [1], "rotation": [-HALF, 0, 0, HALF], "scale": [0.01] * 3},
        {"name": "hips", "children": [2], "translation": [0, 0, 100]},
        {"name": "spine", "translation": [0, 0, 50]},
    ]
    moves = np.array([[0, 0, 100], [0, -30, 90]], dtype="<f4")
    skins = [{"joints": [1, 2]}]
    clip = read_gltf(gltf(tmp_path / "a.gltf", [(1, "translation", "LINEAR", [0, 1], moves)], nodes, skins=skins))
    assert clip.skeleton.names == ("hips", "spine")
    np.testing.assert_allclose(clip.root_position[[0, -1]], np.array([[0, 1, 0], [0, 0.9, 0.3]]), atol=1e-6)
    np.testing.assert_allclose(clip.skeleton.offsets, np.array([[0, 1, 0], [0, 0.5, 0]]), atol=1e-6)
    np.testing.assert_allclose(clip.rotation, np.broadcast_to(quat.IDENTITY, clip.rotation.shape), atol=1e-6)


def test_what_cannot_be_is_refused_in_words(tmp_path: Path) -> None:
    path, turn = tmp_path / "a.gltf", (1, "rotation", "LINEAR", [0, 1], turns(0, 1))
    grows = np.array([[1, 1, 1], [2, 2, 2]], dtype="<f4")
    cases: list[tuple[str, list[Any], dict[str, Any]]] = [
        ("no animation", [turn], {"animations": []}),
        ("export as .glb", [turn], {"buffers": [{"uri": "a.bin", "byteLength": 1}]}),
        ("own ancestors", [turn], {"nodes": [{"children": [1]}, {"children": [0]}]}),
        ("none of the", [(9, *turn[1:])], {}),
        ("not finite", [(*turn[:4], turns(0, np.nan))], {}),
        ("do not increase", [(*turn[:3], [1, 1], turn[4])], {}),
        ("scale of node 1 is animated", [turn, (1, "scale", "LINEAR", [0, 1], grows), (2, *turn[1:])], {}),
    ]
    for words, tracks, more in cases:
        with pytest.raises(BadClip, match=words):
            read_gltf(gltf(path, tracks, **more))


def test_broken_files_raise_bad_clip_only(tmp_path: Path) -> None:
    path, rng, refused = tmp_path / "a.glb", np.random.default_rng(1), 0
    write_vrma(path, clip_of(3))
    whole = path.read_bytes()
    for trial in range(300):
        data = bytearray(whole)
        if trial % 3 == 0:
            del data[int(rng.integers(len(data))) :]
        for at in rng.integers(0, len(data) or 1, size=5 if trial % 3 else 0):
            data[at] = rng.integers(256)
        if trial % 3 == 2:  # numbers in the JSON
            at = data.find(b":", int(rng.integers(20, 4000)))
            data[at + 1 : at + 2] = rng.choice([b"9", b"-", b"n", b"[", b'"'])
        path.write_bytes(data)
        try:
            read_gltf(path)
        except BadClip:
            refused += 1
    assert refused > 150
