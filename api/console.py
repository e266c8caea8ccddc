"""What the commands of the command line share: options, tables, progress, and opening the library."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from action_library.library import Library
    from api.engine import CommandEngine
    from motion_engine.types import Plan, Track

LibraryUrl = Annotated[
    str | None,
    typer.Option(
        "--library",
        metavar="URL",
        envvar="MOTION_LIBRARY",
        help="A file, sqlite:///FILE or mongodb://HOST/DATABASE. Default: your own.",
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", envvar="MOTION_STABLE_ANIMATOR", help="Of StableAnimator's weights, for rendering with it."
    ),
]
SIZES = (16, 4096)  # px
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def open_engine(library_url: str | None) -> CommandEngine:
    """The engine over a library; filling an empty one shows a progress bar."""
    from api.engine import CommandEngine

    engine = CommandEngine(open_library(library_url))
    engine.matcher  # noqa: B018  a damaged library is told here
    return engine


def open_library(library_url: str | None) -> Library:
    """The library; filling an empty one shows a progress bar."""
    from action_library.library import Library

    with progress("Filling the action library", None) as step:
        library = Library.open(library_url, progress=lambda done, total, name: step(done, total))
    for note in library.notes:
        print(f"motion: {note}", file=sys.stderr)
    return library


def print_table(
    names: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "", right: Sequence[str] = ()
) -> None:
    """A table of plain text, in which [brackets] are no markup; columns named in `right` are aligned so."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    heading = Text(title) if title else None
    table = Table(title=heading, title_justify="left", title_style="bold", show_header=any(names))
    for name in names:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for cells in rows:
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[..., None]]:
    """A function to call with what is done; on a terminal it shows a progress bar as soon as it is called."""
    if not sys.stderr.isatty():
        yield lambda done, total=None: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(label, total=total)

    def step(done: int, new_total: int | None = None) -> None:
        bar.start()
        bar.update(task, completed=done, total=new_total or total)

    try:
        yield step
    finally:
        bar.stop()


def check_outputs(paths: list[Path]) -> None:
    """Refuse what cannot be written, before anything is made."""
    from api.export import SUFFIXES, check_output

    for path in paths:
        if path.suffix and path.suffix.lower() not in SUFFIXES:
            raise typer.BadParameter(f"{path}: unknown suffix; use one of {', '.join(SUFFIXES)}", param_hint="-o")
        check_output(path)


def size_of(text: str) -> tuple[int, int]:
    """Width and height, px, of `512x512`."""
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise typer.BadParameter(f"{text!r} is not WIDTHxHEIGHT, for example 512x512", param_hint="--size")
    if not all(SIZES[0] <= int(n) <= SIZES[1] for n in (width, height)):
        raise typer.BadParameter(f"{text}: both sides must be {SIZES[0]} to {SIZES[1]} pixels", param_hint="--size")
    return int(width), int(height)


def print_track(plan: Plan, track: Track, written: list[Path], *, as_json: bool, **more: object) -> None:
    """The plan and the timeline as a table, or as JSON with `more` in front."""
    from api.export import document

    if as_json:
        print(json.dumps({**more, **document(plan, track.timeline)}, ensure_ascii=False))
    else:
        _print_plan(plan, track, written)


def _print_plan(plan: Plan, track: Track, written: list[Path]) -> None:
    rows = []
    for segment in track.timeline.segments:
        where = "body" if segment.layer == 0 else segment.mask.replace("_", " ")
        said = (segment.phrase or "(added)") + (f" ({segment.note})" if segment.note else "")
        rows.append((f"{segment.start:.2f} s", f"{segment.end:.2f} s", segment.action, where, said))
    print_table(("start", "end", "action", "on", "said"), rows, title=str(plan), right=("start", "end"))
    if plan.ignored:
        print("Understood, but not performed: " + "; ".join(plan.ignored))
    for path in written:
        print(path)


def spoken(words: Iterable[str]) -> str:
    """The command of these arguments; bytes that are no UTF-8 become U+FFFD."""
    return os.fsencode(" ".join(words)).decode("utf-8", "replace")
