"""A clip seen as the person in a reference picture is: same place, size, side and proportions, beginning in that pose.

A video model that is shown a picture and pose maps paints well where both agree: the first map should be the picture's
own pose, and the figure as large and as long-limbed as the one in the picture. A detector knows a driver's points only;
here the body is known in space, so a camera is found from which it is seen as the picture shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from animator.camera import Camera, CameraPath, follow_path, frame_clip, view_axes
from animator.ease_in import KNOWN, ease_in
from animator.keypoints import body_points, project_clip
from animator.proportions import Proportions, measured, resized
from motion_engine import quat
from motion_engine.errors import BadMedia
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip, PoseSequence

Fit = Literal["bones", "stable_animator"]

DISTANCE = 4.0  # m from the camera to the figure at the start: a usual one for a person in full
ELEVATION = np.radians(5)  # of the camera: it stands a little higher than it aims
EASE_SECONDS = 0.5
TURNS = np.radians(np.arange(0, 360, 3))  # sides from which the figure is tried
ROUNDS = 8  # of aiming the camera: each halves the error at least
# What tells the side, the place and the size: points that the pose of arms and legs does not move. A head turns.
HEAD = np.array([0, 14, 15, 16, 17])
WEIGHTS = np.zeros(18)
WEIGHTS[[1, 2, 5, 8, 11]] = 1.0
WEIGHTS[HEAD] = 0.3
HINT = (
    0.05  # what the points of the head that are seen weigh, by what is seen at all: they decide where all else is even
)
HIDDEN = -0.3  # cosine to the camera from which on a point of the head is out of sight
# Lengths that tell the size, and how much each counts.
BONES: tuple[tuple[tuple[int, int], float], ...] = (
    *[((1, 8), 2.0), ((1, 11), 2.0), ((2, 5), 1.0), ((8, 11), 0.5), ((14, 15), 0.2)],
    *[((8, 9), 0.75), ((9, 10), 0.75), ((11, 12), 0.75), ((12, 13), 0.75)],
    *[((2, 3), 0.5), ((3, 4), 0.5), ((5, 6), 0.5), ((6, 7), 0.5)],
)
QUANTILE = 0.65
LEAST_LENGTH = 0.06  # m, as the camera sees it: shorter ones are seen from their end
# Which points the released script compares, of those that are seen.
RELEASED = np.array([0, 1, 2, 5, *range(8, 18)])


@dataclass(frozen=True, eq=False)
class Fitted:
    """A clip as it is seen beside its reference."""

    sequence: PoseSequence
    clip: Clip  # on a body with the reference's proportions
    cameras: CameraPath
    proportions: Proportions


def fit_reference(
    clip: Clip,
    reference: PoseSequence,
    width: int,
    height: int,
    *,
    fit: Fit = "bones",
    follow: bool = False,
    ease_seconds: float = EASE_SECONDS,
) -> Fitted:
    """The keypoints of a clip as the figure of a reference picture would perform it.

    Args:
        clip: On the canonical skeleton.
        reference: One frame: the keypoints of the person in the picture.
        width: Of the pictures to make, px; the reference is taken as stretched to their size.
        height: Of the pictures to make, px.
        fit: "bones" finds a camera and proportions on the first frame and keeps the way that the figure goes;
            "stable_animator" stretches and shifts all frames as the script that StableAnimator releases: the same
            for all, by how high points are, without proportions or ease.
        follow: The camera goes along with a figure that travels, which stays where it was in the picture.
        ease_seconds: How long it takes from the reference's pose into the motion; 0: at once.

    Raises:
        BadMedia: The reference shows no person, or too little of one.
    """
    pixels, known = _person(reference, width, height)
    if fit == "stable_animator":
        return _as_released(clip, pixels / (width, height), known, width, height)
    standing = _standing(clip)
    body = body_points(standing)
    azimuth = _side(body, pixels, known)
    scale = _scale((body @ _axes(azimuth).T)[:, :2], pixels, known)
    camera = _aimed(body, azimuth, scale, pixels, known, width, height)
    flat, depth = camera.project(body, width, height)
    near = 0.5 * height / (np.tan(0.5 * camera.fov) * depth)
    size = measured(pixels, flat * (width, height), body, near, known)
    clip = resized(clip, size)
    first = body_points(clip, head_scale=size.head)
    camera = _aimed(first, azimuth, scale, pixels, known, width, height)
    cameras = CameraPath.fixed(camera, len(clip))
    if follow:
        position, _ = fk(clip.skeleton, clip.root_position, clip.rotation)
        way = follow_path(position[:, 0], clip.fps)
        cameras = replace(cameras, positions=cameras.positions + way, targets=cameras.targets + way)
    sequence = project_clip(clip, cameras, width, height, head_scale=size.head)
    return Fitted(ease_in(sequence, reference, (width, height), ease_seconds), clip, cameras, size)


def _person(reference: PoseSequence, width: int, height: int) -> tuple[Array, Array]:
    """The points of the body `(18, 2)` px, and which are known `(18,)`."""
    if len(reference) != 1:
        raise BadMedia(f"a reference is one picture, but its keypoints have {len(reference)} frames: give one.")
    body, score = reference.body[0], reference.body_score[0]
    known = (score >= KNOWN) & np.isfinite(body).all(axis=-1)
    if not known.any():
        raise BadMedia("nobody is seen in the reference's keypoints (all scores are below 0.3): use another picture.")
    if not known[[2, 5]].all():
        raise BadMedia(
            "the reference's keypoints lack a shoulder, so size and side cannot be told: use a picture that shows the "
            "person from the hips up at least."
        )
    body = np.where(known[:, None], body, 0.0)
    if not known[1]:
        body[1], known[1] = 0.5 * (body[2] + body[5]), True
    if not (known[[8, 11]].all() or known[[0, 14, 15, 16, 17]].sum() >= 2):
        raise BadMedia(
            "the reference's keypoints show neither hips nor head, so size and side cannot be told: use a picture that "
            "shows the person from the hips up at least."
        )
    return body * (width, height), known


def _standing(clip: Clip) -> Clip:
    """Somebody who stands where the clip begins and faces the same way: whoever is in a picture more often stands so
    than as the clip begins, in the middle of a dance."""
    rotation = np.tile(quat.IDENTITY, (1, len(clip.skeleton.names), 1))
    rotation[:, 0] = quat.from_axis_angle("y", quat.heading(clip.rotation[0, 0]))
    root = clip.root_position[:1] * (1.0, 0.0, 1.0) + clip.skeleton.offsets[0] * (0.0, 1.0, 0.0)
    return replace(clip, root_position=root, rotation=rotation, contacts=clip.contacts[:1])


def _axes(azimuth: float | Array) -> Array:
    """Axes `(..., 3, 3)` of a camera that stands at this turn about the figure; 0 is before one that faces +Z."""
    turn = np.asarray(azimuth)
    level = np.cos(ELEVATION)
    back = np.stack((np.sin(turn) * level, np.full_like(turn, np.sin(ELEVATION), float), np.cos(turn) * level), axis=-1)
    return view_axes(-back, np.array([0.0, 1.0, 0.0]))


def _side(body: Array, pixels: Array, known: Array) -> float:
    """From which side, radians, a body `(18, 3)` looks most as in the picture, whatever its size and place."""
    weight = WEIGHTS * known
    weight = weight / weight.sum()
    seen = body @ np.swapaxes(_axes(TURNS), -1, -2)  # (N, 18, 3)
    ours = seen[..., :2] - np.einsum("k,nki->ni", weight, seen[..., :2])[:, None]
    theirs = pixels - weight @ pixels
    fits = np.einsum("k,nki,ki->n", weight, ours, theirs)
    size = np.einsum("k,nki,nki->n", weight, ours, ours)
    whole = np.einsum("k,ki,ki->", weight, theirs, theirs)
    left = whole - np.maximum(fits, 0.0) ** 2 / size + HINT * whole * _surprise(body, known)
    # three tries about the best and a parabola through them: much finer than the steps
    best = int(left.argmin())
    before, here, after = left[best - 1], left[best], left[(best + 1) % len(left)]
    bend = before - 2.0 * here + after
    return float(TURNS[best] + (0.5 * (before - after) / bend if bend > 1e-12 else 0.0) * TURNS[1])


def _surprise(body: Array, known: Array) -> Array:
    """The share of the head's points, for each of TURNS, that should not be seen but are, or should but are not.

    A body from behind on the left looks as one from before on the left; a head does not.
    """
    left, ahead = body[17] - body[16], body[0] - 0.5 * (body[16] + body[17])
    towards = -_axes(TURNS)[:, 2] @ (np.stack((ahead, ahead, ahead, -left, left), axis=-1))
    cosine = towards / np.linalg.norm(np.stack((ahead, ahead, ahead, left, left)), axis=-1)
    return np.abs((cosine > HIDDEN) - known[HEAD].astype(float)).mean(axis=-1)


def _scale(flat: Array, pixels: Array, known: Array) -> float:
    """The px that a metre takes, by what the bones say: more than the middle of it, since a picture only shortens."""
    ratios, weights = [], []
    for (a, b), weight in BONES:
        length = float(np.linalg.norm(flat[a] - flat[b]))
        if known[a] and known[b] and length > LEAST_LENGTH:
            ratios.append(float(np.linalg.norm(pixels[a] - pixels[b])) / length)
            weights.append(weight)
    order = np.argsort(ratios)
    total = np.cumsum(np.array(weights)[order])
    return max(1e-3, ratios[order[int(np.searchsorted(total, QUANTILE * total[-1]))]])


def _aimed(body: Array, azimuth: float, scale: float, pixels: Array, known: Array, width: int, height: int) -> Camera:
    """A camera that sees the points of the torso where the picture has them, a metre there as `scale` px."""
    weight = WEIGHTS * known
    weight = weight / weight.sum()
    axes = _axes(azimuth)
    fov = 2.0 * float(np.arctan(0.5 * height / (scale * DISTANCE)))
    position = weight @ body - DISTANCE * axes[2]
    for _ in range(ROUNDS):
        image, _ = Camera(position, position + axes[2], fov=fov).project(body, width, height)
        missed = weight @ (image * (width, height) - pixels)
        position = position + (missed @ axes[:2]) / scale
    return Camera(position, position + axes[2], fov=fov)


def _as_released(clip: Clip, points: Array, known: Array, width: int, height: int) -> Fitted:
    """The fit of the released script: heights by one line through all frames, widths by the same factor.

    Facts from `action/inference` of Francis-Rings/StableAnimator (MIT), after MimicMotion: y' = a y + b by least
    squares over all frames' points against the reference's, x' = a x + the mean that is left.
    """
    position, _ = fk(clip.skeleton, clip.root_position, clip.rotation)
    cameras = frame_clip(position, width, height, fps=clip.fps, azimuth=0.0, follow=False)
    sequence = project_clip(clip, cameras, width, height)
    chosen = RELEASED[known[RELEASED]]
    ours, theirs = sequence.body[:, chosen], np.broadcast_to(points[chosen], (len(clip), len(chosen), 2))
    factor, shift = np.polyfit(ours[..., 1].ravel(), theirs[..., 1].ravel(), 1)
    offset = np.array([np.mean(theirs[..., 0] - ours[..., 0] * factor), shift])
    moved = {name: getattr(sequence, name) * factor + offset for name in ("body", "hands", "face")}
    return Fitted(replace(sequence, **moved), clip, cameras, Proportions())
