"""Euler's method down the noise levels of Stable Video Diffusion (Karras et al., arXiv 2206.00364)."""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from motion_engine.types import Array

SIGMA_MAX, SIGMA_MIN, RHO = 700.0, 0.002, 7.0  # stable-video-diffusion-img2vid-xt, scheduler/scheduler_config.json


def noise_levels(steps: int) -> Array:
    """`(steps + 1,)` float32: standard deviations of the noise before each step, and 0 after the last (eq. 5)."""
    ramp = np.linspace(0.0, 1.0, steps)
    high, low = SIGMA_MAX ** (1 / RHO), SIGMA_MIN ** (1 / RHO)
    return np.append((high + ramp * (low - high)) ** RHO, 0.0).astype(np.float32)


def timestep(sigma: float) -> float:
    """What the UNet is told of a noise level."""
    return 0.25 * math.log(sigma)


def initial(noise: Tensor, sigma: float) -> Tensor:
    """Noise of unit variance brought to the first noise level."""
    return noise * math.sqrt(sigma**2 + 1)


def model_input(noisy: Tensor, sigma: float) -> Tensor:
    """Noisy latents brought to unit variance."""
    return noisy / math.sqrt(sigma**2 + 1)


def denoised(noisy: Tensor, velocity: Tensor, sigma: float) -> Tensor:
    """The clean latents that a predicted velocity means (v-prediction, arXiv 2202.00512, appendix D)."""
    return noisy / (sigma**2 + 1) - velocity * (sigma / math.sqrt(sigma**2 + 1))


def euler_step(noisy: Tensor, clean: Tensor, sigma: float, next_sigma: float) -> Tensor:
    """From one noise level to the next, straight towards `clean`."""
    return noisy + (noisy - clean) * ((next_sigma - sigma) / sigma)
