from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `stable-animator` is not installed")
diffusers = pytest.importorskip("diffusers", reason="the extra `stable-animator` is not installed")

from animator.stable_animator import sampler  # noqa: E402


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of diffusers
@pytest.mark.parametrize("steps", [1, 3, 25])
def test_the_way_down_is_that_of_the_published_scheduler(steps: int) -> None:
    scheduler = diffusers.EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        use_karras_sigmas=True,
        sigma_min=0.002,
        sigma_max=700.0,
        timestep_spacing="leading",
        timestep_type="continuous",
        steps_offset=1,
    )
    scheduler.set_timesteps(steps)
    levels = sampler.noise_levels(steps)
    np.testing.assert_array_equal(levels, scheduler.sigmas)
    torch.manual_seed(0)
    noise = torch.randn(2, 4, 8, 8)
    latents = theirs = sampler.initial(noise, levels[0])
    torch.testing.assert_close(latents, noise * scheduler.init_noise_sigma)
    for i, (time, velocity) in enumerate(zip(scheduler.timesteps, torch.randn(steps, 2, 4, 8, 8), strict=True)):
        sigma = float(levels[i])
        assert sampler.timestep(sigma) == pytest.approx(time.item(), rel=1e-5)
        torch.testing.assert_close(sampler.model_input(latents, sigma), scheduler.scale_model_input(theirs, time))
        theirs = scheduler.step(velocity, time, theirs).prev_sample
        latents = sampler.euler_step(latents, sampler.denoised(latents, velocity, sigma), sigma, float(levels[i + 1]))
        torch.testing.assert_close(latents, theirs, rtol=1e-4, atol=1e-3)  # of numbers up to 2000


def test_a_perfect_prediction_arrives() -> None:
    clean, noise = torch.full((4,), 0.5), torch.tensor([1.0, -1.0, 2.0, 0.0])
    sigma = 3.0
    noisy = clean + sigma * noise
    velocity = (noisy / (sigma**2 + 1) - clean) * (sigma**2 + 1) ** 0.5 / sigma
    torch.testing.assert_close(sampler.denoised(noisy, velocity, sigma), clean)
    torch.testing.assert_close(sampler.euler_step(noisy, clean, sigma, 0.0), clean)
    torch.testing.assert_close(sampler.euler_step(noisy, clean, sigma, 1.0), clean + noise)
