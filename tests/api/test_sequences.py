"""Sequences composed over REST: steps, flat lists, and tracks by the second."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sockets import say

from motion_engine.metrics import transition_distance
from motion_engine.placed import arrange
from motion_engine.types import ActionCall, Placed

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from api.engine import CommandEngine


_OTHER_BODY = {"action": "walk", "start": "with", "layer": "body"}


def compose(client: TestClient, **body: Any) -> Any:
    return client.post("/v1/sequences", json=body)


def test_a_flat_list_says_what_is_together(client: TestClient) -> None:
    steps = [
        {"action": "wave"},
        {"action": "run", "start": "with", "layer": "body", "duration": 3},
        {"action": "nod", "start": "with", "layer": "over"},
        {"action": "bow"},
    ]
    assert compose(client, steps=steps).json()["plan"] == "run[duration=3] + wave + nod > bow"
    client.put("/v1/sequences/flat", json={"steps": steps}).raise_for_status()
    assert client.get("/v1/sequences/flat").json()["plan"] == "run[duration=3] + wave + nod > bow"
    assert client.delete("/v1/sequences/flat").status_code == 204


def test_tracks_by_the_second(client: TestClient) -> None:
    tracks = [
        {"clips": [{"action": "Walk", "start": 0, "end": 4}, {"action": "jump", "start": 5, "duration": 1.6}]},
        {"clips": [{"action": "wave", "start": 1, "end": 2.6, "side": "left"}], "mask": "left_arm"},
    ]
    reply = compose(client, tracks=tracks, fps=25).json()
    timeline = reply["timeline"]
    placed = [(s["action"], s["start"], s["end"], s["layer"], s["mask"]) for s in timeline["segments"]]
    assert placed == [
        ("walk", 0.0, 4.0, 0, "full"),
        ("idle", 4.0, 5.0, 0, "full"),
        ("jump", 5.0, 6.6, 0, "full"),
        ("wave", 1.0, 2.6, 1, "left_arm"),
    ]
    assert reply["frames"] == round(25 * timeline["duration"])
    assert reply["plan"] == "walk[duration=4]@0 + wave[duration=1.6,side=left]@1 + jump[duration=1.6]@5"
    assert [segment["phrase"] for segment in timeline["segments"]] == ["walk", "", "jump", "wave"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 422, "either steps or tracks"),
        ({"steps": [[{"action": "wave"}]], "tracks": [{"clips": []}]}, 422, "either"),
        ({"steps": [{"action": "wave", "start": "with"}]}, 422, "first step"),
        ({"steps": [{"action": "wave", "start": 1.0}]}, 422, "tracks"),
        ({"steps": [{"action": "wave", "layer": "under"}]}, 422, "layer"),
        ({"steps": [{"action": "nod", "layer": "over"}]}, 422, "laid over"),
        ({"steps": [{"action": "run", "layer": "body"}, _OTHER_BODY]}, 422, "only one"),
        ({"steps": [{"action": "nod"}, _OTHER_BODY, _OTHER_BODY]}, 422, "only one"),
        ({"steps": [[{"action": "wave", "speed": 1e-320}]]}, 422, "speed"),
        ({"steps": [[{"action": "\ud800"}]]}, 422, "action"),
        ({"tracks": [{"clips": [{"action": "\ud800", "start": 0}]}]}, 422, "action"),
        ({"tracks": [{"clips": [{"action": "wave", "start": 0, "speed": 1e-320}]}]}, 422, "speed"),
        ({"steps": ["wave"]}, 422, "steps"),
        ({"steps": {"$gt": ""}}, 422, "steps"),
        ({"tracks": []}, 422, "tracks"),
        ({"tracks": [{"clips": []}]}, 422, "nothing on the tracks"),
        ({"tracks": [{"clips": [{"action": "wave"}]}]}, 422, "start"),
        ({"tracks": [{"clips": [{"action": "wave", "start": -1}]}]}, 422, "start"),
        ({"tracks": [{"clips": [{"action": "wave", "start": 2, "end": 1}]}]}, 422, "after start"),
        ({"tracks": [{"clips": [{"action": "wave", "start": 0, "end": 1, "duration": 1}]}]}, 422, "not both"),
        ({"tracks": [{"clips": [{"action": "fly", "start": 0}]}]}, 404, "fly"),
        ({"tracks": [{"clips": [{"action": "walk", "start": 0, "end": 3600}]}]}, 413, "at once"),
        ({"tracks": [{"clips": [{"action": "walk", "start": 0, "end": 3, "more": 1}]}]}, 422, "more"),
    ],
)
def test_what_cannot_be_composed(client: TestClient, body: dict[str, Any], status: int, words: str) -> None:
    headers = {"Content-Type": "application/json"}
    reply = client.post("/v1/sequences", content=json.dumps(body), headers=headers)
    assert reply.status_code == status, reply.text
    assert words in reply.json()["detail"] and "Traceback" not in reply.text


def test_half_a_character_is_not_saved(client: TestClient) -> None:
    for body in ('{"text": "wave \\ud800"}', '{"steps": [[{"action": "\\ud800"}]]}'):
        reply = client.put("/v1/sequences/half", content=body, headers={"Content-Type": "application/json"})
        assert reply.status_code == 422
    assert client.get("/v1/sequences/half").status_code == 404


def test_sequences_have_no_place_on_tracks(own: TestClient) -> None:
    own.put("/v1/sequences/greeting", json={"text": "wave then bow"}).raise_for_status()
    reply = own.post("/v1/sequences", json={"tracks": [{"clips": [{"action": "greeting", "start": 0}]}]})
    assert reply.status_code == 422 and "in steps" in reply.json()["detail"]


def placed(action: str, start: float, duration: float | None = None) -> Placed:
    return Placed(ActionCall(action, action, duration=duration), start)


@pytest.mark.parametrize("gap", [1, 3, 6, 10])
@pytest.mark.parametrize("following", ["run", "bow"])
def test_a_gap_of_some_frames_makes_no_jump(engine: CommandEngine, following: str, gap: int) -> None:
    timeline = arrange([[placed("run", gap / 30, 2.0), placed(following, 2.0 + 2 * gap / 30)]], engine.infos)
    track = engine.perform(timeline)
    for asked, played in zip(timeline.segments, track.timeline.segments, strict=True):
        assert (played.start, played.end) == pytest.approx((asked.start, asked.end))
    steps = [transition_distance(track.clip, frame) for frame in range(1, len(track.clip))]
    assert max(steps) < 8.0  # cm; running itself has 6


def test_who_lies_stays_there_until_it_is_time_to_get_up(engine: CommandEngine) -> None:
    timeline = arrange([[placed("lie_down", 0.0), placed("walk", 10.0, 2.0)]], engine.infos)
    track = engine.perform(timeline)
    held = track.timeline.segments[1]
    assert held.action == "lie_down" and held.edits.held == "last"
    root = track.clip.root_position[round(held.start * 30) + 20 : round(held.end * 30) - 20]
    assert len(root) > 20 and root[:, 1].max() < 0.3
    assert root.max(axis=0) - root.min(axis=0) == pytest.approx(0, abs=0.01)
    assert len(track.clip) == 360


TRACKS = [
    {"clips": [{"action": "walk", "start": 1, "end": 4}, {"action": "sit", "start": 5}]},
    {"clips": [{"action": "wave", "start": 1.5, "end": 3.5, "side": "left"}], "mask": "left_arm"},
]


def test_tracks_saved_under_a_name_are_a_command(client: TestClient) -> None:
    saved = client.put("/v1/sequences/routine", json={"tracks": TRACKS, "aliases": ["my little routine"]})
    assert saved.status_code == 200, saved.text
    assert saved.json()["steps"] == [] and saved.json()["tracks"][1]["mask"] == "left_arm"
    assert saved.json()["plan"] == "walk[duration=3]@1 + wave[duration=2,side=left]@1.5 + sit@5"
    reply = client.post("/v1/commands", json={"text": "bow, then my little routine, then run"}).json()
    assert reply["plan"] == "bow > routine > run"
    segments = reply["timeline"]["segments"]
    base = [segment["action"] for segment in segments if segment["layer"] == 0]
    assert base == ["bow", "idle", "walk", "idle", "sit", "stand_up", "run"]
    walk, wave = (next(s for s in segments if s["action"] == name) for name in ("walk", "wave"))
    assert walk["end"] - walk["start"] == pytest.approx(3) and wave["start"] - walk["start"] == pytest.approx(0.5)
    assert wave["phrase"] == "little routine" and wave["mask"] == "left_arm"
    twice = client.post("/v1/commands", json={"text": "my little routine twice fast"}).json()
    base = [segment for segment in twice["timeline"]["segments"] if segment["action"] == "walk"]
    assert len(base) == 2 and base[0]["end"] - base[0]["start"] == pytest.approx(3 / 1.4, abs=0.05)  # fast
    nested = client.put("/v1/sequences/show", json={"steps": [{"action": "routine"}, {"action": "bow"}]})
    assert nested.json()["plan"] == "routine > bow"
    assert client.post("/v1/sequences", json={"steps": [[{"action": "show"}]]}).json()["frames"] > 200
    with client.websocket_connect("/v1/live?room=routine") as ws:
        answer = say(ws, type="sequence", name="routine")
        assert answer["type"] == "done" and answer["did"]["plan"] == "routine"
    for name in ("show", "routine"):
        assert client.delete(f"/v1/sequences/{name}").status_code == 204


def test_a_sequence_is_saved_in_one_way(own: TestClient) -> None:
    for body in ({}, {"text": "wave", "tracks": TRACKS}, {"tracks": []}, {"tracks": [{"clips": []}]}):
        assert own.put("/v1/sequences/x", json=body).status_code == 422
    assert own.get("/v1/sequences").json()["sequences"] == []


def test_a_removed_sequence_comes_back(own: TestClient) -> None:
    own.put("/v1/sequences/greeting", json={"text": "wave twice then bow", "aliases": ["我的问候"]})
    saved = own.get("/v1/sequences/greeting").json()
    assert own.delete("/v1/sequences/greeting").status_code == 204
    assert own.get("/v1/sequences/greeting").status_code == 404
    assert own.post("/v1/sequences/greeting/restore", json={}).json() == saved
    assert own.get("/v1/sequences").json()["sequences"] == [saved]
    assert own.post("/v1/sequences/greeting/restore", json={"version": 9}).status_code == 404
    assert own.delete("/v1/actions/run").status_code == 204
    assert own.post("/v1/sequences/run/restore", json={}).status_code == 404  # that was an action
    assert own.get("/v1/actions/run").status_code == 404
