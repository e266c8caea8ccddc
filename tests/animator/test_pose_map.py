from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from animator import raster
from animator.pose_map import COLOURS, LIMBS, draw_pose_map, draw_pose_maps
from motion_engine.errors import RenderFailed
from motion_engine.types import Array, PoseSequence

REFERENCE = Path(__file__).parents[2] / "../shared/evals/pose_maps"
CASES = sorted(REFERENCE.glob("*.npz"))


def frame(**changes: Any) -> dict[str, Array]:
    """A figure without hands and face, one limb in each direction, far enough apart for the pixels between them."""
    angle = np.arange(18) * 2 * np.pi / 18
    values: dict[str, Array] = {
        "body": 0.5 + 0.4 * np.stack((np.cos(angle), np.sin(angle)), axis=-1),
        "hands": np.full((2, 21, 2), -1.0),
        "face": np.full((68, 2), -1.0),
        "body_score": np.ones(18),
        "hand_score": np.ones((2, 21)),
        "face_score": np.ones(68),
    }
    return values | changes


@pytest.mark.skipif(not CASES, reason="the reference pictures (../shared/evals/pose_maps) are not here")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_pictures_are_those_of_the_reference_to_the_pixel(case: Path) -> None:
    from PIL import Image

    expected = np.asarray(Image.open(case.with_suffix(".png")).convert("RGB"))
    with np.load(case) as points:
        drawn = draw_pose_map(**points, height=expected.shape[0], width=expected.shape[1])
    np.testing.assert_array_equal(drawn, expected)


@pytest.mark.parametrize("style", ["aligned2160", "native"])
def test_limbs_have_their_colours_at_60_percent(style: Any) -> None:
    for i, (a, b) in enumerate(LIMBS):
        score = np.zeros(18)
        score[[a, b]] = 1.0
        values = frame(body_score=score)
        picture = draw_pose_map(**values, height=1080, width=1080, style=style)
        x, y = (1080 * values["body"][[a, b]].mean(axis=0)).astype(int)
        np.testing.assert_array_equal(picture[y, x], np.floor(COLOURS[i] * 0.6))
        joint_x, joint_y = (1080 * values["body"][a]).astype(int)
        np.testing.assert_array_equal(picture[joint_y, joint_x], COLOURS[a])


def test_first_limb_is_red_and_channels_can_be_swapped() -> None:
    values = frame(body_score=np.array([0, 1, 1] + [0] * 15))
    rgb = draw_pose_map(**values, height=64, width=64)
    bgr = draw_pose_map(**values, height=64, width=64, channels="bgr")
    assert rgb[..., 0].sum() > rgb[..., 2].sum() == 0
    np.testing.assert_array_equal(bgr, rgb[..., ::-1])


def test_thresholds_of_limbs_and_joints() -> None:
    at = draw_pose_map(**frame(body_score=np.full(18, 0.3)), height=2160, width=2160)  # the canvas itself
    below = draw_pose_map(**frame(body_score=np.full(18, 0.2999)), height=2160, width=2160)
    assert at.any() and not below.any()
    # At 0.3 limbs are drawn, joints not: nothing is brighter than a limb.
    assert at.max() == int(int(255 * 0.3 * 0.3) * 0.6)


def test_scores_dim_colours() -> None:
    bright = draw_pose_map(**frame(), height=200, width=200)
    dim = draw_pose_map(**frame(body_score=np.full(18, 0.5)), height=200, width=200)
    assert bright.max() > 1.9 * dim.max()


def test_hands_and_face_are_drawn_over_the_body_without_threshold() -> None:
    points = np.random.default_rng(0).uniform(0.3, 0.7, (2, 21, 2))
    values = frame(hands=points, hand_score=np.full((2, 21), 0.1), body_score=np.zeros(18))
    hands = draw_pose_map(**values, height=512, width=512)
    assert 0 < hands.max() <= 25
    face = np.full((68, 2), 0.5)
    values = frame(face=face, hands=np.full((2, 21, 2), 0.5), body=np.full((18, 2), 0.5))
    assert draw_pose_map(**values, height=512, width=512)[256, 256].min() == 255  # white wins


def test_nothing_is_drawn_for_nothing() -> None:
    silent = frame(body_score=np.zeros(18))
    assert not draw_pose_map(**silent, height=300, width=200).any()
    nan = frame(body=np.full((18, 2), np.nan), hands=np.full((2, 21, 2), np.inf), face=np.full((68, 2), 1e12))
    assert not draw_pose_map(**nan, height=300, width=200).any()


@pytest.mark.parametrize("size", [(1, 1), (7, 301), (301, 7), (333, 517), (2160, 2160), (2500, 2300)])
@pytest.mark.parametrize("style", ["aligned2160", "native"])
def test_every_size_is_drawn(size: tuple[int, int], style: Any) -> None:
    picture = draw_pose_map(**frame(), height=size[0], width=size[1], style=style)
    assert picture.shape == (*size, 3) and picture.dtype == np.uint8
    if min(size) > 8:
        assert picture.any()


@pytest.mark.parametrize("size", [(0, 512), (512, -1), (1, 20_000)])
def test_impossible_sizes_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(RenderFailed, match=f"{size[1]} x {size[0]}"):
        draw_pose_map(**frame(), height=size[0], width=size[1])


def test_points_beyond_the_edges_are_cut() -> None:
    rng = np.random.default_rng(1)
    values = frame(body=rng.uniform(-1, 2, (18, 2)), hands=rng.uniform(-1, 2, (2, 21, 2)))
    assert draw_pose_map(**values, height=128, width=96).any()


def test_sequence_gives_the_same_pictures_one_by_one() -> None:
    first, second = frame(), frame(body=frame()["body"] * 0.9)
    sequence = PoseSequence(30.0, **{name: np.stack((first[name], second[name])) for name in first})
    maps = draw_pose_maps(sequence, 120, 90)
    np.testing.assert_array_equal(next(maps), draw_pose_map(**first, height=120, width=90))
    np.testing.assert_array_equal(next(maps), draw_pose_map(**second, height=120, width=90))
    assert next(maps, None) is None


# ── The rasteriser against plain definitions ──────────────────────────────────────────────────────────────


def drawn(spans: raster.Spans, height: int, width: int) -> Array:
    """Which pixels a shape covers, on a canvas that is not shrunk."""
    return raster.picture(raster.grid(height, width, 1.0), spans, np.full((1, 3), 255.0))[..., 0] > 0


def test_disc_is_symmetric_and_of_its_radius() -> None:
    for radius in raster.DISC_ROWS:
        disc = drawn(raster.discs(raster.grid(15, 15, 1.0), np.array([[7, 7]]), radius), 15, 15)
        np.testing.assert_array_equal(disc, disc.T)
        np.testing.assert_array_equal(disc, disc[::-1, ::-1])
        y, _ = np.nonzero(disc)
        assert np.abs(y - 7).max() == radius
        assert abs(len(y) - np.pi * radius**2) < 3.0 * radius + 2


def test_ellipse_covers_the_points_inside_it() -> None:
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:80, :100]
    for _ in range(30):
        centre, half, degrees = rng.integers(-10, 100, 2), rng.integers(5, 60), int(rng.integers(-180, 181))
        axes = np.array([[half, 4]])
        shape = drawn(raster.ellipses(raster.grid(80, 100, 1.0), centre[None], axes, np.array([degrees])), 80, 100)
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        u, v = (x - centre[0]) * c + (y - centre[1]) * s, (y - centre[1]) * c - (x - centre[0]) * s
        assert shape[(u / (half - 1)) ** 2 + (v / 3) ** 2 < 1].all()
        assert not shape[(u / (half + 1.5)) ** 2 + (v / 5.5) ** 2 > 1].any()


def test_thick_line_covers_the_points_near_it() -> None:
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:60, :80]
    for _ in range(30):
        a, b = rng.integers(-30, 110, (2, 2))
        shape = drawn(raster.thick_lines(raster.grid(60, 80, 1.0), a[None], b[None]), 60, 80)
        along = np.clip(((x - a[0]) * (b - a)[0] + (y - a[1]) * (b - a)[1]) / max(np.sum((b - a) ** 2), 1), 0, 1)
        distance = np.hypot(x - a[0] - along * (b - a)[0], y - a[1] - along * (b - a)[1])
        assert shape[distance < 0.5].all()
        assert not shape[distance > 2.3].any()


def test_shrinking_a_full_canvas_keeps_its_colour() -> None:
    target = raster.grid(20, 30, 4.3)
    rows = np.arange(len(target.rows.lines))
    spans = np.zeros_like(rows), rows, np.full_like(rows, -5), np.full_like(rows, 10_000)
    assert (raster.picture(target, spans, np.array([[10, 200, 255]])) == [10, 200, 255]).all()


def test_native_draws_each_point_whole_or_not_at_all() -> None:
    """DWPose marks joints above 0.3 and drops points of hands and face below it; its colours do not fade."""
    points = np.random.default_rng(1).uniform(0.3, 0.7, (2, 21, 2))
    whole = draw_pose_map(**frame(hands=points), height=256, width=256, style="native")
    faint = frame(hands=points, body_score=np.full(18, 0.31), hand_score=np.full((2, 21), 0.3))
    np.testing.assert_array_equal(draw_pose_map(**faint, height=256, width=256, style="native"), whole)
    gone = frame(hands=points, body_score=np.full(18, 0.3), hand_score=np.full((2, 21), 0.29))
    assert not draw_pose_map(**gone, height=256, width=256, style="native").any()


def opencv() -> tuple[Any, Any]:
    """OpenCV and the drawing of the whole canvas with it that the benchmark compares with."""
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed: pip install opencv-python")
    path = Path(__file__).parents[1] / "bench" / "bench_pose_map.py"
    return cv2, runpy.run_path(str(path))["reference"]


@pytest.mark.parametrize("style", ["aligned2160", "native"])
@pytest.mark.parametrize("size", [(512, 512), (200, 333), (64, 31)])
def test_random_figures_are_drawn_as_with_opencv_to_the_pixel(style: Any, size: tuple[int, int]) -> None:
    cv2, peer = opencv()
    chance = np.random.default_rng(sum(size))
    for spread in (0.5, 1.6):  # inside, and half of the points outside
        # the lines of a hand that leave the picture differ by a pixel of the canvas: see raster._joined
        spans = (((18, 2), spread), ((2, 21, 2), 0.5), ((68, 2), spread))
        values = [chance.uniform(0.5 - span, 0.5 + span, shape) for shape, span in spans]
        scores = [chance.uniform(0, 1, shape) for shape in (18, (2, 21), 68)]
        ours = draw_pose_map(*values, *scores, *size, style=style)
        if style == "native":
            values[1:] = [np.where(s[..., None] < 0.3, -1.0, v) for v, s in zip(values[1:], scores[1:], strict=True)]
            scores = [np.where(scores[0] > 0.3, 1.0, 0.0), np.ones((2, 21)), np.ones(68)]
        theirs = peer(cv2, *values, *scores, *size, **({"canvas_side": min(size)} if style == "native" else {}))
        np.testing.assert_array_equal(ours, theirs)
