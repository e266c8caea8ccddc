"""A track to files: the suffix decides the format."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from api.pictures import Picture, caption, frames
from motion_engine.errors import BadClip
from motion_engine.files import check_target, whole_file
from motion_engine.formats.bvh import write_bvh
from motion_engine.formats.gltf import write_glb, write_vrma
from motion_engine.formats.smpl import write_smpl
from motion_engine.rig import Rig
from motion_engine.types import ActionCall, Clip, Plan, Segment, Step, Timeline, Track

if TYPE_CHECKING:
    from animator.video_sound import Audio

OnFrame = Callable[[int], None]

VIDEO = (".mp4", ".webm", ".gif")
WITH_SOUND = (".mp4", ".webm")
SUFFIXES = (*VIDEO, ".png", ".bvh", ".npz", ".glb", ".vrma", ".json")
SHEET_PICTURES, SHEET_COLUMNS = 12, 6


@dataclass(frozen=True, eq=False)
class OtherSkeleton:
    """The skeleton of a BVH file that a motion is written on."""

    source: Clip
    rig: Rig
    metres: float  # a unit of the file


def read_skeleton(path: Path) -> OtherSkeleton:
    """The skeleton of a BVH file, as a `NAME.map.yaml` beside it says or as it is found out; BadClip if it is none."""
    from motion_engine.formats.bvh import read_bvh_and_unit
    from motion_engine.joint_map import read_map
    from motion_engine.rig import read_rig

    stated = read_map(path)
    source, metres = read_bvh_and_unit(path, unit=stated.unit if stated else None)
    try:
        return OtherSkeleton(source, read_rig(source, stated), metres)
    except BadClip as error:
        raise BadClip(error.reason, path=error.path or path) from None


def export(
    path: Path,
    plan: Plan,
    track: Track,
    picture: Picture,
    on_frame: OnFrame | None = None,
    *,
    skeleton: OtherSkeleton | None = None,
    audio: Audio | None = None,
) -> None:
    """Write `track` to `path`; BVH on another file's `skeleton`, video with a sound if one is given.

    Raises:
        BadMedia: The suffix is unknown or the file cannot be written; nothing is left under its name then.
    """
    check_output(path)
    suffix = path.suffix.lower()
    if suffix == ".bvh" and skeleton:
        from motion_engine.onto import onto

        write_bvh(path, onto(track.clip, skeleton.source, skeleton.rig), unit=skeleton.metres)
    elif suffix == ".bvh":
        write_bvh(path, track.clip)
    elif suffix == ".npz":
        write_smpl(path, track.clip)
    elif suffix == ".glb":
        from animator.figure import skinned_mesh

        write_glb(path, track.clip, skinned_mesh())
    elif suffix == ".vrma":
        write_vrma(path, track.clip)
    elif suffix == ".json":
        text = json.dumps(document(plan, track.timeline), ensure_ascii=False, indent=2)
        with whole_file(path) as part:
            part.write_text(text + "\n", encoding="utf-8")
    elif suffix == ".png":
        _write_sheet(path, track, picture)
    else:
        from animator.video import write_video

        sound = audio if suffix in WITH_SOUND else None
        write_video(path, frames(track, picture), track.clip.fps, audio=sound, on_frame=on_frame)


def check_output(path: Path) -> None:
    """Whether `export` can write there; BadMedia says why not and what to do."""
    from animator.video_folder import check_folder, names_folder

    if names_folder(path):
        check_folder(path)
    else:
        check_target(path, SUFFIXES)


def plain_track(name: str, clip: Clip) -> tuple[Plan, Track]:
    """A clip of the library as it is, as if somebody had said its name: what `export` takes."""
    plan = Plan(name, "en", (Step((ActionCall(name, name),)),))
    segment = Segment(name, 0.0, clip.duration, phrase=name)
    return plan, Track(clip, Timeline((segment,), clip.fps, clip.duration))


def document(plan: Plan, timeline: Timeline) -> dict[str, Any]:
    """The plan notation and the timeline as plain values, times in seconds."""
    return {
        "plan": str(plan),
        "text": plan.text,
        "language": plan.language,
        "ignored": plan.ignored,
        "timeline": asdict(timeline),
    }


def _write_sheet(path: Path, track: Track, picture: Picture) -> None:
    """A contact sheet: pictures at even distances in time, with their time and action."""
    from animator.sheet import contact_sheet, write_png

    indices = np.unique(np.linspace(0, len(track.clip) - 1, SHEET_PICTURES).round().astype(np.intp))
    times = indices / track.clip.fps
    labels = [f"{time:.2f} s  {caption(track.timeline, time)}" for time in times]
    write_png(path, contact_sheet(list(frames(track, picture, indices)), SHEET_COLUMNS, labels))
