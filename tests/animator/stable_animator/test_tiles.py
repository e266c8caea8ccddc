from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from animator.stable_animator.tiles import padded, tile_weights, tiles


def test_tiles_of_a_clip_as_in_the_reference() -> None:
    assert tiles(16) == [list(range(16))]
    assert tiles(28) == [list(range(16)), [0, *range(13, 28)]]
    assert tiles(30) == [list(range(16)), [0, *range(13, 28)], [0, *range(15, 30)]]
    assert tiles(13, 8, 2) == [list(range(8)), [0, *range(6, 13)]]


@given(st.integers(2, 20).flatmap(lambda size: st.tuples(st.just(size), st.integers(1, size - 1), st.integers(1, 90))))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_every_frame_is_in_a_tile_and_the_first_in_each(case: tuple[int, int, int]) -> None:
    size, overlap, frames = case
    length = padded(frames, size)
    found = tiles(length, size, overlap)
    assert length == max(frames, size)
    assert {i for tile in found for i in tile} == set(range(length))
    for tile in found:
        assert tile[0] == 0
        assert len(set(tile)) == len(tile) == size
        assert tile[1:] == list(range(tile[1], tile[1] + size - 1))


def test_weights_are_a_triangle() -> None:
    np.testing.assert_allclose(tile_weights(4), [0.25, 0.75, 0.75, 0.25])
    weights = tile_weights(16)
    np.testing.assert_allclose(weights[:8], (np.arange(8) + 0.5) / 8)
    np.testing.assert_allclose(weights, weights[::-1])
    assert tile_weights(3).min() > 0
