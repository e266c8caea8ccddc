"""The studio in Debian's Chromium, against a real service."""

from __future__ import annotations

import os
import shutil
import subprocess
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from running import Running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
# Software drawing, and none of what Chromium looks up elsewhere by itself.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
SIZE = {"width": 1280, "height": 720}

Launch = Callable[..., "Browser"]


def _missing() -> str:
    """What of these tests' needs is not there, in words."""
    if CHROMIUM is None:
        return "chromium is not installed (apt install chromium)"
    if not (ROOT / "web/dist/index.html").is_file():
        return "the studio is not built (make web)"
    return ""


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running service with the page, on a library of its own that has filled itself."""
    if reason := _missing():
        assert not os.environ.get("MOTION_REQUIRE_BROWSER"), reason
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("studio")
    running = Running(folder / "library.sqlite", folder, MOTION_PER_SECOND="1000", MOTION_BURST="2000")
    yield running
    running.end()


@pytest.fixture(scope="module")
def launch(studio: Running) -> Iterator[Launch]:
    """`launch(*flags)`: a browser; all are closed with the module, since Playwright's loop would disturb others'."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield lambda *flags: playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])


@pytest.fixture(scope="module")
def drawing(launch: Launch) -> Browser:
    """A browser that draws the stage, for where it matters what the figure does."""
    return launch()


@pytest.fixture(scope="module")
def plain(launch: Launch) -> Browser:
    """One that draws nothing: all but the stage works without, and much faster where a processor draws."""
    return launch("--disable-3d-apis")


@pytest.fixture(scope="module")
def browser(drawing: Browser) -> Browser:
    """The one that a module's tests use, unless they say otherwise."""
    return drawing


@pytest.fixture
def context(browser: Browser, studio: Running) -> Iterator[BrowserContext]:
    """A visitor who has never been here; whatever page they open may not complain on its console."""
    context = browser.new_context(base_url=studio.url, viewport=SIZE, locale="en-GB", accept_downloads=True)
    wrong: list[str] = []
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("console", lambda said: wrong.append(said.text) if _is_ours(said.type, said.text) else None)
    yield context
    context.close()
    assert not wrong, wrong


def _is_ours(kind: str, text: str) -> bool:
    """Chromium itself reports each answer of 400 and more; what becomes of those is tested where they happen."""
    return kind == "error" and not text.startswith("Failed to load resource")


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The studio, as it first shows itself: a character moves."""
    page = context.new_page()
    page.goto("/")
    page.wait_for_function("window.scene?.getObjectByName('pelvis') !== undefined", timeout=30_000)
    return page


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of "wave then run", after a second in which a slow machine begins to listen."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed (apt install espeak-ng)")
    pytest.importorskip("faster_whisper", reason="faster-whisper is not installed")
    file = tmp_path_factory.mktemp("spoken") / "wave.wav"
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "130", "-w", str(file), "wave then run"], check=True)
    with wave.open(str(file)) as sound:
        kind, samples = sound.getparams(), sound.readframes(sound.getnframes())
    with wave.open(str(file), "wb") as sound:
        sound.setparams(kind)
        sound.writeframes(bytes(kind.framerate * kind.sampwidth) + samples)
    return file
