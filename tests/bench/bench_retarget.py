"""How true retargeted clips are to their files, without hand-written maps. Run: `python tests/bench/bench_retarget.py`.

Source clips are those of `../shared/mocap`, pybullet's DeepMimic clips and the BVH files of Debian's package
`assimp-testmodels`. The truth is worked out here from the source's own joint positions: which joint is which and which
axis is up stand in `FAMILIES`, which the retargeting never sees.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motion_engine import quat
from motion_engine.clips import resample
from motion_engine.contacts import CONTACT_HEIGHT, CONTACT_SHARE, CONTACT_SPEED, SHORTEST_CONTACT, runs
from motion_engine.curves import smooth
from motion_engine.errors import BadClip
from motion_engine.formats.bvh import read_bvh
from motion_engine.formats.deepmimic import read_deepmimic
from motion_engine.kinematics import fk
from motion_engine.onto import onto
from motion_engine.retarget import retarget
from motion_engine.types import Array, Clip

MOCAP = Path(__file__).parents[3] / "shared" / "mocap"
ASSIMP = Path("/usr/share/assimp/models/BVH")
PARTS = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
SIDES = ("left", "right")
LIMBS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))


@dataclass(frozen=True)
class Family:
    """The truth about a kind of file: which joints are what, `{}` being the side, and which axis is up."""

    name: str
    files: tuple[Path, ...]
    parts: tuple[str, ...]  # as PARTS
    sides: tuple[str, str]
    toe: str
    neck: str
    head: str
    up: str = "y"
    standing: float | None = None  # m, how high ankles are over the floor at 0; None: as they are at their lowest

    def joints(self) -> dict[str, str]:
        """Canonical name -> joint of the file."""
        named = {}
        for side, word in zip(SIDES, self.sides, strict=True):
            for part, joint in zip((*PARTS, "foot"), (*self.parts, self.toe), strict=True):
                if joint:
                    named[f"{side}_{part}"] = joint.format(word)
        return named | {"neck": self.neck, "head": self.head}


MIXAMO = ("{}UpLeg", "{}Leg", "{}Foot", "{}Arm", "{}ForeArm", "{}Hand")
HIPKNEE = ("{}Hip", "{}Knee", "{}Ankle", "{}Shoulder", "{}Elbow", "{}Wrist")
BANDAI = ("UpperLeg_{}", "LowerLeg_{}", "Foot_{}", "UpperArm_{}", "LowerArm_{}", "Hand_{}")
WORDS = ("Left", "Right")


def families() -> list[Family]:
    """All kinds of files that are on this machine; what is skipped is said."""
    found = []
    drawings = MOCAP / "animated_drawings"
    if MOCAP.is_dir():
        found.append(
            Family(
                "Bandai",
                tuple(sorted((MOCAP / "bandai").glob("*.bvh"))),
                BANDAI,
                ("L", "R"),
                "Toes_{}",
                "Neck",
                "Head",
            )
        )
        fair = tuple(drawings / f"{name}.bvh" for name in ("dab", "jumping", "wave_hello", "zombie"))
        found.append(Family("fair1, +Z up", fair, MIXAMO, WORDS, "{}ToeBase", "Neck", "Head", up="z"))
        found.append(Family("Rokoko", (drawings / "jesse_dance.bvh",), MIXAMO, WORDS, "{}ToeBase", "Neck", "Head"))
        cmu = (drawings / "jumping_jacks.bvh",)
        found.append(Family("CMU, own names", cmu, HIPKNEE, WORDS, "{}Toe", "lowerneck", "Head"))
    else:
        print(f"Skipped: no clips in {MOCAP}.", file=sys.stderr)
    if ASSIMP.is_dir():
        cmu = tuple(sorted(ASSIMP.glob("0*.bvh")))
        found.append(Family("CMU", cmu, MIXAMO, WORDS, "{}ToeBase", "Neck", "Head"))
        boxing = (ASSIMP / "Boxing_Toes.bvh",)
        found.append(Family("Boxing_Toes", boxing, HIPKNEE, WORDS, "{}Toes", "Neck", "Head"))
    else:
        print("Skipped: Debian's assimp-testmodels is not installed.", file=sys.stderr)
    try:
        import pybullet_data
    except ImportError:
        print("Skipped: pybullet is not installed.", file=sys.stderr)
        return found
    motions = Path(pybullet_data.getDataPath()) / "data" / "motions"
    files = (*sorted(motions.glob("humanoid3d_*.txt")), *sorted((motions / "walker").glob("*.txt")))
    parts = tuple(f"{{}}_{part}" for part in PARTS)
    return [*found, Family("DeepMimic", files, parts, SIDES, "", "neck", "neck", standing=0.05)]


@dataclass(frozen=True)
class Score:
    """What is measured of one clip; angles in degrees."""

    file: str
    limbs: float  # mean over upper arms, forearms, thighs and shins
    spine: float  # from between the hips to the neck
    left: float  # the lines through hips and shoulders
    facing: float
    start: float  # where the body faces in the first frame, from +Z
    contacts: float  # agreement, 0..1
    skate_source: float  # m/s, of the feet that stand in the source
    skate: float
    jerk_source: float  # 95th percentile, m per frame cubed at 30 fps, of the source scaled to our size
    jerk: float
    back: float  # m, mean joint error on the original skeleton
    back_fps: bool


def unit(v: Array) -> Array:
    """Vectors of length 1."""
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def angle(a: Array, b: Array) -> Array:
    """Degrees between directions."""
    return np.degrees(np.arccos(np.clip(np.sum(unit(a) * unit(b), axis=-1), -1.0, 1.0)))


def points(clip: Clip, names: dict[str, str]) -> dict[str, Array]:
    """World positions `(T, 3)` by canonical name."""
    position, _ = fk(clip.skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    return {ours: position[:, clip.skeleton.index(theirs)] for ours, theirs in names.items()}


def middle(at: dict[str, Array], part: str) -> Array:
    """Between left and right."""
    return (at[f"left_{part}"] + at[f"right_{part}"]) / 2


def yaw_to(source: Array, target: Array) -> float:
    """The turn about +Y that brings the directions `source (..., 3)` nearest to `target`, radians."""
    sine = np.sum(source[..., 2] * target[..., 0] - source[..., 0] * target[..., 2])
    cosine = np.sum(source[..., 0] * target[..., 0] + source[..., 2] * target[..., 2])
    return float(np.arctan2(sine, cosine))


def limbs(at: dict[str, Array]) -> Array:
    """`(T, 8, 3)` directions."""
    return np.stack([unit(at[f"{s}_{b}"] - at[f"{s}_{a}"]) for s in SIDES for a, b in LIMBS], axis=1)


def facing(at: dict[str, Array]) -> Array:
    """Where hips and shoulders face `(T, 3)`."""
    across = unit(at["left_hip"] - at["right_hip"]) + unit(at["left_shoulder"] - at["right_shoulder"])
    return np.cross(across, at["neck"] - middle(at, "hip"))


def leg(at: dict[str, Array]) -> float:
    """Length of a leg, m."""
    bones = [at[f"{s}_{b}"][0] - at[f"{s}_{a}"][0] for s in SIDES for a, b in LIMBS[2:]]
    return float(np.linalg.norm(bones, axis=-1).sum() / 2)


def size(at: dict[str, Array]) -> float:
    """Length of torso, arms and legs, m: bodies with longer arms jerk more, however true the motion is."""
    bones = [at[f"{s}_{b}"] - at[f"{s}_{a}"] for s in SIDES for a, b in LIMBS]
    bones.append(at["neck"] - middle(at, "hip"))
    return float(np.linalg.norm(bones, axis=-1).mean(axis=-1).sum())


def feet(at: dict[str, Array]) -> Array:
    """`(T, N, 3)`: ankles, and toes if the file has them."""
    return np.stack([at[f"{s}_{part}"] for s in SIDES for part in ("ankle", "foot") if f"{s}_{part}" in at], axis=1)


def standing(at: dict[str, Array], fps: float, height: float | None) -> Array:
    """Which of the feet's joints stand `(T, N)`: low against where they usually are at their lowest, and slow."""
    path = smooth(feet(at), 0.02 * fps)
    floor = np.quantile(path[..., 1], 0.05, axis=0) if height is None else height
    speed = np.linalg.norm(np.gradient(path, axis=0), axis=-1) * fps
    pelvis = smooth(middle(at, "hip")[:, [0, 2]], 0.1 * fps)
    travel = np.linalg.norm(np.gradient(pelvis, axis=0), axis=-1) * fps
    mask = (path[..., 1] - floor < CONTACT_HEIGHT) & (
        speed < np.maximum(CONTACT_SPEED, CONTACT_SHARE * travel)[:, None]
    )
    for joint in range(mask.shape[1]):
        for start, end in runs(mask[:, joint]):
            if end - start < round(SHORTEST_CONTACT * fps) and start > 0 and end < len(mask):
                mask[start:end, joint] = False
    return mask


def skate(at: dict[str, Array], mask: Array, fps: float) -> float:
    """Mean speed along the floor, m/s, of the feet's joints while they stand."""
    speed = np.linalg.norm(np.diff(feet(at)[..., [0, 2]], axis=0), axis=-1) * fps
    both = mask[1:] & mask[:-1]
    return float(speed[both].mean()) if both.any() else 0.0


def jerk(at: dict[str, Array]) -> Array:
    """`(T - 3,)` three differences, L1 over xyz, the largest of all joints, as FlowMDM has it."""
    return np.abs(np.diff(np.stack(list(at.values()), axis=1), n=3, axis=0)).sum(axis=-1).max(axis=-1)


def back_error(source: Clip, result: Clip) -> tuple[float, bool]:
    """Mean joint error, m, of the way back, after one turn about the upright and one shift of the whole clip."""
    back = onto(result, source)
    a, _ = fk(source.skeleton, source.root_position.astype(np.float64), source.rotation.astype(np.float64))
    b, _ = fk(back.skeleton, back.root_position.astype(np.float64), back.rotation.astype(np.float64))
    x, y = (p.reshape(-1, 3) - p.reshape(-1, 3).mean(axis=0) for p in (a, b))
    u, _, vt = np.linalg.svd(y.T @ x)
    turn = u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt
    return float(np.linalg.norm(y @ turn - x, axis=-1).mean()), back.fps == source.fps


def measure(family: Family, path: Path) -> Score:
    """One file there and back."""
    source = read_deepmimic(path) if path.suffix == ".txt" else read_bvh(path)
    result = retarget(source)
    error, same_fps = back_error(source, result)
    if source.fps > 30.5:  # contacts, speeds and jerk are compared as the library has them
        source, result = (resample(clip, 30.0) for clip in (source, result))
    names = family.joints()
    after = points(result, {name: name for name in names})
    before = points(source, names)
    upright = quat.from_axis_angle("x", -np.pi / 2) if family.up == "z" else quat.IDENTITY
    ratio = leg(after) / leg(before)
    before = {name: ratio * quat.rotate(upright, p) for name, p in before.items()}
    turn = quat.from_axis_angle("y", yaw_to(limbs(before), limbs(after)))
    before = {name: quat.rotate(turn, p) for name, p in before.items()}
    mask, labels = standing(before, source.fps, family.standing), result.contacts[:, :: 1 if family.toe else 2]
    lines = [unit(at[f"left_{part}"] - at[f"right_{part}"]) for at in (before, after) for part in ("hip", "shoulder")]
    ahead = [facing(at) * (1, 0, 1) for at in (before, after)]
    flat = np.linalg.norm(unit(facing(before))[:, [0, 2]], axis=-1) > 0.5
    return Score(
        path.stem,
        float(angle(limbs(before), limbs(after)).mean()),
        float(angle(*(at["neck"] - middle(at, "hip") for at in (before, after))).mean()),
        float((angle(lines[0], lines[2]) + angle(lines[1], lines[3])).mean() / 2),
        float(angle(*ahead)[flat].mean()),
        float(angle(ahead[1][0], np.array([0.0, 0.0, 1.0]))),
        float((mask == labels).mean()),
        skate(before, mask, source.fps),
        skate(after, mask, source.fps),
        float(np.percentile(jerk(before), 95)) * size(after) / size(before),
        float(np.percentile(jerk(after), 95)),
        error,
        same_fps,
    )


BARS = {"limbs": 3.0, "spine": 3.0, "left": 10.0, "facing": 10.0, "contacts": 0.95, "back": 0.01}


def failures(score: Score) -> list[str]:
    """The bars that a clip misses, with its values."""
    return [
        f"{name} {getattr(score, name):.3g}"
        for name, bar in BARS.items()
        if (getattr(score, name) < bar) == (name == "contacts")
    ]


def row(name: str, scores: list[Score]) -> str:
    """A line of the table: mean and, in brackets, worst clip."""
    get = {field: np.array([getattr(score, field) for score in scores]) for field in Score.__dataclass_fields__}
    cells = [f"{name} ({len(scores)})"]
    cells += [f"{get[field].mean():.1f} ({get[field].max():.1f})" for field in ("limbs", "spine", "left", "facing")]
    cells.append(f"{100 * get['contacts'].mean():.1f} ({100 * get['contacts'].min():.1f})")
    cells.append(f"{100 * get['back'].mean():.2f} ({100 * get['back'].max():.2f})")
    cells.append(f"{get['skate_source'].mean():.3f} → {get['skate'].mean():.3f}")
    growth = get["jerk"].mean() / max(get["jerk_source"].mean(), 1e-9)
    cells.append(f"{get['jerk_source'].mean():.4f} → {get['jerk'].mean():.4f} ({100 * (growth - 1):+.0f} %)")
    return "| " + " | ".join(cells) + " |"


def measured() -> Iterator[tuple[str, list[Score]]]:
    """The scores of each family; a file that is refused is said."""
    for family in families():
        scores = []
        for path in family.files:
            try:
                scores.append(measure(family, path))
            except BadClip as error:
                print(f"Refused: {error}")
        yield family.name, scores


def main() -> None:
    """Print the table, then each clip that misses a bar."""
    print("| files | limbs ° | spine ° | left ° | facing ° | contacts % | way back cm | skate m/s | jerk |")
    print("|---|---|---|---|---|---|---|---|---|")
    missed, every = [], []
    for name, scores in measured():
        if scores:
            print(row(name, scores), flush=True)
        every += scores
        missed += [f"{name} {score.file}: {', '.join(failures(score))}" for score in scores if failures(score)]
    print(row("all", every))
    print(f"\n{len(every) - len(missed)} of {len(every)} clips pass every bar.")
    print("\n".join(missed))


if __name__ == "__main__":
    main()
