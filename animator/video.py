"""Pictures to video files, one picture at a time: an hour of video needs no more memory than a second."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from motion_engine.errors import BadMedia
from motion_engine.files import whole_file
from motion_engine.types import Array

# codec, container, encoder options; the quality is visually lossless for mp4 and high for webm
_ENCODERS: dict[str, tuple[str, str, dict[str, str]]] = {
    ".mp4": ("libx264", "mp4", {"crf": "18", "preset": "veryfast"}),
    ".webm": ("libvpx-vp9", "webm", {"crf": "26", "b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"}),
    ".gif": ("gif", "gif", {}),
}
SUFFIXES = tuple(_ENCODERS)
_GIF_FPS = 50.0  # browsers slow down what is faster
_PALETTE_FRAMES = 24  # of the start of a gif, whose colours its one palette is made from
_BT709 = 1  # of ITU-T H.273: primaries, transfer and matrix alike
_LIMITED_RANGE = 1


def write_video(
    path: Path | str,
    frames: Iterable[Array],
    fps: float,
    *,
    on_frame: Callable[[int], None] | None = None,
) -> None:
    """Writes pictures to a video; the file appears under its name only when it is complete.

    Args:
        path: Ends with .mp4 (H.264, plays everywhere; odd sizes grow by one pixel), .webm (VP9) or .gif (256 colours,
            at most 50 frames/s: what is more is left out).
        frames: Pictures `(H, W, 3)` uint8, all of one size.
        fps: Frames a second.
        on_frame: Called with the number of frames written so far; an exception it raises cancels.

    Raises:
        BadMedia: Wrong suffix, a folder that is missing or cannot be written, no frames, frames of different sizes, or
            an encoder's failure (disk full).
    """
    suffix = Path(path).suffix.lower()
    with whole_file(path, SUFFIXES) as part:
        if not 0 < fps <= 1000:
            raise BadMedia(f"{path}: {fps:g} frames/s cannot be written; choose 1 to 1000.")
        source = _checked(path, frames)
        first = next(source, None)
        if first is None:
            raise BadMedia(f"{path}: there is no frame to write.")
        source = _with_first(first, source)
        if suffix == ".gif" and fps > _GIF_FPS:
            source, fps = _thinned(source, fps), _GIF_FPS
        _encode(path, part, suffix, source, first.shape, fps, on_frame)


def side_by_side(*streams: Iterable[Array]) -> Iterator[Array]:
    """Pictures of several streams in one, left to right; ends with the shortest.

    A still picture is a stream too: `itertools.repeat(picture)`. Streams are resized to the first one's height.
    """
    for pictures in zip(*streams, strict=False):
        yield np.hstack([_to_height(picture, len(pictures[0])) for picture in pictures])


def _to_height(picture: Array, height: int) -> Array:
    if len(picture) == height:
        return picture
    from PIL import Image

    width = max(1, round(picture.shape[1] * height / len(picture)))
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))


def _checked(path: Path | str, frames: Iterable[Array]) -> Iterator[Array]:
    shape: tuple[int, ...] | None = None
    for index, frame in enumerate(frames):
        if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
            raise BadMedia(f"{path}: frame {index} is {frame.dtype} {frame.shape}; give uint8 (height, width, 3).")
        if shape is not None and frame.shape != shape:
            raise BadMedia(f"{path}: frame {index} is {frame.shape[:2]}, the ones before are {shape[:2]}.")
        shape = frame.shape
        yield frame


def _with_first(first: Array, frames: Iterator[Array]) -> Iterator[Array]:
    yield first
    yield from frames


def _thinned(frames: Iterable[Array], fps: float) -> Iterator[Array]:
    """The frames that remain at 50 frames/s."""
    shown = -1
    for index, frame in enumerate(frames):
        slot = int(index * _GIF_FPS / fps + 1e-9)
        if slot > shown:
            shown = slot
            yield frame


def _encode(
    path: Path | str,
    part: Path,
    suffix: str,
    frames: Iterator[Array],
    shape: tuple[int, ...],
    fps: float,
    on_frame: Callable[[int], None] | None,
) -> None:
    import av

    codec, container_format, options = _ENCODERS[suffix]
    rate = Fraction(fps).limit_denominator(1001)
    extra = {"movflags": "+faststart"} if suffix == ".mp4" else {}
    try:
        with av.open(str(part), "w", format=container_format, options=extra) as container:
            stream: Any = container.add_stream(codec, rate=rate, options=options)
            prepare: Callable[[Array], Any]
            if suffix == ".gif":
                head = list(islice(frames, _PALETTE_FRAMES))
                frames = chain(head, frames)
                stream.width, stream.height, stream.pix_fmt = shape[1], shape[0], "pal8"
                prepare = _Paletted(head, rate)
            else:
                stream.width, stream.height = shape[1] + shape[1] % 2, shape[0] + shape[0] % 2
                stream.pix_fmt = "yuv420p"
                context = stream.codec_context
                context.color_primaries = context.color_trc = context.colorspace = _BT709
                context.color_range = _LIMITED_RANGE
                prepare = _to_yuv
            for index, frame in enumerate(frames):
                picture = prepare(frame)
                picture.pts, picture.time_base = index, 1 / rate
                container.mux(stream.encode(picture))
                if on_frame is not None:
                    on_frame(index + 1)
            container.mux(stream.encode())
    except av.FFmpegError as error:
        raise BadMedia(f"{path}: the video cannot be written ({error}); is the disk full?") from error


def _to_yuv(frame: Array) -> Any:
    """The frame as limited-range BT.709 yuv420p, its last row and column doubled where sizes are odd."""
    import av

    height, width = frame.shape[:2]
    if height % 2 or width % 2:
        frame = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
    return picture.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")


class _Paletted:
    """Frames in the 256 colours that suit the first ones best, ordered dither: still parts stay still."""

    def __init__(self, head: list[Array], rate: Fraction) -> None:
        import av
        from av.filter import Graph

        height, width = head[0].shape[:2]
        maker, rgb = Graph(), av.VideoFormat("rgb24")
        source = maker.add_buffer(width=width, height=height, format=rgb, time_base=1 / rate)
        generator, sink = maker.add("palettegen", "stats_mode=full:reserve_transparent=0"), maker.add("buffersink")
        source.link_to(generator)
        generator.link_to(sink)
        maker.configure()
        for index, frame in enumerate(head):
            source.push(self._picture(frame, index, rate))
        source.push(None)
        palette: Any = sink.pull()

        self._graph, self._rate, self._index = Graph(), rate, 0
        self._source = self._graph.add_buffer(width=width, height=height, format=rgb, time_base=1 / rate)
        colors = self._graph.add_buffer(
            width=palette.width, height=palette.height, format=palette.format, time_base=1 / rate
        )
        user = self._graph.add("paletteuse", "dither=bayer:bayer_scale=4")
        self._sink = self._graph.add("buffersink")
        self._source.link_to(user, 0, 0)
        colors.link_to(user, 0, 1)
        user.link_to(self._sink)
        self._graph.configure()
        palette.pts, palette.time_base = 0, 1 / rate
        colors.push(palette)
        colors.push(None)

    def __call__(self, frame: Array) -> Any:
        self._source.push(self._picture(frame, self._index, self._rate))
        self._index += 1
        return self._sink.pull()

    @staticmethod
    def _picture(frame: Array, index: int, rate: Fraction) -> Any:
        import av

        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        picture.pts, picture.time_base = index, 1 / rate
        return picture
