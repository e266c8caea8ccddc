"""Plain arrays out of numpy's `.npz` files, however the files lie about themselves."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path

import numpy as np

from motion_engine.errors import BadClip
from motion_engine.types import Array


def read_arrays(path: Path | str, wanted: Collection[str], largest: int, data: bytes | None = None) -> dict[str, Array]:
    """Those of the `wanted` arrays that are there; nothing is unpickled, nothing larger is unpacked.

    Args:
        path: The file.
        wanted: Names of arrays.
        largest: How many bytes one array may have.
        data: What the file contains, if that is known already; `path` only says where it comes from then.

    Raises:
        BadClip: The file cannot be read, is no npz, or one of the arrays is damaged, too large or not plain.
    """
    try:
        file = np.load(io.BytesIO(Path(path).read_bytes() if data is None else data), allow_pickle=False)
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise BadClip("not an npz file", path=path)
        with file:
            assert file.zip is not None
            for entry in file.zip.infolist():
                if entry.filename.removesuffix(".npy") in wanted and entry.file_size > largest:
                    size = f"{entry.file_size >> 20} MB, {largest >> 20} are allowed"
                    raise BadClip(f"{entry.filename} unpacks to {size}: split it", path=path)
            arrays = {name: file[name] for name in file.files if name in wanted}
    except OSError as error:
        raise BadClip(f"cannot be read: {error.strerror or error}", path=path) from error
    except MemoryError as error:
        raise BadClip("an array says that it is larger than the memory", path=path) from error
    except (ValueError, EOFError, KeyError, RuntimeError, SyntaxError, TypeError) as error:
        raise BadClip(f"not an npz file of plain arrays: {error}", path=path) from error
    except (OverflowError, zipfile.BadZipFile, zlib.error) as error:
        raise BadClip(f"not an npz file of plain arrays: {error}", path=path) from error
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # a member that is no npy file comes as bytes
            raise BadClip(f"{name} is no array", path=path)
    return arrays


def finite(arrays: dict[str, Array], name: str, path: Path | str, most: float = np.inf) -> Array:
    """The array `name` as float64; BadClip if it is not there, holds no numbers or any above `most` or not finite."""
    if name not in arrays:
        raise BadClip(f'no array "{name}" in the file', path=path)
    if arrays[name].dtype.kind not in "fiu":
        raise BadClip(f"{name} does not hold numbers", path=path)
    with np.errstate(over="ignore"):
        array: Array = arrays[name].astype(np.float64)
    if not np.isfinite(array).all():
        raise BadClip(f"{name} has a value that is not finite", path=path)
    if array.size and np.abs(array).max() > most:
        raise BadClip(f"{name} has a value of {np.abs(array).max():.3g}, beyond {most:g}", path=path)
    return array
