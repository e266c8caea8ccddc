"""Which joint of a skeleton is which limb, by the names that mocap studios, engines and editors use."""

from __future__ import annotations

import re

from motion_engine.errors import BadClip
from motion_engine.types import Skeleton

# Words that say nothing about the limb: prefixes of Mixamo, 3ds Max Biped, Rigify, VRoid, Character Creator and others.
_NOISE = {"mixamorig", "bip", "bip01", "def", "org", "j", "c", "cc", "base", "armature", "jnt", "skel", "b", "bn", "m"}
_SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"}
# Canonical joint -> names without side, best first: "shoulder" is the upper arm only where nothing else is, and so on.
_LIMBS = {
    "hip": ("upleg", "thigh", "upperleg", "femur", "hip", "thighbend"),
    "knee": ("knee", "shin", "calf", "lowerleg", "lowleg", "tibia", "leg"),
    "ankle": ("ankle", "foot"),
    "shoulder": ("upperarm", "uparm", "arm", "humerus", "shldrbend", "shldr", "shoulder"),
    "elbow": ("elbow", "forearm", "lowerarm", "lowarm", "radius", "forearmbend"),
    "wrist": ("wrist", "hand"),
}
_OPTIONAL = {
    "foot": ("toebase", "toes", "toe", "toe0", "ball", "foot"),
    "collar": ("collar", "clavicle", "shoulder"),
}
_HEADS = ("head", "neck")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def find_limbs(skeleton: Skeleton) -> dict[str, int]:
    """The source joints by canonical name: pelvis, spine3, head, and hip, knee, ankle, shoulder, elbow, wrist by side.

    Foot (the toes' joint) and collar are there if the skeleton has them. The pelvis is where both legs meet, spine3
    where both arms meet, whatever their names.

    Raises:
        BadClip: Limbs were not found; the message names them.
    """
    named: dict[tuple[str, str], int] = {}
    for index, name in enumerate(skeleton.names):
        named.setdefault(_side_and_part(name), index)
    limbs: dict[str, int] = {}
    missing = []
    for side in ("left", "right"):
        for limb, names in _LIMBS.items():
            found = next((named[side, name] for name in names if (side, name) in named), None)
            if found is None or found in limbs.values():
                missing.append(f"{side} {limb}")
            else:
                limbs[f"{side}_{limb}"] = found
    head = next((named["", name] for name in _HEADS if ("", name) in named), None)
    if head is None:
        missing.append("head")
    if missing:
        raise BadClip(
            f"not a humanoid skeleton that is known: no joint found for {', '.join(missing)} among "
            f"{', '.join(skeleton.names[:40])}; rename the joints as in Mixamo, Unity or SMPL"
        )
    assert head is not None
    limbs["head"] = head
    for side in ("left", "right"):
        for limb, names in _OPTIONAL.items():
            found = next((named[side, name] for name in names if (side, name) in named), None)
            if found is not None and found not in limbs.values():
                limbs[f"{side}_{limb}"] = found
    for joint, ends in (("pelvis", ("left_hip", "right_hip")), ("spine3", ("left_shoulder", "right_shoulder"))):
        limbs[joint] = _meeting(skeleton, limbs[ends[0]], limbs[ends[1]])
    _check_chains(skeleton, limbs)
    return limbs


def _side_and_part(name: str) -> tuple[str, str]:
    """("left", "forearm") from "mixamorig:LeftForeArm", "Bip01 L Forearm", "forearm.L" or "lForearm"."""
    words = [word.lower() for word in _WORDS.findall(name.rpartition(":")[2])]
    while words and (words[0] in _NOISE or words[0].isdigit() or words[0] == "joint"):
        words.pop(0)
    side = next((word for word in words if word in _SIDES), "")
    if side:
        words.remove(side)
    part = "".join(word for word in words if word not in _NOISE)
    if not side and part[:1] in _SIDES and any(part[1:] in names for names in (*_LIMBS.values(), *_OPTIONAL.values())):
        return _SIDES[part[0]], part[1:]
    return _SIDES.get(side, ""), part


def _ancestors(skeleton: Skeleton, joint: int) -> list[int]:
    chain = [joint]
    while skeleton.parents[chain[-1]] >= 0:
        chain.append(skeleton.parents[chain[-1]])
    return chain


def _meeting(skeleton: Skeleton, a: int, b: int) -> int:
    above = set(_ancestors(skeleton, b))
    return next(joint for joint in _ancestors(skeleton, a) if joint in above)


def _check_chains(skeleton: Skeleton, limbs: dict[str, int]) -> None:
    for side in ("left", "right"):
        for upper, lower in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist")):
            a, b = limbs[f"{side}_{upper}"], limbs[f"{side}_{lower}"]
            if a not in _ancestors(skeleton, b):
                raise BadClip(
                    f"joint {skeleton.names[b]} is taken for the {side} {lower}, but does not hang on "
                    f"{skeleton.names[a]}, the {side} {upper}; rename the joints as in Mixamo, Unity or SMPL"
                )
