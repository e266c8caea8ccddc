"""A clip as pictures of a wooden figure, drawn on any CPU: no display, no graphics driver, no GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np

from animator.camera import Camera, CameraPath, frame_clip
from animator.captions import Caption
from animator.figure import Kind, load_figure
from animator.parallel import ordered_map
from animator.picture import check_size
from animator.shadow import HeightMap
from animator.stage import Stage
from animator.triangles import draw
from motion_engine.errors import BadClip
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip

_BATCH = 32  # frames posed at once: what a batch needs of memory is small, and its overhead is shared
_SENT = 16_000_000  # bytes of pictures at once from one process to another
_CELL = 0.022  # m, of the shadow map
_KEY, _SKY, _GROUND, _RIM = (
    np.array(c, np.float32) for c in ((0.86, 0.80, 0.72), (0.46, 0.50, 0.56), (0.24, 0.21, 0.19), (0.15, 0.165, 0.19))
)
_LIGHT_TURN, _LIGHT_HEIGHT = np.radians(-48), np.radians(60)  # from the first camera: over its left shoulder


@dataclass(frozen=True, eq=False)
class _Batch:
    """Frames that are drawn one after another."""

    position: Array  # (T, J, 3) m
    world: Array  # (T, J, 4)
    cameras: list[Camera]
    captions: list[str]
    light: Array  # (3,)


class MannequinRenderer:
    """Draws clips on the canonical skeleton as pictures of `width` x `height` px.

    Args:
        kind: `wooden`, the artist's figure, or `convex`, simpler and faster.
        width: Of the picture, px.
        height: Of the picture, px.

    Raises:
        RenderFailed: There is no pixel.
        LimitExceeded: There are too many.
    """

    def __init__(self, kind: Kind = "wooden", width: int = 512, height: int = 512) -> None:
        check_size(width, height)
        self.kind, self.width, self.height = kind, width, height
        self._figure = load_figure(kind)
        # to linear light: a square is near enough to sRGB and much faster
        self._albedo = np.asfortranarray(self._figure.color**2)
        self._stage, self._caption = Stage(width, height), Caption(width, height)

    def frames(
        self,
        clip: Clip,
        cameras: Camera | CameraPath | Sequence[Camera] | None = None,
        captions: Sequence[str] | None = None,
        *,
        workers: int = 1,
    ) -> Iterator[Array]:
        """One picture `(H, W, 3)` uint8 for each frame of the clip, drawn when asked for, or a little before.

        Args:
            clip: On the canonical skeleton.
            cameras: One, or one a frame; by default one that shows the whole clip.
            captions: A line of text for each frame, empty for none.
            workers: How many processes draw; see `parallel.ordered_map`.

        Raises:
            BadClip: A number in the clip is none.
            RenderFailed: A process that draws died.
        """
        if not (np.isfinite(clip.root_position).all() and np.isfinite(clip.rotation).all()):
            raise BadClip("the clip has numbers that are none (NaN or infinite), so it cannot be drawn")
        assert captions is None or len(captions) == len(clip), "one caption a frame"
        position, world = fk(clip.skeleton, clip.root_position, clip.rotation)
        if cameras is None:
            cameras = frame_clip(position, self.width, self.height, fps=clip.fps)
        if isinstance(cameras, Camera):
            cameras = [cameras] * len(clip)
        assert len(cameras) == len(clip), "one camera a frame"
        if not len(clip):
            return
        light = key_light(cameras[0])
        length = _BATCH if workers == 1 else max(1, min(_BATCH, _SENT // (self.width * self.height * 3)))
        parts = [range(first, min(first + length, len(clip))) for first in range(0, len(clip), length)]
        batches = (
            _Batch(
                position[part.start : part.stop],
                world[part.start : part.stop],
                [cameras[i] for i in part],
                [captions[i] for i in part] if captions else [""] * len(part),
                light,
            )
            for part in parts
        )
        if workers == 1:
            yield from chain.from_iterable(map(self._pictures, batches))
            return
        make = partial(_drawer, self.kind, self.width, self.height)
        for pictures in ordered_map(make, batches, workers=min(workers, len(parts))):
            yield from pictures

    def _pictures(self, batch: _Batch) -> Iterator[Array]:
        posed = zip(*self._figure.pose(batch.position, batch.world), strict=True)
        for shape, camera, caption in zip(posed, batch.cameras, batch.captions, strict=True):
            picture = self._draw(shape, camera, batch.light)
            if caption:
                self._caption.write(picture, caption)
            yield picture

    def _draw(self, posed: tuple[Array, Array, Array], camera: Camera, light: Array) -> Array:
        vertices, normals, surface = (np.ascontiguousarray(part) for part in posed)
        figure, width, height = self._figure, self.width, self.height
        shadow, lit = cast(surface, vertices, light)
        picture = self._stage.picture(camera, shadow)
        color = shade(self._albedo, figure.ambient, vertices, normals, lit, light, camera)
        points, depth = camera.project(vertices, width, height)
        patch = draw(points * (width, height), nearness(depth, camera), figure.faces, color, width, height)
        if patch is not None:
            patch.over(picture)
        return picture.astype(np.uint8)


def _drawer(kind: Kind, width: int, height: int) -> Callable[[_Batch], list[Array]]:
    """What a process of its own draws with."""
    renderer = MannequinRenderer(kind, width, height)
    return lambda batch: list(renderer._pictures(batch))


def key_light(camera: Camera) -> Array:
    """The direction `(3,)` to the key light that suits a camera; it stays where it is when the camera moves on."""
    back = camera.position - camera.target
    turn = np.arctan2(back[0], back[2]) + _LIGHT_TURN
    flat = np.cos(_LIGHT_HEIGHT)
    return np.array([flat * np.sin(turn), np.sin(_LIGHT_HEIGHT), flat * np.cos(turn)])


def cast(surface: Array, vertices: Array, light: Array) -> tuple[HeightMap, Array]:
    """The shadow of `surface` points on the floor, and how much light `(V,)`, 0..1, reaches `vertices (V, 3)`."""
    slant = (light[::2] / light[1]).astype(np.float32)
    shadow = HeightMap.of(surface[:, ::2] - surface[:, 1:2] * slant, surface[:, 1], _CELL)
    return shadow, shadow.lit(vertices[:, ::2] - vertices[:, 1:2] * slant, vertices[:, 1], 0.06)


def nearness(depth: Array, camera: Camera) -> Array:
    """What the rasteriser sorts by, linear on the picture: larger is nearer, 0 or less is behind the camera."""
    if camera.ortho_height is None:
        return np.where(depth > 0.05, 1.0 / np.maximum(depth, 0.05), 0.0)
    return np.maximum(depth.max(), 0.0) + 1.0 - depth


def shade(
    albedo: Array, ambient: Array, vertices: Array, normals: Array, lit: Array, light: Array, camera: Camera
) -> Array:
    """Colours of vertices `(V, 3)` float32, 0..255: sky and ground light, one key light, a soft rim.

    Args:
        albedo: `(V, 3)` linear.
        ambient: `(V,)` share of the surroundings that each vertex sees.
        vertices: `(V, 3)` m.
        normals: `(V, 3)`, about unit.
        lit: `(V,)` share of the key light that arrives.
        light: `(3,)` towards the key light.
        camera: Where the picture is taken from.
    """
    light = light.astype(np.float32)
    view = camera.position.astype(np.float32) - vertices
    view /= np.sqrt(np.einsum("ij,ij->i", view, view))[:, None]
    sky = 0.5 + 0.5 * normals[:, 1]
    key = np.clip((normals @ light + 0.18) / 1.18, 0, 1) * lit
    rim = np.clip(1.0 - np.einsum("ij,ij->i", normals, view), 0, 1) ** 3 * (0.35 + 0.65 * sky) * ambient
    half = view + light
    half /= np.sqrt(np.einsum("ij,ij->i", half, half))[:, None]
    gloss = np.clip(np.einsum("ij,ij->i", normals, half), 0, 1) ** 24 * lit * np.float32(0.16)
    floor = np.clip(vertices[:, 1] / 0.12, 0.35, 1.0)  # light from below does not reach the feet
    hidden = ambient * (0.6 + 0.4 * floor)
    color = np.empty((3, len(vertices)), dtype=np.float32)
    for channel in range(3):
        around = _GROUND[channel] + (_SKY[channel] - _GROUND[channel]) * sky
        value = albedo[:, channel] * (around * hidden + _KEY[channel] * key) + (_RIM[channel] * rim + gloss)
        color[channel] = np.sqrt(np.clip(value, 0, 1)) * np.float32(255.0)
    return color.T
