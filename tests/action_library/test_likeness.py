from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from action_library.ingest import ingest
from action_library.likeness import motion_vector
from motion_engine import clips as edit
from motion_engine.types import Clip

BANDAI = Path(__file__).parents[2] / "../shared/mocap/bandai"
# Files are called by their scripts: "bye", "byebye" and "wave-left-hand" all show somebody who waves.
SAME = {"bye": "wave", "byebye": "wave", "dash": "run"}


def content(path: Path) -> str:
    word = path.stem.split("_")[1].split("-")[0]
    return SAME.get(word, word)


@pytest.fixture(scope="module")
def captures() -> dict[Path, Clip]:
    paths = sorted(BANDAI.glob("*.bvh"))
    if not paths:
        pytest.skip("there is no ../shared/mocap")
    return {path: ingest(path, name="x")[1] for path in paths}


def test_the_nearest_clip_shows_the_same(captures: dict[Path, Clip]) -> None:
    names = np.array([content(path) for path in captures])
    vectors = np.stack([motion_vector(clip) for clip in captures.values()])
    near = vectors @ vectors.T
    np.fill_diagonal(near, -2.0)
    found = names[near.argmax(axis=1)] == names
    asked = np.array([path.stem.split("_")[1].split("-")[0] in ("walk", "run", "bow", "bye") for path in captures])
    several = np.array([(names == name).sum() > 1 for name in names])
    assert asked.sum() >= 30
    assert found[asked].mean() >= 0.95  # 0.97 reached
    assert found[several].mean() >= 0.9  # 0.93 reached


def test_a_mirrored_clip_is_near_but_not_the_same(captures: dict[Path, Clip]) -> None:
    own = np.stack([motion_vector(clip) for clip in captures.values()])
    mirrored = np.stack([motion_vector(edit.mirror(clip)) for clip in captures.values()])
    near = np.sum(own * mirrored, axis=1)
    assert near.min() > 0.3
    assert np.median(near) > 0.9
    assert near.max() < 1.0 - 1e-4
    usual = np.median(own @ own.T)
    assert near.min() > usual + 0.2


def test_it_is_of_unit_length_even_if_nothing_moves(make: Any) -> None:
    for frames in (1, 2, 90):
        vector = motion_vector(make.clip(frames))
        assert vector.shape == (64,)
        assert vector.dtype == np.float32
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(("x", "z", "heading"), [(3.0, -2.0, 0.0), (0.0, 0.0, 2.9), (-15.0, 8.0, -1.7)])
def test_where_it_happens_does_not_matter(make: Any, x: float, z: float, heading: float) -> None:
    clip = make.clip(60, speed=1.0, sway=0.5)
    moved = edit.place(clip, np.array([x, 0.0, z]), heading, pivot=clip.root_position[0], own_heading=0.0)
    assert motion_vector(clip) == pytest.approx(motion_vector(moved), abs=2e-3)
    assert motion_vector(clip) @ motion_vector(make.clip(60, arm=1.0)) < 0.9
