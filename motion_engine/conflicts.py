"""Actions at the same time that need the same limb: one takes the other arm, or waits for its turn.

The rule: what is said first keeps its limbs. What needs one of them too is done with the other arm, if the command
leaves that open and the arm is free; else it is done afterwards. Gestures of arms and head go on top of actions of the
whole trunk, so those are no conflict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from motion_engine.types import Mask

OTHER_ARM: dict[Mask, Mask] = {"left_arm": "right_arm", "right_arm": "left_arm"}

_NEEDS: dict[Mask, frozenset[str]] = {
    "full": frozenset({"trunk"}),
    "upper": frozenset({"trunk"}),
    "arms": frozenset({"left arm", "right arm"}),
    "left_arm": frozenset({"left arm"}),
    "right_arm": frozenset({"right arm"}),
    "head": frozenset({"head"}),
}


@dataclass(frozen=True)
class Wish:
    """What an action needs: the joints of `mask`, or as well those of the other arm if it is `either` arm's."""

    name: str
    mask: Mask
    either: bool = False


@dataclass(frozen=True)
class Turn:
    """What an action gets."""

    number: int | None  # which turn it has among those that need the same limbs; None: it has its limbs for itself
    swapped: bool = False  # it takes the other arm
    note: str = ""  # why, in words; empty if it got what it wished


def take_turns(wishes: Sequence[Wish]) -> list[Turn]:
    """Who gets what, in the order of `wishes`: the first has everything it needs at once."""
    held: list[dict[str, Wish]] = []  # of each turn: who has which limb
    given: list[tuple[int, Mask, bool, str]] = []
    for wish in wishes:
        number, mask, swapped, note = 0, wish.mask, False, ""
        for turn in held:
            rival = _rival(turn, wish.mask)
            if rival is None:
                break
            if wish.either and _rival(turn, OTHER_ARM[wish.mask]) is None:
                mask, swapped = OTHER_ARM[wish.mask], True
                note = f"with the {_limbs(mask)}: {rival.name} has the {_limbs(wish.mask)}"
                break
            note = f"after {rival.name}: both need the {_limbs(wish.mask, rival.mask)}"
            number += 1
        if number == len(held):
            held.append({})
        held[number].update(dict.fromkeys(_NEEDS[mask], replace(wish, mask=mask)))
        given.append((number, mask, swapped, note))
    shared = [any(_NEEDS[mask] & other.keys() for i, other in enumerate(held) if i != n) for n, mask, _, _ in given]
    return [Turn(n if s else None, swapped, note) for (n, _, swapped, note), s in zip(given, shared, strict=True)]


def _rival(turn: dict[str, Wish], mask: Mask) -> Wish | None:
    """Who has one of the limbs that `mask` needs; None if they are free."""
    return next((turn[limb] for limb in sorted(_NEEDS[mask]) if limb in turn), None)


def shared_limbs(mask: Mask, other: Mask) -> str:
    """The limbs that both need, in words; empty if there are none. Arms and head are parts of a trunk."""
    if mask == other:
        return _limbs(mask)
    for one, two in ((mask, other), (other, mask)):
        if _NEEDS[one] == {"trunk"}:
            return _limbs(two)
    return _limbs(mask, other) if _NEEDS[mask] & _NEEDS[other] else ""


def _limbs(mask: Mask, other: Mask | None = None) -> str:
    """The limbs of a mask in words, or those that both need."""
    limbs = _NEEDS[mask] & _NEEDS[other or mask]
    return "arms" if len(limbs) == 2 else next(iter(limbs))
