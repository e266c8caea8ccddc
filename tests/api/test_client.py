"""The client against a running service, and the examples as users run them."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from api.client import AsyncMotionClient, MotionClient, ServiceError
from api.client_live import LiveFrame, read_frame
from api.engine import CommandEngine
from motion_engine.errors import BadMedia

if TYPE_CHECKING:
    from running import Running

EXAMPLES = Path(__file__).parents[2] / "examples"
SPEECH = Path(__file__).parents[1] / "data" / "speech" / "en01.ogg"


def test_commands_tracks_and_files(running: Running, engine: CommandEngine) -> None:
    with MotionClient(running.url) as client:
        assert client.parse("wave then run").plan == "wave > run"
        track = client.command("先挥手，再跑步", fps=24)
        assert (track.plan, track.timeline.fps) == ("wave > run", 24)
        frames = client.frames(track.id)
        clip = engine.say("wave then run", fps=24).clip
        assert np.array_equal(frames.root_position, clip.root_position)
        assert np.array_equal(frames.rotation, clip.rotation)
        assert len(client.frames(track.id, start=1, end=2).rotation) == 24
        assert client.download(track.id, "bvh").startswith(b"HIERARCHY")
        assert client.compose(steps=[{"action": "wave"}, {"action": "run", "start": "with"}]).plan == "wave + run"
        assert client.compose(tracks=[{"clips": [{"action": "wave", "start": 1, "end": 3}]}]).timeline.duration == 3
        assert client.speak(SPEECH).heard.text


def test_actions_sequences_and_uploads(running: Running, tmp_path: Path) -> None:
    with MotionClient(running.url) as client:
        found = client.actions("greet somebody with the hand", limit=3).actions
        assert len(found) == 3 and client.action(found[0].name).say
        page = client.actions(limit=70)
        assert page.cursor and client.actions(limit=70, cursor=page.cursor).actions
        saved = client.save("my greeting", text="wave then bow", aliases=["hello there"])
        assert saved.plan == "wave > bow" and client.command("hello there").plan == "my_greeting"
        assert "my_greeting" in [one.name for one in client.sequences().sequences]
        client.forget("my greeting")
        path = tmp_path / "Zigzag.bvh"
        path.write_bytes(client.download(client.command("kick then punch").id, "bvh"))
        made = client.upload(path, tag=["mine"]).actions[0]
        assert made.name == "zigzag" and "mine" in made.tags
        assert client.change("zigzag", description="Kicks and punches.").description == "Kicks and punches."
        with pytest.raises(ServiceError) as refused:
            client.change("zigzag", if_match='"1"', description="x")
        assert refused.value.problem.status == 412
        client.remove("zigzag")
        with pytest.raises(ServiceError) as gone:
            client.action("zigzag")
        assert gone.value.problem.status == 404 and gone.value.problem.nearest


def test_films(running: Running) -> None:
    with MotionClient(running.url) as client:
        track = client.command("nod", fps=8)
        film = client.film(client.render(track.id, width=64, height=64, figure="convex", format="gif"))
        assert film.startswith(b"GIF89a")
        with pytest.raises(ServiceError):
            client.render("nothing")


def test_a_live_character(running: Running) -> None:
    with MotionClient(running.url) as client, client.live("client", name="Bo") as live:
        ident, frames, done = live.send("command", text="wave"), 0, None
        for seen in live:
            if isinstance(seen, LiveFrame):
                frames += 1
                assert seen.rotation.shape == (52, 4) and 0.5 < seen.root_position[1] < 1.2
            elif seen["type"] == "done":
                done = seen
            if done and frames > 5:
                break
        assert done and done["id"] == ident and done["did"]["sender"] == "Bo"
        assert "client" in [room["room"] for room in client.rooms()]
        with pytest.raises(ServiceError) as refused, client.live("a b"):
            pass
        assert refused.value.problem.status == 422


def test_with_await(running: Running, tmp_path: Path) -> None:
    async def run() -> None:
        async with AsyncMotionClient(running.url) as client:
            parsed, track = await asyncio.gather(client.parse("run"), client.command("jump twice"))
            assert (parsed.plan, track.plan) == ("run", "jump[repetitions=2]")
            assert len((await client.frames(track.id)).rotation) == track.frames
            assert (await client.download(track.id, "glb")).startswith(b"glTF")
            assert (await client.speak(SPEECH.read_bytes())).heard.text
            assert (await client.compose(steps=[[{"action": "bow"}]])).plan == "bow"
            assert (await client.actions("run")).actions[0].name == "run"
            assert (await client.action("run")).cyclic
            assert (await client.save("two", text="nod twice")).plan == "nod[repetitions=2]"
            assert (await client.sequences()).sequences
            await client.forget("two")
            made = await client.upload("twirl.bvh", await client.download(track.id, "bvh"))
            assert (await client.change(made.actions[0].name, tags=["x"])).tags == ("x",)
            await client.remove(made.actions[0].name)
            film = await client.render(track.id, width=64, height=64, figure="convex", fps=4, format="gif")
            assert (await client.film(film)).startswith(b"GIF")
            async with client.live("awaited", rate=30) as live:
                ident = await live.send("command", text="挥手")
                async for seen in live:
                    if not isinstance(seen, LiveFrame) and seen["type"] == "done":
                        assert seen["id"] == ident
                        break
            assert await client.rooms()
            with pytest.raises(ServiceError):
                await client.command("...")

    asyncio.run(run())


def test_a_service_that_is_not_there() -> None:
    with MotionClient("http://127.0.0.1:9", seconds=2) as client:
        for ask in (lambda: client.parse("wave"), lambda: client.live().__enter__()):
            with pytest.raises(ServiceError, match="motion serve") as refused:
                ask()
            assert refused.value.problem.status == 0


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x02" + bytes(851), b"\x01\x00\x34\x00" + bytes(840)])
def test_what_is_no_frame(data: bytes) -> None:
    with pytest.raises(BadMedia):
        read_frame(data)


@pytest.mark.parametrize(
    ("command", "words", "files"),
    [
        ([sys.executable, "command.py"], ("wave", "moonwlk"), ("python.bvh", "python.mp4")),
        ([sys.executable, "live.py"], ("先走路，再鞠躬: walk > bow, from frame", "frames"), ()),
        (["sh", "curl.sh"], ("wave > run", "flurble"), ("curl.bvh", "curl.png")),
        (["node", "command.mjs"], ("javascript.glb", "moonwlk"), ("javascript.glb",)),
        (["node", "--experimental-websocket", "live.mjs"], ("raise both hands", "m high"), ()),
    ],
)
def test_the_examples_run(
    running: Running, tmp_path: Path, command: list[str], words: tuple[str, ...], files: tuple[str, ...]
) -> None:
    program = shutil.which(command[0])
    if not program or (command[0] == "sh" and not shutil.which("curl")):
        pytest.skip(f"{command[0]} or curl is not installed")
    path = os.environ | {"MOTION_URL": running.url, "PYTHONPATH": str(EXAMPLES.parent)}
    arguments = [program, *command[1:-1], str(EXAMPLES / command[-1]), str(tmp_path)]
    done = subprocess.run(arguments, env=path, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in words), done.stdout
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(files)
    assert all(file.stat().st_size > 1000 for file in tmp_path.iterdir())
