"""Transitions between captured clips, beside what others do. Run: `python tests/bench/bench_transitions.py`.

300 seeded random ordered pairs of the "normal" Bandai clips, which must lie in `../shared/mocap/bandai`; each pair is
composed as the command "a then b" would be, nothing stated, with clips that are no cycles. What is true is what the
same clips do uncut: of every pair the mean of both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motion_engine import metrics, quat
from motion_engine.compose import compose
from motion_engine.formats.bvh import read_bvh
from motion_engine.kinematics import body_positions
from motion_engine.retarget import retarget
from motion_engine.schedule import schedule
from motion_engine.transition import Course, concatenate
from motion_engine.types import ActionCall, ActionInfo, Array, Clip, Plan, Step

FOLDER = Path(__file__).parents[3] / "shared" / "mocap" / "bandai"
PAIRS, EDGE = 300, 3
SAME_PLACE, SAME_TURN = 1e-3, np.radians(0.1)  # m, radians
LEGS = ("hip", "knee", "ankle", "foot")


@dataclass(frozen=True, eq=False)
class Join:
    """Two clips made one: the first frame of the second, and around it the window that is neither's own."""

    clip: Clip
    cut: int
    start: int
    end: int


def ours(first: Clip, second: Clip) -> Join:
    """What the engine makes of "a then b"."""
    actions = {name: ActionInfo(name, clip.duration) for name, clip in (("a", first), ("b", second))}
    plan = Plan("", "en", tuple(Step((ActionCall(name, name),)) for name in actions))
    track = compose(schedule(plan, actions), {"a": first, "b": second}, actions)
    cut, half = (
        round(t * track.clip.fps) for t in (track.timeline.segments[1].start, track.timeline.segments[1].blend / 2)
    )
    return Join(track.clip, cut, cut - half, cut + half)


def hard_cut(first: Clip, second: Clip) -> Join:
    """One after the other, placed and turned so that the root goes on."""
    before = Course.of(first)
    after = Course.of(second).place(first.root_position[-1].astype(np.float64), float(before.heading[-1]))
    return Join(concatenate([before, after]).clip, len(first), len(first), len(first))


def cross_fade(seconds: float, shape: Callable[[Array], Array]) -> Callable[[Clip, Clip], Join]:
    """The end of one mixed with the beginning of the next, as three.js' `crossFadeTo` and fairmotion do."""

    def join(first: Clip, second: Clip) -> Join:
        frames = min(round(seconds * first.fps), len(first) - 1, len(second) - 1)
        at = len(first) - frames
        before = Course.of(first)
        after = Course.of(second).place(first.root_position[at].astype(np.float64), float(before.heading[at])).clip
        share = shape(np.arange(frames) / frames)
        mixed = Clip(
            first.skeleton,
            first.fps,
            (1 - share[:, None]) * first.root_position[at:] + share[:, None] * after.root_position[:frames],
            quat.slerp(
                first.rotation[at:].astype(np.float64), after.rotation[:frames].astype(np.float64), share[:, None]
            ),
            np.where(share[:, None] < 0.5, first.contacts[at:], after.contacts[:frames]),
        )
        parts = [before.sample(np.arange(at)).clip, mixed, Course.of(after).sample(np.arange(frames, len(after))).clip]
        return Join(concatenate([Course(part, np.zeros(len(part))) for part in parts]).clip, at, at, at + frames)

    return join


def inertialised(halflife: float) -> Callable[[Clip, Clip], Join]:
    """The second clip with the offset in pose and velocity decaying as a critically damped spring.

    D. Holden, "Spring-It-On: The Game Developer's Spring-Roll-Call", https://theorangeduck.com/page/spring-roll-call.
    """

    def join(first: Clip, second: Clip) -> Join:
        cut = hard_cut(first, second)
        root, rotation = cut.clip.root_position.astype(np.float64), cut.clip.rotation.astype(np.float64)
        at, fps = cut.cut, cut.clip.fps
        time, damping = np.arange(len(root) - at) / fps, 2.0 * np.log(2.0) / halflife

        def decayed(offset: Array, speed: Array) -> Array:
            t = time.reshape(-1, *[1] * offset.ndim)
            return np.exp(-damping * t) * (offset + (speed + damping * offset) * t)

        step = (root[at - 1] - root[at - 2]) - (root[at + 1] - root[at])
        spin = quat.to_rotvec(quat.mul(rotation[at - 1], quat.inv(rotation[at - 2])))
        own_spin = quat.to_rotvec(quat.mul(rotation[at + 1], quat.inv(rotation[at])))
        turn = quat.to_rotvec(quat.mul(rotation[at - 1], quat.inv(rotation[at])))
        root[at:] += decayed(root[at - 1] - root[at], step * fps)
        rotation[at:] = quat.mul(quat.from_rotvec(decayed(turn, (spin - own_spin) * fps)), rotation[at:])
        clip = Clip(cut.clip.skeleton, fps, root, quat.unroll(rotation), cut.clip.contacts)
        return Join(clip, at, at, min(len(clip), at + round(4 * halflife * fps)))

    return join


def kept(join: Join, first: Clip, second: Clip) -> float:
    """The share of both clips' frames outside the window that are shown as they are: within 1 mm and 0.1 degrees.

    Every joint above the legs, seen from the pelvis; the legs are bent where feet are held. What lies under the window
    counts for neither.
    """
    upper = [i for i, name in enumerate(first.skeleton.names[:22]) if not name.endswith(LEGS)]
    same = outside = 0
    for clip, shown in ((first, slice(0, join.start)), (second, slice(join.end, len(join.clip)))):
        frames = len(range(*shown.indices(len(join.clip))))
        own = slice(0, frames) if clip is first else slice(len(clip) - frames, len(clip))
        turned = quat.angle_between(join.clip.rotation[shown, upper[1:]], clip.rotation[own, upper[1:]])
        apart = np.linalg.norm(_seen(join.clip, shown)[:, upper] - _seen(clip, own)[:, upper], axis=-1)
        same += int(((turned < SAME_TURN).all(axis=1) & (apart < SAME_PLACE).all(axis=1)).sum())
        outside += max(0, len(clip) - (join.end - join.cut if clip is second else join.cut - join.start))
    return same / max(outside, 1)


def _seen(clip: Clip, frames: slice) -> Array:
    """Joints seen from the pelvis, in its own axes."""
    position = body_positions(clip, frames)
    return quat.rotate(quat.inv(clip.rotation[frames, :1].astype(np.float64)), position - position[:, :1])


def main() -> None:
    """Print the table."""
    files = sorted(FOLDER.glob("*_normal_*.bvh"))
    if not files:
        raise SystemExit(f"No clips in {FOLDER}.")
    clips = [retarget(read_bvh(path)) for path in files]
    pairs = [np.random.default_rng(seed).choice(len(clips), 2, replace=False) for seed in range(PAIRS)]
    uncut = [np.array([metrics.jerk_curve(clip, at) for at in range(EDGE, len(clip) - EDGE)]) for clip in clips]
    usual = [metrics.mean_curve(curves) for curves in uncut]
    truth = np.mean([usual[i] for pair in pairs for i in pair], axis=0)
    by_window = metrics.mean_curve(np.concatenate(uncut))
    skates = np.array([metrics.foot_skate_ratio(clip) for clip in clips])
    lengths = np.array([len(clip) for clip in clips])
    skate = np.mean([np.average(skates[pair], weights=lengths[pair]) for pair in pairs])
    still = np.mean(
        [[metrics.transition_distance(clips[i], at) for at in (1, lengths[i] - 1)] for p in pairs for i in p]
    )
    mean, p95 = metrics.own_peaks(np.concatenate(uncut))
    print("| | peak | area | area, by window | mean of peaks | p95 | distance cm | foot skate | kept |")
    print("|---|---|---|---|---|---|---|---|---|")
    print(f"| the same clips uncut | {truth.max():.3f} | | | {mean:.3f} | {p95:.3f} | {still:.2f} | {skate:.3f} | |")
    for name, join in JOINS.items():
        curves, moved, slid, same = [], [], [], []
        for a, b in pairs:
            made = join(clips[a], clips[b])
            curves.append(metrics.jerk_curve(made.clip, made.cut))
            moved.append(metrics.transition_distance(made.clip, made.cut))
            slid.append(metrics.foot_skate_ratio(made.clip))
            same.append(kept(made, clips[a], clips[b]))
        peak, area = metrics.peak_and_area_of_jerk(np.array(curves), truth)
        _, area_by_window = metrics.peak_and_area_of_jerk(np.array(curves), by_window)
        mean, p95 = metrics.own_peaks(np.array(curves))
        print(
            f"| {name} | {peak:.3f} | {area:.3f} | {area_by_window:.3f} | {mean:.3f} | {p95:.3f} "
            f"| {np.mean(moved):.2f} | {np.mean(slid):.3f} | {100 * np.mean(same):.0f} % |"
        )


def _cubic(x: Array) -> Array:
    return x * x * (3.0 - 2.0 * x)


JOINS: dict[str, Callable[[Clip, Clip], Join]] = {
    "hard cut": hard_cut,
    "linear cross-fade, 0.2 s": cross_fade(0.2, lambda x: x),
    "linear cross-fade, 0.5 s": cross_fade(0.5, lambda x: x),
    "smoothstep cross-fade, 0.2 s": cross_fade(0.2, _cubic),
    "smoothstep cross-fade, 0.5 s": cross_fade(0.5, _cubic),
    "inertialised, half-life 0.1 s": inertialised(0.1),
    "ours": ours,
}


if __name__ == "__main__":
    main()
