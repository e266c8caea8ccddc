"""A track as a film of the user's own character, by StableAnimator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from api.pictures import Picture, Scene, pose_maps, scene, views
from motion_engine.errors import BadCommand
from motion_engine.types import Array, Track

if TYPE_CHECKING:
    from animator.stable_animator.pipeline import StableAnimatorPipeline
    from animator.stable_animator.settings import Settings

OUTSIDE = 0.1  # of the frames, from which on it is told


@dataclass(frozen=True)
class Machine:
    """Where and how StableAnimator computes; None: as fits the machine."""

    weights: Path | None = None
    device: str | None = None
    precision: str | None = None
    offload: bool = False
    compile_unet: bool = False
    optimise_faces: bool = False
    face_channels: Literal["rgb", "bgr"] = "rgb"  # as of `embed_face`


@dataclass(frozen=True)
class Filming:
    """How StableAnimator films."""

    machine: Machine
    settings: Settings
    seed: int = 0  # of the noise


def drawn(
    track: Track,
    picture: Picture,
    filming: Filming | None = None,
    *,
    on_step: Callable[[int, int], None] | None = None,
    report: Callable[[str], None] = lambda words: None,
) -> Iterator[Array]:
    """A track as pictures `(H, W, 3)` uint8: the picture's view of it, or a film of its reference.

    Args:
        track: What is performed.
        picture: Which view, its size and reference.
        filming: None: the view.
        on_step: As of `film`.
        report: Told what became of the face, and of a figure that is not seen any more.

    Raises:
        BadMedia, ModelUnavailable, RenderFailed, BadCommand: As of `scene`, `load` and `film`.
    """
    seen = scene(track, picture)
    if (away := seen.outside()) > OUTSIDE:
        report(f"the figure leaves the picture in {away:.0%} of the frames: a camera that is told to follow keeps it")
    if filming is None:
        return views(seen, track, picture)
    machine = filming.machine
    pipeline = load(machine, report)
    return film(seen, picture, pipeline, machine, filming.settings, seed=filming.seed, on_step=on_step, report=report)


def load(machine: Machine, report: Callable[[str], None]) -> StableAnimatorPipeline:
    """The pipeline with the published weights; ModelUnavailable says what is missing."""
    from animator.stable_animator.weights import load_pipeline

    return load_pipeline(
        machine.weights,
        device=machine.device,
        precision=machine.precision,
        offload=machine.offload,
        compile_unet=machine.compile_unet,
        optimise_faces=machine.optimise_faces,
        report=report,
    )


def film(
    seen: Scene,
    picture: Picture,
    pipeline: StableAnimatorPipeline,
    machine: Machine,
    settings: Settings,
    *,
    seed: int = 0,
    on_step: Callable[[int, int], None] | None = None,
    report: Callable[[str], None] = lambda words: None,
) -> Iterator[Array]:
    """The frames `(H, W, 3)` uint8 of a film in which the reference's character performs what the scene shows.

    All steps are done when this returns; frames are decoded when they are asked for. Sizes that are no multiples of
    64 are rendered a little larger, and cut off again.

    Args:
        seen: As `scene` gives it.
        picture: Its size, reference and style.
        pipeline: As `load` gives it.
        machine: Where the weights lie, and whether faces are optimised.
        settings: Of the pipeline.
        seed: Of the noise; equal seeds give equal films.
        on_step: Called with (steps done, steps); what it raises cancels.
        report: Told what became of the face.

    Raises:
        BadCommand: There is no reference.
        BadMedia: The reference or its keypoints show too little.
        RenderFailed: Too little memory, or cancelled.
    """
    import torch

    from animator.picture import padding_to
    from animator.stable_animator.face_embedding import embed_face
    from animator.stable_animator.face_optimisation import face_boxes
    from animator.stable_animator.weights import weights_folder

    if picture.reference is None:
        raise BadCommand("StableAnimator films somebody's character: give its picture with --reference.")
    width, height = picture.width, picture.height
    padding = padding_to(height, width)
    sequence = seen.sequence
    embedding, words = embed_face(
        picture.reference.picture, weights_folder(machine.weights), channels=machine.face_channels
    )
    report(words)
    boxes = None
    if machine.optimise_faces:
        boxes = face_boxes(sequence.face, sequence.face_score, height, width)
        boxes += np.array((padding.left, padding.top, padding.left, padding.top))
    latents = pipeline(
        padding.add(stretched(picture.reference.picture, width, height)),
        (padding.add(drawn, black=True) for drawn in pose_maps(seen, picture)),
        embedding,
        settings,
        face_boxes=boxes,
        generator=torch.Generator().manual_seed(seed),
        on_step=on_step,
        output="latents",
    )
    decoded = pipeline.decode(latents, settings.decode_chunk)
    return (np.ascontiguousarray(padding.crop(frame)) for frame in decoded)


def stretched(picture: Array, width: int, height: int) -> Array:
    """A picture at another size, without keeping its shape, as the pipeline does it."""
    from PIL import Image

    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))
