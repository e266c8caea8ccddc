"""Folders of `frame_0.png, frame_1.png …`, the names that StableAnimator's scripts read and write."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from motion_engine.errors import BadMedia
from motion_engine.types import Array

_NAME = re.compile(r"frame_(0|[1-9]\d*)\.png")


def names_folder(path: Path | str) -> bool:
    """Whether a name means a folder of pictures: it has no suffix, or ends with a slash."""
    return not Path(path).suffix or str(path).endswith(("/", os.sep))


def is_sequence(folder: Path) -> bool:
    """Whether a folder holds frames and nothing else."""
    files = list(folder.iterdir())
    return bool(files) and all(_NAME.fullmatch(f.name) and f.is_file() and not f.is_symlink() for f in files)


def read_pictures(folder: Path) -> Iterator[Array]:
    """The frames `(H, W, 3)` uint8 of a folder, in the order of their numbers.

    Raises:
        BadMedia: A number is missing between the others, or a file is no picture.
    """
    from PIL import Image

    count = len(os.listdir(folder))
    for index in range(count):
        path = folder / f"frame_{index}.png"
        try:
            with Image.open(path) as picture:
                frame = np.asarray(picture.convert("RGB"))
        except FileNotFoundError as error:
            raise BadMedia(f"{path}: is missing; {count} frames are numbered from 0 to {count - 1}.") from error
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise BadMedia(f"{path}: not a picture that can be read ({error}).") from error
        yield frame


def write_pictures(folder: Path, frames: Iterable[Array]) -> Iterator[int]:
    """Writes frames into an empty folder; yields how many there are so far."""
    from PIL import Image

    for index, frame in enumerate(frames):
        # fast rather than small: these are on their way to another program
        Image.fromarray(frame).save(folder / f"frame_{index}.png", compress_level=1)
        yield index + 1


@contextmanager
def whole_folder(path: Path | str) -> Iterator[Path]:
    """Gives a folder beside `path` to fill, which becomes `path` at the end, or vanishes on any error or Ctrl-C.

    What is under that name already is replaced if it is an empty folder or a sequence of frames, never otherwise.

    Raises:
        BadMedia: Something else is there, the folder around it is missing, or the disk is full.
    """
    path = Path(os.path.realpath(path))
    check_folder(path)
    mark = secrets.token_hex(4)
    part, old = (path.with_name(f".{path.name[:80]}.{mark}{end}") for end in ("", ".old"))
    try:
        part.mkdir()
        yield part
        check_folder(path)
        if path.exists():
            path.rename(old)
        try:
            part.rename(path)
        except BaseException:
            if old.exists():
                old.rename(path)
            raise
    except OSError as error:
        raise BadMedia(f"{path}: cannot be written ({error.strerror or error}).") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)


def check_folder(path: Path | str) -> None:
    """Whether a folder of frames can be written at `path`; BadMedia says why not and what to do."""
    path = Path(path)
    try:
        if path.is_dir() and path.samefile(os.curdir):  # whoever stands in it would be left in one that is gone
            raise BadMedia(f"{path}: is the folder you are in; name a folder inside it.")
        if path.is_dir():
            if any(path.iterdir()) and not is_sequence(path):
                raise BadMedia(f"{path}: holds something else than frames; name a new folder, or an empty one.")
        elif path.exists():
            raise BadMedia(f"{path}: is a file; name a folder for the frames, or end the name with .mp4.")
        elif not path.parent.is_dir():
            raise BadMedia(f"{path}: the folder around it does not exist; create it first: mkdir -p {path.parent}")
        if not os.access(path.parent, os.W_OK):
            raise BadMedia(f"{path}: no permission to write here; choose another folder.")
    except OSError as error:
        raise BadMedia(f"{str(path)[:80]}: cannot be a folder here ({error.strerror}); choose another name.") from error
