from __future__ import annotations

from pathlib import Path

import pytest

from api import doctor, doctor_render
from api.doctor_render import Card, check_rendering, graphics, read_cards

CARD = Card("NVIDIA L4", "550.54.15", 22.5)


def said(installed: bool, cuda: str | None, usable: bool, *cards: Card) -> list[tuple[str, str]]:
    return [
        (finding.state, f"{finding.part}: {finding.words}")
        for finding in graphics(installed, cuda, usable, list(cards))
    ]


def test_cards_as_their_driver_tells() -> None:
    answer = "NVIDIA L4, 550.54.15, 23034\nNVIDIA GeForce GTX 1050, 470.1, 4040\nfailed: no device\n"
    assert [card.name for card in read_cards(answer)] == ["NVIDIA L4", "NVIDIA GeForce GTX 1050"]
    assert read_cards(answer)[0].memory == pytest.approx(22.49, abs=0.01)


def test_a_machine_in_order() -> None:
    assert said(True, "12.8", True, CARD) == [
        ("ok", "graphics card: NVIDIA L4, 22 GB"),
        ("ok", "CUDA: 12.8, driver 550.54.15"),
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((False, None, False), "no NVIDIA card is seen"),
        ((True, None, False, CARD), "a build without CUDA"),
        ((True, "13.0", False, CARD), "CUDA 13.0, which needs driver 580.65 or newer, not 550.54.15"),
        ((True, "12.8", False, CARD), "cannot use the card"),
        ((True, "12.8", True, Card("small", "550.1", 4.0)), "too little for StableAnimator"),
    ],
)
def test_what_is_not_in_order(given: tuple[bool, str | None, bool], words: str) -> None:
    assert any(state == "optional" and words in text for state, text in said(*given))


def test_little_memory_needs_options() -> None:
    assert "--offload" in said(True, "12.8", True, Card("medium", "550.1", 12.0))[0][1]


def test_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOTION_STABLE_ANIMATOR", raising=False)
    monkeypatch.setattr(doctor_render, "cards", list)
    monkeypatch.setattr(doctor_render, "upscaling", lambda: iter(()))
    assert [finding.state for finding in check_rendering(None, verify=False)] == ["optional", "optional"]
    assert "no such folder" in list(check_rendering(tmp_path / "x", verify=False))[-1].words
    animation = tmp_path / "Animation"
    animation.mkdir()
    (animation / "pose_net.pth").write_bytes(b"0" * 829_269)
    (animation / "face_encoder.pth").write_bytes(b"0")
    for verify in (False, True):
        found = {f.part: (f.state, f.words) for f in check_rendering(tmp_path, verify=verify)}
        state, words = found["weights: pose net"]
        assert state == ("missing" if verify else "ok")
        assert ("has the sha256" if verify else "of the published size") in words and "Licence" in words
        assert found["weights: face encoder"][0] == "missing" and "1 bytes" in found["weights: face encoder"][1]
        assert "is not there: download it from" in found["weights: unet"][1]
        assert "Stability AI community licence" in found["weights: vae"][1]
        assert found["weights: face detector"][0] == found["weights: face recogniser"][0] == "optional"


def test_what_an_extra_lacks_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = doctor.importlib.util.find_spec
    absent = {"diffusers", "insightface"}
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None if name in absent else real(name))
    found = {finding.part: finding for finding in doctor.check(str(tmp_path / "library.sqlite"))}
    assert "lacks diffusers: pip install" in found["motion-engine[stable-animator]"].words
    assert found["motion-engine[faces]"].state == "optional"
    assert found["numpy"].state == "ok"


def test_a_card_whose_tool_is_missing_is_known_by_its_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = tmp_path / "version"
    monkeypatch.setattr(doctor_render, "DRIVER", told)
    monkeypatch.setattr(doctor_render.shutil, "which", lambda name: None)
    assert doctor_render.cards() == []
    told.write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.82.01  Mon Sep  2\nGCC version: 9.4.0\n")
    (card,) = doctor_render.cards()
    assert (card.driver, card.memory) == ("470.82.01", 0.0)
    lines = said(True, "12.8", False, card)
    assert "memory is unknown" in lines[0][1] and "needs driver 525.60 or newer, not 470.82.01" in lines[1][1]
    told.write_text("something else")
    assert doctor_render.cards() == []


def test_torch_that_cannot_be_imported_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> tuple[bool, str | None, bool]:
        raise OSError("libcudart.so.12: cannot open shared object file")

    monkeypatch.delenv("MOTION_STABLE_ANIMATOR", raising=False)
    monkeypatch.setattr(doctor_render, "_torch_cuda", broken)
    first = next(check_rendering(None, verify=False))
    assert (first.state, first.part) == ("missing", "torch") and "libcudart" in first.words


def test_files_that_enlarge_pictures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import hashlib
    import sys

    contents = {".param": b"layers", ".bin": b"numbers"}
    sums = (hashlib.sha256(b"layers").hexdigest(), hashlib.sha256(b"numbers").hexdigest())
    package = tmp_path / "made_up_enlarger"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    weights = doctor_render.Weights(package.name, "net", sums, 2, 0, 0, True, ("in", "out"))
    absent = doctor_render.Weights("not_installed_at_all", "net", sums, 2, 0, 0, True, ("in", "out"))
    monkeypatch.setattr(doctor_render, "WEIGHTS", {"small": weights, "other": absent})
    assert [(f.state, "cannot be read" in f.words) for f in doctor_render.upscaling()] == [("missing", True)]
    for suffix, content in contents.items():
        (package / f"net{suffix}").write_bytes(content)
    assert [f.state for f in doctor_render.upscaling()] == ["ok"]
    (package / "net.bin").write_bytes(b"number")
    assert [(f.state, sums[1] in f.words) for f in doctor_render.upscaling()] == [("missing", True)]
