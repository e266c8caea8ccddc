"""Who may use the service: keys and what they are good for, limits, web pages, settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from api.access import right_needed
from api.app import create_app
from api.cli import app
from api.engine import CommandEngine
from api.keys import SCOPES, Keys
from api.rates import KEPT, Rates
from api.service_file import open_service_file
from api.settings import Settings
from motion_engine.errors import BadCommand, LibraryUnavailable

if TYPE_CHECKING:
    from conftest import Serving

ROUTES = {
    "read": [("GET", "/v1/actions"), ("GET", "/v1/sequences"), ("GET", "/v1/live/rooms"), ("GET", "/v1/renders")],
    "command": [("POST", "/v1/parse"), ("POST", "/v1/commands"), ("POST", "/v1/sequences"), ("POST", "/v1/renders")],
    "write": [("POST", "/v1/actions?file=x"), ("PATCH", "/v1/actions/x"), ("PUT", "/v1/sequences/x")],
    "admin": [("GET", "/metrics"), ("PUT", "/v1/live/rooms/x"), ("DELETE", "/v1/live/rooms/x")],
}  # fmt: skip


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(open_service_file(tmp_path))


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_key_is_good_for_its_scopes_only(engine: CommandEngine, serving: Serving, tmp_path: Path, keys: Keys) -> None:
    made = {scope: keys.add(scope, [scope]) for scope in SCOPES}
    with serving(engine, data=tmp_path, keys=True) as client:
        for needed, routes in ROUTES.items():
            for method, path in routes:
                for scope, key in made.items():
                    reply = client.request(method, path, headers=bearer(key))
                    assert (reply.status_code == 403) == (scope != needed), (scope, method, path, reply.text)
                    assert reply.status_code < 500
                nobody = client.request(method, path)
                assert nobody.status_code == 401 and nobody.headers["www-authenticate"] == "Bearer"
        for path in ("/health", "/ready", "/", "/docs", "/openapi.json"):
            assert client.get(path).status_code == 200


@pytest.mark.parametrize("key", ["", "x", "motion_00000000_" + "a" * 43, "motion_' OR 1=1 --", "\u00e9" * 50])
def test_what_is_no_key(engine: CommandEngine, serving: Serving, tmp_path: Path, keys: Keys, key: str) -> None:
    keys.add("somebody", ["read"])
    with serving(engine, data=tmp_path, keys=True) as client:
        headers = {"Authorization": f"Bearer {key}".encode("latin-1")}
        assert client.get("/v1/actions", headers=headers).status_code == 401  # type: ignore[arg-type]
        assert client.get("/v1/actions", params={"key": key}).status_code == 401


def test_keys_in_addresses_are_for_looking_only(
    engine: CommandEngine, serving: Serving, tmp_path: Path, keys: Keys
) -> None:
    key = keys.add("x", SCOPES)
    with serving(engine, data=tmp_path, keys=True) as client:
        assert client.get("/v1/actions", params={"key": key}).status_code == 200
        assert client.post("/v1/parse", params={"key": key}, json={"text": "wave"}).status_code == 401
        wrong = key[:-1] + ("a" if key[-1] != "a" else "b")
        assert client.get("/v1/actions", headers=bearer(wrong)).status_code == 401
        keys.remove("x")
        assert client.get("/v1/actions", headers=bearer(key)).status_code == 401


def test_secrets_are_not_stored_and_not_logged(
    engine: CommandEngine, serving: Serving, tmp_path: Path, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    key = keys.add("x", ["read"])
    secret = key.rpartition("_")[2]
    with serving(engine, data=tmp_path, keys=True) as client:
        client.get("/v1/actions", params={"key": key})
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert secret.encode() not in stored and secret not in caplog.text


def test_one_caller_does_not_take_the_time_of_all(
    engine: CommandEngine, serving: Serving, tmp_path: Path, keys: Keys
) -> None:
    greedy, other = keys.add("greedy", ["read"]), keys.add("other", ["read"])
    with serving(engine, data=tmp_path, keys=True, per_second=0.5, burst=5) as client:
        replies = [client.get("/v1/skeleton", headers=bearer(greedy)) for _ in range(8)]
        assert [reply.status_code for reply in replies] == [200] * 5 + [429] * 3
        assert 1 <= int(replies[-1].headers["retry-after"]) <= 3
        assert client.get("/v1/skeleton", headers=bearer(other)).status_code == 200
        assert client.get("/health").status_code == 200


def test_buckets_fill_again_and_the_oldest_are_forgotten() -> None:
    now = 0.0
    rates = Rates(2.0, 3, clock=lambda: now)
    assert [rates.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert rates.wait("b") == 0
    now = 1.0
    assert [rates.wait("a") for _ in range(3)] == [0, 0, 0.5]
    for number in range(KEPT):
        rates.wait(str(number))
    assert rates.wait("a") == 0


ORIGINS: list[tuple[dict[str, str], int]] = [
    ({}, 200),
    ({"Origin": "http://127.0.0.1"}, 200),
    ({"Origin": "https://good.example"}, 200),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Host": "evil.example"}, 403),
    ({"Host": "localhost:8765"}, 200),
    ({"Host": "[::1]:8765"}, 200),
    ({"Host": ""}, 403),
]


@pytest.mark.parametrize(("headers", "status"), ORIGINS)
def test_pages_of_others_may_not_command(
    engine: CommandEngine, serving: Serving, headers: dict[str, str], status: int
) -> None:
    with serving(engine, cors=("https://good.example",)) as client:
        reply = client.post("/v1/parse", json={"text": "wave"}, headers=headers)
        assert reply.status_code == status, reply.text
        allowed = reply.headers.get("access-control-allow-origin")
        assert allowed == ("https://good.example" if headers.get("Origin") == "https://good.example" else None)


def test_a_page_that_may_is_told_so(engine: CommandEngine, serving: Serving, tmp_path: Path, keys: Keys) -> None:
    keys.add("x", ["read"])
    with serving(engine, cors=("https://good.example",), data=tmp_path, keys=True) as client:
        asked = {"Origin": "https://good.example", "Access-Control-Request-Method": "PUT"}
        reply = client.options("/v1/sequences/x", headers=asked)
        assert reply.status_code == 200 and "PUT" in reply.headers["access-control-allow-methods"]
        refused = client.get("/v1/actions", headers={"Origin": "https://good.example"})
        assert refused.status_code == 401 and refused.headers["access-control-allow-origin"] == "https://good.example"


def test_rights_by_route() -> None:
    assert right_needed("GET", "/assets/index.js") is None
    assert right_needed("POST", "/v1/live/rooms/x/commands") == "command"
    assert right_needed("PUT", "/v1/actions/x/motion") == "write"
    assert right_needed("DELETE", "/v1/renders/x") == "command"


# ── Settings and the command line ─────────────────────────────────────────────────────────────────────────


def test_other_addresses_need_keys(engine: CommandEngine, tmp_path: Path) -> None:
    for host, needed in (
        ("127.0.0.1", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("10.0.0.1", True),
    ):
        assert Settings(host=host).needs_keys == needed
    with pytest.raises(BadCommand, match="motion keys add"):
        create_app(engine, Settings(host="0.0.0.0", data=tmp_path))
    assert not Settings(host="0.0.0.0", keys=False).needs_keys


def test_settings_come_from_options_the_environment_and_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "motion.toml"
    file.write_text('port = 1\nrooms = 2\ncors = ["https://a.example"]\nlongest = 3\n', encoding="utf-8")
    monkeypatch.setenv("MOTION_SETTINGS", str(file))
    monkeypatch.setenv("MOTION_ROOMS", "4")
    monkeypatch.setenv("MOTION_VMC", '["127.0.0.1:39539"]')
    settings = Settings.read(port=5, library=None)
    assert (settings.port, settings.rooms, settings.longest) == (5, 4, 3)
    assert settings.cors == ("https://a.example",) and settings.vmc == ("127.0.0.1:39539",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port = 'x'", "port"),
        ("nonsense = 1", "nonsense"),
        ("port = ", "TOML"),
        ("rooms = 0", "rooms"),
        ("\xff", "TOML"),
    ],
)
def test_wrong_settings_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: str) -> None:
    file = tmp_path / "motion.toml"
    file.write_bytes(text.encode("latin-1"))
    monkeypatch.setenv("MOTION_SETTINGS", str(file))
    with pytest.raises(BadCommand, match=words):
        Settings.read()
    done = CliRunner().invoke(app, ["serve"])
    assert isinstance(done.exception, BadCommand)


def test_a_settings_file_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTION_SETTINGS", "nowhere.toml")
    with pytest.raises(BadCommand, match=r"nowhere\.toml"):
        Settings.read()


def test_keys_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTION_DATA", str(tmp_path))

    def run(*words: str) -> Any:
        return CliRunner().invoke(app, ["keys", *words])

    made = run("add", "overlay", "--scope", "read")
    key = made.stdout.strip().splitlines()[0]
    assert key.startswith("motion_")
    caller = Keys(open_service_file(tmp_path)).caller(key)
    assert caller and caller.scopes == {"read"}
    assert "overlay" in run("list").stdout and key.rpartition("_")[2] not in run("list").stdout
    for words in (("add", "overlay"), ("add", "x", "--scope", "fly"), ("add", " "), ("remove", "nobody")):
        assert isinstance(run(*words).exception, BadCommand)
    assert run("remove", "overlay").exit_code == 0
    assert Keys(open_service_file(tmp_path)).caller(key) is None


def test_another_file_in_its_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "service.sqlite").write_bytes(b"something else")
    with pytest.raises(LibraryUnavailable, match="file of the service"):
        open_service_file(tmp_path)
    assert (tmp_path / "service.sqlite").read_bytes() == b"something else"


def test_numbers_for_prometheus(engine: CommandEngine, serving: Serving) -> None:
    with serving(engine) as client:
        client.post("/v1/parse", json={"text": "wave"})
        client.get("/v1/tracks/abc123.bvh")
        with client.websocket_connect("/v1/live") as ws:
            ws.receive()
            text = client.get("/metrics").text
    assert 'motion_requests_total{method="POST",route="/v1/parse",status="200"} 1.0' in text
    assert 'route="/v1/tracks/{name}",status="404"' in text and "abc123" not in text
    assert "motion_rooms 1.0" in text and "motion_viewers 1.0" in text
    assert 'motion_request_seconds_bucket{le="0.04",method="POST",route="/v1/parse"}' in text


def test_too_much_at_once_is_sent_away(
    engine: CommandEngine, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Event

    go, timeline = Event(), engine.timeline

    def slow(*arguments: Any, **more: Any) -> Any:
        go.wait(10)
        return timeline(*arguments, **more)

    monkeypatch.setattr(engine, "timeline", slow)
    with serving(engine, at_once=1, waiting=2) as client, ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(client.post, "/v1/commands", json={"text": "nod"}) for _ in range(6)]
        while sum(one.done() for one in asked) < 3:
            pass
        go.set()
        statuses = sorted(one.result().status_code for one in asked)
    assert statuses == [200, 200, 200, 429, 429, 429]


def test_a_motion_that_is_too_long_is_refused(engine: CommandEngine, serving: Serving) -> None:
    with serving(engine, longest=5) as client:
        assert client.post("/v1/commands", json={"text": "walk for 4 seconds"}).status_code == 200
        reply = client.post("/v1/commands", json={"text": "walk for 6 seconds"})
        assert reply.status_code == 413 and "live" in reply.json()["detail"]
