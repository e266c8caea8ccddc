"""One pose layered on another: as `layers.overlay`, a frame at a time."""

from __future__ import annotations

from typing import get_args

import numpy as np

from motion_engine import quat, quat1
from motion_engine.layers import STEADIED, SWAYED, TURNED_OVER, mask_weights
from motion_engine.stream_course import ease
from motion_engine.types import Array, Mask, Skeleton


class Overlay:
    """The masks of one skeleton."""

    def __init__(self, skeleton: Skeleton) -> None:
        weights = {mask: mask_weights(skeleton, mask) for mask in get_args(Mask)}
        self._masks = {mask: (np.flatnonzero(w), w[np.flatnonzero(w)]) for mask, w in weights.items()}
        self._trunk = [skeleton.index(name) for name in ("pelvis", "spine1", "spine2", "spine3")]
        self._arms = {
            mask: (
                [(skeleton.index(f"{side}_collar"), skeleton.index(f"{side}_{part}")) for side in ("left", "right")],
                by,
            )
            for mask, (part, by) in STEADIED.items()
        }

    def lay(self, layer: Array, base: Array, mask: Mask, weight: float) -> None:
        """Show `layer` on the joints of `mask` by `weight` 0..1; arms are steadied against the base's chest.

        Args:
            layer: `(J, 4)` local rotations, the pelvis seen from the heading; used up.
            base: The same; changed in place.
            mask: The joints.
            weight: 0 shows the base, 1 the layer.
        """
        if mask in self._arms:
            arms, share = self._arms[mask]
            sway = quat1.to_rotvec(quat1.mul(quat1.inverse(self._chest(base)), self._chest(layer)))
            share *= 1.0 - ease((quat1.norm(sway) - SWAYED) / (TURNED_OVER - SWAYED))
            back = (share * sway[0], share * sway[1], share * sway[2])
            for collar, joint in arms:
                seen = back if joint == collar else quat1.rotate(quat1.inverse(quat1.floats(layer[collar])), back)
                layer[joint] = quat1.mul(quat1.from_rotvec(seen), quat1.floats(layer[joint]))
        joints, weights = self._masks[mask]
        base[joints] = quat.slerp(base[joints], layer[joints], weight * weights)

    def _chest(self, rotation: Array) -> quat1.Quaternion:
        """How the chest is turned, seen from the heading."""
        chest, *spine = (quat1.floats(rotation[joint]) for joint in self._trunk)
        for part in spine:
            chest = quat1.mul(chest, part)
        return chest
