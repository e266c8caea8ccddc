"""The members of a zip or tar archive as plain files, unpacked one at a time; what is unsafe or damaged is refused.

Nothing that an archive says of itself is believed: bytes are counted as they come out, the name of a member never
becomes a path, and whatever is wrong with one member or with the rest of the archive is told in words.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from action_library.archive_stream import (
    AGAIN,
    CHUNK,
    DAMAGE,
    Disk,
    Forward,
    Refusal,
    Trap,
    check_ratio,
    decompressed,
    tar_chunks,
    zip_chunks,
)
from action_library.ingest import LARGEST_FILE
from motion_engine.errors import BadClip

MAP = ".map.yaml"
MOST_MEMBERS = 100_000
LONGEST_NAME = 1024  # characters, as the paths of most systems
DEVICES = (stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK)
IS_LINK = "is a link, which could lead out of the archive: pack the file that it leads to"
IS_DEVICE = "is a device or a pipe, not a file: pack files only"


@dataclass(frozen=True)
class Refused:
    """What cannot be taken, and why, in words."""

    label: str
    reason: str


@dataclass(frozen=True)
class Member:
    """A member of an archive, unpacked.

    Attributes:
        path: Where it lies now, alone in a folder of its own, which whoever takes it removes.
        label: What the user is told: "walks.zip/cmu/01_01.bvh".
        inner: Its name in the archive, safe to show and to make names of.
        size: Bytes.
        done: How much of the archive has been read, 0..1.
    """

    path: Path
    label: str
    inner: PurePosixPath
    size: int
    done: float

    def remove(self) -> None:
        """Removes the unpacked file."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


Wanted = Callable[[PurePosixPath], bool]


def unpack(path: Path, label: str, wanted: Wanted, scratch: Path) -> Iterator[Member | Refused]:
    """The members of an archive that are `wanted`, each unpacked into a folder of its own in `scratch`.

    A `NAME.map.yaml` is laid beside its motion: in a zip wherever it is, in a tar if it comes before or right after.

    Args:
        path: zip, tar, tar.gz, tar.bz2 or tar.xz, known by its first bytes.
        label: What the user calls the archive.
        wanted: Whether a member is wanted, by its name; raises `Refusal` for one that is to be refused.
        scratch: A folder that is there.

    Raises:
        BadClip: `scratch` cannot be written to: full, for example. Nothing that is wrong with the archive raises.
    """
    return _with_maps(_unpack(path, label, wanted, scratch))


def _unpack(path: Path, label: str, wanted: Wanted, scratch: Path) -> Iterator[Member | Refused]:
    try:
        with Disk(path) as disk:
            magic = disk.read(6)
            disk.seek(0)
            unpacking = _Unpacking(disk, label, wanted, scratch)
            yield from unpacking.zip() if magic[:2] == b"PK" else unpacking.tar(magic)
    except Refusal as error:
        yield Refused(label, str(error))
    except DAMAGE as error:
        yield Refused(label, f"{_damaged(error)}. What could be read before that was taken; {AGAIN}")


def _damaged(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno:  # of the system, not of what it read
        return f"cannot be read ({error.strerror})"
    return f"is damaged or no archive ({str(error) or type(error).__name__})"


def _check_count(count: int) -> None:
    if count > MOST_MEMBERS:
        raise Refusal(f"has more than {MOST_MEMBERS:,} members: split it, or unpack it and name the folder")


@dataclass(frozen=True)
class _Unpacking:
    """One run through an archive."""

    disk: Disk
    label: str
    wanted: Wanted
    scratch: Path

    def zip(self) -> Iterator[Member | Refused]:
        with zipfile.ZipFile(self.disk) as archive:
            members = archive.infolist()
            _check_count(len(members))
            members.sort(key=lambda info: not info.filename.lower().endswith(MAP))  # maps first, all else as it is
            for index, info in enumerate(members, 1):
                if info.is_dir():
                    continue
                mode = stat.S_IFMT(info.external_attr >> 16)
                fault = IS_LINK if mode == stat.S_IFLNK else IS_DEVICE if mode in DEVICES else ""
                chunks = zip_chunks(archive, info, self.disk)
                try:
                    found = self.member(info.filename, fault, chunks, info.file_size, index / len(members))
                except DAMAGE as error:  # the others are found by the table of contents all the same
                    found = Refused(self.shown(info.filename), f"{_damaged(error)}; {AGAIN}")
                if found:
                    yield found

    def tar(self, magic: bytes) -> Iterator[Member | Refused]:
        count = 0
        with decompressed(self.disk, magic) as stream:
            forward = Forward(stream, self.disk)
            with tarfile.TarFile(fileobj=forward) as archive:
                while (info := archive.next()) is not None:
                    archive.members.clear()  # type: ignore[attr-defined]  # it would remember all of them
                    count += 1
                    _check_count(count)
                    fault = IS_LINK if info.issym() or info.islnk() else "" if info.isfile() else IS_DEVICE
                    fault = "has holes (a sparse file): pack it without" if info.issparse() else fault
                    chunks = tar_chunks(archive, info)
                    if not info.isdir() and (found := self.member(info.name, fault, chunks, info.size, self.disk.done)):
                        yield found
            # `tarfile` takes a broken header for the end, which is in truth a block of zeros.
            if not forward.last or forward.last.strip(b"\0"):
                raise tarfile.ReadError(f"it breaks off after {count} members")
            while forward.read(CHUNK):  # the checksum of a packed one comes last
                pass

    def member(
        self, name: str, fault: str, chunks: Iterable[bytes], stated: int, done: float
    ) -> Member | Refused | None:
        """One member if it is wanted and can be taken; of a faulty one, and one not wanted, the name alone is read."""
        try:
            inner = safe_name(name)
            if fault:
                raise Refusal(fault)
            if not is_map(inner) and not self.wanted(inner):
                return None
            path, size = self.write(inner, chunks, stated)
        except Trap:
            raise
        except Refusal as error:
            return Refused(self.shown(name), str(error))
        return Member(path, self.shown(str(inner)), inner, size, done)

    def write(self, inner: PurePosixPath, chunks: Iterable[bytes], stated: int) -> tuple[Path, int]:
        """`chunks` as a file of its own, and its bytes; Refusal, and no file, if they are too many or too few."""
        size, before = 0, self.disk.taken
        with _room(self.scratch):
            folder = Path(tempfile.mkdtemp(dir=self.scratch))
            path = folder / (re.sub(r"[^\w.-]", "_", inner.stem)[:50].lstrip(".") + inner.suffix)
            out = path.open("wb", buffering=0)  # so that a full disk is told by a write and never by closing
        try:
            with out:
                for data in chunks:
                    size += len(data)
                    if size > LARGEST_FILE:
                        raise Refusal(f"unpacks to more than {LARGEST_FILE >> 20} MB: split it")
                    check_ratio(size, self.disk.taken - before)
                    rest = memoryview(data)
                    while rest:
                        with _room(self.scratch):
                            rest = rest[out.write(rest) :]
            if size != stated:
                raise Refusal(f"is damaged: {size:,} bytes where {stated:,} are stated; {AGAIN}")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return path, size

    def shown(self, name: str) -> str:
        """What the user is told of a member, whatever its name is."""
        return f"{self.label}/{clean(name)[:LONGEST_NAME]}"


def _with_maps(found: Iterable[Member | Refused]) -> Iterator[Member | Refused]:
    """`found` without the maps, which are laid beside their motions."""
    maps: dict[PurePosixPath, Member] = {}
    passed: set[PurePosixPath] = set()
    held: Member | Refused | None = None  # until what comes after it is known
    for item in found:
        if isinstance(item, Member) and is_map(item.inner):
            if isinstance(held, Member) and held.inner.with_suffix(MAP) == item.inner:
                _lay_beside(held, item)
            elif item.inner in passed:
                item.remove()
                yield Refused(item.label, "comes long after its motion, which was read without: unpack the archive")
            else:
                maps[item.inner] = item
            continue
        if held:
            yield held
        held = item
        if isinstance(item, Member):
            passed.add(item.inner.with_suffix(MAP))
            if stated := maps.pop(item.inner.with_suffix(MAP), None):
                _lay_beside(item, stated)
    if held:
        yield held
    for item in maps.values():
        item.remove()


def _lay_beside(motion: Member, stated: Member) -> None:
    os.replace(stated.path, motion.path.with_suffix(MAP))
    stated.remove()


def is_map(name: PurePosixPath) -> bool:
    """Whether a file states something of the motion beside it."""
    return name.name.lower().endswith(MAP)


@contextmanager
def _room(scratch: Path) -> Iterator[None]:
    """BadClip if `scratch` cannot be written to: no fault of the archive, and the next member would meet it too."""
    try:
        yield
    except OSError as error:
        raise BadClip(
            f"archives cannot be unpacked here ({error.strerror or error}): free some space, or set TMPDIR to a folder "
            "with more",
            path=scratch,
        ) from error


def safe_name(name: str) -> PurePosixPath:
    """A member's name as a relative one that can be shown; Refusal if it leads out of the archive or is none."""
    plain = name.replace("\\", "/")  # some packers on Windows write these
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    if len(name) > LONGEST_NAME:
        raise Refusal(f"has a name of {len(name):,} characters, {LONGEST_NAME:,} are allowed: rename it")
    if plain.startswith("/") or re.match(r"[A-Za-z]:/", plain):
        raise Refusal("has an absolute name, which could lead anywhere: pack it by a relative one")
    if ".." in parts or not parts:
        raise Refusal('has a name that leads out of the archive (".."): pack it by a name inside')
    return PurePosixPath(*map(clean, parts))


def clean(name: str) -> str:
    """`name` with what cannot be printed, or encoded, replaced."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in name)
