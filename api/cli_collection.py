"""`motion library`: whole collections: import, copy, motion packs, stock-taking and care."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.console import Json, LibraryUrl, open_library, print_table, progress
from motion_engine.errors import LibraryUnavailable

if TYPE_CHECKING:
    from action_library.importer import Report

MOST_TOLD = 20  # files of each kind that are named one by one

collection = typer.Typer()

Replace = Annotated[
    bool, typer.Option("--replace", help="Replace others of the same name; their past can be restored.")
]


@collection.command("import")
def import_collection(
    paths: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders, patterns, zip and tar files of motion.", show_default=False),
    ] = None,
    collection_name: Annotated[
        str | None,
        typer.Option("--collection", help="Whose naming they have: cmu, bandai, 100style or lafan1."),
    ] = None,
    sidecar: Annotated[Path | None, typer.Option(help="A .csv or .json that says more of the files.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="For all of them. May be repeated.")] = None,
    source: Annotated[str, typer.Option(help="Where they come from.")] = "",
    licence: Annotated[str, typer.Option(help="Under which licence they may be used.")] = "",
    segment: Annotated[bool, typer.Option("--segment", help="Cut long recordings into actions.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also what was imported before.")] = False,
    dataset: Annotated[str | None, typer.Option(metavar="URL", help="Fetch this first: an archive or a file.")] = None,
    sha256: Annotated[str | None, typer.Option(help="The sum that the fetched file must have.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, max=64, help="Processes. Default: one for each core.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write what became of each file to this .json.")] = None,
    library_url: LibraryUrl = None,
) -> None:
    """Import motion files of any number: `motion library import ~/mocap --collection bandai`.

    Interrupt it when you like: the same command goes on where it ended.
    """
    from action_library.importer import Options, import_files
    from action_library.titles import COLLECTIONS
    from motion_engine.files import check_target

    if collection_name not in (None, *COLLECTIONS):
        raise typer.BadParameter(f"{collection_name!r} is none of {', '.join(COLLECTIONS)}", param_hint="--collection")
    if not paths and not dataset:
        raise typer.BadParameter("name what to import, or --dataset URL")
    if report:
        check_target(report, (".json",))
    opened = open_library(library_url)
    named: list[str | Path] = [*(paths or ()), *([_fetched(dataset, sha256)] if dataset else [])]
    options = Options(collection_name, sidecar, tuple(tag or ()), source, licence, segment, again, jobs)
    with progress("Importing", 1000) as step:
        done = import_files(opened, named, options, lambda share, label, counts: step(round(1000 * share)))
    _tell(done, report)
    if done.names() and not done.interrupted:
        from api.engine import CommandEngine

        with progress("Learning what they mean", None) as step:
            CommandEngine(opened).learn(step)
    if done.interrupted:
        print("motion: interrupted; the same command goes on where it ended.", file=sys.stderr)
        raise typer.Exit(130)
    if done.of("failed") and not done.of("imported"):
        print("motion: nothing was imported; the lines above say why.", file=sys.stderr)
        raise typer.Exit(4)


def _fetched(url: str, sha256: str | None) -> Path:
    """A dataset from the web, in the user's cache."""
    from action_library.download import download
    from action_library.stores import cache_folder

    with progress("Fetching", None) as step:
        return download(url, cache_folder("datasets"), sha256=sha256, progress=step)


def _tell(done: Report, path: Path | None) -> None:
    """The report of an import: what was not imported and why, notes, and the sums."""
    failed, skipped = done.of("failed"), done.of("skipped")
    for outcome in failed[:MOST_TOLD]:
        print(f"failed   {outcome.label}: {outcome.reason}")
    for outcome in skipped[:MOST_TOLD]:
        print(f"skipped  {outcome.label}: {outcome.reason}")
    for outcome in [one for one in done.of("imported") if one.reason][:MOST_TOLD]:
        print(f"note     {outcome.label}: {outcome.reason}")
    for note in done.notes:
        print(f"note     {note}")
    if max(len(failed), len(skipped)) > MOST_TOLD:
        print(f"... {MOST_TOLD} of each are shown; --report FILE.json has all of them")
    others = [(suffix, count) for suffix, count in done.passed.most_common(8) if count]
    if others:
        kinds = ", ".join(f"{count} {suffix or 'without suffix'}" for suffix, count in others)
        print(f"passed over, no motion: {kinds}")
    names = done.names()
    ratio = f", {done.motion / done.elapsed:.0f} times real time" if names else ""
    print(
        f"{len(names)} actions imported ({done.motion / 60:.1f} min of motion) from {len(done.of('imported'))} files "
        f"in {done.elapsed:.1f} s{ratio}; {len(skipped)} files skipped, {len(failed)} failed."
    )
    if names:
        print(f'Try: motion say "{names[0].replace("_", " ")}" -o try.mp4, or motion library list')
    if path:
        from motion_engine.files import whole_file

        values = asdict(done) | {"passed": dict(done.passed)}
        with whole_file(path, (".json",)) as part:
            part.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@collection.command()
def unpack(
    files: Annotated[list[Path], typer.Argument(help=".motionpack files.", show_default=False)],
    replace: Replace = False,
    library_url: LibraryUrl = None,
) -> None:
    """Add what is in motion packs; a pack is made by `motion library export NAME ... -o FILE.motionpack`."""
    from action_library.pack import read_pack

    opened = open_library(library_url)
    for file in files:
        for item in read_pack(opened, file, replace=replace):
            print(f"{item.name}: {item.state}" + (f" ({item.reason})" if item.reason else ""))


@collection.command("copy")
def copy_library(
    source: Annotated[str, typer.Argument(metavar="FROM", help="A library: a file or an address.", show_default=False)],
    target: Annotated[
        str, typer.Argument(metavar="TO", help="Another one; it is made if need be.", show_default=False)
    ],
    replace: Replace = False,
) -> None:
    """Copy a library, for example into MongoDB; interrupted, it goes on where it ended."""
    from collections import Counter

    from action_library.library import Library
    from action_library.stores import open_store
    from action_library.upkeep import copy

    if "://" not in source and not Path(source).expanduser().is_file():
        raise LibraryUnavailable(f"{source}: no such library: check the name; nothing was copied.")
    here, there = Library(open_store(source)), Library(open_store(target))
    total, states = len(here.actions()) + len(here.sequences()), Counter[str]()
    with progress("Copying", total) as step:
        for done, item in enumerate(copy(here, there, replace=replace), start=1):
            step(done)
            states[item.state] += 1
            if item.reason:
                print(f"motion: {item.name}: {item.reason}", file=sys.stderr)
    words = {"copied": "copied", "there": "there already", "different": "left as they are", "damaged": "damaged here"}
    print(
        f"{there.url}: " + ", ".join(f"{states[state]} {said}" for state, said in words.items() if states[state]) + "."
    )


@collection.command()
def stats(library_url: LibraryUrl = None, as_json: Json = False) -> None:
    """Show how much there is, and under which licences."""
    from action_library.upkeep import stats

    opened = open_library(library_url)
    found = stats(opened)
    if as_json:
        print(json.dumps(asdict(found), ensure_ascii=False))
        return
    rows = [
        ("actions", str(found.actions)),
        ("saved sequences", str(found.sequences)),
        ("motion", f"{found.seconds / 60:.1f} min, {found.frames} frames"),
        ("in the bin", str(found.in_bin)),
    ]
    rows += [("size", f"{found.bytes / 2**20:.1f} MB")] if found.bytes is not None else []
    rows += [("licence", f"{name}: {count}") for name, count in found.licences[:20]]
    rows += [("source", f"{name}: {count}") for name, count in found.sources[:20]]
    print_table(("", ""), rows, title=opened.url)


@collection.command()
def check(
    repair: Annotated[bool, typer.Option("--repair", help="Put what is damaged in the bin.")] = False,
    library_url: LibraryUrl = None,
) -> None:
    """Read everything, verify all sums, and write the indexes anew."""
    from action_library.upkeep import check

    opened = open_library(library_url)
    with progress("Checking", None) as step:
        findings = check(opened, repair=repair, progress=lambda done, total, name: step(done, total))
    for finding in findings:
        done = f" ({finding.done})" if finding.done else ""
        print(f"{finding.name + ': ' if finding.name else ''}{finding.problem}{done}")
    if any(not finding.done for finding in findings):
        print("motion: `motion library check --repair` puts what is damaged in the bin.", file=sys.stderr)
        raise typer.Exit(5)
    print(f"{opened.url}: all of it is sound." if not findings else "The rest is sound.")
