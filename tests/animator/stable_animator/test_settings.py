from __future__ import annotations

from typing import Any

import pytest

from animator.stable_animator.settings import Settings
from motion_engine.errors import RenderFailed


def test_defaults_are_those_of_the_released_script() -> None:
    settings = Settings()
    assert (settings.steps, settings.guidance, settings.tile_size, settings.overlap) == (25, 3.0, 16, 4)
    assert (settings.noise_aug, settings.motion_bucket_id, settings.fps, settings.decode_chunk) == (0.02, 127, 7, 4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0},
        {"guidance": 0.9},
        {"guidance": float("nan")},
        {"guidance": (1.0, float("inf"))},
        {"guidance": (1.0, 2.0, 3.0)},
        {"tile_size": 1},
        {"overlap": 0},
        {"tile_size": 4, "overlap": 4},
        {"noise_aug": -0.1},
        {"noise_aug": float("nan")},
        {"decode_chunk": 0},
    ],
)
def test_wrong_values_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(RenderFailed, match=f"^{list(wrong)[-1]} .*it must be"):
        Settings(**wrong)
