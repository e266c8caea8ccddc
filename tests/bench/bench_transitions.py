"""Jerk and foot skate of transitions between captured clips. Run: `python tests/bench/bench_transitions.py`.

300 seeded random ordered pairs of the "normal" Bandai clips, which must lie in `../shared/mocap/bandai`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from motion_engine import metrics
from motion_engine.contacts import lock_feet
from motion_engine.formats.bvh import read_bvh
from motion_engine.retarget import retarget
from motion_engine.schedule import BODY_BLEND
from motion_engine.transition import Course, concatenate, follow
from motion_engine.types import Array, Clip

FOLDER = Path(__file__).parents[3] / "shared" / "mocap" / "bandai"
PAIRS, MARGIN, EVERY = 300, 20, 15


def row(name: str, curves: Array, truth: Array, skate: float) -> None:
    """Print a line: peak jerk, area under jerk against the uncut clips, 95th percentile of own peaks, skate ratio."""
    mean, peaks = curves.mean(axis=0), curves.max(axis=1)
    area = np.abs(mean - truth).sum()
    print(f"| {name} | {mean.max():.3f} | {area:.3f} | {np.percentile(peaks, 95):.2f} | {skate:.3f} |")


def main() -> None:
    """Print the table."""
    files = sorted(FOLDER.glob("*_normal_*.bvh"))
    if not files:
        raise SystemExit(f"No clips in {FOLDER}.")
    clips = [retarget(read_bvh(path)) for path in files]
    pairs = [np.random.default_rng(seed).choice(len(clips), 2, replace=False) for seed in range(PAIRS)]
    uncut = np.array(
        [metrics.jerk_curve(clip, at) for clip in clips for at in range(MARGIN, len(clip) - MARGIN, EVERY)]
    )
    truth = uncut.mean(axis=0)
    print("| | peak jerk | area | p95 of peaks | foot skate |\n|---|---|---|---|---|")
    row("uncut", uncut, truth, float(np.mean([metrics.foot_skate_ratio(clip) for clip in clips])))
    for name, blend, lock in (("hard cut", 1 / 30, False), ("unlocked", BODY_BLEND, False), ("ours", BODY_BLEND, True)):
        curves, skate = [], []
        for first, second in pairs:
            before = Course.of(clips[first])
            clip: Clip = concatenate([before, follow(before, Course.of(clips[second]), blend)]).clip
            clip = lock_feet(clip) if lock else clip
            curves.append(metrics.jerk_curve(clip, len(before)))
            skate.append(metrics.foot_skate_ratio(clip))
        row(name, np.array(curves), truth, float(np.mean(skate)))


if __name__ == "__main__":
    main()
