from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `stable-animator` is not installed")
diffusers = pytest.importorskip("diffusers", reason="the extra `stable-animator` is not installed")

from animator.stable_animator.unet import published_unet  # noqa: E402


@pytest.fixture
def inputs(wave: Any) -> dict[str, Any]:
    return {
        "sample": wave((1, 4, 8, 16, 16), 4.0),
        "timestep": 1.5,
        "encoder_hidden_states": wave((1, 5, 64), 5.0),
        "added_time_ids": torch.tensor([[6, 127, 0.02]]),
        "pose_latents": wave((4, 32, 16, 16), 6.0),
    }


@torch.no_grad()
def test_numbers_are_those_of_the_reference(expected: Any, tiny_unet: Any, inputs: Any) -> None:
    np.testing.assert_allclose(tiny_unet.double()(**inputs), expected["unet"], atol=1e-6)


def test_keys_are_the_published_ones() -> None:
    with torch.device("meta"):
        state = published_unet().state_dict()
        stock = diffusers.UNetSpatioTemporalConditionModel(num_attention_heads=(5, 10, 20, 20)).state_dict()
    assert (len(stock), len(state)) == (1428, 1460)
    assert {key: value.shape for key, value in state.items() if key in stock} == {k: v.shape for k, v in stock.items()}

    blocks = {f"down_blocks.{i}.attentions.{j}": 320 * 2**i for i in range(3) for j in range(2)}
    blocks |= {f"up_blocks.{i}.attentions.{j}": 1280 // 2 ** (i - 1) for i in range(1, 4) for j in range(3)}
    blocks["mid_block.attentions.0"] = 1280
    own = {key: tuple(value.shape) for key, value in state.items() if key not in stock}
    assert own == {
        f"{block}.transformer_blocks.0.attn2.processor.{name}.weight": (channels, 1024)
        for block, channels in blocks.items()
        for name in ("id_to_k", "id_to_v")
    }


def test_heads_are_the_published_ones() -> None:
    with torch.device("meta"):
        unet = published_unet()
    down = [block.attentions[0].transformer_blocks[0].attn2.heads for block in unet.down_blocks[:3]]
    up = [block.attentions[0].transformer_blocks[0].attn2.heads for block in unet.up_blocks[1:]]
    assert down == [5, 10, 20]
    assert unet.mid_block.attentions[0].transformer_blocks[0].attn2.heads == 20
    assert up == [20, 10, 5]


@torch.no_grad()
def test_temporal_attention_never_sees_the_identity(tiny_unet: Any, inputs: Any) -> None:
    unet = tiny_unet.double()
    tokens = inputs.pop("encoder_hidden_states")
    others = torch.cat((tokens[:, :1], -3 * tokens[:, 1:]), dim=1)
    seen = unet(encoder_hidden_states=tokens, **inputs)
    assert (seen - unet(encoder_hidden_states=others, **inputs)).abs().max() > 0.01
    for name, module in unet.named_modules():  # now spatial attention cannot tell one identity from another
        if name.endswith("id_to_v"):
            module.weight.zero_()
    without = unet(encoder_hidden_states=tokens, **inputs)
    torch.testing.assert_close(without, unet(encoder_hidden_states=others, **inputs), rtol=0, atol=0)
    moved = torch.cat((-tokens[:, :1], tokens[:, 1:]), dim=1)
    assert (without - unet(encoder_hidden_states=moved, **inputs)).abs().max() > 0.01


@torch.no_grad()
def test_the_unconditional_pass_is_that_of_zero_tokens(tiny_unet: Any, inputs: Any) -> None:
    unet = tiny_unet.double()
    tokens = torch.zeros_like(inputs.pop("encoder_hidden_states"))
    shortened = unet(encoder_hidden_states=None, **inputs)
    torch.testing.assert_close(shortened, unet(encoder_hidden_states=tokens, **inputs), rtol=0, atol=0)


@torch.no_grad()
def test_pose_latents_are_added_in_one_pass_and_not_the_next(tiny_unet: Any, inputs: Any) -> None:
    unet = tiny_unet.double()
    posed = unet(**inputs)
    inputs["pose_latents"] = None
    plain = unet(**inputs)
    assert (posed - plain).abs().max() > 0.01
    inputs["pose_latents"] = torch.zeros(4, 32, 16, 16, dtype=torch.float64)
    torch.testing.assert_close(unet(**inputs), plain, rtol=0, atol=0)
