"""What is seen on the studio's page, read from it; and what one does there again and again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
_POSITION = """name => {
  const [joint, at] = [window.scene.getObjectByName(name), window.scene.position.clone()];
  joint.getWorldPosition(at);
  return [at.x, at.y, at.z];
}"""


def microphone(sound: Path) -> tuple[str, ...]:
    """What a browser is started with whose microphone hears a recording, once."""
    return (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={sound}%noloop",
    )


def position(page: Page, joint: str) -> np.ndarray:
    """Where a joint of the figure on the stage is, m."""
    return np.array(page.evaluate(_POSITION, joint))


def say(page: Page, text: str) -> dict[str, Any]:
    """Type a command and press enter; what the service answered."""
    box = page.get_by_role("textbox", name="What shall the character do?")
    box.fill(text)
    with page.expect_response("**/v1/commands") as answer:
        box.press("Enter")
    reply: dict[str, Any] = answer.value.json()
    composed(page)
    return reply


def seek(page: Page, seconds: float) -> None:
    """Stop there; returns once it is drawn."""
    page.get_by_role("slider", name="Position in the motion").fill(str(seconds))
    if page.get_by_role("button", name="Pause", exact=True).count():
        page.get_by_role("button", name="Pause", exact=True).click()
        page.get_by_role("slider", name="Position in the motion").fill(str(seconds))
    settle(page)


def composed(page: Page) -> None:
    """Wait until what is on the timeline is what the figure does."""
    page.wait_for_function("document.querySelector('form[aria-busy=true], .tracks[aria-busy=true]') === null")


def settle(page: Page) -> None:
    """Wait until two more frames are drawn."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))")


def hindrances(page: Page) -> list[str]:
    """What axe finds that keeps somebody out: each serious or critical violation, with where it is."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] }).then(r => r.violations)")
    return [
        f"{one['id']}: {one['help']} {json.dumps([node['target'] for node in one['nodes']])}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
