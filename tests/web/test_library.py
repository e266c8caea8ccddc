"""The action library: found by meaning, added, put in, changed, removed; by mouse and by keyboard."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pytest
from seen import composed, hindrances, position, say, seek, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route
    from running import Running

MOCAP = Path(__file__).parents[3] / "shared/mocap"
SLOW = 60_000  # ms that a busy machine may take

Ask = "Callable[..., Any]"


@pytest.fixture
def ask(studio: Running) -> Ask:
    """`ask(method, path, document)`: of the service itself, as somebody else would; its answer."""

    def ask(method: str, path: str, document: Any = None) -> Any:
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(studio.url + path, body, {"content-type": "application/json"}, method=method)
        content: bytes = urllib.request.urlopen(request, timeout=30).read()
        return json.loads(content) if content[:1] in b"{[" and content else content

    return ask


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Browser:
    """The one that the test needs: who asks for the `figure` needs it drawn."""
    needs = "drawing" if "figure" in request.fixturenames else "plain"
    browser: Browser = request.getfixturevalue(needs)
    return browser


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The studio with a motion."""
    page = context.new_page()
    page.goto("/")
    page.locator(".block").first.wait_for(timeout=SLOW)  # a motion is there
    return page


@pytest.fixture
def figure(page: Page) -> Page:
    """The page once somebody is on its stage, which is small: there is less to draw."""
    page.set_viewport_size({"width": 1280, "height": 600})
    page.wait_for_function("window.scene?.getObjectByName('pelvis') !== undefined", timeout=SLOW)
    return page


@pytest.fixture
def shelf(page: Page) -> Locator:
    """The library of the page, with its first cards."""
    shelf = page.locator(".library")
    shelf.locator(".card").first.wait_for(timeout=SLOW)
    return shelf


@pytest.fixture
def moonwalk(ask: Ask, tmp_path: Path) -> Iterator[Path]:
    """A file that the library has not: a walk backwards, as the service itself writes it."""
    track = ask("POST", "/v1/commands", {"text": "walk backward 3 meters"})["id"]
    path = tmp_path / "Moon_walk-1.bvh"
    path.write_bytes(ask("GET", f"/v1/tracks/{track}.bvh"))
    yield path
    for action in ask("GET", "/v1/actions?limit=500")["actions"]:
        if action["source"] == "the moon":
            ask("DELETE", f"/v1/actions/{quote(action['name'])}")


def names(shelf: Locator) -> list[str]:
    """The actions whose cards are there, in their order."""
    found: list[str] = shelf.locator(".card").evaluate_all("cards => cards.map(card => card.dataset.action)")
    return found


def found(page: Page, shelf: Locator, act: Callable[[], None]) -> list[str]:
    """What the cards are after something that changes them."""
    with page.expect_response(lambda reply: "/v1/actions?" in reply.url, timeout=SLOW):
        act()
    shelf.locator(".cards[aria-busy=false]").wait_for(timeout=SLOW)
    return names(shelf)


def block(page: Page, row: str, action: str) -> Locator:
    return page.get_by_role("group", name=row, exact=True).get_by_role("button", name=action, exact=True)


def added(page: Page, row: str, action: str) -> Locator:
    """The block, once the figure does it."""
    one = block(page, row, action)
    one.wait_for(timeout=SLOW)
    composed(page)
    return one


def times(block: Locator) -> tuple[float, float]:
    """When a block begins and ends, s."""
    words = (block.get_attribute("aria-description") or "").split()  # "0.0 to 2.4 s."
    return float(words[0]), float(words[2])


def test_search_by_meaning_in_both_languages_and_filters(page: Page, shelf: Locator) -> None:
    search = shelf.get_by_role("searchbox", name="Search by meaning")
    assert found(page, shelf, lambda: search.fill("say hello to a friend"))[0] == "wave"
    assert found(page, shelf, lambda: search.fill("跳舞"))[0].startswith("dance")
    assert len(found(page, shelf, lambda: search.fill(""))) == 24
    shelf.get_by_text("Filters and order").click()
    acrobatics = shelf.get_by_role("button", name="acrobatics")
    tagged = found(page, shelf, acrobatics.click)
    assert 3 <= len(tagged) <= 8 and {"backflip", "cartwheel"} <= set(tagged)
    longest = found(page, shelf, lambda: shelf.get_by_label("Sort").select_option("-duration"))  # type: ignore[arg-type]
    assert set(longest) == set(tagged) and longest != tagged
    assert len(found(page, shelf, shelf.get_by_role("button", name="Clear all").click)) == 24
    found(page, shelf, lambda: shelf.get_by_label("Source").fill("deepmimic"))
    assert all("DeepMimic" in source for source in shelf.locator(".source").all_inner_texts())
    shelf.get_by_label("Licence").fill("no such licence")
    shelf.get_by_text("Nothing here fits").wait_for(timeout=SLOW)


def test_all_of_them_come_page_by_page_by_keyboard(page: Page, shelf: Locator) -> None:
    more = shelf.get_by_role("button", name="More", exact=True)
    while more.count():
        before = len(names(shelf))
        more.press("Enter")
        page.wait_for_function("n => document.querySelectorAll('.card').length > n", arg=before, timeout=SLOW)
        shelf.locator(".cards[aria-busy=false]").wait_for(timeout=SLOW)
    assert len(names(shelf)) == len(set(names(shelf))) >= 77


def test_a_page_that_does_not_come_is_asked_for_once(page: Page, shelf: Locator) -> None:
    asked = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=503, json={"detail": "not now"})

    page.route("**/v1/actions?*cursor=*", refuse)
    more = shelf.get_by_role("button", name="More", exact=True)
    more.scroll_into_view_if_needed()
    shelf.get_by_role("alert").filter(has_text="not now").wait_for(timeout=SLOW)
    page.wait_for_timeout(1500)
    assert len(asked) == 1 and more.is_enabled()
    page.unroute("**/v1/actions?*cursor=*")
    more.press("Enter")
    page.wait_for_function("document.querySelectorAll('.card').length > 24", timeout=SLOW)
    shelf.get_by_role("alert").filter(has_text="not now").wait_for(state="detached", timeout=SLOW)


def test_a_click_adds_and_the_figure_does_it(figure: Page, shelf: Locator) -> None:
    shelf.get_by_role("button", name="bow", exact=True).click()
    bow = added(figure, "Body", "bow")
    start, end = times(bow)
    assert start == pytest.approx(6.8, abs=0.3)  # behind what was there
    shelf.get_by_text(f"bow is on the timeline at {start:.1f} s").wait_for()
    heights = []
    for moment in (start, (start + end) / 2):
        seek(figure, moment)
        heights.append(position(figure, "head")[1])
    assert heights[1] < heights[0] - 0.15
    # A gesture of one arm is laid over what plays there.
    seek(figure, 5.0)
    with figure.expect_response("**/v1/actions?**salute**", timeout=SLOW):
        shelf.get_by_role("searchbox").fill("salute")
    shelf.locator("[data-action=salute]").get_by_role("button", name="salute", exact=True).press("Enter")
    salute = added(figure, "Right arm", "salute")
    start, end = times(salute)
    assert start == pytest.approx(5.0, abs=0.1)
    seek(figure, (start + end) / 2)
    assert position(figure, "right_wrist")[1] > position(figure, "head")[1] - 0.12 > position(figure, "left_wrist")[1]


def test_a_card_is_dragged_to_the_other_arm(figure: Page, shelf: Locator) -> None:
    say(figure, "stand still for 6 seconds")
    shelf.get_by_role("searchbox").fill("wave")
    card = shelf.locator("[data-action=wave]")
    card.wait_for(timeout=SLOW)
    lane = figure.get_by_role("group", name="Left arm", exact=True)
    card.locator(".picture").drag_to(lane, target_position={"x": 150, "y": 8})
    wave = added(figure, "Left arm", "wave")
    start, end = times(wave)
    assert 0.3 < start < 2.5
    seek(figure, (start + end) / 2)
    assert position(figure, "left_wrist")[1] > position(figure, "left_shoulder")[1] > position(figure, "right_wrist")[1]
    field = figure.get_by_role("textbox", name="What shall the character do?")
    card.locator(".picture").drag_to(field)
    assert field.input_value() == "stand still for 6 seconds then wave"


def test_watching_changes_nothing(figure: Page, shelf: Locator) -> None:
    say(figure, "stand still for 3 seconds")
    seek(figure, 1.0)
    still = position(figure, "head")
    watch = shelf.get_by_role("button", name="Watch climb")
    watch.click()
    reaches = "y => { const e = window.scene.getObjectByName('left_wrist').matrixWorld.elements; return e[13] > y; }"
    figure.wait_for_function(reaches, arg=1.3, timeout=SLOW)
    assert watch.get_attribute("aria-pressed") == "true"
    figure.wait_for_function("document.querySelector('[aria-label=\"Watch climb\"][aria-pressed=false]')", timeout=SLOW)
    settle(figure)
    assert np.allclose(position(figure, "head"), still, atol=1e-3)
    assert block(figure, "Body", "climb").count() == 0


def test_pictures_move_when_one_looks_at_them(page: Page, shelf: Locator) -> None:
    card = shelf.locator(".card").first
    still, moving = card.locator("img[src*='thumbnail.png']"), card.locator("img[src*='thumbnail.webp']")
    assert moving.count() == 0
    card.get_by_role("button").first.focus()
    moving.wait_for(state="visible", timeout=SLOW)
    assert not still.is_visible()
    shelf.get_by_role("searchbox").focus()
    still.wait_for(state="visible")


def test_a_file_is_put_in_named_and_said(figure: Page, shelf: Locator, moonwalk: Path, ask: Ask) -> None:
    shelf.locator("input[type=file]").set_input_files([moonwalk])
    name = shelf.get_by_label("Name for Moon_walk-1.bvh")
    assert name.input_value() == "Moon walk 1"
    shelf.get_by_label("Licence").first.fill("CC0")
    shelf.get_by_label("Source").first.fill("the moon")
    before = position(figure, "pelvis")
    shelf.get_by_role("button", name="Put in").press("Enter")
    report = shelf.get_by_role("region", name="Moon_walk-1.bvh")
    report.wait_for(timeout=SLOW)
    assert "the engine’s own" in report.inner_text() and "frames at 30 a second" in report.inner_text()
    figure.wait_for_function("z => window.scene.getObjectByName('pelvis').position.z < z", arg=-0.8, timeout=SLOW)
    assert np.linalg.norm(position(figure, "pelvis") - before) > 0.5  # it is shown at once, walking backwards
    # Renamed, with a Chinese name, which is a command.
    report.get_by_role("button", name="Details of moon walk 1").click()
    shelf.get_by_text("Change what is said of it").click(timeout=SLOW)
    shelf.get_by_label("Name", exact=True).fill("Walk of the moon")
    shelf.get_by_label("Other names in Chinese: Another one, then Enter").fill("太空步")
    shelf.get_by_role("button", name="Save").click()
    shelf.get_by_role("heading", name="walk of the moon").wait_for(timeout=SLOW)
    assert say(figure, "太空步")["plan"] == "walk_of_the_moon"
    shown = ask("GET", "/v1/actions/walk_of_the_moon")
    assert (shown["licence"], shown["aliases"]["zh"], shown["source"]) == ("CC0", ["太空步"], "the moon")


@pytest.mark.parametrize("whose", ["Mixamo", "Bandai"])
def test_a_strange_skeleton_is_told_and_can_be_stated(
    page: Page, shelf: Locator, moonwalk: Path, ask: Ask, whose: str
) -> None:
    file = MOCAP / "bandai/dataset-1_bow_tired_001.bvh"
    if whose == "Mixamo":
        file = moonwalk.with_name("strange.bvh")
        file.write_text(moonwalk.read_text().replace("ROOT pelvis", "ROOT mixamorig:Hips"))
    elif not file.is_file():
        pytest.skip("needs ../shared/mocap")
    shelf.locator("input[type=file]").set_input_files([file])
    shelf.get_by_label(f"Name for {file.name}").fill("odd dance")
    shelf.get_by_label("Source").first.fill("the moon")
    shelf.get_by_role("button", name="Put in").click()
    report = shelf.get_by_role("region", name=file.name)
    report.wait_for(timeout=SLOW)
    joints = "22 of 22 joints" if whose == "Mixamo" else "21 of 22 joints"
    assert f"Skeleton of {whose}" in report.inner_text() and joints in report.inner_text()
    assert say(page, "odd dance")["plan"] == "odd_dance"
    report.get_by_text("Does it look wrong?").click()
    report.get_by_label("Unit").select_option("m")
    report.get_by_role("button", name="Read it again").click()
    report.get_by_text("A unit is 1 m.").wait_for(timeout=SLOW)
    report.get_by_label("Joints, a line each").fill("left_hip: no such joint")
    report.get_by_role("button", name="Read it again").click()
    report.get_by_role("alert").filter(has_text="no joint is named").wait_for(timeout=SLOW)


def test_a_file_that_is_no_motion_is_told_in_words(page: Page, shelf: Locator) -> None:
    data = page.evaluate_handle(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["no motion at all"], "letter.bvh"));
          return data;
        }"""
    )
    shelf.dispatch_event("dragover", {"dataTransfer": data})
    shelf.dispatch_event("drop", {"dataTransfer": data})
    shelf.get_by_role("button", name="Put in").click()
    shelf.get_by_role("alert").filter(has_text="letter.bvh").wait_for(timeout=SLOW)
    shelf.get_by_role("button", name="Leave out letter.bvh").click()
    assert shelf.get_by_label("Name for letter.bvh").count() == 0


def test_who_is_overtaken_keeps_what_they_typed(page: Page, shelf: Locator, ask: Ask) -> None:
    before = ask("GET", "/v1/actions/balance")
    shelf.get_by_role("button", name="Details of balance").press("Enter")
    shelf.get_by_text("Change what is said of it").click(timeout=SLOW)
    shelf.get_by_label("Tags: Another one, then Enter").fill("flamingo")
    shelf.get_by_label("Tags: Another one, then Enter").press("Enter")
    ask("PATCH", "/v1/actions/balance", {"description": "Somebody else was here"})
    save = shelf.get_by_role("button", name="Save")
    save.click()
    shelf.get_by_text("Somebody else was faster").wait_for(timeout=SLOW)
    shelf.get_by_role("button", name="Show what is there now").click()
    page.wait_for_function(
        "[...document.querySelectorAll('textarea')].some(one => one.value === 'Somebody else was here')", timeout=SLOW
    )
    save.click()
    shelf.get_by_text("Saved.").wait_for(timeout=SLOW)
    after = ask("GET", "/v1/actions/balance")
    assert after["description"] == "Somebody else was here" and after["tags"] == [*before["tags"], "flamingo"]
    shelf.get_by_text("Versions", exact=True).click()
    shelf.get_by_role("button", name=f"Restore version {before['version']}", exact=True).click()
    shelf.get_by_text(f"Version {before['version']} is back.").wait_for(timeout=SLOW)
    restored = ask("GET", "/v1/actions/balance")
    assert [restored[key] for key in ("description", "tags")] == [before[key] for key in ("description", "tags")]


def test_what_was_deleted_comes_back(page: Page, shelf: Locator, ask: Ask) -> None:
    shelf.get_by_role("button", name="Details of catch").click()
    shelf.get_by_role("button", name="Delete", exact=True).click(timeout=SLOW)
    shelf.get_by_text("catch is removed.").wait_for(timeout=SLOW)
    shelf.locator("[data-action=catch]").wait_for(state="detached", timeout=SLOW)
    shelf.get_by_role("button", name="Undo").click()
    shelf.locator("[data-action=catch]").wait_for(timeout=SLOW)
    assert ask("GET", "/v1/actions/catch")["name"] == "catch"


def test_sequences_are_added_block_by_block(page: Page, shelf: Locator, ask: Ask) -> None:
    ask("PUT", "/v1/sequences/curtain", {"text": "bow then wave the left hand"})
    shelf.get_by_role("button", name="Sequences").click()
    shelf.get_by_role("button", name="Add curtain to the timeline").click(timeout=SLOW)
    start, end = times(added(page, "Body", "bow"))
    assert start == pytest.approx(6.8, abs=0.3)
    assert times(block(page, "Body", "wave").last)[0] == pytest.approx(end, abs=0.15)
    shelf.get_by_role("button", name="Perform curtain").click()
    page.get_by_text("The character performs: curtain").wait_for(timeout=SLOW)
    shelf.get_by_role("button", name="Delete curtain").click()
    shelf.get_by_text("Nothing is saved yet").wait_for(timeout=SLOW)
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == shelf.locator(".saved").get_attribute("aria-label")
    shelf.get_by_role("button", name="Undo").click()
    shelf.get_by_role("button", name="Perform curtain").wait_for(timeout=SLOW)
    ask("DELETE", "/v1/sequences/curtain")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_kept_out_of_the_library(page: Page, shelf: Locator, moonwalk: Path, theme: str) -> None:
    page.get_by_label("Colours").select_option(theme)
    shelf.get_by_text("Filters and order").click()
    shelf.get_by_role("button", name="gesture").click()
    shelf.locator("input[type=file]").set_input_files([moonwalk])
    shelf.get_by_role("button", name="Put in").wait_for()
    assert hindrances(page) == []
    page.get_by_role("button", name="中文").click()
    shelf.locator(".card").first.get_by_role("button").nth(1).click()
    shelf.get_by_text("修改说明").click(timeout=SLOW)
    assert hindrances(page) == []
