from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from action_library.track import decode, encode, from_integers, to_integers, track_key
from motion_engine import quat
from motion_engine.errors import BadClip, LimitExceeded
from motion_engine.types import Clip, Skeleton, canonical_skeleton


def assert_same(again: Clip, clip: Clip) -> None:
    """Within 0.01 degrees and 0.02 mm; contacts exactly."""
    assert again.fps == clip.fps
    assert np.abs(again.root_position - clip.root_position).max() <= 2e-5
    assert np.degrees(quat.angle_between(clip.rotation.astype(float), again.rotation.astype(float)).max()) < 0.01
    assert np.allclose(np.linalg.norm(again.rotation, axis=-1), 1.0, atol=1e-6)
    assert np.array_equal(again.contacts, clip.contacts)


def test_little_is_lost_and_still_joints_cost_nothing(make: Any) -> None:
    clip = make.clip(61, speed=1.3, arm=0.4, sway=0.5)
    data = encode(clip)
    again = decode(data)
    assert_same(again, clip)
    assert len(data) < 0.1 * clip.rotation.nbytes
    assert decode(encode(again)).rotation == pytest.approx(again.rotation, abs=2e-5)
    assert encode(clip) == data
    assert from_integers(to_integers(data)) == data
    assert len(track_key(data)) == 64


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_short_clips(make: Any, frames: int) -> None:
    clip = make.clip(frames, sway=0.3)
    assert_same(decode(encode(clip)), clip)


def test_rotations_of_any_kind_far_away() -> None:
    chance = np.random.default_rng(1)
    rotation = quat.normalize(chance.normal(size=(50, 52, 4)))
    root = chance.uniform(-5000.0, 5000.0, size=(50, 3)).astype(np.float32)
    clip = Clip(canonical_skeleton(), 30.0, root, rotation, chance.random((50, 4)) < 0.5)
    data = encode(clip)
    again = decode(data)
    assert np.abs(again.root_position - root).max() < 1e-3  # as float32 is there
    assert_same(again, replace(clip, root_position=again.root_position))
    assert len(data) < 0.55 * rotation.astype(np.float32).nbytes
    with pytest.raises(BadClip, match="km from the origin"):
        encode(replace(clip, root_position=root * 1e5))


def test_tracks_of_version_1_are_read(make: Any) -> None:
    clip = make.clip(5, sway=0.4, speed=1.0)
    moving = (clip.rotation != clip.rotation[:1]).any(axis=(0, 2))
    floats = (clip.root_position.ravel(), clip.rotation[:, moving].ravel(), clip.rotation[0, ~moving].ravel())
    values = np.concatenate(floats).astype("<f4").view(np.uint8).reshape(-1, 4).T.tobytes()
    head = struct.pack("<4sdIH", b"MEC1", clip.fps, 5, 52) + np.packbits(moving).tobytes()
    again = decode(head + zlib.compress(values + np.packbits(clip.contacts).tobytes()))
    assert np.array_equal(again.rotation, clip.rotation)
    assert np.array_equal(again.root_position, clip.root_position)
    assert np.array_equal(again.contacts, clip.contacts)


def test_damaged_bytes_are_refused(make: Any) -> None:
    data = encode(make.clip(30, sway=0.3))
    for wrong in (
        b"",
        b"MEC1",
        data[:30],
        data[:-40],
        b"MEC3" + data[4:],
        b"MEC1" + data[4:],
        data[:4] + b"\xff" * 60,
        data[:60] + data,
    ):
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
    noise = quat.normalize(np.random.default_rng(0).normal(size=(40_000, 52, 4)))
    with pytest.raises(LimitExceeded, match="12 are allowed"):
        encode(
            replace(endless, rotation=noise, root_position=np.zeros((40_000, 3)), contacts=endless.contacts[:40_000])
        )
