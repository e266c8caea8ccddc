"""Scripts that are solved for an editor, poses that become keys, and scripts that are uploaded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml

from action_library.keypose import load_keypose
from motion_engine.kinematics import fk
from motion_engine.types import Array, canonical_skeleton, data_path

if TYPE_CHECKING:
    from starlette.testclient import TestClient

HAND = {"at": [0.15, 0.45, 0.2], "palm": "forward", "fingers": "up"}
SCRIPT: dict[str, Any] = {
    "name": "raise_it",
    "description": "Raising the right hand",
    "aliases": {"en": ["lift the hand up"], "zh": ["高举右手"]},
    "source": "a test",
    "licence": "CC0-1.0",
    "mask": "right_arm",
    "side": "right",
    "keys": [{"t": 0, "pose": "stand"}, {"t": 0.8, "ease": "settle", "right_hand": HAND}, {"t": 2, "pose": "stand"}],
}


def solved(client: TestClient, script: Any, key: int | None = None) -> Array:
    reply = client.post("/v1/keyposes/solve", json={"script": script, "key": key})
    assert reply.status_code == 200, reply.text
    return np.frombuffer(reply.content, "<f4").reshape(-1, 211)


def places(frame: Array) -> dict[str, Array]:
    skeleton = canonical_skeleton()
    position, _ = fk(skeleton, frame[:3].astype(float), frame[3:].reshape(52, 4).astype(float))
    return dict(zip(skeleton.names, position, strict=True))


def test_a_script_is_solved_as_its_file_is(client: TestClient) -> None:
    path = data_path("actions") / "bow.yaml"
    clip = load_keypose(path).clip
    frames = solved(client, yaml.safe_load(path.read_text(encoding="utf-8")))
    assert np.array_equal(frames[:, :3], clip.root_position)
    assert np.array_equal(frames[:, 3:], clip.rotation.reshape(len(clip), -1))


def test_one_key_is_exactly_the_pose_that_it_asks_for(client: TestClient) -> None:
    (frame,) = solved(client, SCRIPT, 1)
    at = places(frame)
    assert at["right_wrist"] - at["spine3"] == pytest.approx([-0.15, 0.45, 0.2], abs=2e-3)
    (rest,) = solved(client, SCRIPT, 0)
    assert np.allclose(rest, solved(client, SCRIPT, 2)[0], atol=1e-6)
    moving = solved(client, SCRIPT)
    late = places(moving[24])["right_wrist"]  # trails a little behind
    assert 0.003 < np.linalg.norm(late - at["right_wrist"]) < 0.12


def test_a_key_takes_from_those_around_it_what_it_does_not_say(client: TestClient) -> None:
    keys = [{"t": 0, "hips": [0, 0, 0]}, {"t": 1, "spine": [20, 0, 0]}, {"t": 2, "hips": [0, -0.2, 0]}]
    heights = [places(solved(client, SCRIPT | {"keys": keys}, key)[0])["pelvis"][1] for key in range(3)]
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2], abs=0.02)


@pytest.mark.parametrize("name", ["wave", "squat", "sneak", "tai_chi", "sit", "hands_on_hips"])
def test_a_pose_becomes_a_key_that_makes_it(client: TestClient, name: str) -> None:
    frames = np.frombuffer(client.get(f"/v1/actions/{name}/frames").content, "<f4").reshape(-1, 211)
    frame = frames[len(frames) // 2]
    reply = client.post("/v1/keyposes/pose", json={"frame": frame.tolist()}).json()
    keys = [{"t": 0, **reply["channels"]}, {"t": 1}]
    made, was = places(solved(client, SCRIPT | {"keys": keys}, 0)[0]), places(frame)
    for joint in ("wrist", "ankle"):  # as they stand to each other: where the pose stands is left out
        apart = [np.linalg.norm(at[f"left_{joint}"] - at[f"right_{joint}"]) for at in (made, was)]
        assert apart[0] == pytest.approx(apart[1], abs=0.02)
    assert made["head"][1] == pytest.approx(was["head"][1], abs=0.02)
    assert reply["apart"] < 0.08 and reply["joint"] in made


def test_what_is_lost_of_a_pose_is_told(client: TestClient) -> None:
    frame = solved(client, SCRIPT, 0)[0].copy()
    collar = 3 + 4 * canonical_skeleton().index("left_collar")
    frame[collar : collar + 4] = [np.cos(0.3), 0.0, 0.0, np.sin(0.3)]  # a shoulder that is drawn up high
    reply = client.post("/v1/keyposes/pose", json={"frame": frame.tolist()}).json()
    assert reply["joint"].startswith("left_") and reply["apart"] > 0.03


def _with(key: dict[str, Any]) -> dict[str, Any]:
    return SCRIPT | {"keys": [{"t": 0}, key]}


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (_with({"t": 1, "right_hand": {"at": [0, 0]}}), ["key 2", "right_hand.at", "missing"]),
        (_with({"t": 1, "left_hand": {"at": [0, 0, 0], "palm": "sideways"}}), ["key 2", "left_hand", "sideways"]),
        (_with({"t": 1, "spine": [5000, 0, 0]}), ["key 2", "spine", "1000"]),
        (_with({"t": 0}), ["key 2", "later than the key before"]),
        (_with({"t": 1, "pose": "nothing"}), ["nothing"]),
        (_with({"t": 99}), ["key 2", "60"]),
        (SCRIPT | {"loop": [1, 9]}, ["loop must lie inside the keys"]),
        ({}, ["name"]),
        (SCRIPT | {"keys": [{"t": 0}] * 501}, ["keys"]),
    ],
)
def test_mistakes_are_told_with_key_and_channel(client: TestClient, script: Any, words: list[str]) -> None:
    reply = client.post("/v1/keyposes/solve", json={"script": script})
    assert reply.status_code == 400, reply.text
    for word in words:
        assert word in reply.json()["detail"]
    assert "line" not in reply.json()["detail"]


def test_keys_and_frames_that_there_are_not(client: TestClient) -> None:
    reply = client.post("/v1/keyposes/solve", json={"script": SCRIPT, "key": 3})
    assert reply.status_code == 400 and "has 3" in reply.json()["detail"]
    assert client.post("/v1/keyposes/solve", json={"script": SCRIPT, "key": -1}).status_code == 422
    assert client.post("/v1/keyposes/pose", json={"frame": [0.0] * 211}).status_code == 422
    assert client.post("/v1/keyposes/pose", json={"frame": [0.0] * 5}).status_code == 422


def test_an_uploaded_script_says_itself_what_it_is(own: TestClient) -> None:
    """JSON is YAML: what was solved is what is kept."""
    content = json.dumps(SCRIPT).encode()
    reply = own.post("/v1/actions", params={"file": "raise_it.yaml", "name": "Raise it!"}, content=content)
    assert reply.status_code == 201, reply.text
    (made,) = reply.json()["actions"]
    for field in ("aliases", "description", "source", "licence", "mask", "side"):
        assert made[field] == SCRIPT[field]
    assert own.post("/v1/parse", json={"text": "高举右手"}).json()["plan"] == "raise_it"
    kept = np.frombuffer(own.get("/v1/actions/raise_it/frames").content, "<f4").reshape(-1, 211)
    assert np.allclose(kept, solved(own, SCRIPT), atol=1e-4)  # as exactly as tracks are stored
    other = own.post(
        "/v1/actions",
        params={"file": "x.yaml", "name": "other", "licence": "MIT"},
        content=json.dumps(SCRIPT | {"life": 0}).encode(),
    ).json()["actions"][0]
    assert (other["licence"], other["source"]) == ("MIT", "a test")
