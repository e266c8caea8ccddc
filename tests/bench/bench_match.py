"""How well ways of matching generalise to phrases that they have not seen. `python tests/bench/bench_match.py`.

Two tests of each way: five-fold cross-validation over the phrase bank, where phrases nearer than 0.8 to each other stay
in one fold, so that nothing like a phrase has been learnt (hard: every phrase of the bank was written to be unlike the
others); and `tests/data/paraphrases.jsonl`. Ends with the logistic regression that calibrates `nlp.nearness`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve
from scipy.sparse.csgraph import connected_components

from nlp.bank import Overlap, embed, read_phrases
from nlp.models import PackagedEmbedder

CASES = Path(__file__).parents[1] / "data/paraphrases.jsonl"
STARTER = Path(__file__).parents[2] / "data"
FAMILY = 0.8  # phrases of one group with a greater cosine stay together
FOLDS = 5
Array = NDArray[np.float32]


def starter_names() -> list[str]:
    """The actions of the starter library; all other groups of the bank are nothing."""
    import yaml

    captures = yaml.safe_load((STARTER / "starter.yaml").read_text(encoding="utf-8"))["actions"]
    return [entry["name"] for entry in captures] + [path.stem for path in (STARTER / "actions").glob("*.yaml")]


def nearest(cosines: Array, member: Array) -> Array:
    """(Q, C) the greatest cosine with each class."""
    return np.stack([cosines[:, column > 0].max(axis=1) for column in member.T], axis=1)


def middle(cosines: Array, member: Array, gram: Array) -> Array:
    """(Q, C) the cosine with the middle of each class."""
    size = member.sum(axis=0)
    length = np.sqrt(np.maximum(np.einsum("nc,nm,mc->c", member, gram, member, optimize=True), 1e-9)) / size
    return cosines @ member / size / length


def regression(kernel: Array, member: Array, test: Array, ridge: float = 0.5) -> Array:
    """(Q, C) scores of a kernel ridge regression."""
    return test @ solve(kernel + ridge * np.eye(len(kernel), dtype=np.float32), member, assume_a="pos")


def ways(gram: Array, shared: Array, cosines: Array, overlap: Array, member: Array) -> dict[str, Callable[[], Array]]:
    """Each way of scoring tests by learnt phrases."""

    def kernel(sharpness: float, weight: float) -> Array:
        return regression(
            np.exp(sharpness * (gram - 1)) + weight * shared,
            member,
            np.exp(sharpness * (cosines - 1)) + weight * overlap,
        )

    return {
        "nearest phrase": lambda: nearest(cosines, member),
        "middle of the phrases": lambda: middle(cosines, member, gram),
        "0.6 nearest + 0.4 middle": lambda: 0.6 * nearest(cosines, member) + 0.4 * middle(cosines, member, gram),
        "ridge, linear": lambda: regression(gram, member, cosines),
        "ridge, exp(2(c-1))": lambda: kernel(2, 0),
        "ridge, exp(4(c-1))": lambda: kernel(4, 0),
        "ridge, exp(2(c-1)) + 0.5 shared": lambda: kernel(2, 0.5),
        "ridge, exp(2(c-1)) + 1 shared": lambda: kernel(2, 1),
        "ridge, exp(2(c-1)) + 2 shared": lambda: kernel(2, 2),
        "ridge, exp(4(c-1)) + 1 shared": lambda: kernel(4, 1),
    }


def shares(scores: Array, truth: NDArray[np.intp]) -> str:
    """Right, wrong and refused of the phrases that mean an action, and taken for one of those that mean none."""
    found, none = scores.argmax(axis=1), scores.shape[1] - 1
    known = truth != none
    right, refused = np.mean((found == truth)[known]), np.mean((found == none)[known])
    taken = np.mean((found != none)[~known])
    return f"{right:.1%} | {1 - right - refused:.1%} | {refused:.1%} | {taken:.1%}"


def calibrate(scores: Array, truth: NDArray[np.intp]) -> NDArray[np.float64]:
    """(gap, score, offset) of a logistic regression on whether the best action is right."""
    ordered = np.sort(scores[:, :-1], axis=1)
    best = ordered[:, -1]
    x = np.stack([best - np.maximum(ordered[:, -2], scores[:, -1]), best, np.ones(len(best))], axis=1).astype(float)
    right, w = (scores[:, :-1].argmax(axis=1) == truth).astype(float), np.zeros(3)
    for _ in range(20):
        p = 1 / (1 + np.exp(-x @ w))
        w += np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + 1e-6 * np.eye(3), x.T @ (right - p))
    return w


def main() -> None:
    """Prints the tables."""
    groups, names = read_phrases(), starter_names()
    classes = {name: k for k, name in enumerate(name for name in groups if name in names)}
    texts = [phrase for phrases in groups.values() for phrase in phrases]
    truth = np.array([classes.get(name, len(classes)) for name, phrases in groups.items() for _ in phrases])
    model, overlap = PackagedEmbedder(), Overlap(texts)
    vectors = embed(model, texts)
    gram, shared = vectors @ vectors.T, np.stack([overlap(text) for text in texts])
    member = np.eye(len(classes) + 1, dtype=np.float32)[truth]
    _, family = connected_components((gram > FAMILY) & (truth[:, None] == truth))
    fold = np.random.default_rng(0).integers(0, FOLDS, family.max() + 1)[family]

    cases = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    asked = [case["text"] for case in cases]
    meant = np.array([classes[case["action"]] if case["action"] else len(classes) for case in cases])
    cosines, common = embed(model, asked) @ vectors.T, np.stack([overlap(text) for text in asked])
    print(f"{len(texts)} phrases, {family.max() + 1} families, {len(classes)} actions, {len(cases)} cases\n")
    print(
        "| way | cross-validation: right | wrong | refused | nothing taken | cases: right | wrong | refused | taken |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    held: dict[str, Array] = {}
    for way, score in ways(gram, shared, cosines, common, member).items():
        held[way] = np.zeros((len(texts), len(classes) + 1), dtype=np.float32)
        for k in range(FOLDS):
            old, new = fold != k, fold == k
            parts = (part[np.ix_(rows, old)] for part, rows in ((gram, old), (shared, old), (gram, new), (shared, new)))
            held[way][new] = ways(*parts, member[old])[way]()
        print(f"| {way} | {shares(held[way], truth)} | {shares(score(), meant)} |", flush=True)
    weights = calibrate(held["ridge, exp(2(c-1)) + 1 shared"], truth)
    print("\nchance = logistic({:.2f} gap + {:.2f} score + {:.2f})".format(*weights))


if __name__ == "__main__":
    main()
