"""Pictures to video files, one picture at a time: an hour of video needs no more memory than a second."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from animator import video_gif
from animator.video_folder import names_folder, whole_folder, write_pictures
from animator.video_frames import check_frame, checked, closing
from animator.video_sound import Audio, Sound, SoundTrack
from motion_engine.errors import BadMedia
from motion_engine.files import check_target, whole_file
from motion_engine.types import Array

# codec, container, encoder options; the quality is visually lossless for mp4 and high for webm
_ENCODERS: dict[str, tuple[str, str, dict[str, str]]] = {
    ".mp4": ("libx264", "mp4", {"crf": "18", "preset": "veryfast"}),
    ".webm": ("libvpx-vp9", "webm", {"crf": "26", "b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"}),
    ".gif": ("gif", "gif", {}),
}
_SOUND_CODECS = {".mp4": "aac", ".webm": "libopus"}
SUFFIXES = tuple(_ENCODERS)
LARGEST = 16_384  # px of a side, what H.264 and VP9 encoders take
_BT709 = 1  # of ITU-T H.273: primaries, transfer and matrix alike
_LIMITED_RANGE = 1
_BACKGROUND = 24  # grey around pictures that do not fill their panel


def write_video(
    path: Path | str,
    frames: Iterable[Array],
    fps: float,
    *,
    audio: Audio | None = None,
    on_frame: Callable[[int], None] | None = None,
) -> None:
    """Writes pictures to a video or a folder, which appears under its name only when it is complete.

    Args:
        path: Ends with .mp4 (H.264, plays everywhere; odd sizes grow by one pixel), .webm (VP9) or .gif (256 colours,
            at most 50 frames/s: what is more is left out). A name without suffix, or that ends with a slash, is a
            folder of `frame_0.png, frame_1.png …`; only an empty folder or one of such frames is ever replaced.
        frames: Pictures `(H, W, 3)` uint8, all of one size. A generator is closed at the end, whatever ends it.
        fps: Frames a second.
        audio: What is heard in an .mp4 (AAC) or .webm (Opus): a sound file, the bytes of one, or samples (N,) mono at
            16 kHz. The pictures say how long a video is: a longer sound is cut at their end, after a shorter one it
            is silent.
        on_frame: Called with the number of frames written so far; an exception it raises cancels.

    Raises:
        BadMedia: Wrong suffix, a folder that is missing or cannot be written, no frames, frames of different sizes, a
            sound that cannot be read or that the file cannot carry, or an encoder's failure (disk full).
    """
    with closing(frames), ExitStack() as stack:
        folder, suffix = names_folder(path), Path(path).suffix.lower()
        if audio is not None:
            if not folder:
                check_target(Path(path), SUFFIXES)
            _check_carries_sound(path)
        part = stack.enter_context(whole_folder(path) if folder else whole_file(path, SUFFIXES))
        if not 0.01 <= fps <= 1000:
            raise BadMedia(f"{path}: {fps:g} frames/s cannot be written; choose 0.01 to 1000.")
        sound = None if audio is None else Sound(audio)
        if sound is not None:
            stack.callback(sound.close)
        source = checked(frames, f"{path}: ")
        first = next(source, None)
        if first is None:
            raise BadMedia(f"{path}: there is no frame to write.")
        source = chain((first,), source)
        if folder:
            written = write_pictures(part, source)
        else:
            if max(first.shape) > LARGEST:
                raise BadMedia(f"{path}: {first.shape[1]} x {first.shape[0]} px; a video has at most {LARGEST} a side.")
            if suffix == ".gif" and fps > video_gif.FPS:
                source, fps = video_gif.thinned(source, fps), video_gif.FPS
            written = _encoded(path, part, suffix, source, first.shape, fps, sound)
        with closing(written):
            for done in written:
                if on_frame is not None:
                    on_frame(done)


def check_sound(path: Path | str, audio: Audio) -> None:
    """Whether a video at `path` can carry this sound; BadMedia says why not and what to do."""
    _check_carries_sound(path)
    Sound(audio).close()


def _check_carries_sound(path: Path | str) -> None:
    if Path(path).suffix.lower() not in _SOUND_CODECS or names_folder(path):
        raise BadMedia(f"{path}: carries no sound; write .mp4 or .webm, or leave the sound out.")


def side_by_side(*streams: Iterable[Array]) -> Iterator[Array]:
    """Pictures of several streams in one, left to right; ends with the shortest, and closes all of them.

    A single picture `(H, W, 3)` is a stream too, and stays. All panels are as large as the pictures of the first
    stream that moves; others are made smaller or larger to fit in whole, with dark bars where their shape differs.

    Raises:
        BadMedia: Something is no picture, or nothing moves.
    """
    moving = [stream for stream in streams if not _is_still(stream)]
    with closing(*moving):
        if not moving:
            raise BadMedia("Pictures side by side: none of them moves, so there is no end; give at least one stream.")
        iterators = [checked(stream) for stream in moving]
        stills: list[Array] | None = None
        for pictures in zip(*iterators, strict=False):
            height, width = pictures[0].shape[:2]
            if stills is None:
                stills = [letterboxed(np.asarray(s), height, width) for s in streams if _is_still(s)]
            rest, still = iter(pictures), iter(stills)
            yield np.hstack([next(still) if _is_still(s) else letterboxed(next(rest), height, width) for s in streams])


def letterboxed(picture: Array, height: int, width: int) -> Array:
    """A picture `(H, W, 3)` uint8 as large as fits whole and undistorted into `height` x `width`, in the middle."""
    check_frame(picture)
    if picture.shape[:2] == (height, width):
        return picture
    from PIL import Image

    scale = min(height / picture.shape[0], width / picture.shape[1])
    inner_height, inner_width = (max(1, round(side * scale)) for side in picture.shape[:2])
    small = Image.fromarray(picture).resize((inner_width, inner_height), Image.Resampling.LANCZOS)
    result = np.full((height, width, 3), _BACKGROUND, np.uint8)
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    result[top : top + inner_height, left : left + inner_width] = np.asarray(small)
    return result


def _is_still(stream: Iterable[Array]) -> bool:
    return isinstance(stream, np.ndarray) and stream.ndim == 3


def _encoded(
    path: Path | str,
    part: Path,
    suffix: str,
    frames: Iterator[Array],
    shape: tuple[int, ...],
    fps: float,
    sound: Sound | None,
) -> Iterator[int]:
    """Encodes frames; yields how many there are so far."""
    import av

    container_format = _ENCODERS[suffix][1]
    rate = Fraction(fps).limit_denominator(1001)
    extra = {"movflags": "+faststart"} if suffix == ".mp4" else {}
    try:
        with av.open(str(part), "w", format=container_format, options=extra) as container:
            head = list(islice(frames, video_gif.PALETTE_FRAMES)) if suffix == ".gif" else []
            stream, prepare = _stream(container, suffix, shape, rate, head)
            track = None if sound is None else SoundTrack(sound, container, _SOUND_CODECS[suffix])
            for index, frame in enumerate(chain(head, frames)):
                picture = prepare(frame)
                picture.pts, picture.time_base = index, 1 / rate
                container.mux(stream.encode(picture))
                if track is not None:
                    track.until((index + 1) / rate)
                yield index + 1
            container.mux(stream.encode())
            if track is not None:
                track.finish()
    except av.FFmpegError as error:
        raise BadMedia(f"{path}: the video cannot be written ({error.strerror}); is the disk full?") from error


def _stream(
    container: Any, suffix: str, shape: tuple[int, ...], rate: Fraction, head: list[Array]
) -> tuple[Any, Callable[[Array], Any]]:
    """The video stream of a container, and what makes its pictures of frames."""
    codec, _, options = _ENCODERS[suffix]
    stream = container.add_stream(codec, rate=rate, options=options)
    if suffix == ".gif":
        stream.width, stream.height, stream.pix_fmt = shape[1], shape[0], "pal8"
        return stream, video_gif.Paletted(head, rate)
    stream.width, stream.height = shape[1] + shape[1] % 2, shape[0] + shape[0] % 2
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED_RANGE
    return stream, _to_yuv


def _to_yuv(frame: Array) -> Any:
    """The frame as limited-range BT.709 yuv420p, its last row and column doubled where sizes are odd."""
    import av

    height, width = frame.shape[:2]
    if height % 2 or width % 2:
        frame = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
    return picture.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
