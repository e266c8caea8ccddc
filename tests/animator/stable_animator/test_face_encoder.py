from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `stable-animator` is not installed")

from animator.stable_animator.face_encoder import FusionFaceId  # noqa: E402


def test_numbers_are_those_of_the_reference(expected: Any, fill: Any, wave: Any) -> None:
    with torch.no_grad():
        tokens = fill(FusionFaceId(64, 512, 64)).double()(wave((1, 512), 2.0), wave((1, 1, 64), 3.0))
    np.testing.assert_allclose(tokens, expected["face_encoder"], atol=1e-6)


def test_keys_and_parameters_are_the_published_ones() -> None:
    with torch.device("meta"):
        state = FusionFaceId().state_dict()
    names = {f"{name}.{kind}" for name in ("proj.0", "proj.2", "norm") for kind in ("weight", "bias")}
    for name in ("proj_in", "proj_out", "norm_out"):
        names |= {f"fusion_model.{name}.{kind}" for kind in ("weight", "bias")}
    for layer in (f"fusion_model.layers.{i}" for i in range(4)):
        names |= {f"{layer}.0.{norm}.{kind}" for norm in ("norm1", "norm2") for kind in ("weight", "bias")}
        names |= {f"{layer}.0.{name}.weight" for name in ("to_q", "to_kv", "to_out")}
        names |= {f"{layer}.1.0.weight", f"{layer}.1.0.bias", f"{layer}.1.1.weight", f"{layer}.1.3.weight"}
    assert set(state) == names
    assert len(state) == 56
    assert sum(value.numel() for value in state.values()) == 57_183_232
    assert state["fusion_model.layers.3.0.to_kv.weight"].shape == (2048, 1024)
    assert state["proj.2.weight"].shape == (4096, 1024)


def test_tokens_depend_on_face_and_picture(fill: Any, wave: Any) -> None:
    network = fill(FusionFaceId(64, 512, 64)).double()
    face, picture = wave((1, 512), 2.0), wave((1, 1, 64), 3.0)
    tokens = network(face, picture)
    assert not torch.allclose(tokens, network(-face, picture))
    assert not torch.allclose(tokens, network(face, -picture))
