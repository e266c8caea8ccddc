"""One cycle out of a clip that repeats itself: where it starts, how long it is, and a seam that nobody sees."""

from __future__ import annotations

import numpy as np

from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.kinematics import body_positions
from motion_engine.perform import repeated
from motion_engine.transition import CONTACT_WEIGHT, VELOCITY_WEIGHT, Course
from motion_engine.types import Array, Clip

SHORTEST, LONGEST = 0.4, 12.0  # s, of a cycle
# A cycle comes back to where it started: the gap as a share of how far it went away in between.
GOOD_GAP, WORST_GAP = 0.15, 0.35
NEAR_BEST = 1.15  # times the smallest gap: a shorter cycle is taken that is nearly as good
LEAST_AWAY = 0.02  # m, as `_apart` measures; less is only breathing
LEAST_SHARE = 0.4  # of how far the body usually goes away within LONGEST; less is fidgeting


def loop(clip: Clip) -> Clip:
    """One cycle of what the clip repeats, whose last frame leads on to its first in pose and velocity.

    The cycle starts where its frame does and faces as that does; it may turn and travel. The seam is redrawn on both
    sides. Contacts are those of the source: lock the feet of what is made of the cycle.

    Args:
        clip: On the canonical skeleton.

    Raises:
        BadClip: Nothing in it repeats.
    """
    start, end = find_cycle(clip)
    course = Course.of(clip)
    cycle = repeated(course, start, end, np.inf, np.arange(end, 2 * end - start))
    return cycle.place(clip.root_position[start], float(course.heading[start])).clip


def find_cycle(clip: Clip) -> tuple[int, int]:
    """The first frame of the best cycle and the frame that would be the first of the next, at most the clip's length.

    Frames are compared by the places and velocities of the body's joints and by which feet stand, as in motion matching
    (Clavet, GDC 2016). Of all spans that come back to where they started the shortest is one cycle; of those as long,
    the one with the smallest gap wins.

    Args:
        clip: On the canonical skeleton.

    Raises:
        BadClip: Nothing in it repeats.
    """
    shortest = round(SHORTEST * clip.fps)
    if len(clip) < shortest + 2:
        raise BadClip(f"cannot be looped: it is {clip.duration:.2g} s long, a cycle takes {SHORTEST:g} s or more")
    gap, best = _gaps(clip, shortest)
    whole = f"nothing in its {clip.duration:.3g} s repeats"
    if not np.isfinite(gap).any():
        raise BadClip(f"cannot be looped: {whole}, it hardly moves")
    if gap.min() > WORST_GAP:
        raise BadClip(f"cannot be looped: {whole}; name the part that shall repeat, or record a whole cycle")
    lag = int(np.argmax(gap <= max(GOOD_GAP, NEAR_BEST * gap.min())))
    while lag + 1 < len(gap) and gap[lag + 1] < gap[lag]:
        lag += 1
    return int(best[lag]), int(best[lag]) + shortest + lag


def _gaps(clip: Clip, shortest: int) -> tuple[Array, Array]:
    """For cycles of `shortest`, `shortest` + 1, ... frames the smallest gap (see GOOD_GAP), and where it starts."""
    state = _states(clip)
    longest = min(len(clip), round(LONGEST * clip.fps))
    away = np.zeros(len(clip) + 1)  # how far each frame's successors have been from it so far
    apart, been = [], []
    for lag in range(1, longest + 1):
        distance = _apart(state, lag)
        if lag >= shortest:
            apart.append(distance)
            been.append(away[: len(distance)].copy())
        away[: len(distance)] = np.maximum(away[: len(distance)], distance)
    least = max(LEAST_AWAY, LEAST_SHARE * float(np.median(away[:-1])))
    gaps = [np.where(far > least, near / np.maximum(far, 1e-9), np.inf) for near, far in zip(apart, been, strict=True)]
    best = [int(np.argmin(gap)) for gap in gaps]
    return np.array([gap[i] for gap, i in zip(gaps, best, strict=True)]), np.array(best)


def _states(clip: Clip) -> tuple[Array, Array, Array]:
    """Places `(T + 1, 22, 3)` m and velocities m/s of the joints as the heading sees them, and contacts `(T + 1, 4)`.

    The last is where the clip would go on to: a clip may be one cycle as it is.
    """
    position, heading = _onward(body_positions(clip)), _onward(Course.of(clip).heading)
    velocity = np.gradient(position, axis=0) * clip.fps
    turn = quat.from_axis_angle("y", -heading)[:, None]
    below = position[:, :1] * (1.0, 0.0, 1.0)
    stands = np.concatenate((clip.contacts, clip.contacts[-1:]))
    return quat.rotate(turn, position - below), quat.rotate(turn, velocity), stands


def _onward(values: Array) -> Array:
    """`values (T, ...)` with one more, where the last two lead."""
    return np.concatenate((values, 2 * values[-1:] - values[-2:-1]))


def _apart(state: tuple[Array, Array, Array], lag: int) -> Array:
    """How far each frame is from the one `lag` frames later `(T - lag,)`, m."""
    pose, velocity, stands = state
    far = np.linalg.norm(pose[lag:] - pose[:-lag], axis=-1).mean(axis=-1)
    far += VELOCITY_WEIGHT * np.linalg.norm(velocity[lag:] - velocity[:-lag], axis=-1).mean(axis=-1)
    return far + CONTACT_WEIGHT * np.not_equal(stands[lag:], stands[:-lag]).mean(axis=-1)
