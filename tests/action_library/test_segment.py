from __future__ import annotations

import tracemalloc
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from action_library import starter
from action_library.segment import segments
from motion_engine.compose import compose
from motion_engine.schedule import schedule
from motion_engine.types import ActionCall, ActionInfo, Clip, Plan, Step

# Those that stand before and after.
NAMES = (
    "walk jump kick punch spin spin_kick cartwheel backflip dance_b bow cheer clap crouch hop jumping_jack march nod "
)
NAMES += "point raise_hand salute shake_head shrug stretch turn wave look_around"


@pytest.fixture(scope="module")
def library() -> tuple[dict[str, ActionInfo], dict[str, Clip]]:
    if starter.mocap_folder() is None:
        pytest.skip("the package pybullet is not installed")
    made = starter.make(starter.missing_units(())).made
    return {action.name: action.info() for action, _ in made}, {action.name: clip for action, clip in made}


def recording(
    library: tuple[dict[str, ActionInfo], dict[str, Clip]], names: list[str], rests: list[float]
) -> tuple[Clip, list[tuple[float, float]]]:
    """Actions with rests between them, and when they begin and end: where the blend with the rest does."""
    calls = []
    for name, rest in zip(names, rests, strict=True):
        calls.append(ActionCall("idle", "idle", duration=rest))
        calls.append(ActionCall(name, name, distance=4.0 if name == "walk" else None))
    calls.append(ActionCall("idle", "idle", duration=1.5))
    infos, clips = library
    track = compose(schedule(Plan("", "en", tuple(Step((call,)) for call in calls)), infos), clips, infos)
    played = track.timeline.segments
    times = [(a.start - a.blend / 2, a.end + b.blend / 2) for a, b in pairwise(played) if a.action != "idle"]
    return track.clip, times


def tiled(clip: Clip, frames: int) -> Clip:
    times = frames // len(clip) + 1
    return replace(
        clip,
        root_position=np.tile(clip.root_position, (times, 1))[:frames],
        rotation=np.tile(clip.rotation, (times, 1, 1))[:frames],
        contacts=np.tile(clip.contacts, (times, 1))[:frames],
    )


def test_recordings_are_cut_at_their_rests(library: tuple[dict[str, ActionInfo], dict[str, Clip]]) -> None:
    random = np.random.default_rng(5)
    found, cut = [], []
    for _ in range(5):
        names = random.permutation(NAMES.split()).tolist()[:9]
        clip, times = recording(library, names, random.uniform(0.8, 2.0, 9).tolist())
        true, got = np.ravel(times), np.ravel(segments(clip))
        found += [np.abs(got - time).min() < 0.35 for time in true]
        cut += [np.abs(true - time).min() < 0.35 for time in got]
    assert np.mean(found) >= 0.9
    assert np.mean(cut) >= 0.8  # a look to the left, ahead and to the right may be three


def test_what_is_found_is_in_order_and_moves(library: tuple[dict[str, ActionInfo], dict[str, Clip]]) -> None:
    clip, _ = recording(library, ["walk", "nod", "jump", "wave"], [3.0, 2.0, 1.0, 2.0])
    for shortest, longest in ((0.7, 12.0), (0.3, 2.0), (2.0, 5.0)):
        found = segments(clip, shortest=shortest, longest=longest)
        assert found
        assert all(shortest - 0.02 <= end - start <= longest + 0.02 for start, end in found)
        assert all(a[1] <= b[0] for a, b in pairwise(found))
        assert found[0][0] > 2.0  # the rest before
        assert found[-1][1] < clip.duration - 0.5


def test_a_long_walk_is_cut_where_the_left_foot_comes_down(
    library: tuple[dict[str, ActionInfo], dict[str, Clip]],
) -> None:
    walk = tiled(library[1]["walk"], 3000)
    found = segments(walk)
    assert (found[0][0], found[-1][1]) == (0.0, 100.0)
    assert all(a[1] == b[0] for a, b in pairwise(found))
    assert all(8.0 < end - start <= 12.0 for start, end in found)
    for start, _ in found[1:]:
        frame = round(start * 30.0)
        assert walk.contacts[frame, :2].any() and not walk.contacts[frame - 1, :2].any()


def test_without_steps_it_is_cut_where_it_is_slowest(make: Any) -> None:
    clip = make.clip(900, sway=0.8)
    clip = replace(clip, contacts=np.zeros_like(clip.contacts))
    found = segments(clip, longest=10.0)
    assert all(a[1] == b[0] for a, b in pairwise(found))
    assert all(0.7 <= end - start <= 10.0 + 1e-6 for start, end in found)
    assert (found[0][0], found[-1][1]) == (0.0, 30.0)


def test_small_and_still_clips(make: Any) -> None:
    assert segments(make.clip(1)) == []
    assert segments(make.clip(300)) == []
    assert segments(make.clip(15, speed=1.0)) == [(0.0, 0.5)]
    assert segments(make.clip(15)) == []
    assert segments(make.clip(90, speed=1.0)) == [(0.0, 3.0)]


def test_a_hold_belongs_to_its_action(library: tuple[dict[str, ActionInfo], dict[str, Clip]]) -> None:
    for name in ("bow", "raise_hand", "point", "salute", "stretch"):
        clip, ((start, end),) = recording(library, [name], [1.5])
        assert np.array(segments(clip)) == pytest.approx(np.array([(start, end)]), abs=0.35)


def test_an_hour_takes_little_memory(library: tuple[dict[str, ActionInfo], dict[str, Clip]]) -> None:
    clip, times = recording(library, ["walk", "wave", "jump"], [1.5, 1.5, 1.5])
    peaks, counts = [], []
    for frames in (27_000, 54_000, 108_000):
        long = tiled(clip, frames)
        tracemalloc.start()
        counts.append(len(segments(long)))
        peaks.append(tracemalloc.get_traced_memory()[1] / 2**20)
        tracemalloc.stop()
    assert counts[2] == pytest.approx(108_000 / len(clip) * len(times), rel=0.1)
    assert peaks[2] < 60.0  # MB
    assert peaks[2] < 2.2 * peaks[1]
