"""Between sRGB and CIE L*a*b*, whose distances are near to what eyes see; white is D65 (IEC 61966-2-1, CIE 15)."""

from __future__ import annotations

import numpy as np

from motion_engine.types import Array

_TO_XYZ = np.array(((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505)))
_TO_XYZ = (_TO_XYZ / _TO_XYZ.sum(axis=1, keepdims=True)).astype(np.float32)  # relative to white
_FROM_XYZ = np.linalg.inv(_TO_XYZ.astype(np.float64)).astype(np.float32)
_OPPONENT = np.array(((0, 116, 0), (500, -500, 0), (0, 200, -200)), np.float32)
_FROM_OPPONENT = np.linalg.inv(_OPPONENT.astype(np.float64)).astype(np.float32)
_LIGHTNESS = np.array((-16, 0, 0), np.float32)
_KNEE = 6 / 29

_CODES = np.arange(256) / 255
_LINEAR = np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4).astype(np.float32)
_STEPS = np.arange(65_536) / 65_535  # 19 steps to a code where codes are closest
_ENCODED = np.where(_STEPS <= 0.0031308, 12.92 * _STEPS, 1.055 * _STEPS ** (1 / 2.4) - 0.055)
_ENCODED_CODES = np.rint(_ENCODED * 255).astype(np.uint8)


def to_lab(picture: Array) -> Array:
    """`(..., 3)` uint8 sRGB to float32 L* 0..100, a* and b* about -110..110."""
    xyz = _LINEAR[picture] @ _TO_XYZ.T
    root = np.where(xyz > _KNEE**3, np.cbrt(xyz), xyz / (3 * _KNEE**2) + np.float32(4 / 29))
    return root @ _OPPONENT.T + _LIGHTNESS


def from_lab(lab: Array) -> Array:
    """`(..., 3)` L*a*b* to uint8 sRGB; colours that no screen shows become the nearest code of each channel."""
    root = (lab - _LIGHTNESS) @ _FROM_OPPONENT.T
    xyz = np.where(root > _KNEE, root**3, (root - np.float32(4 / 29)) * np.float32(3 * _KNEE**2))
    linear = np.clip(xyz @ _FROM_XYZ.T, 0.0, 1.0)
    return _ENCODED_CODES[(linear * 65_535 + 0.5).astype(np.uint16)]
