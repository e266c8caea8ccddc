"""Clips as bytes: the stored form of a track, content-addressed by its sha256.

Layout, little-endian: magic and version, fps, frames, joints, which joints move; the low bytes of the rotations; then
zlib over the rest. Quaternions of moving joints are kept in 16 bits a component (less than 0.01 degrees off), positions
of the root in steps of STEP, both as differences from the frame before: motion is smooth, so the upper bytes are mostly
zeros, while the low ones are noise that hardly gets smaller and slowly. A joint that never moves (fingers, mostly) is
kept once, as it is. Version 1, which older libraries contain, rounds nothing and compresses all.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from motion_engine.errors import BadClip, LimitExceeded
from motion_engine.types import CONTACT_JOINTS, Array, Clip, canonical_skeleton

LARGEST_TRACK = 12 * 1024 * 1024  # bytes; leaves room below the 16 MB that document stores allow
LONGEST_TRACK = 108_000  # frames: an hour at 30 fps
FASTEST_TRACK = 1000.0  # fps
_HEAD = struct.Struct("<4sdIH")  # magic, fps, frames, joints
STEP = 2e-5  # m, of root positions
UNIT = 32767.0  # 1.0 of a quaternion's component
_FARTHEST = 2**31 * STEP / 2  # m from the origin: 21 km
_MAGIC, _MAGIC_1 = b"MEC2", b"MEC1"
_LEVEL = 6


@dataclass(frozen=True, eq=False)
class Integers:
    """A track in its stored precision; made into bytes and back it stays exactly the same."""

    fps: float
    root_position: Array  # (T, 3) int32, steps of STEP
    rotation: Array  # (T, 52, 4) int16, wxyz in 1 / UNIT
    contacts: Array  # (T, 4) bool


def encode(clip: Clip) -> bytes:
    """The clip as bytes; the same clip gives the same bytes.

    Raises:
        BadClip: It is not on the canonical skeleton.
        LimitExceeded: It is too long.
    """
    if clip.skeleton.names != canonical_skeleton().names:
        raise BadClip("only clips on the canonical skeleton can be stored; retarget first")
    if len(clip) > LONGEST_TRACK:
        raise LimitExceeded(f"The clip has {len(clip)} frames, {LONGEST_TRACK} are allowed: crop it.")
    if not (np.isfinite(clip.root_position).all() and np.isfinite(clip.rotation).all()):
        raise BadClip("the clip has values that are not finite")
    if np.abs(clip.root_position).max() > _FARTHEST:
        raise BadClip(f"the clip goes more than {_FARTHEST / 1000:.0f} km from the origin: is its unit right?")
    root = np.rint(clip.root_position.astype(np.float64) / STEP).astype("<i4")
    turns = np.rint(clip.rotation * UNIT).astype("<i2")
    return from_integers(Integers(clip.fps, root, turns, clip.contacts))


def from_integers(track: Integers) -> bytes:
    """The bytes of a track in its stored precision; LimitExceeded if they are too many."""
    frames, joints = track.rotation.shape[:2]
    moving = (track.rotation != track.rotation[:1]).any(axis=(0, 2))
    low, high = _planes(track.rotation[:, moving].reshape(frames, -1))
    still = track.rotation[0, ~moving].tobytes()
    rest = high + b"".join(_planes(track.root_position)) + still + np.packbits(track.contacts).tobytes()
    head = _HEAD.pack(_MAGIC, track.fps, frames, joints) + np.packbits(moving).tobytes()
    data = head + low + zlib.compress(rest, _LEVEL)
    if len(data) > LARGEST_TRACK:
        megabytes = LARGEST_TRACK >> 20
        raise LimitExceeded(f"The clip takes {len(data) / 2**20:.1f} MB, {megabytes} are allowed: crop it.")
    return data


def to_integers(data: bytes) -> Integers:
    """The track of `from_integers`'s bytes; BadClip if they are damaged. One of version 1 is rounded."""
    if data[:4] != _MAGIC:
        return to_integers(encode(decode(data)))
    fps, moving, (root, turning, still, contacts) = _parts(data)
    rotation = np.empty((len(root), len(moving), 4), dtype="<i2")
    rotation[:, moving], rotation[:, ~moving] = turning, still
    return Integers(fps, root, rotation, contacts)


def decode(data: bytes) -> Clip:
    """The clip of `encode`'s bytes; BadClip if they are damaged or of a newer version."""
    fps, moving, (root, turning, still, contacts) = _parts(data)
    if turning.dtype != np.float32:
        root, turning, still = root * STEP, _unit(turning), _unit(still)
    rotation: Array = np.empty((len(root), len(moving), 4), dtype=np.float32)
    for first, last in pairwise((0, *(np.flatnonzero(np.diff(moving)) + 1).tolist(), len(moving))):
        place = int(moving[:first].sum())  # whole runs of joints are copied far faster than single ones
        values = turning[:, place : place + last - first] if moving[first] else still[first - place : last - place]
        rotation[:, first:last] = values
    return Clip(canonical_skeleton(), fps, root, rotation, contacts)


def _parts(data: bytes) -> tuple[float, Array, _Parts]:
    """Rate, which joints move, and the values, in the types in which they are stored."""
    joints, contacts = len(canonical_skeleton().names), len(CONTACT_JOINTS)
    if data[:4] not in (_MAGIC, _MAGIC_1) or len(data) < _HEAD.size:
        raise BadClip("the stored track is damaged, or of a newer version of this program")
    _, fps, frames, stored = _HEAD.unpack_from(data)
    if stored != joints or not 0 < frames <= LONGEST_TRACK or not 0 < fps <= FASTEST_TRACK:
        raise BadClip(f"the stored track says {stored} joints, {frames} frames, {fps:g} fps: it is damaged")
    end = _HEAD.size + (joints + 7) // 8
    moving = np.unpackbits(np.frombuffer(data[_HEAD.size : end], np.uint8), count=joints).astype(bool)
    read = _read if data[:4] == _MAGIC else _read_1
    root, turning, still, bits = read(memoryview(data)[end:], frames, int(moving.sum()), (frames * contacts + 7) // 8)
    flags = np.unpackbits(np.frombuffer(bits, np.uint8), count=frames * contacts).reshape(frames, contacts)
    return float(fps), moving, (root, turning, still, flags.astype(bool))


def _unit(turns: Array) -> Array:
    """Integers `(..., 4)` as unit quaternions, float32."""
    values = turns.astype(np.float32)
    length = np.sqrt(np.einsum("...c,...c->...", values, values))
    if length.size and length.min() < UNIT / 2:
        raise BadClip("the stored track has rotations that are none: it is damaged")
    values /= length[..., None]
    return values


_Parts = tuple[Array, Array, Array, Any]  # root (T, 3), moving (T, M, 4), still (J - M, 4), contacts or their bits


def _read(data: memoryview, frames: int, turns: int, flags: int) -> _Parts:
    """The values behind the head."""
    channels, still = turns * 4, (len(canonical_skeleton().names) - turns) * 8
    count, step = frames * channels, frames * 3
    low, sizes = data[:count], (count, step * 4, still, flags)
    if len(low) != count:
        raise BadClip("the stored track is shorter than it says: it is damaged")
    high, root, rest, bits = _split(_inflate(data[count:], sum(sizes)), sizes)
    turning = _joined((low, high), "<i2", frames, channels).reshape(frames, turns, 4)
    planes = [root[place * step : (place + 1) * step] for place in range(4)]
    return _joined(planes, "<i4", frames, 3), turning, np.frombuffer(rest, "<i2").reshape(-1, 4), bits


def _read_1(data: memoryview, frames: int, turns: int, flags: int) -> _Parts:
    """The values behind the head of version 1: all floats, their bytes grouped by significance."""
    sizes = (frames * 3, frames * turns * 4, (len(canonical_skeleton().names) - turns) * 4)
    body, bits = _split(_inflate(data, sum(sizes) * 4 + flags), (sum(sizes) * 4, flags))
    values = np.frombuffer(body, np.uint8).reshape(4, -1).T.copy().view("<f4").ravel()
    root, turning, still = np.split(values, np.cumsum(sizes)[:2])
    return root.reshape(frames, 3), turning.reshape(frames, turns, 4), still.reshape(-1, 4), bits


def _planes(values: Array) -> list[bytes]:
    """Differences along the frames of integers `(frames, channels)`: the lowest bytes of all, then the next, ..."""
    steps = np.diff(values, axis=0, prepend=np.zeros_like(values[:1]))
    return [plane.tobytes() for plane in steps.reshape(-1, 1).view(np.uint8).T]


def _joined(planes: Sequence[memoryview], dtype: str, frames: int, channels: int) -> Array:
    """The integers `(frames, channels)` of `_planes`."""
    kind = np.dtype(dtype)
    steps = np.empty((frames * channels, kind.itemsize), dtype=np.uint8)
    for place, plane in enumerate(planes):
        steps[:, place] = np.frombuffer(plane, np.uint8)
    return np.cumsum(steps.view(kind).reshape(frames, channels), axis=0, dtype=kind)


def _split(data: bytes, sizes: Sequence[int]) -> list[memoryview]:
    ends = np.cumsum(sizes).tolist()
    return [memoryview(data)[end - size : end] for size, end in zip(sizes, ends, strict=True)]


def _inflate(data: memoryview, expected: int) -> bytes:
    """Decompressed, but never more than `expected` bytes; BadClip if it is not exactly that."""
    stream = zlib.decompressobj()
    try:
        body = stream.decompress(data, expected + 1)
    except zlib.error as error:
        raise BadClip(f"the stored track is damaged: {error}") from None
    if len(body) != expected:
        raise BadClip(f"the stored track has {len(body)} bytes of values instead of {expected}: it is damaged")
    return body


def track_key(data: bytes) -> str:
    """The sha256 of a track's bytes, as stores use it."""
    return hashlib.sha256(data).hexdigest()
