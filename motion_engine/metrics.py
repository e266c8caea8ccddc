"""Numbers that say how good a motion is."""

from __future__ import annotations

import numpy as np

from motion_engine import quat
from motion_engine.clips import resample
from motion_engine.errors import BadClip
from motion_engine.kinematics import body_pose, body_positions, sole_points
from motion_engine.support import bearing
from motion_engine.types import BODY_JOINTS, Array, Clip

TOES = ("left_foot", "right_foot")
TOLERANCE = 0.005  # m, within which a body is on the floor


def joint_speed(clip: Clip) -> Array:
    """Speeds of the 22 body joints `(T - 1, 22)` m/s in the world."""
    return np.linalg.norm(np.diff(body_positions(clip), axis=0), axis=-1) * clip.fps


def penetration(clip: Clip) -> float:
    """How far the lowest sole of the whole clip is below the floor, m; negative if it never reaches it."""
    position, world = body_pose(clip)
    return float(-sole_points(clip.skeleton, position, world)[..., 1].min())


def contact_slide(clip: Clip) -> float:
    """The mean speed of the toes along the floor while they are labelled as standing, m/s; 0 without contacts."""
    position = body_positions(clip)
    speeds = []
    for column, name in zip((1, 3), TOES, strict=True):
        path = position[:, clip.skeleton.index(name)][:, [0, 2]]
        speed = np.linalg.norm(np.diff(path, axis=0), axis=-1) * clip.fps
        standing = clip.contacts[1:, column] & clip.contacts[:-1, column]
        speeds.append(speed[standing])
    every = np.concatenate(speeds)
    return float(every.mean()) if len(every) else 0.0


def floating(clip: Clip) -> float:
    """How far the lowest point of the body is above the floor, mm: the mean over all frames, flights of jumps included.

    "Float" of PhysDiff (Yuan et al. 2023, https://arxiv.org/abs/2212.02500), as are its TOLERANCE, within which a body
    does not float, and its unit. Instead of a mesh: soles, and joints less the thickness of the body around them.
    """
    height = _lowest(clip)
    return 1e3 * float(np.where(height > TOLERANCE, height, 0.0).mean())


def sinking(clip: Clip) -> float:
    """How far the lowest point of the body is below the floor, mm: the mean over all frames.

    "Penetrate" of PhysDiff, see `floating`; `penetration` is the worst frame, without tolerance.
    """
    depth = -_lowest(clip)
    return 1e3 * float(np.where(depth > TOLERANCE, depth, 0.0).mean())


def _lowest(clip: Clip) -> Array:
    """The height `(T,)` m of the body's lowest point over the floor at 0."""
    position, world = body_pose(clip)
    paths = {name: position[:, i] for i, name in enumerate(clip.skeleton.names[:BODY_JOINTS])}
    others = [path[:, 1] - thick for name, (path, thick) in bearing(paths).items() if not name.endswith("ankle")]
    soles = sole_points(clip.skeleton, position, world)[..., 1].min(axis=-1)
    lowest: Array = np.minimum(soles, np.min(others, axis=0))
    return lowest


def jerk_curve(clip: Clip, frame: int, window: float = 1.0) -> Array:
    """The jerk around a cut, as FlowMDM measures it (Barquero et al. 2024, https://arxiv.org/abs/2402.15509).

    Three plain differences of the 22 body joints' world positions, L1 over xyz, the largest of all joints.

    Args:
        clip: At 30 fps for comparable numbers.
        frame: The first frame of the new action.
        window: s, all of it centred on `frame`.

    Returns:
        `(window * fps - 3,)` m per frame cubed; nan where the clip lacks one of the four frames.
    """
    half = round(0.5 * window * clip.fps)
    first, last = max(0, frame - half), min(len(clip), frame + half)
    curve = np.full(max(0, 2 * half - 3), np.nan)
    if last - first > 3:
        jerk = np.abs(np.diff(body_positions(clip, slice(first, last)), n=3, axis=0)).sum(axis=-1).max(axis=-1)
        curve[first - frame + half :][: len(jerk)] = jerk
    return curve


def mean_curve(curves: Array) -> Array:
    """The mean `(F,)` of jerk curves `(N, F)`, without what is nan; nan where all are."""
    known = np.count_nonzero(~np.isnan(curves), axis=0)
    mean: Array = np.divide(np.nansum(curves, axis=0), known, out=np.full(known.shape, np.nan), where=known > 0)
    return mean


def peak_and_area_of_jerk(curves: Array, truth: Array) -> tuple[float, float]:
    """FlowMDM's peak jerk, the maximum over time of the mean curve, and area under jerk, the sum |mean curve - truth|.

    Args:
        curves: `(N, F)` of `jerk_curve`, one for each transition, with the same window of 1 s at 30 fps.
        truth: `(F,)` the `mean_curve` of the same clips uncut.

    Raises:
        BadClip: No curve has a value.
    """
    mean = mean_curve(curves)
    if np.isnan(mean).all():
        raise BadClip("no transition has four frames around it in which jerk could be measured")
    return float(np.nanmax(mean)), float(np.nansum(np.abs(mean - truth)))


def own_peaks(curves: Array) -> tuple[float, float]:
    """The mean and the 95th percentile of each transition's own largest jerk, of curves `(N, F)`.

    Raises:
        BadClip: No curve has a value.
    """
    measured = curves[~np.isnan(curves).all(axis=1)]
    if not len(measured):
        raise BadClip("no transition has four frames around it in which jerk could be measured")
    peaks = np.nanmax(measured, axis=1)
    return float(peaks.mean()), float(np.percentile(peaks, 95))


def transition_distance(clip: Clip, frame: int) -> float:
    """How far the body's 22 joints move, on the average, from `frame` - 1 to `frame`, cm.

    Each of both frames is seen from its own pelvis and heading, so going and turning count for nothing: the distance
    between the last pose of one action and the first of the next.

    Args:
        clip: Any clip, at 30 fps for comparable numbers.
        frame: The first frame of the new action, 1..T - 1.
    """
    assert 0 < frame < len(clip), "a transition has a frame on either side"
    frames = np.array([frame - 1, frame])
    position = body_positions(clip, frames)
    away = quat.from_axis_angle("y", -quat.heading(clip.rotation[frames, 0].astype(np.float64)))
    last, first = quat.rotate(away[:, None], position - position[:, :1])
    return 100.0 * float(np.linalg.norm(first - last, axis=-1).mean())


def foot_skate_ratio(clip: Clip) -> float:
    """The share of frames in which a foot slides, as GMD measures it (Karunratanakul et al. 2023).

    At 20 fps a toe skates if it is lower than 5 cm at t and t + 1 and moves faster than 0.5 m/s along the floor, now
    and in a mean over 5 frames. The floor is at the lowest toe of the clip. https://arxiv.org/abs/2305.12577
    """
    clip = resample(clip, 20.0)
    if len(clip) < 2:
        return 0.0
    toes = body_positions(clip)[:, [clip.skeleton.index(name) for name in TOES]]
    low = toes[..., 1] - toes[..., 1].min() < 0.05
    speed = np.linalg.norm(np.diff(toes[..., [0, 2]], axis=0), axis=-1) * clip.fps
    padded = np.pad(speed, ((2, 2), (0, 0)), mode="edge")
    mean = np.lib.stride_tricks.sliding_window_view(padded, 5, axis=0).mean(axis=-1)
    skates = low[:-1] & low[1:] & (speed > 0.5) & (mean > 0.5)
    return float(skates.any(axis=1).mean())
