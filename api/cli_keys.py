"""`motion keys`: who may use the service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from api.console import print_table
from motion_engine.errors import ModelUnavailable

if TYPE_CHECKING:
    from api.keys import Keys

keys = typer.Typer(help="Keys of the web service: who may use it, and for what.", no_args_is_help=True)


def _open() -> Keys:
    try:
        from api.keys import Keys
        from api.service_file import open_service_file
        from api.settings import Settings
    except ModuleNotFoundError as error:
        raise ModelUnavailable(f"{error}: pip install 'motion-engine[serve]'") from None
    return Keys(open_service_file(Settings.read().data))


@keys.command()
def add(
    name: Annotated[str, typer.Argument(help="Whose it is.")],
    scope: Annotated[
        list[str], typer.Option(help="What it is good for: read, command, write, admin. May be repeated.")
    ] = ["read", "command"],  # noqa: B006  typer reads it once
) -> None:
    """Make a key; it is shown once: `motion keys add overlay --scope read`."""
    key = _open().add(name, scope)
    print(key)
    typer.echo(f"This key of {name} is shown only now. Send it as: Authorization: Bearer KEY", err=True)


@keys.command("list")
def list_keys() -> None:
    """All keys, without their secrets."""
    rows = [
        (key.id, key.name, " ".join(key.scopes), datetime.fromtimestamp(key.created, UTC).strftime("%Y-%m-%d"))
        for key in _open().all()
    ]
    print_table(("id", "name", "good for", "made on"), rows)


@keys.command()
def remove(name: Annotated[str, typer.Argument(help="The name or id of a key.")]) -> None:
    """Forget a key: from now on nobody gets in with it."""
    _open().remove(name)
