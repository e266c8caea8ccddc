"""Small moving pictures of a motion, for browsing."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from action_library.action import Action
from animator.sheet import png
from api.export import export, plain_track
from api.pictures import Picture, frames
from motion_engine.clips import crop
from motion_engine.errors import BadMedia
from motion_engine.files import whole_file
from motion_engine.types import Clip, Track

SUFFIXES = (".webp", ".gif", ".png")
SIZE = 256  # px
SMALL = 160  # px, of a thumbnail
FPS = 15.0
LONGEST = 8.0  # s that are shown
SHORT = 3.0  # s of a thumbnail
TELLING = 0.4  # of the way through a motion it usually shows best what it is


def write_preview(path: Path, action: Action, clip: Clip) -> None:
    """The action as a moving picture (.webp, .gif) or a contact sheet (.png); the first LONGEST seconds of a long one.

    Raises:
        BadMedia: The suffix is another, or the file cannot be written; nothing is left under its name then.
    """
    plan, track = plain_track(action.name, _short(clip, LONGEST))
    if path.suffix.lower() != ".webp":
        export(path, plan, track, _picture(SIZE))
        return
    with whole_file(path, (".webp",)) as part:
        try:
            part.write_bytes(moving(track))
        except OSError as error:
            raise BadMedia(f"{path}: cannot be written ({error.strerror or error}); is the disk full?") from error


def moving(track: Track, size: int = SIZE, longest: float = LONGEST, *, captions: bool = True) -> bytes:
    """The first seconds of a track as an animated WebP of `size` x `size` px."""
    from PIL import Image

    clip = _short(track.clip, longest)
    indices = np.arange(0, len(clip), max(1, round(clip.fps / FPS)))
    picture = _picture(size, captions=captions)
    pictures = [Image.fromarray(frame) for frame in frames(Track(clip, track.timeline), picture, indices)]
    step = round(1000 * (clip.duration / len(pictures)))
    content = io.BytesIO()
    more = {"save_all": True, "append_images": pictures[1:], "duration": step, "loop": 0, "quality": 70}
    pictures[0].save(content, format="WEBP", **more)
    return content.getvalue()


def still(track: Track, size: int = SMALL) -> bytes:
    """One telling moment of a track as a PNG of `size` x `size` px."""
    index = int(TELLING * (len(track.clip) - 1))
    return png(next(frames(track, _picture(size, captions=False), np.array([index]))))


def thumbnail(track: Track, kind: str) -> bytes:
    """A small picture of a track: moving (`webp`) or still (`png`)."""
    return moving(track, SMALL, SHORT, captions=False) if kind == "webp" else still(track)


def _picture(size: int, *, captions: bool = True) -> Picture:
    return Picture("mannequin", size, size, captions=captions)


def _short(clip: Clip, longest: float) -> Clip:
    return crop(clip, 0.0, longest) if clip.duration > longest else clip
