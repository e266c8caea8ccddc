"""Writing files so that a reader sees a whole one or none."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from motion_engine.errors import BadClip


def write_whole(path: Path | str, data: bytes) -> None:
    """Writes to a temporary file in the same folder, then renames it over `path`.

    Raises:
        BadClip: The file cannot be written; nothing is left behind.
    """
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            temporary.chmod(0o644)
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise BadClip(f"cannot be written: {error.strerror or error}", path=path) from error
