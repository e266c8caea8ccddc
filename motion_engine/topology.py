"""Which joint is which where names say nothing: from the tree, its bones' lengths, and how the body moves.

Two pairs of equal limbs leave the torso: the legs at the pelvis, the arms at the chest. The two longest bones of a limb
are its upper and lower half; left is to the left of where toes point or knees bend.
"""

from __future__ import annotations

import numpy as np

from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.humanoid import ancestors, children
from motion_engine.types import Array, Skeleton

ALIKE = 0.9  # the shorter of two limbs that are a pair, as a share of the longer
LIMB = 0.3  # of the longest limb: what is shorter is no arm
STIFF = np.radians(0.7)  # a joint that bends less than this in the whole clip is inside a bone, as twist joints are
DOWN = 110.0  # degrees between torso and legs of somebody who walks on two legs, at least


def find_by_tree(skeleton: Skeleton, position: Array, rotation: Array) -> dict[str, int]:
    """Limbs by canonical name, as `humanoid.find_limbs` gives them, without looking at names.

    Args:
        skeleton: J joints.
        position: `(T, J, 3)` of the joints in the world.
        rotation: `(T, J, 4)`, parent-relative: the head is the last joint of the neck that turns.

    Raises:
        BadClip: It is no humanoid's skeleton; the message says what it lacks.
    """
    length = np.linalg.norm(position[:, 1:] - position[:, list(skeleton.parents[1:])], axis=-1).mean(axis=0)
    length = np.concatenate(([0.0], length))
    pairs = _pairs(skeleton, length)
    if len(pairs) < 2:
        raise _refused(f"{len(pairs)} pair(s) of equal limbs leave its trunk, two are needed")
    legs, arms = _legs_and_arms(skeleton, pairs, position)
    limbs: dict[str, int] = {}
    for pair, parts in ((legs, ("hip", "knee", "ankle", "foot")), (arms, ("shoulder", "elbow", "wrist"))):
        for name, child in zip(("a", "b"), pair[1], strict=True):
            limbs |= {f"{name}_{part}": joint for part, joint in _limb(skeleton, child, parts, position).items()}
    chest = arms[0]
    limbs["head"] = _head(skeleton, chest, {*legs[1], *arms[1]}, length, rotation)
    return _sided(limbs, position)


def _refused(reason: str) -> BadClip:
    return BadClip(f"not a humanoid skeleton: {reason}; name the joints in a .map.yaml file beside it")


def _path(skeleton: Skeleton, joint: int, length: Array) -> list[int]:
    """From `joint` down to the farthest end."""
    reach = length.copy()
    for j in reversed(range(1, len(reach))):
        reach[j] = length[j] + max((reach[c] for c in children(skeleton, j)), default=0.0)
    chain = [joint]
    while below := children(skeleton, chain[-1]):
        chain.append(max(below, key=lambda j: reach[j]))
    return chain


def _pairs(skeleton: Skeleton, length: Array) -> list[tuple[int, tuple[int, int]]]:
    """The trunk's joints with two limbs alike, each with the first joints of both; longest limbs first."""
    reach = {j: float(length[_path(skeleton, j, length)].sum()) for j in range(len(skeleton.names))}
    found = []
    for hub in range(len(skeleton.names)):
        below = sorted(children(skeleton, hub), key=lambda j: -reach[j])
        used: set[int] = set()
        for i, a in enumerate(below):
            for b in below[i + 1 :]:
                if a in used or b in used:
                    continue
                same = len(_path(skeleton, a, length)) == len(_path(skeleton, b, length))
                if same and reach[b] > ALIKE * reach[a] > 0 and min(_bones(skeleton, a, length)) > 0:
                    found.append((reach[a], hub, (a, b)))
                    used |= {a, b}
    longest = max((size for size, _, _ in found), default=0.0)
    large = sorted((f for f in found if f[0] > LIMB * longest), key=lambda f: -f[0])
    # What hangs inside another limb (fingers on an arm) is no limb of its own.
    return [(hub, pair) for _, hub, pair in large if not any(_inside(skeleton, hub, p) for _, _, p in large)][:2]


def _bones(skeleton: Skeleton, joint: int, length: Array) -> list[float]:
    """The two longest bones below `joint`, 0 where there are fewer."""
    below = sorted(length[_path(skeleton, joint, length)[1:]], reverse=True)
    return [float(n) for n in (*below, 0.0, 0.0)[:2]]


def _inside(skeleton: Skeleton, joint: int, pair: tuple[int, int]) -> bool:
    return any(limb in ancestors(skeleton, joint) for limb in pair)


def _legs_and_arms(
    skeleton: Skeleton, pairs: list[tuple[int, tuple[int, int]]], position: Array
) -> tuple[tuple[int, tuple[int, int]], tuple[int, tuple[int, int]]]:
    """The pair nearer to the root is the legs; where both leave the same joint, the one with the lower ends."""
    first, second = pairs
    if first[0] == second[0]:
        ends = [_path(skeleton, pair[0], np.ones(len(skeleton.names)))[-1] for _, pair in pairs]
        first_is_lower = position[:, ends[0], 1].mean() < position[:, ends[1], 1].mean()
    else:
        first_is_lower = len(ancestors(skeleton, first[0])) < len(ancestors(skeleton, second[0]))
    return (first, second) if first_is_lower else (second, first)


def _limb(skeleton: Skeleton, start: int, parts: tuple[str, ...], position: Array) -> dict[str, int]:
    """The joints at the ends of the two longest bones of the limb that begins with `start`, and the next one."""
    chain = _path(skeleton, start, np.concatenate(([0.0], np.linalg.norm(skeleton.offsets[1:], axis=-1))))
    chain = _bending(chain, position)
    if len(chain) < 3:
        raise _refused(f"the limb at {skeleton.names[start]} has no middle joint")
    bones = np.linalg.norm(np.diff(position[:, chain], axis=1), axis=-1).mean(axis=0)
    middle = 1 + int(np.argmax(np.minimum(bones[:-1], bones[1:])))
    return dict(zip(parts, chain[middle - 1 :], strict=False))


def _bending(chain: list[int], position: Array) -> list[int]:
    """The chain without joints in which it never bends, such as those that only twist."""
    kept = [chain[0]]
    for before, joint in enumerate(chain[1:-1]):
        upper, lower = position[:, joint] - position[:, kept[-1]], position[:, chain[before + 2]] - position[:, joint]
        size = np.linalg.norm(upper, axis=-1) * np.linalg.norm(lower, axis=-1)
        cosine = np.sum(upper * lower, axis=-1) / np.maximum(size, 1e-12)
        angle = np.arccos(np.clip(cosine, -1.0, 1.0))
        if size.min() > 1e-9 and (np.ptp(angle) > STIFF or angle.min() > np.radians(5.0)):
            kept.append(joint)
        elif size.min() <= 1e-9 and len(kept) == 1:
            kept[-1] = joint  # a joint in the same place
    return [*kept, chain[-1]]


def _head(skeleton: Skeleton, chest: int, limbs: set[int], length: Array, rotation: Array) -> int:
    """Up from the chest, past the limbs: where the neck branches, else the last joint that turns."""
    trunk = {above for limb in limbs for above in ancestors(skeleton, limb)}
    tops = [joint for joint in children(skeleton, chest) if joint not in trunk]
    if not tops:
        raise _refused(f"no head hangs on {skeleton.names[chest]}, where the arms meet")
    chain = _path(skeleton, max(tops, key=lambda j: float(length[_path(skeleton, j, length)].sum())), length)
    chain = chain[: next((i + 1 for i, j in enumerate(chain) if len(children(skeleton, j)) > 1), len(chain))]
    turns = quat.angle_between(rotation[:, chain].astype(np.float64), rotation[:1, chain].astype(np.float64))
    moving = [joint for joint, most in zip(chain, turns.max(axis=0), strict=True) if most > np.radians(0.5)]
    return moving[-1] if moving else chain[-1]


def _sided(limbs: dict[str, int], position: Array) -> dict[str, int]:
    """Limbs a and b named left and right."""
    at = {name: position[:, joint] for name, joint in limbs.items()}
    hips = (at["a_hip"] + at["b_hip"]) / 2
    up = _unit(at["head"] - hips)
    legs = _unit((at["a_ankle"] + at["b_ankle"]) / 2 - hips)
    if np.degrees(np.arccos(np.clip(np.median(np.sum(up * legs, axis=-1)), -1.0, 1.0))) < DOWN:
        raise _refused("its legs are not opposite to its head")
    ahead = _ahead(at)
    left = quat.cross(up, ahead)
    names: dict[str, int] = {}
    for part in ("hip", "shoulder"):
        a_is_left = float(np.sum((at[f"a_{part}"] - at[f"b_{part}"]) * left)) > 0
        swap = {"a": "left", "b": "right"} if a_is_left else {"a": "right", "b": "left"}
        others = ("hip", "knee", "ankle", "foot") if part == "hip" else ("shoulder", "elbow", "wrist")
        for name, joint in limbs.items():
            side, _, which = name.partition("_")
            if which in others:
                names[f"{swap[side]}_{which}"] = joint
    return names | {"head": limbs["head"]}


def _ahead(at: dict[str, Array]) -> Array:
    """Where the body looks `(T, 3)`: along the toes, or where the knees stick out."""
    ahead = np.zeros_like(at["head"])
    for side in ("a", "b"):
        hip, knee, ankle = (at[f"{side}_{part}"] for part in ("hip", "knee", "ankle"))
        if f"{side}_foot" in at and np.linalg.norm(at[f"{side}_foot"] - ankle, axis=-1).min() > 0.02:
            toes = at[f"{side}_foot"] - ankle
            shin = _unit(ankle - knee)
            ahead = ahead + _unit(toes - np.sum(toes * shin, axis=-1, keepdims=True) * shin)
        else:
            axis = _unit(ankle - hip)
            out = knee - hip
            ahead = ahead + 10.0 * (out - np.sum(out * axis, axis=-1, keepdims=True) * axis)
    return ahead


def _unit(v: Array) -> Array:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)
