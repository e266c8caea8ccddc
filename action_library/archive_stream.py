"""Bytes out of archives, counted as they come: reading stops where an honest archive would have ended."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

LARGEST_WHOLE = 64 << 30  # bytes that one archive may unpack to
LARGEST_READ = 64 << 20  # bytes; zip's table of contents and tar's long names are read in one go
HIGHEST_RATIO = 200  # times what is packed; BVH text, the most repetitive of our formats, packs 10:1
RATIO_FROM = 64 << 20  # bytes; smaller ones do no harm
CHUNK = 1 << 18
# Of other ways Python's zipfile bounds only what goes in: 600 bytes of bzip2 took 1.2 GB of memory.
ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What the readers of the standard library raise for damaged bytes.
DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # too many nested headers, unknown ways of packing
    LookupError,
    ArithmeticError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
)
AGAIN = "get or pack it again"


class Refusal(Exception):
    """Why a member, or the rest of an archive, is not taken, in words."""


class Trap(Refusal):
    """Why nothing more of an archive is read: one trap is enough, many would take days."""


class Disk(io.FileIO):
    """An archive on disk that counts what is read of it (`taken`, bytes) and what comes out of it (`given`)."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.size, self.taken, self.given = max(1, path.stat().st_size), 0, 0

    def read(self, size: int | None = -1, /) -> bytes:
        """As of a file, but never more at once than any archive needs."""
        _check_read(self.size - self.tell() if size is None or size < 0 else size)
        data = super().read(size) or b""
        self.taken += len(data)
        return data

    def give(self, data: bytes) -> bytes:
        """Counts unpacked `data`; Trap if the whole is too large or unpacks to far more than it is."""
        self.given += len(data)
        if self.given > LARGEST_WHOLE:
            raise Trap(f"unpacks to more than {LARGEST_WHOLE >> 30} GB: split it")
        check_ratio(self.given, min(self.taken, self.size))
        return data

    @property
    def done(self) -> float:
        """How much of it was read, 0..1."""
        return min(1.0, self.taken / self.size)


def check_ratio(given: int, taken: int) -> None:
    """Trap if `given` bytes came out of suspiciously few."""
    if given > RATIO_FROM and given > HIGHEST_RATIO * taken:
        raise Trap(f"unpacks to more than {HIGHEST_RATIO} times its size, as only a trap does: unpack it yourself")


def _check_read(size: int) -> None:
    if not 0 <= size <= LARGEST_READ:
        raise Trap(f"has a header of more than {LARGEST_READ >> 20} MB, as only a trap has: {AGAIN}")


class Forward(io.RawIOBase):
    """What is unpacked of a tar, read forward only: `tarfile` never has to go back, and packed ones could not."""

    def __init__(self, stream: IO[bytes], disk: Disk) -> None:
        super().__init__()
        self.stream, self.disk, self.position, self.last = stream, disk, 0, b""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes; Trap if they are more than an honest archive has."""
        _check_read(size)
        self.last = self.disk.give(self.stream.read(size))
        self.position += len(self.last)
        return self.last

    def tell(self) -> int:
        """Bytes from the beginning."""
        return self.position

    def seek(self, position: int, whence: int = 0, /) -> int:
        """Reads on to `position`, or to the end if that is nearer."""
        if position < self.position or whence:
            raise tarfile.ReadError("its headers lead backwards")
        while self.position < position and self.read(min(CHUNK, position - self.position)):
            pass
        return self.position


def decompressed(disk: Disk, magic: bytes) -> IO[bytes]:
    """The tar that is packed in `disk`, by its first bytes `magic`; whatever else it is, `tarfile` will say."""
    if magic[:2] == b"\x1f\x8b":
        return cast(IO[bytes], gzip.GzipFile(fileobj=disk))
    if magic[:3] == b"BZh":
        return cast(IO[bytes], bz2.BZ2File(disk))
    return cast(IO[bytes], lzma.LZMAFile(disk) if magic == b"\xfd7zXZ\0" else disk)


def zip_chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo, disk: Disk) -> Iterator[bytes]:
    """What is unpacked of a member of a zip; Refusal if it is encrypted or oddly packed."""
    if info.flag_bits & 1:
        raise Refusal("is encrypted: unpack the archive with its password, and name the folder")
    if info.compress_type not in ZIP_METHODS:
        raise Refusal(
            "is not packed by deflate, as zip files mostly are: pack it again, or unpack it and name the folder"
        )
    with archive.open(info) as member:
        while data := member.read(CHUNK):
            yield disk.give(data)


def tar_chunks(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    """What is unpacked of the member of a tar that was found last."""
    member = archive.extractfile(info)
    while member and (data := member.read(CHUNK)):
        yield data
