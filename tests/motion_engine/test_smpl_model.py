"""Body models from a tiny made-up file: nothing of a licensed one is here."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array, csr_array

from motion_engine import quat
from motion_engine.errors import BadClip, ModelUnavailable
from motion_engine.formats.smpl import read_smpl, write_smpl
from motion_engine.formats.smpl_model import SmplModel, read_smpl_model, smpl_vertices
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip, canonical_skeleton

VERTICES = 60


def model_arrays(joints: int = 52, shapes: int = 4) -> dict[str, Array]:
    """A made-up body: a vertex at each of our joints, pelvis at the origin, and some that no joint looks at."""
    rng = np.random.default_rng(joints)
    skeleton = canonical_skeleton()
    rest, _ = fk(skeleton, np.zeros(3), np.tile(quat.IDENTITY, (52, 1)))
    order = {24: [*range(22), 22, 37], 52: list(range(52)), 55: [*range(22), 15, 15, 15, *range(22, 52)]}[joints]
    template = np.concatenate((rest[order], rng.normal(size=(VERTICES - joints, 3))))
    weights = np.zeros((VERTICES, joints))
    weights[np.arange(VERTICES), np.arange(VERTICES) % joints] = 1.0
    return {
        "v_template": template,
        "shapedirs": rng.normal(size=(VERTICES, 3, shapes)) * 0.01,
        "J_regressor": np.eye(joints, VERTICES),
        "posedirs": np.zeros((VERTICES, 3, 9 * (joints - 1))),
        "weights": weights,
        "f": np.array([[0, 1, 2]]),
    }


class Ch:
    """Stands for chumpy's constants while a test writes them; they keep such things beside their array."""

    def __init__(self, x: Array) -> None:
        self.x, self._itr, self._dirty_vars = x, None, {"x"}
        self._depends_on_deps = {"r": {"deps": frozenset(("x",)), "value": None, "out_of_date": True}}


class Select:
    """Stands for chumpy's selections: a part of a constant."""

    def __init__(self, a: Ch, idxs: Array, preferred_shape: tuple[int, ...]) -> None:
        self._dirty_vars: set[str] = set()
        self.a, self.idxs, self.preferred_shape = a, idxs, preferred_shape


def write_pickle(path: Path, content: Any, protocol: int) -> Path:
    """Writes as a Python with chumpy would."""
    for kind, module in ((Ch, "chumpy.ch"), (Select, "chumpy.reordering")):
        kind.__module__ = module
        fake = type(sys)(module)
        setattr(fake, kind.__name__, kind)
        sys.modules[module] = fake
    sys.modules["chumpy"] = type(sys)("chumpy")
    try:
        path.write_bytes(pickle.dumps(content, protocol=protocol))
    finally:
        for module in ("chumpy", "chumpy.ch", "chumpy.reordering"):
            del sys.modules[module]
    return path


def official(joints: int = 52) -> dict[str, Any]:
    """The arrays wrapped as the official files wrap them."""
    arrays: dict[str, Any] = dict(model_arrays(joints))
    shapes = arrays["shapedirs"]
    more = np.concatenate((shapes, np.ones_like(shapes)), axis=2)
    idxs = np.arange(more.size).reshape(more.shape)[..., :4].ravel()
    arrays["shapedirs"] = Select(Ch(more), idxs, shapes.shape)
    arrays["v_template"] = Ch(np.asfortranarray(arrays["v_template"]))
    arrays["J_regressor"] = csc_array(arrays["J_regressor"])
    arrays["bs_style"] = "lbs"
    return arrays


def same(model: SmplModel, joints: int = 52) -> bool:
    arrays = model_arrays(joints)
    names = {"template": "v_template", "shapes": "shapedirs", "regressor": "J_regressor"}
    return all(np.array_equal(getattr(model, ours), arrays[theirs]) for ours, theirs in names.items())


@pytest.mark.parametrize("joints", [24, 52, 55])
def test_npz(tmp_path: Path, joints: int) -> None:
    np.savez(tmp_path / "model.npz", **model_arrays(joints))  # type: ignore[arg-type]
    assert same(read_smpl_model(tmp_path / "model.npz"), joints)


@pytest.mark.parametrize("protocol", range(6))
def test_pickles_of_all_protocols(tmp_path: Path, protocol: int) -> None:
    assert same(read_smpl_model(write_pickle(tmp_path / "model.pkl", official(), protocol)))
    plain = model_arrays() | {"J_regressor": csr_array(model_arrays()["J_regressor"])}
    assert same(read_smpl_model(write_pickle(tmp_path / "plain.pkl", plain, protocol)))
    assert "chumpy" not in sys.modules


def test_pickles_of_python_2(tmp_path: Path) -> None:
    """Python 2 wrote the bytes of arrays as strings, and old names of modules."""
    template = model_arrays(24)["v_template"].astype(">f4")
    raw = template.tobytes()
    text = (
        b"\x80\x02}q\x01U\nv_templatecnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K<K\x03\x86cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01>NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89T" + len(raw).to_bytes(4, "little") + raw + b"tbs."
    )
    (tmp_path / "model.pkl").write_bytes(text)
    from motion_engine.formats.pickled import array_of, read_pickled

    content = read_pickled(tmp_path / "model.pkl")
    np.testing.assert_array_equal(array_of(content["v_template"], "v_template", tmp_path), template)


class Run:
    """Runs what it is told when an ordinary unpickler reads it."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> Any:
        return self.function, self.arguments


class Own:
    """A class of somebody's own."""


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("kind", ["system", "eval", "exec", "open", "import", "own", "nested", "getattr", "load"])
def test_a_pickle_that_would_run_something_is_refused_and_runs_nothing(
    tmp_path: Path, kind: str, protocol: int
) -> None:
    trace = tmp_path / "trace"
    evil: Any = {
        "system": Run(os.system, f"touch {trace}"),
        "eval": Run(eval, f"open({str(trace)!r}, 'w')"),
        "exec": Run(exec, f"open({str(trace)!r}, 'w')"),
        "open": Run(open, str(trace), "w"),
        "import": Run(__import__, "this"),
        "own": Own(),
        "nested": [{"deep": (Run(os.system, f"touch {trace}"),)}],
        "getattr": Run(getattr, "x", "upper"),
        "load": Run(np.load, str(trace)),
    }[kind]
    path = write_pickle(tmp_path / "model.pkl", official() | {"extra": evil}, protocol)
    with pytest.raises(BadClip, match="refused, nothing of it was run") as caught:
        read_smpl_model(path)
    assert str(path) in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == ["model.pkl"]
    assert "this" not in sys.modules


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\x80\x02]q\x00.",  # a list
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.",  # a string of 2^63 bytes
        b"\x80\x05\x96\x00\x00\x00\x00\xff\xff\x00\x00.",  # a bytearray of 2^48 bytes
        b"\x80\x02}r\xff\xff\xff\xff.",  # the last place of a huge table
        b"\x80\x02}q\x01(U\nv_templatecchumpy.ch\nCh\nq\x02)\x81}U\x01xh\x01sbu.",  # an expression in itself
        b"\x80\x02cnumpy\ndtype\n.",
        b"(" * 100_000 + b".",
    ],
)
def test_damaged_pickles(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.pkl").write_bytes(content)
    with pytest.raises(BadClip) as caught:
        read_smpl_model(tmp_path / "model.pkl")
    assert caught.value.path == tmp_path / "model.pkl" and len(str(caught.value)) < 400


@settings(derandomize=True, max_examples=150, deadline=None)
@given(data=st.data())
def test_mutated_pickles_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("mutated")
    content = bytearray(
        write_pickle(folder / "good.pkl", official(24), data.draw(st.sampled_from([0, 2, 4]))).read_bytes()
    )
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1) | st.integers(0, 400))
        content[place] = data.draw(st.integers(0, 255))
    (folder / "model.pkl").write_bytes(content)
    try:
        model = read_smpl_model(folder / "model.pkl")
    except BadClip:
        return
    assert np.isfinite(model.rest_joints(np.zeros(4))).all()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"v_template": None}, 'no array "v_template"'),
        ({"J_regressor": None}, 'no array "J_regressor"'),
        ({"shapedirs": np.zeros((VERTICES, 3))}, "do not fit"),
        ({"J_regressor": np.zeros((16, VERTICES))}, "24, 52 or 55 rows"),
        ({"v_template": np.full((VERTICES, 3), np.nan)}, "not finite"),
        ({"v_template": np.full((VERTICES, 3), "x")}, "not hold numbers"),
        ({"shapedirs": np.array([None])}, "plain arrays"),
    ],
)
def test_other_models_are_refused(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    arrays = {name: array for name, array in (model_arrays() | change).items() if array is not None}
    np.savez(tmp_path / "model.npz", **arrays)
    with pytest.raises(BadClip, match=reason):
        read_smpl_model(tmp_path / "model.npz")
    with pytest.raises(BadClip, match="cannot be read"):
        read_smpl_model(tmp_path / "none.pkl")


def clip_of(frames: int = 5) -> Clip:
    skeleton = canonical_skeleton()
    rng = np.random.default_rng(1)
    rotation = quat.from_rotvec(np.cumsum(rng.normal(size=(frames, 52, 3)) * 0.1, axis=0))
    root = np.array([0.3, 0.95, -2.0]) + rng.normal(size=(frames, 3)) * 0.1
    return Clip(skeleton, 30.0, root, quat.unroll(rotation), np.zeros((frames, 4), dtype=bool))


@pytest.mark.parametrize("joints", [24, 52, 55])
def test_betas_give_the_bone_lengths(tmp_path: Path, joints: int) -> None:
    arrays = model_arrays(joints)
    np.savez(tmp_path / "model.npz", **arrays)  # type: ignore[arg-type]
    write_smpl(tmp_path / "clip.npz", clip_of(), joints=joints)
    with np.load(tmp_path / "clip.npz") as file:
        content = dict(file)
    content["betas"] = betas = np.array([1.0, -2.0, 0.5, 3.0, *[9.0] * 12])  # the model has four of the sixteen
    np.savez(tmp_path / "clip.npz", **content)
    clip = read_smpl(tmp_path / "clip.npz", model=tmp_path / "model.npz")
    rest = arrays["J_regressor"] @ (arrays["v_template"] + arrays["shapedirs"] @ betas[:4])
    np.testing.assert_allclose(clip.skeleton.offsets[0], rest[0])
    np.testing.assert_allclose(clip.skeleton.offsets[4], rest[4] - rest[1])
    if joints > 24:
        np.testing.assert_allclose(clip.skeleton.offsets[51], rest[-1] - rest[-2])
    trans = content["trans"]
    x, y, z = (trans + rest[0]).T  # +Z up: the pelvis is where that body has it
    np.testing.assert_allclose(clip.root_position, np.stack((x, z, -y), axis=1), atol=1e-6)
    straight = read_smpl(tmp_path / "clip.npz")
    np.testing.assert_array_equal(straight.rotation, clip.rotation)
    assert straight.skeleton is canonical_skeleton()


def test_betas_of_giants_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "model.npz", **model_arrays())  # type: ignore[arg-type]
    with pytest.raises(BadClip, match="more than 10 m"):
        read_smpl_model(tmp_path / "model.npz").skeleton(np.full(4, 1e3))


@pytest.mark.parametrize("joints", [24, 52, 55])
def test_vertices(tmp_path: Path, joints: int) -> None:
    """A vertex at each joint, bound to it, is where the joint is."""
    pytest.importorskip("smplx", reason="smplx is not installed: it is an extra, with its own licence")
    np.savez(tmp_path / "model.npz", **model_arrays(joints))  # type: ignore[arg-type]
    clip = clip_of(70)
    betas = np.array([0.5, -1.0])
    vertices = smpl_vertices(tmp_path / "model.npz", clip, betas)
    skeleton = read_smpl_model(tmp_path / "model.npz").skeleton(betas)
    expected, _ = fk(skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    np.testing.assert_allclose(vertices[:, :22], expected[:, :22], atol=1e-4)
    if joints > 24:
        np.testing.assert_allclose(vertices[:, joints - 30 : joints], expected[:, 22:], atol=1e-4)


def test_vertices_without_smplx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smplx.lbs", None)
    with pytest.raises(ModelUnavailable, match=r"motion-engine\[smpl\]"):
        smpl_vertices(tmp_path / "model.npz", clip_of())
