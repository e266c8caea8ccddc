from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from animator.mannequin import MannequinRenderer
from animator.parallel import AHEAD, ordered_map
from animator.pose_map import draw_pose_maps
from motion_engine.errors import BadClip, LimitExceeded, RenderFailed
from motion_engine.types import PoseSequence


def squares(offset: int) -> Callable[[int], tuple[int, int]]:
    def work(item: int) -> tuple[int, int]:
        time.sleep(0.02 * (item % 3))  # later ones are done before earlier ones
        if item == 99:
            raise BadClip("ninety-nine")
        if item == 666:
            os.kill(os.getpid(), signal.SIGKILL)
        return item * item + offset, os.getpid()

    return work


def test_results_come_in_order_from_other_processes() -> None:
    found = list(ordered_map(partial(squares, 1), range(12), workers=2))
    assert [value for value, _ in found] == [item * item + 1 for item in range(12)]
    assert os.getpid() not in {pid for _, pid in found}
    assert list(ordered_map(partial(squares, 1), range(3), workers=1)) == [(n * n + 1, os.getpid()) for n in range(3)]


def test_items_are_taken_as_needed_and_processes_end_with_the_generator() -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    results = ordered_map(partial(squares, 0), items(), workers=2)
    pids = {next(results)[1] for _ in range(4)}
    assert len(taken) <= 4 + 2 * AHEAD
    results.close()  # type: ignore[attr-defined]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_errors_and_deaths_are_told() -> None:
    with pytest.raises(BadClip, match="ninety-nine"):
        list(ordered_map(partial(squares, 0), [1, 99, 2], workers=2))
    with pytest.raises(RenderFailed, match="died"):
        list(ordered_map(partial(squares, 0), [1, 666, 2], workers=2))


def test_two_processes_draw_what_one_does(make: Any) -> None:
    clip = make.clip(70, arm=1.0, sway=0.3, speed=1.0)
    captions = ["first" if frame < 30 else "" for frame in range(70)]
    renderer = MannequinRenderer("convex", 64, 96)
    one, two = (list(renderer.frames(clip, captions=captions, workers=n)) for n in (1, 2))
    assert len(one) == len(two) == 70
    np.testing.assert_array_equal(one, two)


def test_two_processes_draw_the_same_pose_maps() -> None:
    chance = np.random.default_rng(0)
    shapes: tuple[tuple[int, ...], ...] = ((18,), (2, 21), (68,))
    points = [chance.uniform(0.2, 0.8, (70, *shape, 2)) for shape in shapes]
    scores = [chance.uniform(0, 1, (70, *shape)) for shape in shapes]
    sequence = PoseSequence(30.0, *points, *scores)
    one, two = (list(draw_pose_maps(sequence, 64, 64, workers=n)) for n in (1, 2))
    assert len(one) == 70
    np.testing.assert_array_equal(one, two)


def test_clips_that_cannot_be_drawn(make: Any) -> None:
    clip = make.clip(3)
    root = clip.root_position.copy()
    root[1, 1] = np.nan
    renderer = MannequinRenderer("convex", 32, 32)
    with pytest.raises(BadClip, match="NaN"):
        next(renderer.frames(type(clip)(clip.skeleton, clip.fps, root, clip.rotation, clip.contacts)))
    with pytest.raises(RenderFailed, match="0 x 32"):
        MannequinRenderer("convex", 0, 32)
    with pytest.raises(LimitExceeded, match="20000 x 20000"):
        MannequinRenderer("convex", 20_000, 20_000)
