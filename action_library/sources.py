"""From what somebody names (files, folders, patterns, archives) to plain files, one at a time."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from action_library.archive_stream import Refusal
from action_library.archives import Member, Refused, clean, is_map, unpack
from motion_engine.errors import BadClip

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
PACKED = (".7z", ".rar", ".zst", ".gz", ".bz2", ".xz")  # that are not unpacked here
SIDECARS = ("actions.csv", "actions.json")  # say something of the motions beside them


@dataclass(frozen=True)
class Source:
    """A file to import. It can be pickled: worker processes read `path`.

    Attributes:
        path: A plain file: the user's own, or a member of an archive, unpacked.
        label: What the user is told: "walks.zip/cmu/01_01.bvh".
        relative: Its name inside the named folder or archive, to make names of. An archive in a folder is a folder.
        size: Bytes.
        done: How far into all that was named, 0..1, for a progress bar.
        member: Of an archive, unpacked: `path` is a copy of our own.
    """

    path: Path
    label: str
    relative: PurePosixPath
    size: int
    done: float
    member: Member | None = None

    def release(self) -> None:
        """Removes the unpacked copy, once it has been read; a file of the user's stays."""
        if self.member:
            self.member.remove()


@dataclass(frozen=True)
class _Named:
    """What one argument names: a file, or a folder with the pattern that its files fit."""

    root: Path
    label: str
    pattern: tuple[str, ...] = ()


@dataclass(frozen=True)
class _File:
    """A motion or an archive on disk."""

    path: Path
    label: str
    relative: PurePosixPath
    size: int
    itself: bool = False  # named itself, not by its folder


def find_sources(
    paths: Sequence[str | Path], suffixes: Collection[str], scratch: Path, passed: Counter[str] | None = None
) -> Iterator[Source | Refused]:
    """The motion files in what `paths` name, sorted, and what is refused, with the reason; hidden ones are skipped.

    Members of archives are unpacked as they are asked for: take as many as you work on, and `release` each.

    Args:
        paths: Files, folders (with all below), patterns ("walks/**/*.bvh") and archives, which folders may hold too.
        suffixes: Of motion files, ".bvh" for example. Others are passed over, unless they are named themselves.
        scratch: A folder for what is unpacked. The caller makes and removes it, after the last source was read.
        passed: Counts up what was passed over, by suffix.

    Raises:
        BadClip: A path is missing, a pattern fits nothing (both before anything is read), or `scratch` is full.
    """
    finding = _Finding({suffix.lower() for suffix in suffixes}, scratch, Counter() if passed is None else passed)
    return finding.sources([file for path in paths for file in finding.files(path)])


@dataclass(frozen=True)
class _Finding:
    """One search: what is sought, and where to unpack."""

    suffixes: Collection[str]
    scratch: Path
    passed: Counter[str]

    def files(self, path: str | Path) -> Iterator[_File | Refused]:
        """The motions and archives on disk that an argument names; BadClip if there is none."""
        named = _named(path)
        if named.root.is_dir():
            found = list(self.walk(named))
            if named.pattern and not found:
                raise BadClip("no file fits this pattern; check its folder, or name the folder itself", path=str(path))
            yield from found
            return
        name = PurePosixPath(clean(named.root.name))
        try:
            if _says_of_others(name):
                raise Refusal("is no motion but says something of one: name the motion or the folder")
            if not _is_wanted(name, self.suffixes, ARCHIVES):
                known = ", ".join(sorted((*self.suffixes, *ARCHIVES)))
                raise Refusal(f"is of no kind that holds motions; known are {known}")
            yield _on_disk(named.root, named.label, name, itself=True)
        except Refusal as error:
            yield Refused(named.label, str(error))

    def walk(self, named: _Named) -> Iterator[_File | Refused]:
        """The motions and archives in a folder that fit the pattern; what leads out of it is refused."""
        top, stack = named.root.resolve(), [PurePosixPath()]
        while stack:
            inside = stack.pop()
            below = []
            try:
                with os.scandir(named.root / inside) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                yield Refused(clean(str(Path(named.label) / inside)), f"cannot be read: {error.strerror or error}")
                continue
            for entry in listed:
                relative = inside / entry.name
                if _hidden(entry.name) or not fits(relative.parts, named.pattern, whole=False):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    below.append(relative)
                elif fits(relative.parts, named.pattern, whole=True):
                    yield from self.entry(entry, named, relative, top)
            stack += reversed(below)

    def entry(
        self, entry: os.DirEntry[str], named: _Named, relative: PurePosixPath, top: Path
    ) -> Iterator[_File | Refused]:
        """A file or link in a folder, if it is taken."""
        label, name = clean(str(Path(named.label) / relative)), PurePosixPath(clean(str(relative)))
        path = Path(entry.path)
        try:
            if entry.is_symlink():
                if not path.resolve(strict=True).is_relative_to(top):
                    raise Refusal("is a link that leads out of the folder: name what it leads to")
                if path.is_dir():  # found by its own name
                    return
            if self.wanted(name, ARCHIVES):
                yield _on_disk(path, label, name)
        except Refusal as error:
            yield Refused(label, str(error))
        except (OSError, RuntimeError) as error:  # a link to itself or to nothing, or gone meanwhile
            yield Refused(label, f"cannot be read: {getattr(error, 'strerror', None) or error}")

    def sources(self, files: Sequence[_File | Refused]) -> Iterator[Source | Refused]:
        """The motions in `files`, archives unpacked."""
        total = sum(file.size for file in files if isinstance(file, _File)) or 1
        before = 0
        for file in files:
            if isinstance(file, Refused):
                yield file
                continue
            if file.path.name.lower().endswith(ARCHIVES):
                yield from self.members(file, before, total)
            else:
                yield Source(file.path, file.label, file.relative, file.size, (before + file.size) / total)
            before += file.size

    def members(self, file: _File, before: int, total: int) -> Iterator[Source | Refused]:
        """The motions in an archive."""
        name = file.relative.name
        suffix = max((suffix for suffix in ARCHIVES if name.lower().endswith(suffix)), key=len)
        folder = PurePosixPath() if file.itself else file.relative.with_name(name[: -len(suffix)] or name)
        for found in unpack(file.path, file.label, self.wanted, self.scratch):
            if isinstance(found, Refused):
                yield found
                continue
            done = (before + found.done * file.size) / total
            yield Source(found.path, found.label, folder / found.inner, found.size, done, found)

    def wanted(self, name: PurePosixPath, archives: tuple[str, ...] = ()) -> bool:
        """As `_is_wanted`; counts what is passed over."""
        if any(map(_hidden, name.parts)):
            return False
        wanted = _is_wanted(name, self.suffixes, archives)
        if not wanted:
            self.passed[name.suffix.lower() or "no suffix"] += 1
        return wanted


def _is_wanted(name: PurePosixPath, suffixes: Collection[str], archives: tuple[str, ...]) -> bool:
    """Whether a file is a motion, or an archive of a kind that can be read here; Refusal of other archives."""
    lower = name.name.lower()
    if lower.endswith(archives):
        return True
    if lower.endswith((*ARCHIVES, *PACKED)):
        where = "in a way that is not read here" if archives else "once more, inside the archive"
        raise Refusal(f"is packed {where}: unpack it yourself, and name the folder")
    return name.suffix.lower() in suffixes and not _says_of_others(name)


def _named(path: str | Path) -> _Named:
    """What `path` names; BadClip if there is no such thing. What is there is no pattern, whatever its name."""
    given = Path(path)
    label = clean(str(given))
    try:
        if given.exists():
            return _Named(given, label)
        index = next((i for i, part in enumerate(given.parts) if set(part) & set("*?[")), None)
        if index is not None:
            root = Path(*given.parts[:index])
            if root.is_dir():
                return _Named(root, clean(str(root)), given.parts[index:])
            label = clean(str(root))
    except OSError as error:
        raise BadClip(f"cannot be read: {error.strerror or error}", path=label[:200]) from None
    raise BadClip("no such file or folder; check the name, and from which folder you call", path=label[:200])


def _on_disk(path: Path, label: str, relative: PurePosixPath, *, itself: bool = False) -> _File:
    if not path.is_file():
        raise Refusal("is a device or a pipe, not a file")
    return _File(path, label, relative, path.stat().st_size, itself)


def fits(parts: Sequence[str], pattern: Sequence[str], *, whole: bool) -> bool:
    """Whether a relative path fits a pattern, or lies in a folder that does.

    Args:
        parts: Of the path.
        pattern: Its parts; "**" stands for any number of folders, empty: everything fits.
        whole: Whether it must fit the whole pattern; False: it may lead there.
    """
    if not pattern:
        return True
    if not parts:
        return not whole or all(part == "**" for part in pattern)
    if pattern[0] == "**":
        return any(fits(parts[i:], pattern[1:], whole=whole) for i in range(len(parts) + 1))
    return fnmatchcase(parts[0], pattern[0]) and fits(parts[1:], pattern[1:], whole=whole)


def _says_of_others(name: PurePosixPath) -> bool:
    return is_map(name) or name.name.lower() in SIDECARS


def _hidden(part: str) -> bool:
    return part.startswith(".") or part == "__MACOSX"
