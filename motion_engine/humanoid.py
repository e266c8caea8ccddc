"""Which joint of a skeleton is which of the canonical skeleton's, by name.

One table of names without side serves every program: prefixes ("mixamorig:", "J_Bip_", "Bip01 ", "DEF-") are whatever
words are left over in front. Spine and neck are read from the tree, whatever their bones are called.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from motion_engine.errors import BadClip
from motion_engine.kinematics import children_of
from motion_engine.types import Array, Skeleton, canonical_skeleton

SIDES = ("left", "right")
CHAINS = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
FINGERS = {"thumb": "thumb", "index": "index", "middle": "middle", "mid": "middle", "ring": "ring"}
FINGERS |= {"pinky": "pinky", "little": "pinky"}
PHALANGES = 3
_SIDES = {"left": "left", "l": "left", "lft": "left", "right": "right", "r": "right", "rgt": "right"}
# Canonical joint -> names without side, best first: "shoulder" is the upper arm only where nothing else is, and so on.
# Together they know CMU, Mixamo, HumanIK, Bandai, Rokoko, Unity, Unreal, VRM, VRoid, SMPL, Rigify, Biped and Daz.
_LIMBS = {
    "hip": ("upleg", "thigh", "upperleg", "femur", "hip", "thighbend", "leg"),
    "knee": ("knee", "shin", "calf", "lowerleg", "lowleg", "tibia", "leg"),
    "ankle": ("ankle", "foot"),
    "shoulder": ("upperarm", "uparm", "uarm", "arm", "humerus", "shldrbend", "shldr", "shoulder"),
    "elbow": ("elbow", "forearm", "lowerarm", "lowarm", "farm", "radius", "forearmbend"),
    "wrist": ("wrist", "hand"),
}
_OPTIONAL = {
    "foot": ("toebase", "toes", "toe", "toe0", "ball", "foot"),
    "collar": ("collar", "clavicle", "shoulder"),
}
_HEADS = ("head", "neck")
_KNOWN = {name for names in (*_LIMBS.values(), *_OPTIONAL.values(), _HEADS) for name in names}
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_FINGER = re.compile(r"finger(\d)")  # 3ds Max Biped and others count them
# For the report alone: what only the names of one program have.
_PROGRAMS = {
    "Mixamo": r"mixamorig",
    "VRoid": r"^J_Bip_",
    "3ds Max Biped": r"^Bip\d*[ _]",
    "Rigify": r"^(DEF|ORG|MCH)-",
    "Bandai": r"^(Upper|Lower)(Arm|Leg)_[LR]$",
    "Unreal": r"^(upper|lower)arm_[lr]$",
    "Daz or Poser": r"^[lr]Shldr",
    "SMPL": r"^([mf]_avg_)?[LR]_Hip$|^left_collar$",
    "VRM": r"^leftUpperArm$",
    "Unity": r"^LeftUpperArm$",
    "CMU": r"^LHipJoint$|^lhumerus$",
    "Rokoko": r"^LeftInHandIndex$",
    "HumanIK": r"^(Character\d*_)?LeftUpLeg$",
}


def program(skeleton: Skeleton) -> str | None:
    """The program whose names these are, as its users call it; None if it is not known."""
    for name, pattern in _PROGRAMS.items():
        if any(re.search(pattern, joint) for joint in skeleton.names):
            return name
    return None


def find_limbs(skeleton: Skeleton, given: Mapping[str, int] | None = None) -> dict[str, int]:
    """The source joints by canonical name, as far as the names say: limbs, and where there are any head, toes, collars.

    Args:
        skeleton: J joints.
        given: Joints that are known already.

    Raises:
        BadClip: Limbs were not found; the message names them.
    """
    named = _by_side_and_part(skeleton)
    limbs: dict[str, int] = dict(given or {})
    missing = []
    for side, limb, names in ((side, limb, names) for side in SIDES for limb, names in _LIMBS.items()):
        if f"{side}_{limb}" not in limbs:
            taken = set(limbs.values())
            found = [named[side, name] for name in names if (side, name) in named]
            found = [joint for joint in found if joint not in taken]
            if found:
                limbs[f"{side}_{limb}"] = found[0]
            else:
                missing.append(f"{side} {limb}")
    if missing:
        raise BadClip(
            f"not a humanoid skeleton that is known: no joint found for {', '.join(missing)} among "
            f"{', '.join(skeleton.names[:40])}; rename the joints as in Mixamo, Unity or SMPL"
        )
    for side, limb, names in ((side, limb, names) for side in SIDES for limb, names in _OPTIONAL.items()):
        if f"{side}_{limb}" not in limbs:
            found = [named[side, name] for name in names if (side, name) in named]
            found = [joint for joint in found if joint not in limbs.values()]
            if found:
                limbs[f"{side}_{limb}"] = found[0]
    head = [named["", name] for name in _HEADS if ("", name) in named]
    if head:
        limbs.setdefault("head", head[0])
    check_chains(skeleton, limbs)
    return limbs


def _by_side_and_part(skeleton: Skeleton) -> dict[tuple[str, str], int]:
    """The joint of each known (side, part); the name with the least before it, then the first, wins."""
    best: dict[tuple[str, str], tuple[int, int]] = {}
    for index, name in enumerate(skeleton.names):
        side, words = split_name(name)
        for skipped in range(len(words)):
            part = "".join(words[skipped:])
            if part in _KNOWN:
                best[side, part] = min(best.get((side, part), (skipped, index)), (skipped, index))
                break
    return {key: joint for key, (_, joint) in best.items()}


@lru_cache(maxsize=4096)
def split_name(name: str) -> tuple[str, tuple[str, ...]]:
    """("left", ("fore", "arm")) from "mixamorig:LeftForeArm", "forearm.L" or "lForeArm"; prefixes remain as words."""
    words = [word.lower() for word in _WORDS.findall(name.rpartition(":")[2].rpartition("|")[2])]
    side = next((word for word in words if word in _SIDES), "")
    if side:
        words.remove(side)
    elif words and words[0][:1] in _SIDES and words[0][1:] in _KNOWN:  # "lfemur" as CMU's skeletons have it
        side, words[0] = words[0][0], words[0][1:]
    return _SIDES.get(side, ""), tuple(words)


# ── What the tree says ────────────────────────────────────────────────────────────────────────────────────


def ancestors(skeleton: Skeleton, joint: int) -> list[int]:
    """The joint, its parent, and so on to the root."""
    chain = [joint]
    while skeleton.parents[chain[-1]] >= 0:
        chain.append(skeleton.parents[chain[-1]])
    return chain


def children(skeleton: Skeleton, joint: int) -> list[int]:
    """The joints that hang on `joint`."""
    return children_of(skeleton.parents)[joint]


def meeting(skeleton: Skeleton, a: int, b: int) -> int:
    """The lowest joint on which both `a` and `b` hang."""
    above = set(ancestors(skeleton, b))
    return next(joint for joint in ancestors(skeleton, a) if joint in above)


def check_chains(skeleton: Skeleton, limbs: dict[str, int]) -> None:
    """BadClip if a limb's joints do not hang on one another."""
    for side in SIDES:
        for upper, lower in CHAINS:
            a, b = limbs[f"{side}_{upper}"], limbs[f"{side}_{lower}"]
            if a == b or a not in ancestors(skeleton, b):
                raise BadClip(
                    f"joint {skeleton.names[b]} is taken for the {side} {lower}, but does not hang on "
                    f"{skeleton.names[a]}, the {side} {upper}; rename the joints as in Mixamo, Unity or SMPL"
                )


def complete(skeleton: Skeleton, limbs: dict[str, int]) -> dict[str, int]:
    """All canonical joints that the skeleton has, in canonical order: torso and fingers beside the `limbs`.

    The pelvis is where both legs meet, spine3 where both arms meet, spine1 and spine2 the joints between them that are
    nearest in height, the neck is below the head, and so on.

    Raises:
        BadClip: There is no head, or limbs meet where they cannot.
    """
    joints = dict(limbs)
    joints.setdefault("pelvis", meeting(skeleton, limbs["left_hip"], limbs["right_hip"]))
    joints.setdefault("spine3", meeting(skeleton, limbs["left_shoulder"], limbs["right_shoulder"]))
    chest = joints["spine3"]
    if "head" not in joints:
        joints["head"] = _top(skeleton, joints)
    neck = _between(skeleton, joints["head"], chest)[1:-1]  # from below the head downwards
    if neck:
        joints.setdefault("neck", neck[-1])
    _add_spine(skeleton, joints)
    for side in SIDES:
        shoulder = _between(skeleton, joints[f"{side}_shoulder"], chest)[1:-1]
        if shoulder:
            joints.setdefault(f"{side}_collar", shoulder[0])
        joints |= {name: j for name, j in _fingers(skeleton, side, joints).items() if name not in joints}
    order = canonical_skeleton().names
    return {name: joints[name] for name in order if name in joints}


def _between(skeleton: Skeleton, low: int, high: int) -> list[int]:
    """The joints from `low` up to `high`, both included; as far as where they meet if `low` hangs elsewhere."""
    chain = ancestors(skeleton, low)
    end = meeting(skeleton, low, high)
    return chain[: chain.index(end) + 1]


def _top(skeleton: Skeleton, joints: dict[str, int]) -> int:
    """The head of a skeleton that calls it otherwise: the end of the straightest way up from the chest without arms."""
    arms = {joint for side in SIDES for joint in ancestors(skeleton, joints[f"{side}_shoulder"])}
    legs = {joint for side in SIDES for joint in ancestors(skeleton, joints[f"{side}_hip"])}
    tops = [child for child in children(skeleton, joints["spine3"]) if child not in arms | legs]
    if not tops:
        raise BadClip(f"not a humanoid skeleton: no head hangs on {skeleton.names[joints['spine3']]}, the chest")
    reach = reaches(skeleton, np.linalg.norm(skeleton.offsets, axis=-1))
    top = max(tops, key=lambda joint: reach[joint])
    while len(children(skeleton, top)) == 1 and not _is_tip(skeleton, children(skeleton, top)[0]):
        top = children(skeleton, top)[0]
    return top


def _is_tip(skeleton: Skeleton, joint: int) -> bool:
    return bool(re.search(r"(end|top|tip|nub|site)[_\d]*$", skeleton.names[joint], re.IGNORECASE))


def reaches(skeleton: Skeleton, length: Array) -> Array:
    """How far it is from each joint's parent through the joint to its farthest end `(J,)`, of bones `length (J,)`."""
    reach = length.copy()
    for joint in reversed(range(len(skeleton.names))):
        below = [reach[child] for child in children(skeleton, joint)]
        reach[joint] += max(below, default=0.0)
    return reach


def _add_spine(skeleton: Skeleton, joints: dict[str, int]) -> None:
    """spine1 and spine2 are the joints between pelvis and chest that are nearest to theirs in height."""
    chain = _between(skeleton, joints["spine3"], joints["pelvis"])[:-1][::-1]  # upwards; the last is the chest
    if len(chain) < 2:
        return
    target = canonical_skeleton()
    ours = np.cumsum([np.linalg.norm(target.offsets[target.index(f"spine{i}")]) for i in (1, 2, 3)])
    theirs = np.cumsum(np.linalg.norm(skeleton.offsets[chain], axis=-1))
    theirs = theirs / max(float(theirs[-1]), 1e-9)
    taken = 0
    for number, height in ((1, ours[0] / ours[2]), (2, ours[1] / ours[2])):
        free = range(taken, len(chain) - 1)
        if number == 1 and len(chain) > 2:
            free = range(len(chain) - 2)  # one is left for spine2
        if not free or f"spine{number}" in joints:
            continue
        best = min(free, key=lambda i: abs(theirs[i] - height))
        other = ours[1] / ours[2] if number == 1 else height
        if len(chain) == 2 and number == 1 and abs(theirs[best] - other) < abs(theirs[best] - height):
            continue  # the only one is nearer to spine2
        joints[f"spine{number}"], taken = chain[best], best + 1


def _fingers(skeleton: Skeleton, side: str, joints: dict[str, int]) -> dict[str, int]:
    """Three joints of each finger whose name says which it is; bones inside the palm are left out."""
    wrist = joints[f"{side}_wrist"]
    below = [j for j in range(len(skeleton.names)) if j != wrist and wrist in ancestors(skeleton, j)]
    from_one = not any(_FINGER.findall("".join(split_name(skeleton.names[j])[1])) == ["0"] for j in below)
    chains: dict[str, list[int]] = {}
    for joint in below:
        words = split_name(skeleton.names[joint])[1]
        finger = _finger(words, from_one)
        inside = any(word in ("metacarpal", "carpal", "palm", "in") for word in words)
        if finger and not (inside and (finger != "thumb" or "in" in words)):
            chains.setdefault(finger, []).append(joint)
    return {
        f"{side}_{finger}{number}": joint
        for finger, chain in chains.items()
        if len(chain) >= PHALANGES
        for number, joint in enumerate(chain[:PHALANGES], 1)
    }


def _finger(words: tuple[str, ...], from_one: bool) -> str | None:
    counted = _FINGER.search("".join(words))
    if counted:
        number = int(counted[1]) - from_one
        return ("thumb", "index", "middle", "ring", "pinky")[number] if 0 <= number < 5 else None
    return next((FINGERS[word] for word in words if word in FINGERS), None)
