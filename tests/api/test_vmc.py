"""VMC output, read by an independent OSC library."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from api.engine import CommandEngine
from api.live.vmc import LARGEST, PORT, VmcOutput, read_target, unity_bones
from motion_engine.errors import BadCommand
from motion_engine.kinematics import fk
from motion_engine.stream import Pose
from motion_engine.types import Array, canonical_skeleton

# The bones that a Unity humanoid must have: https://docs.unity3d.com/Manual/AvatarCreationandSetup.html
NEEDED = {"Hips", "Spine", "Head"} | {
    side + bone
    for side in ("Left", "Right")
    for bone in ("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot")
}


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        yield sock


def received(sock: socket.socket) -> dict[str, dict[str, Any]]:
    """One pose: the arguments of each message, by address and bone."""
    from pythonosc.osc_bundle import OscBundle

    found: dict[str, dict[str, Any]] = {}
    while len(found.get("/VMC/Ext/Bone/Pos", {})) < 52:
        data = sock.recv(65536)
        assert len(data) <= LARGEST and OscBundle.dgram_is_bundle(data)
        for message in OscBundle(data):
            named = isinstance(message.params[0], str)
            key, values = (message.params[0], message.params[1:]) if named else ("", message.params)
            found.setdefault(message.address, {})[key] = values
    return found


def turned(quaternion: Array, vector: Array) -> Array:
    """A vector turned by a quaternion xyzw, as Unity does it."""
    u, w = quaternion[:3], quaternion[3]
    return vector + 2.0 * np.cross(u, np.cross(u, vector) + w * vector)


def times(a: Array, b: Array) -> Array:
    """The product of quaternions xyzw."""
    return np.array([*(a[3] * b[:3] + b[3] * a[:3] + np.cross(a[:3], b[:3])), a[3] * b[3] - a[:3] @ b[:3]])


def in_unity(bones: dict[str, Any]) -> Array:
    """World positions `(J, 3)` of all bones in Unity's world, from their local ones."""
    positions, rotations = [], []
    for name, parent in zip(unity_bones(), canonical_skeleton().parents, strict=True):
        local = np.array(bones[name], dtype=np.float64)
        if parent < 0:
            positions.append(local[:3])
            rotations.append(local[3:])
        else:
            positions.append(positions[parent] + turned(rotations[parent], local[:3]))
            rotations.append(times(rotations[parent], local[3:]))
    return np.array(positions)


def test_bones_have_unitys_names() -> None:
    names = unity_bones()
    assert len(set(names)) == 52 and set(names) >= NEEDED
    assert {"UpperChest", "LeftToes", "LeftThumbProximal", "LeftThumbIntermediate", "RightLittleDistal"} <= set(names)
    assert not any("Metacarpal" in name for name in names)


@pytest.mark.parametrize("command", ["raise the left hand", "turn left", "lie down", "run while clapping"])
def test_the_pose_arrives_mirrored_into_unitys_world(
    engine: CommandEngine, receiver: socket.socket, command: str
) -> None:
    output, stream = VmcOutput(f"127.0.0.1:{receiver.getsockname()[1]}"), engine.stream(fps=60)
    stream.play(engine.written_out(engine.parse(command)))
    for number, pose in enumerate(stream):
        if number % 30 == 0:
            output.send(pose, number / 60)
            said = received(receiver)
            assert said["/VMC/Ext/OK"][""] == [1]
            assert said["/VMC/Ext/T"][""] == pytest.approx([number / 60])
            root = said["/VMC/Ext/Root/Pos"]["root"]
            assert root[1] == 0 and root[3:] == [0, 0, 0, 1]
            bones = said["/VMC/Ext/Bone/Pos"]
            assert np.allclose([np.linalg.norm(values[3:]) for values in bones.values()], 1.0, atol=1e-5)
            expected, _ = fk(canonical_skeleton(), pose.root_position[None], pose.rotation[None])
            assert np.allclose(in_unity(bones) + root[:3], expected[0] * (-1, 1, 1), atol=1e-5)
        if number == 150:
            break
    output.close()


def test_left_is_left_and_a_t_pose_has_no_rotation(engine: CommandEngine, receiver: socket.socket) -> None:
    output, stream = VmcOutput(f"127.0.0.1:{receiver.getsockname()[1]}"), engine.stream(fps=30)
    stream.play(engine.parse("raise the left hand"))
    for _ in range(30):
        pose = stream.step()
    output.send(pose, 1.0)
    output.close()
    bones = received(receiver)["/VMC/Ext/Bone/Pos"]
    world = dict(zip(unity_bones(), in_unity(bones), strict=True))
    assert world["LeftHand"][1] > world["Head"][1] > world["RightHand"][1]
    assert world["LeftUpperLeg"][0] < world["RightUpperLeg"][0]  # facing +Z, Unity's right is +X
    rest = in_unity({name: [*values[:3], 0, 0, 0, 1] for name, values in bones.items()})
    arm = [rest[unity_bones().index(name)] for name in ("LeftUpperArm", "LeftLowerArm", "LeftHand")]
    assert np.ptp([joint[1] for joint in arm]) < 1e-6 and arm[2][0] < arm[1][0] < arm[0][0]


def test_nobody_has_to_listen(engine: CommandEngine) -> None:
    pose: Pose = engine.stream().step()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    output = VmcOutput(f"127.0.0.1:{port}")
    for _ in range(5):
        output.send(pose, 0.0)
    output.close()
    output.send(pose, 0.0)  # even so


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("127.0.0.1:4000", ("127.0.0.1", 4000)),
        ("localhost", ("localhost", PORT)),
        ("[::1]:4000", ("::1", 4000)),
        ("[::1]", ("::1", PORT)),
        ("::1", ("::1", PORT)),
        (" studio.local:1 ", ("studio.local", 1)),
    ],
)
def test_targets(text: str, target: tuple[str, int]) -> None:
    assert read_target(text) == target


@pytest.mark.parametrize("text", ["", ":", ":80", "host:", "host:0", "host:65536", "host:x", "host:-1"])
def test_what_is_no_target(text: str) -> None:
    with pytest.raises(BadCommand, match="host:port"):
        read_target(text)


@pytest.mark.parametrize("host", ["nowhere.invalid:1", "\x9d\ud960\udced:5", "a" * 300])
def test_a_host_that_there_is_not(host: str) -> None:
    with pytest.raises(BadCommand, match="no such host"):
        VmcOutput(host)
