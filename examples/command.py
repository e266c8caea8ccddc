"""The service from Python: compose, look at the poses, save, film. `motion serve`, then `python examples/command.py`.

Install with `pip install 'motion-engine[client]'`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from api.client import MotionClient, ServiceError

out = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
with MotionClient(os.environ.get("MOTION_URL", "http://127.0.0.1:8765"), os.environ.get("MOTION_KEY")) as client:
    # A command in words.
    track = client.command("run while waving the left hand three times")
    for segment in track.timeline.segments:
        print(f"{segment.start:5.2f} to {segment.end:5.2f} s  {segment.action:8} {segment.phrase!r}")
    frames = client.frames(track.id)
    print(f"{len(frames.rotation)} frames; the body ends {frames.root_position[-1, 2]:.1f} m ahead")
    (out / "python.bvh").write_bytes(client.download(track.id, "bvh"))

    # The same, exactly placed by the second on two tracks.
    placed = client.compose(
        tracks=[
            {"clips": [{"action": "walk", "start": 0, "end": 4}, {"action": "bow", "start": 5}]},
            {"clips": [{"action": "wave", "start": 1, "end": 2.5, "side": "left"}]},
        ]
    )
    print(placed.plan)

    # A film, made by the service meanwhile.
    film = client.render(placed.id, width=256, height=256, figure="convex")
    (out / "python.mp4").write_bytes(client.film(film))
    print(f"Written: {out / 'python.bvh'} {out / 'python.mp4'}")

    # What is wrong is told in words, with what may have been meant.
    try:
        client.command("moonwlk")
    except ServiceError as error:
        near = [near.action for near in error.problem.nearest or ()]
        print(f"{error} ({', '.join(near)})")
