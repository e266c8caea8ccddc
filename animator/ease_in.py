"""From a given pose into a motion, in the picture: limbs turn from where they are to where they belong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from motion_engine.curves import smoothstep
from motion_engine.types import Array, PoseSequence

KNOWN = 0.3  # the least score of a point that is taken as seen
# What each point hangs on; the neck bears the body, the wrist its hand.
BODY_PARENTS = (1, -1, 1, 2, 3, 1, 5, 6, 1, 8, 9, 1, 11, 12, 0, 0, 14, 15)
HAND_PARENTS = (-1, *(0 if i % 4 == 0 else i for i in range(20)))
NOSE, WRISTS = 0, (7, 4)  # of the body, in the order of the hands


def ease_in(sequence: PoseSequence, pose: PoseSequence, size: tuple[int, int], seconds: float) -> PoseSequence:
    """The sequence, beginning with exactly the points and scores of `pose` and itself after `seconds`.

    Each limb keeps what it does, turned and stretched by what it differs at the start, which fades out: arms swing into
    place and do not shrink on the way, as they would if points went straight.

    Args:
        sequence: T frames.
        pose: One frame. Points below the score KNOWN are not known; their scores are taken all the same.
        size: Width and height of the picture, px: angles need square units.
        seconds: How long it takes; 0 leaves the sequence as it is.
    """
    if seconds <= 0.0:
        return sequence
    weight = 1.0 - smoothstep(np.arange(len(sequence)) / (sequence.fps * seconds))
    body, known = _complex(sequence.body, size), pose.body_score[0] >= KNOWN
    start = _complex(pose.body, size)[0]
    eased = _hang(body, BODY_PARENTS, start, known, weight)
    hands = _complex(sequence.hands, size)
    for side, wrist in enumerate(WRISTS):
        carried = hands[:, side] + (eased[:, wrist] - body[:, wrist])[:, None]
        seen = pose.hand_score[0, side] >= KNOWN
        hands[:, side] = _hang(carried, HAND_PARENTS, _complex(pose.hands, size)[0, side], seen, weight)
    face = _complex(sequence.face, size) + (eased[:, NOSE] - body[:, NOSE])[:, None]
    there = pose.face_score[0] >= KNOWN
    face += weight[:, None] * np.where(there, _complex(pose.face, size)[0] - face[0], 0.0)
    return replace(
        sequence,
        body=_points(eased, size),
        hands=_points(hands, size),
        face=_points(face, size),
        body_score=_between(sequence.body_score, pose.body_score, weight),
        hand_score=_between(sequence.hand_score, pose.hand_score, weight),
        face_score=_between(sequence.face_score, pose.face_score, weight),
    )


def _hang(points: Array, parents: tuple[int, ...], start: Array, known: Array, weight: Array) -> Array:
    """Complex points `(T, N)` that begin at `start (N,)` where `known (N,)`, each seen from the one it hangs on."""
    out = np.empty_like(points)
    todo = [parents.index(-1)]
    while todo:
        point = todo.pop()
        todo += [child for child, parent in enumerate(parents) if parent == point]
        parent = parents[point]
        if parent < 0:
            out[:, point] = points[:, point] + weight * ((start[point] - points[0, point]) if known[point] else 0.0)
            continue
        limb = points[:, point] - points[:, parent]
        if known[point] and known[parent]:
            wanted = start[point] - start[parent]
            turn = np.angle(wanted * np.conj(limb[0]))
            length = np.abs(limb) + weight * (np.abs(wanted) - np.abs(limb[0]))
            limb = np.maximum(length, 0.0) * np.exp(1j * (np.angle(limb) + weight * turn))
        out[:, point] = out[:, parent] + limb
    return out


def _between(ours: Array, theirs: Array, weight: Array) -> Array:
    """Scores `(T, ...)` that begin at `theirs (1, ...)`."""
    share = weight.reshape(-1, *(1,) * (ours.ndim - 1))
    return ours + share * (theirs - ours)


def _complex(points: Array, size: tuple[int, int]) -> Array:
    """Image points `(..., 2)` as complex pixels `(...)`."""
    return points[..., 0] * size[0] + 1j * points[..., 1] * size[1]


def _points(pixels: Array, size: tuple[int, int]) -> Array:
    return np.stack((pixels.real / size[0], pixels.imag / size[1]), axis=-1)
