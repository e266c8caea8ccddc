"""Stable Video Diffusion's UNet, told the pose at its first layer and the identity in its spatial attention."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  # its usual name
from diffusers import UNetSpatioTemporalConditionModel
from torch import Tensor, nn

from animator.stable_animator.face_encoder import ID_TOKENS

# stable-video-diffusion-img2vid-xt, unet/config.json. Another number of heads loads as well and gives other pictures.
PUBLISHED: dict[str, Any] = {
    "sample_size": 96,
    "in_channels": 8,
    "out_channels": 4,
    "block_out_channels": (320, 640, 1280, 1280),
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 768,
    "layers_per_block": 2,
    "cross_attention_dim": 1024,
    "transformer_layers_per_block": 1,
    "num_attention_heads": (5, 10, 20, 20),
    "num_frames": 25,
}


def published_unet() -> UNet:
    """The UNet as published: 1460 keys, 6.2 GB in float32 (inside `torch.device("meta")` none)."""
    return UNet(**PUBLISHED)


class UNet(UNetSpatioTemporalConditionModel):  # type: ignore[misc]  # diffusers has no types
    """Diffusers' UNet with other attention processors and with pose latents; its own keys are unchanged.

    Args:
        config: As `UNetSpatioTemporalConditionModel` takes it; one `cross_attention_dim` for all blocks.
    """

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        stock: nn.Conv2d = self.get_submodule("conv_in")
        self.conv_in = PosedConv(stock.in_channels, stock.out_channels, 3, padding=1)
        for name, module in self.named_modules():
            if name.endswith(".temporal_transformer_blocks.0.attn2"):
                module.set_processor(ContextAttention())
            elif name.endswith(".transformer_blocks.0.attn2"):
                module.set_processor(IdentityAttention(module.inner_dim, module.cross_attention_dim))

    def forward(
        self,
        sample: Tensor,
        timestep: Tensor | float,
        encoder_hidden_states: Tensor | None,
        added_time_ids: Tensor,
        pose_latents: Tensor | None = None,
    ) -> Tensor:
        """Predicts the velocity of noisy latents.

        Args:
            sample: `(B, T, 8, H, W)`: noisy latents, then those of the reference picture.
            timestep: 0.25 times the logarithm of sigma.
            encoder_hidden_states: `(B, 1 + 4, C)`: the picture's CLIP token, then the identity's four; None for the
                unconditional pass, in which every attention to tokens is the bias of its last layer, and costs nothing.
            added_time_ids: `(B, 3)`: frames/s - 1, motion bucket, noise augmentation.
            pose_latents: `(B * T, block_out_channels[0], H, W)` of `PoseNet`, or None.

        Returns:
            `(B, T, 4, H, W)`.
        """
        if encoder_hidden_states is None:
            encoder_hidden_states = sample.new_zeros(len(sample), 1, self.config.cross_attention_dim)
        self.conv_in.pose_latents = pose_latents
        (velocity,) = super().forward(sample, timestep, encoder_hidden_states, added_time_ids, return_dict=False)
        self.conv_in.pose_latents = None
        return velocity


class PosedConv(nn.Conv2d):
    """The first convolution, to whose result the pose latents of this pass are added."""

    pose_latents: Tensor | None = None

    def forward(self, input: Tensor) -> Tensor:
        """Latents `(N, 8, H, W)` to `(N, C, H, W)`."""
        out = super().forward(input)
        return out if self.pose_latents is None else out + self.pose_latents


class ContextAttention:
    """Attention of the temporal blocks: it never sees the identity tokens, of which it was not trained on any."""

    def __call__(self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Tensor, **_: Any) -> Tensor:
        """States `(N, L, C)` attend to the tokens `(N, 1 + 4, D)` but the last four."""
        if _unconditional(encoder_hidden_states):
            return _bias(attn, hidden_states)
        context = encoder_hidden_states[:, :-ID_TOKENS]
        seen = _attend(attn.to_q(hidden_states), attn.to_k(context), attn.to_v(context), attn.heads)
        out: Tensor = attn.to_out[0](seen)
        return out


class IdentityAttention(nn.Module):
    """Attention of the spatial blocks: to the picture, plus to the identity with the picture's mean and deviation.

    The second is brought to the distribution of the first, so that layers which were trained without it go on to work
    (StableAnimator, arXiv 2411.17697, section 3.2).
    """

    def __init__(self, channels: int, token_width: int) -> None:
        super().__init__()
        self.id_to_k = nn.Linear(token_width, channels, bias=False)
        self.id_to_v = nn.Linear(token_width, channels, bias=False)

    def forward(self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Tensor, **_: Any) -> Tensor:
        """States `(N, L, C)`, one N a frame, attend to the tokens `(N, 1 + 4, D)`."""
        if _unconditional(encoder_hidden_states):
            return _bias(attn, hidden_states)
        picture, identity = encoder_hidden_states[:, :-ID_TOKENS], encoder_hidden_states[:, -ID_TOKENS:]
        query = attn.to_q(hidden_states)
        of_picture = _attend(query, attn.to_k(picture), attn.to_v(picture), attn.heads)
        of_identity = _attend(query, self.id_to_k(identity), self.id_to_v(identity), attn.heads)
        # one mean and one deviation a frame, over tokens and channels
        deviation, mean = torch.std_mean(of_picture, dim=(1, 2), keepdim=True)  # (N, 1, 1)
        id_deviation, id_mean = torch.std_mean(of_identity, dim=(1, 2), keepdim=True)
        aligned = (of_identity - id_mean) * (deviation / (id_deviation + 1e-5)) + mean
        out: Tensor = attn.to_out[0](of_picture + aligned)
        return out


def _unconditional(tokens: Tensor) -> bool:
    return tokens.shape[1] <= ID_TOKENS


def _bias(attn: Any, hidden_states: Tensor) -> Tensor:
    """Attention to tokens that are all zero: keys and values have no bias, so that only the last layer's is left."""
    bias: Tensor = attn.to_out[0].bias
    return bias.expand_as(hidden_states)


def _attend(query: Tensor, key: Tensor, value: Tensor, heads: int) -> Tensor:
    def by_head(x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], heads, -1).transpose(1, 2)  # (N, L, C) -> (N, heads, L, C / heads)

    seen = F.scaled_dot_product_attention(by_head(query), by_head(key), by_head(value))
    return seen.transpose(1, 2).flatten(2)
