"""One pose layered on another: as `layers.overlay`, a frame at a time."""

from __future__ import annotations

from typing import get_args

import numpy as np

from motion_engine import quat, quat1
from motion_engine.layers import SWAY, mask_weights
from motion_engine.types import Array, Mask, Skeleton


class Overlay:
    """The masks of one skeleton."""

    def __init__(self, skeleton: Skeleton) -> None:
        weights = {mask: mask_weights(skeleton, mask) for mask in get_args(Mask)}
        self._masks = {mask: (np.flatnonzero(w), w[np.flatnonzero(w)]) for mask, w in weights.items()}
        self._trunk = [skeleton.index(name) for name in ("pelvis", "spine1", "spine2", "spine3")]
        self._collars = [skeleton.index(f"{side}_collar") for side in ("left", "right")]

    def lay(self, layer: Array, base: Array, mask: Mask, weight: float) -> None:
        """Show `layer` on the joints of `mask` by `weight` 0..1; arms follow part of the sway of the base's chest.

        Args:
            layer: `(J, 4)` local rotations, the pelvis seen from the heading; used up.
            base: The same; changed in place.
            mask: The joints.
            weight: 0 shows the base, 1 the layer.
        """
        if mask in ("arms", "left_arm", "right_arm"):
            sway = quat1.scale(quat1.mul(quat1.inverse(self._chest(base)), self._chest(layer)), 1.0 - SWAY)
            for collar in self._collars:
                layer[collar] = quat1.mul(sway, quat1.floats(layer[collar]))
        joints, weights = self._masks[mask]
        base[joints] = quat.slerp(base[joints], layer[joints], weight * weights)

    def _chest(self, rotation: Array) -> quat1.Quaternion:
        """How the chest is turned, seen from the heading."""
        chest, *spine = (quat1.floats(rotation[joint]) for joint in self._trunk)
        for part in spine:
            chest = quat1.mul(chest, part)
        return chest
