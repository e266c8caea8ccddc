"""A live character for VSeeFace, VNyan, Warudo and Unity: the VMC protocol, OSC messages over UDP.

Every pose is a handful of bundles: that the model is there (`/VMC/Ext/OK`), the time (`/VMC/Ext/T`), the root, which
goes along on the floor below the hips and never turns, and, for each bone, its position (m) and rotation (quaternion
xyzw) as seen from its parent, in Unity's left-handed world: +Y up, facing +Z, left is -X. Bones are named as in Unity's
HumanBodyBones and rest in VRM's T-pose with no rotation.
Source: the protocol for receivers (Marionettes), https://protocol.vmc.info/marionette-spec, version 2.5.
"""

from __future__ import annotations

import math
import re
import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import numpy as np

from api.log import event
from motion_engine import quat
from motion_engine.errors import BadCommand
from motion_engine.formats.vrm import human_bones, t_pose
from motion_engine.stream import Pose
from motion_engine.types import Array, canonical_skeleton

PORT = 39539  # on which receivers listen
LARGEST = 1432  # bytes of a datagram that Ethernet need not cut in pieces, over IPv4 and IPv6
BUNDLE = b"#bundle\0" + struct.pack(">Q", 1)  # "immediately"
TARGET = re.compile(
    r"(?:(?P<host>[^:\[\]\s]+)|\[(?P<bracketed>[0-9a-fA-F:.]+)\])(?::(?P<port>\d{1,5}))?"
    r"|(?P<bare>[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F.]*)"
)
MIRROR = np.array((-1.0, 1.0, 1.0))  # from our world to Unity's
THUMBS = {"Metacarpal": "Proximal", "Proximal": "Intermediate"}  # VRM 1 has other names for a thumb's bones


def unity_bones() -> tuple[str, ...]:
    """The name in Unity's HumanBodyBones of each joint of the canonical skeleton, in its order."""
    names = []
    for bone in human_bones():
        side, thumb, part = bone.partition("Thumb")
        name = f"{side}Thumb{THUMBS.get(part, part)}" if thumb else bone
        names.append(name[0].upper() + name[1:])
    return tuple(names)


def read_target(text: str) -> tuple[str, int]:
    """Host and port of `host`, `host:port`, `[address]` or `[address]:port`; BadCommand if it is none of them."""
    found = TARGET.fullmatch(text.strip())
    if not found or not 1 <= int(found["port"] or PORT) <= 65535:
        raise BadCommand(f"{text!r} is no receiver: name it as host:port, such as 127.0.0.1:{PORT}.")
    return found["host"] or found["bracketed"] or found["bare"], int(found["port"] or PORT)


class VmcOutput:
    """Sends every pose to one receiver; whether anybody listens there does not matter."""

    def __init__(self, target: str) -> None:
        """`target` as of `read_target`; BadCommand if there is no such host."""
        host, port = read_target(target)
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(family, kind, protocol)
        except (OSError, UnicodeError):
            raise BadCommand(f"{target}: there is no such host, or no way to it.") from None
        self.target, self._address = target, address
        self._socket.setblocking(False)
        self._failing = False
        skeleton = canonical_skeleton()
        self._turn, straight = t_pose(skeleton)
        self._above = np.concatenate((quat.IDENTITY[None], self._turn[list(skeleton.parents[1:])]))
        self._back = quat.inv(self._turn)
        self._values = np.zeros((len(skeleton.names), 7), dtype=np.float32)
        self._values[:, :3] = straight.offsets * MIRROR
        self._buffer, self._time, self._root, self._slots, self._packets = _template(unity_bones())

    def send(self, pose: Pose, time: float) -> None:
        """Send a pose of this time, s; what cannot be sent is not sent."""
        x, y, z = pose.root_position * MIRROR
        self._values[0, :3] = 0.0, y, 0.0
        rotation = quat.mul(self._above, quat.mul(pose.rotation, self._back))
        self._values[:, 3:] = rotation[:, (1, 2, 3, 0)] * (1.0, -1.0, -1.0, 1.0)
        self._buffer[self._time] = time
        self._buffer[self._root] = x, 0.0, z
        self._buffer[self._slots] = self._values.ravel()
        data = self._buffer.data.cast("B")
        try:
            for packet in self._packets:
                self._socket.sendto(data[packet], self._address)
            self._failing = False
        except OSError as error:  # nobody listens, the network is gone, or nothing more can be sent just now
            if not self._failing:
                event("vmc receiver not reached", target=self.target, reason=error.strerror)
            self._failing = True

    def close(self) -> None:
        """Send nothing more."""
        self._socket.close()


def vmc_outputs(targets: Iterable[str]) -> tuple[VmcOutput, ...]:
    """An output for each target; if one of them cannot be, none."""
    with ExitStack() as stack:
        outputs = []
        for target in targets:
            outputs.append(VmcOutput(target))
            stack.callback(outputs[-1].close)
        stack.pop_all()
    return tuple(outputs)


def _template(names: tuple[str, ...]) -> tuple[Array, int, slice, Array, list[slice]]:
    """All bundles of a pose, one after the other, as big-endian float32: where the time, the root's place and the
    values of the bones stand in it, and where each bundle begins and ends in bytes. All of OSC comes in fours of bytes.
    """
    root = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    head = [
        _message("/VMC/Ext/OK", 1),
        _message("/VMC/Ext/T", math.pi),
        _message("/VMC/Ext/Root/Pos", "root", *root),
    ]
    bones = [_message("/VMC/Ext/Bone/Pos", name, *root) for name in names]
    data, time, place = bytearray(), 0, slice(0)
    packets: list[slice] = []
    slots: list[Array] = []
    for number, message in enumerate([*head, *bones]):
        if not packets or len(data) + 4 + len(message) - packets[-1].start > LARGEST:
            packets.append(slice(len(data), 0))
            data += BUNDLE
        data += struct.pack(">i", len(message)) + message
        packets[-1] = slice(packets[-1].start, len(data))
        if number == 1:
            time = len(data) // 4 - 1
        elif number == 2:
            place = slice(len(data) // 4 - 7, len(data) // 4 - 4)
        elif number >= len(head):
            slots.append(np.arange(-7, 0) + len(data) // 4)
    return np.frombuffer(data, ">f4"), time, place, np.concatenate(slots), packets


def _message(address: str, *values: str | int | float) -> bytes:
    """An OSC message; source: https://opensoundcontrol.stanford.edu/spec-1_0.html."""
    tags = "," + "".join({str: "s", int: "i", float: "f"}[type(value)] for value in values)
    return b"".join((_text(address), _text(tags), *_encoded(values)))


def _encoded(values: tuple[str | int | float, ...]) -> Iterator[bytes]:
    for value in values:
        if isinstance(value, str):
            yield _text(value)
        else:
            yield struct.pack(">i" if isinstance(value, int) else ">f", value)


def _text(text: str) -> bytes:
    """Ended by one to four zeros."""
    return text.encode("ascii") + bytes(4 - len(text) % 4)
