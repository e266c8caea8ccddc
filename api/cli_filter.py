"""The options that say which actions are looked for, the same for every command that lists some."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from action_library.search import Filter


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options of `_filter` in place of its parameter `wanted: Filter`, which they make."""
    names = {"Filter": object}  # loaded when it is needed
    options = inspect.signature(_filter, eval_str=True, locals=names).parameters
    own = inspect.signature(command, eval_str=True, locals=names).parameters
    shown = [*options.values(), *(one for name, one in own.items() if name != "wanted")]

    @wraps(command)
    def run(**given: Any) -> None:
        command(wanted=_filter(**{name: given.pop(name) for name in options}), **given)

    keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in shown]
    run.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in shown}
    return run


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
) -> Filter:
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
