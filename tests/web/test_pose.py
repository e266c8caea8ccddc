"""The pose editor: handles are drawn with the mouse or by keys, and what was posed can be said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import yaml
from seen import hindrances, position, say, seek, settle

if TYPE_CHECKING:
    from playwright.sync_api import Page

_ON_SCREEN = """([name, at]) => {
  const place = window.scene.position.clone().set(...at);
  window.scene.getObjectByName(name).localToWorld(place).project(window.camera);
  const box = document.querySelector('.stage canvas').getBoundingClientRect();
  return [box.left + (place.x + 1) / 2 * box.width, box.top + (1 - place.y) / 2 * box.height];
}"""

_IS_ELSEWHERE = """([name, [x, y, z]]) => {
  const at = window.scene.getObjectByName(name).getWorldPosition(window.scene.position.clone());
  return Math.hypot(at.x - x, at.y - y, at.z - z) > 0.02;
}"""
_CAMERA_RESTS = """async () => {
  const { position } = window.camera;
  for (let before = position.clone().setScalar(NaN); !before.equals(position); ) {
    before = position.clone();
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
}"""


def on_screen(page: Page, name: str, at: tuple[float, float, float] = (0, 0, 0)) -> np.ndarray:
    """Where a point of something on the stage is seen, px."""
    return np.array(page.evaluate(_ON_SCREEN, [name, at]))


@pytest.fixture
def editor(page: Page) -> Page:
    """The studio with the pose editor open, which shows the pose of its second key."""
    page.get_by_role("button", name="Pose", exact=True).click()
    ready(page)
    return page


def ready(page: Page) -> None:
    page.wait_for_function("window.scene?.getObjectByName('handle-right_hand') !== undefined", timeout=30_000)
    solved(page)
    page.evaluate(_CAMERA_RESTS)


def solved(page: Page) -> None:
    """Wait until the figure is where the service says, and that is drawn."""
    settle(page)
    page.wait_for_function("document.querySelector('.pose[aria-busy=true]') === null", timeout=20_000)
    settle(page)


def drag(page: Page, start: np.ndarray, by: tuple[float, float]) -> None:
    """A real drag on the canvas."""
    page.mouse.move(*start)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(*(start + np.array(by) * step / 5))
    page.mouse.up()
    solved(page)


def test_a_hand_goes_where_it_is_drawn_and_back_by_undo(editor: Page) -> None:
    before, seen = position(editor, "right_wrist"), on_screen(editor, "handle-right_hand")
    camera = editor.evaluate("window.camera.position.toArray()")
    drag(editor, seen, (-20, -70))
    assert on_screen(editor, "right_wrist") == pytest.approx(seen + np.array((-20, -70)), abs=4)
    raised = position(editor, "right_wrist")
    assert raised[1] > before[1] + 0.3
    assert editor.evaluate("window.camera.position.toArray()") == pytest.approx(camera, abs=1e-3)
    editor.keyboard.press("Control+z")
    solved(editor)
    assert position(editor, "right_wrist") == pytest.approx(before, abs=1e-3)
    editor.keyboard.press("Control+Shift+z")
    solved(editor)
    assert position(editor, "right_wrist") == pytest.approx(raised, abs=1e-3)
    drag(editor, on_screen(editor, "handle-right_hand"), (-120, -160))  # further than the arm reaches
    assert on_screen(editor, "handle-right_hand") == pytest.approx(on_screen(editor, "right_wrist"), abs=1)
    outward = float(editor.get_by_label("Outward, cm").input_value())
    assert 0 < outward < 80, "what is out of reach is forgotten"


def test_the_camera_is_free_when_the_tool_is_left_during_a_drag(editor: Page) -> None:
    editor.mouse.move(*on_screen(editor, "handle-right_hand"))
    editor.mouse.down()
    editor.mouse.move(*(on_screen(editor, "handle-right_hand") - (5, 20)))
    editor.get_by_role("button", name="Library", exact=True).press("Enter")
    editor.wait_for_function("window.scene.getObjectByName('handle-right_hand') === undefined")
    editor.mouse.up()
    turned = "window.camera.quaternion.toArray()"  # which does not change as the camera goes along with the figure
    before = editor.evaluate(turned)
    box = editor.locator(".stage canvas").bounding_box()
    assert box
    drag(editor, np.array((box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)), (-120, 0))
    assert np.abs(np.subtract(editor.evaluate(turned), before)).max() > 0.05


def test_planted_feet_stay_while_the_hips_sink(editor: Page) -> None:
    joints = ("left_ankle", "right_ankle", "left_knee", "pelvis")
    before = {joint: position(editor, joint) for joint in joints}
    drag(editor, on_screen(editor, "handle-hips"), (0, 50))
    after = {joint: position(editor, joint) for joint in joints}
    assert after["pelvis"][1] < before["pelvis"][1] - 0.2
    assert after["left_knee"][2] > before["left_knee"][2] + 0.1
    for ankle in joints[:2]:
        assert after[ankle] == pytest.approx(before[ankle], abs=2e-3)
    editor.get_by_role("button", name="Stand", exact=True).click()
    solved(editor)
    drag(editor, on_screen(editor, "handle-left_foot"), (10, -40))
    assert position(editor, "left_ankle")[1] > before["left_ankle"][1] + 0.15
    assert position(editor, "right_ankle") == pytest.approx(before["right_ankle"], abs=2e-3)


def test_what_was_posed_can_be_said_in_both_languages(editor: Page) -> None:
    drag(editor, on_screen(editor, "handle-right_hand"), (-10, -110))
    editor.get_by_label("How it arrives there").select_option("settle")
    raised = position(editor, "right_wrist")
    editor.get_by_role("button", name="Mirror", exact=True).click()
    solved(editor)
    assert position(editor, "left_wrist") == pytest.approx(raised * (-1, 1, 1), abs=2e-3)
    editor.get_by_text("Save as an action").click()
    editor.get_by_label("Name", exact=True).fill("Grand salute")
    editor.get_by_label("In Chinese").fill("大礼，致大礼")
    with editor.expect_download() as file:
        editor.get_by_role("button", name="Download YAML").click()
    script = yaml.safe_load(file.value.path().read_text(encoding="utf-8"))
    assert (script["name"], script["mask"], script["side"]) == ("grand_salute", "left_arm", "left")
    assert script["aliases"]["zh"] == ["大礼", "致大礼"]
    assert [key.get("ease") for key in script["keys"]] == [None, "settle", None]
    assert script["keys"][0]["pose"] == script["keys"][2]["pose"] == "stand"
    editor.get_by_role("button", name="Save", exact=True).click()
    with editor.expect_response("**/v1/commands") as answer:
        editor.get_by_role("button", name="grand salute", exact=True).click(timeout=30_000)
    assert answer.value.json()["plan"] == "grand_salute"
    reply = say(editor, "致大礼")
    assert reply["plan"] == "grand_salute"
    (segment,) = (one for one in reply["timeline"]["segments"] if one["action"] == "grand_salute")
    seek(editor, segment["start"] + 0.95)  # it has settled a little after its key at 0.8 s
    assert position(editor, "left_wrist")[1] == pytest.approx(raised[1], abs=0.06)
    assert position(editor, "right_wrist")[1] < raised[1] - 0.3


def test_the_keyboard_is_enough(editor: Page) -> None:
    before = position(editor, "right_wrist")
    pad = editor.get_by_role("button", name="Right hand: arrows move it")
    pad.focus()
    for _ in range(4):
        editor.keyboard.press("Shift+ArrowUp")
    solved(editor)
    assert position(editor, "right_wrist")[1] == pytest.approx(before[1] + 0.2, abs=0.01)
    editor.get_by_role("button", name="Turn", exact=True).press("Enter")
    turning = "() => window.scene.getObjectByName('right_wrist').quaternion.toArray()"
    held = np.array(editor.evaluate(turning))
    editor.get_by_role("button", name="Right hand: arrows turn it").press("Shift+ArrowUp")
    solved(editor)
    assert np.abs(np.array(editor.evaluate(turning)) - held).max() > 0.05
    editor.get_by_label("Handle", exact=True).select_option("Head")
    editor.get_by_label("Turn left, °").fill("40")
    solved(editor)
    forward = editor.evaluate(
        "() => window.scene.position.clone().set(0, 0, 1).transformDirection("
        "window.scene.getObjectByName('head').matrixWorld).toArray()"
    )
    assert np.degrees(np.arctan2(forward[0], forward[2])) == pytest.approx(40, abs=3)
    editor.get_by_role("button", name="Key 2 at 0.80 s").press("Shift+ArrowRight")
    editor.get_by_role("button", name="Key 2 at 1.00 s").press("ArrowLeft")
    editor.get_by_role("button", name="Key 2 at 0.97 s").wait_for()
    editor.get_by_role("button", name="Add key").press("Enter")
    added = editor.get_by_role("button", name="Key 3 at 1.30 s")
    added.press("Delete")
    added.wait_for(state="detached")
    editor.get_by_role("button", name="Play", exact=True).press("Enter")
    editor.wait_for_function("document.querySelector('.pose-clock').textContent > '0.30'", timeout=20_000)
    assert editor.evaluate("window.scene.getObjectByName('handle-right_hand') === undefined")


def test_a_ring_turns_the_palm(editor: Page) -> None:
    drag(editor, on_screen(editor, "handle-right_hand"), (-30, -40))
    wrist = position(editor, "right_wrist")
    editor.get_by_role("button", name="Turn", exact=True).click()
    editor.wait_for_function("window.scene.getObjectByName('ring-z') !== undefined")
    settle(editor)
    thumb = position(editor, "right_thumb1") - wrist
    start, end = (on_screen(editor, "ring-x", (np.cos(a), np.sin(a), 0)) for a in np.radians((45, 70)))
    drag(editor, start, tuple(end - start))
    assert position(editor, "right_wrist") == pytest.approx(wrist, abs=0.01)
    turned = position(editor, "right_thumb1") - wrist
    cosine = thumb @ turned / np.linalg.norm(thumb) / np.linalg.norm(turned)
    assert 10 < np.degrees(np.arccos(cosine)) < 40
    assert editor.evaluate("document.activeElement.id") == "pose-pad", "the arrow keys go on from there"


def test_a_pose_is_taken_from_what_was_performed(page: Page) -> None:
    reply = say(page, "raise the left hand")
    seek(page, reply["timeline"]["duration"] / 2)
    reach = position(page, "left_wrist") - position(page, "pelvis")
    page.get_by_role("button", name="Pose", exact=True).click()
    ready(page)
    assert np.linalg.norm(position(page, "left_wrist") - position(page, "pelvis") - reach) > 0.3
    page.get_by_role("button", name="From the stage").click()
    page.get_by_text("Move the playhead").wait_for()
    page.get_by_role("button", name="Take this pose").click()
    page.get_by_text("Taken").wait_for()
    solved(page)
    taken = position(page, "left_wrist") - position(page, "pelvis")
    assert np.linalg.norm(taken) == pytest.approx(np.linalg.norm(reach), abs=0.02)
    assert taken[1] == pytest.approx(reach[1], abs=0.02)


def test_mistakes_are_told_and_drafts_survive(editor: Page) -> None:
    drag(editor, on_screen(editor, "handle-right_hand"), (-30, -60))
    raised = position(editor, "right_wrist")
    editor.get_by_text("Save as an action").click()
    editor.get_by_label("Name", exact=True).fill("wave")
    editor.get_by_role("button", name="Save", exact=True).click()
    editor.get_by_text("There is wave already").wait_for(timeout=30_000)
    assert editor.get_by_role("button", name="Replace wave").is_visible()
    editor.get_by_label("Name", exact=True).fill("!!!")
    editor.get_by_role("button", name="Save", exact=True).click()
    editor.get_by_text("needs a letter or a digit").wait_for(timeout=30_000)
    editor.reload()
    ready(editor)
    assert position(editor, "right_wrist") == pytest.approx(raised, abs=2e-3)
    editor.get_by_text("Save as an action").click()
    assert editor.get_by_label("Name", exact=True).input_value() == "!!!"
    editor.get_by_role("button", name="Library", exact=True).click()
    editor.wait_for_function("window.scene.getObjectByName('handle-right_hand') === undefined")
    editor.wait_for_function(_IS_ELSEWHERE, arg=["right_wrist", raised.tolist()])  # the stage is given back


@pytest.mark.parametrize(("theme", "save"), [("light", "Save as an action"), ("dark", "保存为动作")])
def test_nobody_is_kept_out(editor: Page, theme: str, save: str) -> None:
    editor.get_by_label("Colours").select_option(theme)
    if theme == "dark":
        editor.get_by_role("button", name="中文").click()
    editor.get_by_text(save).click()
    assert hindrances(editor) == []
