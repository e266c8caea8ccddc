"""Embeddings of the face and of the whole picture to the tokens of the identity (StableAnimator's FusionFaceId)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

ID_TOKENS = 4
_HEAD = 64  # width of an attention head
_DEPTH = 4


class FusionFaceId(nn.Module):
    """Four tokens made of the face, which then look at the picture. 57,183,232 parameters as published.

    Args:
        cross_attention_dim: Width of a token; a multiple of 64, the width of a head.
        id_embeddings_dim: Width of the face embedding.
        clip_embeddings_dim: Width of the picture's CLIP embedding.
        num_tokens: Number of tokens.
    """

    def __init__(
        self,
        cross_attention_dim: int = 1024,
        id_embeddings_dim: int = 512,
        clip_embeddings_dim: int = 1024,
        num_tokens: int = ID_TOKENS,
    ) -> None:
        super().__init__()
        self.num_tokens, self.width = num_tokens, cross_attention_dim
        self.proj = nn.Sequential(
            nn.Linear(id_embeddings_dim, 2 * id_embeddings_dim),
            nn.GELU(),
            nn.Linear(2 * id_embeddings_dim, num_tokens * cross_attention_dim),
        )
        self.norm = nn.LayerNorm(cross_attention_dim)
        self.fusion_model = Perceiver(cross_attention_dim, clip_embeddings_dim)

    def forward(self, face: Tensor, picture: Tensor) -> Tensor:
        """The face's raw embedding `(B, 512)` and the picture's `(B, 1, 1024)` to tokens `(B, 4, 1024)`."""
        tokens = self.proj(face).view(len(face), self.num_tokens, self.width)
        fused: Tensor = self.fusion_model(self.norm(tokens), picture)
        return fused


class Perceiver(nn.Module):
    """Tokens that attend, `_DEPTH` times, to a context and to themselves (as Flamingo's, arXiv 2204.14198)."""

    def __init__(self, width: int, context_width: int) -> None:
        super().__init__()
        self.proj_in = nn.Linear(context_width, width)
        self.layers = nn.ModuleList(
            nn.ModuleList([PerceiverAttention(width), _feed_forward(width)]) for _ in range(_DEPTH)
        )
        self.proj_out = nn.Linear(width, width)
        self.norm_out = nn.LayerNorm(width)
        nn.init.zeros_(self.proj_out.weight)
        nn.init.zeros_(self.proj_out.bias)

    def forward(self, tokens: Tensor, context: Tensor) -> Tensor:
        """Tokens `(B, N, width)` and their context `(B, L, context_width)` to tokens `(B, N, width)`."""
        context = self.proj_in(context)
        for layer in self.layers:
            attention, feed_forward = layer.children()
            tokens = tokens + attention(tokens, context)
            tokens = tokens + feed_forward(tokens)
        out: Tensor = self.norm_out(self.proj_out(tokens))
        return out


class PerceiverAttention(nn.Module):
    """Attention of tokens to `[context, tokens]`; scaled on both sides, so that half precision does not overflow."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // _HEAD
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.to_q = nn.Linear(width, self.heads * _HEAD, bias=False)
        self.to_kv = nn.Linear(width, 2 * self.heads * _HEAD, bias=False)
        self.to_out = nn.Linear(self.heads * _HEAD, width, bias=False)

    def forward(self, tokens: Tensor, context: Tensor) -> Tensor:
        """Tokens `(B, N, width)`, context `(B, L, width)`; gives what is to be added to the tokens."""
        tokens, context = self.norm2(tokens), self.norm1(context)
        key, value = self.to_kv(torch.cat((context, tokens), dim=1)).chunk(2, dim=-1)  # (B, L + N, heads * 64) each
        query, key, value = (self._by_head(x) for x in (self.to_q(tokens), key, value))
        scale = _HEAD**-0.25
        weight = (query * scale) @ (key * scale).transpose(-2, -1)  # (B, heads, N, L + N)
        seen = weight.softmax(dim=-1, dtype=torch.float32).to(weight.dtype) @ value
        out: Tensor = self.to_out(seen.transpose(1, 2).flatten(2))  # (B, heads, N, 64) -> (B, N, heads * 64)
        return out

    def _by_head(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, _HEAD).transpose(1, 2)  # (B, L, heads * 64) -> (B, heads, L, 64)


def _feed_forward(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(width), nn.Linear(width, 4 * width, bias=False), nn.GELU(), nn.Linear(4 * width, width, bias=False)
    )
