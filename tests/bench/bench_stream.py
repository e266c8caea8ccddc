"""Live motion, frame by frame. Run: `python tests/bench/bench_stream.py [LIBRARY]`.

Ten minutes at 30 frames a second, played as fast as possible, with a command every two seconds out of a list of varied
ones; the frames that take a command count with it. Beside it what a command costs that is composed as a whole. Then
interrupts of random actions by random actions: how fast the fastest joint gets in the change, as a share of the fastest
joint in the clips that are played around it, and the jerk, in metres per frame cubed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from api.engine import CommandEngine
from motion_engine import metrics
from motion_engine.kinematics import body_positions
from motion_engine.stream import MotionStream, Pose
from motion_engine.types import ActionCall, Array, Clip, Plan, Step

FRAMES, EVERY, INTERRUPTS = 18_000, 60, 400
COMMANDS = (
    "run for 5 seconds",
    "wave twice",
    "walk forward two meters and turn right",
    "run while waving the left hand",
    "sit down",
    "wave",
    "jump",
    "walk to the left",
    "clap five times then dance",
    "turn left 45 degrees then bow",
    "kneel",
    "run for fifty minutes",
    "punch, kick and spin",
    "walk backward three steps",
    "lie down",
    "jump three times",
    "do a backflip",
    "nod while walking",
    "stand up",
    "raise both hands",
    "march for ten seconds, then salute",
    "point to the right",
    "walk in a circle while clapping",
    "sit down, wave and get up",
    "crawl",
)


def row(name: str, seconds: Array) -> None:
    """Print a line of times in milliseconds."""
    ms = 1e3 * seconds
    print(f"| {name} | {np.median(ms):.3f} | {np.percentile(ms, 99):.3f} | {ms.max():.3f} |")


def live(stream: MotionStream, plans: list[Plan]) -> tuple[Array, Array, Array]:
    """Seconds that each frame took, seconds of the processor alone, and which frames took a command."""
    random = np.random.default_rng(0)
    seconds, busy = np.zeros(FRAMES), np.zeros(FRAMES)
    commanded = np.arange(FRAMES) % EVERY == EVERY // 2
    for frame in range(FRAMES):
        began, worked = time.perf_counter(), time.thread_time()
        if commanded[frame]:
            stream.play(plans[random.integers(len(plans))])
        stream.step()
        seconds[frame], busy[frame] = time.perf_counter() - began, time.thread_time() - worked
    return seconds, busy, commanded


def whole(engine: CommandEngine, plans: list[Plan]) -> Array:
    """Seconds that composing a whole plan takes before its first frame can be shown; those of an hour left out."""
    seconds = []
    for plan in plans:
        timeline = engine.timeline(plan)
        if timeline.duration < 60.0:
            began = time.perf_counter()
            engine.perform(engine.timeline(plan))
            seconds.append(time.perf_counter() - began)
    return np.array(seconds)


def jerk(clip: Clip) -> Array:
    """Three plain differences of the body's joints, L1 over xyz, the largest of all joints `(T - 3,)`."""
    largest: Array = np.abs(np.diff(body_positions(clip), n=3, axis=0)).sum(axis=-1).max(axis=-1)
    return largest


def interrupts(engine: CommandEngine) -> tuple[Array, Array]:
    """For each interrupt the share of the clips' own speed, and the largest jerk."""
    random, stream = np.random.default_rng(1), engine.stream()
    names = sorted(engine.infos)
    own = {name: metrics.joint_speed(engine.library.clip(name)).max() for name in names}
    poses: list[Pose] = []
    cuts: list[int] = []
    for _ in range(INTERRUPTS):
        poses += [stream.step() for _ in range(int(random.integers(12, 75)))]
        name = str(random.choice(names))
        cuts.append(stream.play(Plan("", "en", (Step((ActionCall(name, name),)),))).frame)
    poses += [stream.step() for _ in range(60)]
    root, rotation = np.array([p.root_position for p in poses]), np.array([p.rotation for p in poses])
    clip = Clip(engine.library.clip("idle").skeleton, 30.0, root, rotation, np.array([p.contacts for p in poses]))
    speed, curve = metrics.joint_speed(clip).max(axis=-1), jerk(clip)
    shares = []
    for cut in cuts:
        playing = {name for p in poses[max(0, cut - 30) : cut + 24] for name in p.actions}
        shares.append(speed[max(0, cut - 1) : cut + 24].max() / max(own[name] for name in playing))
    print(f"\nBelow the floor at most {1e3 * metrics.penetration(clip):.1f} mm; ", end="")
    print(f"standing toes slide at {metrics.contact_slide(clip):.3f} m/s on the average.\n")
    return np.array(shares), np.array([curve[max(0, cut - 4) : cut + 15].max() for cut in cuts])


def main() -> None:
    """Print the tables."""
    engine = CommandEngine.open(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    plans = [engine.parse(text) for text in COMMANDS]
    seconds, busy, commanded = live(engine.stream(), plans)
    print("| ms | median | p99 | worst |\n|---|---|---|---|")
    row("a frame, 10 minutes, a command every 2 s", seconds)
    row("the same, time of the processor alone", busy)
    row("the frames among them that take a command", busy[commanded])
    row("composing the same commands as a whole, up to a minute long", whole(engine, plans))
    shares, curve = interrupts(engine)
    own = [float(jerk(engine.library.clip(name)).max()) for name in engine.infos]
    print("| 400 interrupts | median | p90 | p95 | p99 |\n|---|---|---|---|---|")
    for name, values in (
        ("peak joint speed / the clips' own", shares),
        ("peak jerk", curve),
        ("peak jerk of each clip itself", np.array(own)),
    ):
        print(f"| {name} | " + " | ".join(f"{value:.2f}" for value in np.percentile(values, [50, 90, 95, 99])) + " |")
    print(f"\n{100 * (shares <= 1.2).mean():.0f} % of the interrupts stay within 1.2 times the clips' own speed.")


if __name__ == "__main__":
    main()
