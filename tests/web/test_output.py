"""Export and render: files are what they should be, films are made as asked for, and all that goes wrong is told."""

from __future__ import annotations

import io
import json
import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from seen import hindrances, say

from animator.camera import frame_clip
from animator.keypoints import project_clip
from animator.pose_json import write_pose
from animator.video_frames import frame_rate, read_frames
from motion_engine.clips import sample
from motion_engine.formats.bvh import read_bvh
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip, canonical_skeleton

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

SLOW = 60_000  # ms, on a machine that does other things besides
# Keeps what a film's card said while it was made.
WATCH = """() => {
  window.told = [];
  const note = () => {
    const bar = document.querySelector('.card progress');
    const words = document.querySelector('.card .progress [role=status]')?.textContent;
    if (bar?.position > 0) window.told.push([words, bar.value, bar.max]);
  };
  const what = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(note).observe(document.querySelector('.tool'), what);
}"""


@pytest.fixture(scope="module")
def browser(plain: Browser) -> Browser:
    """One that cannot draw in 3D: all of this works without, and much faster where a processor draws the stage."""
    return plain


@pytest.fixture
def output(context: BrowserContext) -> Page:
    """The studio with the panel open."""
    page = context.new_page()
    page.goto("/")
    page.locator(".block").first.wait_for(timeout=SLOW)  # a motion is there
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("button", name="Motion files").wait_for()
    return page


def part(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Export and render").get_by_role("button", name=name).click()


def taken(page: Page, button: Locator, folder: Path) -> Path:
    """What a real download leaves on the disk, under the name that the browser gives it."""
    with page.expect_download(timeout=SLOW) as download:
        button.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def choose(page: Page, **chosen: str) -> None:
    """Set fields of the form, by their labels with _ for what is no letter."""
    for label, value in chosen.items():
        page.get_by_role("combobox", name=re.compile(label.replace("_", "."))).select_option(value)


def small(page: Page, side: int) -> None:
    """A film of this size."""
    choose(page, Size="own")
    for label in ("Width, px", "Height, px"):
        field = page.get_by_label(label)
        field.fill(str(side))
        field.press("Tab")


def made(page: Page) -> Locator:
    """Make the film that the form says, and wait for it; its card."""
    page.get_by_role("button", name="Make the film").click()
    card = page.locator(".card").first
    card.get_by_role("button", name="Download").wait_for(timeout=SLOW)
    return card


def chunks(path: Path) -> tuple[dict[str, Any], bytes]:
    """The JSON and the binary part of a binary glTF file."""
    data = path.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    size, kind = struct.unpack_from("<I4s", data, 12)
    assert kind == b"JSON"
    return json.loads(data[20 : 20 + size]), data[28 + size :]


def test_every_file_is_what_it_should_be(output: Page, tmp_path: Path) -> None:
    motion = say(output, "wave then run")
    frames, seconds = motion["frames"], (motion["frames"] - 1) / 30
    files = {}
    for suffix in ("BVH", "NPZ", "GLB", "VRMA", "JSON"):
        path = taken(output, output.get_by_role("link", name=suffix, exact=True), tmp_path)
        assert path.name == f"wave-then-run.{suffix.lower()}"
        output.get_by_text(f"Saved {path.name},").wait_for()
        files[suffix] = path
    text = files["BVH"].read_text(encoding="utf-8")
    assert text.startswith("HIERARCHY") and f"Frames: {frames}\n" in text
    clip = read_bvh(files["BVH"])
    assert len(clip) == frames and clip.fps == pytest.approx(30, abs=0.01)
    with np.load(files["NPZ"]) as arrays:
        assert arrays["poses"].shape == (frames, 156) and arrays["trans"].shape == (frames, 3)
        assert arrays["betas"].ndim == 1 and arrays["mocap_framerate"] == 30 and str(arrays["gender"]) == "neutral"
        assert np.ptp(arrays["trans"], axis=0).max() > 1.5  # it runs
    for suffix in ("GLB", "VRMA"):
        document, _ = chunks(files[suffix])
        (animation,) = document["animations"]
        ends = [document["accessors"][one["input"]]["max"][0] for one in animation["samplers"]]
        assert max(ends) == pytest.approx(seconds, abs=0.01)
    assert "hips" in document["extensions"]["VRMC_vrm_animation"]["humanoid"]["humanBones"]
    assert json.loads(files["JSON"].read_text(encoding="utf-8"))["plan"] == "wave > run"


def test_names_in_chinese_and_sources(output: Page, tmp_path: Path) -> None:
    say(output, "先挥手，再鞠躬")
    assert taken(output, output.get_by_role("link", name="BVH"), tmp_path).name == "先挥手-再鞠躬.bvh"
    output.get_by_text("What it is made of").click()
    origins = output.locator(".sources").inner_text()
    for name in ("wave", "bow"):
        assert name in origins
    assert "Apache-2.0" in origins


def test_a_forgotten_motion_is_composed_anew(output: Page, tmp_path: Path) -> None:
    before = say(output, "nod once")["id"]
    for _ in range(64):  # as many as the service keeps
        assert output.request.post("/v1/commands", data={"text": "nod once", "fps": 5}).ok
    output.get_by_role("link", name="NPZ").click()
    output.get_by_role("alert").filter(has_text="has forgotten this motion").wait_for()
    with output.expect_response("**/v1/commands") as answer:
        output.get_by_role("button", name="Compose it anew").click()
    assert answer.value.json()["id"] != before
    output.get_by_role("button", name="Compose it anew").wait_for(state="hidden")
    assert taken(output, output.get_by_role("link", name="NPZ"), tmp_path).stat().st_size > 1000


def test_a_film_of_the_mannequin_and_one_of_pose_maps(output: Page, tmp_path: Path) -> None:
    motion = say(output, "clap eight times")
    part(output, "New film")
    small(output, 256)
    choose(output, Frames_a_second="15", Figure="wooden", Shown="mannequin")
    count = round(motion["timeline"]["duration"] * 15)
    assert output.locator("#amount").inner_text().endswith(f"{count} frames")
    output.evaluate(WATCH)
    card = made(output)
    told = output.evaluate("window.told")
    assert {words for words, *_ in told} == {"Drawing the frames"} and len({value for _, value, _ in told}) > 1
    video = card.locator("video")
    output.wait_for_function("document.querySelector('.card video').readyState >= 1", timeout=SLOW)
    assert video.evaluate("it => [it.videoWidth, it.videoHeight]") == [256, 256]
    assert video.evaluate("it => it.duration") == pytest.approx(motion["timeline"]["duration"], abs=0.1)
    path = taken(output, card.get_by_role("button", name="Download"), tmp_path)
    assert path.name == "clap-eight-times.mp4" and frame_rate(path) == 15
    figures = list(read_frames(path))
    assert abs(len(figures) - count) <= 1 and figures[0].shape == (256, 256, 3) and figures[0].mean() > 60

    card.get_by_role("button", name="Same settings").click()
    assert output.get_by_label("Width, px").input_value() == "256"
    choose(output, Shown="pose", File="webm")
    output.route("**/v1/renders/*/events", lambda route: route.fulfill(status=502))  # a proxy that lets none through
    card = made(output)
    path = taken(output, card.get_by_role("button", name="Download"), tmp_path)
    maps = np.array(list(read_frames(path)))
    assert path.name == "clap-eight-times.webm" and maps.shape == (len(figures), 256, 256, 3)
    dark = (maps.max(axis=-1) < 40).mean(axis=(1, 2))
    assert (dark > 0.85).all() and (dark < 0.999).all()

    output.reload()
    output.get_by_role("navigation", name="Export and render").wait_for()
    cards = output.locator(".card").filter(has_text="clap eight times")
    cards.first.wait_for()
    assert cards.count() == 2 and output.locator(".card video").count() >= 2
    assert "pose maps" in cards.first.inner_text() and "webm" in cards.first.inner_text()
    cards.first.get_by_role("button", name="Remove").click()
    cards.first.get_by_role("button", name="Really remove?").click()
    cards.nth(1).wait_for(state="detached")
    assert "mannequin" in cards.first.inner_text()


def test_a_film_is_cancelled_and_tried_again(output: Page) -> None:
    say(output, "walk for 60 seconds")
    part(output, "New film")
    choose(output, Size="square", Shown="overlay", Figure="convex")
    for _ in range(2):
        part(output, "New film")
        output.get_by_role("button", name="Make the film").click()
        output.locator(".card").first.get_by_role("button", name="Cancel").wait_for(timeout=SLOW)
    second, first = (output.locator(".card").nth(number) for number in (0, 1))
    assert "1 before it" in second.inner_text()
    assert output.get_by_label("2 in work").is_visible()
    output.wait_for_function("document.querySelectorAll('.card progress')[1]?.position > 0", timeout=SLOW)
    assert re.search(r"\d+ / 1800", first.inner_text())
    first.get_by_role("button", name="Cancel").click()
    first.get_by_text("Cancelled").wait_for()
    output.wait_for_function("document.querySelector('.card progress')?.position > 0", timeout=SLOW)  # the next one
    first.get_by_role("button", name="Try again").click()
    output.wait_for_function("document.querySelectorAll('.card progress').length === 2", timeout=SLOW)
    before = output.locator(".card").count()
    for number in (0, 1):
        output.locator(".card").nth(number).get_by_role("button", name="Cancel").click()
        output.locator(".card").nth(number).get_by_text("Cancelled").wait_for()
    for _ in range(3):
        cards = output.locator(".card").filter(has_text="Cancelled")
        cards.first.get_by_role("button", name="Remove").click()
        before -= 1
        output.wait_for_function(f"document.querySelectorAll('.card').length === {before}")


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A red picture of somebody, upright, and their keypoints."""
    folder = tmp_path_factory.mktemp("me")
    rest = canonical_skeleton()
    rotation = np.tile(np.array([1.0, 0, 0, 0]), (1, len(rest.names), 1))
    clip = Clip(rest, 30.0, np.array([[0.0, 0.95, 0.0]]), rotation, np.ones((1, 4), bool))
    position, _ = fk(rest, clip.root_position, clip.rotation)
    cameras = frame_clip(position, 256, 512, azimuth=0.0)
    write_pose(folder / "me.json", project_clip(sample(clip, np.array([0])), cameras, 256, 512))
    Image.new("RGB", (256, 512), (200, 60, 40)).save(folder / "me.jpg")
    return folder / "me.jpg", folder / "me.json"


def preview(page: Page) -> Array:
    """The preview that is shown, once it is drawn."""
    page.wait_for_function("document.querySelector('.preview[aria-busy=false] img')?.complete", timeout=SLOW)
    data = page.evaluate(
        "async () => [...new Uint8Array(await (await fetch(document.querySelector('.preview img').src)).arrayBuffer())]"
    )
    return np.asarray(Image.open(io.BytesIO(bytes(data))).convert("RGB"))


def test_a_picture_of_ones_own_character(output: Page, reference: tuple[Path, Path], tmp_path: Path) -> None:
    picture, pose = reference
    say(output, "nod once")
    part(output, "New film")
    choose(output, Shown="side-by-side", Figure="convex", Frames_a_second="12", Size="square", File="gif")
    assert preview(output).shape == (288, 576, 3)
    make, pick = output.get_by_role("button", name="Make the film"), output.get_by_label("Choose or drop a picture")
    (tmp_path / "none.png").write_bytes(b"no picture")
    pick.set_input_files(tmp_path / "none.png")
    output.get_by_role("alert").filter(has_text="no picture that the browser can read").wait_for()
    pick.set_input_files(picture)
    output.get_by_text("has no DWPose").wait_for()
    assert make.is_disabled() and "needs its keypoints" in output.locator("#amount").inner_text()
    output.get_by_label("Keypoints (.json)").set_input_files(picture)
    output.get_by_role("alert").filter(has_text="holds no keypoints").wait_for()
    output.get_by_label("Keypoints (.json)").set_input_files(pose)
    output.get_by_text("Keypoints of me.json").wait_for()
    assert output.locator(".seen line").count() > 12 and make.is_enabled()
    output.get_by_role("button", name="Take 384 × 704").click()  # the shape of the picture
    output.wait_for_function("document.querySelector('.preview img').naturalHeight === 288", timeout=SLOW)
    small(output, 64)
    output.wait_for_function("document.querySelector('.preview img').naturalWidth === 192", timeout=SLOW)
    np.testing.assert_allclose(preview(output)[32, 20], (200, 60, 40), atol=12)
    card = made(output)
    assert "your character" in card.inner_text()
    output.wait_for_function("document.querySelector('.card img')?.naturalWidth === 192", timeout=SLOW)
    first = next(iter(read_frames(taken(output, card.get_by_role("button", name="Download"), tmp_path))))
    assert first.shape == (64, 192, 3)
    np.testing.assert_allclose(first[32, 20], (200, 60, 40), atol=15)


def test_the_preview_shows_where_the_stage_stands(output: Page) -> None:
    say(output, "stand still, then raise the left hand")
    part(output, "New film")
    choose(output, Shown="pose", Size="square")
    slider = output.get_by_role("slider", name="Position in the motion")
    output.get_by_role("button", name="Pause", exact=True).click()
    shown = []
    for time in ("0.5", "4.0"):
        slider.fill(time)
        output.get_by_text(f"Preview at {time} s").wait_for(timeout=SLOW)
        shown.append(preview(output))
    highest = [np.nonzero(one.max(axis=(1, 2)) > 60)[0][0] for one in shown]
    assert highest[1] < highest[0] - 10  # px: the hand is above the head


def test_stable_animator_is_there_or_the_reason_why_not(output: Page, reference: tuple[Path, Path]) -> None:
    part(output, "New film")
    choice = output.get_by_role("radio", name="Your character, by StableAnimator")
    output.get_by_text("StableAnimator is not ready on this service").wait_for()
    assert choice.is_disabled() and output.get_by_role("radio", name="The mannequin").is_checked()
    output.get_by_text("Why, and what to do").click()
    why = output.locator("#lacks").inner_text()
    assert "MOTION_STABLE_ANIMATOR" in why and "docs/render.md" in why and str(Path.cwd()) not in why

    def has_it(route: Any) -> None:
        said = route.fetch().json()
        route.fulfill(json=said | {"stable_animator": {"available": True, "reason": ""}})

    output.route("**/v1/renderers", has_it)  # as a service that has the weights says it
    part(output, "Motion files")
    part(output, "New film")
    choice.check()
    make = output.get_by_role("button", name="Make the film")
    assert make.is_disabled() and "give its picture" in output.locator("#amount").inner_text()
    output.get_by_label("Choose or drop a picture").set_input_files(reference[0])
    output.get_by_label("Keypoints (.json)").set_input_files(reference[1])
    output.get_by_label("Steps").fill("7")
    output.get_by_label("Steps").press("Tab")
    with output.expect_request("**/v1/renders") as request:
        make.click()
    asked = request.value.post_data_json
    assert asked["renderer"] == "stable-animator" and "view" not in asked
    assert asked["settings"] == {"steps": 7, "guidance": 3, "seed": 0}
    # This one has them not, and says so where it was asked for.
    output.get_by_role("alert").filter(has_text="StableAnimator's weights are needed").wait_for()
    assert make.is_enabled()


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_nobody_is_kept_out(output: Page, theme: str, width: int) -> None:
    output.set_viewport_size({"width": width, "height": 720})
    output.get_by_label("Colours").select_option(theme)
    for name, there in (("Motion files", ".files"), ("New film", ".preview img"), ("Films", ".films, .empty")):
        part(output, name)
        output.locator(there).first.wait_for(timeout=SLOW)
        for summary in output.locator(".output summary").all():
            summary.click()
        assert hindrances(output) == []
        assert output.evaluate(
            "document.querySelector('.tool').scrollWidth <= document.querySelector('.tool').clientWidth"
        )
        assert output.evaluate("document.documentElement.scrollWidth") <= width


def test_it_works_by_keyboard_alone(output: Page, tmp_path: Path) -> None:
    output.get_by_role("button", name="Motion files").focus()
    output.keyboard.press("Tab")
    output.keyboard.press("Tab")
    output.keyboard.press("Tab")
    assert output.evaluate("document.activeElement.textContent") == "BVH"
    with output.expect_download(timeout=SLOW) as download:
        output.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".bvh")
    part(output, "New film")
    output.locator(".preview img").wait_for(timeout=SLOW)
    small(output, 64)
    output.get_by_role("button", name="Make the film").focus()
    output.keyboard.press("Enter")
    output.locator(".card").first.wait_for(timeout=SLOW)
    assert output.evaluate("document.activeElement.getAttribute('aria-current')") == "true"  # not lost
