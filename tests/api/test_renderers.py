"""What there is to render with, how a render will look, and what is said of it besides how far it is."""

from __future__ import annotations

import base64
import io
import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from action_library.sqlite_file import SqliteFile
from animator.camera import frame_clip
from animator.keypoints import project_clip
from animator.picture import read_picture
from animator.pose_json import write_pose
from animator.stable_animator.weights import PARTS
from api import service_file
from api.engine import CommandEngine
from api.pictures import Picture, frames
from motion_engine.clips import sample
from motion_engine.kinematics import fk
from motion_engine.types import Array

if TYPE_CHECKING:
    from conftest import Serving
    from starlette.testclient import TestClient

SMALL = {"width": 64, "height": 64}
SAID = "walk forward then bow"


@pytest.fixture(scope="module")
def reference(engine: CommandEngine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A red picture of somebody, and their keypoints."""
    clip, file = engine.say("idle for 1 second").clip, tmp_path_factory.mktemp("me") / "me.json"
    position, _ = fk(clip.skeleton, clip.root_position[:1], clip.rotation[:1])
    write_pose(file, project_clip(sample(clip, np.array([0])), frame_clip(position, 64, 64, azimuth=0.0), 64, 64))
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 60, 40)).save(picture, "PNG")
    return {"picture": base64.b64encode(picture.getvalue()).decode(), "pose": json.loads(file.read_text("utf-8"))}


def put_all(weights: Path) -> None:
    """Files of all names that StableAnimator and DWPose have, with nothing in them."""
    for part in PARTS:
        (weights / part.places[0]).parent.mkdir(parents=True, exist_ok=True)
        (weights / part.places[0]).write_bytes(b"nothing")


def preview(client: TestClient, t: float = 0.0, **wanted: Any) -> Array:
    track = client.post("/v1/commands", json={"text": SAID}).json()["id"]
    reply = client.post(f"/v1/renders/preview?t={t}", json={"track": track} | SMALL | wanted)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "image/png"
    return read_picture(reply.content)


def test_what_there_is_to_render_with(engine: CommandEngine, serving: Serving, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    weights = tmp_path / "weights"
    with serving(engine, stable_animator=None) as client:
        said = client.get("/v1/renderers").json()
        assert said["mannequin"] == {"available": True, "reason": ""}
        assert (
            not said["stable_animator"]["available"] and "MOTION_STABLE_ANIMATOR" in said["stable_animator"]["reason"]
        )
        assert not said["pose_finder"]["available"] and "motion pose" in said["pose_finder"]["reason"]
    with serving(engine, stable_animator=weights, renders_waiting=3, renders_kept=2.0) as client:
        said = client.get("/v1/renderers").json()
        assert (said["waiting"], said["kept_hours"]) == (3, 2.0)
        assert said["stable_animator"]["reason"].startswith("weights: there is no such folder")
        weights.mkdir()
        lacking = client.get("/v1/renderers").json()["stable_animator"]["reason"]
        assert lacking.startswith("Animation/pose_net.pth is missing: download it from")
        put_all(weights)  # what is put there is used without a restart
        said = client.get("/v1/renderers").json()
        assert said["stable_animator"] == said["pose_finder"] == {"available": True, "reason": ""}
        (weights / "Animation/unet.pth").unlink()
        said = client.get("/v1/renderers").json()
        assert "unet.pth is missing" in said["stable_animator"]["reason"] and str(tmp_path) not in json.dumps(said)


def test_a_preview_is_a_moment_of_the_film(client: TestClient, engine: CommandEngine) -> None:
    track = engine.say(SAID)
    for wanted in (
        {"view": "mannequin", "figure": "wooden"},
        {"view": "pose"},
        {"view": "overlay", "figure": "convex", "captions": False, "follow": True},
        {"view": "side-by-side", "figure": "convex"},
    ):
        (drawn,) = frames(track, Picture(width=64, height=64, **wanted), np.array([30]))  # type: ignore[arg-type]
        np.testing.assert_array_equal(preview(client, 1.0, **wanted), drawn)
    late = preview(client, 1e5, view="pose")
    (last,) = frames(track, Picture("pose", 64, 64), np.array([len(track.clip) - 1]))
    np.testing.assert_array_equal(late, last)


def test_a_preview_with_a_reference(client: TestClient, reference: dict[str, Any]) -> None:
    shown = preview(client, view="side-by-side", reference=reference)
    assert shown.shape == (64, 192, 3)
    np.testing.assert_allclose(shown[32, 20], (200, 60, 40), atol=2)
    leads = preview(client, renderer="stable-animator", reference=reference)  # needs no weights
    np.testing.assert_array_equal(leads, shown[:, 64:128])
    unknown = {"track": "none", **SMALL}
    assert client.post("/v1/renders/preview", json=unknown).status_code == 404
    track = client.post("/v1/commands", json={"text": SAID}).json()["id"]
    for broken, status, words in (
        ({"picture": reference["picture"]}, 503, "DWPose"),
        ({"picture": "", "pose": reference["pose"]}, 400, "empty"),
    ):
        reply = client.post("/v1/renders/preview", json={"track": track, **SMALL, "reference": broken})
        assert reply.status_code == status and words in reply.json()["detail"]


def test_pictures_may_be_larger_than_other_requests(
    engine: CommandEngine, serving: Serving, reference: dict[str, Any]
) -> None:
    with serving(engine, body_bytes=1000, picture_bytes=100_000) as client:
        track = client.post("/v1/commands", json={"text": SAID}).json()["id"]
        asked = {"track": track, **SMALL, "reference": reference}
        assert len(json.dumps(asked)) > 2000
        assert client.post("/v1/renders/preview", json=asked).status_code == 200
        asked["reference"] = reference | {"picture": "A" * 200_000}
        assert client.post("/v1/renders/preview", json=asked).status_code == 413


def test_what_is_said_of_a_render(client: TestClient, reference: dict[str, Any]) -> None:
    made = client.post("/v1/commands", json={"text": SAID}).json()
    asked = {"track": made["id"], **SMALL, "figure": "convex"}
    long = {"width": 1024, "height": 1024, "view": "side-by-side"}
    first = client.post("/v1/renders", json=asked | long).json()["id"]
    second = client.post("/v1/renders", json=asked | {"reference": reference}).json()
    third = client.post("/v1/renders", json=asked).json()
    assert second["text"] == SAID and second["duration"] == pytest.approx(made["timeline"]["duration"], abs=0.04)
    assert (second["reference"], third["reference"], second["size"]) == (True, False, None)
    assert (second["ahead"], third["ahead"]) == (1, 2)
    client.delete(f"/v1/renders/{first}")
    events = client.get(f"/v1/renders/{third['id']}/events").text
    told = [json.loads(line.removeprefix("data: ")) for line in events.splitlines() if line.startswith("data: ")]
    waited = [render["ahead"] for render in told if render["state"] == "queued"]
    assert waited == sorted(waited, reverse=True) and waited[-1] <= 1  # it moves up
    film = client.get(told[-1]["result"])
    assert told[-1]["ahead"] == 0 and told[-1]["size"] == len(film.content) > 1000


def test_renders_of_before_are_kept(engine: CommandEngine, serving: Serving, tmp_path: Path) -> None:
    start, end = service_file.TABLES.index(",\n    text TEXT"), service_file.TABLES.index("\n) STRICT;\nCREATE INDEX")
    before = service_file.TABLES[:start] + service_file.TABLES[end:]
    SqliteFile(tmp_path / "service.sqlite", service_file.APPLICATION, {0: before})
    request = json.dumps({"track": "x", "format": "mp4"})
    with sqlite3.connect(tmp_path / "service.sqlite") as database:
        database.execute(
            "INSERT INTO renders (id, caller, state, request, created, finished) VALUES (?, ?, ?, ?, ?, ?)",
            ("0123456789ab", "testclient", "failed", request, 9e8, 9e9),
        )
    database.close()
    with serving(engine, data=tmp_path) as client:
        (render,) = client.get("/v1/renders").json()["renders"]
        assert (render["id"], render["text"], render["duration"], render["reference"]) == ("0123456789ab", "", 0, False)
