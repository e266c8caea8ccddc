"""The face of a reference picture as the 512 numbers that StableAnimator's face encoder was trained on."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any, Literal

import numpy as np

from animator.stable_animator.weights import FACE_MODELS, FACE_PACKS
from motion_engine.errors import ModelUnavailable
from motion_engine.types import Array

RECOGNISER = "glintr100.onnx"  # the one of its five files that gives embeddings
SIDE = (640, 640)  # px, in which faces are looked for
INSTALL = "pip install 'motion-engine[faces]'"


def embed_face(picture: Array, weights: Path, *, channels: Literal["rgb", "bgr"] = "rgb") -> tuple[Array, str]:
    """The embedding `(512,)` of the largest face, not normalised, and what there is to say about it.

    Without insightface, its models or a face it is zero, which renders without an identity; the words say why.

    Args:
        picture: `(H, W, 3)` uint8 RGB.
        weights: The folder of all weights, with `models/antelopev2`.
        channels: In which order insightface is given them: "rgb" as the released script does, whose weights were
            trained so, or "bgr" as insightface means it.

    Raises:
        ModelUnavailable: insightface or its models are there, but do not work.
    """
    analysis, words = _analysis(weights)
    if analysis is None:
        return np.zeros(512, np.float32), words
    seen = picture if channels == "rgb" else picture[..., ::-1]
    try:
        faces = analysis.get(np.ascontiguousarray(seen))
    except Exception as error:  # whatever its networks stumble over
        raise ModelUnavailable(
            f"{weights / 'models'}: finds no faces ({_reason(error)}): download its files again."
        ) from None
    if not faces:
        return np.zeros(512, np.float32), "No face is found in the reference picture: it is rendered without identity."
    largest = max(faces, key=lambda face: float(np.prod(np.asarray(face.bbox[2:4]) - np.asarray(face.bbox[:2]))))
    if largest.embedding is None:
        place = weights / FACE_MODELS[0] / FACE_PACKS[0] / RECOGNISER
        raise ModelUnavailable(f"{place} is missing: without it faces are found, but not told apart.")
    embedding = np.asarray(largest.embedding, dtype=np.float32).reshape(-1)
    if embedding.shape != (512,) or not np.isfinite(embedding).all():
        raise ModelUnavailable(f"{weights / 'models'}: gives embeddings {embedding.shape}, not 512: use antelopev2.")
    more = f", the largest of {len(faces)}" if len(faces) > 1 else ""
    return embedding, f"The face{more} at {', '.join(f'{value:.0f}' for value in largest.bbox[:4])} px is kept."


def _analysis(weights: Path) -> tuple[Any, str]:
    try:
        from insightface.app import FaceAnalysis
    except ImportError:
        return None, f"insightface is not installed, so the face is not kept: {INSTALL}"
    except Exception as error:  # a build for another numpy raises ValueError, for one
        raise ModelUnavailable(
            f"insightface cannot be imported ({_reason(error)}): {INSTALL} --force-reinstall, or remove it."
        ) from None
    places = ((weights / models, pack) for models in FACE_MODELS for pack in FACE_PACKS)
    models, name = next((pair for pair in places if any((pair[0] / pair[1]).glob("*.onnx"))), (None, ""))
    if models is None:  # insightface would try to download them
        place = weights / FACE_MODELS[0] / FACE_PACKS[0]
        return None, f"{place} has no .onnx files, so the face is not kept: put those of antelopev2 there."
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints what it finds
            analysis = FaceAnalysis(name=name, root=str(models.parent), providers=["CPUExecutionProvider"])
            analysis.prepare(ctx_id=-1, det_size=SIDE)
    except Exception as error:  # whatever its loaders stumble over
        raise ModelUnavailable(
            f"{models / name}: cannot be loaded ({_reason(error)}): download its files again."
        ) from None
    return analysis, ""


def _reason(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:200] or type(error).__name__
