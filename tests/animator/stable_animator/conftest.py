"""Networks of tiny sizes whose weights come from a formula, as the reference's numbers were computed with."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motion_engine.types import Array

EXPECTED = Path(__file__).parents[3] / "../shared/evals/stable_animator/expected.npz"
UNET = {
    "sample_size": 8,
    "block_out_channels": (32, 64, 64, 64),
    "addition_time_embed_dim": 8,
    "projection_class_embeddings_input_dim": 24,
    "layers_per_block": 1,
    "cross_attention_dim": 64,
    "num_attention_heads": (1, 2, 2, 2),
    "num_frames": 4,
}
VAE = {
    "block_out_channels": (32, 32, 32, 64),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "layers_per_block": 1,
    "sample_size": 64,
}
CLIP = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "projection_dim": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 224,
    "patch_size": 56,
}


def filled(network: Any) -> Any:
    """The network with weights by a formula of their names and places."""
    import torch

    state = {}
    for key, value in network.state_dict().items():
        state[key] = value
        if torch.is_floating_point(value):
            phase = zlib.crc32(f"dev:{key}".encode()) % 10007
            x = np.sin(np.arange(value.numel(), dtype=np.float64) * 0.7310585786 + phase)
            if key.endswith("mix_factor"):
                weights = 0.3 * x
            elif value.ndim <= 1:
                weights = (1.0 if key.endswith("weight") or key == "scale" else 0.0) + 0.1 * x
            else:
                weights = x * 1.5 / np.sqrt(value.numel() / value.shape[0])
            state[key] = torch.from_numpy(weights.reshape(tuple(value.shape))).to(value.dtype)
    network.load_state_dict(state)
    return network


def waves(shape: tuple[int, ...], phase: float) -> Array:
    """Numbers in -1..1 by a formula."""
    return np.sin(np.arange(np.prod(shape), dtype=np.float64) * 0.3678794412 + phase).reshape(shape)


def picture(shape: tuple[int, ...], phase: float) -> Array:
    return (127.5 + 127 * waves(shape, phase)).astype(np.uint8)


@pytest.fixture
def expected() -> Array:
    if not EXPECTED.exists():
        pytest.skip("the reference's numbers (../shared/evals/stable_animator) are not here")
    return np.load(EXPECTED)


@pytest.fixture
def fill() -> Callable[[Any], Any]:
    return filled


@pytest.fixture
def wave() -> Callable[[tuple[int, ...], float], Any]:
    """Float64 tensors by the formula."""
    import torch

    return lambda shape, phase: torch.from_numpy(waves(shape, phase))


@pytest.fixture
def tiny_unet() -> Any:
    from animator.stable_animator.unet import UNet

    return filled(UNet(**UNET))


@pytest.fixture
def tiny(tiny_unet: Any) -> dict[str, Any]:
    """All networks of a pipeline by the names of its arguments."""
    import torch
    from diffusers import AutoencoderKLTemporalDecoder
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    from animator.stable_animator.face_encoder import FusionFaceId
    from animator.stable_animator.iresnet import IResNet100
    from animator.stable_animator.pose_net import PoseNet

    torch.manual_seed(0)  # of the face network: the formula gives negative variances
    return {
        "unet": tiny_unet,
        "pose_net": filled(PoseNet(32)),
        "face_encoder": filled(FusionFaceId(64, 512, 64)),
        "vae": filled(AutoencoderKLTemporalDecoder(**VAE)),
        "image_encoder": filled(CLIPVisionModelWithProjection(CLIPVisionConfig(**CLIP))),
        "face_network": IResNet100(((4, 1), (4, 1), (4, 1), (4, 1))),
    }


@pytest.fixture
def film() -> Callable[..., tuple[Array, list[Array], Array]]:
    """A reference picture, as many pose maps as asked for, and a face embedding."""

    def make(frames: int, side: int = 64) -> tuple[Array, list[Array], Array]:
        maps = [picture((side, side, 3), 8.0 + i) for i in range(frames)]
        return picture((96, 80, 3), 7.0), maps, waves((512,), 9.0)

    return make
