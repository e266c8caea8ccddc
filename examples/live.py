"""A live character from Python: three commands, and what each does. `motion serve`, then `python examples/live.py`."""

from __future__ import annotations

import asyncio
import os

from api.client import AsyncMotionClient, LiveFrame

COMMANDS = ("wave", "先走路，再鞠躬", "stop")


async def main() -> None:
    """Say something once a second."""
    url = os.environ.get("MOTION_URL", "http://127.0.0.1:8765")
    async with AsyncMotionClient(url, os.environ.get("MOTION_KEY")) as client, client.live("example", fps=60) as live:
        frames, said = 0, 0
        async for seen in live:
            if isinstance(seen, LiveFrame):
                frames += 1
                if frames % 60 == 0 and said == len(COMMANDS):
                    break
                if frames % 60 == 0:
                    text, said = COMMANDS[said], said + 1
                    await (live.send("stop") if text == "stop" else live.send("command", text=text))
            elif seen["type"] == "cue":
                print(f"{seen['text']}: {seen['plan']}, from frame {seen['frame']} on")
            elif seen["type"] == "playing":
                print(f"frame {seen['frame']}: {' + '.join(seen['actions'])}")
        print(f"{frames} frames")


asyncio.run(main())
