from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from animator.triangles import Patch, draw
from motion_engine.types import Array

SQUARE = np.array([[0, 0], [8, 0], [8, 8], [0, 8]], dtype=float)
# Counter-clockwise in the world, where y points up: the other way round in the picture.
SQUARE_FACES = np.array([[0, 2, 1], [0, 3, 2]]).T


def canvas(patch: Patch | None, width: int, height: int) -> tuple[Array, Array]:
    picture, coverage = np.zeros((height, width, 3), np.float32), np.zeros((height, width))
    assert patch is not None
    patch.over(picture)
    h, w = patch.coverage.shape
    coverage[patch.top : patch.top + h, patch.left : patch.left + w] = patch.coverage
    return picture, coverage


def square(corner: tuple[float, float], size: float) -> Array:
    return SQUARE / 8 * size + corner


def flat(count: int, value: float) -> Array:
    return np.full((count, 3), value, dtype=np.float32)


def test_square_covers_exactly_its_pixels() -> None:
    patch = draw(square((3, 5), 8), np.ones(4), SQUARE_FACES, flat(4, 200), 20, 20)
    picture, coverage = canvas(patch, 20, 20)
    expected = np.zeros((20, 20))
    expected[5:13, 3:11] = 1
    np.testing.assert_array_equal(coverage, expected)
    np.testing.assert_allclose(picture[expected > 0], 200, atol=1e-3)


def test_edge_through_a_pixel_covers_half_of_it() -> None:
    _, coverage = canvas(draw(square((2.5, 2), 8), np.ones(4), SQUARE_FACES, flat(4, 1), 16, 16), 16, 16)
    np.testing.assert_array_equal(coverage[5, 2:11], [0.5, 1, 1, 1, 1, 1, 1, 1, 0.5])


def test_back_is_not_drawn() -> None:
    patch = draw(square((2, 2), 8), np.ones(4), SQUARE_FACES[::-1], flat(4, 1), 16, 16)
    assert patch is None or not patch.coverage.any()


@pytest.mark.parametrize("order", [1, -1])
def test_nearer_one_hides_the_other_whatever_the_order(order: int) -> None:
    points = np.concatenate((square((2, 2), 8), square((6, 6), 8)))
    nearness = np.repeat([1.0, 2.0], 4)
    color = np.concatenate((flat(4, 50), flat(4, 150)))
    faces = np.concatenate((SQUARE_FACES, SQUARE_FACES + 4), axis=1)[:, ::order]
    picture, _ = canvas(draw(points, nearness, faces, color, 20, 20), 20, 20)
    assert picture[8, 8, 0] == pytest.approx(150, abs=1e-3)
    assert picture[3, 3, 0] == pytest.approx(50, abs=1e-3)


def test_colours_are_interpolated() -> None:
    color = np.array([[0, 0, 0], [80, 0, 0], [80, 80, 0], [0, 80, 0]], dtype=np.float32)
    picture, _ = canvas(draw(SQUARE, np.ones(4), SQUARE_FACES, color, 8, 8), 8, 8)
    centre = 10 * (np.arange(8) + 0.5)
    np.testing.assert_allclose(picture[..., 0], np.broadcast_to(centre, (8, 8)), atol=1e-3)
    np.testing.assert_allclose(picture[..., 1], np.broadcast_to(centre[:, None], (8, 8)), atol=1e-3)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_neighbours_leave_no_gap_and_never_overlap(seed: int) -> None:
    """A jittered mesh that fills the picture: each sample shows one triangle, so every pixel is covered exactly."""
    rng = np.random.default_rng(seed)
    count = 9
    x, y = np.meshgrid(np.linspace(-2, 22, count), np.linspace(-2, 22, count))
    points = np.stack((x, y), axis=-1)
    points[1:-1, 1:-1] += rng.uniform(-1, 1, (count - 2, count - 2, 2))
    index = np.arange(count * count).reshape(count, count)
    a, b, c, d = index[:-1, :-1].ravel(), index[:-1, 1:].ravel(), index[1:, 1:].ravel(), index[1:, :-1].ravel()
    faces = np.concatenate((np.stack((a, c, b)), np.stack((a, d, c))), axis=1)
    patch = draw(points.reshape(-1, 2), np.ones(count * count), faces, flat(count * count, 100), 20, 20)
    picture, coverage = canvas(patch, 20, 20)
    np.testing.assert_array_equal(coverage, 1.0)
    np.testing.assert_allclose(picture, 100, atol=1e-2)


def test_two_in_one_plane_are_drawn_once() -> None:
    faces = np.concatenate((SQUARE_FACES, SQUARE_FACES), axis=1)
    picture, coverage = canvas(draw(square((2, 2), 8), np.ones(4), faces, flat(4, 90), 16, 16), 16, 16)
    assert coverage.max() == 1.0
    assert picture[5, 5, 0] == pytest.approx(90, abs=1e-3)


def test_what_lies_outside_or_behind_is_left_out() -> None:
    behind = np.array([1.0, 1.0, 1.0, -1.0])
    patch = draw(square((2, 2), 8), behind, SQUARE_FACES, flat(4, 1), 16, 16)
    assert patch is not None and patch.coverage.sum() == pytest.approx(32, abs=4)  # one of two triangles
    assert draw(square((2, 2), 8), -behind * 0 - 1, SQUARE_FACES, flat(4, 1), 16, 16) is None
    assert draw(square((40, 2), 8), np.ones(4), SQUARE_FACES, flat(4, 1), 16, 16) is None
    half = draw(square((-4, 2), 8), np.ones(4), SQUARE_FACES, flat(4, 1), 16, 16)
    assert half is not None and half.coverage.sum() == 32


def test_patch_blends_over_what_is_there() -> None:
    picture = np.full((4, 4, 3), 100, np.float32)
    Patch(1, 1, np.full((2, 2, 3), 50, np.float32), np.full((2, 2), 0.5, np.float32)).over(picture)
    assert picture[1, 1, 0] == 100 and picture[0, 0, 0] == 100
    Patch(1, 1, np.full((2, 2, 3), 10, np.float32), np.ones((2, 2), np.float32)).over(picture)
    assert (picture[1:3, 1:3] == 10).all() and picture[3, 3, 0] == 100
