from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import gaussian_filter

from animator.retouch import deflicker, enhance_detail, match_colours
from animator.retouch_lab import from_lab, to_lab
from motion_engine.errors import BadMedia
from motion_engine.types import Array

SIZE = 240, 320


def photograph(name: str) -> Array:
    """One of scikit-learn's two photographs; it comes with what the tests of sentences need."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None or spec.origin is None:
        pytest.skip("scikit-learn, whose photographs are used, is not installed")
    with Image.open(Path(spec.origin).parent / "datasets" / "images" / name) as picture:
        return np.asarray(picture.convert("RGB").resize(SIZE[::-1], Image.Resampling.LANCZOS))


@pytest.fixture(scope="module")
def china() -> Array:
    return photograph("china.jpg")


@pytest.fixture(scope="module")
def flower() -> Array:
    return photograph("flower.jpg")


@settings(max_examples=20, derandomize=True)
@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_lab_comes_back_exactly(colour: tuple[int, int, int]) -> None:
    picture = np.array([[colour]], np.uint8)
    np.testing.assert_array_equal(from_lab(to_lab(picture)), picture)


@pytest.mark.parametrize(
    ("rgb", "lab"),  # published values of sRGB's corners under D65
    [
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.74, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
    ],
)
def test_lab_is_the_standard_one(rgb: tuple[int, ...], lab: tuple[float, ...]) -> None:
    np.testing.assert_allclose(to_lab(np.array(rgb, np.uint8)), lab, atol=0.15)


def moments(picture: Array) -> Array:
    lab = to_lab(picture).reshape(-1, 3)
    return np.stack((lab.mean(axis=0), lab.std(axis=0)))


@pytest.mark.parametrize("method", ["statistics", "histogram"])
def test_colours_of_the_same_scene_come_back(method: str, china: Array) -> None:
    """A picture in wrong light is compared with the same in good light, as a rendering is with its reference."""
    wrong = np.clip(china * (0.95, 0.9, 0.75) + (0, 5, 12), 0, 255).astype(np.uint8)
    (right,) = match_colours([wrong], china, method=method)  # type: ignore[arg-type]
    before, after = (np.abs(to_lab(p) - to_lab(china)).mean() for p in (wrong, right))
    assert after < 0.7 * before and np.abs(moments(right) - moments(china)).max() < 1.0
    (half,) = match_colours([wrong], china, method=method, strength=0.5)  # type: ignore[arg-type]
    assert after < np.abs(to_lab(half) - to_lab(china)).mean() < before
    (none,) = match_colours([wrong], china, method=method, strength=0.0)  # type: ignore[arg-type]
    np.testing.assert_array_equal(none, wrong)


@pytest.mark.parametrize("method", ["statistics", "histogram"])
def test_colours_of_another_picture(method: str, china: Array, flower: Array) -> None:
    (result,) = match_colours([china], flower[:150, :200], method=method)  # type: ignore[arg-type]
    goal, got, was = moments(flower[:150, :200]), moments(result), moments(china)
    before, after = (np.abs(m - goal).max(axis=1) for m in (was, got))
    assert after[0] < 0.3 * before[0] and after[1] < 0.7 * before[1]


def test_a_huge_reference_is_looked_at_here_and_there(china: Array) -> None:
    wide = np.broadcast_to(china[:, :1], (*SIZE[:1], 20_000, 3))
    (result,) = match_colours([china], wide, reference_mask=np.ones(wide.shape[:2], bool))
    np.testing.assert_allclose(moments(result)[0], moments(china[:, :1])[0], atol=2.0)


def test_a_mask_says_where(china: Array, flower: Array) -> None:
    mask = np.zeros(SIZE, bool)
    mask[60:180, 80:200] = True
    (result,) = match_colours([china], flower, mask=mask, reference_mask=mask)
    np.testing.assert_array_equal(result[~mask], china[~mask])
    assert (
        np.abs(moments(result[mask]) - moments(flower[mask])).mean()
        < np.abs(moments(china[mask]) - moments(flower[mask])).mean() / 3
    )


def test_colours_do_not_pump_when_something_comes_into_view(china: Array) -> None:
    intruder = china.copy()
    intruder[:, :160] = (200, 20, 20)
    *_, last = match_colours([china] * 3 + [intruder], china)
    assert np.abs(last[:, 160:].astype(int) - china[:, 160:]).mean() < 4
    *_, alone = match_colours([intruder], china)
    assert np.abs(alone[:, 160:].astype(int) - china[:, 160:]).mean() > 12


def test_detail_grows_but_contours_get_no_halo(china: Array) -> None:
    (crisp,) = enhance_detail([china], amount=1.0)
    light = [p @ np.array((0.2126, 0.7152, 0.0722)) for p in (china, crisp)]
    texture = [float((p - gaussian_filter(p, 2.0))[170:].std()) for p in light]
    assert texture[1] > 1.1 * texture[0]
    assert abs(light[1].mean() - light[0].mean()) < 0.6

    step = np.full((40, 60, 3), 60, np.uint8)
    step[:, 30:] = 190
    (guided,) = enhance_detail([step], amount=1.0)
    overshoot = max(guided.max() - 190, 60 - int(guided.min()))
    soft = gaussian_filter(step[..., 0].astype(float), 2.0)
    unsharp = (2.0 * step[..., 0] - soft).max() - 190
    assert overshoot <= 3 and unsharp > 40


def flickering(china: Array, flower: Array, count: int) -> Iterator[tuple[Array, Array]]:
    """(with flicker and noise, without): light and colour change at random while a piece of a picture moves across."""
    noise = np.random.default_rng(3)
    for index in range(count):
        clean = (china * 0.8 + 20).astype(np.float64)  # nothing is clipped
        clean[90:150, 5 * index : 5 * index + 60] = flower[90:150, 100:160]
        seen = clean * noise.uniform(0.95, 1.05, 3) + noise.uniform(-7, 7, 3) + noise.normal(0, 2.0, clean.shape)
        yield np.clip(seen + 0.5, 0, 255).astype(np.uint8), clean


def test_flicker_goes_and_what_moves_leaves_no_ghost(china: Array, flower: Array) -> None:
    pairs = list(flickering(china, flower, 40))
    steady = list(deflicker(seen for seen, _ in pairs))
    level = [np.array([p[170:].mean(axis=(0, 1)) for p in stream]) for stream in ([s for s, _ in pairs], steady)]
    jumps = [np.abs(np.diff(values, axis=0)).mean() for values in level]
    assert jumps[1] < 0.2 * jumps[0]
    grain = [np.std([p[170:].astype(float) for p in s[15:]], axis=0).mean() for s in ([s for s, _ in pairs], steady)]
    assert grain[1] < 0.4 * grain[0]
    for index in (20, 35):
        error = steady[index] - pairs[index][1]
        trail = error[90:150, 5 * index - 40 : 5 * index - 1].mean(axis=(0, 1))
        np.testing.assert_allclose(trail, error[170:].mean(axis=(0, 1)), atol=3)
        moving = error[92:148, 5 * index + 2 : 5 * index + 58].mean(axis=(0, 1))
        np.testing.assert_allclose(moving, error[170:].mean(axis=(0, 1)), atol=5)


def test_a_moving_thing_on_a_clean_picture_is_left_as_it_is() -> None:
    frames = []
    for index in range(20):
        frame = np.full((48, 96, 3), 100, np.uint8)
        frame[10:30, 4 * index : 4 * index + 12] = (220, 40, 160)
        frames.append(frame)
    for steady, frame in zip(deflicker(frames), frames, strict=True):
        assert np.abs(steady.astype(int) - frame).max() <= 1


def test_real_changes_of_light_come_and_cuts_at_once(china: Array, flower: Array) -> None:
    dark = (china * 0.85).astype(np.uint8)
    steady = list(deflicker([china] * 3 + [dark] * 120, halflife=10, local=0))
    assert abs(float(steady[3].mean()) - china.mean()) < 0.3 * (china.mean() - dark.mean())
    assert np.abs(steady[-1].astype(int) - dark).mean() < 1.5
    cut = list(deflicker([china] * 3 + [flower] * 3))
    assert np.abs(cut[3].astype(int) - flower).mean() < 1.5


def test_long_flicker_does_not_run_away() -> None:
    noise = np.random.default_rng(5)
    scene = noise.uniform(40, 200, (24, 32, 3))
    last = None
    for last in deflicker(  # noqa: B007
        np.clip(scene * noise.uniform(0.97, 1.03) + noise.normal(0, 3, scene.shape), 0, 255).astype(np.uint8)
        for _ in range(2000)
    ):
        pass
    assert last is not None and np.abs(last - scene).mean() < 8


def test_they_are_put_together_and_close_what_they_read(china: Array) -> None:
    closed = []

    def frames() -> Iterator[Array]:
        try:
            while True:
                yield china
        finally:
            closed.append(True)

    stream = enhance_detail(match_colours(deflicker(frames()), china))
    result = next(stream)
    assert result.shape == china.shape and result.dtype == np.uint8
    stream.close()  # type: ignore[attr-defined]
    assert closed


Step = Callable[[Iterable[Array]], Iterator[Array]]
STEPS: list[Step] = [
    deflicker,
    enhance_detail,
    lambda frames: match_colours(frames, np.full((2, 3, 3), 9, np.uint8)),
    lambda frames: match_colours(frames, np.full((2, 3, 3), 9, np.uint8), method="histogram"),
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (3, 2)])
def test_odd_sizes_work(step: Step, size: tuple[int, int]) -> None:
    frames = [np.full((*size, 3), level, np.uint8) for level in (0, 90, 255)]
    results = list(step(frames))
    assert len(results) == 3 and all(r.shape == (*size, 3) and r.dtype == np.uint8 for r in results)
    assert list(step([])) == []


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "bad",
    [np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)],
)
def test_what_is_no_picture_is_told(step: Step, bad: Array) -> None:
    with pytest.raises(BadMedia, match="give uint8"):
        list(step([bad]))
    with pytest.raises(BadMedia, match="frame 1"):
        list(step([np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reference": np.zeros((3, 3))}, "The reference"),
        ({"method": "magic"}, "magic"),
        ({"strength": 1.5}, "strength"),
        ({"strength": float("nan")}, "strength"),
        ({"halflife": -1.0}, "halflife"),
        ({"reference_mask": np.zeros((9, 9), bool)}, "The reference's mask"),
        ({"reference_mask": np.zeros((3, 3), bool)}, "somewhere above 0"),
        ({"mask": np.ones((9, 9), bool)}, "The mask"),
        ({"mask": np.full((4, 4), np.nan)}, "within 0..1"),
    ],
)
def test_bad_wishes_are_told(change: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"reference": np.zeros((3, 3, 3), np.uint8), **change}
    with pytest.raises(BadMedia, match=message):
        list(match_colours([np.zeros((4, 4, 3), np.uint8)], **arguments))  # type: ignore[arg-type]


def test_bad_numbers_are_told() -> None:
    with pytest.raises(BadMedia, match="amount"):
        enhance_detail([], amount=-1)
    with pytest.raises(BadMedia, match="radius"):
        enhance_detail([], radius=0)
    with pytest.raises(BadMedia, match="local"):
        deflicker([], local=100)
