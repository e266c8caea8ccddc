"""The sound of a video: any sound file or samples, block by block, in step with the pictures."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from motion_engine.errors import BadMedia
from motion_engine.types import Array

Audio = Path | str | bytes | Array
SAMPLES_RATE = 16_000  # samples a second of an array, as speech recognition reads it
RATE = 48_000  # of what is written; Opus knows no 44,100
_FADE = RATE // 20  # 50 ms at the end of a sound that is cut, so that it does not click


class Sound:
    """A sound that is read as it is needed, at 48 kHz with one channel or two.

    Args:
        source: A file, the bytes of one, or samples (N,) mono at 16 kHz, -1..1.

    Raises:
        BadMedia: At once when it is no sound; from `read` where it breaks off.
    """

    def __init__(self, source: Audio) -> None:
        if isinstance(source, np.ndarray):
            self.name, self.channels, frames = "The samples", 1, _of_samples(source)
            self._container: Any = None
        else:
            self.name = "The sound" if isinstance(source, bytes) else str(source)
            self._container = _opened(source, self.name)
            self.channels = min(self._container.streams.audio[0].channels, 2)
            frames = self._container.decode(audio=0)
        self._blocks = self._resampled(frames)
        self._rest: Array = np.zeros((self.channels, 0), np.float32)
        try:
            self._rest = self._more(1)
            if not self._rest.shape[1]:
                raise BadMedia(f"{self.name}: there is no sound in it.")
        except BaseException:
            self.close()
            raise

    @property
    def layout(self) -> str:
        """`mono` or `stereo`."""
        return "mono" if self.channels == 1 else "stereo"

    def read(self, count: int) -> Array:
        """The next `(channels, count)` samples float32; fewer at the end."""
        block = self._more(count)
        self._rest = block[:, count:]
        return block[:, :count]

    def close(self) -> None:
        """Lets go of the file."""
        if self._container is not None:
            self._container.close()

    def _more(self, count: int) -> Array:
        parts, length = [self._rest], self._rest.shape[1]
        while length < count and (block := next(self._blocks, None)) is not None:
            parts.append(block)
            length += block.shape[1]
        return np.concatenate(parts, axis=1)

    def _resampled(self, frames: Iterator[Any]) -> Iterator[Array]:
        import av

        resampler = av.AudioResampler(format="fltp", layout=self.layout, rate=RATE)
        try:
            for frame in frames:
                frame.pts = None  # gaps and odd starts in the times of a recording are not repeated
                yield from (part.to_ndarray() for part in resampler.resample(frame))
            yield from (part.to_ndarray() for part in resampler.resample(None))
        except (av.FFmpegError, ValueError, OSError) as error:
            raise _unreadable(self.name, error) from error


class SoundTrack:
    """A sound on its way into a video: as much of it as there are pictures, and no more."""

    def __init__(self, sound: Sound, container: Any, codec: str) -> None:
        self._sound, self._container = sound, container
        self._stream: Any = container.add_stream(codec, rate=RATE, layout=sound.layout)
        self._stream.bit_rate = 64_000 * sound.channels
        self._held, self._read, self._sent = sound.read(0), 0, 0

    def until(self, time: Fraction) -> None:
        """Writes the sound up to `time` seconds; the last 50 ms are held back, since they may be the end."""
        count = int(time * RATE) - self._read
        self._read += count
        self._held = np.concatenate((self._held, self._sound.read(count)), axis=1)
        self._send(self._held[:, :-_FADE])
        self._held = self._held[:, -_FADE:]

    def finish(self) -> None:
        """Writes what was held back, faded out if the sound would go on."""
        if self._sound.read(1).shape[1]:
            self._held = self._held * np.linspace(1, 0, self._held.shape[1], dtype=np.float32)
        self._send(self._held)
        self._container.mux(self._stream.encode())

    def _send(self, block: Array) -> None:
        import av

        if not block.shape[1]:
            return
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout=self._sound.layout)
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._sent, Fraction(1, RATE)
        self._sent += block.shape[1]
        self._container.mux(self._stream.encode(frame))


def _of_samples(samples: Array) -> Iterator[Any]:
    import av

    if samples.ndim != 1 or samples.dtype.kind != "f" or not len(samples) or not np.isfinite(samples).all():
        raise BadMedia(
            f"Samples of a sound must be finite numbers of shape (N,) at {SAMPLES_RATE} Hz, "
            f"not {samples.dtype} {samples.shape}."
        )
    return (_frame(av, samples[i : i + SAMPLES_RATE]) for i in range(0, len(samples), SAMPLES_RATE))


def _frame(av: Any, samples: Array) -> Any:
    frame = av.AudioFrame.from_ndarray(samples.astype(np.float32)[None], format="fltp", layout="mono")
    frame.sample_rate = SAMPLES_RATE
    return frame


def _opened(source: Path | str | bytes, name: str) -> Any:
    import av

    if not isinstance(source, bytes) and not Path(source).is_file():
        what = "is a folder" if Path(source).is_dir() else "there is no such file"
        raise BadMedia(f"{name}: {what}: name a sound file.")
    try:
        container = av.open(io.BytesIO(source) if isinstance(source, bytes) else str(source), metadata_errors="ignore")
    except (av.FFmpegError, ValueError, OSError) as error:
        raise _unreadable(name, error) from error
    if not container.streams.audio:
        container.close()
        raise BadMedia(f"{name}: has no sound, only pictures: name a sound file.")
    return container


def _unreadable(name: str, error: Exception) -> BadMedia:
    reason = getattr(error, "strerror", None) or error
    return BadMedia(f"{name}: not a sound file that can be read ({reason}): use wav, mp3, ogg, webm or m4a.")
