"""One quaternion or vector at a time, in plain floats: for a few joints of one pose five times as fast as arrays.

Conventions as in `quat`: wxyz, unit, radians, right-handed.
"""

from __future__ import annotations

import math

from motion_engine.types import Array

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]


def floats(q: Array) -> Quaternion:
    """One quaternion out of an array."""
    w, x, y, z = q.tolist()
    return w, x, y, z


def mul(a: Quaternion, b: Quaternion) -> Quaternion:
    """The rotation `b`, then the rotation `a`."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )


def inverse(q: Quaternion) -> Quaternion:
    """The opposite rotation."""
    return q[0], -q[1], -q[2], -q[3]


def rotate(q: Quaternion, v: Vector) -> Vector:
    """The vector `v` rotated by `q`."""
    w, x, y, z = q
    vx, vy, vz = v
    tx, ty, tz = 2.0 * (y * vz - z * vy), 2.0 * (z * vx - x * vz), 2.0 * (x * vy - y * vx)
    return vx + w * tx + y * tz - z * ty, vy + w * ty + z * tx - x * tz, vz + w * tz + x * ty - y * tx


def cross(a: Vector, b: Vector) -> Vector:
    """The vector product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def add(a: Vector, b: Vector) -> Vector:
    """The sum."""
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def sub(a: Vector, b: Vector) -> Vector:
    """The difference."""
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def norm(v: Vector) -> float:
    """The length, m."""
    return math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])


def about(axis: Vector, angle: float) -> Quaternion:
    """A rotation by `angle` radians about `axis`, of any length."""
    size = max(norm(axis), 1e-9)
    sine = math.sin(0.5 * angle) / size
    return math.cos(0.5 * angle), sine * axis[0], sine * axis[1], sine * axis[2]


def between(a: Vector, b: Vector) -> Quaternion:
    """The smallest rotation from direction `a` to `b`, of any length, which must not be opposite."""
    x, y, z = cross(a, b)
    w = norm(a) * norm(b) + a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    size = max(math.sqrt(w * w + x * x + y * y + z * z), 1e-12)
    return w / size, x / size, y / size, z / size


def scale(q: Quaternion, t: float) -> Quaternion:
    """The rotation by the factor `t` of its angle, the shorter way round."""
    sign = -1.0 if q[0] < 0.0 else 1.0
    x, y, z = sign * q[1], sign * q[2], sign * q[3]
    sine = norm((x, y, z))
    return about((x, y, z), 2.0 * t * math.atan2(sine, sign * q[0]))


def to_rotvec(q: Quaternion) -> Vector:
    """Axis times angle, the shorter way."""
    sign = -1.0 if q[0] < 0.0 else 1.0
    x, y, z = sign * q[1], sign * q[2], sign * q[3]
    sine = norm((x, y, z))
    factor = 2.0 * math.atan2(sine, sign * q[0]) / sine if sine > 1e-9 else 2.0
    return factor * x, factor * y, factor * z


def from_rotvec(v: Vector) -> Quaternion:
    """From axis times angle."""
    return about(v, norm(v))
