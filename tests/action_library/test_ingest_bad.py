"""Files that are broken on purpose: each is refused in words, before it costs memory."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from action_library.ingest import ingest
from motion_engine.errors import BadClip, LimitExceeded, MotionError

BVH = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  End Site
  {
    OFFSET 0 1 0
  }
}
MOTION
Frames: 1
Frame Time: 0.033
0 0 0 0 0 0
"""


def deepmimic(duration: str = "0.03", value: str = "1") -> str:
    row = ", ".join([duration, *[value] * 43])
    return f'{{"Loop": "none", "Frames": [[{row}], [{row}]]}}'


def npz(shape: tuple[int, int] | None = None, method: int | None = None, encrypted: bool = False) -> bytes:
    """An AMASS file whose first member lies about its shape, its compression or its encryption."""
    buffer = io.BytesIO()
    np.savez(buffer, poses=np.zeros((2, 156)), trans=np.zeros((2, 3)), mocap_framerate=np.array(30.0))
    data = buffer.getvalue()
    if shape:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": shape})
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                new.writestr(name, header.getvalue() if name == "poses.npy" else old.read(name))
        return out.getvalue()
    raw = bytearray(data)
    for mark, flags, kind in ((b"PK\x03\x04", 6, 8), (b"PK\x01\x02", 8, 10)):
        at = raw.find(mark)
        while at >= 0:
            if method is not None:
                struct.pack_into("<H", raw, at + kind, method)
            if encrypted:
                struct.pack_into("<H", raw, at + flags, 1)
            at = raw.find(mark, at + 4)
    return bytes(raw)


BROKEN: dict[str, bytes | str] = {
    "superscript.bvh": BVH.replace("Frames: 1", "Frames: ²"),
    "digits.bvh": BVH.replace("Frames: 1", "Frames: " + "9" * 5000),
    "channels.bvh": BVH.replace("CHANNELS 6", "CHANNELS ³"),
    "fast.bvh": BVH.replace("0.033", "1e-320"),
    "slow.bvh": BVH.replace("0.033", "1e9"),
    "fast.json": deepmimic("1e-320"),
    "slow.json": deepmimic("1e6"),
    "large.json": deepmimic(value="1" + "0" * 400),
    "digits.json": deepmimic(value="1" * 5000),
    "encrypted.npz": npz(encrypted=True),
    "method.npz": npz(method=99),
    "huge.npz": npz(shape=(10**11, 156)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_in_words(tmp_path: Path, name: str) -> None:
    path, content = tmp_path / name, BROKEN[name]
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(MotionError) as caught:
        ingest(path, name="x")
    assert name in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_recording_of_hours_is_refused_before_it_is_worked_on(tmp_path: Path) -> None:
    path = tmp_path / "long.npz"
    frames = 5000
    np.savez(path, poses=np.zeros((frames, 66)), trans=np.zeros((frames, 3)), mocap_framerate=np.array(1.0))
    with pytest.raises(LimitExceeded, match="an hour is allowed"):
        ingest(path, name="x")


def test_the_unbroken_files_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    path = tmp_path / "one.bvh"
    path.write_text(BVH, encoding="utf-8")
    with pytest.raises(BadClip, match=r"(?i)limb|joint|found|humanoid"):
        ingest(path, name="x")
    assert json.loads(deepmimic())["Loop"] == "none"
