"""The container of glTF 2.0: chunks, JSON, buffers, accessors and the tree of nodes, each checked before it is used.

Source: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from motion_engine.errors import BadClip
from motion_engine.types import Array

LARGEST_FILE = 512 * 1024 * 1024  # bytes
LARGEST_NUMBER = 1e9
MOST_NODES, MOST_VALUES = 10_000, 2**25  # the second: 256 MB of float64
_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}


class GltfFile:
    """The document, its buffers, and the tree of its nodes."""

    def __init__(self, path: Path | str) -> None:
        self.path = path
        try:
            if Path(path).stat().st_size > LARGEST_FILE:
                raise BadClip(f"has more than {LARGEST_FILE >> 20} MB: split it", path=path)
            data = Path(path).read_bytes()
        except OSError as error:
            raise BadClip(f"cannot be read: {error.strerror or error}", path=path) from error
        text, self.binary = self._chunks(data) if data[:4] == b"glTF" else (data, b"")
        try:
            self.document: dict[str, Any] = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadClip(f"not glTF: its JSON cannot be read ({error})", path=path) from error
        if not isinstance(self.document, dict) or "asset" not in self.document:
            raise BadClip('not glTF: no "asset"', path=path)
        self.nodes: list[dict[str, Any]] = list(self.document.get("nodes", ()))
        if len(self.nodes) > MOST_NODES:
            raise BadClip(f"has {len(self.nodes)} nodes, {MOST_NODES} are allowed", path=path)
        self.buffers: dict[int, bytes] = {}
        self.parents = [-1] * len(self.nodes)
        for number, node in enumerate(self.nodes):
            for child in node.get("children", ()):
                self.item("nodes", child)
                if self.parents[child] >= 0:
                    raise BadClip(f"node {child} has two parents", path=path)
                self.parents[child] = number
        self.order = [number for number, parent in enumerate(self.parents) if parent < 0]  # parents before children
        for number in self.order:
            self.order += self.nodes[number].get("children", ())
        if len(self.order) < len(self.nodes):
            raise BadClip("nodes are their own ancestors", path=path)

    def _chunks(self, data: bytes) -> tuple[bytes, bytes]:
        """The JSON and the binary chunk of a `.glb`."""
        if len(data) < 20 or struct.unpack_from("<I", data, 4)[0] != 2:
            raise BadClip("truncated, or not version 2 of glTF", path=self.path)
        chunks: dict[bytes, bytes] = {}
        at, total = 12, struct.unpack_from("<I", data, 8)[0]
        if total > len(data):
            raise BadClip(f"truncated: {len(data)} bytes of {total}", path=self.path)
        while at + 8 <= total:
            size, kind = struct.unpack_from("<I4s", data, at)
            if at + 8 + size > total:
                raise BadClip("truncated: a chunk ends beyond the file", path=self.path)
            chunks.setdefault(kind, data[at + 8 : at + 8 + size])
            at += 8 + size
        return chunks.get(b"JSON", b""), chunks.get(b"BIN\0", b"")

    def item(self, kind: str, index: Any) -> dict[str, Any]:
        """Entry `index` of the document's list `kind`."""
        entries = self.document.get(kind, [])
        if type(index) is not int or not 0 <= index < len(entries) or not isinstance(entries[index], dict):
            raise BadClip(f"{index!r:.40} is none of the {len(entries)} {kind}", path=self.path)
        return dict(entries[index])

    def buffer(self, index: int) -> bytes:
        """The bytes of a buffer inside the file."""
        if index not in self.buffers:
            uri = self.item("buffers", index).get("uri")
            if uri is None and index == 0 and self.binary:
                self.buffers[index] = self.binary
            elif isinstance(uri, str) and uri.startswith("data:") and ";base64," in uri:
                try:
                    self.buffers[index] = base64.b64decode(uri.partition(",")[2], validate=True)
                except binascii.Error as error:
                    raise BadClip(f"buffer {index} is not base64: {error}", path=self.path) from error
            else:
                raise BadClip(f"buffer {index} is in another file: export as .glb", path=self.path)
        return self.buffers[index]

    def array(self, index: Any, width: int) -> Array:
        """The numbers `(count, width)` of an accessor, float64."""
        accessor = self.item("accessors", index)
        if "sparse" in accessor or "bufferView" not in accessor:
            raise BadClip(f"accessor {index} is sparse: export without sparse accessors", path=self.path)
        view = self.item("bufferViews", accessor["bufferView"])
        if "extensions" in view:
            raise BadClip("its buffers are compressed: export without compression", path=self.path)
        data, kind = self.buffer(view["buffer"]), np.dtype(_TYPES[accessor["componentType"]])
        count, start, within = accessor["count"], accessor.get("byteOffset", 0), view.get("byteOffset", 0)
        stride = view.get("byteStride", width * kind.itemsize)
        if any(type(n) is not int or n < 0 for n in (count, start, within, stride, view["byteLength"])) or not count:
            raise BadClip(f"accessor {index} has a count or an offset that cannot be", path=self.path)
        end = start + (count - 1) * stride + width * kind.itemsize
        if _WIDTHS[accessor["type"]] != width or end > view["byteLength"] or within + end > len(data):
            raise BadClip(f"accessor {index} is of another type, or ends beyond its buffer", path=self.path)
        if count * width > MOST_VALUES or stride < width * kind.itemsize:
            raise BadClip(f"accessor {index} has too many values, or they overlap", path=self.path)
        raw = np.ndarray((count, width), kind, data, within + start, (stride, kind.itemsize))
        if not (np.isfinite(raw).all() and np.abs(raw.astype(np.float64)).max() < LARGEST_NUMBER):
            raise BadClip(f"accessor {index} has a value that is not finite or beyond 10⁹", path=self.path)
        values = raw.astype(np.float64)
        return values if kind.kind == "f" else np.maximum(values / np.iinfo(kind).max, -1.0)
