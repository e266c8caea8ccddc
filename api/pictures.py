"""A track as pictures: the mannequin, the pose map, both, beside a reference picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from motion_engine.clips import sample
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip, PoseSequence, Timeline, Track

if TYPE_CHECKING:
    from animator.camera import CameraPath
    from animator.figure import Kind
    from animator.pose_map import Channels, Style
    from animator.reference import Fit

View = Literal["mannequin", "pose", "overlay", "side-by-side"]
VIEWS: tuple[View, ...] = ("mannequin", "pose", "overlay", "side-by-side")
DIMMED = 0.45  # of its light that the mannequin keeps below its pose map
KEPT = 0.75  # of the points that the first frame shows: with fewer the figure has left the picture
MANY = 150  # frames from which on more processes are worth starting


@dataclass(frozen=True, eq=False)
class Reference:
    """The picture of somebody's character, and how it stands there."""

    picture: Array  # (H, W, 3) uint8
    pose: PoseSequence  # one frame


@dataclass(frozen=True, eq=False)
class Picture:
    """How pictures of a track are made; the size is that of one view, side by side has two or three."""

    view: View = "mannequin"
    width: int = 512
    height: int = 512
    figure: Kind = "wooden"
    captions: bool = True
    style: Style = "aligned2160"
    channels: Channels = "rgb"
    reference: Reference | None = None  # who the figure shall be; it is seen as they are then
    fit: Fit = "bones"
    follow: bool | None = None  # the camera goes along; None: if the figure is larger then, or with a reference never


@dataclass(frozen=True, eq=False)
class Scene:
    """A clip with the cameras that see it and its keypoints, frame by frame."""

    clip: Clip
    cameras: CameraPath
    sequence: PoseSequence

    def only(self, indices: Array) -> Scene:
        """Some frames of it."""
        from animator.camera import CameraPath
        from animator.pose_map import PARTS

        cameras = self.cameras
        path = CameraPath(cameras.positions[indices], cameras.targets[indices], cameras.fov, cameras.ortho_height)
        chosen = {name: getattr(self.sequence, name)[indices] for name in PARTS}
        return Scene(sample(self.clip, indices), path, replace(self.sequence, **chosen))

    def outside(self) -> float:
        """The share of the frames in which a good part of what the first one shows is out of the picture."""
        inside = ((self.sequence.body >= 0.0) & (self.sequence.body <= 1.0)).all(axis=-1).sum(axis=1)
        return float((inside < KEPT * inside[0]).mean())


def read_reference(picture: Path, pose: Path | None, weights: Path | None = None) -> Reference:
    """A reference picture with its keypoints, from a file or found by DWPose.

    Args:
        picture: Any picture of one person.
        pose: Keypoints as `pose_json` reads them; None: DWPose finds them.
        weights: The folder of StableAnimator's weights, in which DWPose lies.

    Raises:
        BadMedia: A file cannot be used, or shows nobody.
        ModelUnavailable: DWPose is needed, and not there.
    """
    from animator.picture import read_picture

    pixels = read_picture(picture)
    return Reference(pixels, find_pose(pixels, weights) if pose is None else _read_pose(pose))


def _read_pose(path: Path) -> PoseSequence:
    from animator.pose_json import read_pose

    return read_pose(path)


def find_pose(picture: Array, weights: Path | None) -> PoseSequence:
    """The keypoints of the largest person in a picture, one frame; errors as of `read_reference`."""
    from animator.stable_animator.dwpose import detect_pose, open_network

    people, points = (open_network(file) for file in pose_finder(weights))
    return detect_pose(picture, people, points)


def pose_finder(weights: Path | None) -> tuple[Path, Path]:
    """The files of DWPose's networks, which may be missing; ModelUnavailable if no folder of them is known."""
    from animator.stable_animator.weights import weights_folder
    from motion_engine.errors import ModelUnavailable

    try:
        folder = weights_folder(weights) / "DWPose"
    except ModelUnavailable as error:
        raise ModelUnavailable(
            "How somebody stands in a picture is found by DWPose, whose files lie beside StableAnimator's weights: "
            f"give the keypoints with --reference-pose, or name the folder with --weights. ({error})"
        ) from None
    return folder / "yolox_l.onnx", folder / "dw-ll_ucoco_384.onnx"


def scene(track: Track, picture: Picture) -> Scene:
    """The track as the picture's camera sees it; BadMedia if its reference shows too little."""
    from animator.camera import frame_clip
    from animator.keypoints import project_clip
    from animator.reference import fit_reference

    clip, width, height = track.clip, picture.width, picture.height
    if picture.reference is not None:
        fitted = fit_reference(
            clip, picture.reference.pose, width, height, fit=picture.fit, follow=bool(picture.follow)
        )
        return Scene(fitted.clip, fitted.cameras, fitted.sequence)
    position, _ = fk(clip.skeleton, clip.root_position, clip.rotation)
    cameras = frame_clip(position, width, height, fps=clip.fps, follow=picture.follow)
    return Scene(clip, cameras, project_clip(clip, cameras, width, height))


def frames(track: Track, picture: Picture, indices: Array | None = None) -> Iterator[Array]:
    """The pictures of a track `(H, W, 3)` uint8, one by one; long ones are drawn by as many processes as there are
    processors.

    Args:
        track: What to show.
        picture: Which view, and its size.
        indices: Frame numbers; by default all of them.
    """
    return views(scene(track, picture), track, picture, indices)


def views(seen: Scene, track: Track, picture: Picture, indices: Array | None = None) -> Iterator[Array]:
    """As `frames`, of a scene that is there already."""
    from animator.video import side_by_side

    times = np.arange(len(track.clip)) / track.clip.fps
    if indices is not None:
        seen, times = seen.only(indices), times[indices]
    if picture.view == "mannequin":
        return mannequin(seen, track.timeline, times, picture)
    if picture.view == "pose":
        return pose_maps(seen, picture)
    figures, maps = mannequin(seen, track.timeline, times, picture), pose_maps(seen, picture)
    if picture.view == "overlay":
        return (overlaid(figure, drawn, DIMMED) for figure, drawn in zip(figures, maps, strict=True))
    still = () if picture.reference is None else (picture.reference.picture,)
    return side_by_side(*still, maps, figures)


def mannequin(seen: Scene, timeline: Timeline, times: Array, picture: Picture) -> Iterator[Array]:
    """The mannequin, with what it does written below."""
    from animator.mannequin import MannequinRenderer

    captions = [caption(timeline, time) for time in times] if picture.captions else None
    renderer = MannequinRenderer(picture.figure, picture.width, picture.height)
    return renderer.frames(seen.clip, seen.cameras, captions, workers=_workers(len(seen.clip)))


def pose_maps(seen: Scene, picture: Picture) -> Iterator[Array]:
    """The pose maps; they are drawn so quickly that one process does it."""
    from animator.pose_map import draw_pose_maps

    return draw_pose_maps(seen.sequence, picture.height, picture.width, style=picture.style, channels=picture.channels)


def caption(timeline: Timeline, time: float) -> str:
    """The actions that play at `time` seconds: `run + wave`."""
    playing = [s.action for s in timeline.segments if s.start <= time < s.end]
    return " + ".join(name.replace("_", " ") for name in playing)


def overlaid(below: Array, drawn: Array, light: float) -> Array:
    """A pose map over a picture, both `(H, W, 3)` uint8, that keeps this share of its light."""
    return np.where(drawn.max(axis=-1, keepdims=True) > 12, drawn, (below * light).astype(np.uint8))


def _workers(count: int) -> int:
    from animator.parallel import cores

    return cores() if count >= MANY else 1
