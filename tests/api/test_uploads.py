"""Motion files of strangers: what becomes of them, and of those that are meant to do harm."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from motion_engine.types import data_path

if TYPE_CHECKING:
    from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def files(client: TestClient) -> dict[str, bytes]:
    """One motion in each format, as the service itself writes them, and a key-pose script."""
    made = {suffix: client.get(f"/v1/actions/kick/motion.{suffix}").content for suffix in ("bvh", "npz", "glb", "vrma")}
    return made | {"yaml": (data_path("actions") / "wave.yaml").read_bytes()}


def post(client: TestClient, file: str, content: bytes, **more: Any) -> Any:
    return client.post("/v1/actions", params={"file": file} | more, content=content)


@pytest.mark.parametrize("suffix", ["bvh", "npz", "glb", "vrma", "yaml"])
def test_a_file_becomes_an_action_that_can_be_said_and_found(
    own: TestClient, files: dict[str, bytes], suffix: str
) -> None:
    reply = post(own, f"My dance.{suffix}", files[suffix], name="hullabaloo", tag=["mine"], licence="CC0")
    assert reply.status_code == 201, reply.text
    assert reply.headers["location"] == "/v1/actions/hullabaloo"
    made = reply.json()["actions"][0]
    assert (made["name"], made["licence"]) == ("hullabaloo", "CC0") and "mine" in made["tags"]
    assert own.post("/v1/parse", json={"text": made["say"]}).json()["plan"] == "hullabaloo"
    assert own.get("/v1/actions", params={"text": "hullabaloo"}).json()["actions"][0]["name"] == "hullabaloo"
    clip = np.frombuffer(own.get("/v1/actions/hullabaloo/frames").content, "<f4").reshape(made["frames"], 211)
    assert np.allclose(np.linalg.norm(clip[:, 3:].reshape(-1, 52, 4), axis=-1), 1.0, atol=1e-5)
    shown = own.get("/v1/actions/hullabaloo")
    assert shown.json() == made and shown.headers["etag"] == reply.headers["etag"]


def test_the_name_of_the_file_is_the_actions_and_the_same_motion_is_told(
    own: TestClient, files: dict[str, bytes]
) -> None:
    first = post(own, "../../etc/High Kick.bvh", files["bvh"])
    assert first.json()["actions"][0]["name"] == "high_kick"
    assert "etc" not in json.dumps(first.json())
    again = post(own, "other.bvh", files["bvh"])
    assert again.status_code == 409 and "high_kick" in again.json()["detail"]
    taken = post(own, "x.bvh", files["bvh"], name="High kick")
    assert taken.status_code == 409 and "replace its motion" in taken.json()["detail"]
    assert {a["name"] for a in own.get("/v1/actions").json()["actions"]} == {"idle", "wave", "bow", "run", "high_kick"}


def test_another_motion_for_an_action_keeps_what_is_said_of_it(own: TestClient, files: dict[str, bytes]) -> None:
    before = own.get("/v1/actions/bow")
    tag = {"If-Match": before.headers["etag"]}
    reply = own.put("/v1/actions/bow/motion", params={"file": "k.bvh"}, content=files["bvh"], headers=tag)
    assert reply.status_code == 200, reply.text
    after = reply.json()["actions"][0]
    assert after["frames"] != before.json()["frames"] and after["version"] == before.json()["version"] + 1
    for field in ("name", "description", "aliases", "licence", "source"):
        assert after[field] == before.json()[field]
    late = own.put("/v1/actions/bow/motion", params={"file": "k.bvh"}, content=files["bvh"], headers=tag)
    assert late.status_code == 412
    assert own.put("/v1/actions/fly/motion", params={"file": "k.bvh"}, content=files["bvh"]).status_code == 404
    history = own.get("/v1/actions/bow/history").json()
    assert [(one["version"], one["state"]) for one in history] == [(2, "present"), (1, "former")]
    back = own.post("/v1/actions/bow/restore", json={"version": 1}).json()
    assert (back["frames"], back["version"]) == (before.json()["frames"], 3)
    assert own.post("/v1/actions/bow/restore", json={"version": 9}).status_code == 404


def test_how_a_skeleton_was_read_is_told_and_can_be_stated(own: TestClient, files: dict[str, bytes]) -> None:
    ours = post(own, "ours.bvh", files["bvh"], name="ours").json()
    assert ours["reading"] is None and ours["notes"] == []
    strange = files["bvh"].decode()
    for joint, other in (("left_hip", "limb_a"), ("right_hip", "limb_b"), ("left_knee", "limb_c")):
        strange = strange.replace(f"JOINT {joint}\n", f"JOINT {other}\n")
    guessed = own.put("/v1/actions/ours/motion", params={"file": "k.bvh"}, content=strange).json()
    assert not guessed["reading"]["by_name"] and guessed["notes"] == [guessed["reading"]["words"]]
    stated = "joints: {left_hip: limb_a, right_hip: limb_b, left_knee: limb_c}\nunit: m\n"
    told = own.put("/v1/actions/ours/motion", params={"file": "k.bvh", "map": stated}, content=strange).json()
    reading = told["reading"]
    assert reading["by_name"] and reading["joints"]["left_hip"] == "limb_a" and told["notes"] == []
    assert (reading["body"], reading["rest"], reading["up"], reading["metres"]) == (22, "T", "+Y", 1.0)
    assert reading["words"].endswith("metres")
    wrong = own.put("/v1/actions/ours/motion", params={"file": "k.bvh", "map": "unit: ell"}, content=strange)
    assert wrong.status_code == 400 and "unit" in wrong.json()["detail"] and "upload" not in wrong.json()["detail"]


def test_what_can_be_filtered_by_is_counted(own: TestClient, files: dict[str, bytes]) -> None:
    before = own.get("/v1/facets").json()
    assert before["actions"] == 4 and before["licences"][0]["count"] == 3
    post(own, "k.bvh", files["bvh"], name="mine", tag=["odd one"], licence="CC0")
    after = own.get("/v1/facets").json()
    assert after["actions"] == 5 and {"value": "odd one", "count": 1} in after["tags"]
    assert {"value": "CC0", "count": 1} in after["licences"]
    assert {tag["value"]: tag["count"] for tag in after["tags"]}["gesture"] == 2
    counts = [tag["count"] for tag in after["tags"]]
    assert counts == sorted(counts, reverse=True)


def test_names_are_normal_and_lengths_are_as_performed(own: TestClient) -> None:
    assert own.patch("/v1/actions/bow", json={"name": "Deep Bow!"}).json()["name"] == "deep_bow"
    listed = {action["name"]: action for action in own.get("/v1/actions").json()["actions"]}
    assert listed["wave"]["mask"] == "right_arm"
    track = own.post("/v1/sequences", json={"tracks": [{"clips": [{"action": "wave", "start": 0}]}]}).json()
    ends = [one["end"] for one in track["timeline"]["segments"] if one["action"] == "wave"]
    assert listed["wave"]["usual"] == pytest.approx(ends[0], abs=0.02) and listed["wave"]["duration"] < ends[0] - 0.5


def bomb() -> bytes:
    """An npz of some hundred KB that claims gigabytes of zeros."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file,
        file.open("poses.npy", "w", force_zip64=True) as part,
    ):
        header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2000000, 156), }"
        header += " " * (118 - len(header) - 1) + "\n"
        part.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        for _ in range(300):
            part.write(bytes(1 << 20))
    return content.getvalue()


def pickled() -> bytes:
    content = io.BytesIO()
    np.savez(content, poses=np.array([{"a": 1}], dtype=object), mocap_framerate=30.0)
    return content.getvalue()


ALIASES = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join([f'*{chr(97 + i)}'] * 10)}]\n" for i in range(12)
)
JOINTS = (
    "HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\nCHANNELS 3 Xrotation Yrotation Zrotation\n"
    + "JOINT a\n{\nOFFSET 0 0 0\nCHANNELS 3 Xrotation Yrotation Zrotation\n" * 20_000
)
OUTSIDE = {
    "asset": {"version": "2.0"},
    "buffers": [{"uri": "file:///etc/passwd", "byteLength": 100}],
    "animations": [{}],
}


@pytest.mark.parametrize(
    ("file", "content", "status"),
    [
        ("empty.bvh", b"", 400),
        ("noise.bvh", bytes(range(256)) * 100, 400),
        ("text.glb", b"no glTF at all", 400),
        ("cut.npz", b"PK\x03\x04 and no more", 400),
        ("bomb.npz", bomb, 400),
        ("pickled.npz", pickled, 400),
        ("aliases.yaml", b"keys:\n" + ALIASES.encode(), 400),
        ("tag.yaml", b"keys: !!python/object/apply:os.system ['touch pwned']\n", 400),
        ("joints.bvh", JOINTS.encode(), 400),
        ("claims.bvh", b"HIERARCHY\nMOTION\nFrames: 999999999999\nFrame Time: 0.03\n", 400),
        ("outside.gltf", json.dumps(OUTSIDE).encode(), 400),
        ("script.sh", b"#!/bin/sh", 400),
        ("none", b"x", 400),
        ("video.mp4", b"x", 400),
        ("", b"x", 422),
        ("x" * 300 + ".bvh", b"x", 422),
    ],
)  # fmt: skip
def test_files_that_are_none_leave_nothing_behind(own: TestClient, file: str, content: Any, status: int) -> None:
    before = own.get("/v1/actions").json()
    reply = post(own, file, content() if callable(content) else content)
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    for secret in ("/tmp", "Traceback", "root:", "upload.", "motion-upload"):
        assert secret not in reply.text
    assert own.get("/v1/actions").json() == before
    assert not Path("pwned").exists()


def test_a_file_that_needs_too_much_is_given_up(files: dict[str, bytes], tmp_path: Path) -> None:
    from action_library.import_work import Job
    from action_library.importer import read_guarded
    from action_library.titles import Title

    path = tmp_path / "a.bvh"
    path.write_bytes(files["bvh"])
    job = Job(path, "a.bvh", Title("a"), False, True)
    assert read_guarded(job, memory=8 << 30, seconds=60).actions
    made = read_guarded(job, memory=96 << 20, seconds=60)
    assert not made.actions and made.failure


def test_downloads_thumbnails_and_details(client: TestClient) -> None:
    detail = client.get("/v1/actions/run").json()
    assert detail["cyclic"] and detail["way"] == "forward" and detail["say"] == "run" and detail["distance"] > 1
    bvh = client.get("/v1/actions/run/motion.bvh")
    assert bvh.text.startswith("HIERARCHY") and 'filename="run.bvh"' in bvh.headers["content-disposition"]
    assert client.get("/v1/actions/run/motion.exe").status_code == 422
    for address, kind in (
        ("/v1/actions/nod/thumbnail.webp", b"ANIM"),
        ("/v1/actions/nod/thumbnail.png", b"PNG"),
        ("/v1/actions/nod/preview.webp", b"ANIM"),
    ):
        first = client.get(address)
        assert first.status_code == 200 and kind in first.content[:64]
        same = client.get(address, headers={"If-None-Match": first.headers["etag"]})
        assert same.status_code == 304 and same.content == b""
    assert len(client.get("/v1/actions/nod/thumbnail.webp").content) < 100_000
    assert client.get("/v1/actions/nothing/thumbnail.webp").status_code == 404
    key = client.post("/v1/commands", json={"text": "nod"}).json()["id"]
    assert b"PNG" in client.get(f"/v1/tracks/{key}/thumbnail.png").content[:8]
    assert b"ANIM" in client.get(f"/v1/tracks/{key}/thumbnail.webp").content[:64]
    assert client.get("/v1/tracks/nothing/thumbnail.png").status_code == 404


def test_the_oldest_thumbnails_make_room() -> None:
    from api.thumbnails import Thumbnails

    kept, made = Thumbnails(room=100), list[str]()

    def make(name: str) -> bytes:
        made.append(name)
        return bytes(40)

    for name in ("a", "b", "a", "c", "a", "b"):
        kept.get(name, lambda name=name: make(name))
    assert made == ["a", "b", "c", "b"]
