"""A track to files: the suffix decides the format."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from motion_engine.errors import BadClip
from motion_engine.files import check_target, whole_file
from motion_engine.formats.bvh import write_bvh
from motion_engine.formats.gltf import write_glb, write_vrma
from motion_engine.formats.smpl import write_smpl
from motion_engine.kinematics import fk
from motion_engine.rig import Rig
from motion_engine.types import ActionCall, Array, Clip, Plan, Segment, Step, Timeline, Track

Render = Literal["mannequin", "pose", "side-by-side"]
OnFrame = Callable[[int], None]

VIDEO = (".mp4", ".webm", ".gif")
SUFFIXES = (*VIDEO, ".png", ".bvh", ".npz", ".glb", ".vrma", ".json")
SHEET_PICTURES, SHEET_COLUMNS = 12, 6


@dataclass(frozen=True)
class Picture:
    """How pictures of a track are made; the size is that of one view, side by side is twice as wide."""

    render: Render = "mannequin"
    width: int = 512
    height: int = 512


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
) -> None:
    """Write `track` to `path`; BVH on another file's `skeleton` if one is given.

    Raises:
        BadMedia: The suffix is unknown or the file cannot be written; nothing is left under its name then.
    """
    check_target(path, SUFFIXES)
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

        write_video(path, frames(track, picture), track.clip.fps, on_frame=on_frame)


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


def frames(track: Track, picture: Picture, indices: Array | None = None) -> Iterator[Array]:
    """The pictures of a track `(H, W, 3)` uint8, one by one.

    Args:
        track: What to show.
        picture: Which view, and its size.
        indices: Frame numbers; by default all of them.
    """
    from animator.camera import CameraPath, frame_clip
    from animator.keypoints import project_clip
    from animator.mannequin import MannequinRenderer
    from animator.pose_map import draw_pose_maps
    from animator.video import side_by_side
    from motion_engine.clips import sample

    clip, width, height = track.clip, picture.width, picture.height
    position, _ = fk(clip.skeleton, clip.root_position, clip.rotation)
    cameras = frame_clip(position, width, height, fps=clip.fps)
    captions = [caption(track.timeline, frame / clip.fps) for frame in range(len(clip))]
    if indices is not None:
        clip = sample(clip, indices)
        cameras = CameraPath(cameras.positions[indices], cameras.targets[indices], cameras.fov, cameras.ortho_height)
        captions = [captions[i] for i in indices]
    views: list[Iterator[Array]] = []
    if picture.render in ("mannequin", "side-by-side"):
        views.append(MannequinRenderer("wooden", width, height).frames(clip, cameras, captions))
    if picture.render in ("pose", "side-by-side"):
        views.append(draw_pose_maps(project_clip(clip, cameras, width, height), height, width))
    return side_by_side(*views) if len(views) > 1 else views[0]


def caption(timeline: Timeline, time: float) -> str:
    """The actions that play at `time` seconds: `run + wave`."""
    playing = [s.action for s in timeline.segments if s.start <= time < s.end]
    return " + ".join(name.replace("_", " ") for name in playing)


def _write_sheet(path: Path, track: Track, picture: Picture) -> None:
    """A contact sheet: pictures at even distances in time, with their time and action."""
    from animator.sheet import contact_sheet, write_png

    indices = np.unique(np.linspace(0, len(track.clip) - 1, SHEET_PICTURES).round().astype(np.intp))
    times = indices / track.clip.fps
    labels = [f"{time:.2f} s  {caption(track.timeline, time)}" for time in times]
    write_png(path, contact_sheet(list(frames(track, picture, indices)), SHEET_COLUMNS, labels))
