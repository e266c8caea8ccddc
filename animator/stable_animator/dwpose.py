"""Who is in a picture and how they stand: DWPose's two networks, for reference pictures without keypoints.

Facts of IDEA-Research/DWPose (Apache-2.0): YOLOX-L finds people, RTMPose-L tells 133 points of one of them by two rows
of chances each (SimCC), of which OpenPose's order is made.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from motion_engine.errors import BadMedia, ModelUnavailable
from motion_engine.types import Array, PoseSequence

SIDE = 640  # px of the square in which people are looked for
STRIDES = (8, 16, 32)  # px between the places of each of its three grids
GREY = 114  # beside the picture in it
SURE = 0.3  # the least score of a person
WIDTH, HEIGHT = 288, 384  # px of the cut in which the points are
PADDING = 1.25  # the cut by the person's box
FINER = 2.0  # chances a pixel
MEAN, DEVIATION = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])  # of ImageNet, RGB
PEOPLE_SHAPES = ((1, 8400, 85),)  # of what YOLOX-L gives for a square
POINTS_SHAPES = ((1, 133, 576), (1, 133, 768))  # of what RTMPose-L gives for a cut: chances across and down
SHOULDERS = (5, 6)  # in COCO's order
# OpenPose's 18 in COCO's order with the neck put in after the 17 of the body.
BODY = (0, 17, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)
FACE, LEFT_HAND, RIGHT_HAND = slice(24, 92), slice(92, 113), slice(113, 134)


class Network(Protocol):
    """What is used of `onnxruntime.InferenceSession`."""

    def get_inputs(self) -> Any:
        """The inputs, each with a name."""

    def run(self, names: Any, inputs: Any) -> Any:
        """All outputs."""


def detect_pose(picture: Array, people: Network, points: Network) -> PoseSequence:
    """The keypoints of the largest person, one frame.

    Args:
        picture: `(H, W, 3)` uint8 RGB.
        people: `yolox_l.onnx`.
        points: `dw-ll_ucoco_384.onnx`.

    Raises:
        BadMedia: There is nobody in it.
        ModelUnavailable: A network is another one than it should be.
    """
    small, factor = letterboxed(picture)
    (found,) = _run(people, small, "yolox_l.onnx", PEOPLE_SHAPES)
    box = largest_person(found[0], factor)
    if box is None:
        raise BadMedia("nobody is found in the reference picture: use another, or give its keypoints as .json.")
    cut, left, top, scale = cut_out(picture, box)
    across, down = _run(points, cut, "dw-ll_ucoco_384.onnx", POINTS_SHAPES)
    places, scores = located(across[0], down[0])
    places = places * scale + (left, top)
    return openpose(places / (picture.shape[1], picture.shape[0]), scores)


def check_network(path: Path) -> None:
    """ModelUnavailable if onnxruntime or the file is missing."""
    if find_spec("onnxruntime") is None:
        raise ModelUnavailable("Finding a pose needs onnxruntime: pip install onnxruntime")
    if not path.is_file():
        raise ModelUnavailable(f"{path} is missing: download DWPose's files, or give the keypoints as .json.")


def open_network(path: Path) -> Network:
    """A network of DWPose on the CPU, one thread.

    Raises:
        ModelUnavailable: onnxruntime or the file is missing, or the file is none.
    """
    check_network(path)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session: Network = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own kinds
        reason = str(error).split("\n", 1)[0][:200]
        raise ModelUnavailable(f"{path}: cannot be loaded ({reason}): download it again.") from None
    return session


def letterboxed(picture: Array) -> tuple[Array, float]:
    """The picture in a square, `(1, 3, 640, 640)` float32 BGR 0..255, and how much smaller it is there."""
    from PIL import Image

    height, width = picture.shape[:2]
    factor = min(SIDE / height, SIDE / width)
    size = max(1, int(width * factor)), max(1, int(height * factor))
    small = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))
    square = np.full((SIDE, SIDE, 3), GREY, dtype=np.float32)
    square[: size[1], : size[0]] = small[..., ::-1]
    return np.ascontiguousarray(square.transpose(2, 0, 1)[None]), factor


def largest_person(found: Array, factor: float) -> Array | None:
    """The box `(4,)` px, left, top, right, bottom, of whoever is surest and largest; None if there is nobody.

    Args:
        found: `(8400, 85)` of YOLOX: centre and size by place, chance of anything, chance of each of 80 things, a
            person the first.
        factor: As `letterboxed` gives it.
    """
    grids, strides = [], []
    for stride in STRIDES:
        side = SIDE // stride
        y, x = np.mgrid[:side, :side]
        grids.append(np.stack((x.ravel(), y.ravel()), axis=-1))
        strides.append(np.full((side * side, 1), stride))
    stride_of = np.concatenate(strides)
    centre = (found[:, :2] + np.concatenate(grids)) * stride_of
    size = np.exp(np.minimum(found[:, 2:4], 10.0)) * stride_of
    score = found[:, 4] * found[:, 5]
    sure = (score > SURE) & (found[:, 5:].argmax(axis=-1) == 0)
    if not sure.any():
        return None
    best = int(np.argmax(np.where(sure, score * size.prod(axis=-1), 0.0)))
    box: Array = np.concatenate((centre[best] - 0.5 * size[best], centre[best] + 0.5 * size[best])) / factor
    return box


def cut_out(picture: Array, box: Array) -> tuple[Array, float, float, float]:
    """The part around a box, `(1, 3, 384, 288)` float32 RGB normalised, where it begins (px), and px a px of it."""
    from scipy.ndimage import map_coordinates

    centre, size = 0.5 * (box[:2] + box[2:]), (box[2:] - box[:2]) * PADDING
    width = max(size[0], size[1] * WIDTH / HEIGHT)
    scale = width / WIDTH
    left, top = centre[0] - 0.5 * width, centre[1] - 0.5 * scale * HEIGHT
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    at = np.stack((y * scale + top, x * scale + left))
    channels = [map_coordinates(picture[..., i].astype(np.float32), at, order=1, cval=0.0) for i in range(3)]
    cut = (np.stack(channels, axis=-1) - MEAN) / DEVIATION
    return np.ascontiguousarray(cut.transpose(2, 0, 1)[None], dtype=np.float32), float(left), float(top), float(scale)


def located(across: Array, down: Array) -> tuple[Array, Array]:
    """Where chances `(133, 576)` and `(133, 768)` are largest: px of the cut `(133, 2)`, and scores `(133,)`."""
    places = np.stack((across.argmax(axis=-1), down.argmax(axis=-1)), axis=-1) / FINER
    return places, np.minimum(across.max(axis=-1), down.max(axis=-1))


def openpose(places: Array, scores: Array) -> PoseSequence:
    """COCO-WholeBody's points `(133, 2)` with scores `(133,)` in OpenPose's order, with a neck."""
    a, b = SHOULDERS
    neck = 0.5 * (places[a] + places[b])
    sure = float(scores[a] > SURE and scores[b] > SURE)
    places, scores = np.insert(places, 17, neck, axis=0), np.insert(scores, 17, sure)
    scores = np.clip(scores, 0.0, 1.0)
    hands = [(places[part], scores[part]) for part in (LEFT_HAND, RIGHT_HAND)]
    body = list(BODY)
    return PoseSequence(
        1.0,
        body=places[body][None],
        hands=np.stack([place for place, _ in hands])[None],
        face=places[FACE][None],
        body_score=scores[body][None],
        hand_score=np.stack([score for _, score in hands])[None],
        face_score=scores[FACE][None],
    )


def _run(network: Network, values: Array, name: str, shapes: tuple[tuple[int, ...], ...]) -> list[Array]:
    """All outputs; ModelUnavailable if the network refuses the values, or gives other shapes than the published."""
    other = f"DWPose/{name}: is another network's file"
    try:
        outputs = [np.asarray(output) for output in network.run(None, {network.get_inputs()[0].name: values})]
    except Exception as error:  # onnxruntime's own kinds
        reason = str(error).split("\n", 1)[0][:200]
        raise ModelUnavailable(f"{other}, or damaged ({reason}): download it again.") from None
    given = tuple(output.shape for output in outputs)
    if given != shapes:
        raise ModelUnavailable(f"{other}: it gives {given}, not {shapes}: download it again.")
    return outputs
