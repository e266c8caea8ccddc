"""What a worker process does when a collection is imported: one file becomes actions, ready to be stored."""

from __future__ import annotations

import hashlib
import re
import signal
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from action_library.action import LONGEST_NAME, MOST_TAGS, Action
from action_library.ingest import GLTF, MOTIONS, SCRIPTS, canonical, ingest, part_of, read_motion
from action_library.titles import Title
from motion_engine.errors import BadClip, LimitExceeded
from motion_engine.rig import Reading
from motion_engine.types import Clip

BLOCK = 1800.0  # s of a long recording that are cut into actions at once
SUFFIXES = (*MOTIONS, *SCRIPTS)
Report = Callable[[Reading], None]
_GAPS = re.compile(r"[\W_]+")
_SNIFFED = 1 << 20  # bytes in which a file of words must show that it is a motion


@dataclass(frozen=True)
class Job:
    """One file to read, and what is known of it before."""

    path: Path
    label: str
    title: Title
    segment: bool
    named: bool  # the user named the file itself, not its folder or archive


@dataclass(frozen=True)
class Made:
    """What became of a job."""

    label: str
    digest: str = ""  # of the file and of how it was read
    actions: tuple[tuple[Action, bytes, bytes], ...] = ()  # as stored: document, track, motion vector
    note: str = ""
    reading: Reading | None = None  # how its skeleton was read; None: it is ours, or the file is a script
    failure: str = ""
    passed: bool = False  # no motion file; nothing to tell
    known: bool = False  # its digest was among those that had been imported


_known: frozenset[str] = frozenset()


def start_worker(known: frozenset[str]) -> None:
    """Prepares a worker process: Ctrl-C is for the one that started it. `known`: digests that need not be read."""
    global _known  # noqa: PLW0603  a worker has no other place to keep it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _known = known


def guard(memory: int, seconds: int) -> None:
    """Limits this process to so many bytes and so much computing, where the system can."""
    start_worker(frozenset())
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def work(job: Job) -> Made:
    """Reads a file and makes actions of it; whatever is wrong with the file becomes `failure`."""
    return make(job, _known)


def make(job: Job, known: frozenset[str]) -> Made:
    """See `work`."""
    made = Made(job.label, note=job.title.note)
    try:
        if not job.named and not _may_be_motion(job.path):
            return replace(made, passed=True)
        made = replace(made, digest=_digest(job))
        if made.digest in known:
            return replace(made, known=True)
        readings: list[Reading] = []
        cut = job.segment and job.path.suffix.lower() in MOTIONS
        actions = _segments(job, readings.append) if cut else _whole(job, readings.append)
        packed = tuple(_packed(action, clip) for action, clip in actions)
        return replace(made, actions=packed, note=_note(job, readings), reading=next(iter(readings), None))
    except BadClip as error:
        return replace(made, failure=error.reason if error.line is None else f"line {error.line}: {error.reason}")
    except LimitExceeded as error:
        return replace(made, failure=str(error).removeprefix(f"{job.path}: "))
    except MemoryError:
        return replace(made, failure="is too large for the memory: split it")
    except OSError as error:
        return replace(made, failure=f"cannot be read: {error.strerror or error}")


def _whole(job: Job, report: Report) -> list[tuple[Action, Clip]]:
    """One action of the whole file, or one of each animation in it."""
    title = job.title
    stated: dict[str, Any] = {} if title.loop is None else {"loop": title.loop}
    made = []
    for number, name in enumerate(_names(job)):
        action, clip = ingest(
            job.path,
            name=name,
            description=title.description,
            aliases=title.aliases,
            tags=title.tags,
            source=title.source,
            licence=title.licence,
            crop=title.crop,
            crop_frames=title.crop_frames,
            cyclic=title.cyclic,
            animation=number,
            report=report,
            **stated,
        )
        made.append((action, clip))
    return made


def _names(job: Job) -> list[str]:
    """The name of the action, or of each animation of a glTF file that has several."""
    title = job.title.name
    if job.path.suffix.lower() not in GLTF:
        return [title]
    from motion_engine.formats.gltf_read import animations

    parts = animations(job.path)
    if len(parts) < 2:
        return [title]
    return [f"{title}_{_GAPS.sub('_', part).strip('_').casefold()}"[:LONGEST_NAME].strip("_") for part in parts]


def _segments(job: Job, report: Report) -> list[tuple[Action, Clip]]:
    """The actions that a long recording is cut into, with numbered names."""
    from action_library.ingest import document, fields_seen
    from action_library.measure import is_cycle
    from action_library.segment import segments
    from motion_engine.clips import crop

    title, found = job.title, list[tuple[float, Clip]]()
    recording, rig = read_motion(job.path, report)
    start, end = part_of(recording, title.crop, title.crop_frames) or (0.0, recording.duration)
    while start < end:
        block = canonical(recording, rig, crop=(start, min(start + BLOCK, end)), path=job.path)
        found += [(start + first, canonical(crop(block, first, last))) for first, last in segments(block)]
        start += BLOCK
    if not found:
        raise BadClip("nothing moves in it, so it was cut into no actions: import it without --segment")
    made = []
    for number, (time, clip) in enumerate(found, start=1):
        cyclic = is_cycle(clip)
        shown = fields_seen(clip, cyclic=cyclic)
        ending = f"_{number}"
        what = f"{title.description}: from {time:.1f} s. " if title.description else ""
        fields: dict[str, Any] = shown | {
            "name": title.name[: LONGEST_NAME - len(ending)] + ending,
            "description": (what + shown["description"])[:500],
            "tags": tuple(dict.fromkeys((*title.tags, *shown["tags"])))[:MOST_TAGS],
            "source": title.source,
            "cyclic": cyclic,
        }
        fields |= {"licence": title.licence} if title.licence else {}
        made.append((document(clip, **fields), clip))
    return made


def _note(job: Job, readings: Iterable[Reading]) -> str:
    """What the user should be told: what the title says, and that a skeleton was guessed."""
    guessed = (str(reading) for reading in readings if not reading.by_name)
    return "; ".join(filter(None, (job.title.note, *dict.fromkeys(guessed))))


def _packed(action: Action, clip: Clip) -> tuple[Action, bytes, bytes]:
    from action_library.library import pack
    from action_library.likeness import motion_vector

    action, _, data = pack(action, clip)
    return action, data, motion_vector(clip).astype("<f4").tobytes()


def _digest(job: Job) -> str:
    """The sha256 of a file, of its map if it has one, and of what makes another action of the same file."""
    from motion_engine.joint_map import map_path

    how = (job.title.crop, job.title.crop_frames, job.title.loop, job.title.cyclic, job.segment)
    digest = hashlib.sha256(repr(how).encode())
    for path in (job.path, map_path(job.path)):
        if path.is_file():
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _may_be_motion(path: Path) -> bool:
    """False for what has the suffix of a motion, but is none: a readme, settings, the body shapes beside AMASS."""
    suffix = path.suffix.lower()
    if suffix in (".txt", ".json", ".yaml", ".yml"):
        with path.open("rb") as file:
            head = file.read(_SNIFFED)
        return (b'"Frames"' if suffix in (".txt", ".json") else b"keys:") in head
    if suffix == ".npz":
        try:
            with zipfile.ZipFile(path) as file:
                return "poses.npy" in file.namelist() or not any(name.endswith(".npy") for name in file.namelist())
        except zipfile.BadZipFile:
            return True  # it is told what is wrong with it
    return True
