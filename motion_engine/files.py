"""Files that are either whole or not there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from motion_engine.errors import BadMedia


def check_target(path: Path, suffixes: Sequence[str] = ()) -> None:
    """Whether a file can be written at `path`; BadMedia says why not and what to do.

    Args:
        path: Where.
        suffixes: The kinds of file that can be written, ".bvh" for example; empty: any.
    """
    try:
        _check(path, suffixes)
    except OSError as error:  # a name that is too long, for example
        raise BadMedia(f"{str(path)[:80]}: cannot be a file here ({error.strerror}); choose another name.") from error


def _check(path: Path, suffixes: Sequence[str]) -> None:
    if suffixes and path.suffix.lower() not in suffixes:
        raise BadMedia(f'{path}: cannot write "{path.suffix}" files; end the name with {" or ".join(suffixes)}.')
    if path.is_dir():
        raise BadMedia(f"{path} is a folder; give the name of a file.")
    if not path.parent.is_dir():
        raise BadMedia(f"{path}: the folder does not exist; create it first: mkdir -p {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise BadMedia(f"{path}: no permission to write here; choose another folder.")


@contextmanager
def whole_file(path: Path | str, suffixes: Sequence[str] = ()) -> Iterator[Path]:
    """Gives a name beside `path` to write to, which becomes `path` at the end, or vanishes on any error or Ctrl-C.

    Raises:
        BadMedia: As `check_target`, or the disk is full.
    """
    path = Path(path)
    check_target(path, suffixes)
    part = path.with_name(f".{path.stem[:80]}.{secrets.token_hex(4)}{path.suffix}")
    try:
        part.touch(exist_ok=False)
        yield part
        os.replace(part, path)
    except OSError as error:
        raise BadMedia(f"{path}: cannot be written ({error.strerror or error}).") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
