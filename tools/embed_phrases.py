"""Makes `data/phrases/bank.npz` from the phrases: `python tools/embed_phrases.py`. Run it when they have changed."""

from __future__ import annotations

import numpy as np

from motion_engine.types import data_path
from nlp.bank import STEP, Overlap, digest, embed, learn, read_phrases
from nlp.models import PackagedEmbedder

_LEVELS = 32  # of a coordinate on either side: fewer make a smaller file


def main() -> None:
    """Embeds all phrases with the packaged model, learns the weights, and writes both small."""
    groups = read_phrases()
    texts = [phrase for phrases in groups.values() for phrase in phrases]
    vectors, weights = learn(groups, embed(PackagedEmbedder(), texts), Overlap(texts))
    rows = np.round(vectors / np.abs(vectors).max(axis=1, keepdims=True) * _LEVELS).astype(np.int8)
    path = data_path("phrases", "bank.npz")
    key = f"{PackagedEmbedder.id}:bank:{digest(groups)}"
    steps = np.round(weights / STEP).astype(np.int16)
    np.savez_compressed(path, key=np.array(key), vectors=rows, weights=steps)
    print(f"{path}: {len(texts)} phrases in {len(groups)} groups, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
