"""Small moving pictures of an action, for browsing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from action_library.action import Action
from api.export import export, plain_track
from api.pictures import Picture, frames
from motion_engine.errors import BadMedia
from motion_engine.files import whole_file
from motion_engine.types import Clip

SUFFIXES = (".webp", ".gif", ".png")
SIZE = 256  # px
FPS = 15.0
LONGEST = 8.0  # s that are shown


def write_preview(path: Path, action: Action, clip: Clip) -> None:
    """The action as a moving picture (.webp, .gif) or a contact sheet (.png); the first LONGEST seconds of a long one.

    Raises:
        BadMedia: The suffix is another, or the file cannot be written; nothing is left under its name then.
    """
    from motion_engine.clips import crop

    if clip.duration > LONGEST:
        clip = crop(clip, 0.0, LONGEST)
    plan, track = plain_track(action.name, clip)
    picture = Picture("mannequin", SIZE, SIZE)
    if path.suffix.lower() != ".webp":
        export(path, plan, track, picture)
        return
    from PIL import Image

    indices = np.arange(0, len(clip), max(1, round(clip.fps / FPS)))
    pictures = [Image.fromarray(frame) for frame in frames(track, picture, indices)]
    step = round(1000 * (clip.duration / len(pictures)))
    with whole_file(path, (".webp",)) as part:
        try:
            more = {"save_all": True, "append_images": pictures[1:], "duration": step, "loop": 0, "quality": 70}
            pictures[0].save(part, format="WEBP", **more)
        except OSError as error:
            raise BadMedia(f"{path}: cannot be written ({error.strerror or error}); is the disk full?") from error
