"""Importing whole collections: many files, many cores, whatever happens in between.

Every file is one step: it is read and made into actions by a worker process, and stored together with a mark that says
so. What is interrupted, by Ctrl-C or by anything else, is therefore gone on with by doing it again.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Literal

from action_library.action import LONGEST_DESCRIPTION, LONGEST_NAME, MOST_TAGS, Action
from action_library.archives import Refused
from action_library.entry import entry_of
from action_library.import_work import SUFFIXES, Job, Made, guard, make, start_worker, work
from action_library.library import Library
from action_library.search import MOTION
from action_library.sidecar import Sidecar, read_sidecar, with_row
from action_library.sources import SIDECARS, Source, find_sources
from action_library.store import Query
from action_library.tables import Tables, find_tables
from action_library.titles import Title, title_of

MARK = "file:"  # before the digest of an imported file
FEW = 3  # files are not worth starting processes for
AHEAD = 3  # files a worker that wait, so that none is idle
DIED = "the process that read it ended, perhaps for want of memory: split it, or use --jobs 1"

State = Literal["imported", "skipped", "failed"]
Progress = Callable[[float, str, Counter[str]], None]  # how far 0..1, the file, how many of each State


@dataclass(frozen=True)
class Options:
    """How files are imported."""

    collection: str | None = None  # whose naming, licence and trimming they have
    sidecar: Path | None = None  # a table that says more of them
    tags: tuple[str, ...] = ()
    source: str = ""
    licence: str = ""
    segment: bool = False  # cut long recordings into actions
    again: bool = False  # also what was imported before
    jobs: int | None = None  # processes; None: one for each core


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    label: str
    state: State
    names: tuple[str, ...] = ()
    reason: str = ""


@dataclass
class Report:
    """What became of an import."""

    outcomes: list[Outcome] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)  # files of other kinds, by suffix
    motion: float = 0.0  # s that were imported
    elapsed: float = 0.0  # s that it took
    interrupted: bool = False

    def of(self, state: State) -> list[Outcome]:
        """Those of one state."""
        return [outcome for outcome in self.outcomes if outcome.state == state]

    def names(self) -> list[str]:
        """The actions that were imported."""
        return [name for outcome in self.of("imported") for name in outcome.names]


def import_files(
    library: Library, paths: Sequence[str | Path], options: Options | None = None, progress: Progress | None = None
) -> Report:
    """Imports motion files, folders, patterns and archives. Ctrl-C ends it with what was imported until then.

    Args:
        library: Where to.
        paths: What to import; see `sources.find_sources`.
        options: How.
        progress: Called after every file.

    Raises:
        BadClip: A path is missing, or the sidecar or a table of the collection is wrong.
        LibraryUnavailable: The library cannot be written. What was imported until then is safe: repeat it.
    """
    began, report = time.monotonic(), Report()
    options = options or Options()
    one = _Import(library, options, report, progress)
    with tempfile.TemporaryDirectory(prefix="motion-import-") as scratch:
        try:
            one.run(find_sources(paths, SUFFIXES, Path(scratch), report.passed), paths)
        except KeyboardInterrupt:
            report.interrupted = True
    report.elapsed = time.monotonic() - began
    return report


def read_guarded(job: Job, *, memory: int, seconds: int) -> Made:
    """What `make` makes of a file of a stranger, in a process of its own that ends when it needs too much.

    Args:
        job: The file.
        memory: Bytes that the process may use.
        seconds: Time that it may compute.
    """
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=guard, initargs=(memory, seconds)) as pool:
        try:
            return pool.submit(work, job).result()
        except BrokenProcessPool:
            words = f"needs more than {seconds} s or {memory >> 20} MB to be read: split it"
            return Made(job.label, failure=words)


def store_made(library: Library, made: Made, *, again: bool = False) -> Outcome:
    """Stores the actions that were made of a file, under names that are free; says what became of it.

    Args:
        library: Where to.
        made: As `make` gives it.
        again: Also if that file was imported before.
    """
    return _Import(library, Options(again=again), Report(), None)._stored(made)


class _Import:
    """One import that is going on."""

    def __init__(self, library: Library, options: Options, report: Report, progress: Progress | None) -> None:
        self.library, self.options, self.report, self.progress = library, options, report, progress
        self.before = library.store.marks(MARK)
        self.numbers: Counter[str] = Counter()  # the last number that a name got
        self.counts: Counter[str] = Counter()
        self.sidecar: Sidecar | None = None

    def run(self, sources: Iterator[Source | Refused], paths: Sequence[str | Path]) -> None:
        folders = [folder for path in paths if (folder := Path(path)).is_dir()]
        beside = [file for folder in folders for name in SIDECARS if (file := folder / name).is_file()]
        table = self.options.sidecar or (beside[0] if beside else None)
        self.sidecar = read_sidecar(table) if table else None
        tables = [find_tables(folder, self.options.collection) for folder in folders]
        named = {Path(path).absolute() for path in paths}
        jobs = self._jobs(sources, tables[0] if tables else None, named)
        for source, made in self._made(jobs):
            source.release()
            if not made.passed:
                self._tell(self._stored(made), source)
        if self.sidecar:
            unused = [str(row.file) for row in self.sidecar.unused()]
            if unused:
                some = ", ".join(unused[:5])
                self.report.notes.append(f"{table}: no file fits {len(unused)} rows: {some}")

    def _jobs(
        self, sources: Iterator[Source | Refused], tables: Tables | None, named: set[Path]
    ) -> Iterator[tuple[Source, Job]]:
        """A job for each file; what is refused is told at once."""
        for source in sources:
            if isinstance(source, Refused):
                self._tell(Outcome(source.label, "failed", reason=source.reason), None)
                continue
            title = title_of(source.relative, self.options.collection, tables)
            if self.sidecar:
                title = with_row(title, self.sidecar.row(source.relative))
            yield (
                source,
                Job(
                    source.path,
                    source.label,
                    self._with_options(title, str(source.relative)),
                    self.options.segment,
                    source.path.absolute() in named,
                ),
            )

    def _with_options(self, title: Title, place: str) -> Title:
        """What the options say of every file comes first; where nothing is known, the source is the file's place."""
        source = self.options.source or title.source or place[-LONGEST_DESCRIPTION:]
        tags = tuple(dict.fromkeys((*self.options.tags, *title.tags)))[:MOST_TAGS]
        return replace(title, tags=tags, source=source, licence=self.options.licence or title.licence)

    def _made(self, jobs: Iterator[tuple[Source, Job]]) -> Iterator[tuple[Source, Made]]:
        """Every job done, in whichever order, by as many processes as are wanted."""
        known = frozenset() if self.options.again else frozenset(key.removeprefix(MARK) for key in self.before)
        first = list(islice(jobs, FEW))
        jobs, workers = chain(first, jobs), self.options.jobs or os.cpu_count() or 1
        if len(first) < FEW or workers == 1:
            for source, job in jobs:
                yield source, make(job, known)
            return
        while (yield from self._in_processes(jobs, workers, known)):
            pass  # a process died; go on with new ones

    def _in_processes(
        self, jobs: Iterator[tuple[Source, Job]], workers: int, known: frozenset[str]
    ) -> Generator[tuple[Source, Made], None, bool]:
        """Does jobs in processes. If one of these dies, the jobs that it may have had are done again, each alone.

        Returns:
            Whether one died: then jobs are left.
        """
        pool = _pool(workers, known)
        running: dict[Future[Made], tuple[Source, Job]] = {}
        given: tuple[Source, Job] | None = None  # to the pool, but not yet among the running
        try:
            for pair in jobs:
                given = pair
                running[pool.submit(work, pair[1])] = pair
                given = None
                while len(running) >= AHEAD * workers:
                    yield from _finished(running)
            while running:
                yield from _finished(running)
        except BrokenProcessPool:
            for source, job in (*running.values(), *([given] if given else [])):
                yield source, _alone(job, known)
            return True
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return False

    def _stored(self, made: Made) -> Outcome:
        """Stores the actions of one file with their mark; says what became of it."""
        if made.failure:
            return Outcome(made.label, "failed", reason=made.failure)
        store, key = self.library.store, MARK + made.digest
        before = self.before.get(key) or store.mark(key)
        if made.known or (before is not None and not self.options.again):
            return self._known(made.label, (before or "").split("\n"))
        actions, same = [], list[str]()
        for action, data, vector in made.actions:
            found = store.find(Query((f"track:{action.track}",), limit=1))
            if found:
                same.append(found[0].entry.name)
            else:
                actions.append((self._named(action), data, vector))
        while taken := store.put_new(
            [(entry_of(a), data) for a, data, _ in actions], key, before, "\n".join(a.name for a, _, _ in actions)
        ):
            actions = [(self._named(a) if a.name in taken else a, data, vector) for a, data, vector in actions]
        if taken is None:
            return Outcome(made.label, "skipped", reason="another process has just imported it")
        store.put_vectors({MOTION + action.track: vector for action, _, vector in actions})
        if not actions:
            return Outcome(made.label, "skipped", reason=f"the same motion as {', '.join(dict.fromkeys(same))}")
        self.report.motion += sum(action.duration for action, _, _ in actions)
        return Outcome(made.label, "imported", tuple(action.name for action, _, _ in actions), made.note)

    def _known(self, label: str, names: list[str]) -> Outcome:
        there = {row.entry.name for row in self.library.store.get_many(names)}
        gone = [name for name in names if name and name not in there]
        said = f"imported before as {', '.join(name for name in names[:3] if name) or 'another'}"
        if gone:
            said += f"; {gone[0]} was removed: motion library restore {gone[0]}, or import with --again"
        return Outcome(label, "skipped", tuple(there), said)

    def _named(self, action: Action) -> Action:
        """The action with a name that is free: its own, or with a number."""
        name = action.name
        while self.numbers[name] or self.library.store.get(name) is not None:
            self.numbers[action.name] = max(self.numbers[action.name], 1) + 1
            ending = f"_{self.numbers[action.name]}"
            name = action.name[: LONGEST_NAME - len(ending)] + ending
        self.numbers[name] = max(self.numbers[name], 1)
        return action.model_copy(update={"name": name})

    def _tell(self, outcome: Outcome, source: Source | None) -> None:
        self.report.outcomes.append(outcome)
        self.counts[outcome.state] += 1
        if self.progress:
            self.progress(source.done if source else 0.0, outcome.label, self.counts)


def _pool(workers: int, known: frozenset[str]) -> ProcessPoolExecutor:
    spawn = multiprocessing.get_context("spawn")  # a fork would share connections to the store
    return ProcessPoolExecutor(workers, mp_context=spawn, initializer=start_worker, initargs=(known,))


def _finished(running: dict[Future[Made], tuple[Source, Job]]) -> Iterator[tuple[Source, Made]]:
    """Those of `running` that are done, at least one; they are taken out."""
    for future in wait(running, return_when=FIRST_COMPLETED).done:
        made = future.result()
        source, _ = running.pop(future)
        yield source, made


def _alone(job: Job, known: frozenset[str]) -> Made:
    """A job in a process of its own, since one that did it may have died of it."""
    with _pool(1, known) as pool:
        try:
            return pool.submit(work, job).result()
        except BrokenProcessPool:
            return Made(job.label, failure=DIED)
