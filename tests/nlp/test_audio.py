"""Sound files of every kind become samples, and what is no sound is refused in words."""

from __future__ import annotations

import io
import itertools
import wave
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from motion_engine.errors import BadMedia, LimitExceeded
from nlp.audio import LONGEST, RATE, Samples, may_be_speech, read_audio, voiced

SPEECH = Path(__file__).parents[1] / "data/speech"


def encoded(samples: Samples, container: str, codec: str, rate: int, layout: str = "mono") -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, layout=layout)
        channels = 2 if layout == "stereo" else 1
        frame = av.AudioFrame.from_ndarray(np.repeat(samples[None], channels, axis=0), format="fltp", layout=layout)
        frame.sample_rate = rate
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate, frame_size=stream.frame_size)
        for block in (*resampler.resample(frame), *resampler.resample(None)):
            output.mux(stream.encode(block))
        output.mux(stream.encode(None))
    return file.getvalue()


def tone(rate: int, seconds: float = 1.0) -> Samples:
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


@pytest.mark.parametrize(
    ("container", "codec", "rate", "layout"),
    [
        ("wav", "pcm_s16le", 16_000, "mono"),
        ("wav", "pcm_s16le", 44_100, "stereo"),
        ("ogg", "libopus", 48_000, "mono"),
        ("webm", "libopus", 48_000, "stereo"),
        ("mp3", "libmp3lame", 22_050, "mono"),
        ("ipod", "aac", 48_000, "stereo"),
    ],
)
def test_formats_rates_and_channels(container: str, codec: str, rate: int, layout: str) -> None:
    data = encoded(tone(rate), container, codec, rate, layout)
    samples = read_audio(data)
    assert samples.dtype == np.float32
    assert abs(len(samples) - RATE) < 0.1 * RATE
    spectrum = np.abs(np.fft.rfft(samples[2000:14000]))
    assert abs(np.argmax(spectrum) * RATE / 12000 - 440) < 3
    assert np.allclose(read_audio(io.BytesIO(data)), samples)
    chunks = (data[k : k + 1000] for k in range(0, len(data), 1000))
    assert np.allclose(read_audio(chunks), samples)


def test_samples_are_taken_as_they_are() -> None:
    assert read_audio(tone(RATE)) is not None
    with pytest.raises(BadMedia, match="shape"):
        read_audio(np.zeros((2, 100), np.float32))
    with pytest.raises(BadMedia, match="finite"):
        read_audio(np.full(100, np.nan, np.float32))


def test_what_is_no_sound(tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("not a sound\n" * 100)
    for source, words in ((text, "not a sound file"), (tmp_path / "none.wav", "no such file"), (tmp_path, "folder")):
        with pytest.raises(BadMedia, match=words):
            read_audio(source)
    without_samples = io.BytesIO()
    with wave.open(without_samples, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
    for empty in (b"", np.zeros(0, np.float32), without_samples.getvalue()):
        with pytest.raises(BadMedia):
            read_audio(empty)
    cut = (SPEECH / "en01.ogg").read_bytes()[:40]
    with pytest.raises(BadMedia):
        read_audio(cut)


def dropped(data: bytes) -> Iterator[bytes]:
    yield data
    raise OSError("the line went dead")


def test_streams_that_break_off_or_never_end() -> None:
    with pytest.raises(BadMedia, match="the line went dead"):
        read_audio(dropped((SPEECH / "en01.ogg").read_bytes()))
    with pytest.raises(LimitExceeded, match="64 MB"):
        read_audio(bytes(1 << 20) for _ in itertools.count())


def test_a_picture_has_no_sound(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "silent.mp4"), "w") as output:
        stream = output.add_stream("mpeg4", rate=10, width=32, height=32)
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    with pytest.raises(BadMedia, match="only pictures"):
        read_audio(tmp_path / "silent.mp4")


def test_too_long() -> None:
    for sound in (np.zeros(int(LONGEST * RATE) + 1, np.float32), encoded(tone(RATE, 70), "wav", "pcm_s16le", RATE)):
        with pytest.raises(LimitExceeded, match="60 s"):
            read_audio(sound)


def test_speech_stands_out_and_steady_sounds_do_not() -> None:
    rng = np.random.default_rng(0)
    steady = {
        "silence": np.zeros(3 * RATE),
        "faint noise": rng.normal(0, 1e-4, 3 * RATE),
        "noise": rng.normal(0, 0.1, 3 * RATE),
        "tone": tone(RATE, 3.0),
        "one frame": np.zeros(100),
    }
    assert not {name for name, samples in steady.items() if may_be_speech(np.asarray(samples, np.float32))}
    speech = read_audio(SPEECH / "en01.ogg")
    assert may_be_speech(speech)
    loud = np.flatnonzero(voiced(speech)) * 0.03
    assert 0.2 < loud[0] < 0.6  # the recording begins with 0.3 s of silence
