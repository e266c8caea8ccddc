"""Streams of pictures `(H, W, 3)` uint8: out of videos and folders, checked, and closed when nobody wants more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from animator.video_folder import is_sequence, read_pictures
from motion_engine.errors import BadMedia
from motion_engine.types import Array


@contextmanager
def closing(*streams: Any) -> Iterator[None]:
    """Closes generators at the end, whatever ends it: those that draw with workers or read files let go of them."""
    try:
        yield
    finally:
        for stream in streams:
            close = getattr(stream, "close", None)
            if close is not None:
                close()


def check_frame(frame: Array, name: str = "The picture", like: Array | None = None) -> None:
    """BadMedia unless `frame` is a picture `(H, W, 3)` uint8 with at least one pixel, as large as `like` if given."""
    shape: tuple[int, ...] = getattr(frame, "shape", ())
    dtype = getattr(frame, "dtype", type(frame).__name__)
    if len(shape) != 3 or shape[2] != 3 or dtype != np.uint8 or not frame.size:
        raise BadMedia(f"{name} is {dtype} {shape}; give uint8 (height, width, 3).")
    if like is not None and shape != like.shape:
        raise BadMedia(f"{name} is {shape[:2]}, the ones before are {like.shape[:2]}; give frames of one size.")


def checked(frames: Iterable[Array], where: str = "") -> Iterator[Array]:
    """The same frames; BadMedia at the first that is no picture or of another size than the ones before."""
    first: Array | None = None
    with closing(frames):
        for index, frame in enumerate(frames):
            check_frame(frame, f"{where}frame {index}", first)
            first = frame if first is None else first
            yield frame


def read_frames(path: Path | str) -> Iterator[Array]:
    """The frames of a video, or of a folder with `frame_0.png, frame_1.png …`, one by one.

    Args:
        path: Any video that FFmpeg reads, or such a folder.

    Raises:
        BadMedia: At once when there is nothing that can be read; later where a video breaks off or a picture is
            damaged or of another size.
    """
    path = Path(path)
    if path.is_dir():
        if not is_sequence(path):
            raise BadMedia(f"{path}: holds something else than frame_0.png, frame_1.png …; name a folder of frames.")
        return checked(read_pictures(path), f"{path}: ")
    container = _opened(path)
    return checked(_decoded(path, container), f"{path}: ")


def frame_rate(path: Path | str) -> float:
    """Frames a second of a video; BadMedia as `read_frames`, and for folders, which have none."""
    path = Path(path)
    if path.is_dir():
        raise BadMedia(f"{path}: a folder of pictures has no frame rate; say which one is meant.")
    with _opened(path) as container:
        rate = container.streams.video[0].average_rate
        if not rate:
            raise BadMedia(f"{path}: says no frame rate; write it again as .mp4.")
        return float(rate)


def _opened(path: Path) -> Any:
    import av

    if not path.is_file():
        raise BadMedia(f"{path}: there is no such file: name a video or a folder of frames.")
    try:
        container = av.open(str(path), metadata_errors="ignore")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if not container.streams.video:
        container.close()
        raise BadMedia(f"{path}: has no pictures, only sound: name a video.")
    return container


def _decoded(path: Path, container: Any) -> Iterator[Array]:
    import av

    count = 0
    with container:
        try:
            for frame in container.decode(video=0):
                yield frame.to_ndarray(format="rgb24")
                count += 1
        except (av.FFmpegError, OSError, ValueError) as error:
            raise _unreadable(path, error, count) from error
    if not count:
        raise BadMedia(f"{path}: there is no frame in it.")


def _unreadable(path: Path, error: Exception, count: int = 0) -> BadMedia:
    where = f" after frame {count - 1}" if count else ""
    reason = getattr(error, "strerror", None) or error
    return BadMedia(f"{path}: not a video that can be read{where} ({reason}): use mp4, webm or gif.")
