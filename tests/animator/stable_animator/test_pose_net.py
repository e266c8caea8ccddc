from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `stable-animator` is not installed")

from animator.stable_animator.pose_net import PoseNet  # noqa: E402


def test_numbers_are_those_of_the_reference(expected: Any, fill: Any, wave: Any) -> None:
    with torch.no_grad():
        latents = fill(PoseNet(32)).double()(wave((2, 3, 64, 64), 1.0))
    np.testing.assert_allclose(latents, expected["pose_net"], atol=1e-6)


def test_keys_and_parameters_are_the_published_ones() -> None:
    with torch.device("meta"):
        state = PoseNet().state_dict()
    names = {"scale", "final_proj.weight", "final_proj.bias"}
    names |= {f"conv_layers.{i}.{kind}" for i in range(0, 16, 2) for kind in ("weight", "bias")}
    assert set(state) == names
    assert len(state) == 19
    assert sum(value.numel() for value in state.values()) == 205_557
    assert state["scale"].shape == (1,)
    assert state["final_proj.weight"].shape == (320, 128, 1, 1)


def test_untrained_it_changes_nothing_and_its_layers_keep_the_variance() -> None:
    torch.manual_seed(0)
    network = PoseNet(8)
    assert network.scale.item() == 2
    assert not network(torch.randn(1, 3, 64, 64)).any()
    assert network.conv_layers[14].weight.std().item() == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.02)
