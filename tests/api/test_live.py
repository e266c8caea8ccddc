"""Live characters over WebSockets, on the real starter library."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sockets import heard, say
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocketDisconnect

from api.engine import CommandEngine
from api.keys import Keys
from api.live.audience import Ballot, WordFilter
from api.live.conversation import MOST_BAD, NONSENSE, ROOM_CLOSED, TOO_MANY, Conversation
from api.live.room import Room, Sender
from api.live.rooms import Rooms
from api.live.viewer import BACKLOG, MOST_WORDS, Viewer
from api.live.wire import LONGEST_WORDS, frame_bytes, frame_json
from api.observe import Numbers
from api.service import Service
from api.service_file import open_service_file
from api.settings import Settings
from motion_engine.errors import LibraryUnavailable
from motion_engine.stream import MotionStream

if TYPE_CHECKING:
    from conftest import Serving
    from starlette.testclient import TestClient, WebSocketTestSession

SPEECH = Path(__file__).parents[1] / "data" / "speech"


@pytest.fixture
def ws(client: TestClient, request: pytest.FixtureRequest) -> Iterator[WebSocketTestSession]:
    """A socket in a room of its own."""
    with client.websocket_connect(f"/v1/live?room={request.node.name[:50].partition('[')[0]}&name=Bo") as ws:
        yield ws


def next_frame(ws: WebSocketTestSession) -> bytes:
    while True:
        received = ws.receive()
        if received.get("bytes"):
            return received["bytes"]


def number(frame: bytes) -> int:
    return struct.unpack_from("<I", frame, 4)[0]


def test_a_socket_is_welcomed_and_sees_frames(ws: WebSocketTestSession) -> None:
    welcome = heard(ws, "welcome")
    assert welcome["role"] == "host" and welcome["fps"] == 60.0 and welcome["frame"] == 0 and welcome["viewers"] == 1
    frames = [next_frame(ws) for _ in range(5)]
    assert [number(frame) for frame in frames] == [0, 1, 2, 3, 4]
    assert {len(frame) for frame in frames} == {852}


def test_frames_are_the_poses_of_the_stream(engine: CommandEngine) -> None:
    pose = next(iter(engine.stream()))
    layout, contacts, joints, frame = struct.unpack_from("<BBHI", frame_bytes(pose))
    values = np.frombuffer(frame_bytes(pose), "<f4", offset=8)
    assert (layout, joints, frame) == (1, 52, 0)
    assert [bool(contacts >> i & 1) for i in range(4)] == pose.contacts.tolist()
    assert np.allclose(values[:3], pose.root_position, atol=1e-6)
    assert np.allclose(values[3:].reshape(52, 4), pose.rotation, atol=1e-7)
    assert max(len(frame_bytes(pose)), len(frame_json(pose))) <= 2048
    assert np.allclose(json.loads(frame_json(pose))["rotation"], pose.rotation.ravel(), atol=1e-4)


def test_the_answer_names_the_first_frame_that_differs(ws: WebSocketTestSession, engine: CommandEngine) -> None:
    seen = {number(frame): frame for frame in (next_frame(ws) for _ in range(20))}
    answer = say(ws, type="command", text="raise both hands")
    assert answer["did"]["plan"] == "raise_hand[side=both]"
    effect = answer["did"]["frame"]
    while effect + 10 not in seen:
        frame = next_frame(ws)
        seen[number(frame)] = frame
    told, idle = engine.stream(fps=60), engine.stream(fps=60)
    for i in range(effect + 10):
        if i == effect:
            told.play(engine.written_out(engine.parse("raise both hands")))
        as_told, unmoved = frame_bytes(told.step()), frame_bytes(idle.step())
        assert seen.get(i, as_told) == as_told  # some arrived before the answer and were passed over
        assert (as_told != unmoved) == (i >= effect)


def test_a_cue_tells_everybody_what_is_played_and_when(client: TestClient) -> None:
    with (
        client.websocket_connect("/v1/live?room=cue&name=Bo") as host,
        client.websocket_connect("/v1/live?room=cue&format=json&rate=20") as other,
    ):
        did = say(host, type="command", text="先挥手，再跑步", when="now")["did"]
        said: dict[str, dict[str, Any]] = {}  # which of the two is first depends on the moment
        while len(said) < 2:
            one = heard(other, "cue", "playing")
            if one["type"] == "cue" or one["phrases"] != [""]:
                said[one["type"]] = one
        cue, playing = said["cue"], said["playing"]
        assert {name: value for name, value in cue.items() if name != "timeline"} == did
        assert cue["sender"] == "Bo" and cue["plan"] == "wave > run"
        assert [segment["action"] for segment in cue["timeline"]["segments"]] == ["wave", "run"]
        assert playing["actions"] == ["wave"] and playing["phrases"] == ["挥手"] and playing["frame"] == cue["frame"]
        numbers = [heard(other, "frame")["frame"] for _ in range(4)]
        assert np.diff(numbers).tolist() == [3, 3, 3]


def test_interrupted_commands_are_named(ws: WebSocketTestSession) -> None:
    first = say(ws, type="command", text="wave")["did"]
    later = say(ws, type="command", text="run", when="end")["did"]
    assert later["frame"] > first["frame"] + 60 and later["drops"] == []
    next_frame(ws)
    time.sleep(0.05)
    again = say(ws, type="command", text="nod")["did"]
    assert again["drops"] == [later["number"]]
    assert say(ws, type="stop")["did"]["type"] == "stopped"


def test_sequences_steps_and_saved_ones(own: TestClient) -> None:
    own.put("/v1/sequences/greeting", json={"text": "wave then bow"}).raise_for_status()
    with own.websocket_connect("/v1/live") as ws:
        assert say(ws, type="sequence", name="greeting")["did"]["plan"] == "greeting"
        steps = [[{"action": "wave", "repetitions": 2}], [{"action": "run"}]]
        assert say(ws, type="sequence", steps=steps)["did"]["plan"] == "wave[repetitions=2] > run"
        tracks = [{"clips": [{"action": "run", "start": 0}]}, {"clips": [{"action": "wave", "start": 1}]}]
        assert say(ws, type="sequence", tracks=tracks)["did"]["plan"] == "run@0 + wave@1"
        assert say(ws, type="sequence", tracks=tracks, name="greeting")["status"] == 422
        assert say(ws, type="sequence", name="nothing")["status"] == 404
        assert say(ws, type="sequence")["status"] == 422
        assert say(ws, type="sequence", steps=[[{"action": "wave", "speed": 1e9}]])["status"] == 422


def test_who_comes_later_is_told_who_asked_for_what(client: TestClient) -> None:
    with client.websocket_connect("/v1/live?room=late&name=Bo") as ws:
        first, second = (say(ws, type="command", text=text, when="end")["did"] for text in ("wave", "bow"))
        while number(next_frame(ws)) <= first["frame"]:
            pass
        with client.websocket_connect("/v1/live?room=late") as other:
            welcome = heard(other, "welcome")
            assert welcome["performing"] | {"text": "wave", "sender": "Bo"} == welcome["performing"]
            assert welcome["performing"]["end"] == second["frame"]
            assert [(one["text"], one["frame"]) for one in welcome["waiting"]] == [("bow", second["frame"])]
            assert heard(other, "viewers")["viewers"] == 2
        assert heard(ws, "viewers")["viewers"] in (1, 2) and welcome["votes"] is None


def test_what_waits_is_told_anew_when_the_speed_changes(ws: WebSocketTestSession) -> None:
    for text in ("wave", "bow"):
        before = say(ws, type="command", text=text, when="end")["did"]
    told = say(ws, type="speed", factor=0.5)["did"]
    assert [one["text"] for one in told["waiting"]] == ["bow"] and told["performing"]["text"] == "wave"
    assert told["waiting"][0]["frame"] - told["frame"] == pytest.approx(2 * (before["frame"] - told["frame"]), abs=4)
    say(ws, type="speed", factor=0)
    for _ in range(60):
        next_frame(ws)
    again = say(ws, type="speed", factor=1)["did"]
    assert again["waiting"][0]["frame"] > before["frame"] + 50  # it has waited as well


def test_speed_skeleton_recentre_and_ping(ws: WebSocketTestSession) -> None:
    assert say(ws, type="speed", factor=0)["did"]["factor"] == 0
    still = [next_frame(ws)[8:] for _ in range(30)][-2:]
    assert still[0] == still[1]
    assert say(ws, type="speed", factor=9)["status"] == 422
    assert len(say(ws, type="skeleton")["did"]["joints"]) == 52
    assert say(ws, type="recentre")["did"]["moved"] == pytest.approx([0, 0], abs=0.1)
    assert say(ws, type="ping")["did"] == {"type": "pong"}


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("", 422),
        ("nonsense", 422),
        ("[]", 422),
        ("{}", 422),
        ('{"type": "fly"}', 422),
        ('{"type": "command"}', 422),
        ('{"type": "command", "text": {"$gt": ""}}', 422),
        ('{"type": "command", "text": "walk \\ud800"}', 422),
        ('{"type": "command", "text": "..."}', 422),
        ('{"type": "command", "text": "flurble"}', 404),
        ('{"type": "command", "text": "walk for 9000 hours"}', 413),
        ('{"type": "command", "text": "wave", "when": "never"}', 422),
        ('{"type": "command", "text": "wave", "more": 1}', 422),
        ('{"type": "speed", "factor": NaN}', 422),
        ('{"type": "vote", "option": 1}', 404),
        ('{"type": "talk_end"}', 422),
        (json.dumps({"type": "command", "text": "a" * LONGEST_WORDS}), 422),
    ],
)
def test_messages_that_are_none_are_told_and_nothing_else_happens(client: TestClient, words: str, status: int) -> None:
    with client.websocket_connect("/v1/live?room=bad") as ws:
        ws.send_text(words)
        problem = heard(ws, "problem")
        assert problem["status"] == status and len(problem["detail"]) > 10
        ws.send_bytes(b"\x00\xff")
        assert "talk" in heard(ws, "problem")["detail"]
        assert say(ws, type="command", text="wave")["type"] == "done"


def test_who_talks_nonsense_or_too_much_is_sent_away(client: TestClient) -> None:
    for words, count, code in (("nonsense", MOST_BAD, NONSENSE), ('{"type": "ping"}', 1000, TOO_MANY)):
        with client.websocket_connect("/v1/live?room=flood") as ws:
            for _ in range(count):
                ws.send_text(words)
            with pytest.raises(WebSocketDisconnect) as closed:
                heard(ws, "never")
            assert closed.value.code == code
    assert client.get("/health").status_code == 200


def test_speech_is_understood_while_other_things_are_said(ws: WebSocketTestSession) -> None:
    sound = (SPEECH / "en01.ogg").read_bytes()
    ws.send_json({"type": "talk", "id": "spoken"})
    for start in range(0, len(sound), 20_000):
        ws.send_bytes(sound[start : start + 20_000])
    ws.send_json({"type": "talk_end"})
    assert say(ws, type="ping")["did"] == {"type": "pong"}
    words = heard(ws, "heard")
    assert words["id"] == "spoken" and words["text"] and words["language"] in ("en", "zh")
    assert heard(ws, "done", "problem")["id"] == "spoken"
    ws.send_json({"type": "talk", "id": "noise"})
    ws.send_bytes(b"this is no sound")
    ws.send_json({"type": "talk_end"})
    refused = heard(ws, "problem")
    assert refused["id"] == "noise" and refused["status"] == 400


def test_only_so_many_speak_at_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.rooms.MOST_TALKING", 1)
    with client.websocket_connect("/v1/live?room=talk") as one, client.websocket_connect("/v1/live?room=talk") as other:
        one.send_json({"type": "talk"})
        assert say(one, type="ping")["did"] == {"type": "pong"}
        assert say(other, type="talk")["status"] == 429
        one.close()
        time.sleep(0.1)
        other.send_json({"type": "talk"})
        assert say(other, type="ping")["type"] == "done"


def test_a_recording_that_is_too_long_is_refused(engine: CommandEngine, serving: Serving) -> None:
    with serving(engine, sound_bytes=1000) as client, client.websocket_connect("/v1/live") as ws:
        ws.send_json({"type": "talk", "id": "long"})
        for _ in range(3):
            ws.send_bytes(bytes(600))
        assert heard(ws, "problem")["status"] == 413


# ── An audience ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_audience_waits_in_a_queue(engine: CommandEngine, serving: Serving) -> None:
    with serving(engine, commands_waiting=2, commands_per_minute=6000) as client:
        client.put("/v1/live/rooms/main", json={"policy": "queue"}).raise_for_status()
        with client.websocket_connect("/v1/live?audience=true&name=Anna") as ws:
            assert heard(ws, "welcome")["role"] == "audience"
            starts = [say(ws, type="command", text=text, when="now")["did"] for text in ("wave", "bow", "nod")]
            assert [did["when"] for did in starts] == ["end", "end", "end"]
            assert sorted(did["frame"] for did in starts) == [did["frame"] for did in starts]
            full = say(ws, type="command", text="run")
            assert full["status"] == 429 and "wait" in full["detail"]
            for what in ({"type": "stop"}, {"type": "speed", "factor": 2}, {"type": "policy", "policy": "vote"}):
                assert say(ws, **what)["status"] == 403
            assert say(ws, type="command", text="wave", sender="somebody else")["status"] == 403
            room = client.get("/v1/live/rooms").json()[0]
            assert [one["text"] for one in room["waiting"]] == ["bow", "nod"] and room["waiting"][0]["sender"] == "Anna"


def test_the_audience_votes(engine: CommandEngine, serving: Serving) -> None:
    with (
        serving(engine, vote_seconds=0.5, commands_per_minute=6000) as client,
        client.websocket_connect("/v1/live?room=vote") as ws,
    ):
        say(ws, type="policy", policy="vote")
        assert say(ws, type="command", text="wave", sender="a")["did"]["option"] == 1
        assert say(ws, type="command", text="bow", sender="b")["did"]["option"] == 2
        assert say(ws, type="command", text="鞠躬", sender="c")["did"]["option"] == 2
        with client.websocket_connect("/v1/live?room=vote") as late:
            votes = heard(late, "welcome")["votes"]
            assert len(votes["options"]) == 2 and 0 < votes["seconds"] <= 0.5
        options = say(ws, type="vote", option=2, sender="a")["did"]["options"]
        assert [(one["plan"], one["votes"]) for one in options] == [("wave", 0), ("bow", 3)]
        assert say(ws, type="vote", option=3, sender="a")["status"] == 404
        assert heard(ws, "votes")["options"] == []
        cue = heard(ws, "cue")
        assert cue["plan"] == "bow" and cue["sender"] == "vote" and cue["when"] == "next"


def test_of_equal_options_the_first_wins(engine: CommandEngine) -> None:
    ballot = Ballot()
    for text, sender in (("wave", "a"), ("run", "b"), ("nod", "b")):
        ballot.propose(text, engine.parse(text), sender)
    assert [len(option.votes) for option in ballot.options.values()] == [1, 0, 1]
    assert ballot.close().text == "wave" and not ballot.options


def test_the_audience_is_limited_in_how_often_and_in_which_words(engine: CommandEngine, serving: Serving) -> None:
    with (
        serving(engine, commands_per_minute=6, blocked_words=("darn", "笨蛋")) as client,
        client.websocket_connect("/v1/live") as ws,
    ):
        for text in ("wave like a DARN fool", "笨蛋 挥手"):
            assert say(ws, type="command", text=text, sender="x")["status"] == 422
        assert say(ws, type="command", text="wave", sender="Darn")["status"] == 422
        answers = [say(ws, type="command", text="wave", sender="fan") for _ in range(5)]
        assert [answer["type"] for answer in answers] == ["done"] * 3 + ["problem"] * 2
        assert answers[-1]["status"] == 429
        assert say(ws, type="command", text="wave", sender="another fan")["type"] == "done"
        assert say(ws, type="command", text="wave")["type"] == "done"


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("a darn thing", True),
        ("ＤＡＲＮ", True),
        ("dárn", True),
        ("da\u200brn", True),
        ("darning", False),
        ("你这个笨蛋啊", True),
        ("wave", False),
    ],
)
def test_blocked_words_however_they_are_written(text: str, refused: bool) -> None:
    assert WordFilter(["Darn", "笨蛋", " "]).refuses(text) == refused
    assert not WordFilter([]).refuses(text)


def test_keys_decide_who_watches_who_commands_and_who_directs(
    engine: CommandEngine, serving: Serving, tmp_path: Path
) -> None:
    keys = Keys(open_service_file(tmp_path))
    watcher, fan, host = (
        keys.add("w", ["read"]),
        keys.add("f", ["read", "command"]),
        keys.add("h", ["read", "command", "admin"]),
    )
    with serving(engine, data=tmp_path, keys=True) as client:
        for address in ("/v1/live", "/v1/live?key=motion_00000000_" + "a" * 43):
            with pytest.raises(WebSocketDisconnect), client.websocket_connect(address):
                pass
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"/v1/live?key={watcher}"):
            pass  # there is no room yet
        with (
            client.websocket_connect(f"/v1/live?key={host}") as stage,
            client.websocket_connect(f"/v1/live?key={fan}") as seat,
            client.websocket_connect("/v1/live", headers={"Authorization": f"Bearer {watcher}"}) as door,
        ):
            assert [heard(one, "welcome")["role"] for one in (stage, seat, door)] == ["host", "audience", "viewer"]
            assert say(stage, type="stop")["type"] == "done"
            assert say(seat, type="stop")["status"] == 403
            assert say(seat, type="command", text="wave")["type"] == "done"
            assert heard(door, "cue")["plan"] == "wave"
            assert say(door, type="command", text="wave")["status"] == 403
            assert say(door, type="skeleton")["type"] == "done"
            fans = {"Authorization": f"Bearer {fan}"}
            assert client.put("/v1/live/rooms/main", json={}, headers=fans).status_code == 403
            for more, status in (({}, 200), ({"sender": "somebody else"}, 403)):
                reply = client.post("/v1/live/rooms/main/commands", json={"text": "bow"} | more, headers=fans)
                assert reply.status_code == status


# ── Rooms ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_rooms_over_rest(client: TestClient) -> None:
    assert client.put("/v1/live/rooms/stage", json={"policy": "vote", "fps": 30}).json()["policy"] == "vote"
    assert client.put("/v1/live/rooms/stage", json={"policy": "queue"}).json()["fps"] == 30
    for name, status in (("a b", 422), ("x" * 65, 422), ("..%2Fx", 404)):
        assert client.put(f"/v1/live/rooms/{name}", json={}).status_code == status
    with client.websocket_connect("/v1/live?room=stage") as ws:
        cue = client.post("/v1/live/rooms/stage/commands", json={"text": "wave", "sender": "Anna"})
        assert cue.status_code == 200 and cue.json()["plan"] == "wave"
        assert heard(ws, "cue")["sender"] == "Anna"
        assert client.post("/v1/live/rooms/stage/commands", json={"text": "flurble"}).status_code == 404
        assert client.delete("/v1/live/rooms/stage").status_code == 204
        with pytest.raises(WebSocketDisconnect) as closed:
            heard(ws, "never")
        assert closed.value.code == ROOM_CLOSED
    assert client.delete("/v1/live/rooms/stage").status_code == 404
    assert client.post("/v1/live/rooms/nowhere/commands", json={"text": "wave"}).status_code == 404


def test_vmc_receivers_get_the_motion_without_a_viewer(engine: CommandEngine, serving: Serving) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        target = f"127.0.0.1:{receiver.getsockname()[1]}"
        with serving(engine, vmc=(target,)) as client:
            assert receiver.recv(2048).startswith(b"#bundle")
            assert client.get("/v1/live/rooms").json()[0]["vmc"] == [target]
            for wrong in ("host:x", "nowhere.invalid"):
                assert client.put("/v1/live/rooms/main", json={"vmc": [target, wrong]}).status_code == 422
            assert receiver.recv(2048).startswith(b"#bundle")
            assert client.put("/v1/live/rooms/main", json={"vmc": []}).json()["vmc"] == []


def test_rooms_and_viewers_have_limits(engine: CommandEngine, serving: Serving) -> None:
    with serving(engine, rooms=1, viewers=1) as client, client.websocket_connect("/v1/live"):
        for address in (
            "/v1/live",
            "/v1/live?room=other",
            "/v1/live?room=a%20b",
            "/v1/live?fps=NaN",
            "/v1/live?after=-1",
        ):
            with pytest.raises(WebSocketDisconnect), client.websocket_connect(address):
                pass


def test_who_comes_back_sees_what_was_missed(client: TestClient) -> None:
    with client.websocket_connect("/v1/live?room=back") as ws:
        seen = [number(next_frame(ws)) for _ in range(20)][-1]
        with client.websocket_connect("/v1/live?room=back") as other:
            say(other, type="command", text="wave")
            time.sleep(0.3)
    with client.websocket_connect(f"/v1/live?room=back&after={seen}") as ws:
        assert heard(ws, "welcome")["frame"] > seen + 10
        assert heard(ws, "cue")["plan"] == "wave"
        assert [number(next_frame(ws)) for _ in range(30)] == list(range(seen + 1, seen + 31))


class Stuck:
    """A socket that takes nothing."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.got: list[int] = []

    async def send_bytes(self, data: bytes) -> None:
        await self.gate.wait()
        self.got.append(number(data))

    async def send_text(self, data: str) -> None:
        await self.gate.wait()


def in_a_room(engine: CommandEngine, act: Callable[[Room], Any]) -> None:
    """Run `act` beside a room."""

    async def run() -> None:
        room = Room("r", engine, Settings(), fps=60.0, policy="interrupt")
        task = asyncio.create_task(room.run())
        try:
            await act(room)
        finally:
            task.cancel()

    asyncio.run(run())


def test_slow_viewers_miss_frames_and_nobody_waits(engine: CommandEngine) -> None:
    async def act(room: Room) -> None:
        slow, quick = Stuck(), Stuck()
        quick.gate.set()
        viewers = [Viewer(slow), Viewer(quick)]
        for viewer in viewers:
            room.watch(viewer, None)
        tasks = [asyncio.create_task(viewer.run()) for viewer in viewers]
        await asyncio.sleep(0.5)
        count = len(quick.got)
        assert count >= 20 and quick.got == list(range(count)) and slow.got == []
        slow.gate.set()
        await asyncio.sleep(0.05)
        assert slow.got[:BACKLOG] == list(range(slow.got[0], slow.got[0] + BACKLOG))
        assert slow.got[0] > count - BACKLOG - 3
        shown, dropped = room.counted()
        assert shown > 2 * count - 3 and dropped > count - 2 * BACKLOG
        assert room.counted()[0] < 3
        for task in tasks:
            task.cancel()

    in_a_room(engine, act)


def test_who_takes_frames_slower_than_they_come_is_answered(engine: CommandEngine) -> None:
    class Slow(Stuck):
        def __init__(self) -> None:
            super().__init__()
            self.words: list[str] = []

        async def send_bytes(self, data: bytes) -> None:
            await asyncio.sleep(0.04)
            self.got.append(number(data))

        async def send_text(self, data: str) -> None:
            self.words.append(data)

    async def act(room: Room) -> None:
        slow = Slow()
        viewer = Viewer(slow)
        room.watch(viewer, None)
        task = asyncio.create_task(viewer.run())
        await asyncio.sleep(0.5)
        room.recentre()
        await asyncio.sleep(0.2)
        assert any('"recentred"' in words for words in slow.words)
        count = len(slow.got)
        await asyncio.sleep(0.2)
        assert len(slow.got) > count > 5
        task.cancel()

    in_a_room(engine, act)


def test_a_socket_that_the_server_has_closed_meanwhile_is_left(engine: CommandEngine, tmp_path: Path) -> None:
    class Closed(Stuck):
        async def receive(self) -> Any:
            await self.gate.wait()

        async def send_text(self, data: str) -> None:
            raise RuntimeError("Unexpected message after close")

    async def act(room: Room) -> None:
        socket = Closed()
        viewer, service = Viewer(socket), Service.of(engine, Settings(data=tmp_path))
        room.watch(viewer, None)
        await asyncio.wait_for(Conversation(service, socket, room, viewer, None).run(), 2.0)  # type: ignore[arg-type]

    in_a_room(engine, act)


def test_a_viewer_that_takes_no_messages_is_lost() -> None:
    async def run() -> None:
        viewer = Viewer(Stuck())
        for _ in range(MOST_WORDS + 1):
            viewer.tell("x")
        assert viewer.lost

    asyncio.run(run())


def test_a_room_that_nobody_watches_rests(engine: CommandEngine) -> None:
    async def act(room: Room) -> None:
        await asyncio.sleep(0.1)
        assert room.state()["frame"] == 0
        viewer = Viewer(Stuck())
        room.watch(viewer, None)
        await asyncio.sleep(0.1)
        assert room.state()["frame"] > 0

    in_a_room(engine, act)


def test_a_room_outlives_a_mistake_of_ours(engine: CommandEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    step, broken = MotionStream.step, []

    def break_once(stream: MotionStream) -> Any:
        if not broken:
            broken.append(1)
            raise ZeroDivisionError
        return step(stream)

    monkeypatch.setattr(MotionStream, "step", break_once)

    async def act(room: Room) -> None:
        room.watch(Viewer(Stuck()), None)
        await asyncio.sleep(0.1)
        assert broken and room.state()["frame"] > 0

    in_a_room(engine, act)


@pytest.mark.parametrize("broken", ["step", "all"])
def test_a_room_that_cannot_go_on_is_closed_and_can_be_opened_anew(
    engine: CommandEngine, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise LibraryUnavailable("It is gone.")

    async def run() -> None:
        rooms = Rooms(engine, Settings(), Numbers())
        room, viewer = rooms.enter("r", may_open=True), Viewer(Stuck())
        room.watch(viewer, None)
        await asyncio.sleep(0.1)
        with monkeypatch.context() as patch:
            patch.setattr(MotionStream, "step", fail)
            if broken == "all":
                patch.setattr(CommandEngine, "stream", fail)
            await asyncio.sleep(0.2)
        assert viewer.closed and rooms.all() == []
        again = rooms.enter("r", may_open=True)
        again.watch(Viewer(Stuck()), None)
        await asyncio.sleep(0.1)
        assert again is not room and again.state()["frame"] > 0
        rooms.close("r")

    asyncio.run(run())


def test_far_away_the_body_is_moved_back_to_the_middle(engine: CommandEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.room.FARTHEST", 0.5)

    async def act(room: Room) -> None:
        room.watch(Viewer(Stuck()), None)
        await room.take(Sender("h", host=True), "run", engine.parse("run"), None)
        await asyncio.sleep(1.2)
        assert any('"recentred"' in words for _, words in room._events)

    in_a_room(engine, act)


def test_votes_need_something_to_vote_for(engine: CommandEngine) -> None:
    async def act(room: Room) -> None:
        with pytest.raises(HTTPException):
            room.vote(Sender("a"), 1)

    in_a_room(engine, act)
