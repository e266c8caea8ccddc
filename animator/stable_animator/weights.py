"""The published files of StableAnimator: where they lie, whether they are the published ones, loading them strictly.

All lie under one folder, in the layout of the published repository. Names, sizes and sums are facts of
Francis-Rings/StableAnimator's model page.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from motion_engine.errors import ModelUnavailable

if TYPE_CHECKING:
    from torch import nn

    from animator.stable_animator.pipeline import StableAnimatorPipeline

VARIABLE = "MOTION_STABLE_ANIMATOR"
SVD = ("SVD", "SVD/stable-video-diffusion-img2vid-xt", "stable-video-diffusion-img2vid-xt")
FROM = "huggingface.co/FrancisRing/StableAnimator"
SVD_FROM = "huggingface.co/stabilityai/stable-video-diffusion-img2vid-xt"
FACE_MODELS = ("models", "../models")  # of insightface, by the folder of all weights
FACE_PACKS = ("antelopev2", "antelopev2/antelopev2")  # an archive that is unpacked as it is nests them
SHOWN = 3  # keys in a message


@dataclass(frozen=True)
class Part:
    """One file or folder of the weights."""

    name: str
    places: tuple[str, ...]  # below the folder of all; the first that is there is taken
    origin: str  # where to download it
    licence: str
    needed: bool = True
    sha256: str = ""  # of the published file, if known
    size: int = 0  # bytes of the published file


def _face_model(name: str) -> tuple[str, ...]:
    """Places of a file of antelopev2: below the folder of all weights or beside it; unpacked as it is, one deeper."""
    return tuple(f"{models}/{pack}/{name}" for models in FACE_MODELS for pack in FACE_PACKS)


_OWN = "same as the code (MIT), says its page, which leaves it unclear"
_SVD_LICENCE = "Stability AI community licence: free below a yearly revenue of a million dollars"
_ARCFACE = "non-commercial research"
PARTS = (
    Part(
        "pose_net",
        ("Animation/pose_net.pth",),
        FROM,
        _OWN,
        sha256="b56297b4a1cccf9fc2995a232ed06c4ad79a4e68ac00d716f6ba2bd8eb2401b2",
        size=829_269,
    ),
    Part(
        "face_encoder",
        ("Animation/face_encoder.pth",),
        FROM,
        _OWN,
        sha256="d6c1a3ac2ca22bbb1e6e23d63d6f9f03080d95fbe63fe014fb03244fcb5b003c",
        size=228_754_558,
    ),
    Part(
        "unet",
        ("Animation/unet.pth",),
        FROM,
        _OWN,
        sha256="6c46bde145df2f9c52bd123aaf0e6f23ea88a786af4d37bdceac294bab5947fa",
        size=6_201_376_518,
    ),
    Part("vae", tuple(f"{place}/vae" for place in SVD), SVD_FROM, _SVD_LICENCE),
    Part("image_encoder", tuple(f"{place}/image_encoder" for place in SVD), SVD_FROM, _SVD_LICENCE),
    Part("face_network", ("Animation/glintr100_torch.pth", "models/glintr100_torch.pth"), FROM, _ARCFACE, needed=False),
    Part("face_detector", _face_model("scrfd_10g_bnkps.onnx"), FROM, _ARCFACE, needed=False),
    Part("face_recogniser", _face_model("glintr100.onnx"), FROM, _ARCFACE, needed=False),
    Part("person_detector", ("DWPose/yolox_l.onnx",), FROM, "Apache-2.0", needed=False),
    Part("pose_detector", ("DWPose/dw-ll_ucoco_384.onnx",), FROM, "Apache-2.0", needed=False),
)


def weights_folder(folder: Path | str | None = None) -> Path:
    """The folder of all weights: the one given, or the one that MOTION_STABLE_ANIMATOR names.

    Raises:
        ModelUnavailable: None is named, or there is no such folder.
    """
    named = folder or os.environ.get(VARIABLE)
    if not named:
        raise ModelUnavailable(
            f"StableAnimator's weights are needed: download {FROM} and name its folder with --weights or {VARIABLE}. "
            "`motion doctor` says what belongs there."
        )
    path = Path(named)
    if not os.path.isdir(path):  # unlike Path.is_dir it never raises: names too long, folders closed to us
        raise ModelUnavailable(f"{path}: there is no such folder; name that of StableAnimator's weights.")
    return path


def found(folder: Path) -> dict[str, Path]:
    """Where the parts lie that are there, by name."""
    first = (
        (part.name, next(filter(os.path.exists, (folder / place for place in part.places)), None)) for part in PARTS
    )
    return {name: place for name, place in first if place is not None}


def sha256_of(path: Path) -> str:
    """The sum of a file, read piece by piece; 6 GB take some ten seconds."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_weights(folder: Path | str | None = None, *, optimise_faces: bool = False) -> dict[str, Path]:
    """Where the parts lie that are there, by name; ModelUnavailable if a package or a part that is needed is not."""
    folder = weights_folder(folder)
    _check_packages()
    there = found(folder)
    for part in PARTS:
        if part.name not in there and (part.needed or (optimise_faces and part.name == "face_network")):
            raise ModelUnavailable(f"{folder / part.places[0]} is missing: download it from {part.origin}.")
    return there


def load_pipeline(
    folder: Path | str | None = None,
    *,
    device: str | None = None,
    precision: str | None = None,
    offload: bool = False,
    compile_unet: bool = False,
    optimise_faces: bool = False,
    report: Callable[[str], None] = lambda words: None,
) -> StableAnimatorPipeline:
    """The pipeline with the published weights.

    Args:
        folder: Of all weights; by default the one that MOTION_STABLE_ANIMATOR names.
        device: "cuda", "cuda:1", "cpu", ...; by default a GPU if torch sees one.
        precision: "fp16", "bf16" or "fp32"; by default fp16 on a GPU, fp32 elsewhere.
        offload: Networks are on the device only while they compute: 10 GB less of its memory, somewhat slower.
        compile_unet: See `StableAnimatorPipeline`.
        optimise_faces: Load the face network too.
        report: Told the sum of each checkpoint, and whether it is the published one.

    Raises:
        ModelUnavailable: A package or a file is missing, or is not what it should be; the message says what to do.
    """
    there = check_weights(folder, optimise_faces=optimise_faces)
    import torch

    from animator.stable_animator.face_encoder import FusionFaceId
    from animator.stable_animator.iresnet import IResNet100
    from animator.stable_animator.pipeline import PRECISIONS, StableAnimatorPipeline
    from animator.stable_animator.pose_net import PoseNet
    from animator.stable_animator.unet import published_unet

    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    precision = precision or ("fp32" if device == "cpu" else "fp16")
    dtype = PRECISIONS.get(precision, torch.float32)  # an unknown one is told by the pipeline
    makers: dict[str, Callable[[], Any]] = {
        "pose_net": PoseNet,
        "face_encoder": FusionFaceId,
        "unet": published_unet,
        "face_network": IResNet100,
    }
    networks: dict[str, Any] = {}
    for part in PARTS:
        if part.name in makers and (part.needed or optimise_faces):
            path = there[part.name]
            report(_said_of(part, path))
            kept = torch.float32 if part.name == "face_network" else dtype
            networks[part.name] = load_strict(makers[part.name], path, kept)
    networks |= {name: _pretrained(name, there[name], dtype) for name in ("vae", "image_encoder")}
    return StableAnimatorPipeline(
        **networks, device=device, precision=precision, offload=offload, compile_unet=compile_unet
    )


def load_strict(make: Callable[[], nn.Module], path: Path, dtype: Any) -> nn.Module:
    """A network with the weights of a checkpoint: all of them and no others, without a second copy in memory.

    Args:
        make: Makes the network.
        path: A plain dictionary of tensors, as `torch.save` writes it; nothing else in it is executed.
        dtype: Of the numbers.

    Raises:
        ModelUnavailable: It cannot be read, or its keys or shapes are others; the message names some of them.
    """
    import torch

    with torch.device("meta"):
        network = make()
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # whatever its unpickler stumbles over: damaged files raise a dozen kinds
        reason = str(error).split("\n", 1)[0][:200] or type(error).__name__
        raise ModelUnavailable(
            f"{path}: is truncated or no checkpoint ({reason}; sha256 {_sum_or_none(path)}): download it again."
        ) from None
    wanted = network.state_dict()
    _check_keys(path, wanted, state)
    ready = {key: value.to(dtype) if value.is_floating_point() else value for key, value in state.items()}
    network.load_state_dict(ready, strict=True, assign=True)
    return network.eval()


def _check_keys(path: Path, wanted: dict[str, Any], state: Any) -> None:
    if not isinstance(state, dict) or not all(isinstance(key, str) and hasattr(state[key], "shape") for key in state):
        raise ModelUnavailable(f"{path}: holds no plain dictionary of tensors: download it again.")
    complaints = [
        (sorted(set(wanted) - set(state)), "lacks {}"),
        (sorted(set(state) - set(wanted)), "has {}, which does not belong there"),
        (
            [
                f"{key} {tuple(state[key].shape)}, not {tuple(value.shape)}"
                for key, value in wanted.items()
                if key in state and state[key].shape != value.shape
            ],
            "has {}",
        ),
    ]
    for keys, words in complaints:
        if keys:
            more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
            raise ModelUnavailable(
                f"{path}: {words.format(', '.join(keys[:SHOWN]) + more)}: it is another network's file. "
                f"Download it from {FROM}."
            )


def _pretrained(name: str, path: Path, dtype: Any) -> Any:
    """The VAE or the image encoder of Stable Video Diffusion, from its folder alone."""
    from diffusers import AutoencoderKLTemporalDecoder
    from transformers import CLIPVisionModelWithProjection
    from transformers.utils import logging

    kind = AutoencoderKLTemporalDecoder if name == "vae" else CLIPVisionModelWithProjection
    half = not any(path.glob("*model.safetensors")) and any(path.glob("*model.fp16.safetensors"))
    logging.disable_progress_bar()  # a line for each of 520 tensors
    try:
        options = {"torch_dtype" if name == "vae" else "dtype": dtype, "local_files_only": True}
        return kind.from_pretrained(str(path), variant="fp16" if half else None, **options)
    except Exception as error:  # whatever their loaders stumble over
        reason = str(error).split("\n", 1)[0][:200]
        raise ModelUnavailable(
            f"{path}: cannot be loaded ({reason}): download this folder from {SVD_FROM} again."
        ) from None
    finally:
        logging.enable_progress_bar()


def _said_of(part: Part, path: Path) -> str:
    checksum = _sum_or_none(path)  # what cannot be read is refused when it is loaded
    known = "as published" if checksum == part.sha256 else "not the published one" if part.sha256 else "not known here"
    return f"{path.name}: sha256 {checksum}, {known}"


def _sum_or_none(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        return f"not to be had, {error.strerror or error}"


def _check_packages() -> None:
    from importlib.util import find_spec

    absent = [name for name in ("torch", "diffusers", "transformers") if find_spec(name) is None]
    if absent:
        raise ModelUnavailable(
            f"StableAnimator needs {', '.join(absent)}: pip install 'motion-engine[stable-animator]'"
        )
