"""The facts of a clip in words: English tags, and a sentence in English and in Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from action_library.facts import Facts

TURNS = 0.4  # radians; less is not worth saying
SLOW, WALK = 0.6, 1.7  # m/s: slower than walking, and the fastest walk
PACES = ("at a slow pace", "at walking pace", "at running pace"), ("慢速", "步行速度", "跑步速度")
WAYS_ZH = {"forward": "向前", "backward": "向后", "left": "向左", "right": "向右"}
POSES = {
    "lying": ("a lying pose", "躺姿"),
    "floor": ("a pose on the floor", "贴地姿势"),
    "crouching": ("a sitting or crouching pose", "坐姿或蹲姿"),
}
# By whether the clip begins and whether it ends low.
CHANGES = {
    (False, False): ("goes down into {} and rises again", "降到{}再起身"),
    (False, True): ("goes down into {}", "降到{}"),
    (True, False): ("rises from {}", "从{}起身"),
    (True, True): ("stays in {}", "保持{}"),
}
LIMBS = {
    "both arms": ("both arms", "双臂"),
    "left arm": ("the left arm", "左臂"),
    "right arm": ("the right arm", "右臂"),
    "legs": ("the legs", "双腿"),
    "left leg": ("the left leg", "左腿"),
    "right leg": ("the right leg", "右腿"),
    "torso": ("the torso", "躯干"),
    "head": ("the head", "头部"),
}
PAIRS = {"both arms": {"left arm", "right arm"}, "legs": {"left leg", "right leg"}}


def tags(found: Facts) -> tuple[str, ...]:
    """Plain English words to find the clip by."""
    words = ["travels", found.direction] if found.direction else ["in place"]
    if turn := _turn(found):
        words.append(f"turns {turn[0]}")
    shown = {
        "cyclic": found.cyclic,
        "repeats": found.repeats,
        "jumps": found.airborne,
        "low": found.low,
        "lying": found.low == "lying",
    }
    words += [word for word, holds in shown.items() if holds]
    return (*words, *_limbs(found), "still" if found.still else found.energy)


def sentence(found: Facts) -> str:
    """One plain English sentence."""
    clause = "hardly moves" if found.still else "stays in place"
    if found.direction:
        clause = f"travels {found.distance:.1f} m {found.direction} {_pace(found, 0)}".rstrip()
    if turn := _turn(found):
        clause += f", turning {turn[0]} by {np.degrees(abs(found.turn)):.0f}°"
    clauses = [clause, *_low(found, 0), *(["jumps"] if found.airborne else [])]
    limbs = _mentioned(found)
    if limbs:
        verb = "swing" if _swings(found, limbs) else "move" if len(limbs) > 1 or limbs[0] in PAIRS else "moves"
        *first, last = (LIMBS[limb][0] for limb in limbs)
        clauses.append(f"{', '.join(first)} and {last} {verb}" if first else f"{last} {verb}")
    if period := _period(found):
        clauses.append(f"repeats every {period:.1f} s")
    text = "; ".join(clauses)
    return f"{text[0].upper()}{text[1:]}."


def sentence_zh(found: Facts) -> str:
    """The same in Chinese."""
    clauses = ["几乎不动" if found.still else "原地"]
    if found.direction:
        clauses = [f"{WAYS_ZH[found.direction]}移动{found.distance:.1f}米", _pace(found, 1)]
    if turn := _turn(found):
        clauses.append(f"{turn[1]}转{np.degrees(abs(found.turn)):.0f}度")
    clauses += [*_low(found, 1), *(["跳跃"] if found.airborne else [])]
    limbs = _mentioned(found)
    if limbs:
        clauses.append("、".join(LIMBS[limb][1] for limb in limbs) + ("摆动" if _swings(found, limbs) else "活动"))
    if period := _period(found):
        clauses.append(f"每{period:.1f}秒重复一次")
    return "，".join(filter(None, clauses)) + "。"


def _limbs(found: Facts) -> list[str]:
    """The keys of LIMBS that take part; a pair goes by one name."""
    parts = {part.replace("_", " ") for part in found.parts}
    for name, pair in PAIRS.items():
        if pair <= parts:
            parts = parts - pair | {name}
    return [limb for limb in LIMBS if limb in parts]


def _mentioned(found: Facts) -> list[str]:
    """Those worth a sentence: who travels moves the legs, and in a gait only what the arms do is news."""
    usual = {"legs", "torso", "head"} if _gait(found) else {"legs"} if found.direction else set()
    return [limb for limb in _limbs(found) if limb not in usual]


def _swings(found: Facts, limbs: list[str]) -> bool:
    return _gait(found) and limbs == ["both arms"]


def _gait(found: Facts) -> bool:
    return bool(found.direction and not found.airborne and not found.low and _period(found))


def _period(found: Facts) -> float | None:
    """Seconds after which it comes again, in the clip or as a whole."""
    return None if found.still else found.repeats or (found.duration if found.cyclic else None)


def _turn(found: Facts) -> tuple[str, str] | None:
    """Which way it turns, in English and Chinese; None if it does not."""
    return None if abs(found.turn) < TURNS else ("left", "左") if found.turn > 0 else ("right", "右")


def _pace(found: Facts, language: int) -> str:
    """How fast a gait goes; of a jump or a cartwheel that says nothing."""
    return PACES[language][(found.speed > SLOW) + (found.speed > WALK)] if _gait(found) else ""


def _low(found: Facts, language: int) -> list[str]:
    change = CHANGES[found.starts_low, found.ends_low][language]
    return [change.format(POSES[found.low][language])] if found.low else []
