"""Unit quaternions, wxyz, as functions over arrays `(..., 4)`; radians; right-handed.

Formulas: Solà, "Quaternion kinematics for the error-state Kalman filter" (https://arxiv.org/abs/1711.02508).
Every function broadcasts over leading axes and keeps the dtype of its input.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

IDENTITY: Array = np.array([1.0, 0.0, 0.0, 0.0])
_AXES = {"x": 0, "y": 1, "z": 2}


def mul(a: Array, b: Array) -> Array:
    """Hamilton product: the rotation `b`, then the rotation `a`."""
    aw, ax, ay, az = a[..., 0], a[..., 1], a[..., 2], a[..., 3]
    bw, bx, by, bz = b[..., 0], b[..., 1], b[..., 2], b[..., 3]
    return np.stack(
        (
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ),
        axis=-1,
    )


def inv(q: Array) -> Array:
    """The opposite rotation (the conjugate, since quaternions here are unit)."""
    return q * np.array([1, -1, -1, -1], dtype=q.dtype)


def cross(a: Array, b: Array) -> Array:
    """Vector cross product of `(..., 3)` arrays (much faster than `np.cross` on small ones)."""
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    return np.stack((ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx), axis=-1)


def rotate(q: Array, v: Array) -> Array:
    """Vectors `(..., 3)` rotated by `q`."""
    t = 2.0 * cross(q[..., 1:], v)
    return v + q[..., :1] * t + cross(q[..., 1:], t)


def normalize(q: Array, eps: float = 1e-12) -> Array:
    """Scaled to unit length; a zero quaternion becomes the identity."""
    length = np.sqrt(np.sum(q * q, axis=-1, keepdims=True))
    return np.where(length > eps, q / np.maximum(length, eps), IDENTITY.astype(q.dtype))


def positive(q: Array) -> Array:
    """The same rotation with w >= 0."""
    return np.where(q[..., :1] < 0, -q, q)


def unroll(q: Array) -> Array:
    """The same rotations over time `(T, ..., 4)` without sign flips between frames; `q` itself if there are none."""
    flips = np.einsum("...i,...i->...", q[1:], q[:-1]) < 0
    if not flips.any():
        return q
    out = q.copy()
    out[1:] *= np.cumprod(np.where(flips, -1, 1).astype(q.dtype), axis=0)[..., None]
    return out


def from_rotvec(v: Array) -> Array:
    """From axis times angle `(..., 3)`, radians (the exponential map)."""
    angle = np.sqrt(np.sum(v * v, axis=-1, keepdims=True))
    half = 0.5 * angle
    # sin(a/2)/a, with its Taylor series near zero
    scale = np.where(angle < 1e-4, 0.5 - angle * angle / 48.0, np.sin(half) / np.maximum(angle, 1e-12))
    return np.concatenate((np.cos(half), v * scale), axis=-1)


def to_rotvec(q: Array) -> Array:
    """To axis times angle `(..., 3)`, the shorter way: angle in 0..pi (the logarithm)."""
    q = positive(q)
    sine = np.sqrt(np.sum(q[..., 1:] ** 2, axis=-1, keepdims=True))
    angle = 2.0 * np.arctan2(sine, q[..., :1])
    scale = np.where(sine < 1e-6, 2.0 / np.maximum(q[..., :1], 1e-6), angle / np.maximum(sine, 1e-12))
    return q[..., 1:] * scale


def from_axis_angle(axis: str, angle: Array | float) -> Array:
    """A rotation about the coordinate axis `x`, `y` or `z` by `angle` radians."""
    half = 0.5 * np.asarray(angle)
    if half.dtype.kind != "f":
        half = half.astype(np.float64)
    q = np.zeros((*half.shape, 4), dtype=half.dtype)
    q[..., 0] = np.cos(half)
    q[..., 1 + _AXES[axis]] = np.sin(half)
    return q


def slerp(a: Array, b: Array, t: Array | float) -> Array:
    """From `a` (t = 0) to `b` (t = 1) along the shorter arc; `t` broadcasts over the leading axes."""
    t = np.asarray(t)[..., None]
    dot = np.sum(a * b, axis=-1, keepdims=True)
    b = np.where(dot < 0, -b, b)
    theta = np.arccos(np.clip(np.abs(dot), 0.0, 1.0))
    sine = np.sin(theta)
    near = sine < 1e-5
    safe = np.where(near, 1.0, sine)
    wa = np.where(near, 1.0 - t, np.sin((1.0 - t) * theta) / safe)
    wb = np.where(near, t, np.sin(t * theta) / safe)
    return normalize(wa * a + wb * b)


def scale(q: Array, t: Array | float) -> Array:
    """The rotation `q` by the factor `t`: 0 none, 1 all of it."""
    return from_rotvec(to_rotvec(q) * np.asarray(t)[..., None])


def between(a: Array, b: Array) -> Array:
    """The smallest rotation that takes direction `a` to direction `b` (`(..., 3)`, any length)."""
    a = a / np.maximum(np.linalg.norm(a, axis=-1, keepdims=True), 1e-12)
    b = b / np.maximum(np.linalg.norm(b, axis=-1, keepdims=True), 1e-12)
    a, b = np.broadcast_arrays(a, b)
    w = 1.0 + np.sum(a * b, axis=-1, keepdims=True)
    q = np.concatenate((w, cross(a, b)), axis=-1)
    # Opposite directions: half a turn about any axis perpendicular to a.
    other = np.where(np.abs(a[..., :1]) < 0.9, np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    half_turn = np.concatenate((np.zeros_like(w), cross(a, other)), axis=-1)
    return normalize(np.where(w < 1e-7, half_turn, q))


def to_matrix(q: Array) -> Array:
    """Rotation matrices `(..., 3, 3)`."""
    w, x, y, z = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    xx, yy, zz, xy, xz, yz, wx, wy, wz = x * x, y * y, z * z, x * y, x * z, y * z, w * x, w * y, w * z
    rows = (
        *(1 - 2 * (yy + zz), 2 * (xy - wz), 2 * (xz + wy)),
        *(2 * (xy + wz), 1 - 2 * (xx + zz), 2 * (yz - wx)),
        *(2 * (xz - wy), 2 * (yz + wx), 1 - 2 * (xx + yy)),
    )
    return np.stack(rows, axis=-1).reshape(*q.shape[:-1], 3, 3)


def from_matrix(m: Array) -> Array:
    """From rotation matrices `(..., 3, 3)`; the largest component is found first (Shepperd's method)."""
    m00, m11, m22 = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    squares = np.stack((1 + m00 + m11 + m22, 1 + m00 - m11 - m22, 1 - m00 + m11 - m22, 1 - m00 - m11 + m22), -1)
    a, b, c = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    d, e, f = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    candidates = np.stack(
        (
            np.stack((squares[..., 0], a, b, c), -1),
            np.stack((a, squares[..., 1], d, e), -1),
            np.stack((b, d, squares[..., 2], f), -1),
            np.stack((c, e, f, squares[..., 3]), -1),
        ),
        axis=-2,
    )
    best = np.argmax(squares, axis=-1)
    return normalize(np.take_along_axis(candidates, best[..., None, None], axis=-2)[..., 0, :])


def from_euler(angles: Array, order: str) -> Array:
    """From Euler angles `(..., 3)`, radians, in intrinsic `order` such as `"zxy"`: R = Rz Rx Ry."""
    parts = [from_axis_angle(axis, angles[..., i]) for i, axis in enumerate(order)]
    return mul(parts[0], mul(parts[1], parts[2]))


def to_euler(q: Array, order: str) -> Array:
    """To intrinsic Euler angles `(..., 3)` of three different axes; at gimbal lock the third is 0."""
    i, j, k = (_AXES[axis] for axis in order)
    sign = 1.0 if (j - i) % 3 == 1 else -1.0
    m = to_matrix(q)
    sine = np.clip(sign * m[..., i, k], -1.0, 1.0)
    locked = np.abs(sine) > 1.0 - 1e-9
    first = np.arctan2(-sign * m[..., j, k], m[..., k, k])
    third = np.arctan2(-sign * m[..., i, j], m[..., i, i])
    first = np.where(locked, np.arctan2(sign * m[..., k, j], m[..., j, j]), first)
    third = np.where(locked, 0.0, third)
    return np.stack((first, np.arcsin(sine), third), axis=-1)


def heading(q: Array) -> Array:
    """The twist of `q` about +Y, radians, -pi..pi: 0 faces +Z, left is positive; lying and somersaults keep theirs."""
    angle = 2.0 * np.arctan2(q[..., 2], q[..., 0])
    return np.where(angle > np.pi, angle - 2 * np.pi, np.where(angle < -np.pi, angle + 2 * np.pi, angle))


def angle_between(a: Array, b: Array) -> Array:
    """The angle of the rotation from `a` to `b`, radians, 0..pi."""
    difference = mul(inv(a), b)
    sine = np.sqrt(np.sum(difference[..., 1:] ** 2, axis=-1))
    return 2.0 * np.arctan2(sine, np.abs(difference[..., 0]))
