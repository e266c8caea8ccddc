"""`motion library`: whole collections: import, copy, motion packs, stock-taking and care."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.console import Json, LibraryUrl, open_library, print_table, progress

collection = typer.Typer()

Replace = Annotated[
    bool, typer.Option("--replace", help="Replace others of the same name; their past can be restored.")
]


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

    here, there = open_library(source), Library(open_store(target))
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
