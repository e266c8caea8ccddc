"""The page as a whole: it moves at once, a typed command moves as its plan says, nobody is kept out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from running import Running
from seen import hindrances, position, say, seek

from api.keys import Keys
from api.service_file import open_service_file

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def test_a_first_visitor_sees_somebody_move(page: Page) -> None:
    before = position(page, "right_wrist")
    page.wait_for_timeout(500)
    assert np.linalg.norm(position(page, "right_wrist") - before) > 0.02
    assert page.locator(".chips").first.get_by_role("button").count() >= 3


def test_a_typed_command_moves_as_planned(page: Page) -> None:
    reply = say(page, "stand still, then raise the left hand, then run 5 meters")
    assert reply["plan"].endswith("run[distance=5]")
    raised, run = (one for one in reply["timeline"]["segments"] if one["action"] in ("raise_hand", "run"))
    seek(page, (raised["start"] + raised["end"]) / 2)
    assert position(page, "left_wrist")[1] > position(page, "head")[1] > position(page, "right_wrist")[1]
    seek(page, run["start"])
    start = position(page, "pelvis")
    seek(page, run["end"])
    assert np.linalg.norm((position(page, "pelvis") - start)[[0, 2]]) == pytest.approx(5, abs=0.7)


def test_a_browser_that_keeps_nothing_performs(page: Page) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })"
    )
    page.reload()
    assert say(page, "bow")["plan"] == "bow"
    page.get_by_role("button", name="中文").click()
    page.get_by_role("button", name="姿势").click()
    page.get_by_text("拖动").first.wait_for()


def test_a_file_that_is_dropped_beside_leaves_the_page_as_it_is(page: Page) -> None:
    refused = """() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["words"], "words.txt"));
      const event = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
      return !document.querySelector(".timeline").dispatchEvent(event);
    }"""
    assert page.evaluate(refused)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_kept_out(page: Page, theme: str) -> None:
    page.get_by_label("Colours").select_option(theme)
    assert hindrances(page) == []


def test_a_service_that_needs_a_key_asks_for_it(
    browser: Browser, studio: Running, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("keys")
    key = Keys(open_service_file(folder)).add("studio", ("read", "command"))
    running = Running(studio.library, folder, MOTION_KEYS="true")
    context = browser.new_context(base_url=running.url, locale="en-GB")
    page = context.new_page()
    page.goto("/")
    asked = page.get_by_role("dialog", name="Key")
    asked.get_by_label("Key").fill("wrong")
    asked.get_by_role("button").click()
    asked.get_by_label("Key").fill(key)
    asked.get_by_role("button").click()
    page.wait_for_function("window.scene?.getObjectByName('pelvis') !== undefined", timeout=30_000)
    assert asked.count() == 0
    assert say(page, "bow")["plan"] == "bow"
    context.close()
    running.end()
