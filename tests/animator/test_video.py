from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import av
import numpy as np
import pytest

from animator.video import SUFFIXES, side_by_side, write_video
from motion_engine.errors import BadMedia
from motion_engine.types import Array


def moving_square(count: int, height: int = 64, width: int = 96) -> Iterator[Array]:
    for index in range(count):
        frame = np.full((height, width, 3), (200, 120, 40), dtype=np.uint8)
        frame[20:40, index : index + 20] = (30, 200, 90)
        yield frame


def decoded(path: Path) -> tuple[list[Array], float, list[float]]:
    with av.open(str(path)) as container:
        pictures = list(container.decode(video=0))
        rate = container.streams.video[0].average_rate
        assert rate is not None
        times = [picture.time for picture in pictures if picture.time is not None]
        return [picture.to_ndarray(format="rgb24") for picture in pictures], float(rate), times


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("fps", [25.0, 30.0])
def test_count_rate_size_and_colours_survive(suffix: str, fps: float, tmp_path: Path) -> None:
    path, done = tmp_path / f"out{suffix}", []
    write_video(path, moving_square(30), fps, on_frame=done.append)
    pictures, rate, times = decoded(path)
    assert len(pictures) == 30 and done == list(range(1, 31))
    assert times[-1] == pytest.approx(29 / fps, abs=0.011)
    assert rate == pytest.approx(fps, rel=0.15 if suffix == ".gif" else 0.001)  # gifs count in 1/100 s
    assert pictures[0].shape == (64, 96, 3)
    np.testing.assert_allclose(pictures[10][5, 5], (200, 120, 40), atol=8)
    np.testing.assert_allclose(pictures[10][30, 20], (30, 200, 90), atol=8)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_mp4_plays_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "odd.mp4"
    write_video(path, moving_square(3, 51, 77), 24)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == (78, 52)
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")  # starts before it is loaded
    np.testing.assert_allclose(decoded(path)[0][0][:, -1], np.tile((200, 120, 40), (52, 1)), atol=8)


def test_gif_faster_than_browsers_play_is_thinned(tmp_path: Path) -> None:
    path = tmp_path / "fast.gif"
    write_video(path, moving_square(60), 120)
    pictures, _, times = decoded(path)
    assert len(pictures) == 25 and np.diff(times).min() >= 0.0199


def test_gif_with_more_frames_than_its_palette_is_made_from(tmp_path: Path) -> None:
    path = tmp_path / "long.gif"
    write_video(path, moving_square(60), 20)
    pictures, _, _ = decoded(path)
    assert len(pictures) == 60
    np.testing.assert_allclose(pictures[55][30, 60], (30, 200, 90), atol=8)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_cancelled_write_leaves_no_file(suffix: str, error: type[BaseException], tmp_path: Path) -> None:
    def interrupted() -> Iterator[Array]:
        yield from moving_square(30)
        raise error

    path = tmp_path / f"out{suffix}"
    with pytest.raises(error):
        write_video(path, interrupted(), 30)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"old")

    def cancel(done: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(path, moving_square(9), 30, on_frame=cancel)
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1
    write_video(path, moving_square(9), 30)
    assert len(decoded(path)[0]) == 9


@pytest.mark.parametrize("name", ["out.avi", "out", "out.mp4.txt"])
def test_unknown_suffix_names_the_known_ones(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match=r"\.mp4 or \.webm or \.gif"):
        write_video(tmp_path / name, moving_square(2), 30)
    assert list(tmp_path.iterdir()) == []


def test_missing_folder_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match="mkdir -p"):
        write_video(tmp_path / "none" / "out.mp4", moving_square(2), 30)


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").mkdir()
    with pytest.raises(BadMedia, match="is a folder"):
        write_video(tmp_path / "out.mp4", moving_square(2), 30)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(BadMedia, match="choose another folder"):
            write_video(tmp_path / "out.mp4", moving_square(2), 30)
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("frames", "fps", "message"),
    [
        ([], 30, "no frame"),
        ([np.zeros((8, 8), np.uint8)], 30, "uint8 "),
        ([np.zeros((8, 8, 3), np.float32)], 30, "float32"),
        ([np.zeros((8, 8, 3), np.uint8), np.zeros((8, 10, 3), np.uint8)], 30, "frame 1"),
        ([np.zeros((8, 8, 3), np.uint8)], 0, "frames/s"),
        ([np.zeros((8, 8, 3), np.uint8)], float("nan"), "frames/s"),
    ],
)
def test_bad_frames_say_what_is_wrong(frames: list[Array], fps: float, message: str, tmp_path: Path) -> None:
    for suffix in SUFFIXES:
        with pytest.raises(BadMedia, match=message):
            write_video(tmp_path / f"out{suffix}", frames, fps)
    assert list(tmp_path.iterdir()) == []


def test_side_by_side_takes_the_first_height_and_the_shortest_stream() -> None:
    still = np.full((32, 20, 3), 7, np.uint8)
    pictures = list(side_by_side(moving_square(3), moving_square(5), repeat(still)))
    assert len(pictures) == 3 and pictures[0].shape == (64, 96 + 96 + 40, 3)
    np.testing.assert_array_equal(pictures[1][:, :96], pictures[1][:, 96:192])
    assert (pictures[2][:, 192:] == 7).all()
