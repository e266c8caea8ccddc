"""The studio in Chromium: what the first visit loads and how long it takes, and what a frame of the stage costs.

Run: `python tests/bench/bench_studio.py`, with `web/dist` built. Drawing is software GL (SwiftShader), as on machines
without a graphics card: "GL" is the processor time of Chromium's process that draws, "ours" is what the page itself
spends in a frame (posing, retargeting, three's own work; `performance.now` around each animation frame), which is the
same on every machine of this speed. Frames a second are of both, on as many processors as there are.
"""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from service import running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response

SECONDS = 5.0
VISITS = 5
SIZES = ((1280, 720), (1920, 1080), (390, 844))
OVERLAYS = ("Skeleton", "Which feet stand", "Way over the floor", "Pose map (DWPose)")
TIMED = """(() => {
  const next = window.requestAnimationFrame.bind(window);
  window.spent = [];
  window.requestAnimationFrame = draw => next(time => {
    const start = performance.now();
    draw(time);
    window.spent.push([start, performance.now() - start]);
  });
  new MutationObserver((_, seen) => {
    if (!document.querySelector('#command')) return;
    window.usable = performance.now();
    seen.disconnect();
  }).observe(document, { childList: true, subtree: true });
})()"""
THERE = "window.scene?.getObjectByName('pelvis') !== undefined"
MOVES = """() => {
  const wrist = window.scene?.getObjectByName('right_wrist');
  if (!wrist) return false;
  window.first ??= wrist.matrixWorld.elements.slice();
  return wrist.matrixWorld.elements.some((one, k) => Math.abs(one - window.first[k]) > 1e-3) && performance.now();
}"""


def first_load(browser: Browser, url: str) -> None:
    """Prints what a first visit loads, and when what is there; the best of some visits."""
    usable, moves = [], []
    for _ in range(VISITS):
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        replies: list[Response] = []
        page.on("response", lambda reply, into=replies: into.append(reply))
        page.add_init_script(TIMED)
        page.goto(url)
        moves.append(float(page.wait_for_function(MOVES, timeout=60_000).json_value()))
        usable.append(float(page.evaluate("window.usable")))
        loaded = {reply.url: len(gzip.compress(reply.body())) for reply in replies}
        page.close()
    own = sum(size for address, size in loaded.items() if "/v1/" not in address)
    print(f"first load {own / 1e3:.0f} KB gzipped, with all answers {sum(loaded.values()) / 1e3:.0f} KB")
    print(f"command bar {np.min(usable):.0f} ms (median {np.median(usable):.0f}) after the start; ", end="")
    print(f"the character moves after {np.min(moves):.0f} ms (median {np.median(moves):.0f})")


def children(pid: int) -> Iterator[int]:
    """All processes that a process has started."""
    for entry in Path("/proc").iterdir():
        stat = entry / "stat"
        if entry.name.isdigit() and stat.exists() and int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
            yield int(entry.name)
            yield from children(int(entry.name))


def drawing() -> int:
    """The process of Chromium that draws."""
    mine = children(os.getpid())
    return next(pid for pid in mine if "--type=gpu-process" in Path(f"/proc/{pid}/cmdline").read_text())


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def frames(page: Page, gpu: int, what: str) -> None:
    """Prints a row of the table."""
    page.wait_for_timeout(4000)  # until the stage draws as many pixels as the machine is good for
    page.evaluate("window.spent.length = 0")
    before = processor_seconds(gpu)
    page.wait_for_timeout(SECONDS * 1000)
    spent = np.array(page.evaluate("window.spent"))
    gl = (processor_seconds(gpu) - before) / len(spent) * 1e3
    rate = (len(spent) - 1) / (spent[-1, 0] - spent[0, 0]) * 1e3
    width, height = page.evaluate("(({ width, height }) => [width, height])(document.querySelector('.stage canvas'))")
    ours = np.percentile(spent[:, 1], (50, 95))
    print(f"| {what} | {width} x {height} | {rate:.0f} | {ours[0]:.1f} | {ours[1]:.1f} | {gl:.1f} |")


def main() -> None:
    from playwright.sync_api import sync_playwright

    sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in ("web", "api")]
    from avatars import glb
    from conftest import CHROMIUM, FLAGS

    with running() as (host, _), sync_playwright() as playwright:
        url = f"http://{host}/"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        first_load(browser, url)
        print("| stage | pixels | frames/s | ours, ms | p95 | GL, ms of processor |\n|---|---|---|---|---|---|")
        for width, height in SIZES:
            page = browser.new_page(viewport={"width": width, "height": height})
            page.add_init_script(TIMED)
            page.goto(url)
            page.wait_for_function(THERE, timeout=60_000)
            gpu = drawing()
            frames(page, gpu, f"mannequin, {width} x {height}")
            if (width, height) == SIZES[0]:
                page.get_by_role("button", name="Shadow", exact=True).click()
                frames(page, gpu, "without shadow")
                page.get_by_role("button", name="Shadow", exact=True).click()
                for label in OVERLAYS:
                    page.get_by_role("button", name=label, exact=True).click()
                frames(page, gpu, "all overlays")
                for label in OVERLAYS:
                    page.get_by_role("button", name=label, exact=True).click()
                page.get_by_role("button", name="Character").click()
                avatar = {"name": "a.glb", "mimeType": "model/gltf-binary", "buffer": glb(legs=1.25)}
                page.get_by_label("Add a VRM or GLB").set_input_files(avatar)  # type: ignore[arg-type]
                page.wait_for_function("window.scene.getObjectByName('avatar') !== undefined")
                frames(page, gpu, "avatar")
                page.evaluate("() => { window.scene.visible = false; }")
                frames(page, gpu, "nothing: what the GL costs by itself")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
