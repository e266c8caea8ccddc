"""Any motion file becomes a canonical clip with its document; a request never meets a file or a bad clip."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from action_library.action import MOST_TAGS, UNKNOWN, Action, new_action, normal_name, sort_aliases
from action_library.facts import Facts, facts
from action_library.measure import cycle_turn, is_cycle, posture, travelled, turned
from action_library.track import LONGEST_TRACK
from motion_engine import clips as edit
from motion_engine.errors import BadClip, LimitExceeded
from motion_engine.rig import Reading, Rig
from motion_engine.types import LIBRARY_FPS, Clip, Mask

MOTIONS = (".bvh", ".glb", ".gltf", ".vrma", ".npz", ".txt", ".json")
GLTF = (".glb", ".gltf", ".vrma")
SCRIPTS = (".yaml", ".yml")
LARGEST_FILE = 512 * 1024 * 1024  # bytes
BACK_EASE = 0.15  # s, over which a motion slows down to go back

Aliases = Mapping[str, Iterable[str]] | Iterable[str]


def ingest(
    path: Path | str,
    *,
    name: str,
    description: str = "",
    aliases: Aliases = (),
    tags: Iterable[str] = (),
    source: str = "",
    licence: str = "",
    crop: tuple[float, float | None] | None = None,
    crop_frames: tuple[int, int | None] | None = None,
    cyclic: bool | None = None,
    reverse: bool = False,
    back: bool = False,
    speed: float = 1.0,
    animation: int = 0,
    guess: bool = True,
    parameters: Mapping[str, float] | None = None,
    report: Callable[[Reading], None] | None = None,
    **stated: Any,
) -> tuple[Action, Clip]:
    """The document and the canonical clip (52 joints, 30 fps, feet on the floor, contacts labelled) of a motion file.

    Args:
        path: .bvh, .glb, .gltf, .vrma, .npz (SMPL as AMASS writes it), .txt or .json (DeepMimic) or .yaml (key-pose
            script).
        name: What the action is called; written in its normal form.
        description: One sentence; by default the script's own, or what the motion itself shows.
        aliases: Other names, by language, or a list that is sorted into English and Chinese.
        tags: Words to find it by.
        source: Where the motion comes from; by default the file's name.
        licence: Under which licence it may be used; by default "unknown".
        crop: The part of the file that is used, s; None: to its end.
        crop_frames: The same in the file's own frames, the last one not included.
        cyclic: Whether the clip repeats as a whole; None: seen from its first and last frames.
        reverse: Play the file backwards: getting up becomes lying down.
        back: Play the file and then go back the same way: who kicks takes the foot back and stands as before.
        speed: How much faster than the file it is played.
        animation: Which one of a glTF file that has several, from 0.
        guess: Take tags, side and mask from what the motion itself shows, as far as they are not stated.
        parameters: Of a key-pose script, in place of its defaults.
        report: Called with how the file's skeleton was read. A `NAME.map.yaml` beside it overrides a guess.
        **stated: Other fields of `Action` (loop, mask, side, cycles, turn, postures, ...) instead of measured ones.

    Raises:
        BadClip: The file is missing, of an unknown kind, not a humanoid's motion, or a field is wrong.
    """
    path = Path(path)
    check_readable(path)
    name = normal_name(name)
    if path.suffix.lower() in SCRIPTS:
        from action_library.keypose import load_keypose

        script = load_keypose(path, parameters)
        clip, fields = script.clip, dict(script.fields)
    elif parameters:
        raise BadClip("only key-pose scripts have parameters", path=path)
    else:
        clip, rig = read_motion(path, report, animation)
        part = part_of(clip, crop, crop_frames)
        clip = canonical(clip, rig, crop=part, path=path)
        clip = clip if speed == 1.0 else edit.retime(clip, speed=speed)
        clip, fields = _played(clip, path, cyclic=cyclic, reverse=reverse, back=back, stated=stated)
    shown = fields_seen(clip, cyclic=bool(fields.get("cyclic")))
    if guess and path.suffix.lower() not in SCRIPTS:
        if description:
            del shown["description"], shown["description_zh"]
        tags = list(dict.fromkeys((*tags, *shown["tags"])))[:MOST_TAGS]
        fields |= shown
    else:
        fields |= {"parts": shown["parts"], "way": shown["way"]}
    given: dict[str, Any] = {
        "description": description,
        "source": source,
        "licence": licence,
        "tags": tuple(tags),
        "cyclic": cyclic,
    }
    defaults = {"description": f"Motion from {path.name}", "source": path.name, "licence": UNKNOWN}
    words = sort_aliases(aliases)
    given["aliases"] = words if any(words.values()) else None
    fields = defaults | fields | {key: value for key, value in given.items() if value} | stated | {"name": name}
    return document(clip, **fields), clip


def part_of(
    clip: Clip, crop: tuple[float, float | None] | None, frames: tuple[int, int | None] | None
) -> tuple[float, float] | None:
    """From when to when (s) a file's clip is used; None: all of it."""
    if frames is not None:
        crop = (frames[0] / clip.fps, None if frames[1] is None else frames[1] / clip.fps)
    return None if crop is None else (crop[0], clip.duration if crop[1] is None else min(crop[1], clip.duration))


def fields_seen(clip: Clip, *, cyclic: bool) -> dict[str, Any]:
    """What a document says of a clip by what the clip itself shows."""
    seen = facts(clip, cyclic=cyclic)
    return {
        "description": seen.sentence(),
        "description_zh": seen.sentence_zh(),
        "tags": seen.tags(),
        "parts": seen.parts,
        "way": seen.direction,
        "side": seen.side,
        "mask": _mask_of(seen),
        "start_posture": posture(clip, 0),
        "end_posture": posture(clip, -1),
    }


def _mask_of(seen: Facts) -> Mask:
    """The joints that a motion needs as a layer: all of them unless it is a gesture of one who stands."""
    parts = set(seen.parts)
    arms = parts & {"left_arm", "right_arm"}
    moves_body = seen.direction or seen.low or seen.airborne or abs(seen.turn) > 0.5
    if not parts or moves_body or parts & {"left_leg", "right_leg"}:
        return "full"
    if "torso" in parts:
        return "upper"
    if not arms:
        return "head"
    return "arms" if len(arms) == 2 else "left_arm" if "left_arm" in arms else "right_arm"


def _played(
    clip: Clip, path: Path, *, cyclic: bool | None, reverse: bool, back: bool, stated: Mapping[str, Any]
) -> tuple[Clip, dict[str, Any]]:
    """A canonical clip as it is played, and whether it is a cycle; arguments as of `ingest`."""
    fields: dict[str, Any] = {}
    if reverse:
        clip = edit.reverse(clip)
        facing = float(edit.heading_curve(clip)[0])
        clip = edit.place(clip, np.zeros(3), 0.0, pivot=clip.root_position[0], own_heading=facing)
    if back:
        clip = edit.there_and_back(clip, BACK_EASE)
    repeats = not back and not stated.get("loop") and is_cycle(clip) and _may_repeat(path)
    fields["cyclic"] = repeats if cyclic is None else cyclic
    if fields["cyclic"]:
        fields["turn"] = stated.get("turn", cycle_turn(clip))
        clip = seamless(clip, fields["turn"])
    return clip, fields


def document(clip: Clip, **fields: Any) -> Action:
    """The document of `clip`: what `fields` state, and for the rest what can be measured; BadClip if they are wrong."""
    cyclic = bool(fields.get("cyclic"))
    if cyclic and not fields.get("loop"):
        fields["loop"] = (0.0, clip.duration)
    measured = {
        "duration": clip.duration,
        "fps": clip.fps,
        "frames": len(clip),
        "distance": round(travelled(clip, cyclic=cyclic), 4),
        "turn": round(cycle_turn(clip) if cyclic else turned(clip), 4),
    }
    return new_action(**(measured | fields))


def canonical(
    clip: Clip, rig: Rig | None = None, *, crop: tuple[float, float] | None = None, path: Path | str | None = None
) -> Clip:
    """Any humanoid clip, cropped, at the library's frame rate, on the canonical skeleton; BadClip naming `path`."""
    from motion_engine.retarget import retarget

    try:
        clip = edit.crop(clip, *crop) if crop else clip
        if clip.duration * LIBRARY_FPS > LONGEST_TRACK:
            raise LimitExceeded(
                f"{path or 'The clip'}: {clip.duration:.0f} s are too long, an hour is allowed: crop it, or cut it "
                "into actions with import --segment."
            )
        return retarget(edit.mend(retarget(edit.resample(clip, LIBRARY_FPS), rig)))
    except BadClip as error:
        raise BadClip(error.reason, path=error.path or path, line=error.line) from None


def seamless(clip: Clip, turn: float) -> Clip:
    """One cycle of a gait whose last frame leads on to its first: what does not fit is spread over the frames around.

    Args:
        clip: A canonical clip.
        turn: Radians that the body turns in one cycle.
    """
    from motion_engine.retarget import retarget

    bend = turn * np.arange(len(clip)) / len(clip)
    straight = edit.mend(edit.warp_path(clip, -bend), cyclic=True)
    return retarget(edit.warp_path(straight, bend))


def read_motion(
    path: Path, report: Callable[[Reading], None] | None = None, animation: int = 0
) -> tuple[Clip, Rig | None]:
    """The clip of a motion file on its own skeleton, and how that lies; None if it is the canonical one.

    A `NAME.map.yaml` beside the file is heeded. What was found is told to `report`. `animation` says which
    one of a glTF file that has several.

    Raises:
        BadClip: The file or its map cannot be used.
    """
    from motion_engine.formats.bvh import read_bvh_and_unit
    from motion_engine.formats.deepmimic import read_deepmimic
    from motion_engine.formats.gltf_read import read_gltf
    from motion_engine.formats.smpl import read_smpl
    from motion_engine.joint_map import read_map
    from motion_engine.retarget import is_canonical
    from motion_engine.rig import read_rig

    check_readable(path)
    stated, suffix, metres = read_map(path), path.suffix.lower(), 1.0
    if suffix == ".bvh":
        clip, metres = read_bvh_and_unit(path, unit=stated.unit if stated else None)
    elif suffix in GLTF:
        clip = read_gltf(path, animation)
    else:
        clip = read_smpl(path) if suffix == ".npz" else read_deepmimic(path)
    if stated is None and is_canonical(clip.skeleton):
        return clip, None
    try:
        rig = read_rig(clip, stated)
    except BadClip as error:
        raise BadClip(error.reason, path=error.path or path, line=error.line) from None
    if report:
        report(replace(rig.reading, metres=metres))
    return clip, rig


def check_readable(path: Path) -> None:
    """BadClip if `path` is of an unknown kind, missing, a folder or too large."""
    suffix = path.suffix.lower()
    if suffix not in (*MOTIONS, *SCRIPTS):
        known = ", ".join((*MOTIONS, *SCRIPTS))
        raise BadClip(f"unknown kind of file {suffix or '(no suffix)'}; known are {known}", path=path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise BadClip(f"cannot be read: {error.strerror or error}", path=path) from None
    if path.is_dir():
        raise BadClip("is a folder; name a file", path=path)
    if size > LARGEST_FILE:
        raise BadClip(f"has {size / 2**20:.0f} MB, {LARGEST_FILE >> 20} are allowed: split it", path=path)


def _may_repeat(path: Path) -> bool:
    """False if the file itself says that it is played once: DeepMimic's do, `"Loop": "none"`."""
    from motion_engine.formats.deepmimic import wraps

    return path.suffix.lower() not in (".txt", ".json") or wraps(path)
