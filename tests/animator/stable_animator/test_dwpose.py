from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from animator.stable_animator import dwpose
from animator.stable_animator.dwpose import cut_out, detect_pose, largest_person, letterboxed, open_network
from motion_engine.errors import BadMedia, ModelUnavailable
from motion_engine.types import Array

H, W = 400, 300
BOX = np.array([60.0, 40.0, 220.0, 360.0])


class Fake:
    """A network that gives what it is made with, and remembers what it was given."""

    def __init__(self, *outputs: Array) -> None:
        self.outputs, self.given = outputs, np.zeros(0)

    def get_inputs(self) -> Any:
        return [SimpleNamespace(name="input")]

    def run(self, names: Any, inputs: dict[str, Array]) -> Any:
        self.given = inputs["input"]
        return list(self.outputs)


def people(*boxes: tuple[Array, float, int]) -> Fake:
    """YOLOX's output for boxes in px of the picture, with a score and a class each."""
    out = np.zeros((1, 8400, 85))
    factor = 640 / H
    for place, (box, score, kind) in enumerate(boxes):
        index = 7000 + 37 * place  # of the grid with a stride of 16, which begins at 6400
        cell = index - 6400
        stride, x, y = 16, cell % 40, cell // 40
        centre, size = 0.5 * (box[:2] + box[2:]) * factor, (box[2:] - box[:2]) * factor
        out[0, index, :2] = centre / stride - (x, y)
        out[0, index, 2:4] = np.log(size / stride)
        out[0, index, 4], out[0, index, 5 + kind] = 1.0, score
    return Fake(out)


def points(places: Array, scores: Array, box: Array) -> Fake:
    """SimCC's rows for points in px of the picture."""
    _, left, top, scale = cut_out(np.zeros((H, W, 3), np.uint8), box)
    across, down = np.zeros((1, 133, 576)), np.zeros((1, 133, 768))
    bins = np.rint((places - (left, top)) / scale * 2).astype(int)
    for i, (x, y) in enumerate(bins):
        across[0, i, x], down[0, i, y] = scores[i], scores[i] + 0.05
    return Fake(across, down)


def test_points_come_back_in_openpose_order() -> None:
    chance = np.random.default_rng(0)
    places = BOX[:2] + chance.uniform(0.05, 0.95, (133, 2)) * (BOX[2:] - BOX[:2])
    scores = chance.uniform(0.35, 0.9, 133)
    scores[6] = 0.2  # the right shoulder: then there is no neck
    pose = detect_pose(np.zeros((H, W, 3), np.uint8), people((BOX, 0.9, 0)), points(places, scores, BOX))
    body = pose.body[0] * (W, H)
    for ours, coco in enumerate([0, None, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3]):
        if coco is not None:
            np.testing.assert_allclose(body[ours], places[coco], atol=0.5)  # half a bin of the cut
            assert pose.body_score[0, ours] == pytest.approx(scores[coco])
    np.testing.assert_allclose(body[1], 0.5 * (body[2] + body[5]), atol=1e-6)
    assert pose.body_score[0, 1] == 0.0
    np.testing.assert_allclose(pose.face[0] * (W, H), places[23:91], atol=0.5)
    np.testing.assert_allclose(pose.hands[0, 0] * (W, H), places[91:112], atol=0.5)
    np.testing.assert_allclose(pose.hands[0, 1] * (W, H), places[112:133], atol=0.5)


def test_the_largest_person_is_taken_not_a_thing_nor_a_doubt() -> None:
    small, wide = np.array([10.0, 10.0, 40.0, 80.0]), np.array([0.0, 0.0, 300.0, 400.0])
    found = people((small, 0.95, 0), (BOX, 0.8, 0), (wide, 0.9, 16), (wide, 0.2, 0))
    box = largest_person(found.outputs[0][0], 640 / H)
    assert box is not None
    np.testing.assert_allclose(box, BOX, atol=1e-6)


def test_nobody() -> None:
    with pytest.raises(BadMedia, match="nobody is found"):
        detect_pose(np.zeros((H, W, 3), np.uint8), people((BOX, 0.9, 16)), Fake())


class Refuses(Fake):
    """A network for another size, as onnxruntime tells of it."""

    def run(self, names: Any, inputs: dict[str, Array]) -> Any:
        raise RuntimeError("Got invalid dimensions for input: input")


@pytest.mark.parametrize(
    ("finder", "pointer", "words"),
    [
        (Refuses(), Fake(), "yolox_l.onnx.*invalid dimensions.*again"),
        (Fake(np.zeros((1, 133, 576)), np.zeros((1, 133, 768))), Fake(), "yolox_l.onnx.*133, 576.*not.*8400"),
        (Fake(np.zeros((1, 2100, 85))), Fake(), "yolox_l.onnx.*2100"),
        (people((BOX, 0.9, 0)), Refuses(), "dw-ll_ucoco_384.onnx.*invalid dimensions"),
        (people((BOX, 0.9, 0)), Fake(np.zeros((1, 17, 576)), np.zeros((1, 17, 768))), "dw-ll_ucoco_384.onnx.*17"),
    ],
)
def test_files_of_other_networks(finder: Fake, pointer: Fake, words: str) -> None:
    with pytest.raises(ModelUnavailable, match=words):
        detect_pose(np.zeros((H, W, 3), np.uint8), finder, pointer)


def test_what_the_networks_are_given() -> None:
    picture = np.zeros((H, W, 3), np.uint8)
    picture[40:360, 60:220] = (250, 120, 10)
    square, factor = letterboxed(picture)
    assert square.shape == (1, 3, 640, 640) and square.dtype == np.float32 and factor == 1.6
    np.testing.assert_allclose(square[0, :, 320, 220], (10, 120, 250))  # BGR
    assert (square[0, :, :, 500:] == dwpose.GREY).all()
    cut, left, top, scale = cut_out(picture, BOX)
    assert cut.shape == (1, 3, 384, 288)
    np.testing.assert_allclose(scale, 320 * 1.25 / 384)
    np.testing.assert_allclose((left + 144 * scale, top + 192 * scale), (140, 200))
    np.testing.assert_allclose(cut[0, :, 192, 144], ((250, 120, 10) - dwpose.MEAN) / dwpose.DEVIATION, rtol=1e-5)
    np.testing.assert_allclose(cut[0, :, 5, 5], -dwpose.MEAN / dwpose.DEVIATION, rtol=1e-5)


def test_files_that_are_missing_or_none(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    with pytest.raises(ModelUnavailable, match="is missing"):
        open_network(tmp_path / "yolox_l.onnx")
    (tmp_path / "yolox_l.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelUnavailable, match="download it again"):
        open_network(tmp_path / "yolox_l.onnx")
