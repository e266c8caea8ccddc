"""What a motion itself shows, in tags and sentences by which an untitled clip is found.

Thresholds and constants were calibrated on 135 clips: 82 captures of Bandai Namco Research, 6 of Animated Drawings,
DeepMimic's and our own scripts, all on the canonical skeleton, whose pelvis stands at 0.95 m.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from action_library import facts_words
from action_library.measure import cycle_turn, local_positions, travelled, turned
from motion_engine import clips as edit
from motion_engine import quat
from motion_engine.contacts import runs
from motion_engine.curves import smooth
from motion_engine.types import CONTACT_JOINTS, Array, Clip, Direction, canonical_skeleton

Low = Literal["lying", "floor", "crouching"]
Energy = Literal["calm", "lively", "fast"]
OneSide = Literal["left", "right"]

# A part takes part if its joints turn so fast (rad/s, 90th percentile) and its end moves so far from its base (m).
PARTS = {
    "left_arm": (1.4, 0.2, ("left_shoulder", "left_elbow"), "left_wrist", "neck"),
    "right_arm": (1.4, 0.2, ("right_shoulder", "right_elbow"), "right_wrist", "neck"),
    "left_leg": (2.2, 0.12, ("left_hip", "left_knee"), "left_ankle", "pelvis"),
    "right_leg": (2.2, 0.12, ("right_hip", "right_knee"), "right_ankle", "pelvis"),
    "torso": (0.3, 0.15, ("spine1", "spine2", "spine3"), "neck", "pelvis"),
    "head": (1.6, 0.0, ("neck", "head"), "head", "neck"),
}
TRAVELS = 0.5, 0.15  # m and m/s
ONE_SIDED, KICK = 1.8, 0.5  # times as far as the other side; m, of a leg that does more than step
LOW, FLOOR, LYING, HEAD_DOWN, LOW_TIME = 0.72, 0.4, 0.3, 0.45, 0.5  # m, of the pelvis, and of the head; s
FLIGHT, FLIGHT_TIME, FALL, PEAK = (
    0.04,
    0.1,
    -5.0,
    1.0,
)  # m under the feet; s; m/s2 and m of the pelvis; a run's is lower
ALIKE, SHORTEST_PERIOD = 0.5, 0.3  # correlation of the velocities with those a period later; s
STILL, CALM, LIVELY = 0.02, 0.3, 0.9  # m/s of the joints seen from the pelvis, 90th percentile


@dataclass(frozen=True)
class Facts:
    """What a clip shows; see `facts`."""

    duration: float  # s
    cyclic: bool
    distance: float  # m along the floor
    direction: Direction | None  # of the way, seen from where the body faces; None: it stays in place
    speed: float  # m/s, distance over duration
    turn: float  # radians about +Y, left positive
    parts: tuple[str, ...]  # those of PARTS that take part
    side: OneSide | None  # of a one-sided gesture or kick, upright and in place
    airborne: bool  # it jumps; the short flights of a run do not count
    low: Low | None  # the lowest pose that lasts
    heights: tuple[float, float, float]  # m of the pelvis: first, last, lowest
    repeats: float | None  # s, the period with which it repeats inside the clip
    still: bool  # it hardly moves
    energy: Energy

    @property
    def starts_low(self) -> bool:
        """Whether it begins lying, sitting or crouching."""
        return self.heights[0] < LOW

    @property
    def ends_low(self) -> bool:
        """Whether it ends lying, sitting or crouching."""
        return self.heights[1] < LOW

    def tags(self) -> tuple[str, ...]:
        """Plain English words to find the clip by: "travels", "forward", "turns left", "right arm", "calm", ..."""
        return facts_words.tags(self)

    def sentence(self) -> str:
        """One English sentence: "Travels 3.2 m forward at walking pace; both arms swing; repeats every 1.1 s."."""
        return facts_words.sentence(self)

    def sentence_zh(self) -> str:
        """One Chinese sentence: "向前移动3.2米，步行速度，双臂摆动，每1.1秒重复一次。"."""
        return facts_words.sentence_zh(self)


def facts(clip: Clip, *, cyclic: bool) -> Facts:
    """What the motion of `clip` shows.

    Args:
        clip: On the canonical skeleton, feet on the floor.
        cyclic: It is one cycle of something that goes on, such as a gait.
    """
    local = local_positions(clip)
    usual = float(np.percentile(np.linalg.norm(_rate(local, clip.fps), axis=-1).mean(axis=-1), 90))
    moves = {part: _moves(clip, local, part) for part in PARTS}
    parts = tuple(part for part, (_, takes_part) in moves.items() if takes_part)
    distance, direction = _way(clip, cyclic)
    low, still = _low(local, clip.fps), usual < STILL and not parts
    height = local[:, 0, 1]
    return Facts(
        duration=clip.duration,
        cyclic=cyclic,
        distance=distance,
        direction=direction,
        speed=distance / clip.duration,
        turn=cycle_turn(clip) if cyclic else turned(clip),
        parts=parts,
        side=None if direction or low else _side(moves),
        airborne=_jumps(local, clip.fps),
        low=low,
        heights=(float(height[0]), float(height[-1]), float(height.min())),
        repeats=None if still else _period(local, cyclic, clip.fps),
        still=still,
        energy="calm" if usual < CALM else "lively" if usual < LIVELY else "fast",
    )


def _rate(values: Array, fps: float) -> Array:
    """Change of `values (T, ...)` a second; none in a single frame."""
    return np.gradient(values, axis=0) * fps if len(values) > 1 else np.zeros_like(values)


def _joint(name: str) -> int:
    return canonical_skeleton().index(name)


def _way(clip: Clip, cyclic: bool) -> tuple[float, Direction | None]:
    """Metres travelled and where to; who walks a curve goes forward all along it, though its ends may be near."""
    heading = edit.heading_curve(clip)
    steps = np.diff(clip.root_position.astype(np.float64), axis=0)
    seen = quat.rotate(quat.from_axis_angle("y", -heading[:-1]), steps).sum(axis=0)
    if cyclic:
        seen *= len(clip) / max(len(clip) - 1, 1)  # on to the first frame of the next cycle
    chord = travelled(clip, cyclic=cyclic)
    distance = max(float(np.hypot(seen[0], seen[2])), chord)
    if (distance < TRAVELS[0] and not cyclic) or distance / clip.duration < TRAVELS[1]:
        return distance, None
    if np.hypot(seen[0], seen[2]) < 0.5 * chord:  # it whirls or rolls along: seen from where it faces at first
        seen = quat.rotate(quat.from_axis_angle("y", -heading[0]), steps.sum(axis=0))
    if abs(seen[2]) > abs(seen[0]):
        return distance, "forward" if seen[2] > 0 else "backward"
    return distance, "left" if seen[0] > 0 else "right"


def _moves(clip: Clip, local: Array, part: str) -> tuple[float, bool]:
    """How far the end of `part` moves about, seen from its base, m, and whether it takes part."""
    fast, far, joints, end, base = PARTS[part]
    turns = smooth(quat.unroll(clip.rotation[:, [_joint(name) for name in joints]]), 0.05 * clip.fps)
    speed = 2.0 * np.linalg.norm(_rate(turns, clip.fps), axis=-1).sum(axis=-1)
    low, high = np.percentile(local[:, _joint(end)] - local[:, _joint(base)], (5, 95), axis=0)
    reach = float(np.linalg.norm(high - low))
    return reach, bool(np.percentile(speed, 90) > fast and reach > far)


def _side(moves: dict[str, tuple[float, bool]]) -> OneSide | None:
    """The side of a kick, or else of what an arm does."""
    for limb, far in (("leg", KICK), ("arm", 0.0)):
        (left, lefts), (right, rights) = moves[f"left_{limb}"], moves[f"right_{limb}"]
        if (lefts or rights) and max(left, right) > max(far, ONE_SIDED * min(left, right)):
            return "left" if left > right else "right"
    return None


def _jumps(local: Array, fps: float) -> bool:
    """Whether both feet leave the floor while the pelvis, higher than a standing one, falls freely."""
    rest = np.array([0.074, 0.016] * 2)  # m, of CONTACT_JOINTS of one who stands
    under = (local[:, [_joint(name) for name in CONTACT_JOINTS], 1] - rest).min(axis=-1)
    height = local[:, 0, 1]
    pull = _rate(_rate(smooth(height, 0.03 * fps), fps), fps)
    flights = [slice(*run) for run in runs(under > FLIGHT) if run[1] - run[0] >= FLIGHT_TIME * fps]
    return any(height[flight].max() > PEAK and pull[flight].mean() < FALL for flight in flights)


def _low(local: Array, fps: float) -> Low | None:
    """The lowest pose that lasts for LOW_TIME in all."""
    height, head = local[:, 0, 1], local[:, _joint("head"), 1]
    poses: dict[Low, Array] = {
        "lying": (height < LYING) & (head < HEAD_DOWN),
        "floor": height < FLOOR,
        "crouching": height < LOW,
    }
    least = min(LOW_TIME * fps, len(local))
    return next((pose for pose, held in poses.items() if held.sum() >= least), None)


def _period(local: Array, cyclic: bool, fps: float) -> float | None:
    """Seconds after which the joints' velocities come again, twice or more in the clip; None if they do not."""
    velocity = _rate(smooth(local, 0.07 * fps), fps).reshape(len(local), -1)
    frames = len(velocity)
    power = _power(velocity, frames if cyclic else 2 * frames)
    alike = np.fft.irfft(power, frames if cyclic else 2 * frames)[: frames // 2 + 1]
    energy = np.concatenate(([0.0], np.cumsum(np.sum(velocity**2, axis=-1))))
    lag = np.arange(len(alike))
    both = energy[-1] if cyclic else np.sqrt(energy[frames - lag] * (energy[-1] - energy[lag]))
    alike = alike / np.maximum(both, 1e-9)
    apart = np.flatnonzero(alike < 0.3)
    first = max(round(SHORTEST_PERIOD * fps), int(apart[0]) if len(apart) else frames)
    peaks = [i for i in range(first, len(alike) - 1) if alike[i - 1] <= alike[i] > alike[i + 1] and alike[i] > ALIKE]
    return next((i / fps for i in peaks if alike[i] > 0.85 * max(alike[peaks])), None)


def _power(velocity: Array, frames: int) -> Array:
    """The summed power spectrum of `velocity (T, N)`, padded to `frames`; one channel at a time needs little memory."""
    total: Array = np.zeros(frames // 2 + 1)
    for channel in velocity.T:
        total += np.abs(np.fft.rfft(channel, frames)) ** 2
    return total
