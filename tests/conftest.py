"""Small made-up clips, and a library and home of the tests' own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from motion_engine import quat
from motion_engine.contacts import label_contacts
from motion_engine.types import Clip, canonical_skeleton


@pytest.fixture(autouse=True)
def _no_network_no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is fetched from a model hub, and nobody's own library is touched."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("TRANSFORMERS_OFFLINE", "1")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MOTION_LIBRARY", raising=False)
    monkeypatch.delenv("MOTION_EMBEDDINGS", raising=False)


def make_clip(frames: int, *, fps: float = 30.0, speed: float = 0.0, arm: float = 0.0, sway: float = 0.0) -> Clip:
    """A figure that stands or glides forward at `speed` m/s, its right arm lowered by `arm` radians, swaying."""
    skeleton = canonical_skeleton()
    time = np.arange(frames) / fps
    root = np.tile(skeleton.offsets[0], (frames, 1))
    root[:, 2] = speed * time
    rotation = np.tile(quat.IDENTITY, (frames, len(skeleton.names), 1))
    rotation[:, skeleton.index("right_shoulder")] = quat.from_axis_angle("z", np.full(frames, arm))
    angle = sway * np.sin(2 * np.pi * time)
    rotation[:, skeleton.index("spine2")] = quat.from_axis_angle("y", angle)
    rotation[:, skeleton.index("left_hip")] = quat.from_axis_angle("x", angle)
    rotation[:, skeleton.index("right_hip")] = quat.from_axis_angle("x", -angle)
    clip = Clip(skeleton, fps, root, rotation, np.zeros((frames, 4), dtype=bool))
    return Clip(skeleton, fps, root, rotation, label_contacts(clip))


@pytest.fixture
def make() -> type:
    """`make.clip(...)`: see `make_clip`."""
    return type("Make", (), {"clip": staticmethod(make_clip)})
