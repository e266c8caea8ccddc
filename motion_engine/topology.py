"""Which joint is which where names say nothing: from the tree, its bones' lengths, and how the body moves.

Two pairs of equal limbs leave the torso: the legs at the pelvis, the arms at the chest. The two longest bones of a limb
are its upper and lower half; left is to the left of where toes point or knees bend.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.humanoid import ancestors, children, reaches
from motion_engine.types import Array, Skeleton

ALIKE = 0.9  # the shorter of two limbs that are a pair, as a share of the longer
LIMB = 0.3  # of the longest limb: what is shorter is no arm
MOST_BRANCHES = 30  # a joint on which more hang is no joint of a body
STIFF = np.radians(0.7)  # a joint that bends less than this in the whole clip is inside a bone, as twist joints are
DOWN = 110.0  # degrees between torso and legs of somebody who walks on two legs, at least


@dataclass(frozen=True)
class _Pair:
    """Two limbs that are alike: where they leave the trunk, their joints from there on, and their length."""

    hub: int
    chains: tuple[list[int], list[int]]
    length: float


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
        for name, chain in zip(("a", "b"), pair.chains, strict=True):
            limbs |= {f"{name}_{part}": joint for part, joint in _limb(skeleton, chain, parts, position).items()}
    starts = {chain[0] for pair in pairs for chain in pair.chains}
    limbs["head"] = _head(skeleton, arms.hub, starts, length, rotation)
    return _sided(limbs, position)


def _refused(reason: str) -> BadClip:
    return BadClip(f"not a humanoid skeleton: {reason}; name the joints in a .map.yaml file beside it")


def _path(skeleton: Skeleton, joint: int, reach: Array) -> list[int]:
    """From `joint` down to the farthest end."""
    chain = [joint]
    while below := children(skeleton, chain[-1]):
        chain.append(max(below, key=lambda j: reach[j]))
    return chain


def _pairs(skeleton: Skeleton, length: Array) -> list[_Pair]:
    """The two pairs of limbs that are alike, the longer ones first."""
    found: list[_Pair] = []
    reach = reaches(skeleton, length)
    for hub in range(len(skeleton.names)):
        branches = children(skeleton, hub)
        if not 2 <= len(branches) <= MOST_BRANCHES:
            continue
        paths = sorted((_path(skeleton, child, reach) for child in branches), key=lambda p: -len(p))
        possible = [_alike(hub, a, b, length) for a, b in combinations(paths, 2)]
        found += [pair for pair in possible if len(pair.chains[0]) > 2]
    longest = max((pair.length for pair in found), default=0.0)
    large: list[_Pair] = []
    for pair in sorted(found, key=lambda p: -p.length):
        # What hangs inside another limb (fingers on an arm) is no limb of its own, nor is a limb part of two pairs.
        inside = any(chain[0] in ancestors(skeleton, pair.hub) for other in large for chain in other.chains)
        taken = {chain[0] for other in large for chain in other.chains}
        if pair.length > LIMB * longest and not inside and not taken & {chain[0] for chain in pair.chains}:
            large.append(pair)
    return large[:2]


def _alike(hub: int, a: list[int], b: list[int], length: Array) -> _Pair:
    """Two limbs as far as their bones are equally long: somebody may hold a thing at the end of one."""
    same = 1
    for bones in zip(length[a[1:]], length[b[1:]], strict=False):
        if min(bones) < ALIKE * max(bones):
            break
        same += 1
    return _Pair(hub, (a[:same], b[:same]), float(length[a[1:same]].sum()))


def _legs_and_arms(skeleton: Skeleton, pairs: list[_Pair], position: Array) -> tuple[_Pair, _Pair]:
    """The pair nearer to the root is the legs; where both leave the same joint, the one with the lower ends."""
    first, second = pairs
    if first.hub == second.hub:
        ends = [position[:, [chain[-1] for chain in pair.chains], 1].mean() for pair in pairs]
        first_is_lower = ends[0] < ends[1]
    else:
        first_is_lower = len(ancestors(skeleton, first.hub)) < len(ancestors(skeleton, second.hub))
    return (first, second) if first_is_lower else (second, first)


def _limb(skeleton: Skeleton, chain: list[int], parts: tuple[str, ...], position: Array) -> dict[str, int]:
    """The joints at the ends of the two longest bones of a limb, and the next one."""
    bending = _bending(chain, position)
    if len(bending) < 3:
        raise _refused(f"the limb at {skeleton.names[chain[0]]} has no middle joint")
    chain = bending
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
    reach = reaches(skeleton, length)
    chain = _path(skeleton, max(tops, key=lambda j: float(reach[j])), reach)
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
