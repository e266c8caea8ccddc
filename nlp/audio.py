"""Sound to the samples that speech recognition reads, and where in them somebody may be speaking."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from motion_engine.errors import BadMedia, LimitExceeded

RATE = 16_000  # samples a second
LONGEST = 60.0  # s of sound that is listened to
_MOST_BYTES = 64 << 20  # of a stream, which may never end: 60 s in stereo at 48 kHz and 32 bit are 23 MB
_FRAME = 480  # samples, 30 ms
_QUIETEST = -50.0  # dB of full scale, below which nothing is speech
_ABOVE_FLOOR = 6.0  # dB, by which speech stands out from what is heard all the time
_LEAST_VOICED = 0.15  # s

Samples = NDArray[np.float32]  # (N,) mono, 16 kHz, -1..1
Source = str | Path | bytes | BinaryIO | Samples | Iterable[bytes]


def read_audio(source: Source) -> Samples:
    """The sound of a file or stream, as (N,) float32 mono at 16 kHz.

    Args:
        source: A path; the bytes of a file; an open file; the chunks of a file as they arrive; or samples (N,) at
            16 kHz, which are taken as they are. Any container and codec that FFmpeg reads: wav, mp3, ogg, webm, m4a.

    Raises:
        BadMedia: There is no such file, it is no sound, has none, or breaks off.
        LimitExceeded: More than 60 s, or a stream of more than 64 MB.
    """
    if isinstance(source, np.ndarray):
        samples, name = np.asarray(source, dtype=np.float32), "The samples"
        if samples.ndim != 1 or not np.isfinite(samples).all():
            raise BadMedia(f"Samples must be finite and of shape (N,) at {RATE} Hz, not {samples.shape}.")
    else:
        name = str(source) if isinstance(source, str | Path) else "The sound"
        samples = _decode(source, name)
    if not len(samples):
        raise BadMedia(f"{name}: there is no sound in it.")
    if len(samples) > LONGEST * RATE:
        raise LimitExceeded(f"{name}: longer than {LONGEST:g} s: say one command at a time, or cut the recording.")
    return samples


def _decode(source: Any, name: str) -> Samples:
    import av

    if isinstance(source, str | Path):
        path = Path(source)
        if not path.is_file():
            raise BadMedia(f"{name}: {'is a folder' if path.is_dir() else 'there is no such file'}: name a sound file.")
        source = str(path)
    elif isinstance(source, bytes | bytearray):
        source = io.BytesIO(source)
    blocks: list[Samples] = []
    seconds = 0.0
    try:
        if not isinstance(source, str) and not hasattr(source, "read"):
            source = _gathered(source)
        with av.open(source, metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise BadMedia(f"{name}: has no sound, only pictures: name a sound file.")
            resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
            for frame in container.decode(audio=0):
                blocks += [_samples(block) for block in resampler.resample(frame)]
                seconds += frame.samples / frame.sample_rate
                if seconds > LONGEST + 1:
                    break
            blocks += [_samples(block) for block in resampler.resample(None)]
    except (av.FFmpegError, ValueError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadMedia(
            f"{name}: not a sound file that can be read ({reason}): use wav, mp3, ogg, webm or m4a."
        ) from error
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)


def _gathered(chunks: Iterable[bytes]) -> io.BytesIO:
    file = io.BytesIO()
    for chunk in chunks:
        file.write(chunk)
        if file.tell() > _MOST_BYTES:
            raise LimitExceeded(f"The sound: more than {_MOST_BYTES >> 20} MB: say one command at a time.")
    file.seek(0)
    return file


def _samples(frame: Any) -> Samples:
    return np.asarray(frame.to_ndarray(), dtype=np.float32).ravel()


def voiced(samples: Samples) -> NDArray[np.bool_]:
    """For each 30 ms of (N,) samples, whether it is louder than what is heard all the time.

    Noise, hum and steady tones are heard all the time; speech comes in syllables, with gaps between them.
    """
    count = len(samples) // _FRAME
    frames = samples[: count * _FRAME].reshape(count, _FRAME).astype(np.float64)
    level = 10.0 * np.log10(np.mean((frames - frames.mean(axis=1, keepdims=True)) ** 2, axis=1) + 1e-12)
    floor = np.percentile(level, 10) if count else 0.0
    return np.asarray(level > max(floor + _ABOVE_FLOOR, _QUIETEST))


def may_be_speech(samples: Samples) -> bool:
    """Whether anything in (N,) samples stands out long enough to be a word."""
    return bool(voiced(samples).sum() * _FRAME >= _LEAST_VOICED * RATE)
