"""The web service on the real starter library."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from api.app import KEPT_TRACKS, STATUS, create_app
from api.engine import CommandEngine
from motion_engine import errors
from motion_engine.types import canonical_skeleton

if TYPE_CHECKING:
    from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def client(engine: CommandEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    from starlette.testclient import TestClient

    with TestClient(create_app(engine, tmp_path_factory.mktemp("studio"))) as client:
        yield client


def test_a_command_becomes_a_track(client: TestClient, engine: CommandEngine) -> None:
    reply = client.post("/v1/commands", json={"text": "先挥手，再跑步"}).json()
    assert reply["plan"] == "wave > run"
    assert [segment["action"] for segment in reply["segments"]] == ["wave", "run"]
    rows = np.frombuffer(client.get(f"/v1/tracks/{reply['id']}/frames").content, "<f4").reshape(reply["frames"], -1)
    clip = engine.say("wave then run").clip
    assert rows.shape == (len(clip), 3 + 52 * 4)
    assert np.array_equal(rows[:, :3], clip.root_position)
    assert np.array_equal(rows[:, 3:].reshape(clip.rotation.shape), clip.rotation)


def test_downloads(client: TestClient) -> None:
    key = client.post("/v1/commands", json={"text": "nod"}).json()["id"]
    assert client.get(f"/v1/tracks/{key}.bvh").text.startswith("HIERARCHY")
    assert client.get(f"/v1/tracks/{key}.npz").content[:2] == b"PK"
    assert json.loads(client.get(f"/v1/tracks/{key}.json").content)["plan"] == "nod"
    assert client.get(f"/v1/tracks/{key}.exe").status_code == 404
    assert client.get("/v1/tracks/nothing.bvh").status_code == 404


def test_old_tracks_are_forgotten(client: TestClient) -> None:
    first = client.post("/v1/commands", json={"text": "nod once"}).json()["id"]
    for _ in range(KEPT_TRACKS):
        client.post("/v1/commands", json={"text": "nod once"})
    assert client.get(f"/v1/tracks/{first}/frames").status_code == 404


@pytest.mark.parametrize(
    ("text", "status", "title"),
    [
        ("defragment the moon", 404, "UnknownAction"),
        ("...", 422, "BadCommand"),
        ("walk for 9 hours", 413, "LimitExceeded"),
    ],
)
def test_errors_are_problems_in_words(client: TestClient, text: str, status: int, title: str) -> None:
    reply = client.post("/v1/commands", json={"text": text})
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["title"] == title
    assert len(reply.json()["detail"]) > 20


@pytest.mark.parametrize("body", [b"", b"{", b'{"text": 5}', b'{"text": {"$gt": ""}}', b'{"other": "x"}', b"\xff\xfe"])
def test_bodies_that_are_no_command_are_refused(client: TestClient, body: bytes) -> None:
    reply = client.post("/v1/commands", content=body, headers={"content-type": "application/json"})
    assert reply.status_code in (400, 422)


def test_a_text_that_is_too_long_is_refused(client: TestClient) -> None:
    assert client.post("/v1/commands", json={"text": "a" * 30_000}).status_code == 422


def test_skeleton_actions_health_and_pages(client: TestClient, engine: CommandEngine) -> None:
    joints = client.get("/v1/skeleton").json()
    assert [joint["name"] for joint in joints] == list(canonical_skeleton().names)
    names = {action["name"] for action in client.get("/v1/actions").json()}
    assert {"wave", "run"} <= names
    assert client.get("/health").json() == {"actions": len(engine.infos)}
    assert "make web" in client.get("/").text
    assert client.get("/openapi.json").json()["paths"]["/v1/commands"]


def test_the_built_studio_is_served(engine: CommandEngine, tmp_path: Path) -> None:
    from starlette.testclient import TestClient

    (tmp_path / "index.html").write_text("<p>studio</p>", encoding="utf-8")
    with TestClient(create_app(engine, tmp_path)) as client:
        assert "studio" in client.get("/").text
        assert client.get("/health").status_code == 200


def test_every_error_has_a_status() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.MotionError)}
    assert kinds - {errors.MotionError} == set(STATUS)
