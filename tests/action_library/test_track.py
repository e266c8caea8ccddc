from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from action_library.track import decode, encode, track_key
from motion_engine.errors import BadClip, LimitExceeded
from motion_engine.types import Skeleton


def test_nothing_is_lost_and_still_joints_cost_nothing(make: Any) -> None:
    clip = make.clip(61, speed=1.3, arm=0.4, sway=0.5)
    data = encode(clip)
    again = decode(data)
    assert again.fps == clip.fps
    assert np.array_equal(again.root_position, clip.root_position)
    assert np.array_equal(again.rotation, clip.rotation)
    assert np.array_equal(again.contacts, clip.contacts)
    assert len(data) < 0.2 * clip.rotation.nbytes
    assert encode(again) == data
    assert len(track_key(data)) == 64


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_short_clips(make: Any, frames: int) -> None:
    clip = make.clip(frames, sway=0.3)
    assert np.array_equal(decode(encode(clip)).rotation, clip.rotation)


def test_damaged_bytes_are_refused(make: Any) -> None:
    data = encode(make.clip(30, sway=0.3))
    for wrong in (b"", b"MEC1", data[:30], data[:-40], b"MEC2" + data[4:], data[:4] + b"\xff" * 60, data[:60] + data):
        with pytest.raises(BadClip, match="damaged"):
            decode(wrong)
    for position in range(11, 18):  # rate, frames and joints
        flipped = bytearray(data)
        flipped[position] ^= 0x80
        with pytest.raises(BadClip, match="damaged"):
            decode(bytes(flipped))


def test_other_skeletons_and_endless_clips_are_refused(make: Any) -> None:
    clip = make.clip(3)
    skeleton = Skeleton(("root",), (-1,), np.zeros((1, 3)))
    with pytest.raises(BadClip, match="canonical"):
        encode(replace(clip, skeleton=skeleton, rotation=clip.rotation[:, :1]))
    with pytest.raises(BadClip, match="finite"):
        encode(replace(clip, root_position=clip.root_position * np.nan))
    frames = 108_001
    endless = replace(
        clip,
        root_position=np.zeros((frames, 3)),
        rotation=np.broadcast_to(clip.rotation[:1], (frames, 52, 4)),
        contacts=np.zeros((frames, 4), dtype=bool),
    )
    with pytest.raises(LimitExceeded, match="108000 are allowed"):
        encode(endless)
    noise = np.random.default_rng(0).normal(size=(20_000, 52, 4)).astype(np.float32)
    with pytest.raises(LimitExceeded, match="12 are allowed"):
        encode(
            replace(endless, rotation=noise, root_position=np.zeros((20_000, 3)), contacts=endless.contacts[:20_000])
        )
