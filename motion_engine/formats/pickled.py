"""Arrays out of pickle files, without running anything that the files say.

A pickle is a program: it calls whatever it names. Here the only names are those of numpy's arrays, scipy's sparse
matrices, chumpy's expressions and plain containers. Each stands for a passive record that keeps what it is given;
records become arrays afterwards, in our own code. A file with any other name is refused.
"""

from __future__ import annotations

import io
import math
import pickle
import re
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from motion_engine.errors import BadClip
from motion_engine.types import Array

_NUMPY_CORE = re.compile(r"numpy\.(_core|core)\.(multiarray|numeric)")
_SPARSE = re.compile(r"scipy\.sparse(\._?\w+)*")
_CHUMPY = re.compile(r"chumpy(\.\w+)*")
_NUMBER = re.compile(r"[fiu][1248]")
_NESTED = 8  # expressions in expressions; real files have two


class _Record:
    """Whatever a pickle builds: the name it asked for, and what it put in."""

    kind: ClassVar[str] = ""
    args: tuple[Any, ...]
    state: Any

    def __new__(cls, *args: Any) -> _Record:
        record = object.__new__(cls)
        record.args, record.state = args, None
        return record

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Refused(Exception):
    """The file asks for something that no body model needs."""


class _Unpickler(pickle._Unpickler):
    """The unpickler in Python: the one in C grows its tables to whatever size a file says."""

    def find_class(self, module: str, name: str) -> Any:
        known = (
            (_NUMPY_CORE.fullmatch(module) and name in ("_reconstruct", "_frombuffer", "scalar"))
            or (module == "numpy" and name in ("ndarray", "dtype"))
            or (_SPARSE.fullmatch(module) and name in ("csc_matrix", "csr_matrix", "csc_array", "csr_array"))
            or (_CHUMPY.fullmatch(module) and name.isidentifier())
            or (module in ("copy_reg", "copyreg") and name == "_reconstructor")
            or (module in ("__builtin__", "builtins") and name in ("object", "set", "frozenset", "bytes", "bytearray"))
            or (module == "_codecs" and name == "encode")
        )
        if not known:
            raise _Refused(f"it asks for {module[:60]}.{name[:60]}, which no body model needs")
        kind = "chumpy" if _CHUMPY.fullmatch(module) and name != "Select" else name
        return type(kind, (_Record,), {"kind": kind})


def read_pickled(path: Path | str) -> dict[str, Any]:
    """The dictionary in a pickle file, of any protocol, Python 2's too; values are for `array_of`.

    Raises:
        BadClip: The file cannot be read, is damaged, or asks for anything but arrays.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise BadClip(f"cannot be read: {error.strerror or error}", path=path) from error
    try:
        content = _Unpickler(io.BytesIO(data), encoding="latin1").load()
    except _Refused as error:
        raise BadClip(f"refused, nothing of it was run: {error}", path=path) from None
    except Exception as error:  # a damaged pickle fails in any way
        raise BadClip(f"not a pickle file that can be read ({type(error).__name__})", path=path) from error
    if not isinstance(content, dict):
        raise BadClip("the pickle holds no dictionary: not a body model", path=path)
    return {name: value for name, value in content.items() if isinstance(name, str)}


def array_of(value: Any, name: str, path: Path | str) -> Array:
    """What `value` of `read_pickled` stands for, as an array of numbers; BadClip if it does not."""
    try:
        return _array(value, _NESTED)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, MemoryError) as error:
        raise BadClip(f"{name} is not an array of numbers that can be read", path=path) from error


def _array(value: Any, depth: int) -> Array:
    if not isinstance(value, _Record) or not depth:
        raise ValueError("not an array")
    kind, state = value.kind, value.state
    if kind == "_reconstructor":  # how Python 2 wrote objects
        kind = value.args[0].kind
    if kind == "_frombuffer":
        raw, dtype, shape, order = value.args
        return _plain(raw, dtype, shape, order == "F")
    if kind in ("_reconstruct", "ndarray"):
        shape, dtype, fortran, raw = state[-4:]
        return _plain(raw, dtype, shape, bool(fortran))
    if kind[:3] in ("csc", "csr"):
        return _sparse(state, kind[:3], depth)
    if kind == "Select":  # some of the entries of another expression
        chosen = _array(state["a"], depth - 1).ravel()[_array(state["idxs"], depth - 1).astype(np.intp)]
        return chosen.reshape(state["preferred_shape"]) if "preferred_shape" in state else chosen
    return _array(state["x"], depth - 1)  # chumpy's constants; other expressions have no "x"


def _plain(raw: Any, dtype: Any, shape: Any, fortran: bool) -> Array:
    """An array from its bytes, which Python 2 wrote as text and protocol 2 as encoded text."""
    if isinstance(raw, _Record) and raw.kind == "encode":
        raw = raw.args[0]
    data = raw.encode("latin1") if isinstance(raw, str) else bytes(memoryview(raw))
    if dtype.kind != "dtype" or not _NUMBER.fullmatch(dtype.args[0]):
        raise ValueError("no numbers")
    order = dtype.state[1] if dtype.state else "<"
    number = np.dtype(dtype.args[0]).newbyteorder(">" if order == ">" else "<")
    if min(shape, default=1) < 0 or math.prod(shape) * number.itemsize != len(data):
        raise ValueError("another size than it says")
    return np.frombuffer(data, number).reshape(shape, order="F" if fortran else "C")


def _sparse(state: Any, kind: str, depth: int) -> Array:
    """A compressed matrix, unpacked; numpy checks what scipy would trust."""
    data, indices, starts = (_array(state[name], depth - 1) for name in ("data", "indices", "indptr"))
    rows, columns = state["_shape"] if "_shape" in state else state["shape"]
    lines = columns if kind == "csc" else rows
    if not (0 <= rows * columns < 2**28 and len(starts) == lines + 1 and len(data) == len(indices)):
        raise ValueError("another size than it says")
    line = np.repeat(np.arange(lines), np.diff(starts))
    matrix = np.zeros((rows, columns))
    np.add.at(matrix, (indices, line) if kind == "csc" else (line, indices), data)
    return matrix
