"""What the studio draws of a track besides its frames: the feet that stand, and the keypoints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from animator.picture import read_picture
from animator.pose_map import draw_pose_map
from api.engine import CommandEngine

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def test_contacts_are_those_of_the_clip(client: TestClient, engine: CommandEngine) -> None:
    track = client.post("/v1/commands", json={"text": "walk then jump"}).json()
    stands = np.frombuffer(client.get(f"/v1/tracks/{track['id']}/contacts").content, dtype=np.uint8)
    expected = engine.say("walk then jump").clip.contacts
    assert len(stands) == track["frames"]
    for bit in range(4):
        assert ((stands >> bit & 1).astype(bool) == expected[:, bit]).all()
    assert (stands == 0).any() and (stands != 0).any()  # it jumps, and stands


def test_keypoints_are_those_of_the_pose_maps(client: TestClient, tmp_path: Path) -> None:
    track = client.post("/v1/commands", json={"text": "wave"}).json()
    address = f"/v1/tracks/{track['id']}"
    points = np.frombuffer(client.get(f"{address}/keypoints").content, dtype="<f4").reshape(-1, 128, 3)
    assert len(points) == track["frames"]
    body, hands, face = np.split(points[10].astype(float), (18, 60))
    drawn = draw_pose_map(
        body[:, :2], hands[:, :2].reshape(2, 21, 2), face[:, :2],
        body[:, 2], hands[:, 2].reshape(2, 21), face[:, 2], 512, 512,
    )  # fmt: skip
    shown = tmp_path / "pose.png"
    shown.write_bytes(client.get(f"{address}/pose.png?t={10 / 30}").content)
    assert (np.abs(read_picture(shown).astype(int) - drawn) < 8).mean() > 0.999
    assert client.get("/v1/tracks/nothing/keypoints").status_code == 404


def test_commands_come_as_tracks_that_can_be_changed(client: TestClient) -> None:
    said = client.post("/v1/commands", json={"text": "run while waving the left hand three times"}).json()
    body, layer = said["tracks"]
    assert body["clips"][0]["action"] == "run" and layer["mask"] == "left_arm"
    layer["clips"][0]["start"] += 0.5
    layer["clips"][0]["duration"] -= 0.5
    moved = client.post("/v1/sequences", json={"tracks": [body, layer]}).json()
    waves = [one for one in moved["timeline"]["segments"] if one["action"] == "wave"]
    assert [round(one["start"], 2) for one in waves] == [round(layer["clips"][0]["start"], 2)]
    assert moved["tracks"][1]["clips"][0]["side"] == layer["clips"][0]["side"] == "left"
