"""Who comes running does not stand at once: the legs run on, slower and slower, while the rest does what is asked."""

from __future__ import annotations

import numpy as np

from motion_engine import quat
from motion_engine.stream_course import Performance, Shown, ease, eased
from motion_engine.stream_feet import Feet

SHORTEST, PER_SPEED, LONGEST = 0.3, 0.14, 0.8  # s, s per m/s, s: how long it takes
RELEASE = 0.35  # share of that time after which the legs begin to go over into the action's own
_LEGS = ("pelvis", *(f"{side}_{part}" for side in ("left", "right") for part in ("hip", "knee", "ankle", "foot")))


class Brake:
    """The legs of a gait that comes to rest, played on what the body does next."""

    def __init__(self, gait: Performance, k: float, clock: float, speed: float, feet: Feet) -> None:
        """Brake from `clock` on.

        Args:
            gait: What was played.
            k: Its frame at `clock`.
            clock: Frames.
            speed: m/s along the floor.
            feet: Of the body.
        """
        self._gait, self._k, self._clock, self._feet = gait, k, clock, feet
        self.time = min(SHORTEST + PER_SPEED * speed, LONGEST)  # s
        self.end = clock + self.time * gait.fps
        self._joints = [gait.source.skeleton.index(name) for name in _LEGS]

    def on(self, shown: Shown, clock: float) -> Shown:
        """What is shown at `clock`, with the legs of the gait; its rotations are changed in place."""
        x = (clock - self._clock) / (self.end - self._clock)
        tempo, weight = 1.0 - ease(x), 1.0 - ease((x - RELEASE) / (1.0 - RELEASE))
        legs = self._gait.at(self._k + (x - eased(x)) * (self.end - self._clock))
        # In slow motion nobody flies: what the gait is over the floor goes with its tempo.
        above = shown.floor[1] + self._feet.lowest(shown.rotation)
        flying = legs.floor[1] + self._feet.lowest(legs.rotation)
        rotation, joints = shown.rotation, self._joints
        rotation[joints] = quat.slerp(rotation[joints], legs.rotation[joints], np.array(weight))
        floor = shown.floor.copy()
        floor[1] = (1.0 - weight) * above + weight * tempo * flying - self._feet.lowest(rotation)
        return Shown(rotation, legs.contacts if weight > 0.5 else shown.contacts, floor, shown.turned)
