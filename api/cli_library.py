"""`motion library`: look at the action library and change it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli_collection import collection
from api.cli_options import given_by
from api.console import Json, LibraryUrl, open_engine, open_library, print_table, progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from action_library.action import Described
    from action_library.store import Row

library = typer.Typer(help="Browse and change the action library.", no_args_is_help=True)
library.registered_commands += collection.registered_commands

TAGS_SHOWN = 5  # in a table

Name = Annotated[str, typer.Argument(help="An action or a saved sequence.", show_default=False)]
Names = Annotated[list[str], typer.Argument(help="Actions or saved sequences.", show_default=False)]
Limit = Annotated[int, typer.Option(min=1, max=500, help="How many at most.")]
Cursor = Annotated[str | None, typer.Option(help="What the page before printed at its end.")]


def _filter(
    tag: Annotated[list[str] | None, typer.Option("--tag", help="Only with this tag. May be repeated.")] = None,
    part: Annotated[
        list[str] | None, typer.Option("--part", help="Only where this part of the body moves: left_arm, head, ...")
    ] = None,
    source: Annotated[str, typer.Option(help="Only from here: words of the source.")] = "",
    licence: Annotated[str, typer.Option(help="Only under this licence: words of it.")] = "",
    side: Annotated[str | None, typer.Option(help="Only those of one side: left or right.")] = None,
    cyclic: Annotated[
        bool | None, typer.Option("--cyclic/--once", help="Only what goes on, as a walk, or only the rest.")
    ] = None,
    shortest: Annotated[float | None, typer.Option("--min-duration", min=0.0, help="Seconds.")] = None,
    longest: Annotated[float | None, typer.Option("--max-duration", min=0.0, help="Seconds.")] = None,
    sequences: Annotated[bool, typer.Option("--sequences", help="Saved sequences instead of actions.")] = False,
) -> Any:
    """Which actions are listed."""
    from action_library.search import Filter

    if side not in (None, "left", "right"):
        raise typer.BadParameter(f"{side!r} is neither left nor right", param_hint="--side")
    return Filter(
        kind="sequence" if sequences else "action",
        tags=tuple(tag or ()),
        parts=tuple(part or ()),
        source=source,
        licence=licence,
        side=side,  # type: ignore[arg-type]
        cyclic=cyclic,
        shortest=shortest,
        longest=longest,
    )


@library.command("list")
@given_by(_filter, "wanted")
def list_actions(
    wanted: Any,
    sort: Annotated[str, typer.Option(help="name, duration or created.")] = "name",
    reverse: Annotated[bool, typer.Option("--reverse", help="The last first.")] = False,
    limit: Limit = 200,
    cursor: Cursor = None,
    library_url: LibraryUrl = None,
    as_json: Json = False,
) -> None:
    """List what the library has: `motion library list --tag gesture --sort duration`."""
    page = open_library(library_url).index.page(
        wanted,
        sort=sort,  # type: ignore[arg-type]
        descending=reverse,
        limit=limit,
        cursor=cursor,
    )
    _print_rows(page.rows, (), as_json)
    _print_cursor(page.cursor)


@library.command()
@given_by(_filter, "wanted")
def search(
    wanted: Any,
    text: Annotated[list[str] | None, typer.Argument(help="What you look for.", show_default=False)] = None,
    like: Annotated[str | None, typer.Option(metavar="NAME", help="What moves like this action.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    library_url: LibraryUrl = None,
    as_json: Json = False,
) -> None:
    """Find actions by what they mean, in English or Chinese: `motion library search "greet a friend"`."""
    if bool(text) == bool(like):
        raise typer.BadParameter("give either what you look for, or --like NAME")
    if like:
        page = open_library(library_url).like(like, limit)
        _print_rows(page.rows, page.scores, as_json)
        return
    engine = open_engine(library_url)
    with progress("Learning what actions mean", None) as step:
        engine.learn(step)
    page = engine.find(" ".join(text or ()), wanted, limit=limit, cursor=cursor)
    _print_rows(page.rows, page.scores, as_json)
    _print_cursor(page.cursor)


@library.command()
def show(name: Name, library_url: LibraryUrl = None, as_json: Json = False) -> None:
    """Show everything the library says of one action or sequence."""
    from action_library.entry import parse_row
    from action_library.sequence import Sequence

    row = open_library(library_url).row(name)
    document = parse_row(row)
    values = document.model_dump(mode="json")
    if as_json:
        print(json.dumps(values | {"version": row.version, "revision": row.revision}, ensure_ascii=False))
        return
    if isinstance(document, Sequence):
        values["steps"] = document.notation()
    shown = {"version": row.version} | values
    print_table(("", ""), [(key, _plain(value)) for key, value in shown.items()], title=document.name)


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{key}: {', '.join(words)}" for key, words in value.items() if words)
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)


@library.command()
def preview(
    name: Name,
    output: Annotated[
        list[Path] | None,
        typer.Option("-o", "--output", help=".webp or .gif moves, .png is a contact sheet. Default: NAME.webp"),
    ] = None,
    library_url: LibraryUrl = None,
) -> None:
    """Draw an action: `motion library preview wave -o wave.webp -o wave.png`."""
    from api.preview import SUFFIXES, write_preview
    from motion_engine.files import check_target

    opened = open_library(library_url)
    action = opened.get(name)
    targets = output or [Path(f"{action.name}.webp")]
    for path in targets:
        check_target(path, SUFFIXES)
    for path in targets:
        write_preview(path, action, opened.clip(action.name))
        print(path)


@library.command()
def export(
    names: Names,
    output: Annotated[
        list[Path],
        typer.Option(
            "-o", "--output", help=".bvh .npz .glb .vrma .mp4 ... for one action, .motionpack for any number."
        ),
    ],
    library_url: LibraryUrl = None,
) -> None:
    """Write actions to files: `motion library export wave bow greeting -o mine.motionpack`."""
    from action_library.pack import SUFFIX, write_pack
    from api.export import export, plain_track
    from api.pictures import Picture

    opened = open_library(library_url)
    for path in output:
        if path.suffix.lower() == SUFFIX:
            documents = write_pack(opened, names, path)
            print(f"{path}: {', '.join(document.name for document in documents)}")
            _warn_of_licences(documents)
            continue
        if len(names) > 1:
            raise typer.BadParameter(f"{path}: several actions go into a {SUFFIX} only", param_hint="-o")
        action = opened.get(names[0])
        plan, track = plain_track(action.name, opened.clip(action.name))
        export(path, plan, track, Picture())
        print(path)


def _warn_of_licences(documents: list[Described]) -> None:
    licences = sorted({document.licence for document in documents})
    print(f"Licences: {'; '.join(licences)}. Heed them when you give the file away.", file=sys.stderr)


@library.command()
def add(
    file: Annotated[
        Path, typer.Argument(help="A .bvh, .npz (AMASS), .glb, .vrma, DeepMimic .txt/.json or key-pose .yaml file.")
    ],
    name: Annotated[str, typer.Option(help="What the action is called.")],
    description: Annotated[str, typer.Option(help="One sentence: what the body does.")] = "",
    alias: Annotated[
        list[str] | None, typer.Option(help="Another word for it, English or Chinese. May be repeated.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    source: Annotated[str, typer.Option(help="Where the motion comes from.")] = "",
    licence: Annotated[str, typer.Option(help="Under which licence it may be used.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace an action of this name.")] = False,
    parameter: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=NUMBER", help="A parameter of a key-pose script.")
    ] = None,
    library_url: LibraryUrl = None,
) -> None:
    """Add a motion file as an action; from then on commands can name it."""
    from action_library.ingest import ingest

    action, clip = ingest(
        file,
        name=name,
        description=description,
        aliases=alias or (),
        tags=tag or (),
        source=source,
        licence=licence,
        parameters=_parameters(parameter or []),
        report=lambda reading: print(f"{reading}.", file=sys.stderr),
    )
    open_library(library_url).add(action, clip, replace=replace)
    print(
        f'Added {action.name}: {action.duration:.1f} s from {file}. Try: motion say "{action.name.replace("_", " ")}"'
    )


def _parameters(given: list[str]) -> dict[str, float]:
    """`amplitude=1.5` as a name and a number."""
    found = {}
    for text in given:
        name, _, number = text.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            raise typer.BadParameter(f"{text!r} is not NAME=NUMBER", param_hint="--set") from None
    return found


@library.command()
def save(
    name: Annotated[str, typer.Argument(help="What the sequence is called.", show_default=False)],
    text: Annotated[list[str], typer.Argument(help="The command that it stands for.", show_default=False)],
    alias: Annotated[list[str] | None, typer.Option(help="Another word for it. May be repeated.")] = None,
    description: Annotated[str, typer.Option(help="One sentence.")] = "",
    library_url: LibraryUrl = None,
) -> None:
    """Keep a command under a name: `motion library save greeting "wave twice then bow"`."""
    engine = open_engine(library_url)
    sequence = engine.save(name, " ".join(text), aliases=alias or (), description=description)
    print(
        f'Saved {sequence.name}: {sequence.notation()}. Try: motion say "{engine.how_to_say(sequence.name)}, then run"'
    )


@library.command()
def edit(
    name: Name,
    rename: Annotated[str | None, typer.Option(help="Another name.")] = None,
    description: Annotated[str | None, typer.Option(help="One sentence.")] = None,
    alias: Annotated[list[str] | None, typer.Option(help="Add another word for it. May be repeated.")] = None,
    no_alias: Annotated[list[str] | None, typer.Option(help="Take a word for it away. May be repeated.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Add a tag. May be repeated.")] = None,
    no_tag: Annotated[list[str] | None, typer.Option(help="Take a tag away. May be repeated.")] = None,
    source: Annotated[str | None, typer.Option(help="Where the motion comes from.")] = None,
    licence: Annotated[str | None, typer.Option(help="Under which licence it may be used.")] = None,
    library_url: LibraryUrl = None,
) -> None:
    """Change what the library says of an action; the former version can be restored."""
    from action_library.action import normal_name, sort_aliases
    from action_library.entry import parse_row

    opened = open_library(library_url)
    old = parse_row(opened.row(name))
    changes: dict[str, Any] = {"description": description, "source": source, "licence": licence}
    changes = {key: value for key, value in changes.items() if value is not None}
    if description is not None:
        changes["description_zh"] = ""  # it said what the former one did
    if rename is not None:
        changes["name"] = normal_name(rename)
    if alias or no_alias:
        more = sort_aliases(alias or ())
        together = {code: (*old.aliases.get(code, ()), *more.get(code, ())) for code in ("en", "zh")}
        changes["aliases"] = {
            code: tuple(dict.fromkeys(word for word in words if word not in (no_alias or ())))
            for code, words in together.items()
        }
    if tag or no_tag:
        changes["tags"] = tuple(dict.fromkeys(t for t in (*old.tags, *(tag or ())) if t not in (no_tag or ())))
    if not changes:
        raise typer.BadParameter("say what to change: --description, --alias, --tag, ...")
    row = opened.edit(old.name, **changes)
    print(f"{row.entry.name} is now version {row.version}. Back: motion library restore {row.entry.name}")


@library.command()
def remove(names: Names, library_url: LibraryUrl = None) -> None:
    """Put actions or sequences in the bin."""
    opened = open_library(library_url)
    for name in names:
        opened.remove(name)
        print(f"Removed {name}. Back: motion library restore {name}")


@library.command()
def restore(
    name: Name,
    version: Annotated[int | None, typer.Option(min=1, help="Which. Default: the one before the present one.")] = None,
    library_url: LibraryUrl = None,
) -> None:
    """Bring back what was removed, or a former version: see `motion library history NAME`."""
    row = open_library(library_url).restore(name, version)
    print(f"{row.entry.name} is back, as version {row.version}.")


@library.command()
def history(name: Name, library_url: LibraryUrl = None) -> None:
    """Show the former versions of an action or sequence."""
    from action_library.action import normal_name

    opened = open_library(library_url)
    name = normal_name(name)
    row, past = opened.store.get(name), opened.store.past(name)
    if row is None and not past:
        opened.row(name)  # tells the nearest names
    rows = ([(row, "present")] if row else []) + [(one, "removed" if one.removed else "replaced") for one in past]
    cells = []
    for one, state in rows:
        said = json.loads(one.entry.document)
        cells.append((str(one.version), state, said.get("description", ""), said.get("text", "")))
    print_table(("version", "state", "description", "saved from"), cells, title=name, right=("version",))


@library.command("bin")
def show_bin(
    empty: Annotated[bool, typer.Option("--empty", help="Delete what is in it for good.")] = False,
    library_url: LibraryUrl = None,
) -> None:
    """Show what was removed, or delete it for good."""
    store = open_library(library_url).store
    rows = store.bin()
    if empty:
        store.forget([row.entry.name for row in rows])
        print(f"Deleted {len(rows)} for good.")
        return
    print_table(("name", "kind", "version"), [(r.entry.name, r.entry.kind, str(r.version)) for r in rows])


def _print_rows(rows: Sequence[Row], scores: Sequence[float], as_json: bool) -> None:
    from action_library.entry import parse_row
    from action_library.sequence import Sequence as Saved

    documents = [parse_row(row) for row in rows]
    if as_json:
        values = [document.model_dump(mode="json") for document in documents]
        for value, nearness in zip(values, scores, strict=False):
            value["score"] = nearness
        print(json.dumps(values, ensure_ascii=False))
        return
    cells = []
    for place, (row, document) in enumerate(zip(rows, documents, strict=True)):
        what, length = document.description, f"{row.entry.duration:.1f} s"
        if isinstance(document, Saved):
            what, length = f"{what} {document.notation()}".strip(), ""
        tags = (*document.tags[:TAGS_SHOWN], *(["..."] if len(document.tags) > TAGS_SHOWN else []))
        shown = (document.name, length, what, ", ".join(tags))
        cells.append((f"{scores[place]:.2f}", *shown) if scores else shown)
    names = ("action", "length", "what it is", "tags")
    print_table(("score", *names) if scores else names, cells, right=("score", "length"))


def _print_cursor(cursor: str | None) -> None:
    if cursor:
        print(f"There are more: repeat this with --cursor {cursor}", file=sys.stderr)
