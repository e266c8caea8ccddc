"""Pose maps to the latents that are added to the UNet's first layer (StableAnimator's PoseNet)."""

from __future__ import annotations

import math

from torch import Tensor, nn

# channels in and out, kernel, stride; the padding is 1 throughout
_LAYERS = ((3, 3, 3, 1), (3, 16, 4, 2), (16, 16, 3, 1), (16, 32, 4, 2), (32, 32, 3, 1), (32, 64, 4, 2), (64, 64, 3, 1))
_WIDTH = 128


class PoseNet(nn.Module):
    """Three halvings, 3 to 128 channels, then a 1×1 projection times a learned scale. 205,557 parameters as published.

    Args:
        channels: Of what comes out: those of the UNet's first block.
    """

    def __init__(self, channels: int = 320) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for c_in, c_out, kernel, stride in (*_LAYERS, (_LAYERS[-1][1], _WIDTH, 3, 1)):
            layers += [nn.Conv2d(c_in, c_out, kernel, stride, padding=1), nn.SiLU()]
        self.conv_layers = nn.Sequential(*layers)
        self.final_proj = nn.Conv2d(_WIDTH, channels, 1)
        self.scale = nn.Parameter(self.final_proj.weight.new_full((1,), 2.0))
        for layer in self.conv_layers:
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, std=math.sqrt(2.0 / (layer.kernel_size[0] ** 2 * layer.in_channels)))
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # there is one
        nn.init.zeros_(self.final_proj.weight)  # an untrained network changes nothing
        nn.init.zeros_(self.final_proj.bias)  # type: ignore[arg-type]

    def forward(self, maps: Tensor) -> Tensor:
        """Pose maps `(T, 3, H, W)`, RGB in -1..1, to latents `(T, channels, H/8, W/8)`."""
        projected: Tensor = self.final_proj(self.conv_layers(maps))
        return projected * self.scale
