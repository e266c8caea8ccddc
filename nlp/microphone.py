"""One spoken command from the default microphone."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Any

import numpy as np

from motion_engine.errors import BadCommand, BadMedia, ModelUnavailable
from nlp.audio import RATE, Samples, voiced

_BLOCK = RATE // 10  # samples that are looked at together
_END = 1.0  # s of silence that end a command
_PATIENCE = 8.0  # s until somebody must have begun
_LONGEST = 20.0  # s
_FRAMES_A_BLOCK = 3  # of `voiced`


def record(on_ready: Callable[[], None] = lambda: None) -> Samples:
    """What is said until a second of silence follows it, (N,) at 16 kHz.

    Args:
        on_ready: Called when the microphone is open.

    Raises:
        ModelUnavailable: sounddevice or PortAudio is missing.
        BadMedia: There is no microphone.
        BadCommand: Nobody speaks for 8 s.
    """
    try:
        import sounddevice
    except ImportError:
        raise ModelUnavailable("sounddevice is not installed: pip install 'motion-engine[speech]'") from None
    except OSError as error:  # the library that it loads
        raise ModelUnavailable(f"{error}: install PortAudio (Debian: apt install libportaudio2).") from None
    blocks: queue.SimpleQueue[Samples] = queue.SimpleQueue()

    def keep(block: Any, *_: Any) -> None:
        blocks.put(np.array(block[:, 0], dtype=np.float32))

    try:
        with sounddevice.InputStream(RATE, _BLOCK, channels=1, dtype="float32", callback=keep):
            on_ready()
            return _until_silence(blocks.get)
    except sounddevice.PortAudioError as error:
        raise BadMedia(
            f"No microphone can be opened ({error}): plug one in, or name a file: motion listen FILE"
        ) from None


def _until_silence(read: Callable[[], Samples]) -> Samples:
    """Blocks of 0.1 s until speech and a second of silence after it."""
    samples = np.zeros(0, dtype=np.float32)
    while True:
        samples = np.concatenate([samples, read()])
        loud = np.flatnonzero(voiced(samples))
        seconds = len(samples) / RATE
        if len(loud) < _FRAMES_A_BLOCK:
            if seconds > _PATIENCE:
                raise BadCommand(f"Nobody was heard for {_PATIENCE:g} s: speak closer to the microphone.")
            continue
        silence = seconds - (loud[-1] + 1) * 0.03
        if silence >= _END or seconds >= _LONGEST:
            return samples
