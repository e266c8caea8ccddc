"""ETags: the revision of a document, so that two editors never overwrite each other."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header
from starlette.exceptions import HTTPException

from action_library.store import Row

IfMatch = Annotated[str | None, Header(description="The ETag that it must still have; else 412")]


def tag(row: Row) -> str:
    """The ETag of a document."""
    return f'"{row.revision}"'


def expected(row: Row, if_match: str | None) -> int | None:
    """The revision that a change expects; HTTPException 412 if it is another one now."""
    if if_match is None or if_match.strip() == "*":
        return None
    if if_match.strip().removeprefix("W/") != tag(row):
        raise HTTPException(412, f"{row.entry.name} was changed by somebody else meanwhile: look at it again.")
    return row.revision
