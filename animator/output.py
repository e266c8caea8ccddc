"""Files that are either whole or not there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from motion_engine.errors import BadMedia


@contextmanager
def whole_file(path: Path | str, suffixes: Sequence[str]) -> Iterator[Path]:
    """Gives a name beside `path` to write to, which becomes `path` at the end, or vanishes on any error or Ctrl-C.

    Raises:
        BadMedia: The suffix is none of `suffixes`, or the folder is missing or cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        raise BadMedia(f'{path}: cannot write "{path.suffix}" files; end the name with {" or ".join(suffixes)}.')
    if path.is_dir():
        raise BadMedia(f"{path} is a folder; give the name of a file.")
    if not path.parent.is_dir():
        raise BadMedia(f"{path}: the folder does not exist; create it first: mkdir -p {path.parent}")
    part = path.with_name(f".{path.stem[:80]}.{secrets.token_hex(4)}{path.suffix}")
    try:
        part.touch(exist_ok=False)
    except OSError as error:
        raise BadMedia(f"{path}: cannot write here ({error.strerror}); choose another folder.") from error
    try:
        yield part
        try:
            os.replace(part, path)
        except OSError as error:
            raise BadMedia(f"{path}: cannot be written ({error.strerror}); is it open elsewhere?") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
