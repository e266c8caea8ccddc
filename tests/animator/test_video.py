from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import repeat
from pathlib import Path

import av
import numpy as np
import pytest

from animator.video import SUFFIXES, side_by_side, write_video
from animator.video_frames import read_frames
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


@pytest.mark.parametrize("name", ["out.avi", "out.png", "out.mp4.txt"])
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
        ([np.zeros((8, 8, 3), np.uint8)], 1e-5, "frames/s"),
        ([np.zeros((8, 8, 3), np.uint8)], float("nan"), "frames/s"),
    ],
)
def test_bad_frames_say_what_is_wrong(frames: list[Array], fps: float, message: str, tmp_path: Path) -> None:
    for suffix in SUFFIXES:
        with pytest.raises(BadMedia, match=message):
            write_video(tmp_path / f"out{suffix}", frames, fps)
    assert list(tmp_path.iterdir()) == []


def test_panels_are_as_large_as_the_first_moving_stream_and_end_with_the_shortest() -> None:
    pictures = list(side_by_side(moving_square(3), moving_square(5)))
    assert len(pictures) == 3 and pictures[0].shape == (64, 96 + 96, 3)
    np.testing.assert_array_equal(pictures[1][:, :96], pictures[1][:, 96:])


@pytest.mark.parametrize("shape", [(32, 20), (640, 200), (10, 400), (1, 1), (64, 96)])
def test_a_still_reference_is_neither_distorted_nor_cropped(shape: tuple[int, int]) -> None:
    height, width = shape
    still = np.full((height, width, 3), (250, 10, 10), np.uint8)
    reference = list(side_by_side(still, moving_square(2)))[1][:, :96]
    red = (reference == (250, 10, 10)).all(axis=-1)
    rows, columns = red.any(axis=1).sum(), red.any(axis=0).sum()
    assert rows == 64 or columns == 96
    assert columns / rows == pytest.approx(width / height, rel=0.25 if min(rows, columns) < 10 else 0.02)
    assert red.sum() == rows * columns  # nothing of another colour within
    assert abs(int(np.flatnonzero(red.any(axis=0)).sum()) - columns * 95 // 2) <= columns  # in the middle


def test_a_moving_stream_of_another_size_is_fitted_too() -> None:
    pictures = list(side_by_side(moving_square(2), moving_square(2, 128, 96), repeat(np.zeros((5, 5, 3), np.uint8))))
    assert pictures[0].shape == (64, 3 * 96, 3)


def test_stills_alone_have_no_end() -> None:
    with pytest.raises(BadMedia, match="none of them moves"):
        next(side_by_side(np.zeros((8, 8, 3), np.uint8)))


class Closed:
    """Frames that know when nobody wants more of them, as those that are drawn by workers must."""

    def __init__(self, count: int) -> None:
        self.frames, self.closed = moving_square(count), False

    def __iter__(self) -> Closed:
        return self

    def __next__(self) -> Array:
        return next(self.frames)

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("name", ["out.mp4", "out.webm", "out.gif", "out"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, None])
def test_what_draws_frames_is_closed(name: str, error: type[BaseException] | None, tmp_path: Path) -> None:
    left, right = Closed(40), Closed(40)

    def progress(done: int) -> None:
        if error is not None and done == 3:
            raise error

    with pytest.raises(error) if error is not None else nullcontext():
        write_video(tmp_path / name, side_by_side(left, right), 30, on_frame=progress)
    assert left.closed and right.closed
    assert [p.name for p in tmp_path.iterdir()] == ([] if error is not None else [name])


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif", ""])
def test_a_full_disk_leaves_no_half_file(suffix: str, tmp_path: Path) -> None:
    code = (
        "import sys, resource, signal, numpy as np\n"
        "from animator.video import write_video\n"
        "from motion_engine.errors import BadMedia\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "noise = np.random.default_rng(0)\n"
        "frames = (noise.integers(0, 256, (128, 128, 3), np.uint8) for _ in range(40))\n"
        "try:\n    write_video(sys.argv[1], frames, 30)\n"
        "except BadMedia as error:\n    print(error)\n"
    )
    pytest.importorskip("resource", reason="no limits on this system")
    target = tmp_path / f"out{suffix}"
    done = subprocess.run([sys.executable, "-c", code, str(target)], capture_output=True, text=True, check=True)
    assert "cannot be written" in done.stdout and str(target) in done.stdout and done.stderr == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif", ""])
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (2, 2), (17, 3)])
def test_tiny_pictures_can_be_written(suffix: str, size: tuple[int, int], tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    write_video(path, [np.full((*size, 3), 90, np.uint8)] * 2, 30)
    frames = list(read_frames(path))
    assert len(frames) == 2
    np.testing.assert_allclose(frames[1][0, 0], 90, atol=6)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_pictures_that_are_too_large_for_a_video(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match="20000 x 4 px"):
        write_video(tmp_path / f"out{suffix}", [np.zeros((4, 20_000, 3), np.uint8)], 30)
    assert list(tmp_path.iterdir()) == []
