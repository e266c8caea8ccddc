"""A live room: its host in the studio, its viewers on their own page, the overlay for OBS."""

from __future__ import annotations

import io
import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from running import Running
from seen import hindrances, microphone, say, settle

from api.keys import Keys
from api.service_file import open_service_file

if TYPE_CHECKING:
    from conftest import Launch
    from playwright.sync_api import Browser, BrowserContext, Locator, Page, WebSocketRoute

PATIENT = 20_000  # ms; several pages draw by software on one machine
SMALL = {"width": 400, "height": 320}  # of pages whose looks do not matter: little is drawn
VOTE, VIEWERS = 9, 3
FIELD = "Command for the live character"
READY = "window.scene?.getObjectByName('pelvis') !== undefined"
ABOVE = """joint => {
  const at = name => window.scene.getObjectByName(name).getWorldPosition(window.scene.position.clone()).y;
  return window.scene.getObjectByName(joint) && at(joint) > at('right_shoulder');
}"""
SOCKETS = """
  window.sockets = [];
  window.WebSocket = class extends WebSocket {
    frames = 0;
    constructor(...all) {
      super(...all);
      window.sockets.push(this);
      this.addEventListener("message", ({ data }) => { if (typeof data !== "string") this.frames++; });
    }
  };
"""
MICROPHONE = """
  window.streams = [];
  window.permission = Promise.resolve();
  if (isSecureContext) navigator.mediaDevices.getUserMedia = async () => {
    await window.permission;
    const { stream } = new AudioContext().createMediaStreamDestination();
    window.streams.push(stream);
    return stream;
  };
  window.heard = () => window.streams.map(stream => stream.getTracks()[0].readyState).join();
"""


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Browser:
    """The one that the test needs: `drawing` for who asks for it."""
    needs = "drawing" if "drawing" in request.fixturenames else "plain"
    browser: Browser = request.getfixturevalue(needs)
    return browser


def rest(service: Running, method: str, path: str, document: Any = None, key: str = "") -> None:
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {})
    body = None if document is None else json.dumps(document).encode()
    urllib.request.urlopen(urllib.request.Request(service.url + path, body, headers, method=method), timeout=10)


@contextmanager
def visiting(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """Somebody else's browser, on a page."""
    context = browser.new_context(**{"viewport": SMALL, "locale": "en-GB"} | options)
    context.set_default_timeout(PATIENT)
    try:
        page = context.new_page()
        page.goto(address)
        yield page
    finally:
        context.close()


def host(context: BrowserContext, room: str, policy: str = "At once", address: str = "/") -> tuple[Page, str]:
    """The studio with a room that was just opened, and its link for viewers."""
    context.set_default_timeout(PATIENT)
    page = context.new_page()
    page.goto(address)
    page.locator(".block").first.wait_for()  # a motion is there
    page.get_by_role("button", name="Live", exact=True).click()
    page.get_by_label("Name of the room").fill(room)
    page.get_by_role("radio", name=policy).check()
    page.get_by_role("button", name="Open the room").click()
    return page, page.get_by_role("textbox", name="Link for viewers").input_value()


def command(page: Page, text: str) -> None:
    """Say something in the room; returns when it was understood."""
    field = page.get_by_role("textbox", name=FIELD)
    field.fill(text)
    field.press("Enter")
    expect(field).to_have_value("", timeout=PATIENT)


def loaded(page: Page) -> set[str]:
    """The parts of the site that a page has got."""
    names = page.evaluate("performance.getEntriesByType('resource').map(one => one.name.split('/').at(-1))")
    return {name.split("-")[0] for name in names}


def part(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def call_me(page: Page, name: str) -> None:
    page.get_by_role("textbox", name="Your name").fill(name)
    page.get_by_role("textbox", name="Your name").press("Enter")
    expect(page.locator(".lamp")).to_have_attribute("data-on", "true", timeout=PATIENT)  # back, under that name


@pytest.fixture
def small(context: BrowserContext) -> BrowserContext:
    """The host's browser, with little to draw."""
    context.on("page", lambda page: page.set_viewport_size(SMALL))
    return context


def test_a_viewer_commands_and_everybody_sees_it(studio: Running, small: BrowserContext, drawing: Browser) -> None:
    page, link = host(small, "together")
    assert link == f"{studio.url}/?room=together"
    with visiting(drawing, link) as viewer:
        for one in (page, viewer):
            one.wait_for_function(READY)
        assert "Viewer" in loaded(viewer) and loaded(viewer).isdisjoint({"App", "Live", "Library", "PoseEditor"})
        call_me(viewer, "Anna")
        expect(part(viewer, "Now")).to_contain_text("rests", timeout=PATIENT)
        assert not page.evaluate(ABOVE, "right_wrist")
        command(viewer, "wave ten times")
        for one in (page, viewer):
            one.wait_for_function(ABOVE, arg="right_wrist")
            expect(part(one, "Now")).to_have_text(re.compile("wave ten times asked by Anna"), timeout=PATIENT)
        expect(page.get_by_text("2 connected")).to_be_visible(timeout=PATIENT)
        field = viewer.get_by_role("textbox", name=FIELD)
        field.fill("flurble")
        field.press("Enter")
        expect(viewer.get_by_role("alert").filter(has_text="flurble")).to_be_visible(timeout=PATIENT)
        expect(field).to_have_value("flurble")
        page.get_by_role("button", name="Stop").click()
        expect(part(viewer, "Now")).to_contain_text("rests", timeout=PATIENT)


def test_a_queue_is_seen_by_its_host(studio: Running, small: BrowserContext, browser: Browser) -> None:
    page, link = host(small, "queue")
    page.get_by_role("radio", name="One after the other").check()
    with visiting(browser, link) as viewer:
        call_me(viewer, "Bo")
        expect(viewer.get_by_text("Commands wait for their turn.")).to_be_visible(timeout=PATIENT)
        command(viewer, "wave ten times")
        command(viewer, "bow")
        waits = part(page, "Waiting").get_by_role("listitem")
        expect(waits).to_have_text(re.compile(r"^bowBoin \d+ s$"), timeout=PATIENT)
        assert "its turn comes in" in viewer.get_by_role("status").filter(has_text="bow").inner_text()
        command(page, "clap")  # a host's command is done at once, and all that waits is dropped
        expect(waits).to_have_count(0, timeout=PATIENT)
        expect(part(viewer, "Now")).to_contain_text("clap asked by Host", timeout=PATIENT)
    page.get_by_text("What happened").click()
    log = page.locator(".log").get_by_role("listitem")
    expect(log.first).to_contain_text("Host: clap")
    expect(log.filter(has_text="Bo: bow")).to_have_count(1)
    rest(studio, "DELETE", "/v1/live/rooms/queue")
    expect(page.get_by_text("The room was closed.")).to_be_visible(timeout=PATIENT)
    expect(page.get_by_role("button", name="Open the room")).to_be_visible()


def test_a_host_opens_the_room_again_that_a_restart_has_ended(studio: Running, small: BrowserContext) -> None:
    small.add_init_script(SOCKETS)
    page, _ = host(small, "again", "By vote")
    small.set_offline(True)
    page.evaluate("window.sockets.at(-1).close()")
    expect(page.get_by_role("status").filter(has_text="does not answer")).to_be_visible(timeout=PATIENT)
    rest(studio, "DELETE", "/v1/live/rooms/again")
    small.set_offline(False)
    expect(page.get_by_role("status").filter(has_text="does not answer")).to_have_count(0, timeout=PATIENT)
    page.wait_for_function("window.sockets.at(-1).readyState === WebSocket.OPEN")
    rooms = json.load(urllib.request.urlopen(f"{studio.url}/v1/live/rooms", timeout=10))
    assert [room["policy"] for room in rooms if room["room"] == "again"] == ["vote"]


def test_what_was_composed_is_performed_live(small: BrowserContext, drawing: Browser) -> None:
    page, _ = host(small, "composed")
    say(page, "raise the right hand for 20 seconds")
    page.wait_for_function(READY)
    page.get_by_role("button", name=re.compile("^Perform it live: raise the right hand")).click()
    expect(part(page, "Now")).to_contain_text("raise the right hand for 20 seconds asked by Host", timeout=PATIENT)
    page.get_by_role("button", name="Show the live character").click()
    page.wait_for_function(ABOVE, arg="right_wrist")
    page.get_by_role("button", name="Close the room").click()
    page.get_by_role("button", name="Yes, close it").click()
    expect(page.get_by_role("button", name="Open the room")).to_be_visible(timeout=PATIENT)
    page.get_by_label("Name of the room").fill("my room")
    expect(page.get_by_role("button", name="Open the room")).to_be_disabled()
    expect(page.get_by_text("Letters (a to z), digits")).to_have_class("problem")


def test_the_overlay_shows_the_character_on_nothing(studio: Running, drawing: Browser) -> None:
    rest(studio, "PUT", "/v1/live/rooms/overlay", {})
    address = f"{studio.url}/?overlay=overlay&captions=1&view=front"
    with visiting(drawing, address, color_scheme="dark") as page:
        page.wait_for_function(READY)
        rest(studio, "POST", "/v1/live/rooms/overlay/commands", {"text": "wave ten times", "sender": "Anna"})
        expect(page.locator(".captions")).to_contain_text("Anna: wave ten times", timeout=PATIENT)
        page.wait_for_function(ABOVE, arg="right_wrist")
        settle(page)
        alpha = np.array(Image.open(io.BytesIO(page.screenshot(omit_background=True))))[..., 3]
        assert [alpha[y, x] for y in (0, -1) for x in (0, -1)] == [0, 0, 0, 0]
        middle = alpha[: len(alpha) * 3 // 4, 160:240]  # above the captions
        assert 0.1 < (middle == 255).mean() < 0.9 and (alpha == 0).mean() > 0.5
        assert page.get_by_role("textbox").count() == 0 and page.get_by_role("button").count() == 0


def test_a_viewer_speaks_to_the_room(studio: Running, launch: Launch, spoken: Path) -> None:
    rest(studio, "PUT", "/v1/live/rooms/aloud", {})
    browser = launch("--disable-3d-apis", *microphone(spoken))
    with visiting(browser, f"{studio.url}/?room=aloud", permissions=["microphone"]) as page:
        button = page.get_by_role("button", name="Say it to the room")
        button.focus()
        page.keyboard.down("Space")
        page.get_by_text("Listening: let go").wait_for()
        page.wait_for_timeout(3500)  # so long it takes to say it
        page.keyboard.up("Space")
        expect(page.get_by_text("Hearing what was said")).to_be_visible()
        expect(part(page, "Now")).to_contain_text(re.compile("wave.* run", re.I), timeout=60_000)
        expect(page.get_by_role("textbox", name=FIELD)).to_have_value("")
    browser.close()


def test_nothing_is_recorded_that_nobody_can_end(small: BrowserContext) -> None:
    small.add_init_script(MICROPHONE)
    page, _ = host(small, "quiet")
    button = page.get_by_role("button", name="Say it to the room")
    page.evaluate("() => { window.permission = new Promise(allow => { window.allow = allow; }); }")
    button.click()
    page.get_by_text("Allow the microphone").wait_for()
    page.keyboard.press("Escape")
    button.click()
    page.evaluate("window.allow()")
    page.get_by_text("Listening: press again").wait_for()
    page.wait_for_function("window.heard() === 'ended,live'")
    page.get_by_role("button", name="Library", exact=True).click()
    page.wait_for_function("window.heard() === 'ended,ended'")
    page.get_by_role("button", name="Live", exact=True).click()
    button.click()
    page.get_by_text("Listening: press again").wait_for()


def test_what_is_typed_while_the_service_answers_stays(studio: Running, browser: Browser) -> None:
    rest(studio, "PUT", "/v1/live/rooms/typing", {})
    said: list[dict[str, Any]] = []
    sockets: list[WebSocketRoute] = []
    with visiting(browser, "about:blank") as page:
        page.add_init_script(MICROPHONE)

        def answer_nothing(socket: WebSocketRoute) -> None:
            socket.connect_to_server()
            socket.on_message(lambda words: said.append(json.loads(words)) if isinstance(words, str) else None)
            sockets.append(socket)

        def answer(kind: str, **values: Any) -> None:
            ident = next(one["id"] for one in reversed(said) if "id" in one)
            sockets[-1].send(json.dumps({"type": kind, "id": ident} | values))

        page.route_web_socket(re.compile("/v1/live"), answer_nothing)
        page.goto(f"{studio.url}/?room=typing")
        field, button = page.get_by_role("textbox", name=FIELD), page.get_by_role("button", name="Say it to the room")
        for typed in ("", "bow"):
            button.click()
            page.get_by_text("Listening: press again").wait_for()
            page.wait_for_timeout(500)  # longer than what is too short
            button.click()
            page.get_by_text("Hearing what was said").wait_for()
            field.press_sequentially(typed)
            answer("heard", text="wave")
            expect(field).to_have_value(typed or "wave")
            answer("done", did={"type": "cue", "plan": "wave"})
            page.get_by_text("Understood as wave").wait_for()
            expect(field).to_have_value(typed)
        said.clear()
        field.press("Enter")
        field.press("Enter")  # has no answer yet
        field.fill("jump")
        field.press("Enter")
        page.get_by_role("button", name="jump twice").click()
        page.wait_for_timeout(100)
        assert [one["text"] for one in said] == ["bow", "jump", "jump twice"]


def test_another_name_changes_nothing_else(studio: Running, browser: Browser) -> None:
    rest(studio, "PUT", "/v1/live/rooms/names", {})
    with visiting(browser, "about:blank") as page:
        page.add_init_script(SOCKETS)
        page.goto(f"{studio.url}/?room=names")
        field, name = page.get_by_role("textbox", name=FIELD), page.get_by_role("textbox", name="Your name")
        field.fill("wave ten times")
        same = field.element_handle()
        name.fill("安娜")
        name.dispatch_event("keydown", {"key": "Enter", "isComposing": True})  # chooses a character
        assert page.evaluate("window.sockets.length") == 1
        call_me(page, "安娜")
        assert page.evaluate("window.sockets.length") == 2
        assert same is not None and same.evaluate("field => field.isConnected && field.value") == "wave ten times"
        field.press("Enter")
        expect(part(page, "Now")).to_contain_text("wave ten times asked by 安娜", timeout=PATIENT)


def test_the_speed_is_set_by_arrow_keys(small: BrowserContext) -> None:
    page, _ = host(small, "fast")
    slider = page.get_by_role("slider", name="Speed")
    slider.focus()
    for factor in ("1.25", "1.5"):
        page.keyboard.press("ArrowRight")
        page.locator(".log li", has_text=f"Speed: {factor}.").wait_for(state="attached", timeout=PATIENT)
        expect(slider).to_be_focused()
        expect(slider).to_have_value(factor)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".log li").first).to_have_text(re.compile("Speed: 1\\."), timeout=PATIENT)
    expect(slider).to_have_value("1")


def test_who_is_cut_off_comes_back(studio: Running, browser: Browser) -> None:
    rest(studio, "PUT", "/v1/live/rooms/broken", {})
    with visiting(browser, "about:blank") as page:
        page.add_init_script(SOCKETS)
        page.goto(f"{studio.url}/?room=broken")
        page.wait_for_function("window.sockets.at(-1)?.frames > 0")  # nothing is missed by who has seen nothing
        page.context.set_offline(True)
        page.evaluate("window.sockets.at(-1).close()")
        state = page.get_by_role("status").first
        expect(state).to_contain_text("does not answer", timeout=PATIENT)
        page.get_by_role("textbox", name=FIELD).fill("wave")
        page.get_by_role("textbox", name=FIELD).press("Enter")
        expect(page.get_by_role("alert").filter(has_text="not connected")).to_be_visible(timeout=PATIENT)
        page.context.set_offline(False)
        expect(state).to_be_empty(timeout=PATIENT)
        assert "after=" in page.evaluate("window.sockets.at(-1).url")
        command(page, "wave")
        expect(part(page, "Now")).to_contain_text("wave", timeout=PATIENT)


def test_a_room_that_is_not_there_is_waited_for(studio: Running, browser: Browser) -> None:
    with visiting(browser, f"{studio.url}/?room=later") as page:
        state = page.get_by_role("status").first
        expect(state).to_contain_text("“later” is not open", timeout=PATIENT)
        rest(studio, "PUT", "/v1/live/rooms/later", {})
        expect(part(page, "Now")).to_be_visible(timeout=PATIENT)
        rest(studio, "DELETE", "/v1/live/rooms/later")
        expect(state).to_contain_text("host has closed the room", timeout=PATIENT)


def test_nobody_is_kept_out_of_a_live_room(small: BrowserContext, drawing: Browser) -> None:
    page, link = host(small, "access", "One after the other")
    with visiting(drawing, link) as viewer:
        for one in (page, viewer):
            one.wait_for_function(READY)
        for text in ("wave ten times", "bow", "jump"):
            command(viewer, text)
        for summary in page.locator("summary").all():
            summary.click()
        for theme in ("light", "dark"):
            for one in (page, viewer):
                one.emulate_media(color_scheme=theme)
                assert hindrances(one) == []
        viewer.set_viewport_size({"width": 390, "height": 844})  # a phone
        viewer.wait_for_function("document.querySelector('.stage canvas').clientHeight > 0.45 * innerHeight")


# ── With keys ─────────────────────────────────────────────────────────────────────────────────────────────


class Guarded(Running):
    """A service that asks for keys, with short votes and few places."""

    def __init__(self, library: Path, tmp: Path) -> None:
        keys = Keys(open_service_file(tmp))
        self.host = keys.add("host", ["read", "command", "admin"])
        self.viewers, self.friends = (keys.add(name, ["read", "command"]) for name in ("viewers", "friends"))
        more = {"MOTION_KEYS": "true", "MOTION_VOTE_SECONDS": str(VOTE), "MOTION_VIEWERS": str(VIEWERS)}
        super().__init__(library, tmp, MOTION_PER_SECOND="1000", MOTION_BURST="2000", **more)


@pytest.fixture(scope="module")
def guarded(studio: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    running = Guarded(studio.library, tmp_path_factory.mktemp("guarded"))
    yield running
    running.end()


def test_a_key_in_the_address_that_is_not_good_is_replaced(guarded: Guarded, browser: Browser) -> None:
    with visiting(browser, f"{guarded.url}/?key=old&say=bow") as page:
        page.get_by_role("dialog").locator("input").fill(guarded.host)
        page.get_by_role("button", name="Use this key").click()
        page.locator(".block").first.wait_for()
        assert "key=" not in page.url
        assert not page.get_by_role("dialog").is_visible()


def test_an_audience_with_a_key_votes_until_the_room_is_full(guarded: Guarded, browser: Browser) -> None:
    with visiting(browser, "about:blank", base_url=guarded.url) as blank:
        page, link = host(blank.context, "vote", "By vote", f"/?key={guarded.host}")
        assert link == f"{guarded.url}/?room=vote"  # whoever has the host's key is a host
        page.get_by_label("Key for viewers").fill(guarded.host)
        expect(page.get_by_role("alert").filter(has_text="your own key")).to_be_visible()
        assert guarded.host not in page.get_by_role("textbox", name="Link for viewers").input_value()
        page.get_by_label("Key for viewers").fill(guarded.viewers)
        with visiting(browser, link) as one:  # asked for the key
            one.get_by_label("Key", exact=True).fill(guarded.friends)  # voices are counted by key
            one.get_by_role("button", name="Use this key").click()
            with visiting(browser, page.get_by_role("textbox", name="Link for viewers").input_value()) as other:
                expect(part(other, "Now")).to_be_visible(timeout=PATIENT)
                expect(part(one, "Now")).to_be_visible(timeout=PATIENT)
                with visiting(browser, other.url) as late:
                    expect(late.get_by_role("status").first).to_contain_text("as many watch", timeout=PATIENT)
                for viewer, text in ((one, "wave ten times"), (other, "bow ten times")):
                    viewer.get_by_role("textbox", name=FIELD).fill(text)
                for viewer in (one, other):
                    viewer.get_by_role("textbox", name=FIELD).press("Enter")
                part(one, "Vote").get_by_role("button", name="bow ten times").click()
                expect(part(page, "Vote")).to_contain_text(re.compile("wave ten times0 votes.*bow ten times2 votes"))
                for each in (page, one):
                    expect(part(each, "Now")).to_contain_text("bow ten times asked by the vote", timeout=PATIENT)
                expect(part(page, "Vote")).to_have_count(0)
