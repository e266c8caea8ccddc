"""A change on the studio's timeline, two processes on loopback: `python tests/bench/bench_recompose.py [browser]`.

What the page does each time: the tracks are sent to `/v1/sequences`, and the frames of the answer are fetched. Each
time one block is a little longer than before, so that nothing is the same as the last time.

In the browser (built by `make web`; drawn by software) it is the time from when a block is dropped until the figure
stands in the new pose.
"""

from __future__ import annotations

import shutil
import sys
import time

import httpx
import numpy as np
from service import running

BODY = ("walk", "wave", "run", "jump", "bow", "dance", "walk", "kick", "march", "turn")
OVER = ("wave", "nod", "clap", "point", "shake_head")
BLOCKS = (2, 5, 10, 20)
SECONDS = 3.0  # of each block, which makes 20 blocks a minute's motion, with those laid over others
CHANGES, ROUNDS = 100, 3
DROPS = 20
FLAGS = ("--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
WATCH = """() => addEventListener("pointerup", () => {
  const wrist = window.scene.getObjectByName("right_wrist"), at = () => wrist.getWorldPosition(wrist.position.clone());
  const [before, began] = [at(), performance.now()];
  window.took = 0;
  const look = () => {
    if (at().distanceTo(before) > 1e-3) window.took = performance.now() - began;
    else requestAnimationFrame(look);
  };
  look();
}, true)"""


def tracks(blocks: int, change: int) -> list[dict[str, object]]:
    """So many blocks, three of four on the body, in their `change`d lengths."""
    over = blocks // 4
    rows = BODY * 2, OVER * 2
    clips = [
        [{"action": row[i], "start": SECONDS * i, "duration": SECONDS} for i in range(count)]
        for row, count in zip(rows, (blocks - over, over), strict=True)
    ]
    clips[0][change % len(clips[0])]["duration"] = SECONDS - (change % 7 + 1) / 30
    return [{"clips": row} for row in clips if row]


def over_http(host: str) -> None:
    """Print the table of what the service takes."""
    with httpx.Client(base_url=f"http://{host}", timeout=60) as client:

        def recompose(blocks: int, change: int) -> tuple[float, float, float]:
            """ms until it is composed, and until its frames are here as well; s that it lasts."""
            began = time.perf_counter()
            reply = client.post("/v1/sequences", json={"tracks": tracks(blocks, change)}).raise_for_status()
            composed = time.perf_counter()
            answer = reply.json()
            client.get(f"/v1/tracks/{answer['id']}/frames").raise_for_status()
            return 1e3 * (composed - began), 1e3 * (time.perf_counter() - began), answer["timeline"]["duration"]

        print("| blocks | motion | composed, ms: median | p99 | with its frames: median | p99 | worst |")
        print("|---|---|---|---|---|---|---|")
        for blocks in BLOCKS:
            recompose(blocks, 0)
            for _ in range(ROUNDS):
                rows = np.array([recompose(blocks, change) for change in range(CHANGES)])
                composed = np.percentile(rows[:, 0], (50, 99))
                fetched = np.percentile(rows[:, 1], (50, 99, 100))
                cells = (f"{value:.1f}" for value in (*composed, *fetched))
                print(f"| {blocks} | {rows[-1, 2]:.0f} s | {' | '.join(cells)} |", flush=True)


def on_the_page(host: str) -> None:
    """Print how long it takes from a drop to the new pose."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
        page.goto(f"http://{host}/")
        page.wait_for_function("window.scene?.getObjectByName('pelvis') !== undefined", timeout=120_000)
        page.locator("input[type=range]").first.fill("1.8")
        page.evaluate(WATCH)
        took = []
        for number in range(DROPS):
            box = page.locator(".block", has_text="wave").bounding_box()
            assert box
            x, y = box["x"] + box["width"] / 3, box["y"] + box["height"] / 2
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x + (40 if number % 2 == 0 else -40), y, steps=3)
            page.mouse.up()
            took.append(page.wait_for_function("window.took", timeout=60_000).json_value())
            page.wait_for_function("document.querySelector('.tracks[aria-busy=true]') === null")
        browser.close()
    median, worst = np.percentile(took, (50, 100))
    print(f"\nFrom a drop to the new pose, {DROPS} times, ms: median {median:.0f}, worst {worst:.0f}")


def main() -> None:
    """Print what was measured."""
    with running(per_second=10_000, burst=100_000) as (host, _):
        over_http(host)
        if "browser" in sys.argv[1:]:
            on_the_page(host)


if __name__ == "__main__":
    main()
