"""Sound to text with Whisper: two recognizers behind one protocol, and what they make up is thrown away.

Whisper writes words over silence and noise, and a prompt that lists actions makes it write those. So sound in which
nothing stands out is not shown to it at all, and a stretch that it is unsure of, or repeats, does not count.
"""

from __future__ import annotations

import importlib.util
import math
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from motion_engine.errors import BadCommand, ModelUnavailable
from motion_engine.types import Language
from nlp.audio import RATE, Samples, Source, may_be_speech, read_audio
from nlp.lexicon import flatten, load
from nlp.match import Phrasebook
from nlp.models import threads
from nlp.whisper_weights import SHA256, packaged_folder

LANGUAGES: tuple[Language, ...] = ("en", "zh")
PROMPTS: Mapping[Language, str] = {"en": "Commands: {}.", "zh": "动作指令：{}。"}
_MOST_PROMPTED = 40  # names; a prompt may have 223 tokens
# Limits found on the recordings and noises of tests/nlp/test_speech.py: right ones have a log-probability (the mean of
# the tokens) above -0.9 even in noise of 10 dB; what is made up over clicks, gusts and knocks has less than -1.1.
_MADE_UP = -1.0
_UNSURE, _NO_SPEECH = -0.6, 0.25  # less sure than this, and more likely no speech than this: babble
_REPEATS = 2.4  # a text that gzip makes so much shorter is a loop; Whisper's own limit
_INSTALL = "pip install 'motion-engine[speech]'"


class Heard(NamedTuple):
    """One stretch of recognized speech."""

    text: str
    log_probability: float  # mean of the tokens
    no_speech: float  # 0..1
    compression: float  # length over length when compressed


class Recognizer(Protocol):
    """A Whisper model. Not thread-safe; `Listener` takes turns."""

    id: str

    def languages(self, samples: Samples) -> Mapping[str, float]:
        """How probable each language is."""

    def recognize(self, samples: Samples, language: Language, prompt: str) -> list[Heard]:
        """What is said in (N,) samples."""


@dataclass(frozen=True)
class Transcript:
    """What was heard.

    Attributes:
        text: The words.
        language: The language that they were heard in.
        certainty: Mean probability of the words, 0..1.
        duration: Seconds of sound.
        model: Which weights heard it.
    """

    text: str
    language: Language
    certainty: float
    duration: float
    model: str


class Listener:
    """Hears commands; safe to call from several threads, one of which is heard at a time."""

    def __init__(self, recognizer: Recognizer) -> None:
        """Listen with `recognizer`."""
        self._recognizer, self._lock = recognizer, threading.Lock()

    def hear(
        self,
        source: Source,
        language: Language | None = None,
        vocabulary: Mapping[Language, Sequence[str]] | None = None,
    ) -> Transcript:
        """What is said in a recording.

        Args:
            source: See `read_audio`.
            language: In which it is said; None: whichever of both is the likelier.
            vocabulary: Words to listen for, in either language, the likeliest first.

        Raises:
            BadMedia: It is no sound.
            LimitExceeded: It is longer than 60 s.
            BadCommand: Nobody speaks in it.
        """
        samples = read_audio(source)
        if not may_be_speech(samples):
            raise BadCommand("Nobody was heard: there is only silence or steady noise. Speak closer to the microphone.")
        with self._lock:
            spoken = language or self._spoken(samples)
            heard = self._recognizer.recognize(samples, spoken, _prompt(spoken, vocabulary or {}))
        kept = [stretch for stretch in heard if _is_speech(stretch)]
        text = " ".join(stretch.text.strip() for stretch in kept).strip()
        if not any(character.isalnum() for character in text):
            raise BadCommand("Nobody was heard clearly: say the command again, closer to the microphone.")
        certainty = math.exp(float(np.mean([stretch.log_probability for stretch in kept])))
        return Transcript(text, spoken, certainty, len(samples) / RATE, self._recognizer.id)

    def _spoken(self, samples: Samples) -> Language:
        probable = self._recognizer.languages(samples)
        return max(LANGUAGES, key=lambda language: probable.get(language, 0.0))


def _prompt(language: Language, vocabulary: Mapping[Language, Sequence[str]]) -> str:
    """A text that could come before the command: Whisper writes its words more readily."""
    names = vocabulary.get(language, ())
    return PROMPTS[language].format(", ".join(names[:_MOST_PROMPTED])) if names else ""


def vocabulary_of(books: Iterable[Phrasebook]) -> dict[Language, list[str]]:
    """The words of a library to listen for: actions of the lexicon in its order, then all others."""
    known = {book.name: book for book in books}
    chinese = load()["zh"]["actions"]
    words: dict[Language, list[str]] = {"en": [], "zh": []}
    for name in dict.fromkeys([*load()["en"]["actions"], *known]):
        if name in known and not any(name.startswith(f"{other}_") for other in known):  # variants are said alike
            groups = [group["say"] if isinstance(group, dict) else group for group in chinese.get(name, [])]
            own = name.replace("_", " ")
            words["en"].append(next((alias for alias in known[name].en if alias.startswith(f"{own.split()[0]} ")), own))
            words["zh"] += [word for word in (*flatten(groups), *known[name].zh) if len(word) > 1][:1]
    return words


def _is_speech(heard: Heard) -> bool:
    if heard.no_speech > _NO_SPEECH and heard.log_probability < _UNSURE:
        return False
    return heard.log_probability > _MADE_UP and heard.compression < _REPEATS


def open_recognizer(setting: str | None = None) -> Recognizer:
    """The model that `setting` names.

    Args:
        setting: A CTranslate2 folder, an openai-whisper `.pt` file or size ("base", "small", ...). By default the
            setting MOTION_WHISPER, else the packaged weights of Whisper base.

    Raises:
        ModelUnavailable: A package is missing, there is no such model, or its files are not the ones expected.
    """
    setting = setting or os.environ.get("MOTION_WHISPER") or None
    if setting is None:
        return FasterWhisper(packaged_folder(), f"whisper-base:{SHA256[:8]}")
    return FasterWhisper(Path(setting)) if Path(setting).is_dir() else OpenAIWhisper(setting)


class FasterWhisper:
    """A CTranslate2 folder, 8 bit, through faster-whisper: the fast one on a CPU."""

    def __init__(self, folder: Path, name: str = "") -> None:
        """Load the model; ModelUnavailable if the package is missing or the folder holds none."""
        if importlib.util.find_spec("faster_whisper") is None:
            raise ModelUnavailable(f"faster-whisper is not installed: {_INSTALL}")
        from faster_whisper import WhisperModel

        self.id, most = f"faster-whisper:{name or folder}", threads()
        try:
            self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=most)
        except Exception as error:  # CTranslate2 and the tokenizer raise their own kinds
            raise ModelUnavailable(f"{folder}: not a CTranslate2 Whisper model ({error}).") from error
        self._encode = self._model.encode
        self._last: tuple[Any, Any] = (None, None)
        self._model.encode = self._encoded

    def _encoded(self, features: Any) -> Any:
        """The encoder's output, kept: the language and the words need the same one, and it takes most of the time.

        To find the words, faster-whisper leaves out the last frame of the (mels, frames) features.
        """
        known = self._last[0]
        if known is None or known.shape != features.shape or (known != features).any(axis=0).sum() > 1:
            self._last = features, self._encode(features)
        return self._last[1]

    def languages(self, samples: Samples) -> Mapping[str, float]:
        """How probable each language is."""
        return dict(self._model.detect_language(audio=samples)[2])

    def recognize(self, samples: Samples, language: Language, prompt: str) -> list[Heard]:
        """What is said in (N,) samples."""
        stretches, _ = self._model.transcribe(
            samples,
            language=language,
            initial_prompt=prompt or None,
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=len(samples) <= 30 * RATE,
        )
        return [Heard(s.text, s.avg_logprob, s.no_speech_prob, s.compression_ratio) for s in stretches]


class OpenAIWhisper:
    """A checkpoint through openai-whisper, the reference."""

    def __init__(self, size_or_file: str) -> None:
        """Load a `.pt` file, or a size from where openai-whisper keeps or gets it; ModelUnavailable if that fails."""
        if importlib.util.find_spec("whisper") is None:
            raise ModelUnavailable("openai-whisper is not installed: pip install openai-whisper")
        import torch
        import whisper

        torch.set_num_threads(threads())
        if size_or_file not in whisper.available_models() and not Path(size_or_file).is_file():
            sizes = ", ".join(name for name in whisper.available_models() if not name.endswith(".en"))
            raise ModelUnavailable(f"{size_or_file}: no such file or folder, and none of the sizes {sizes}.")
        try:
            self._model = whisper.load_model(size_or_file, device="cpu")
        except Exception as error:  # no internet, or not a checkpoint: each its own kind
            raise ModelUnavailable(
                f"{size_or_file}: cannot be loaded ({type(error).__name__}: {error}). Without internet, set "
                "MOTION_WHISPER to a `.pt` file, or unset it for the packaged weights."
            ) from error
        self.id = f"openai-whisper:{size_or_file}"

    def languages(self, samples: Samples) -> Mapping[str, float]:
        """How probable each language is."""
        import whisper

        mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(samples), self._model.dims.n_mels)
        return dict(self._model.detect_language(mel)[1])

    def recognize(self, samples: Samples, language: Language, prompt: str) -> list[Heard]:
        """What is said in (N,) samples."""
        found = self._model.transcribe(
            samples,
            language=language,
            initial_prompt=prompt or None,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=len(samples) <= 30 * RATE,
            fp16=False,
            verbose=None,
        )
        return [
            Heard(s["text"], s["avg_logprob"], s["no_speech_prob"], s["compression_ratio"]) for s in found["segments"]
        ]
