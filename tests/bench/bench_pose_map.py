"""Milliseconds per pose map: ours beside drawing the whole canvas with OpenCV and resizing it, if that is installed.

Run: python tests/bench/bench_pose_map.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from animator.camera import frame_clip
from animator.keypoints import project_clip
from animator.pose_map import COLOURS, HAND_COLOURS, HAND_EDGES, LIMBS, draw_pose_map
from motion_engine import quat
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip, canonical_skeleton

SIZES = ((512, 512), (1024, 576))
REPEATS = 30


def main() -> None:
    """Print the table."""
    try:
        import cv2  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        cv2 = None
    print(f"{'height x width':>15} {'style':>12} {'ours ms':>9} {'cv2 ms':>9} {'times':>7} {'equal':>6}")
    for height, width in SIZES:
        points = figure(height, width)
        for style in ("aligned2160", "native"):
            ours = milliseconds(lambda s=style, p=points, h=height, w=width: draw_pose_map(*p, h, w, style=s))
            line = f"{f'{height} x {width}':>15} {style:>12} {ours:9.2f}"
            if cv2 is not None and style == "aligned2160":
                theirs = milliseconds(lambda p=points, h=height, w=width: reference(cv2, *p, h, w))
                equal = np.array_equal(reference(cv2, *points, height, width), draw_pose_map(*points, height, width))
                line += f" {theirs:9.2f} {theirs / ours:7.1f} {equal!s:>6}"
            print(line)


def figure(height: int, width: int) -> tuple[Array, ...]:
    """The points of a standing figure, as the arguments of `draw_pose_map`."""
    skeleton = canonical_skeleton()
    rotation = np.tile(quat.IDENTITY, (1, len(skeleton.names), 1))
    clip = Clip(skeleton, 30.0, skeleton.offsets[:1], rotation, np.zeros((1, 4), bool))
    position, _ = fk(skeleton, clip.root_position, clip.rotation)
    pose = project_clip(clip, frame_clip(position, width, height), width, height)
    return tuple(getattr(pose, n)[0] for n in ("body", "hands", "face", "body_score", "hand_score", "face_score"))


def milliseconds(work: Callable[[], Any]) -> float:
    """The median time of a call."""
    work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


def reference(
    cv2: Any, body: Array, hands: Array, face: Array, bs: Array, hs: Array, fs: Array, height: int, width: int,
    canvas_side: int = 2160,
) -> Array:  # fmt: skip
    """The whole canvas, its short side `canvas_side` px, drawn with OpenCV, then resized."""
    scale = canvas_side / min(height, width)
    size = np.array([int(width * scale), int(height * scale)])
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    for colour, (a, b) in zip(COLOURS, LIMBS, strict=False):
        if min(bs[a], bs[b]) >= 0.3:
            p, q = body[a] * size, body[b] * size
            half = int(((p - q) ** 2).sum() ** 0.5 / 2)
            degrees = int(np.degrees(np.arctan2(p[1] - q[1], p[0] - q[0])))
            centre = tuple(int(v) for v in (p + q) / 2)
            polygon = cv2.ellipse2Poly(centre, (half, 4), degrees, 0, 360, 1)
            cv2.fillConvexPoly(canvas, polygon, [int(c * bs[a] * bs[b]) for c in colour])
    canvas = (canvas * 0.6).astype(np.uint8)

    def dot(point: Array, radius: int, colour: list[float], *, joint: bool = False) -> None:
        x, y = (int(v) for v in point * size)
        if joint or (x > 0 and y > 0):
            cv2.circle(canvas, (x, y), radius, colour, thickness=-1)

    for point, score, colour in zip(body, bs, COLOURS, strict=True):
        if score > 0.3:
            dot(point, 4, [int(c * score) for c in colour], joint=True)
    for hand, scores in zip(hands, hs, strict=True):
        for colour, (a, b) in zip(HAND_COLOURS, HAND_EDGES, strict=True):
            ends = [tuple(int(v) for v in hand[i] * size) for i in (a, b)]
            if min(*ends[0], *ends[1]) > 0:
                cv2.line(canvas, *ends, [c * int(scores[a] * scores[b] * 255) for c in colour], thickness=2)
        for point, score in zip(hand, scores, strict=True):
            dot(point, 4, [0, 0, int(score * 255)])
    for point, score in zip(face, fs, strict=True):
        dot(point, 3, [int(score * 255)] * 3)
    return np.asarray(cv2.resize(canvas, (width, height)))


if __name__ == "__main__":
    main()
