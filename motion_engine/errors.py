"""The one tree of errors. A message says what went wrong, where, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class MotionError(Exception):
    """Everything this project raises on purpose; anything else is our own mistake."""


class BadCommand(MotionError):
    """The text is not a command: empty, too long, or only punctuation."""


class UnknownAction(MotionError):
    """A phrase of the command names no action in the library.

    Attributes:
        phrase: The words that were not understood.
        nearest: `(action, score)` pairs, best first, score 0..1.
    """

    def __init__(self, phrase: str, nearest: Sequence[tuple[str, float]] = ()) -> None:
        self.phrase = phrase
        self.nearest = tuple(nearest)
        known = ", ".join(f"{name} ({score:.2f})" for name, score in self.nearest)
        hint = f" Nearest actions: {known}." if known else ""
        super().__init__(f'No action for "{phrase}".{hint} `motion library list` shows all of them.')


class BadClip(MotionError):
    """A motion file or clip cannot be used.

    Attributes:
        path: The file, if there is one.
        line: 1-based line number, if known.
        reason: What is wrong, in words.
    """

    def __init__(self, reason: str, *, path: Path | str | None = None, line: int | None = None) -> None:
        self.reason, self.path, self.line = reason, path, line
        where = "" if path is None else f"{path}: " if line is None else f"{path}, line {line}: "
        super().__init__(f"{where}{reason}")


class BadMedia(MotionError):
    """A picture, sound or video file cannot be read or written."""


class LibraryUnavailable(MotionError):
    """The action library cannot be opened, read or written."""


class ModelUnavailable(MotionError):
    """A model or optional package is missing; the message says what to install or set."""


class RenderFailed(MotionError):
    """A picture or video could not be made."""


class LimitExceeded(MotionError):
    """An input is larger than the engine accepts."""
