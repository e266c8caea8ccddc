"""Where the picture is taken from: a camera, its path over a clip, and the framing of a whole clip.

Camera space is +x right, +y down, +z into the picture (OpenCV's), so that depth is z. Image points are 0..1 of width
and height, +y down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from motion_engine import quat
from motion_engine.curves import smooth
from motion_engine.types import Array

NEAR = 0.05  # m: what is nearer (or behind the camera) is projected as if it stood here
FLESH = 0.15  # m of body around a joint, at most: the crown over the head joint, the fingers beyond theirs
FOLLOW_SECONDS = 0.7  # time constant of the path that a following camera takes
FOLLOW_GAIN = 1.2  # how much larger the figure must become for the camera to follow it
_FLOOR = np.array([1.0, 0.0, 1.0])  # a jump shall look like a jump: the camera never rises with the figure


def _vector(values: Sequence[float] | Array, name: str) -> Array:
    array = np.array(values, dtype=np.float64)
    assert array.ndim and array.shape[-1] == 3, f"{name} must be (..., 3), not {array.shape}"
    array.flags.writeable = False
    return array


def _up() -> Array:
    return np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True, eq=False)
class Camera:
    """One view: from `position` towards `target`, both `(3,)` m."""

    position: Array
    target: Array
    up: Array = field(default_factory=_up)
    fov: float = 0.5  # vertical field of view, radians; unused when orthographic
    ortho_height: float | None = None  # m that the picture's height shows; None: perspective

    def __post_init__(self) -> None:
        for name in ("position", "target", "up"):
            object.__setattr__(self, name, _vector(getattr(self, name), name))
        assert 0 < self.fov < np.pi and (self.ortho_height is None or self.ortho_height > 0)

    @property
    def view_matrix(self) -> Array:
        """World to camera space, `(4, 4)`, for column vectors."""
        matrix = np.eye(4)
        matrix[:3, :3] = view_axes(self.target - self.position, self.up)
        matrix[:3, 3] = -matrix[:3, :3] @ self.position
        return matrix

    def project(self, points: Array, width: int, height: int) -> tuple[Array, Array]:
        """Image points `(..., 2)`, 0..1 and +y down, and depths `(...)` m of world points `(..., 3)`.

        Depths of points behind the camera are negative; their image points mean nothing.
        """
        axes = view_axes(self.target - self.position, self.up)
        seen = (np.asarray(points, dtype=np.float64) - self.position) @ axes.T
        return self.to_image(seen, width, height), seen[..., 2]

    def to_image(self, seen: Array, width: int, height: int) -> Array:
        """Image points `(..., 2)` of points in camera space `(..., 3)`."""
        if self.ortho_height is None:
            scale = 0.5 / (np.tan(0.5 * self.fov) * np.maximum(seen[..., 2:], NEAR))
        else:
            scale = np.full((*seen.shape[:-1], 1), 1.0 / self.ortho_height)
        return 0.5 + seen[..., :2] * scale * np.array([height / width, 1.0])


@dataclass(frozen=True, eq=False)
class CameraPath:
    """A camera for each frame; one that stays has the same position and target in all of them."""

    positions: Array  # (T, 3) m
    targets: Array  # (T, 3) m
    fov: float = 0.5  # vertical, radians
    ortho_height: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "positions", _vector(self.positions, "positions"))
        object.__setattr__(self, "targets", _vector(self.targets, "targets"))
        assert self.positions.shape == self.targets.shape and self.positions.ndim == 2

    @classmethod
    def fixed(cls, camera: Camera, frames: int) -> CameraPath:
        """The path of a camera that stays where it is for `frames` frames (its `up` must be +Y)."""
        assert np.allclose(camera.up, _up()), "a camera path keeps +Y up"
        position, target = (np.broadcast_to(v, (frames, 3)) for v in (camera.position, camera.target))
        return cls(position, target, camera.fov, camera.ortho_height)

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, frame: int) -> Camera:
        return Camera(self.positions[frame], self.targets[frame], fov=self.fov, ortho_height=self.ortho_height)

    @property
    def moves(self) -> bool:
        """Whether any frame is seen from elsewhere than the first."""
        return bool(np.ptp(self.positions, axis=0).any() or np.ptp(self.targets, axis=0).any())

    def project(self, points: Array, width: int, height: int) -> tuple[Array, Array]:
        """As `Camera.project`, for points `(T, ..., 3)`: each frame by its own camera."""
        axes = view_axes(self.targets - self.positions, _up())
        between = (1,) * (points.ndim - 2)
        relative = np.asarray(points, dtype=np.float64) - self.positions.reshape(-1, *between, 3)
        seen = np.einsum("t...j,tij->t...i", relative, axes)
        return self[0].to_image(seen, width, height), seen[..., 2]


def view_axes(direction: Array, up: Array) -> Array:
    """Rotations `(..., 3, 3)` from the world to camera space, for a camera that looks along `direction (..., 3)`.

    A camera that looks straight along `up` takes -Z as the picture's upper edge.
    """
    forward = direction / np.maximum(np.linalg.norm(direction, axis=-1, keepdims=True), 1e-12)
    right = quat.cross(forward, np.broadcast_to(up, forward.shape))
    length = np.linalg.norm(right, axis=-1, keepdims=True)
    other = quat.cross(forward, np.broadcast_to(np.array([0.0, 0.0, -1.0]), forward.shape))
    right = np.where(length > 1e-6, right / np.maximum(length, 1e-12), other)
    return np.stack((right, quat.cross(forward, right), forward), axis=-2)


def frame_clip(
    position: Array,
    width: int,
    height: int,
    *,
    fps: float = 30.0,
    azimuth: float = np.radians(30),
    elevation: float = np.radians(8),
    margin: float = 0.08,
    fov: float = 0.5,
    orthographic: bool = False,
    follow: bool | None = None,
) -> CameraPath:
    """A camera that shows a whole clip, large: it stays if the figure does, and follows it smoothly if it travels.

    Args:
        position: World positions `(T, J, 3)` m of the joints, the pelvis first.
        width: Of the picture, px.
        height: Of the picture, px.
        fps: Frames a second, for the smoothness of the following camera.
        azimuth: Where the camera stands, radians about +Y: 0 in front of a figure that faces +Z, positive towards
            the figure's left (+X).
        elevation: How much it looks down, radians; below pi / 2.
        margin: Share of the picture left free at each edge, below 0.5.
        fov: Vertical field of view, radians.
        orthographic: Without perspective.
        follow: True or False to decide what is otherwise decided by the gain in size.
    """
    position = np.asarray(position, dtype=np.float64)
    back = np.array([np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)])
    axes = view_axes(-back, _up())
    lens = np.tan(0.5 * fov) * (1.0 - 2.0 * margin) * np.array([width / height, 1.0])
    stay = np.zeros((len(position), 3)) + position[:, 0].mean(axis=0) * _FLOOR
    path = position[0, 0] * _FLOOR + follow_path(position[:, 0], fps)
    fits = [_fit((position - track[:, None]) @ axes.T, lens, orthographic) for track in (stay, path)]
    if follow is None:
        follow = fits[0][1] > FOLLOW_GAIN * fits[1][1]
    track, (centre, distance) = (path, fits[1]) if follow else (stay, fits[0])
    targets = track + centre @ axes
    if not orthographic:
        return CameraPath(targets + distance * back, targets, fov)
    span = 2.0 * distance * np.tan(0.5 * fov)
    depth = np.linalg.norm(position - targets[:, None], axis=-1).max() + 1.0  # stands outside the scene
    return CameraPath(targets + depth * back, targets, fov, span)


def follow_path(root: Array, fps: float) -> Array:
    """How a camera moves `(T, 3)` m, from 0, that goes along smoothly with a root at `root (T, 3)`."""
    path = smooth(root * _FLOOR, FOLLOW_SECONDS * fps)
    return path - path[0]


def _fit(seen: Array, lens: Array, orthographic: bool) -> tuple[Array, float]:
    """The point `(3,)` to look at, on the plane z = 0, and the least distance from it that shows all of `seen`.

    A point is in the picture if |x - cx| <= lens_x (distance + z), and the same for y: a linear programme whose
    optimum is known in closed form.

    Args:
        seen: `(T, J, 3)` m, along the camera's axes.
        lens: `(2,)` tangents of half the usable field of view.
        orthographic: Whether size is independent of z.
    """
    z = 0.0 if orthographic else seen[..., 2:]
    high = (seen[..., :2] + FLESH - lens * z).max(axis=(0, 1))
    low = (FLESH - seen[..., :2] - lens * z).max(axis=(0, 1))
    centre = np.array([*(0.5 * (high - low)), 0.0])
    return centre, float((0.5 * (high + low) / lens).max())
