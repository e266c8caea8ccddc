"""What `motion doctor` reports, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    state: Literal["ok", "optional", "missing"]
    part: str
    words: str
