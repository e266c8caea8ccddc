"""Renders as people meet them: asked for, followed, fetched, cancelled, and there after a restart."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from animator.camera import frame_clip
from animator.keypoints import project_clip
from animator.pose_json import write_pose
from animator.video_frames import frame_rate, read_frames
from api import film
from api.engine import CommandEngine
from api.keys import Keys
from api.render_files import read_job, result_of, without_paths, write_job
from api.render_work import Progress, work
from api.schemas_renders import RenderRequest
from api.service_file import open_service_file
from motion_engine.clips import sample
from motion_engine.kinematics import fk
from motion_engine.types import Array

if TYPE_CHECKING:
    from conftest import Serving
    from httpx import Response
    from starlette.testclient import TestClient

SMALL = {"width": 64, "height": 64, "figure": "convex"}
LONG = {"width": 1024, "height": 1024, "view": "side-by-side"}  # takes minutes
FINISHED = ("done", "failed", "cancelled")


def track(client: TestClient, text: str = "nod once", fps: float = 10) -> str:
    reply = client.post("/v1/commands", json={"text": text, "fps": fps})
    assert reply.status_code == 200, reply.text
    return reply.json()["id"]


def ask(client: TestClient, **wanted: Any) -> dict[str, Any]:
    reply = client.post("/v1/renders", json=SMALL | wanted)
    assert reply.status_code == 202, reply.text
    assert reply.headers["location"] == f"/v1/renders/{reply.json()['id']}"
    return reply.json()


def until(client: TestClient, key: str, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    ends = time.monotonic() + 30
    while not fits(render := client.get(f"/v1/renders/{key}").json()):
        assert render.get("state") not in FINISHED and time.monotonic() < ends, render
        time.sleep(0.05)
    return render


def done(client: TestClient, key: str) -> dict[str, Any]:
    return until(client, key, lambda render: render["state"] == "done")


def is_problem(reply: Response, status: int, words: str = "") -> None:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert words in reply.json()["detail"] and str(Path.cwd().anchor + "tmp") not in reply.json()["detail"]


def processes(folder: Path) -> list[int]:
    """Those that render something in a folder, and all that are in a session of theirs."""
    found, sessions = [], set()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            said, session = (place / "cmdline").read_bytes(), os.getsid(int(place.name))
        except (OSError, ProcessLookupError):
            continue
        found.append((int(place.name), session))
        if str(folder).encode() in said and b"api.render_work" in said:
            sessions.add(session)
    return [number for number, session in found if session in sessions]


def gone(folder: Path) -> bool:
    ends = time.monotonic() + 5
    while processes(folder) and time.monotonic() < ends:
        time.sleep(0.05)
    return not processes(folder)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("renders")


@pytest.fixture(scope="module")
def client(engine: CommandEngine, serving: Serving, data: Path) -> Iterator[TestClient]:
    with serving(engine, data=data) as client:
        yield client


@pytest.fixture(scope="module")
def finished(client: TestClient) -> dict[str, Any]:
    return done(client, ask(client, track=track(client))["id"])


@pytest.fixture(scope="module")
def reference(engine: CommandEngine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A red picture of somebody, and their keypoints."""
    clip, file = engine.say("nod once").clip, tmp_path_factory.mktemp("me") / "me.json"
    position, _ = fk(clip.skeleton, clip.root_position[:1], clip.rotation[:1])
    cameras = frame_clip(position, 64, 64, azimuth=0.0)
    write_pose(file, project_clip(sample(clip, np.array([0])), cameras, 64, 64))
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 60, 40)).save(picture, "PNG")
    return {"picture": base64.b64encode(picture.getvalue()).decode(), "pose": json.loads(file.read_text("utf-8"))}


def test_a_render_is_asked_for_followed_and_fetched(client: TestClient, data: Path, tmp_path: Path) -> None:
    asked = ask(client, track=track(client), fps=15)
    assert asked["state"] == "queued" and asked["result"] is None and asked["request"]["width"] == 64
    early = client.get(f"/v1/renders/{asked['id']}/result")
    if early.status_code != 200:
        is_problem(early, 409)
    render = done(client, asked["id"])
    assert render["step"] == render["steps"] > 10 and render["eta"] is None and not render["reason"]
    assert render["created"] <= render["started"] <= render["finished"]
    assert render["created"].endswith("Z") and client.get("/v1/renders").json()["renders"][0] == render
    film = client.get(render["result"])
    assert film.headers["content-type"] == "video/mp4"
    assert film.headers["content-disposition"] == f'attachment; filename="render-{render["id"]}.mp4"'
    (tmp_path / "film.mp4").write_bytes(film.content)
    frames = list(read_frames(tmp_path / "film.mp4"))
    assert len(frames) == render["steps"] and frames[0].shape == (64, 64, 3)
    assert frame_rate(tmp_path / "film.mp4") == 15
    assert [path.name for path in (data / "renders" / render["id"]).iterdir()] == ["result.mp4"]
    assert 'motion_renders{state="done"}' in client.get("/metrics").text


def test_parts_of_a_film(client: TestClient, finished: dict[str, Any]) -> None:
    whole = client.get(finished["result"])
    assert whole.headers["accept-ranges"] == "bytes"
    part = client.get(finished["result"], headers={"Range": "bytes=100-199"})
    assert part.status_code == 206 and part.content == whole.content[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    assert client.get(finished["result"], headers={"Range": "bytes=-7"}).content == whole.content[-7:]
    other = client.get(finished["result"], headers={"Range": "bytes=100-199", "If-Range": '"another"'})
    assert other.status_code == 200 and other.content == whole.content
    outside = client.get(finished["result"], headers={"Range": "bytes=999999999-"})
    is_problem(outside, 416)
    assert outside.headers["content-range"] == f"bytes */{len(whole.content)}"
    is_problem(client.get(finished["result"], headers={"Range": "bytes=x"}), 400)


def test_events_tell_every_change_until_it_is_done(client: TestClient) -> None:
    key = ask(client, track=track(client, fps=60), view="side-by-side", format="gif")["id"]
    reply = client.get(f"/v1/renders/{key}/events")
    assert reply.headers["content-type"].startswith("text/event-stream")
    told = [dict(line.split(": ", 1) for line in event.splitlines()) for event in reply.text.split("\n\n")[:-1]]
    assert {event["event"] for event in told} == {"progress"}
    renders = [json.loads(event["data"]) for event in told]
    assert [render["state"] for render in renders][-2:] == ["running", "done"]
    assert len({render["step"] for render in renders}) > 1
    assert renders[-1] == client.get(f"/v1/renders/{key}").json()
    address = f"/v1/renders/{key}/events"
    assert client.get(address, headers={"Last-Event-ID": told[-1]["id"]}).status_code == 204
    assert client.get(address, headers={"Last-Event-ID": told[0]["id"]}).text.count("event: ") == 1
    assert client.get(f"/v1/renders/{key}/result").headers["content-type"] == "image/gif"


def test_the_reference_is_what_is_seen(client: TestClient, reference: dict[str, Any], tmp_path: Path) -> None:
    address = f"data:image/png;base64,{reference['picture']}"
    for picture in (reference["picture"], address):
        given = {"picture": picture, "pose": reference["pose"]}
        asked = ask(client, track=track(client), view="side-by-side", format="webm", reference=given)
        assert "reference" not in asked["request"]
    render = done(client, asked["id"])
    (tmp_path / "film.webm").write_bytes(client.get(render["result"]).content)
    first = next(iter(read_frames(tmp_path / "film.webm")))
    assert first.shape == (64, 192, 3)
    np.testing.assert_allclose(first[32, 20], (200, 60, 40), atol=15)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are counted in /proc")
def test_cancelling_leaves_no_process_and_no_file(client: TestClient, data: Path) -> None:
    key = track(client, "walk for 60 seconds", fps=30)
    running, queued = ask(client, track=key, **LONG)["id"], ask(client, track=key, **LONG)["id"]
    drawing = until(client, running, lambda render: render["step"] > 0)
    assert drawing["state"] == "running" and drawing["line"] == "drawing frames" and drawing["steps"] == 1800
    folder = data / "renders" / running
    assert len(processes(folder)) > 2  # a long film is drawn by several
    assert client.get(f"/v1/renders/{queued}").json()["state"] == "queued"
    for cancelled in (queued, running):
        assert client.delete(f"/v1/renders/{cancelled}").status_code == 204
        render = client.get(f"/v1/renders/{cancelled}").json()
        assert render["state"] == "cancelled" and render["finished"]
        is_problem(client.get(f"/v1/renders/{cancelled}/result"), 409, "cancelled")
    assert gone(folder)
    done(client, ask(client, track=track(client))["id"])  # the worker goes on
    assert not folder.exists() and not (data / "renders" / queued).exists()
    assert client.delete(f"/v1/renders/{running}").status_code == 204
    is_problem(client.get(f"/v1/renders/{running}"), 404)


def test_removing_what_is_done(client: TestClient, data: Path) -> None:
    key = done(client, ask(client, track=track(client))["id"])["id"]
    assert (data / "renders" / key / "result.mp4").is_file()
    assert client.delete(f"/v1/renders/{key}").status_code == 204
    assert not (data / "renders" / key).exists()
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/result"), ("GET", "/events")):
        is_problem(client.request(method, f"/v1/renders/{key}{path}"), 404)


def test_a_restart_loses_nothing(engine: CommandEngine, serving: Serving, tmp_path: Path) -> None:
    with serving(engine, data=tmp_path) as client:
        long = ask(client, track=track(client, "walk for 60 seconds", fps=30), **LONG)["id"]
        queued, dying = (ask(client, track=track(client))["id"] for _ in range(2))
        until(client, long, lambda render: render["step"] > 0)
    assert not processes(tmp_path / "renders" / long)
    database = sqlite3.connect(tmp_path / "service.sqlite")
    rows = dict(database.execute("SELECT id, state || tries FROM renders").fetchall())
    assert rows == {long: "queued0", queued: "queued0", dying: "queued0"}  # parked, which is not counted
    with database:  # as if the service had been killed
        database.execute("UPDATE renders SET state = 'running', tries = 1 WHERE id = ?", (queued,))
        database.execute("UPDATE renders SET state = 'running', tries = 2 WHERE id = ?", (dying,))
        database.execute("UPDATE renders SET state = 'cancelled', finished = 9e9 WHERE id = ?", (long,))
    database.close()
    with serving(engine, data=tmp_path) as client:
        done(client, queued)
        failed = client.get(f"/v1/renders/{dying}").json()
        assert failed["state"] == "failed" and "ended 2 times" in failed["reason"]


def test_too_many_and_too_large(engine: CommandEngine, serving: Serving, tmp_path: Path) -> None:
    with serving(engine, data=tmp_path, renders_waiting=2) as client:
        key = track(client, "walk for 60 seconds", fps=30)
        asked = [ask(client, track=key, **LONG)["id"] for _ in range(2)]
        reply = client.post("/v1/renders", json={"track": key, **SMALL})
        is_problem(reply, 429, "2 renders")
        assert reply.headers["retry-after"] and len(list((tmp_path / "renders").glob("*/"))) == 2
        client.delete(f"/v1/renders/{asked[1]}")
        ask(client, track=key, **SMALL)
        huge = {"width": 2048, "height": 2048, "fps": 120, "view": "side-by-side"}
        is_problem(client.post("/v1/renders", json={"track": key, **huge}), 413, "ask for less")


def test_old_renders_are_removed(engine: CommandEngine, serving: Serving, tmp_path: Path) -> None:
    with serving(engine, data=tmp_path) as client:
        old, young = (ask(client, track=track(client))["id"] for _ in range(2))
        done(client, young)
    orphan = tmp_path / "renders" / "0123456789ab"
    orphan.mkdir()
    os.utime(orphan, (0, 0))
    (tmp_path / "renders" / "abcdefabcdef").mkdir()  # may just be made by another process
    os.utime(tmp_path / "renders" / old, (0, 0))
    with sqlite3.connect(tmp_path / "service.sqlite") as database:
        database.execute("UPDATE renders SET finished = ? WHERE id = ?", (time.time() - 3700, old))
    database.close()
    with serving(engine, data=tmp_path, renders_kept=1.0) as client:
        ends = time.monotonic() + 5
        while orphan.exists() and time.monotonic() < ends:
            time.sleep(0.02)
        assert [render["id"] for render in client.get("/v1/renders").json()["renders"]] == [young]
        assert client.get(f"/v1/renders/{young}/result").status_code == 200
        is_problem(client.get(f"/v1/renders/{old}/result"), 404)
    assert {path.name for path in (tmp_path / "renders").glob("*/")} == {young, "abcdefabcdef"}


def test_whose_render_it_is(engine: CommandEngine, serving: Serving, tmp_path: Path) -> None:
    keys = Keys(open_service_file(tmp_path))
    ann, ben = (keys.add(name, ["read", "command"]) for name in ("ann", "ben"))
    root = keys.add("root", ["read", "admin"])
    as_ann, as_ben, as_root = ({"headers": {"Authorization": f"Bearer {key}"}} for key in (ann, ben, root))
    with serving(engine, data=tmp_path, keys=True) as client:
        key = client.post("/v1/commands", json={"text": "nod once", "fps": 10}, **as_ann).json()["id"]
        wanted = {"json": {"track": key, **SMALL}}
        hers = [client.post("/v1/renders", **wanted, **as_ann).json()["id"] for _ in range(3)]
        his = client.post("/v1/renders", **wanted, **as_ben).json()["id"]
        assert client.post("/v1/renders", **wanted, **as_root).status_code == 403
        address = f"/v1/renders/{hers[0]}"
        for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/result"), ("GET", "/events")):
            is_problem(client.request(method, address + path, **as_ben), 404)
            assert client.request(method, address + path).status_code == 401
        first = client.get("/v1/renders", params={"limit": 2}, **as_ann).json()
        rest = client.get("/v1/renders", params={"limit": 2, "cursor": first["cursor"]}, **as_ann).json()
        assert [render["id"] for page in (first, rest) for render in page["renders"]] == hers[::-1]
        assert rest["cursor"] is None
        assert [render["id"] for render in client.get("/v1/renders", **as_ben).json()["renders"]] == [his]
        everything = client.get("/v1/renders", **as_root).json()["renders"]
        assert [render["id"] for render in everything] == [his, *hers[::-1]]
        for wrong in ("x", base64.urlsafe_b64encode(b'[{"$gt": 0}, ""]').decode(), "\N{SNOWMAN}"):
            is_problem(client.get("/v1/renders", params={"cursor": wrong}, **as_ann), 422)


@pytest.mark.parametrize(
    ("wanted", "status", "words"),
    [
        ({"track": "none"}, 404, "No such track"),
        ({"track": "../../etc"}, 404, "No such track"),
        ({"width": 15}, 422, "width"),
        ({"fps": 0}, 422, "fps"),
        ({"format": "exe"}, 422, "format"),
        ({"figure": {"$ne": ""}}, 422, "figure"),
        ({"more": 1}, 422, "more"),
        ({"settings": {"steps": 3}}, 422, "settings"),
        ({"renderer": "stable-animator"}, 422, "reference"),
        ({"reference": {"picture": ""}}, 400, "empty"),
        ({"reference": {"picture": "no base64 !"}}, 400, "base64"),
        ({"reference": {"picture": base64.b64encode(b"no picture").decode()}}, 400, "no picture"),
    ],
)
def test_what_is_refused(client: TestClient, data: Path, wanted: dict[str, Any], status: int, words: str) -> None:
    before = client.get("/v1/renders").json()
    is_problem(client.post("/v1/renders", json={"track": track(client)} | SMALL | wanted), status, words)
    assert client.get("/v1/renders").json() == before


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"pose": {}}, 400, "body"),
        ({"pose": {"body": [[0.5, 0.5]]}}, 400, "18 x 2"),
        ({"pose": {"body": [[0.5, 0.5]] * 18, "body_score": [0.0] * 18}}, 400, "nobody"),
        ({"pose": None}, 503, "DWPose"),
        ({"pose": {"body": [[[0.5]]]}}, 422, "body"),
    ],
)
def test_references_that_cannot_be_used(
    client: TestClient, reference: dict[str, Any], change: dict[str, Any], status: int, words: str
) -> None:
    wanted = {"track": track(client), **SMALL, "reference": reference | change}
    is_problem(client.post("/v1/renders", json=wanted), status, words)


def test_stable_animator_without_weights_is_told_at_once(
    engine: CommandEngine, serving: Serving, reference: dict[str, Any], tmp_path: Path
) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    with serving(engine, data=tmp_path / "data", stable_animator=weights) as client:
        wanted = {"track": track(client), "renderer": "stable-animator", "reference": reference}
        is_problem(client.post("/v1/renders", json=wanted), 503, "pose_net.pth is missing: download it from")
        wanted["view"] = "pose"
        is_problem(client.post("/v1/renders", json=wanted), 422, "view")


def test_weights_that_are_none_fail_in_words(
    engine: CommandEngine, serving: Serving, reference: dict[str, Any], tmp_path: Path
) -> None:
    from animator.stable_animator.weights import PARTS

    weights = tmp_path / "weights"
    for part in PARTS:
        (weights / part.places[0]).parent.mkdir(parents=True, exist_ok=True)
        (weights / part.places[0]).write_bytes(b"nothing")
    pose = reference["pose"] | {"junk": json.loads("[" * 400 + "]" * 400)}  # is not read
    with serving(engine, data=tmp_path / "data", stable_animator=weights) as client:
        key = ask(client, track=track(client), renderer="stable-animator", reference=reference | {"pose": pose})["id"]
        failed = until(client, key, lambda render: render["state"] == "failed")
        assert "pose_net.pth" in failed["reason"] and "download it again" in failed["reason"]
        assert str(tmp_path) not in json.dumps(failed)


def test_events_end_with_the_service(engine: CommandEngine, serving: Serving, tmp_path: Path) -> None:
    with serving(engine, data=tmp_path) as client, ThreadPoolExecutor(1) as pool:
        key = ask(client, track=track(client, "walk for 60 seconds", fps=30), **LONG)["id"]
        until(client, key, lambda render: render["step"] > 0)
        events = pool.submit(client.get, f"/v1/renders/{key}/events")
        time.sleep(0.5)
        assert not events.done()
        client.app.state.stopping.set()  # type: ignore[attr-defined]
        assert '"running"' in events.result(5).text


def test_two_services_over_the_same_data_render_once(engine: CommandEngine, serving: Serving, tmp_path: Path) -> None:
    with serving(engine, data=tmp_path) as first:
        key = ask(first, track=track(first, "walk for 60 seconds", fps=30), **LONG)["id"]
        before = until(first, key, lambda render: render["step"] > 0)
        with serving(engine, data=tmp_path) as second:
            time.sleep(0.5)
            running = second.get(f"/v1/renders/{key}").json()
            assert running["state"] == "running" and running["started"] == before["started"]  # nobody begins it again
            assert second.delete(f"/v1/renders/{key}").status_code == 204
            done(first, ask(second, track=track(second))["id"])


def test_files_that_vanish_are_told_in_words(client: TestClient, data: Path) -> None:
    long = ask(client, track=track(client, "walk for 60 seconds", fps=30), **LONG)["id"]
    until(client, long, lambda render: render["step"] > 0)
    robbed, broken = (ask(client, track=track(client))["id"] for _ in range(2))
    shutil.rmtree(data / "renders" / robbed)
    (data / "renders" / broken / "track.npz").write_bytes(b"no clip")
    client.delete(f"/v1/renders/{long}")
    for key in (robbed, broken):
        failed = until(client, key, lambda render: render["state"] == "failed")
        assert failed["reason"] and "/" not in failed["reason"] and failed["result"] is None
        is_problem(client.get(f"/v1/renders/{key}/result"), 409, failed["reason"])
    key = done(client, ask(client, track=track(client))["id"])["id"]
    (data / "renders" / key / "result.mp4").unlink()
    is_problem(client.get(f"/v1/renders/{key}/result"), 404, "removed")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are found in /proc")
def test_a_process_that_dies_fails_its_render(client: TestClient, data: Path) -> None:
    key = ask(client, track=track(client, "walk for 60 seconds", fps=30), **LONG)["id"]
    until(client, key, lambda render: render["step"] > 0)
    for number in processes(data / "renders" / key):
        os.kill(number, 9)
    failed = until(client, key, lambda render: render["state"] == "failed")
    assert "signal 9" in failed["reason"] and "memory" in failed["reason"]
    assert not (data / "renders" / key).exists()


class FakePipeline:
    """Takes what the real one takes, and films grey that gets lighter."""

    def __call__(self, reference: Array, poses: Iterator[Array], embedding: Array, settings: Any, **more: Any) -> int:
        for step in range(settings.steps):
            more["on_step"](step + 1, settings.steps)
        self.seed, self.settings = more["generator"].initial_seed(), settings
        return len(list(poses))

    def decode(self, latents: int, chunk: int) -> Iterator[Array]:
        for frame in range(latents):
            yield np.full((64, 64, 3), 5 * frame, np.uint8)


def test_stable_animator_films_what_was_asked_for(
    engine: CommandEngine, reference: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline, said = FakePipeline(), list[dict[str, Any]]()
    monkeypatch.setattr(film, "load", lambda machine, report: pipeline)
    settings = {"steps": 3, "seed": 7, "tile_size": 3}
    wanted = {"track": "x", "renderer": "stable-animator", "settings": settings, "reference": reference}
    request = RenderRequest.model_validate(SMALL | wanted)
    motion = engine.say("nod once", fps=10)
    write_job(tmp_path / "job", request, engine.parse("nod once"), motion)
    work(tmp_path / "job", tmp_path, Progress(said.append))
    assert (pipeline.seed, pipeline.settings.steps, pipeline.settings.overlap) == (7, 3, 2)
    frames = list(read_frames(result_of(tmp_path / "job", "mp4")))
    assert len(frames) == len(motion.clip) and frames[0].mean() < frames[-1].mean()
    filmed = [one for one in said if one["line"] == "filming"]
    assert filmed[0]["step"] == 1 and filmed[-1]["step"] == filmed[-1]["steps"] == 3
    assert said[-1]["step"] == said[-1]["steps"] == len(frames)
    assert not any(str(tmp_path) in one["line"] for one in said)


def test_the_copy_of_a_track_is_the_track(engine: CommandEngine, tmp_path: Path) -> None:
    motion = engine.say("walk to the left then wave")
    request = RenderRequest.model_validate({"track": "x"})
    write_job(tmp_path / "job", request, engine.parse("walk to the left then wave"), motion)
    _, read, picture = read_job(tmp_path / "job", None)
    assert read.timeline == motion.timeline and read.clip.fps == motion.clip.fps
    for name in ("root_position", "rotation", "contacts"):
        np.testing.assert_array_equal(getattr(read.clip, name), getattr(motion.clip, name))
    assert (picture.view, picture.width, picture.reference) == ("mannequin", 512, None)


def test_progress_is_told_now_and_then_with_what_is_left() -> None:
    said, now = list[dict[str, Any]](), 0.0
    progress = Progress(said.append, lambda: now)
    for done in range(1, 101):
        now = 0.1 * done
        progress.step("drawing", done, 100)
    assert 40 < len(said) < 60 and said[-1] == {"line": "drawing", "step": 100, "steps": 100, "eta": 0.0}
    middle = next(one for one in said if one["step"] >= 50)
    assert middle["eta"] == pytest.approx(0.1 * (100 - middle["step"]), rel=0.05)
    progress.step("writing", 1, 100)
    assert said[-1]["line"] == "writing"


def test_paths_stay_on_the_disk() -> None:
    folder = Path("/srv/weights")
    assert without_paths("/srv/weights/a.pth is missing in /srv/weights", folder, None) == "a.pth is missing in weights"
