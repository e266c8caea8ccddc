"""Frames a second of the mannequin renderer, and where the time goes.

Run: `OMP_NUM_THREADS=1 python tests/bench/bench_mannequin.py [SIZE]`; 512 px by default, one thread a process.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from animator import mannequin
from animator.camera import Camera, CameraPath, frame_clip
from animator.figure import load_figure
from animator.stage import Stage
from animator.triangles import draw
from motion_engine import quat
from motion_engine.kinematics import fk
from motion_engine.types import Clip, canonical_skeleton


def walking(frames: int) -> Clip:
    """Swinging arms and legs, 1.2 m/s forward."""
    skeleton = canonical_skeleton()
    time_s = np.arange(frames) / 30.0
    rotation = np.tile(quat.IDENTITY, (frames, len(skeleton.names), 1))
    swing = 0.5 * np.sin(2 * np.pi * time_s)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        lowered = quat.from_axis_angle("z", np.full(frames, -1.25 * sign))
        rotation[:, skeleton.index(f"{side}_shoulder")] = quat.mul(quat.from_axis_angle("x", -sign * swing), lowered)
        rotation[:, skeleton.index(f"{side}_hip")] = quat.from_axis_angle("x", sign * swing)
    root = skeleton.offsets[0] + np.outer(time_s, (0.0, 0.0, 1.2))
    return Clip(skeleton, 30.0, root, rotation, np.zeros((frames, 4), dtype=bool))


def best_ms(work: Callable[[], Any], repeats: int = 15) -> float:
    """The least time of several, ms: what the work costs when nothing disturbs it."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


def stages(kind: mannequin.Kind, clip: Clip, camera: Camera, size: int) -> dict[str, float]:
    """Milliseconds a frame by stage, for the middle frame of `clip`."""
    figure = load_figure(kind)
    position, world = fk(clip.skeleton, clip.root_position, clip.rotation)
    pose = partial(figure.pose, position[:32], world[:32])
    vertices, normals, surface = (np.ascontiguousarray(part[16]) for part in pose())
    light = mannequin.key_light(camera)
    shadow, lit = mannequin.cast(surface, vertices, light)
    stage = Stage(size, size)
    step = np.array([0.1, 0.0, 0.0])
    aside = Camera(camera.position + step, camera.target + step, fov=camera.fov)
    color = mannequin.shade(figure.color, figure.ambient, vertices, normals, lit, light, camera)
    points, depth = camera.project(vertices, size, size)
    near = mannequin.nearness(depth, camera)
    return {
        "skin": best_ms(pose) / 32,
        "shadow map": best_ms(partial(mannequin.cast, surface, vertices, light)),
        "scene (camera stays)": best_ms(partial(stage.picture, camera, shadow)),
        "scene (camera follows)": best_ms(lambda: [stage.picture(c, shadow) for c in (camera, aside)]) / 2,
        "shading": best_ms(
            partial(mannequin.shade, figure.color, figure.ambient, vertices, normals, lit, light, camera)
        ),
        "projection": best_ms(partial(camera.project, vertices, size, size)),
        "triangles": best_ms(partial(draw, points * size, near, figure.faces, color, size, size)),
    }


def together(renderer: mannequin.MannequinRenderer, size: int) -> float:
    """Frames a second of two processes, from the first picture to the last: without their start."""
    clip = walking(480)
    position, _ = fk(clip.skeleton, clip.root_position, clip.rotation)
    cameras = frame_clip(position, size, size, fps=clip.fps, follow=True)
    pictures = renderer.frames(clip, cameras, ["walk"] * len(clip), workers=2)
    next(pictures)
    start = time.perf_counter()
    count = sum(1 for _ in pictures)
    return count / (time.perf_counter() - start)


def main(size: int = 512) -> None:
    """Print a table for each figure."""
    clip = walking(64)
    position, _ = fk(clip.skeleton, clip.root_position, clip.rotation)
    moving = frame_clip(position, size, size, fps=clip.fps, follow=True)
    still = CameraPath.fixed(moving[0], len(clip))
    for kind in ("wooden", "convex"):
        start = time.perf_counter()
        renderer = mannequin.MannequinRenderer(kind, size, size)
        print(f"{kind}, {size} x {size}: loaded in {time.perf_counter() - start:.2f} s")
        for name, cameras in (("camera stays", still), ("camera follows", moving)):
            list(zip(renderer.frames(clip, cameras), range(4), strict=False))  # warm
            start = time.perf_counter()
            count = sum(1 for _ in renderer.frames(clip, cameras, ["walk"] * len(clip)))
            print(f"  {name:28} {count / (time.perf_counter() - start):6.1f} frames/s")
        print(f"  {'camera follows, 2 processes':28} {together(renderer, size):6.1f} frames/s")
        for name, ms in stages(kind, clip, moving[16], size).items():
            print(f"  {name:24} {ms:6.2f} ms")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
