"""A reference picture and pose maps to a film (StableAnimator, arXiv 2411.17697), a pipeline in diffusers' manner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from animator.stable_animator import inputs, sampler
from animator.stable_animator.face_optimisation import Crop, face_steps, optimise
from animator.stable_animator.guard import Watch, check_finite, memory_told
from animator.stable_animator.settings import Settings
from animator.stable_animator.tiles import padded, tile_weights, tiles
from motion_engine.errors import BadMedia, ModelUnavailable, RenderFailed
from motion_engine.types import Array

PRECISIONS = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}

Improve = Callable[[Tensor, float], Tensor]  # clean latents and the share of steps done to better latents


@dataclass(frozen=True, eq=False)
class Conditions:
    """What the UNet is told in every step, of a film of `length` frames, or of a tile if it is shorter."""

    tokens: Tensor  # (1, 1 + 4, 1024)
    time_ids: Tensor  # (1, 3)
    image_latents: Tensor  # (1, 4, h, w)
    pose_latents: Tensor  # (length, 320, h, w)
    guidance: Tensor  # (length, 1, 1, 1)
    tiles: list[list[int]]
    weights: Tensor  # (tile_size, 1, 1, 1)


class StableAnimatorPipeline:
    """The networks, and the steps from a picture and pose maps to frames.

    Args:
        vae: Diffusers' `AutoencoderKLTemporalDecoder`.
        image_encoder: Transformers' `CLIPVisionModelWithProjection`.
        unet: `unet.UNet`.
        pose_net: `pose_net.PoseNet`.
        face_encoder: `face_encoder.FusionFaceId`.
        face_network: `iresnet.IResNet100`, or None; needed for optimising faces alone.
        device: Where to compute: "cpu", "cuda", "cuda:1", ...
        precision: "fp16", "bf16" or "fp32", for everything but what must be float32: noise levels, the latents between
            the steps, encoding the reference picture, optimising faces.
        offload: Keeps the networks in main memory, and each on the device only while it computes.
        compile_unet: Compiles the UNet by `torch.compile`: minutes before the first step, less time for each.

    Raises:
        RenderFailed: An unknown precision.
    """

    def __init__(
        self,
        *,
        vae: Any,
        image_encoder: nn.Module,
        unet: nn.Module,
        pose_net: nn.Module,
        face_encoder: nn.Module,
        face_network: nn.Module | None = None,
        device: str | torch.device = "cpu",
        precision: str = "fp32",
        offload: bool = False,
        compile_unet: bool = False,
    ) -> None:
        if precision not in PRECISIONS:
            raise RenderFailed(f'"{precision}" is no precision; use one of {", ".join(PRECISIONS)}.')
        self.device, self.dtype, self.offload = torch.device(device), PRECISIONS[precision], offload
        self.vae, self.image_encoder, self.unet = vae, image_encoder, unet
        self.pose_net, self.face_encoder, self.face_network = pose_net, face_encoder, face_network
        self._networks: list[nn.Module] = [vae, image_encoder, unet, pose_net, face_encoder]
        if face_network is not None:
            self._networks.append(face_network)
            vae.enable_gradient_checkpointing()  # a layer is computed twice rather than kept for the gradients
        for network in self._networks:
            network.requires_grad_(False).eval()
            dtype = torch.float32 if network is face_network else self.dtype
            _move(network, device="cpu" if offload else self.device, dtype=dtype)
        if compile_unet:
            unet.compile()

    @torch.no_grad()
    def __call__(
        self,
        reference: Any,
        poses: Iterable[Array],
        face_embedding: Array,
        settings: Settings = Settings(),  # noqa: B008  # frozen
        *,
        face_boxes: Array | None = None,
        generator: torch.Generator | None = None,
        on_step: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        output: Literal["frames", "latents"] = "frames",
    ) -> Any:
        """Renders a film as long and as large as the pose maps.

        Args:
            reference: Picture of the character: uint8 `(H, W, 3)` RGB, or PIL, of any size; it is stretched to the
                film's, so crop or pad it to the same shape before.
            poses: Pose maps, uint8 `(height, width, 3)`, one for each frame, one or more; read once. Height and width
                are multiples of 64.
            face_embedding: The character's face, insightface's raw `(512,)`; zeros render without an identity.
            settings: Steps, guidance, tiles, ...
            face_boxes: `(T, 4)`: left, top, right, bottom of the face in pixels, NaN where there is none
                (`face_optimisation.face_boxes`). If given, faces are optimised in the first 0.8 of the steps.
            generator: Of the noise; equal states give equal films. It draws the picture's noise, then the latents'.
            on_step: Called with (steps done, steps) after each; an exception it raises cancels.
            cancelled: Asked before each tile; true cancels.
            output: "latents" returns them undecoded, for `decode`, which needs memory for a few frames only.

        Returns:
            Frames uint8 `(T, height, width, 3)`, or latents float32 `(T, 4, height/8, width/8)`.

        Raises:
            BadMedia: Picture, pose maps, boxes or embedding are not what they should be.
            RenderFailed: A size that is no multiple of 64; cancelled; too little memory; numbers that overflowed.
            ModelUnavailable: Boxes, but no face network.
        """
        watch = Watch(settings.steps, on_step, cancelled)
        try:
            with memory_told():
                # 1. Check what can be checked before anything is computed
                picture, face = inputs.picture_array(reference), inputs.face_tensor(face_embedding).to(self.device)
                maps, height, width = inputs.pose_tensors(poses)
                if face_boxes is not None:
                    self._check_optimisable(face)
                # 2. Who: the picture's CLIP token, then the face's four (1, 1 + 4, 1024)
                tokens = self._tokens(picture, face)
                # 3. The picture's latents (1, 4, h, w), h and w an eighth of height and width; its noise is drawn first
                pixels = inputs.vae_pixels(picture, height, width)
                image_latents = self._image_latents(pixels, settings.noise_aug, generator)
                # 4. Pose latents (frames, 320, h, w), the same in all steps
                pose_latents = self._pose_latents(maps, settings.tile_size, watch)
                frames = len(pose_latents)
                improve = None
                if face_boxes is not None:
                    crops = inputs.crops(face_boxes, frames, height, width)
                    improve = self._face_optimiser(face, crops, settings.decode_chunk, watch)
                # 5. Noise for one tile, repeated in time (length, 4, h, w); a short film goes on with its last pose
                length = padded(frames, settings.tile_size)
                noise = self._noise((settings.tile_size, *image_latents.shape[1:]), generator)
                noise = noise.repeat(-(-length // settings.tile_size), 1, 1, 1)[:length]
                conditions = Conditions(
                    tokens=tokens,
                    time_ids=self._time_ids(settings),
                    image_latents=image_latents,
                    pose_latents=torch.cat((pose_latents, pose_latents[-1:].expand(length - frames, -1, -1, -1))),
                    guidance=inputs.guidance_ramp(settings.guidance, frames, length).to(self.device),
                    tiles=tiles(length, settings.tile_size, settings.overlap),
                    weights=inputs.frame_weights(tile_weights(settings.tile_size)).to(self.device),
                )
                # 6. From noise to clean latents, without the padding (frames, 4, h, w)
                latents = self._denoise(noise, conditions, improve, watch)[:frames]
                # 7. Decode to (frames, height, width, 3)
                return latents if output == "latents" else np.stack(list(self.decode(latents, settings.decode_chunk)))
        finally:
            self._use()

    @torch.no_grad()
    def decode(self, latents: Tensor, chunk: int = 4) -> Iterator[Array]:
        """Latents `(T, 4, h, w)` to frames, uint8 `(8h, 8w, 3)` RGB one at a time, decoded `chunk` at a time.

        Raises:
            RenderFailed: Too little memory; numbers that overflowed.
        """
        for part in torch.split(latents, chunk):
            with memory_told():
                self._use(self.vae)
                pixels = self._decoded(part.to(self.device, self.dtype)).float()
            check_finite(pixels, "Decoding", self.dtype)
            pixels = ((pixels / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
            yield from pixels.permute(0, 2, 3, 1).cpu().numpy()  # (chunk, 3, H, W) -> (chunk, H, W, 3)

    def _tokens(self, picture: Array, face: Tensor) -> Tensor:
        self._use(self.image_encoder, self.face_encoder)
        clip: Tensor = self.image_encoder(inputs.clip_pixels(picture).to(self.device, self.dtype)).image_embeds
        clip = clip[:, None]  # (1, 1024) -> (1, 1, 1024)
        return torch.cat((clip, self.face_encoder(face.to(self.dtype), clip)), dim=1)

    def _image_latents(self, pixels: Tensor, noise_aug: float, generator: torch.Generator | None) -> Tensor:
        pixels = pixels.to(self.device)
        noisy = pixels + noise_aug * self._noise(tuple(pixels.shape), generator)
        self._use(self.vae)
        with self._float32_vae():  # its encoder overflows in half precision
            latents: Tensor = self.vae.encode(noisy).latent_dist.mode()
        return latents  # not multiplied by the scaling factor: so was Stable Video Diffusion trained

    def _pose_latents(self, maps: Iterator[Tensor], chunk: int, watch: Watch) -> Tensor:
        self._use(self.pose_net)
        parts: list[Tensor] = []
        while part := list(islice(maps, chunk)):
            watch.check()
            latents: Tensor = self.pose_net(torch.cat(part).to(self.device, self.dtype))
            parts.append(latents.cpu() if self.offload else latents)
        return torch.cat(parts)

    def _time_ids(self, settings: Settings) -> Tensor:
        # Stable Video Diffusion was trained on the frame rate less one
        return torch.tensor([[settings.fps - 1, settings.motion_bucket_id, settings.noise_aug]], device=self.device)

    def _noise(self, shape: tuple[int, ...], generator: torch.Generator | None) -> Tensor:
        device = self.device if generator is None else generator.device
        return torch.randn(shape, generator=generator, device=device).to(self.device)

    def _denoise(self, noise: Tensor, conditions: Conditions, improve: Improve | None, watch: Watch) -> Tensor:
        """Noise of unit variance to clean latents, `(length, 4, h, w)`, by Euler's method."""
        levels = sampler.noise_levels(watch.steps).tolist()
        latents = sampler.initial(noise, levels[0])
        for step, (sigma, next_sigma) in enumerate(pairwise(levels)):
            clean = sampler.denoised(latents, self._velocity(latents, sigma, conditions, watch), sigma)
            if improve is not None and step < face_steps(watch.steps):
                clean = improve(clean, step / watch.steps)
            latents = sampler.euler_step(latents, clean, sigma, next_sigma)
            check_finite(latents, f"Step {step + 1}", self.dtype)
            watch.step()
        return latents

    def _velocity(self, latents: Tensor, sigma: float, conditions: Conditions, watch: Watch) -> Tensor:
        """The UNet's prediction for `(length, 4, h, w)`: what the tiles say, guided and averaged."""
        total, weight = torch.zeros_like(latents), torch.zeros_like(conditions.guidance)
        noisy, time = sampler.model_input(latents, sigma), torch.tensor(sampler.timestep(sigma), device=self.device)
        for tile in conditions.tiles:
            watch.check()
            self._use(self.unet)
            guidance = conditions.guidance[tile]
            velocity = self._predict(noisy[tile], time, conditions, conditions.pose_latents[tile])
            if (guidance > 1).any():
                without = self._predict(noisy[tile], time, conditions, None)
                velocity = without + guidance * (velocity - without)
            total[tile] += velocity * conditions.weights
            weight[tile] += conditions.weights
        return total / weight

    def _predict(self, noisy: Tensor, time: Tensor, conditions: Conditions, pose_latents: Tensor | None) -> Tensor:
        """One pass over a tile `(N, 4, h, w)`; without pose latents the unconditional one, told nothing."""
        known = pose_latents is not None
        image_latents = conditions.image_latents.expand_as(noisy)
        sample = torch.cat((noisy, image_latents if known else torch.zeros_like(image_latents)), dim=1)  # (N, 8, h, w)
        velocity: Tensor = self.unet(
            sample[None].to(self.dtype),  # (1, N, 8, h, w)
            time,
            conditions.tokens if known else None,
            conditions.time_ids,
            None if pose_latents is None else pose_latents.to(self.device),
        )
        return velocity[0].to(noisy.dtype)

    def _decoded(self, latents: Tensor) -> Tensor:
        """Latents `(N, 4, h, w)` to pixels `(N, 3, H, W)`, about -1..1."""
        pixels: Tensor = self.vae.decode(latents / self.vae.config.scaling_factor, num_frames=len(latents)).sample
        return pixels

    def _face_optimiser(self, face: Tensor, crops: list[Crop | None], chunk: int, watch: Watch) -> Improve:
        network = self.face_network
        assert network is not None

        def improve(clean: Tensor, progress: float) -> Tensor:
            self._use(self.vae, network)
            shown, padding = clean[: len(crops)], clean[len(crops) :]
            with self._float32_vae():  # gradients underflow in half precision
                shown = optimise(
                    shown, self._decoded, network, face, crops, progress=progress, chunk=chunk, check=watch.check
                )
            return torch.cat((shown, padding))

        return improve

    def _check_optimisable(self, face: Tensor) -> None:
        if self.face_network is None:
            raise ModelUnavailable(
                "Optimising faces needs StableAnimator's Animation/glintr100_torch.pth; put it beside the other "
                "checkpoints, or render without."
            )
        if not face.any():
            raise BadMedia("The face embedding is zero: there is no face to optimise towards. Render without.")

    @contextmanager
    def _float32_vae(self) -> Iterator[None]:
        _move(self.vae, dtype=torch.float32)
        try:
            yield
        finally:
            _move(self.vae, dtype=self.dtype)

    def _use(self, *networks: nn.Module) -> None:
        """Brings networks to the device and, if the pipeline offloads, the others away from it."""
        if not self.offload:
            return
        for network in self._networks:
            _move(network, device=self.device if network in networks else "cpu")


def _move(network: nn.Module, **to: Any) -> None:
    nn.Module.to(network, **to)  # diffusers' own `to` warns at each change of precision, meant as it is
