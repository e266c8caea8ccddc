"""Writes `data/skeleton.json`, the canonical skeleton, from the Apache-2.0 `mannequin-x` package.

Left and right are averaged, and the middle joints put on x = 0, so that mirroring a clip is exact.
Run: `python tools/make_skeleton.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from mannequin import Mannequin


def canonical(name: str) -> str:
    """The SMPL-H name of a mannequin joint: `L_Index1` is `left_index1`."""
    return name.lower().replace("l_", "left_", 1).replace("r_", "right_", 1)


def main() -> None:
    """Measure the rest pose and write the file."""
    model = Mannequin("wooden", flat_hand_mean=True)
    rest = model.rest_pose()
    position = {
        canonical(n): t[:3, 3].astype(float)
        for n, t in zip(model.joint_names, model.joint_transforms(rest), strict=True)
    }
    parent = {canonical(n): p for n, p in zip(model.joint_names, model.parents, strict=True)}
    all_names = [canonical(n) for n in model.joint_names]
    names = [n for n in all_names if n not in ("left_hand", "right_hand")]  # zero-length helpers of the mannequin
    floor = float(model.vertices(rest)[:, 1].min())

    def symmetric(name: str) -> np.ndarray:
        side, _, part = name.partition("_")
        if side in ("left", "right"):
            left, right = position[f"left_{part}"], position[f"right_{part}"] * (-1, 1, 1)
            return 0.5 * (left + right) * (1 if side == "left" else -1, 1, 1)
        return position[name] * (0, 1, 1)

    parents = [-1]
    for name in names[1:]:
        above = all_names[parent[name]]
        parents.append(names.index(f"{above[:-5]}_wrist".replace("__", "_") if above.endswith("_hand") else above))
    offsets = [symmetric(names[0]) * (0, 1, 0) - (0, floor, 0)]
    offsets += [symmetric(n) - symmetric(names[p]) for n, p in zip(names[1:], parents[1:], strict=True)]
    rows = [
        json.dumps({"name": n, "parent": p, "offset": [round(float(x), 5) for x in o]})
        for n, p, o in zip(names, parents, offsets, strict=True)
    ]
    text = '{"joints": [\n  ' + ",\n  ".join(rows) + "\n]}\n"
    Path(__file__).parents[1].joinpath("data/skeleton.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
