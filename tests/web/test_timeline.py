"""The timeline in the browser: what is changed by hand is what the figure then does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect
from seen import composed, hindrances, position, say, seek

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page
    from running import Running


@pytest.fixture
def page(page: Page) -> Page:
    """The studio with "wave then run" on its timeline, which stands still."""
    page.get_by_role("button", name="Pause", exact=True).click()
    page.set_viewport_size({"width": 1280, "height": 600})  # drawing a large stage takes time
    page.emulate_media(reduced_motion="reduce")  # blocks are at once where they are to be
    return page


def timeline(page: Page) -> Locator:
    """All of it."""
    return page.get_by_role("region", name="Timeline")


def block(page: Page, action: str, row: str = "") -> Locator:
    """The first block of an action, on a row if one is said."""
    where = timeline(page).get_by_role("group", name=row, exact=True) if row else timeline(page)
    return where.locator(".block").filter(has_text=action).first


def blocks(page: Page) -> list[str]:
    """What is on the body's row, in the order of time."""
    return timeline(page).get_by_role("group", name="Body").locator(".block").all_inner_texts()


@contextmanager
def recomposed(page: Page, status: int = 200) -> Iterator[None]:
    """Waits until a change is composed and shown, or refused."""
    answer = "**/v1/tracks/*/frames" if status == 200 else lambda response: response.status == status
    with page.expect_response(answer):
        yield
    composed(page)


def x_of(page: Page, seconds: float) -> float:
    """Where in the window a second is."""
    box = timeline(page).locator(".area").bounding_box()
    span = float(page.get_by_role("slider", name="Position in the motion").get_attribute("max") or 0)
    assert box
    return box["x"] + box["width"] * seconds / span


def pull(page: Page, what: Locator, by: float, row: str = "", *, edge: str = "", free: bool = True) -> None:
    """Drags a block, or an edge of it, by some seconds; `free`: without snapping."""
    box = what.bounding_box()
    assert box
    x = box["x"] + {"start": 3, "end": box["width"] - 5}.get(edge, box["width"] / 3)
    y = box["y"] + box["height"] / 2
    lane = timeline(page).get_by_role("group", name=row, exact=True).bounding_box() if row else None
    to = lane["y"] + lane["height"] / 2 if lane else y
    if free:
        page.keyboard.down("Alt")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + x_of(page, by) - x_of(page, 0), to, steps=5)
    page.mouse.up()
    if free:
        page.keyboard.up("Alt")


def shown(page: Page, action: str, row: str = "") -> tuple[float, float]:
    """From when to when a block lasts, as it says itself, s."""
    words = (block(page, action, row).get_attribute("aria-description") or "").split()
    return float(words[0]), float(words[2])


def rises(page: Page, wrist: str, start: float, end: float) -> float:
    """How far a wrist is over the pelvis at its highest, m."""
    heights = []
    for time in np.linspace(start, end, 5)[1:-1]:
        seek(page, float(time))
        heights.append(position(page, wrist)[1] - position(page, "pelvis")[1])
    return max(heights)


def test_a_block_is_dragged_to_another_time_and_drawn_longer(page: Page) -> None:
    seek(page, 1.5)
    assert rises(page, "right_wrist", 1.0, 2.5) > 0.3
    with recomposed(page):
        pull(page, block(page, "run"), 3.0)
    assert shown(page, "run") == (pytest.approx(6.6, abs=0.15), pytest.approx(9.8, abs=0.15))
    assert timeline(page).locator(".added").inner_text() == "idle"
    start = shown(page, "run")[0]
    seek(page, 4.5)
    before = position(page, "pelvis")
    seek(page, 6.0)
    assert np.linalg.norm(position(page, "pelvis") - before) < 0.2  # it stands in between
    seek(page, start + 3.0)
    assert np.linalg.norm((position(page, "pelvis") - before)[[0, 2]]) > 3
    with recomposed(page):
        pull(page, block(page, "run"), 1.5, edge="end")
    assert shown(page, "run") == (start, pytest.approx(11.3, abs=0.15))
    with recomposed(page):
        pull(page, block(page, "run"), -3.0 + 0.05, free=False)
    assert shown(page, "run")[0] == shown(page, "wave")[1]  # the edge of its neighbour holds it


def test_body_blocks_change_places(page: Page) -> None:
    assert blocks(page) == ["wave", "run"]
    with recomposed(page):
        pull(page, block(page, "wave"), 2.2)
    assert blocks(page) == ["run", "wave"]
    assert shown(page, "run")[0] == 0
    assert shown(page, "wave")[0] == shown(page, "run")[1]
    assert block(page, "wave").get_attribute("aria-pressed") == "true"
    seek(page, 0)
    before = position(page, "pelvis")
    seek(page, shown(page, "run")[1])
    assert np.linalg.norm((position(page, "pelvis") - before)[[0, 2]]) > 3
    assert rises(page, "right_wrist", *shown(page, "wave")) > 0.3


def test_a_wave_on_the_other_arms_row_is_made_with_that_arm(page: Page) -> None:
    with recomposed(page):
        pull(page, block(page, "wave"), 0.0, "Left arm")
    assert rises(page, "left_wrist", *shown(page, "wave", "Left arm")) > 0.3
    assert rises(page, "right_wrist", *shown(page, "wave", "Left arm")) < 0.3
    with recomposed(page):
        timeline(page).get_by_label("Side").select_option("right")
    start, end = shown(page, "wave", "Right arm")
    assert rises(page, "right_wrist", start, end) > 0.3


def test_split_delete_undo_redo(page: Page) -> None:
    seek(page, 1.8)
    block(page, "wave").click()
    with recomposed(page):
        page.get_by_role("button", name="Split").click()
    assert blocks(page) == ["wave", "wave", "run"]
    with recomposed(page):
        page.get_by_role("button", name="Delete").click()
    assert blocks(page) == ["wave", "run"]
    with recomposed(page):
        page.keyboard.press("Control+z")
    assert blocks(page) == ["wave", "wave", "run"]
    with recomposed(page):
        page.get_by_role("button", name="Undo").click()
    assert blocks(page) == ["wave", "run"]
    assert page.get_by_role("button", name="Undo").is_disabled()
    with recomposed(page):
        page.get_by_role("button", name="Redo").click()
    assert blocks(page) == ["wave", "wave", "run"]


def test_who_is_quick_loses_nothing(page: Page) -> None:
    body = timeline(page).get_by_role("group", name="Body").locator(".block")
    block(page, "wave").focus()
    for key in ("d", "d", "Control+z"):  # none waits for the one before
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Redo")).to_be_enabled(timeout=20_000)
    page.keyboard.press("Control+Shift+z")
    expect(page.get_by_role("button", name="Redo")).to_be_disabled(timeout=20_000)
    expect(body).to_have_text(["wave", "wave", "wave", "run"])
    block(page, "run").focus()
    with recomposed(page):
        page.keyboard.press("Delete")
    expect(page.locator(".block:focus")).to_have_text("wave")


def test_values_make_it_longer_and_the_next_makes_room(page: Page) -> None:
    block(page, "wave").click()
    times = timeline(page).get_by_label("Times")
    timeline(page).get_by_label("Distance, m").wait_for(state="detached")  # nobody waves for metres
    usual = shown(page, "wave")[1]
    times.fill("5")
    with recomposed(page):
        times.press("Enter")
    assert shown(page, "wave")[1] > usual + 1
    assert shown(page, "run")[0] == shown(page, "wave")[1]
    times.fill("half")
    times.press("Enter")
    assert "whole number from 1 to 1000" in timeline(page).get_by_role("alert").inner_text()
    assert times.get_attribute("aria-invalid") == "true"


def test_what_is_impossible_is_told_and_taken_back(page: Page) -> None:
    before = [shown(page, "wave"), shown(page, "run")]
    block(page, "wave").click()
    length = timeline(page).get_by_label("Length, s")
    length.fill("0.1")
    with recomposed(page, 422):
        length.press("Enter")
    assert "at its fastest" in timeline(page).get_by_role("alert").inner_text()
    page.get_by_role("button", name="中文").click()
    assert "最快也要" in page.locator(".problem[role=alert]:visible").inner_text()
    page.get_by_role("button", name="English").click()
    assert length.get_attribute("aria-invalid") == "true"
    assert [shown(page, "wave"), shown(page, "run")] == before
    assert block(page, "wave").get_attribute("aria-pressed") == "true"
    with recomposed(page):
        length.press("ArrowUp")
    assert timeline(page).get_by_role("alert").count() == 0


def test_everything_by_keys(page: Page) -> None:
    block(page, "wave").focus()

    def press(keys: str, expected: str) -> None:
        with recomposed(page):
            page.keyboard.press(keys)
        held = page.evaluate("document.activeElement.matches('.block') && document.activeElement.innerText")
        assert held == expected, keys  # the focus stays on the block

    press("PageDown", "wave")
    assert blocks(page) == ["run", "wave"]
    start, end = shown(page, "wave")
    press("Alt+ArrowRight", "wave")
    press("Shift+ArrowRight", "wave")
    assert shown(page, "wave") == (pytest.approx(start + 0.1), pytest.approx(end + 0.2))
    press("Alt+ArrowDown", "wave")
    assert shown(page, "wave", "Left arm")
    page.keyboard.press("ArrowUp")
    assert block(page, "run").get_attribute("aria-pressed") == "true"
    press("d", "run")
    with recomposed(page):
        page.keyboard.press("Delete")
    assert blocks(page) == ["run"]
    page.keyboard.press("Space")
    assert timeline(page).get_by_role("button", name="Pause", exact=True).is_visible()


def test_an_action_is_added_to_a_row(page: Page) -> None:
    seek(page, 4.0)
    page.get_by_role("button", name="Add an action: Head").click()
    page.get_by_role("combobox", name="Look for an action").fill("shake your head")
    page.get_by_role("option", selected=True).filter(has_text="shake head").wait_for()
    with recomposed(page):
        page.keyboard.press("Enter")
    assert shown(page, "shake head", "Head")[0] == pytest.approx(4.0)
    page.get_by_role("button", name="Add an action: Body").click()
    page.get_by_role("combobox", name="Look for an action").fill("bow")
    with recomposed(page):
        page.keyboard.press("Enter")  # before it was found
    assert blocks(page)[-1] == "bow"


def test_an_action_is_dropped_from_elsewhere(page: Page) -> None:
    lane = timeline(page).get_by_role("group", name="Body", exact=True)
    at = {"clientX": x_of(page, 3.0), "dropped": json.dumps({"action": "bow"})}
    with recomposed(page):
        lane.evaluate(
            """(lane, { clientX, dropped }) => {
              const dataTransfer = new DataTransfer();
              dataTransfer.setData("application/x-motion-action", dropped);
              for (const kind of ["dragover", "drop"])
                lane.dispatchEvent(new DragEvent(kind, { dataTransfer, clientX, bubbles: true, cancelable: true }));
            }""",
            at,
        )
    assert blocks(page) == ["wave", "bow", "run"]
    assert shown(page, "bow")[0] == shown(page, "wave")[1]
    assert shown(page, "run")[0] == shown(page, "bow")[1]  # however long a bow takes


def test_a_finger_drags_as_well(browser: Browser, studio: Running) -> None:
    context = browser.new_context(
        base_url=studio.url, viewport={"width": 390, "height": 844}, has_touch=True, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto("/")
    run = block(page, "run")
    run.scroll_into_view_if_needed()
    box = run.bounding_box()
    assert box
    assert box["x"] + box["width"] < 390
    before = shown(page, "run")[0]
    touch = context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    with recomposed(page):
        for kind, by in (("touchStart", 0), ("touchMove", 15), ("touchMove", 30), ("touchEnd", 0)):
            points = [] if kind == "touchEnd" else [{"x": x + by, "y": y}]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert shown(page, "run")[0] > before + 0.3
    context.close()


def test_a_timeline_is_saved_and_said(page: Page) -> None:
    with recomposed(page):
        pull(page, block(page, "wave"), 2.2)
    page.get_by_role("button", name="Save as a command").click()
    dialog = page.get_by_role("dialog", name="Save as a command")
    name = dialog.get_by_label("Name")
    name.fill("!")
    name.press("Enter")
    assert dialog.get_by_text("at least one letter or digit").is_visible()
    name.fill("my dash")
    name.press("Enter")
    with recomposed(page):
        dialog.get_by_role("button", name="my dash").click()
    length = float(page.get_by_role("slider", name="Position in the motion").get_attribute("max") or 0)
    say(page, "nod")
    assert blocks(page) == ["nod"]
    reply = say(page, "my dash")
    assert blocks(page) == ["run", "wave"]
    assert reply["timeline"]["duration"] < length
    say(page, "nod")
    page.get_by_role("button", name="Save as a command").click()
    name.fill("my dash")
    name.press("Enter")
    dialog.get_by_role("button", name="Replace it").click()
    dialog.get_by_text("You can now say").wait_for()


def test_a_long_motion_is_looked_at_nearer(page: Page) -> None:
    seen = timeline(page).locator(".seen")
    box = seen.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + 60)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -900)
    page.keyboard.up("Control")
    page.wait_for_function("(box => box.scrollWidth > 3 * box.clientWidth)(document.querySelector('.seen'))")
    right = seen.evaluate("box => box.scrollLeft / (box.scrollWidth - box.clientWidth)")
    assert right > 0.8  # what was under the pointer is still there
    page.get_by_role("button", name="Zoom in").click()
    seen.evaluate("box => box.scrollTo(0, 0)")
    seek(page, 0.0)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("document.querySelector('.seen').scrollLeft > 100", timeout=20_000)  # it follows


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_kept_out(page: Page, theme: str) -> None:
    page.get_by_label("Colours").select_option(theme)
    block(page, "wave").click()
    assert hindrances(page) == []
    page.get_by_role("button", name="Add an action: Head").click()
    page.get_by_role("listbox").get_by_role("option").first.wait_for()
    assert hindrances(page) == []
