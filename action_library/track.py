"""Clips as bytes: the stored form of a track, content-addressed by its sha256.

Layout, little-endian: magic and version, fps, frames, joints, which joints move; then zlib over the values, their
bytes grouped by significance since neighbouring floats share their upper bytes. A joint that never moves (fingers,
mostly) is stored once. Nothing is rounded.
"""

from __future__ import annotations

import hashlib
import struct
import zlib

import numpy as np

from motion_engine.errors import BadClip, LimitExceeded
from motion_engine.types import CONTACT_JOINTS, Array, Clip, canonical_skeleton

LARGEST_TRACK = 12 * 1024 * 1024  # bytes; leaves room below the 16 MB that document stores allow
LONGEST_TRACK = 108_000  # frames: an hour at 30 fps
FASTEST_TRACK = 1000.0  # fps
_HEAD = struct.Struct("<4sdIH")  # magic, fps, frames, joints
_MAGIC = b"MEC1"
_LEVEL = 1  # higher levels take 3 times as long for 2 % less


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
    moving = (clip.rotation != clip.rotation[:1]).any(axis=(0, 2))
    values = np.concatenate(
        (clip.root_position.ravel(), clip.rotation[:, moving].ravel(), clip.rotation[0, ~moving].ravel())
    ).astype("<f4")
    grouped = values.view(np.uint8).reshape(-1, 4).T.tobytes() + np.packbits(clip.contacts).tobytes()
    head = _HEAD.pack(_MAGIC, clip.fps, len(clip), len(moving)) + np.packbits(moving).tobytes()
    data = head + zlib.compress(grouped, _LEVEL)
    if len(data) > LARGEST_TRACK:
        megabytes = LARGEST_TRACK >> 20
        raise LimitExceeded(f"The clip takes {len(data) / 2**20:.1f} MB, {megabytes} are allowed: crop it.")
    return data


def decode(data: bytes) -> Clip:
    """The clip of `encode`'s bytes; BadClip if they are damaged or of a newer version."""
    skeleton = canonical_skeleton()
    joints, contacts = len(skeleton.names), len(CONTACT_JOINTS)
    if data[:4] != _MAGIC or len(data) < _HEAD.size:
        raise BadClip("the stored track is damaged, or of a newer version of this program")
    _, fps, frames, stored = _HEAD.unpack_from(data)
    if stored != joints or not 0 < frames <= LONGEST_TRACK or not 0 < fps <= FASTEST_TRACK:
        raise BadClip(f"the stored track says {stored} joints, {frames} frames, {fps:g} fps: it is damaged")
    end = _HEAD.size + (joints + 7) // 8
    moving = np.unpackbits(np.frombuffer(data[_HEAD.size : end], np.uint8), count=joints).astype(bool)
    turns = int(moving.sum())
    floats = frames * 3 + frames * turns * 4 + (joints - turns) * 4
    expected = floats * 4 + (frames * contacts + 7) // 8
    body = _inflate(data[end:], expected)
    values = np.frombuffer(body, np.uint8, floats * 4).reshape(4, -1).T.copy().view("<f4").ravel()
    root, turning, still = np.split(values, (frames * 3, frames * 3 + frames * turns * 4))
    rotation: Array = np.empty((frames, joints, 4), dtype=np.float32)
    rotation[:, moving] = turning.reshape(frames, turns, 4)
    rotation[:, ~moving] = still.reshape(-1, 4)
    flags = np.unpackbits(np.frombuffer(body, np.uint8, offset=floats * 4), count=frames * contacts)
    return Clip(skeleton, float(fps), root.reshape(frames, 3), rotation, flags.reshape(frames, contacts).astype(bool))


def _inflate(data: bytes, expected: int) -> bytes:
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
