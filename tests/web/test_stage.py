"""The stage: keys move the figure, an avatar performs in its place, and what is drawn over them is true."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from avatars import glb
from PIL import Image
from seen import hindrances, position, say, seek, settle

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

_AVATAR = "window.scene?.getObjectByName('avatar') !== undefined"
_BONES = """names => names.map(name => {
  let found;
  window.scene.getObjectByName('avatar').traverse(node => { if (node.userData.name === name) found = node; });
  const at = found.getWorldPosition(window.scene.position.clone());
  return [at.x, at.y, at.z];
})"""
_WALK = """async ([names, frames]) => {
  const nodes = new Map();
  window.scene.getObjectByName('avatar').traverse(node => nodes.set(node.userData.name, node));
  const places = [];
  for (let k = 0; k < frames; k++) {
    places.push(names.map(name => {
      const at = nodes.get(name).getWorldPosition(window.scene.position.clone());
      return [at.x, at.y, at.z];
    }));
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
  return places;
}"""
_MANNEQUIN = "window.scene.getObjectByName('pelvis').parent.children.some(one => one.isSkinnedMesh && one.visible)"
_DROP = """async ([content, name]) => {
  const bytes = Uint8Array.from(atob(content), one => one.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name));
  const drop = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer });
  document.querySelector('.stage canvas').dispatchEvent(drop);
}"""
_COUNT = """(() => {
  window.drawn = 0;
  const draw = WebGL2RenderingContext.prototype.drawElements;
  WebGL2RenderingContext.prototype.drawElements = function (...all) { window.drawn++; return draw.apply(this, all); };
})()"""


def bones(page: Page, *names: str) -> np.ndarray:
    """Where bones of the avatar on the stage are, m."""
    return np.array(page.evaluate(_BONES, names))


def bring(page: Page, path: Path) -> None:
    """Choose an avatar's file; returns once it plays."""
    if page.get_by_role("button", name="Character").get_attribute("aria-expanded") != "true":
        page.get_by_role("button", name="Character").click()
    page.get_by_label("Add a VRM or GLB").set_input_files(path)
    page.wait_for_function(f"{_AVATAR} && document.querySelector('.framed .reading') === null", timeout=30_000)
    page.get_by_role("button", name="Character").click()
    settle(page)


@pytest.fixture
def tall(tmp_path: Path) -> Path:
    """An avatar with long legs and wide hips, in an A-pose, its bones rolled, named as Mixamo does."""
    path = tmp_path / "Tall one.glb"
    path.write_bytes(glb(legs=1.25, hips=1.5, lowered=0.8))
    return path


def test_keys_play_and_step(page: Page) -> None:
    page.keyboard.press(" ")
    page.get_by_role("button", name="Play", exact=True).wait_for()
    settle(page)
    before = position(page, "right_wrist")
    page.keyboard.press("ArrowRight")
    settle(page)
    after = position(page, "right_wrist")
    assert 1e-5 < np.linalg.norm(after - before) < 0.3
    page.keyboard.press("ArrowLeft")
    settle(page)
    assert position(page, "right_wrist") == pytest.approx(before, abs=1e-4)
    page.keyboard.press(" ")
    page.wait_for_timeout(400)
    assert np.linalg.norm(position(page, "right_wrist") - before) > 0.005


def test_what_stands_still_is_not_drawn_again(context: BrowserContext) -> None:
    page = context.new_page()
    page.add_init_script(_COUNT)
    page.goto("/")
    page.wait_for_function("window.drawn > 20", timeout=30_000)
    page.keyboard.press(" ")
    page.wait_for_timeout(1500)  # the camera has caught up
    drawn = page.evaluate("window.drawn")
    page.wait_for_timeout(500)
    assert page.evaluate("window.drawn") == drawn
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => window.drawn > before", arg=drawn)


def test_overlays_are_drawn_and_remembered(page: Page) -> None:
    overlays = {"Skeleton": "skeleton", "Which feet stand": "contacts", "Way over the floor": "path"}
    there = "name => window.scene?.getObjectByName(name) !== undefined"
    for label, name in overlays.items():
        button = page.get_by_role("button", name=label, exact=True)
        assert not page.evaluate(there, f"{name}-overlay")
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        page.wait_for_function(there, arg=f"{name}-overlay")
    page.reload()
    page.wait_for_function(there, arg="skeleton-overlay", timeout=30_000)
    page.get_by_role("button", name="Skeleton", exact=True).click()
    page.wait_for_function(f"!({there})('skeleton-overlay')")


def test_the_camera_goes_to_the_front_and_behind(page: Page) -> None:
    reply = say(page, "stand still, then raise the left hand")
    raised = next(one for one in reply["timeline"]["segments"] if one["action"] == "raise_hand")
    seek(page, (raised["start"] + raised["end"]) / 2)
    page.add_style_tag(content=".stage-tools { opacity: 0 }")
    for view, side in (("Front", 1), ("Behind", -1)):  # who faces us has the left hand on our right
        page.get_by_role("combobox", name="Look from").select_option(view)
        page.wait_for_timeout(1200)  # until the camera is there
        png = page.locator(".stage canvas").first.screenshot()
        picture = np.asarray(Image.open(io.BytesIO(png)).convert("L"), dtype=float)
        rows, columns = np.nonzero(np.abs(picture - np.median(picture)) > 60)
        highest = columns[rows < rows.min() + 8].mean()
        assert side * (highest - picture.shape[1] / 2) > 5


def test_who_lies_down_stays_in_the_picture(page: Page) -> None:
    reply = say(page, "lie down")
    seek(page, reply["timeline"]["duration"] - 0.1)
    page.wait_for_timeout(1200)  # until the camera has gone along
    picture = np.asarray(Image.open(io.BytesIO(page.locator(".stage canvas").first.screenshot())), dtype=int)
    rows, columns = np.nonzero(picture[..., 0] - picture[..., 2] > 40)  # wood
    height, width = picture.shape[:2]
    assert len(rows) > 200
    assert 0.25 * height < rows.min() and rows.max() < 0.98 * height
    assert 0.2 * width < columns.min() and columns.max() < 0.8 * width


def test_an_avatar_performs_as_planned_and_is_kept(page: Page, tall: Path) -> None:
    bring(page, tall)
    reply = say(page, "stand still, then raise the left hand")
    raised = next(one for one in reply["timeline"]["segments"] if one["action"] == "raise_hand")
    seek(page, (raised["start"] + raised["end"]) / 2)
    left, head, right = bones(page, "mixamorig:LeftHand", "mixamorig:Head", "mixamorig:RightHand")
    assert left[1] > head[1] > right[1]
    assert left[0] > right[0]  # it faces +Z
    page.reload()
    page.wait_for_function(_AVATAR, timeout=30_000)
    page.get_by_role("button", name="Character").click()
    assert page.get_by_role("radio", name="Tall one").is_checked()
    page.get_by_role("radio", name="Mannequin").check()
    page.wait_for_function(f"!({_AVATAR})")
    page.get_by_role("button", name="Remove Tall one").click()
    page.get_by_role("radio", name="Tall one").wait_for(state="detached")


def test_who_is_posed_is_the_mannequin_whatever_avatar_plays(page: Page, tall: Path) -> None:
    bring(page, tall)
    page.wait_for_function(f"!({_MANNEQUIN})")
    page.get_by_role("button", name="Pose", exact=True).click()
    page.wait_for_function(f"!({_AVATAR}) && {_MANNEQUIN}", timeout=30_000)
    page.get_by_role("button", name="Library", exact=True).click()
    page.wait_for_function(f"{_AVATAR} && !({_MANNEQUIN})")


def test_the_feet_of_other_proportions_stand(page: Page, tall: Path) -> None:
    bring(page, tall)
    reply = say(page, "walk 3 meters")
    seek(page, 0)
    names = ["mixamorig:LeftToeBase", "mixamorig:RightToeBase", "mixamorig:LeftFoot", "mixamorig:Hips"]
    places = np.array(page.evaluate(_WALK, [names, reply["frames"]]))
    contacts = np.frombuffer(page.request.get(f"/v1/tracks/{reply['id']}/contacts").body(), dtype=np.uint8)
    for foot, flat in ((0, 0b0011), (1, 0b1100)):
        stands = (contacts & flat) == flat
        speed = np.linalg.norm(np.diff(places[:, foot][:, [0, 2]], axis=0), axis=1) * reply["timeline"]["fps"]
        planted = speed[stands[1:] & stands[:-1]]
        assert len(planted) > 10
        # m/s; what is measured is the joint, which is 2 cm over the sole and moves as the foot rolls over it.
        assert np.median(planted) < 0.01 and planted.max() < 0.06
    assert places[:, :3, 1].min() > 0.0  # and never in the floor
    # Longer legs go further: 3 m on the legs of the canonical skeleton.
    assert np.linalg.norm((places[-1, 3] - places[0, 3])[[0, 2]]) == pytest.approx(3 * 1.25, abs=0.5)


@pytest.mark.parametrize("version", ["0.x", "1.0"])
def test_a_vrm_is_dropped_on_the_stage(page: Page, version: Any) -> None:
    old = version == "0.x"  # those look along -Z, and no bone is rolled
    content = base64.b64encode(glb(vrm=version, size=0.8, turned=old, rolled=not old)).decode()
    page.evaluate(_DROP, [content, "Box.vrm"])
    page.wait_for_function(f"{_AVATAR} && document.querySelector('.framed .reading') === null", timeout=30_000)
    reply = say(page, "sit down")
    seek(page, reply["timeline"]["duration"])
    hips, knee, foot = bones(page, "mixamorig:Hips", "mixamorig:LeftLeg", "mixamorig:LeftFoot")
    assert hips[1] < 0.55  # 0.76 where it stands
    assert knee[2] > hips[2] + 0.2 and knee[0] > hips[0]  # it faces +Z
    assert abs(hips[1] - knee[1]) < 0.2 and foot[1] == pytest.approx(0.06, abs=0.03)


_NOBODY = [
    ("notes.glb", b"These are notes.", "no VRM or GLB"),
    ("scene.gltf", b'{"asset": {"version": "2.0"}}', "as text"),
    ("cut.glb", glb()[:2000], "cannot be read"),
    ("legless.glb", glb(without=("left_knee", "left_ankle", "left_foot")), "left shin, left foot"),
]


def test_files_that_are_nobody_are_told_in_words(page: Page, tmp_path: Path) -> None:
    page.get_by_role("button", name="Character").click()
    alert = page.get_by_role("group", name="Character", exact=True).get_by_role("alert")
    for name, content, said in _NOBODY:
        (tmp_path / name).write_bytes(content)
        page.get_by_label("Add a VRM or GLB").set_input_files(tmp_path / name)
        alert.filter(has_text=said).wait_for()
        assert not page.evaluate(_AVATAR)
    assert page.get_by_role("radio").count() == 1  # nothing of them is kept


def test_the_pose_map_is_the_services(page: Page) -> None:
    reply = say(page, "wave")
    seek(page, 1.0)
    page.get_by_role("button", name="Pose map (DWPose)").click()
    canvas = page.get_by_role("img", name="Pose map of this moment")
    canvas.wait_for()
    settle(page)
    ours = _pixels(base64.b64decode(str(canvas.evaluate("one => one.toDataURL()")).partition(",")[2]))
    theirs = _pixels(page.request.get(f"/v1/tracks/{reply['id']}/pose.png?t=1").body())
    # Theirs is drawn on a large canvas and shrunk without smoothing, so lines break up: compared are means of 8 px.
    ours, theirs = (one.reshape(64, 8, 64, 8, 3).mean(axis=(1, 3)) for one in (ours, theirs))
    assert theirs.max() > 50
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.95
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.15)


def _pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=float)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_kept_out(page: Page, theme: str, tall: Path) -> None:
    page.get_by_label("Colours").select_option(theme)
    bring(page, tall)
    page.get_by_role("button", name="Pose map (DWPose)").click()
    page.get_by_role("button", name="Character").click()
    assert hindrances(page) == []


def test_it_is_all_there_in_chinese(page: Page) -> None:
    page.get_by_role("button", name="中文").click()
    page.get_by_role("button", name="角色", exact=True).click()
    assert page.get_by_role("radio", name="木偶").is_checked()
    texts: list[Any] = page.locator(".stage-tools button").evaluate_all("all => all.map(one => one.ariaLabel)")
    assert not any(text and text.isascii() for text in texts)
