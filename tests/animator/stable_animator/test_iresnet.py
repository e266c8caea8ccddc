from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the extra `stable-animator` is not installed")

from animator.stable_animator.iresnet import IResNet100  # noqa: E402


def norm(name: str) -> set[str]:
    return {f"{name}.{kind}" for kind in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")}


def test_keys_are_those_of_arcface_torch() -> None:
    with torch.device("meta"):
        state = IResNet100().state_dict()
    names = {"conv1.weight", "prelu.weight", "fc.weight", "fc.bias"} | norm("bn1") | norm("bn2") | norm("features")
    for stage, count in enumerate((3, 13, 30, 3), start=1):
        names |= {f"layer{stage}.0.downsample.0.weight"} | norm(f"layer{stage}.0.downsample.1")
        for block in (f"layer{stage}.{i}" for i in range(count)):
            names |= {f"{block}.{name}.weight" for name in ("conv1", "prelu", "conv2")}
            names |= norm(f"{block}.bn1") | norm(f"{block}.bn2") | norm(f"{block}.bn3")
    assert set(state) == names
    assert len(state) == 925
    assert state["fc.weight"].shape == (512, 512 * 7 * 7)
    assert state["layer3.0.conv2.weight"].shape == (256, 256, 3, 3)
    assert 255e6 < 4 * sum(value.numel() for value in state.values()) < 265e6  # the file's 261 MB


@torch.no_grad()
def test_faces_to_embeddings() -> None:
    torch.manual_seed(0)
    network = IResNet100(((4, 1), (8, 2), (8, 1), (8, 1))).eval()
    faces = torch.randn(3, 3, 112, 112)
    embeddings = network(faces)
    assert embeddings.shape == (3, 512)
    torch.testing.assert_close(network(faces[1:2]), embeddings[1:2], rtol=1e-4, atol=1e-5)
