"""Options that several commands share, written once: a function takes them and makes one value of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any


def given_by(make: Callable[..., Any], name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command the options of `make` in place of its parameter `name`, which they make.

    All annotations must be there at run time.
    """
    options = inspect.signature(make, eval_str=True).parameters

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command, eval_str=True).parameters
        kept = {other: one for other, one in own.items() if other != name}
        shown = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*kept.values(), *options.values())]

        @wraps(command)
        def run(**given: Any) -> None:
            command(**{name: make(**{option: given.pop(option) for option in options})}, **given)

        run.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in shown}
        return run

    return decorated
