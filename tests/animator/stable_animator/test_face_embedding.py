from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from animator.stable_animator.face_embedding import embed_face
from motion_engine.errors import ModelUnavailable
from motion_engine.types import Array

PICTURE = np.zeros((80, 60, 3), np.uint8)
PICTURE[..., 0] = 200  # red


class FakeAnalysis:
    """Finds what it is told to, and remembers what it was given."""

    faces: tuple[Any, ...] = ()
    failure: Exception | None = None
    get_failure: Exception | None = None
    made: dict[str, Any]
    seen: Array

    def __init__(self, **options: Any) -> None:
        if self.failure:
            raise self.failure
        print("find model: chatter")
        FakeAnalysis.made = options

    def prepare(self, **options: Any) -> None:
        FakeAnalysis.made |= options

    def get(self, picture: Array) -> tuple[Any, ...]:
        if self.get_failure:
            raise self.get_failure
        FakeAnalysis.seen = picture
        return self.faces


def face(left: float, width: float, value: float) -> SimpleNamespace:
    return SimpleNamespace(bbox=np.array([left, 10, left + width, 10 + width]), embedding=np.full(512, value))


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package, app = ModuleType("insightface"), ModuleType("insightface.app")
    app.FaceAnalysis = FakeAnalysis  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "insightface", package)
    monkeypatch.setitem(sys.modules, "insightface.app", app)
    monkeypatch.setattr(FakeAnalysis, "faces", (face(5, 10, 1.0), face(30, 25, 7.5)))
    monkeypatch.setattr(FakeAnalysis, "failure", None)
    (tmp_path / "models" / "antelopev2").mkdir(parents=True)
    (tmp_path / "models" / "antelopev2" / "glintr100.onnx").touch()
    return tmp_path


def test_the_largest_face_as_it_is(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    embedding, words = embed_face(PICTURE, weights)
    np.testing.assert_array_equal(embedding, np.full(512, 7.5))  # not of length 1
    assert "largest of 2" in words and "30, 10, 55, 35" in words
    assert FakeAnalysis.made["name"] == "antelopev2" and FakeAnalysis.made["root"] == str(weights)
    assert FakeAnalysis.made["det_size"] == (640, 640)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("channels", "red"), [("rgb", 0), ("bgr", 2)])
def test_the_order_of_colours(weights: Path, channels: Any, red: int) -> None:
    embed_face(PICTURE, weights, channels=channels)
    assert FakeAnalysis.seen[0, 0, red] == 200 and FakeAnalysis.seen[0, 0].sum() == 200


def test_models_unpacked_one_folder_deeper(weights: Path) -> None:
    (weights / "models/antelopev2/glintr100.onnx").unlink()
    (weights / "models/antelopev2/antelopev2").mkdir()
    (weights / "models/antelopev2/antelopev2/glintr100.onnx").touch()
    embed_face(PICTURE, weights)
    assert FakeAnalysis.made["name"] == "antelopev2/antelopev2"


def test_models_beside_the_folder_of_weights(weights: Path) -> None:
    (weights / "checkpoints").mkdir()
    embedding, _ = embed_face(PICTURE, weights / "checkpoints")
    assert embedding.any() and Path(FakeAnalysis.made["root"]).resolve() == weights.resolve()


def test_without_a_face_without_models_without_insightface(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeAnalysis, "faces", ())
    found = [embed_face(PICTURE, weights)]
    (weights / "models/antelopev2/glintr100.onnx").unlink()
    found.append(embed_face(PICTURE, weights))
    monkeypatch.setitem(sys.modules, "insightface.app", None)
    found.append(embed_face(PICTURE, weights))
    for (embedding, words), part in zip(found, ("No face", "no .onnx files", "pip install"), strict=True):
        assert embedding.shape == (512,) and not embedding.any()
        assert part in words


def test_broken_models(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeAnalysis, "failure", RuntimeError("protobuf parsing failed"))
    with pytest.raises(ModelUnavailable, match=r"protobuf parsing failed.*again"):
        embed_face(PICTURE, weights)
    monkeypatch.setattr(FakeAnalysis, "failure", None)
    monkeypatch.setattr(FakeAnalysis, "faces", (SimpleNamespace(bbox=np.ones(4), embedding=np.ones(128)),))
    with pytest.raises(ModelUnavailable, match="use antelopev2"):
        embed_face(PICTURE, weights)


def test_models_that_find_but_do_not_recognise(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeAnalysis, "faces", (SimpleNamespace(bbox=np.ones(4), embedding=None),))
    with pytest.raises(ModelUnavailable, match=r"glintr100\.onnx is missing"):
        embed_face(PICTURE, weights)
    monkeypatch.setattr(FakeAnalysis, "get_failure", RuntimeError("invalid model"))
    with pytest.raises(ModelUnavailable, match=r"invalid model.*again"):
        embed_face(PICTURE, weights)


def test_insightface_for_another_numpy(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        def find_spec(self, name: str, *_: Any) -> None:
            if name == "insightface.app":
                raise ValueError("numpy.dtype size changed")

    monkeypatch.delitem(sys.modules, "insightface.app")
    monkeypatch.setattr(sys.modules["insightface"], "__path__", [], raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    with pytest.raises(ModelUnavailable, match=r"numpy\.dtype size changed.*reinstall"):
        embed_face(PICTURE, weights)
