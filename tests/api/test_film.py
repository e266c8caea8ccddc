from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from animator.reference import fit_reference
from animator.stable_animator.settings import Settings
from api.film import Machine, film
from api.pictures import Picture, Reference, Scene, scene
from motion_engine.errors import BadCommand
from motion_engine.types import Array, Timeline, Track

WIDTH, HEIGHT = 100, 150  # rendered as 128 x 192


class FakePipeline:
    """Takes what the real one takes, and films a gradient."""

    def __call__(self, reference: Array, poses: Iterator[Array], embedding: Array, settings: Any, **more: Any) -> int:
        self.reference, self.maps, self.embedding, self.more = reference, list(poses), embedding, more
        more["on_step"](1, settings.steps)
        return len(self.maps)

    def decode(self, latents: int, chunk: int) -> Iterator[Array]:
        y, x = np.mgrid[:192, :128]
        for frame in range(latents):
            yield np.stack((x, y, np.full_like(x, frame)), axis=-1).astype(np.uint8)


@pytest.fixture
def picture(make: Any) -> Picture:
    from animator.camera import frame_clip
    from animator.keypoints import project_clip
    from motion_engine.kinematics import fk

    clip = make.clip(1, arm=1.2)
    position, _ = fk(clip.skeleton, clip.root_position, clip.rotation)
    pose = project_clip(clip, frame_clip(position, WIDTH, HEIGHT, azimuth=0.0), WIDTH, HEIGHT)
    pixels = np.zeros((300, 200, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, 200).astype(np.uint8)
    return Picture("pose", WIDTH, HEIGHT, reference=Reference(pixels, pose))


def seen(picture: Picture, make: Any) -> Scene:
    clip = make.clip(12, arm=1.2, sway=0.2)
    return scene(Track(clip, Timeline((), 30.0, clip.duration)), picture)


def test_a_film_has_the_size_asked_for_and_is_rendered_a_little_larger(
    picture: Picture, make: Any, tmp_path: Path
) -> None:
    pipeline, steps, told = FakePipeline(), list[tuple[int, int]](), list[str]()
    machine = Machine(tmp_path, optimise_faces=True)
    step = lambda done, total: steps.append((done, total))  # noqa: E731
    frames = list(
        film(
            seen(picture, make),
            picture,
            pipeline,
            machine,
            Settings(steps=3),
            seed=7,
            on_step=step,
            report=told.append,  # type: ignore[arg-type]
        )
    )
    assert len(frames) == 12 and frames[0].shape == (HEIGHT, WIDTH, 3)
    assert frames[3][0, 0].tolist() == [14, 21, 3]  # the padding is cut off: half of 28 and of 42
    assert pipeline.reference.shape == (192, 128, 3) and len(pipeline.maps) == 12
    assert pipeline.maps[0].shape == (192, 128, 3) and not pipeline.maps[0][:21].any()
    np.testing.assert_allclose(pipeline.reference[96, [14, 113], 0], [0, 255], atol=6)  # stretched, edges repeated
    assert (pipeline.reference[:, :14] == pipeline.reference[:, 14:15]).all()
    assert pipeline.embedding.shape == (512,) and told and steps == [(1, 3)]
    assert pipeline.more["generator"].initial_seed() == 7
    face = seen(picture, make).sequence.face[0] * (WIDTH, HEIGHT) + (14, 21)
    left, top, right, bottom = pipeline.more["face_boxes"][0]
    assert left < face[:, 0].mean() < right and top < face[:, 1].mean() < bottom


def test_faces_are_left_alone_unless_asked(picture: Picture, make: Any, tmp_path: Path) -> None:
    pipeline = FakePipeline()
    film(seen(picture, make), picture, pipeline, Machine(tmp_path), Settings(), on_step=lambda *_: None)  # type: ignore[arg-type]
    assert pipeline.more["face_boxes"] is None


def test_a_film_needs_a_reference(picture: Picture, make: Any, tmp_path: Path) -> None:
    plain = Picture("pose", WIDTH, HEIGHT)
    with pytest.raises(BadCommand, match="--reference"):
        film(seen(plain, make), plain, FakePipeline(), Machine(tmp_path), Settings())  # type: ignore[arg-type]


def test_a_scene_with_a_reference_is_fitted(picture: Picture, make: Any) -> None:
    clip = make.clip(12, arm=1.2, sway=0.2)
    assert picture.reference is not None
    fitted = fit_reference(clip, picture.reference.pose, WIDTH, HEIGHT)
    found = seen(picture, make)
    np.testing.assert_array_equal(found.sequence.body, fitted.sequence.body)
    few = found.only(np.array([0, 5]))
    np.testing.assert_array_equal(few.sequence.hands, fitted.sequence.hands[[0, 5]])
    assert len(few.clip) == len(few.cameras) == 2


def test_a_figure_that_leaves_the_picture_is_noticed(make: Any, picture: Picture) -> None:
    away = make.clip(90, arm=1.2, speed=1.5)
    track = Track(away, Timeline((), 30.0, away.duration))
    assert scene(track, picture).outside() > 0.2
    assert scene(track, Picture("pose", WIDTH, HEIGHT)).outside() == 0.0
