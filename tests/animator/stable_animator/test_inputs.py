from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="the extra `stable-animator` is not installed")
diffusers = pytest.importorskip("diffusers", reason="the extra `stable-animator` is not installed")

from animator.stable_animator import inputs  # noqa: E402
from motion_engine.errors import BadMedia, RenderFailed  # noqa: E402

MAP = np.zeros((64, 128, 3), dtype=np.uint8)


def picture(height: int, width: int) -> Any:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(("height", "width"), [(96, 80), (33, 700), (900, 32)])
def test_clip_sees_what_diffusers_shows_it(height: int, width: int) -> None:
    from diffusers.pipelines.stable_video_diffusion import pipeline_stable_video_diffusion as theirs

    pixels = torch.from_numpy(picture(height, width)).permute(2, 0, 1)[None] / 127.5 - 1
    expected = theirs._resize_with_antialiasing(pixels, (224, 224))
    torch.testing.assert_close(inputs.resize_antialiased(pixels, 224), expected, rtol=1e-5, atol=1e-5)


def test_clip_pixels_are_normalised() -> None:
    white = inputs.clip_pixels(np.full((50, 60, 3), 255, dtype=np.uint8))
    assert white.shape == (1, 3, 224, 224)
    expected = (1 - np.array(inputs._CLIP_MEAN)) / inputs._CLIP_STD
    np.testing.assert_allclose(white[0, :, 100, 100], expected, atol=1e-5)


def test_vae_pixels_are_stretched_by_lanczos() -> None:
    source = picture(96, 80)
    pixels = inputs.vae_pixels(source, 64, 128)
    assert pixels.shape == (1, 3, 64, 128)
    expected = Image.fromarray(source).resize((128, 64), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(((pixels[0].permute(1, 2, 0) + 1) * 127.5).round(), np.asarray(expected))


def test_pictures_may_be_pil_and_read_only() -> None:
    array = picture(40, 50)
    np.testing.assert_array_equal(inputs.picture_array(Image.fromarray(array)), array)
    assert inputs.picture_array(Image.new("L", (40, 40))).shape == (40, 40, 3)
    array.flags.writeable = False
    assert inputs.clip_pixels(inputs.picture_array(array)).isfinite().all()


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((64, 64, 3)),
        np.full((64, 64, 3), np.nan),
        np.zeros((64, 64, 4), np.uint8),
        np.zeros((64, 64), np.uint8),
        np.zeros((0, 64, 3), np.uint8),
        np.zeros((31, 64, 3), np.uint8),
        "reference.png",
        None,
    ],
)
def test_what_is_no_picture_is_refused(wrong: Any) -> None:
    with pytest.raises(BadMedia, match="The reference picture is"):
        inputs.picture_array(wrong)


def test_pose_maps_are_read_one_at_a_time() -> None:
    taken = []

    def maps() -> Any:
        for i in range(3):
            taken.append(i)
            yield np.full_like(MAP, 85 * i)

    tensors, height, width = inputs.pose_tensors(maps())
    assert (height, width, taken) == (64, 128, [0])
    first = next(tensors)
    assert (first.shape, taken) == ((1, 3, 64, 128), [0])
    assert [first.mean().item(), *(t.mean().item() for t in tensors)] == pytest.approx([-1, -1 / 3, 1 / 3])


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        ([], "no pose map"),
        ([np.full(MAP.shape, np.nan)], "Pose map 0 is float64"),
        ([MAP, MAP, MAP.astype(np.int16)], "Pose map 2 is int16"),
        ([MAP, MAP[:, :64]], "Pose map 1 is 64×64 pixels, the first 128×64"),
        ([MAP[..., 0]], "Pose map 0 is uint8"),
    ],
)
def test_wrong_pose_maps_are_refused(maps: Any, message: str) -> None:
    with pytest.raises(BadMedia, match=message):
        list(inputs.pose_tensors(maps)[0])


@pytest.mark.parametrize(("height", "width", "near"), [(64, 100, "128×64"), (520, 512, "512×512"), (8, 8, "64×64")])
def test_sizes_that_are_no_multiples_of_64_are_refused(height: int, width: int, near: str) -> None:
    with pytest.raises(RenderFailed, match=f"{width}×{height}.*multiples of 64.*{near}"):
        inputs.pose_tensors([np.zeros((height, width, 3), dtype=np.uint8)])


@pytest.mark.parametrize(
    "wrong", [np.zeros((1, 512)), np.zeros(256), np.full(512, np.nan), np.zeros(512, dtype=int), None]
)
def test_wrong_face_embeddings_are_refused(wrong: Any) -> None:
    with pytest.raises(BadMedia, match="The face embedding is"):
        inputs.face_tensor(wrong)


def test_guidance_rises_over_the_film_and_stays_in_the_padding() -> None:
    ramp = inputs.guidance_ramp((1.0, 3.0), 3, 5)
    np.testing.assert_allclose(ramp.flatten(), [1, 2, 3, 3, 3])
    np.testing.assert_allclose(inputs.guidance_ramp(3.0, 1, 4).flatten(), 3)
    assert ramp.shape == (5, 1, 1, 1)


@pytest.mark.parametrize("wrong", [np.zeros((2, 4)), np.zeros((3, 5)), np.array([["a"] * 4] * 3), None])
def test_wrong_boxes_are_refused(wrong: Any) -> None:
    with pytest.raises(BadMedia, match=r"The face boxes are .*\(3, 4\)"):
        inputs.crops(wrong, 3, 64, 64)
