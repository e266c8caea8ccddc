from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `stable-animator` is not installed")

from animator.stable_animator import face_optimisation as fo  # noqa: E402


def face_points(scale: float, left: float, top: float, frames: int = 1) -> Any:
    """68 points of which those that matter are ArcFace's five, in a film of 200×100 pixels (width × height)."""
    points = np.full((frames, 68, 2), 0.5)
    for group, target in zip(fo._POINTS, fo._TEMPLATE, strict=True):
        spread = np.linspace(-1, 1, len(group))[:, None] if len(group) > 1 else 0
        points[:, list(group)] = (target * scale + (left, top) + spread) / (200, 100)
    return points


def test_boxes_put_a_face_where_arcface_expects_it() -> None:
    points, score = face_points(0.5, 30.0, 10.0, frames=4), np.ones((4, 68))
    score[1, 37] = 0.2  # one point of an eye is not seen
    points[2, :, 1] = 1 - points[2, :, 1]  # upside down
    points[3] = np.nan
    boxes = fo.face_boxes(points, score, height=100, width=200)
    np.testing.assert_allclose(boxes[0], [30, 10, 86, 66], atol=1e-9)
    assert np.isnan(boxes[1:]).all()


def test_crops_stay_in_the_frame() -> None:
    boxes = [[10.4, 5.6, 50, 40], [-20, -5, 30, 300], [np.nan] * 4, [190, 50, 230, 90], [300, 0, 400, 90], [9, 9, 5, 5]]
    crops = fo.face_crops(np.array(boxes), height=100, width=200)
    assert crops == [(10, 6, 50, 40), (0, 0, 30, 100), None, (190, 50, 200, 90), None, None]


@pytest.mark.parametrize(("steps", "expected"), [(25, 21), (1, 1), (2, 2), (5, 5), (50, 41)])
def test_faces_are_optimised_in_the_first_steps(steps: int, expected: int) -> None:
    assert fo.face_steps(steps) == expected


class Setting:
    """A decoder of one layer, a network of one layer, seven frames of which two show no face."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        decoder = torch.nn.ConvTranspose2d(4, 3, 8, stride=8).double().requires_grad_(False)
        self.decoded: list[int] = []

        def decode(latents: Any) -> Any:
            self.decoded.append(len(latents))
            return decoder(latents + latents.mean(dim=0))  # frames of a chunk depend on each other, as the VAE's do

        self.decode = decode
        network = torch.nn.Sequential(torch.nn.AvgPool2d(14), torch.nn.Flatten(), torch.nn.Linear(3 * 64, 512))
        self.network = network.double().requires_grad_(False)
        self.clean = torch.randn(7, 4, 8, 8, dtype=torch.float64)
        self.reference = torch.randn(1, 512, dtype=torch.float64)
        self.crops = [(i, 2 * i, 30 + i, 40 + i) if i not in (2, 6) else None for i in range(7)]

    def losses(self, clean: Any) -> Any:
        return fo.chunk_losses(clean, self.decode, self.network, self.reference, self.crops, 3)


def test_gradients_of_chunks_add_up_to_those_of_the_whole() -> None:
    setting = Setting()
    whole = setting.clean.clone().requires_grad_()
    total = sum(setting.losses(whole))
    total.backward()
    chunked = setting.clean.clone().requires_grad_()
    for loss in setting.losses(chunked):
        loss.backward()
    torch.testing.assert_close(chunked.grad, whole.grad)
    assert setting.decoded == [3, 3, 3, 3]  # the third chunk has no face

    faces = torch.cat([fo._cut(f, c) for f, c in zip(setting.decode(whole[:3]), setting.crops, strict=False) if c])
    assert faces.shape == (2, 3, 112, 112)
    frames = torch.cat([setting.decode(part) for part in whole.split(3)])
    cut = [fo._cut(frame, crop) for frame, crop in zip(frames, setting.crops, strict=True) if crop]
    cosine = torch.cosine_similarity(setting.network(torch.cat(cut)), setting.reference)
    torch.testing.assert_close(total, (1 - cosine).abs().mean())


@torch.no_grad()
def test_faces_become_more_alike_and_the_rest_stays() -> None:
    setting = Setting()
    before = sum(setting.losses(setting.clean))
    better = fo.optimise(
        setting.clean, setting.decode, setting.network, setting.reference, setting.crops, progress=0.0, chunk=3
    )
    assert sum(setting.losses(better)) < before - 0.02
    torch.testing.assert_close(better[6], setting.clean[6], rtol=0, atol=0)
    assert not better.requires_grad
    late = fo.optimise(
        setting.clean, setting.decode, setting.network, setting.reference, setting.crops, progress=0.9, chunk=3
    )
    assert 0 < (late - setting.clean).abs().max() < 0.2 * (better - setting.clean).abs().max()


def test_without_any_face_nothing_is_computed() -> None:
    setting = Setting()
    same = fo.optimise(setting.clean, setting.decode, setting.network, setting.reference, [None] * 7, progress=0.0)
    assert same is setting.clean
    assert setting.decoded == []


def test_it_can_be_cancelled_at_each_chunk() -> None:
    setting = Setting()

    def check() -> None:
        if len(setting.decoded) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fo.optimise(
            setting.clean,
            setting.decode,
            setting.network,
            setting.reference,
            setting.crops,
            progress=0.0,
            chunk=3,
            check=check,
        )
