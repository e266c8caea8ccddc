from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from animator.pose_json import SCORES, read_pose, write_pose
from motion_engine.errors import BadMedia
from motion_engine.types import PoseSequence

CHANCE = np.random.default_rng(0)
POSE = PoseSequence(
    1.0,
    body=CHANCE.uniform(0, 1, (1, 18, 2)),
    hands=CHANCE.uniform(0, 1, (1, 2, 21, 2)),
    face=CHANCE.uniform(0, 1, (1, 68, 2)),
    body_score=CHANCE.uniform(0, 1, (1, 18)),
    hand_score=CHANCE.uniform(0, 1, (1, 2, 21)),
    face_score=CHANCE.uniform(0, 1, (1, 68)),
)


def written(path: Path, said: Any) -> Path:
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_pose(tmp_path / "me.json", POSE)
    again = read_pose(tmp_path / "me.json")
    for part, score in SCORES.items():
        np.testing.assert_allclose(getattr(again, part), getattr(POSE, part), atol=1e-5)
        np.testing.assert_allclose(getattr(again, score), getattr(POSE, score), atol=1e-5)


def test_a_body_is_enough(tmp_path: Path) -> None:
    pose = read_pose(written(tmp_path / "me.json", {"body": POSE.body[0].tolist()}))
    assert (pose.body_score == 1).all() and not pose.hand_score.any() and not pose.face_score.any()


@pytest.mark.parametrize("columns", [2, 3])
def test_the_134_points_of_dwpose(tmp_path: Path, columns: int) -> None:
    feet = np.zeros((6, 2))
    places = np.concatenate((POSE.body[0], feet, POSE.face[0], *POSE.hands[0]))
    scores = np.concatenate((POSE.body_score[0], np.zeros(6), POSE.face_score[0], *POSE.hand_score[0]))
    points = np.column_stack((places, scores))[:, :columns]
    pose = read_pose(written(tmp_path / "me.json", {"points": points.tolist()}))
    np.testing.assert_allclose(pose.face, POSE.face)
    np.testing.assert_allclose(pose.hands, POSE.hands)
    np.testing.assert_allclose(pose.hand_score, POSE.hand_score if columns == 3 else np.ones((1, 2, 21)))


BODY = POSE.body[0].tolist()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([], "must be an object"),
        ({}, '"body" is missing'),
        ({"body": BODY[:17]}, "17 x 2 numbers, 18 x 2 are needed"),
        ({"body": [*BODY[:17], [1]]}, "lists of equal length"),
        ({"body": [*BODY[:17], ["a", "b"]]}, "lists of equal length"),
        ({"body": [*BODY[:17], [None, None]]}, "NaN, infinite or null"),
        ({"body": (100 * np.array(BODY) + 100).tolist()}, "not px"),
        ({"body": BODY, "hand_score": [1], "hands": 3}, '"hands" has one numbers'),
        ({"points": BODY}, "134 x 2 are needed"),
        ({"points": {}}, "134"),
    ],
)
def test_files_that_say_something_else(tmp_path: Path, said: Any, words: str) -> None:
    with pytest.raises(BadMedia, match=words):
        read_pose(written(tmp_path / "me.json", said))


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b" " * (1 << 21)])
def test_files_that_are_no_json(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "me.json").write_bytes(text)
    with pytest.raises(BadMedia, match=r"me\.json"):
        read_pose(tmp_path / "me.json")


def test_missing_files(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.json"):
        with pytest.raises(BadMedia, match="cannot be read"):
            read_pose(path)
