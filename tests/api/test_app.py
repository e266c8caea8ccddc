"""The web service on the real starter library."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from starlette.exceptions import HTTPException

from api.engine import CommandEngine
from api.problems import STATUS
from api.settings import Settings
from api.tracks import Tracks
from motion_engine import errors
from motion_engine.types import canonical_skeleton
from nlp.speech import Transcript

if TYPE_CHECKING:
    from conftest import Serving
    from httpx import Response
    from starlette.testclient import TestClient


def test_a_command_becomes_a_track(client: TestClient, engine: CommandEngine) -> None:
    reply = client.post("/v1/commands", json={"text": "先挥手，再跑步"}).json()
    assert reply["plan"] == "wave > run"
    assert reply["language"] == "zh"
    timeline = reply["timeline"]
    assert [(segment["action"], segment["phrase"]) for segment in timeline["segments"]] == [
        ("wave", "挥手"),
        ("run", "跑步"),
    ]
    assert timeline["segments"][-1]["end"] == timeline["duration"]
    assert reply["frames"] == pytest.approx(timeline["duration"] * timeline["fps"], abs=1)
    rows = np.frombuffer(client.get(f"/v1/tracks/{reply['id']}/frames").content, "<f4").reshape(reply["frames"], -1)
    clip = engine.say("wave then run").clip
    assert rows.shape == (len(clip), 3 + 52 * 4)
    assert np.array_equal(rows[:, :3], clip.root_position)
    assert np.array_equal(rows[:, 3:].reshape(clip.rotation.shape), clip.rotation)


def test_downloads(client: TestClient) -> None:
    key = client.post("/v1/commands", json={"text": "nod"}).json()["id"]
    assert client.get(f"/v1/tracks/{key}.bvh").text.startswith("HIERARCHY")
    assert client.get(f"/v1/tracks/{key}.npz").content[:2] == b"PK"
    for suffix in ("glb", "vrma"):
        reply = client.get(f"/v1/tracks/{key}.{suffix}")
        assert reply.content[:4] == b"glTF" and reply.headers["content-type"] == "model/gltf-binary"
    assert json.loads(client.get(f"/v1/tracks/{key}.json").content)["plan"] == "nod"
    assert client.get(f"/v1/tracks/{key}").json() == client.get(f"/v1/tracks/{key}.json").json()
    assert client.get(f"/v1/tracks/{key}.exe").status_code == 404
    assert client.get("/v1/tracks/nothing.bvh").status_code == 404


def test_tracks_that_nobody_asks_for_are_forgotten(engine: CommandEngine) -> None:
    plan, track = engine.parse("nod"), engine.say("nod")
    tracks = Tracks(most=2)
    first, second = tracks.add(plan, track), tracks.add(plan, track)
    tracks.get(first)
    third = tracks.add(plan, track)
    assert tracks.get(first) and tracks.get(third)
    with pytest.raises(HTTPException):
        tracks.get(second)


def test_long_tracks_push_out_more_but_the_latest_stays(engine: CommandEngine) -> None:
    plan, track = engine.parse("nod"), engine.say("nod")
    tracks = Tracks(most_frames=2 * len(track.clip) - 1)
    first, second = tracks.add(plan, track), tracks.add(plan, track)
    assert tracks.get(second)
    with pytest.raises(HTTPException):
        tracks.get(first)
    tiny = Tracks(most_frames=1)
    assert tiny.get(tiny.add(plan, track))[1] is track


@pytest.mark.parametrize(
    ("text", "status", "title"),
    [
        ("defragment the moon", 404, "UnknownAction"),
        ("...", 422, "BadCommand"),
        ("walk for 9 hours", 413, "LimitExceeded"),
        ("a" * 20_001, 413, "LimitExceeded"),
    ],
)
def test_errors_are_problems_in_words(client: TestClient, text: str, status: int, title: str) -> None:
    reply = client.post("/v1/commands", json={"text": text})
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["title"] == title
    assert len(reply.json()["detail"]) > 20


def test_the_problem_names_the_words_and_what_is_near(client: TestClient) -> None:
    problem = client.post("/v1/commands", json={"text": "wave then flurble"}).json()
    assert problem["phrase"] == "flurble"
    assert all(near["action"] and 0 <= near["score"] <= 1 for near in problem["nearest"])


HALF = b'{"text": "walk \\ud800"}'


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"text": 5}', b'{"text": {"$gt": ""}}', b'{"other": "x"}', b"\xff\xfe", HALF]
)
def test_bodies_that_are_no_command_are_refused(client: TestClient, body: bytes) -> None:
    reply = client.post("/v1/commands", content=body, headers={"content-type": "application/json"})
    assert reply.status_code in (400, 422)
    _check_problem(reply)


@pytest.mark.parametrize("stated", [True, False])
def test_a_body_that_is_too_large_is_refused(client: TestClient, stated: bool) -> None:
    body = b" " * (Settings().body_bytes + 1)
    chunks = iter([body[: Settings().body_bytes], body[Settings().body_bytes :]])  # sent without a Content-Length
    reply = client.post(
        "/v1/commands", content=body if stated else chunks, headers={"content-type": "application/json"}
    )
    assert reply.status_code == 413
    _check_problem(reply)


def test_the_longest_text_fits_however_it_is_escaped(client: TestClient) -> None:
    text = "walk" + "\N{GRINNING FACE}" * 19_996
    body = json.dumps({"text": text}).encode()
    assert 12 * 19_996 < len(body) <= Settings().body_bytes
    reply = client.post("/v1/commands", content=body, headers={"content-type": "application/json"})
    assert reply.status_code != 413 or reply.json()["title"] == "LimitExceeded"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/tracks/nothing/frames", 404),
        ("GET", "/v1/tracks/nothing.bvh", 404),
        ("GET", "/v1/tracks/..%2F..%2Fetc%2Fpasswd.bvh", 404),
        ("GET", "/v1/nowhere", 404),
        ("GET", "/v1/commands", 405),
        ("DELETE", "/v1/actions", 405),
    ],
)
def test_wrong_addresses_are_problems_too(client: TestClient, method: str, path: str, status: int) -> None:
    reply = client.request(method, path)
    assert reply.status_code == status
    _check_problem(reply)


def _check_problem(reply: Response) -> None:
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["status"] == reply.status_code
    assert isinstance(reply.json()["detail"], str) and reply.json()["detail"]


def test_skeleton_actions_health_and_pages(client: TestClient, engine: CommandEngine) -> None:
    joints = client.get("/v1/skeleton").json()
    assert [joint["name"] for joint in joints] == list(canonical_skeleton().names)
    actions = {action["name"]: action for action in client.get("/v1/actions?limit=500").json()["actions"]}
    assert {"wave", "run"} <= set(actions)
    assert {"name", "description", "aliases", "tags", "duration", "source", "licence"} <= set(actions["run"])
    assert "跑步" in actions["run"]["aliases"]["zh"]
    assert client.get("/health").json() == {"actions": len(engine.infos)}
    assert "make web" in client.get("/").text
    assert client.get("/openapi.json").json()["paths"]["/v1/commands"]


def test_the_built_studio_is_served(engine: CommandEngine, serving: Serving, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets/page-12ab.js").write_text("let a = 1;\n" * 1000, encoding="utf-8")
    (tmp_path / "index.html").write_text("<p>studio</p>", encoding="utf-8")
    with serving(engine, studio=tmp_path) as client:
        page = client.get("/")
        assert "studio" in page.text and page.headers["Cache-Control"] == "no-cache"
        part = client.get("/assets/page-12ab.js")
        assert part.headers["Content-Encoding"] == "gzip" and int(part.headers["Content-Length"]) < 1000
        assert len(part.text) == 11_000 and "immutable" in part.headers["Cache-Control"]
        assert client.get("/health").status_code == 200
        assert client.get("/nothing.js").headers["content-type"] == "application/problem+json"
        wrong = client.delete("/v1/commands")
        assert wrong.status_code == 405 and wrong.headers["allow"] == "POST"


def test_commands_at_the_same_time(client: TestClient) -> None:
    texts = ["wave", "run", "先走路，再跳两下", "nod", "jump twice", "bow"] * 2
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda text: client.post("/v1/commands", json={"text": text}).json(), texts))
    assert [reply["plan"] for reply in replies[:6]] == [reply["plan"] for reply in replies[6:]]
    assert len({reply["id"] for reply in replies}) == len(texts)


def test_every_error_has_a_status() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.MotionError)}
    assert kinds - {errors.MotionError} == set(STATUS)


def test_a_command_is_understood_word_by_word(client: TestClient) -> None:
    text = "wave twice, then run quickly like a zombie"
    parsed = client.post("/v1/parse", json={"text": text}).json()
    (wave,), (run,) = (step["actions"] for step in parsed["steps"])
    assert (wave["action"], wave["repetitions"], wave["score"]) == ("wave", 2, 1.0)
    assert run["action"] == "run" and run["speed"] > 1
    assert parsed["ignored"] == ["like a zombie"]
    assert all(text[word["start"] : word["end"]] == word["text"] for word in parsed["words"])
    assert [word["text"] for word in parsed["words"] if word["role"] == "connective"] == ["then"]
    assert {word["action"] for word in parsed["words"] if word["role"] == "action"} == {0, 1}
    composed = client.post("/v1/commands", json={"text": text, "fps": 60}).json()
    assert {key: composed[key] for key in parsed} == parsed
    assert composed["timeline"]["fps"] == 60
    assert composed["frames"] == round(60 * composed["timeline"]["duration"])


def test_a_draft_is_understood_as_far_as_it_goes(client: TestClient) -> None:
    text = "run twice, then waev the left hand"
    draft = client.post("/v1/parse/draft", json={"text": text}).json()
    assert client.post("/v1/parse", json={"text": text}).status_code == 404
    assert draft["plan"] == "run[repetitions=2]" and draft["refused"]
    said = {word["text"]: word["kind"] for word in draft["words"] if word["role"] == "action"}
    assert said == {"run": "action", "twice": "repetitions", "left hand": "side"}
    (unknown,) = draft["unknown"]
    assert (unknown["text"], text[unknown["start"] : unknown["end"]]) == ("waev", "waev")
    first, *_ = unknown["suggestions"]
    better = text[: first["start"]] + first["text"] + text[first["end"] :]
    mended = client.post("/v1/parse/draft", json={"text": better}).json()
    assert (mended.pop("unknown"), mended.pop("refused")) == ([], "")
    assert mended == client.post("/v1/parse", json={"text": better}).json()
    assert mended["plan"] == "run[repetitions=2] > wave[side=left]"


def test_what_was_heard_but_not_understood_is_told(client: TestClient, engine: CommandEngine) -> None:
    heard = Transcript("wave, then bake a cake", "en", 0.9, 2.0, "none")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "hear", lambda *_: heard)
        reply = client.post("/v1/commands/audio", content=b"sound", headers={"content-type": "audio/webm"})
    assert reply.status_code == 404
    assert reply.json()["heard"] == heard.text and reply.json()["phrase"] == "bake a cake"
    _check_problem(reply)


def test_a_spoken_command(client: TestClient) -> None:
    pytest.importorskip("faster_whisper", reason="faster-whisper is not installed")
    sound = (Path(__file__).parents[1] / "data/speech/en02.ogg").read_bytes()
    reply = client.post("/v1/commands/audio", content=sound, headers={"content-type": "audio/ogg"})
    assert reply.status_code == 200, reply.text
    heard = reply.json()["heard"]
    assert heard["language"] == "en" and 0 < heard["certainty"] <= 1
    assert reply.json()["plan"] == client.post("/v1/parse", json={"text": heard["text"]}).json()["plan"]


@pytest.mark.parametrize(
    ("sound", "status"), [(b"", 400), (b"no sound at all" * 99, 400), (b"0" * (Settings().sound_bytes + 1), 413)]
)
def test_sounds_that_are_none(client: TestClient, sound: bytes, status: int) -> None:
    reply = client.post("/v1/commands/audio", content=sound, headers={"content-type": "audio/wav"})
    assert reply.status_code == status
    _check_problem(reply)


def test_actions_are_found_by_page_by_filter_and_by_meaning(client: TestClient, engine: CommandEngine) -> None:
    names, cursor = [], ""
    while cursor is not None:
        page = client.get("/v1/actions", params={"limit": 30, **({"cursor": cursor} if cursor else {})}).json()
        names += [action["name"] for action in page["actions"]]
        cursor = page["cursor"]
    assert names == sorted(engine.infos)
    gestures = client.get("/v1/actions", params={"tag": "gesture", "sort": "duration"}).json()["actions"]
    lengths = [action["duration"] for action in gestures]
    assert gestures and lengths == sorted(lengths) and all("gesture" in action["tags"] for action in gestures)
    found = client.get("/v1/actions", params={"text": "打招呼", "limit": 3}).json()["actions"]
    assert found[0]["name"] == "wave" and found[0]["score"] > found[-1]["score"]
    for wrong in ({"sort": "colour"}, {"limit": 0}, {"cursor": "x"}, {"side": "up"}):
        _check_problem(client.get("/v1/actions", params=wrong))


def test_two_editors_never_overwrite_each_other(engine: CommandEngine, serving: Serving, tmp_path: Path) -> None:
    from action_library.library import Library
    from action_library.stores import open_store

    library = Library(open_store(tmp_path / "library.sqlite"))
    library.add(engine.library.get("wave"), engine.library.clip("wave"))
    with serving(CommandEngine(library)) as client:
        shown = client.get("/v1/actions/wave")
        tag = {"If-Match": shown.headers["etag"]}
        first = client.patch("/v1/actions/wave", json={"tags": ["friendly"]}, headers=tag)
        assert first.status_code == 200 and first.json()["tags"] == ["friendly"]
        assert first.headers["etag"] != shown.headers["etag"]
        for late in (
            client.patch("/v1/actions/wave", json={"tags": []}, headers=tag),
            client.delete("/v1/actions/wave", headers=tag),
        ):
            assert late.status_code == 412
            _check_problem(late)
        assert client.get("/v1/actions/wave").json()["tags"] == ["friendly"]
        wrong = client.patch("/v1/actions/wave", json={"licence": ""})
        assert wrong.status_code == 400
        _check_problem(wrong)
        assert client.patch("/v1/actions/wave", json={"track": "x"}).status_code == 422
        renamed = client.patch("/v1/actions/wave", json={"name": "greet"}, headers={"If-Match": first.headers["etag"]})
        assert renamed.json()["name"] == "greet"
        assert client.delete("/v1/actions/greet").status_code == 204
        assert client.get("/v1/actions/greet").status_code == 404


def test_previews_move(client: TestClient) -> None:
    picture = client.get("/v1/actions/nod/preview.webp")
    assert picture.headers["content-type"] == "image/webp" and b"ANIM" in picture.content[:64]
    _check_problem(client.get("/v1/actions/nothing/preview.webp"))


def test_the_document_tells_of_problems_as_they_are(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for operations in document["paths"].values():
        for operation in operations.values():
            for code, response in operation["responses"].items():
                if code >= "400":
                    assert list(response["content"]) == ["application/problem+json"]
    assert "HTTPValidationError" not in json.dumps(document)


def test_steps_stated_one_by_one(own: TestClient) -> None:
    steps = [
        [{"action": "wave", "repetitions": 2}],
        [{"action": "Run", "duration": 3.0}, {"action": "wave", "side": "left"}],
    ]
    reply = own.post("/v1/sequences", json={"steps": steps, "fps": 24})
    assert reply.status_code == 200, reply.text
    assert reply.json()["plan"] == "wave[repetitions=2] > run[duration=3] + wave[side=left]"
    frames = own.get(f"/v1/tracks/{reply.json()['id']}/frames").content
    assert len(frames) == 4 * 211 * round(24 * reply.json()["timeline"]["duration"])
    for wrong, status in (
        ([], 422),
        ([[]], 422),
        ([[{"action": "fly"}]], 404),
        ([[{"action": "wave", "speed": {"$gt": 0}}]], 422),
        ([[{"action": "wave", "repetitions": 0}]], 422),
    ):
        reply = own.post("/v1/sequences", json={"steps": wrong})
        assert reply.status_code == status
        _check_problem(reply)


def test_sequences_become_commands_and_are_changed_by_one_at_a_time(own: TestClient) -> None:
    first = own.put("/v1/sequences/greeting", json={"text": "wave twice then bow"}, headers={"If-None-Match": "*"})
    assert first.status_code == 200, first.text
    assert first.json()["plan"] == "wave[repetitions=2] > bow"
    said = own.post("/v1/commands", json={"text": f"{first.json()['say']}, then run"}).json()
    assert [segment["action"] for segment in said["timeline"]["segments"]] == ["wave", "bow", "run"]
    again = own.put("/v1/sequences/greeting", json={"text": "bow"}, headers={"If-None-Match": "*"})
    assert again.status_code == 412
    steps = [[{"action": "greeting"}], [{"action": "run", "distance": 4.0}]]
    nested = own.put("/v1/sequences/entrance", json={"steps": steps, "aliases": ["come in", "入场"]})
    assert nested.json()["aliases"] == {"en": ["come in"], "zh": ["入场"]}
    assert [one["name"] for one in own.get("/v1/sequences").json()["sequences"]] == ["entrance", "greeting"]
    tag = {"If-Match": first.headers["etag"]}
    assert own.put("/v1/sequences/greeting", json={"text": "bow twice"}, headers=tag).status_code == 200
    late = own.put("/v1/sequences/greeting", json={"text": "wave"}, headers=tag)
    assert late.status_code == 412
    _check_problem(late)
    assert own.get("/v1/sequences/greeting").json()["text"] == "bow twice"
    circle = own.put("/v1/sequences/greeting", json={"steps": [[{"action": "entrance"}]]})
    assert circle.status_code == 422 and "contain itself" in circle.json()["detail"]
    used = own.delete("/v1/sequences/greeting")
    assert used.status_code == 400 and "entrance" in used.json()["detail"]
    assert own.delete("/v1/sequences/entrance").status_code == 204
    assert own.delete("/v1/sequences/greeting").status_code == 204
    assert own.get("/v1/sequences").json() == {"sequences": [], "cursor": None}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/v1/sequences/wave", {"text": "bow"}, 400),
        ("PUT", "/v1/sequences/x", {}, 422),
        ("PUT", "/v1/sequences/x", {"text": "bow", "steps": [[{"action": "bow"}]]}, 422),
        ("PUT", "/v1/sequences/x", {"text": "defragment the moon"}, 404),
        ("PUT", "/v1/sequences/%2e%2e", {"text": "bow"}, 400),
        ("PUT", "/v1/sequences/...", {"text": "bow"}, 400),
        ("GET", "/v1/sequences/wave", None, 404),
        ("DELETE", "/v1/sequences/none", None, 404),
        ("GET", "/v1/sequences?cursor=x", None, 422),
    ],
)
def test_sequences_that_cannot_be(own: TestClient, method: str, path: str, body: object, status: int) -> None:
    reply = own.request(method, path, json=body)
    assert reply.status_code == status, reply.text
    _check_problem(reply)
    assert own.get("/v1/sequences").json()["sequences"] == []


def test_part_of_the_frames(client: TestClient) -> None:
    reply = client.post("/v1/commands", json={"text": "bow"}).json()
    address = f"/v1/tracks/{reply['id']}/frames"
    whole = np.frombuffer(client.get(address).content, "<f4").reshape(reply["frames"], -1)
    part = np.frombuffer(client.get(address, params={"start": 0.5, "end": 1.0}).content, "<f4").reshape(-1, 211)
    assert np.array_equal(part, whole[15:30])
    assert client.get(address, params={"start": 999}).content == b""
    _check_problem(client.get(address, params={"start": -1}))


@pytest.mark.parametrize("view", ["pose", "mannequin", "overlay"])
def test_one_moment_as_a_picture(client: TestClient, view: str) -> None:
    import io

    from PIL import Image

    key = client.post("/v1/commands", json={"text": "wave"}).json()["id"]
    pictures = []
    for time in (0.0, 1.5, 999.0):
        reply = client.get(f"/v1/tracks/{key}/{view}.png", params={"t": time, "width": 96, "height": 128})
        assert reply.headers["content-type"] == "image/png"
        pictures.append(np.asarray(Image.open(io.BytesIO(reply.content))))
    assert pictures[0].shape == (128, 96, 3)
    assert (pictures[0] != pictures[1]).any()
    assert (np.median(pictures[0]) == 0) == (view == "pose")
    for wrong in ("nothing.png", f"{view}.png?width=9", f"{view}.png?t=x"):
        _check_problem(client.get(f"/v1/tracks/{key}/{wrong}"))
    _check_problem(client.get(f"/v1/tracks/none/{view}.png"))


def test_every_route_has_examples(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]

    def shown(schema: dict[str, Any]) -> bool:
        if "$ref" in schema:
            return shown(schemas[schema["$ref"].rpartition("/")[2]])
        if schema.get("type") == "array":
            return shown(schema["items"])
        return "examples" in schema or schema.get("format") == "binary"

    for path, operations in document["paths"].items():
        for operation in operations.values():
            good = [answer for code, answer in operation["responses"].items() if code in ("200", "201", "202")]
            contents = [
                content
                for part in (operation.get("requestBody", {}), *good)
                for content in part.get("content", {}).values()
            ]
            assert contents or "204" in operation["responses"], path
            assert all("example" in content or shown(content["schema"]) for content in contents), path
            assert operation["description"] and ("security" in operation) == path.startswith(("/v1/", "/metrics")), path


def test_the_documentation_fetches_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs").text
    parts = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(parts) >= 2 and all(part.startswith("/") for part in parts)
    assert all(client.get(part).status_code == 200 for part in parts)
