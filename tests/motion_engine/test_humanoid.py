"""The names of programs are known: each convention's joints on our skeleton are all found."""

from __future__ import annotations

import numpy as np
import pytest

from motion_engine.errors import BadClip
from motion_engine.humanoid import complete, find_limbs, program, split_name
from motion_engine.types import Skeleton, canonical_skeleton

SIDES = ("left", "right")
PARTS = ("collar", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot")
TORSO = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
FINGERS = ("thumb", "index", "middle", "ring", "pinky")


def names(torso: str, parts: str, sides: tuple[str, str], fingers: str = "", numbers: str = "1 2 3") -> dict[str, str]:
    """From names separated by bars; `{}` is the side, and in `fingers` `{f}` the finger and `{n}` the joint."""
    named = dict(zip(TORSO, torso.split("|"), strict=True))
    for side, word in zip(SIDES, sides, strict=True):
        named |= {
            f"{side}_{ours}": part.format(word) for ours, part in zip(PARTS, parts.split("|"), strict=True) if part
        }
        if fingers:
            words, pattern = fingers.split("|", 1)
            for finger, theirs in zip(FINGERS, words.split(), strict=True):
                for n, number in enumerate(numbers.split(), 1):
                    named[f"{side}_{finger}{n}"] = pattern.format(word, f=theirs, n=number)
    return named


MIXAMO = "{0}Shoulder|{0}Arm|{0}ForeArm|{0}Hand|{0}UpLeg|{0}Leg|{0}Foot|{0}ToeBase"
MIXAMO_FINGERS = "Thumb Index Middle Ring Pinky|{0}Hand{f}{n}"
UNITY = "{0}Shoulder|{0}UpperArm|{0}LowerArm|{0}Hand|{0}UpperLeg|{0}LowerLeg|{0}Foot|{0}Toes"
UNITY_FINGERS = "Thumb Index Middle Ring Little|{0}{f}{n}"
THREE = "Proximal Intermediate Distal"
PREFIXED = "|".join(f"mixamorig:{part}" for part in MIXAMO.split("|"))
CONVENTIONS: dict[str, dict[str, str]] = {
    "Mixamo": names(
        "mixamorig:Hips|mixamorig:Spine|mixamorig:Spine1|mixamorig:Spine2|mixamorig:Neck|mixamorig:Head",
        PREFIXED,
        ("Left", "Right"),
        "Thumb Index Middle Ring Pinky|mixamorig:{0}Hand{f}{n}",
    ),
    "Mixamo without prefix": names("Hips|Spine|Spine1|Spine2|Neck|Head", MIXAMO, ("Left", "Right"), MIXAMO_FINGERS),
    "HumanIK": names(
        "Character1_Hips|Character1_Spine|Character1_Spine1|Character1_Spine2|Character1_Neck|Character1_Head",
        "|".join(f"Character1_{part}" for part in MIXAMO.split("|")),
        ("Left", "Right"),
        "Thumb Index Middle Ring Pinky|Character1_{0}Hand{f}{n}",
    ),
    "CMU": names("Hips|LowerBack|Spine|Spine1|Neck|Head", MIXAMO, ("Left", "Right")),
    "CMU, as Acclaim has it": names(
        "root|lowerback|upperback|thorax|lowerneck|head",
        "{0}clavicle|{0}humerus|{0}radius|{0}wrist|{0}femur|{0}tibia|{0}foot|{0}toes",
        ("l", "r"),
    ),
    "Bandai": names(
        "Hips|Spine|Spine01|Chest|Neck|Head",
        "Shoulder_{0}|UpperArm_{0}|LowerArm_{0}|Hand_{0}|UpperLeg_{0}|LowerLeg_{0}|Foot_{0}|Toes_{0}",
        ("L", "R"),
    ),
    "Rokoko": names(
        "Hips|Spine1|Spine2|Spine3|Neck|Head",
        "{0}Shoulder|{0}Arm|{0}ForeArm|{0}Hand|{0}Thigh|{0}Shin|{0}Foot|{0}Toe",
        ("Left", "Right"),
        "1 2 3 4 5|{0}Finger{f}{n}",
        THREE,
    ),
    "Unity": names("Hips|Spine|Chest|UpperChest|Neck|Head", UNITY, ("Left", "Right"), UNITY_FINGERS, THREE),
    "VRM": names("hips|spine|chest|upperChest|neck|head", UNITY, ("left", "right"), UNITY_FINGERS, THREE),
    "VRM 1": names("hips|spine|chest|upperChest|neck|head", UNITY, ("left", "right"), UNITY_FINGERS, THREE)
    | {
        f"{side}_thumb{n}": f"{side}Thumb{part}"
        for side in SIDES
        for n, part in enumerate(("Metacarpal", "Proximal", "Distal"), 1)
    },
    "VRoid": names(
        "J_Bip_C_Hips|J_Bip_C_Spine|J_Bip_C_Chest|J_Bip_C_UpperChest|J_Bip_C_Neck|J_Bip_C_Head",
        "|".join(f"J_Bip_{part.replace('{0}', '{0}_')}" for part in UNITY.replace("Toes", "ToeBase").split("|")),
        ("L", "R"),
        "Thumb Index Middle Ring Little|J_Bip_{0}_{f}{n}",
    ),
    "SMPL": names(
        "Pelvis|Spine1|Spine2|Spine3|Neck|Head",
        "{0}_Collar|{0}_Shoulder|{0}_Elbow|{0}_Wrist|{0}_Hip|{0}_Knee|{0}_Ankle|{0}_Foot",
        ("L", "R"),
        "Thumb Index Middle Ring Pinky|{0}_{f}{n}",
    ),
    "SMPL-H, AMASS": names(
        "pelvis|spine1|spine2|spine3|neck|head",
        "{0}_collar|{0}_shoulder|{0}_elbow|{0}_wrist|{0}_hip|{0}_knee|{0}_ankle|{0}_foot",
        ("left", "right"),
        "thumb index middle ring pinky|{0}_{f}{n}",
    ),
    "Rigify DEF": names(
        "DEF-spine|DEF-spine.001|DEF-spine.002|DEF-spine.003|DEF-spine.005|DEF-spine.006",
        "DEF-shoulder.{0}|DEF-upper_arm.{0}|DEF-forearm.{0}|DEF-hand.{0}|DEF-thigh.{0}|DEF-shin.{0}|DEF-foot.{0}"
        "|DEF-toe.{0}",
        ("L", "R"),
        "thumb f_index f_middle f_ring f_pinky|DEF-{f}.{n}.{0}",
        "01 02 03",
    ),
    "Rigify ORG": names(
        "ORG-spine|ORG-spine.001|ORG-spine.002|ORG-spine.003|ORG-neck|ORG-head",
        "ORG-shoulder.{0}|ORG-upper_arm.{0}|ORG-forearm.{0}|ORG-hand.{0}|ORG-thigh.{0}|ORG-shin.{0}|ORG-foot.{0}"
        "|ORG-toe.{0}",
        ("L", "R"),
    ),
    "Blender": names(
        "hips|spine|spine.001|chest|neck|head",
        "shoulder.{0}|upper_arm.{0}|forearm.{0}|hand.{0}|thigh.{0}|shin.{0}|foot.{0}|toe.{0}",
        ("L", "R"),
    ),
    "3ds Max Biped": names(
        "Bip01 Pelvis|Bip01 Spine|Bip01 Spine1|Bip01 Spine2|Bip01 Neck|Bip01 Head",
        "Bip01 {0} Clavicle|Bip01 {0} UpperArm|Bip01 {0} Forearm|Bip01 {0} Hand|Bip01 {0} Thigh|Bip01 {0} Calf"
        "|Bip01 {0} Foot|Bip01 {0} Toe0",
        ("L", "R"),
    )
    | {
        f"{side}_{finger}{n}": f"Bip01 {side[0].upper()} Finger{i}{'' if n == 1 else n - 1}"
        for side in SIDES
        for i, finger in enumerate(FINGERS)
        for n in (1, 2, 3)
    },
    "Daz": names(
        "hip|abdomenLower|abdomenUpper|chestLower|neckLower|head",
        "{0}Collar|{0}ShldrBend|{0}ForearmBend|{0}Hand|{0}ThighBend|{0}Shin|{0}Foot|{0}Toe",
        ("l", "r"),
        "Thumb Index Mid Ring Pinky|{0}{f}{n}",
    ),
    "Poser": names(
        "hip|waist|abdomen|chest|neck|head",
        "{0}Collar|{0}Shldr|{0}ForeArm|{0}Hand|{0}Thigh|{0}Shin|{0}Foot|{0}Toe",
        ("l", "r"),
        "Thumb Index Mid Ring Pinky|{0}{f}{n}",
    ),
    "Unreal": names(
        "pelvis|spine_01|spine_02|spine_03|neck_01|head",
        "clavicle_{0}|upperarm_{0}|lowerarm_{0}|hand_{0}|thigh_{0}|calf_{0}|foot_{0}|ball_{0}",
        ("l", "r"),
        "thumb index middle ring pinky|{f}_{n}_{0}",
        "01 02 03",
    ),
}


def skeleton_of(named: dict[str, str]) -> tuple[Skeleton, dict[str, str]]:
    """Our skeleton with the joints that are `named`, fingers only where they are, and what is what."""
    ours = canonical_skeleton()
    kept = [joint for joint, name in enumerate(ours.names) if name in named]
    names = tuple(named[ours.names[joint]] for joint in kept)
    parents = tuple(-1 if joint == 0 else kept.index(ours.parents[joint]) for joint in kept)
    return Skeleton(names, parents, ours.offsets[kept]), {name: named[name] for name in ours.names if name in named}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_every_joint_is_found(name: str) -> None:
    skeleton, expected = skeleton_of(CONVENTIONS[name])
    found = complete(skeleton, find_limbs(skeleton))
    assert {ours: skeleton.names[joint] for ours, joint in found.items()} == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((name, name) for name in ("Mixamo", "VRoid", "3ds Max Biped", "Bandai", "VRM", "Unity", "SMPL", "HumanIK")),
        ("Daz", "Daz or Poser"),
    ],
)
def test_the_program_is_told(name: str, expected: str) -> None:
    assert program(skeleton_of(CONVENTIONS[name])[0]) == expected
    assert program(Skeleton(("j01",), (-1,), np.zeros((1, 3)))) is None


@pytest.mark.parametrize(
    ("name", "side", "words"),
    [
        ("mixamorig:LeftForeArm", "left", ("fore", "arm")),
        ("Bip01 R Thigh", "right", ("bip", "01", "thigh")),
        ("lShldr", "left", ("shldr",)),
        ("rfemur", "right", ("femur",)),
        ("DEF-upper_arm.L.001", "left", ("def", "upper", "arm", "001")),
        ("Armature|Hips", "", ("hips",)),
    ],
)
def test_names_are_split(name: str, side: str, words: tuple[str, ...]) -> None:
    assert split_name(name) == (side, words)


def test_prefixed_joints_give_way_to_plain_ones() -> None:
    """Control bones of game rigs stand beside the real ones."""
    skeleton, _ = skeleton_of(CONVENTIONS["Unreal"])
    hand = skeleton.index("hand_l")
    with_control = Skeleton(
        (*skeleton.names, "ik_hand_l"), (*skeleton.parents, 0), np.concatenate((skeleton.offsets, [[0.5, 0.5, 0.0]]))
    )
    assert find_limbs(with_control)["left_wrist"] == hand


def test_limbs_must_hang_together() -> None:
    skeleton, _ = skeleton_of(CONVENTIONS["SMPL"])
    knee, parents = skeleton.index("L_Knee"), list(skeleton.parents)
    parents[knee] = 0
    with pytest.raises(BadClip, match="L_Knee is taken for the left knee, but does not hang on L_Hip"):
        find_limbs(Skeleton(skeleton.names, tuple(parents), skeleton.offsets))


def test_missing_limbs_are_named() -> None:
    skeleton, _ = skeleton_of(CONVENTIONS["SMPL"])
    names = tuple(name.replace("R_Wrist", "tail").replace("L_Knee", "thing") for name in skeleton.names)
    with pytest.raises(BadClip, match=r"no joint found for left knee, right wrist among"):
        find_limbs(Skeleton(names, skeleton.parents, skeleton.offsets))
