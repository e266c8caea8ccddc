"""The command bar: words are marked as they are understood, what is not can be mended, and it can all be spoken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from seen import composed, hindrances, microphone, position, say, seek

if TYPE_CHECKING:
    from conftest import Launch
    from playwright.sync_api import Browser, BrowserContext, Locator, Page
    from running import Running

STEPS = "run while quickly waving the left hand three times at the audience, then walk two meters and flimmer"


@pytest.fixture(scope="module")
def browser(plain: Browser) -> Browser:
    """One browser for what needs no stage; without 3D nothing is drawn all the time."""
    return plain


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The studio, once it has performed something."""
    page = context.new_page()
    page.goto("/")
    wait_for_plan(page, "wave > run")
    return page


@pytest.fixture
def stage(launch: Launch, studio: Running) -> Iterator[Page]:
    """The studio with its stage."""
    browser = launch()
    page = browser.new_page(base_url=studio.url, locale="en-GB")
    page.goto("/")
    page.wait_for_function("window.scene?.getObjectByName('pelvis') !== undefined", timeout=30_000)
    yield page
    browser.close()


def box(page: Page) -> Locator:
    return page.locator("#command")


def marks(page: Page) -> list[tuple[str, str]]:
    """The marked words of the command, and how they are marked."""
    found = page.locator(".paper .mark").evaluate_all("all => all.map(one => [one.textContent, one.classList[1]])")
    return [(text, style) for text, style in found]


def typed(page: Page, text: str) -> list[tuple[str, str]]:
    """Type a command without performing it; its marks once the service has read it."""
    with page.expect_response("**/v1/parse/draft", timeout=15_000):
        box(page).fill(text)
    page.wait_for_function("document.querySelector('.paper .mark') !== null")
    return marks(page)


def performed(page: Page, action: str = "") -> Locator:
    """Where the page says that the character performs something with this action: of the stage, or in its place."""
    words = re.compile(f"The character performs: .*{re.escape(action)}")
    return page.get_by_text(words).or_(page.get_by_role("img", name=words)).first


def wait_for_plan(page: Page, action: str) -> None:
    """Until the character performs something with this action, and nothing is being worked on."""
    performed(page, action).wait_for(timeout=30_000)
    composed(page)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (STEPS, "run:action while:timing quickly:speed waving the:action left hand:side three times:count "
                "at the audience:ignored then:timing walk:action two meters:measure and:timing flimmer:unknown"),
        ("先快速挥左手三下🙂，再走两米，然后煎饼。别跳",
         "先:timing 快速:speed 挥:action 左手:side 三下:count 再:timing 走:action 两米:measure 然后:timing "
         "煎饼:unknown 跳:negated"),
    ],
)  # fmt: skip
def test_words_are_marked_where_they_stand(page: Page, text: str, expected: str) -> None:
    assert " ".join(f"{word}:{style}" for word, style in typed(page, text)) == expected
    assert page.locator(".paper").inner_text().rstrip("\u200b") == text
    across = [page.locator(f".bar > {one}").bounding_box() for one in (".editor", ".mic", "[type=submit]")]
    assert [one["y"] for one in across if one] == [across[0]["y"]] * 3  # in one row, the text first
    assert across[0]["x"] + 900 < across[1]["x"] < across[2]["x"]
    for _ in range(2):  # also on several lines, and enlarged
        places: list[Any] = [
            one.evaluate(
                """one => { const { fontFamily, fontSize, lineHeight, letterSpacing, padding, whiteSpace } =
                            getComputedStyle(one), { x, y, width, height } = one.getBoundingClientRect();
                            return [fontFamily, fontSize, lineHeight, letterSpacing, padding, whiteSpace,
                                    x, y, width, height, one.scrollHeight]; }"""
            )
            for one in (page.locator(".paper"), box(page))
        ]
        assert places[0] == places[1]
        box(page).fill(f"{text} " * 8)
        page.evaluate("document.body.style.zoom = 1.4")
    assert places[1][9] > 150  # the last time there were several lines
    editor = page.locator(".editor").evaluate("one => [one.scrollHeight - one.clientHeight, one.scrollTop]")
    assert editor[0] > 20
    box(page).press("End")
    page.keyboard.type("!")
    page.wait_for_function("() => { const one = document.querySelector('.editor'); return one.scrollTop > 10; }")


def test_a_mark_says_what_it_means_and_stays_on_its_word(page: Page) -> None:
    typed(page, "run while waving the left hand")
    hand = page.locator(".paper .side").bounding_box()
    assert hand is not None
    page.mouse.move(hand["x"] + hand["width"] / 2, hand["y"] + hand["height"] / 2)
    assert box(page).get_attribute("title") == "Which side or which way"
    page.route("**/v1/parse/draft", lambda route: None)  # no answer any more
    box(page).press("Home")
    page.keyboard.type("please ")
    assert ("left hand", "side") in marks(page)
    assert page.get_by_role("list", name="Understood as").inner_text().split() == ["run", "+", "wave", "left"]


def test_an_unknown_word_is_underlined_mended_and_performed(stage: Page) -> None:
    page = stage
    marked = typed(page, "stand still, then waev the left hand, then run 3 meters")
    assert ("waev", "unknown") in marked and ("3 meters", "measure") in marked
    box(page).press("Enter")
    page.get_by_role("alert").filter(has_text="Not understood: “waev”").wait_for()
    box(page).press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "wave"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "leave it out"
    page.keyboard.press("ArrowLeft")
    with page.expect_response("**/v1/commands") as answer:
        page.keyboard.press("Enter")
    reply = answer.value.json()
    assert reply["plan"] == "idle > wave[side=left] > run[distance=3]"
    wait_for_plan(page, "wave[side=left]")
    assert box(page).input_value() == "stand still, then wave the left hand, then run 3 meters"
    assert page.get_by_role("alert").filter(visible=True).count() == 0
    waved, run = (one for one in reply["timeline"]["segments"] if one["action"] in ("wave", "run"))
    seek(page, (waved["start"] + waved["end"]) / 2)
    assert position(page, "left_wrist")[1] > position(page, "right_wrist")[1] + 0.3
    start = position(page, "pelvis")
    seek(page, run["end"])
    assert np.linalg.norm((position(page, "pelvis") - start)[[0, 2]]) == pytest.approx(3, abs=0.7)


def test_a_word_that_is_begun_can_be_finished(page: Page) -> None:
    assert typed(page, "wave twice then wa")[-1] == ("wa", "unfinished")
    suggestions = page.get_by_role("group", name="Suggestions").get_by_role("button")
    assert suggestions.all_inner_texts()[:2] == ["walk", "wave"]
    box(page).press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "walk"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "command"
    page.keyboard.press("Escape")
    assert suggestions.count() == 0  # nobody is pressed
    typed(page, "wave twice then wal")
    plan = performed(page).inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert box(page).input_value() == "wave twice then walk"
    page.keyboard.type(" slowly")
    assert box(page).input_value() == "wave twice then walk slowly"
    assert performed(page).inner_text() == plan  # performed when it is asked for


def test_characters_are_chosen_with_enter_before_the_command_is(page: Page) -> None:
    asked: list[tuple[str, str]] = []
    page.on("request", lambda request: asked.append((request.url.rsplit("/v1/", 1)[-1], request.post_data or "")))
    box(page).focus()
    method = page.context.new_cdp_session(page)
    method.send("Input.imeSetComposition", {"text": "hui'shou", "selectionStart": 8, "selectionEnd": 8})
    page.wait_for_function("document.querySelector('#command').value === `hui'shou`")
    page.keyboard.press("Enter")
    page.wait_for_timeout(400)  # longer than a pause in typing
    assert not [body for _, body in asked if "hui" in body]
    method.send("Input.insertText", {"text": "挥手"})
    page.wait_for_function("document.querySelector('.paper .action')?.textContent === '挥手'")
    page.keyboard.press("Enter")
    composed(page)
    assert [body for path, body in asked if path == "commands" and "挥手" in body]


def test_a_link_to_give_away_has_no_key(context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto("/?key=motion_mine_alone&say=bow")
    wait_for_plan(page, "bow")
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").endswith("/?say=bow")
    assert "key=motion_mine_alone" in page.url


def test_what_was_said_before_comes_back(page: Page) -> None:
    say(page, "clap twice")
    say(page, "bow")
    box(page).fill("no")
    for key, text in (("ArrowUp", "bow"), ("ArrowUp", "clap twice"), ("ArrowUp", "clap twice"), ("ArrowDown", "bow")):
        box(page).press(key)
        assert box(page).input_value() == text
    box(page).press("Escape")
    assert box(page).input_value() == "no"
    page.get_by_role("button", name="History").click()
    page.get_by_role("searchbox", name="Find in what you said").fill("CLAP")
    before = page.locator(".commands").get_by_role("button")
    assert before.all_inner_texts() == ["clap twice"]
    before.click()
    wait_for_plan(page, "clap[repetitions=2]")
    assert box(page).input_value() == "clap twice"
    page.get_by_role("button", name="History").click()
    page.get_by_role("button", name="Forget all").click()
    page.get_by_text("What you perform is listed here").wait_for()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("Control+z")
    wait_for_plan(page, "bow")


def test_a_link_performs_its_command(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/?say=raise+the+left+hand")
    wait_for_plan(page, "raise_hand[side=left]")
    assert box(page).input_value() == "raise the left hand"
    reply = say(page, "clap & bow")
    assert reply["plan"] == "clap > bow"
    assert page.evaluate("new URL(location.href).searchParams.get('say')") == "clap & bow"
    page.goto("/?say=bake+a+cake")
    page.get_by_role("alert").filter(has_text="Not understood: “bake a cake”").wait_for(timeout=20_000)
    wait_for_plan(page, "wave > run")  # somebody moves all the same


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_examples_are_all_understood(context: BrowserContext, locale: str) -> None:
    page = context.new_page()
    page.add_init_script(f"localStorage.setItem('motion-language', '\"{locale}\"')")
    page.goto("/")
    page.locator(".command .helpers button").first.click()
    chips = page.locator(".command .chips .chip").all_inner_texts()
    more = page.locator(".command .over .commands button").all_inner_texts()
    assert len(chips) == 3 and len(more) >= 12
    for text in (*chips, *more):
        draft = page.request.post("/v1/parse/draft", data={"text": text}).json()
        assert (draft["refused"], draft["ignored"], draft["unknown"]) == ("", [], []), text
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture
def speaking(request: pytest.FixtureRequest, launch: Launch, studio: Running, spoken: Path) -> Iterator[Page]:
    """The studio in a browser whose microphone hears the recording, with further flags."""
    browser: Browser = launch(
        *getattr(request, "param", ()),
        *microphone(spoken),
    )
    context = browser.new_context(base_url=studio.url, locale="en-GB", permissions=["microphone"])
    page = context.new_page()
    page.goto("/?say=bow")
    wait_for_plan(page, "bow")
    yield page
    browser.close()


def test_a_command_is_spoken_and_performed(speaking: Page) -> None:
    page, button = speaking, speaking.get_by_role("button", name="Speak", exact=True)
    button.focus()
    page.keyboard.down("Space")
    page.get_by_text("Listening: let go").wait_for()
    page.wait_for_timeout(3500)  # so long it takes to say it
    with page.expect_response("**/v1/commands/audio", timeout=60_000) as answer:
        page.keyboard.up("Space")
    reply = answer.value.json()
    assert reply["plan"] == "wave > run", reply["heard"]
    wait_for_plan(page, "wave > run")
    assert box(page).input_value() == reply["heard"]["text"]
    waved, run = reply["timeline"]["segments"]
    seek(page, (waved["start"] + waved["end"]) / 2)
    assert position(page, "right_wrist")[1] > position(page, "left_wrist")[1] + 0.3
    start = position(page, "pelvis")
    seek(page, run["end"])
    assert np.linalg.norm((position(page, "pelvis") - start)[[0, 2]]) > 2


@pytest.mark.parametrize("speaking", [("--disable-3d-apis",)], indirect=True)
def test_the_microphone_is_also_pressed_and_pressed_again(speaking: Page) -> None:
    page, button = speaking, speaking.get_by_role("button", name="Speak", exact=True)
    button.click()
    page.get_by_text("Listening: press again").wait_for()
    assert button.get_attribute("aria-pressed") == "true"
    page.wait_for_function("Number(document.querySelector('.mic').style.getPropertyValue('--level')) > 0.3")
    page.keyboard.press("Escape")
    page.get_by_text("Listening").wait_for(state="detached")
    problem = {"title": "ModelUnavailable", "status": 503, "detail": "pip install 'motion-engine[speech]'"}
    page.route("**/v1/commands/audio", lambda route: route.fulfill(status=503, json=problem))
    button.click()
    page.get_by_text("Listening: press again").wait_for()
    page.wait_for_timeout(500)  # longer than what is too short
    button.click()
    alert = page.get_by_role("alert")
    alert.filter(has_text="no speech recognition").filter(has_text="pip install").wait_for()
    page.unroute("**/v1/commands/audio")
    heard = {"title": "UnknownAction", "status": 404, "detail": "No action", "heard": "bake a cake"}
    page.route("**/v1/commands/audio", lambda route: route.fulfill(status=404, json=heard))
    button.click()
    page.get_by_text("Listening: press again").wait_for()
    page.wait_for_timeout(500)
    button.click()
    alert.filter(has_text="Not understood: “bake a cake”").wait_for()
    assert box(page).input_value() == "bake a cake"


def test_what_hinders_the_microphone_is_told(page: Page) -> None:
    button, alert = page.get_by_role("button", name="Speak", exact=True), page.get_by_role("alert")
    for error, words in (
        ("NotAllowedError", "Allow it in the site's settings"),
        ("NotFoundError", "No microphone was found"),
        ("NotReadableError", "another program may be using it"),
    ):
        page.evaluate(
            "name => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name)); }", error
        )
        button.click()
        alert.filter(has_text=words).wait_for()
    page.evaluate("Object.defineProperty(window, 'isSecureContext', { value: false })")
    button.click()
    alert.filter(has_text="only on https:// pages and on localhost").wait_for()
    assert button.get_attribute("aria-pressed") == "false"
    box(page).fill("wave")
    assert alert.filter(visible=True).count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_kept_out_of_the_command_bar(page: Page, theme: str) -> None:
    page.get_by_label("Colours", exact=True).select_option(theme)
    typed(page, f"{STEPS}, don't jump, wa")
    assert hindrances(page) == []
    for name in ("More examples", "History", "Marks and keys"):
        page.get_by_role("button", name=name).click()
        assert page.locator(".command .over").count() == 1
        assert hindrances(page) == [], name
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    over = page.locator(".command .over").bounding_box()
    assert over is not None and over["x"] >= 0 and over["x"] + over["width"] <= 390
