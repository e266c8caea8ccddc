"""The proportions of the figure in a picture, and clips on a body that has them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from motion_engine.types import Array, Clip, Skeleton

SMALLEST, LARGEST = 0.5, 2.0  # that is believed of any part
SHORTEST_TORSO = 0.8  # what is shorter in the picture leans
FORESHORTENED = 0.8  # of the bones of a limb, the shorter ratio by the longer: below it the limb points at the viewer
TORSO, SHOULDERS, HIPS = ("spine1", "spine2", "spine3", "neck"), ("collar", "shoulder"), ("hip",)
LEGS, HEAD = ("knee", "ankle", "foot"), ("head",)


@dataclass(frozen=True)
class Proportions:
    """How much larger parts of a body are than the canonical one's."""

    torso: float = 1.0
    shoulders: float = 1.0  # width
    hips: float = 1.0  # width
    arms: float = 1.0  # with the hands
    legs: float = 1.0
    head: float = 1.0  # with the neck

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            object.__setattr__(self, field.name, float(np.clip(value, SMALLEST, LARGEST)))


def resized(clip: Clip, size: Proportions) -> Clip:
    """The clip on a body of these proportions: the same turns, its steps as much longer as its legs, feet on the floor.

    Args:
        clip: On the canonical skeleton.
        size: Of the body.
    """
    skeleton = clip.skeleton
    offsets = skeleton.offsets * np.array([_scale(name, size) for name in skeleton.names])
    still = clip.root_position[0] * (1.0, 0.0, 1.0)
    still[1] = -skeleton.offsets[skeleton.index("left_hip"), 1]  # so far above the legs, whatever their length
    moved = still + (clip.root_position - still) * size.legs + (0.0, still[1] * (size.torso - 1.0), 0.0)
    return replace(clip, skeleton=Skeleton(skeleton.names, skeleton.parents, offsets), root_position=moved)


def _scale(name: str, size: Proportions) -> tuple[float, float, float]:
    """By how much the offset of a joint from its parent grows, by axis."""
    part = name.removeprefix("left_").removeprefix("right_")
    if part in LEGS:
        return (size.legs,) * 3
    if part == "pelvis" or part in TORSO:
        return (size.torso,) * 3
    if part in SHOULDERS:
        return size.shoulders, size.torso, size.torso
    if part in HIPS:
        return size.hips, size.torso, size.torso
    return (size.head,) * 3 if part in HEAD else (size.arms,) * 3


def measured(seen: Array, flat: Array, solid: Array, near: Array, known: Array) -> Proportions:
    """The proportions of a body in a picture.

    Lengths in a picture are at most the true ones. Torso and widths are compared with ours as the same camera sees
    them. Arms and legs may be held otherwise than ours: they are taken as longer if any is, as shorter only if both
    bones of a limb are so alike, which they are not when the limb points towards the viewer.

    Args:
        seen: The body's points in the picture, `(18, 2)` px.
        flat: Ours, as a camera from the same side sees them, `(18, 2)` px.
        solid: Ours in space, `(18, 3)` m.
        near: The px that a metre takes at each of them, `(18,)`.
        known: Which of `seen` are known, `(18,)`.
    """

    def ratio(a: int, b: int, least: float, *, straight: bool = False) -> float | None:
        metre = 0.5 * float(near[a] + near[b])
        ours = (
            float(np.linalg.norm(solid[a] - solid[b])) * metre if straight else float(np.linalg.norm(flat[a] - flat[b]))
        )
        if not (known[a] and known[b]) or ours < least * metre:
            return None
        return float(np.linalg.norm(seen[a] - seen[b])) / ours

    def limbs(*chains: tuple[int, int, int]) -> float:
        found = []
        for a, b, c in chains:
            both = [r for r in (ratio(a, b, 0.05, straight=True), ratio(b, c, 0.05, straight=True)) if r is not None]
            if len(both) < 2:
                continue
            alike = min(both) > FORESHORTENED * max(both)
            found.append(float(np.mean(both)) if alike else max(1.0, *both))
        return max(found, default=1.0)

    torso = [one for one in (_torso(seen, known), _torso(flat, known)) if one]
    pairs = (ratio(a, b, 0.03) for a, b in ((16, 17), (14, 15), (0, 14), (0, 15)))
    heads = [one for one in pairs if one is not None]
    return Proportions(
        torso=max(SHORTEST_TORSO, torso[0] / torso[1]) if len(torso) == 2 else 1.0,
        shoulders=ratio(2, 5, 0.15) or 1.0,
        hips=ratio(8, 11, 0.1) or 1.0,
        arms=limbs((2, 3, 4), (5, 6, 7)),
        legs=limbs((8, 9, 10), (11, 12, 13)),
        head=float(np.median(heads)) if heads else 1.0,
    )


def _torso(points: Array, known: Array) -> float | None:
    """From the neck to between the hips."""
    return float(np.linalg.norm(points[1] - 0.5 * (points[8] + points[11]))) if known[[1, 8, 11]].all() else None
