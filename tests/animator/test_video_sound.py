from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest

from animator.video import write_video
from animator.video_frames import frame_rate, read_frames
from motion_engine.errors import BadMedia
from motion_engine.types import Array

RATE = 16_000


def tone(seconds: float, hertz: float = 440.0) -> Array:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def wav(seconds: float, channels: int = 1, rate: int = 44_100) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        samples = 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)
        writer.writeframes(np.repeat((samples * 32767).astype("<i2"), channels).tobytes())
    return file.getvalue()


def encoded(seconds: float, suffix: str, codec: str, path: Path) -> Path:
    path = path / f"voice{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.repeat(tone(seconds), 3)[None], format="fltp", layout="mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def frames(count: int) -> list[Array]:
    return [np.full((32, 32, 3), index, np.uint8) for index in range(count)]


def heard(path: Path) -> tuple[Array, str, int, float]:
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        codec, rate = stream.codec_context.name, stream.codec_context.sample_rate
        parts = list(container.decode(audio=0))
    assert parts[0].time is not None
    return np.concatenate([p.to_ndarray() for p in parts], axis=1)[0], codec, rate, parts[0].time


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "aac"), (".webm", "opus")])
@pytest.mark.parametrize("kind", ["samples", "wav", "wav file", "mp3", "ogg"])
def test_a_sound_is_heard_in_step_with_the_pictures(suffix: str, codec: str, kind: str, tmp_path: Path) -> None:
    audio: Array | bytes | Path
    if kind == "samples":
        audio = tone(2.0)
    elif kind.startswith("wav"):
        audio = wav(2.0, channels=2)
        if kind == "wav file":
            (tmp_path / "voice.wav").write_bytes(audio)
            audio = tmp_path / "voice.wav"
    else:
        audio = encoded(2.0, f".{kind}", {"mp3": "libmp3lame", "ogg": "libopus"}[kind], tmp_path)
    path = tmp_path / f"out{suffix}"
    write_video(path, frames(60), 30, audio=audio)
    samples, found, rate, start = heard(path)
    assert codec in found and rate == 48_000 and abs(start) < 0.03
    assert len(samples) / rate == pytest.approx(2.0, abs=0.1)
    middle = samples[24_000:72_000]
    assert np.abs(np.fft.rfft(middle)).argmax() == pytest.approx(440, abs=2)
    assert middle.std() == pytest.approx(0.5 / np.sqrt(2), rel=0.15)
    assert len(list(read_frames(path))) == 60 and frame_rate(path) == pytest.approx(30)


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_pictures_say_how_long_it_is(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{suffix}"
    write_video(path, frames(30), 30, audio=tone(5.0))
    samples, _, rate, _ = heard(path)
    assert len(samples) / rate == pytest.approx(1.0, abs=0.06)
    assert np.abs(samples[int(0.93 * rate) : int(0.94 * rate)]).max() > 0.3
    assert np.abs(samples[int(0.998 * rate) : rate]).max() < 0.1  # faded: no click
    write_video(path, frames(90), 30, audio=tone(0.5))
    samples, _, rate, _ = heard(path)
    assert len(samples) / rate == pytest.approx(0.5, abs=0.06) and len(list(read_frames(path))) == 90


@pytest.mark.parametrize(
    ("name", "message"), [("out.gif", "carries no sound"), ("out", "carries no sound"), ("out.avi", "cannot write")]
)
def test_some_carry_no_sound(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match=message):
        write_video(tmp_path / name, frames(2), 30, audio=tone(1.0))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        ("none.wav", "no such file"),
        (".", "is a folder"),
        (b"this is not a sound", "not a sound file"),
        (b"", "not a sound file"),
        (wav(0.0), "no sound in it"),
        (wav(1.0)[:30], "not a sound file"),
        (np.zeros(0, np.float32), r"of shape \(N,\)"),
        (np.zeros((2, 9), np.float32), r"of shape \(N,\)"),
        (np.zeros(9, np.int16), "int16"),
        (np.array([0.0, np.nan]), "finite"),
    ],
)
def test_a_bad_sound_is_told_before_anything_is_drawn(audio: Array | bytes | str, message: str, tmp_path: Path) -> None:
    drawn = []

    def drawing() -> Iterator[Array]:
        for frame in frames(3):
            drawn.append(1)
            yield frame

    if isinstance(audio, str):
        audio = str(tmp_path / audio)
    with pytest.raises(BadMedia, match=message):
        write_video(tmp_path / "out.mp4", drawing(), 30, audio=audio)
    assert not drawn and list(tmp_path.iterdir()) == []


def test_a_video_without_sound_is_no_sound(tmp_path: Path) -> None:
    write_video(tmp_path / "silent.mp4", frames(3), 30)
    with pytest.raises(BadMedia, match="only pictures"):
        write_video(tmp_path / "out.mp4", frames(3), 30, audio=tmp_path / "silent.mp4")
    write_video(tmp_path / "loud.mp4", frames(30), 30, audio=tone(1.0))
    with pytest.raises(BadMedia, match="has no pictures"):
        read_frames(encoded(1.0, ".mp3", "libmp3lame", tmp_path))
    write_video(tmp_path / "out.mp4", frames(30), 30, audio=tmp_path / "loud.mp4")
    assert len(heard(tmp_path / "out.mp4")[0]) > 40_000


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "not a video"), (b"nonsense" * 99, "not a video"), (None, "no such file")]
)
def test_what_is_no_video_is_told_at_once(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadMedia, match=message):
        read_frames(path)
    with pytest.raises(BadMedia, match=message):
        frame_rate(path)


def test_a_video_that_breaks_off(tmp_path: Path) -> None:
    path = tmp_path / "out.webm"
    noise = np.random.default_rng(0)
    write_video(path, (noise.integers(0, 256, (64, 64, 3), np.uint8) for _ in range(30)), 30)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    count = 0
    with suppress(BadMedia):  # FFmpeg may also take it for the end
        for _ in read_frames(path):
            count += 1
    assert 0 < count < 30
