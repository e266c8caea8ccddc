"""The log of the service: a line of JSON for each event."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

LOG = logging.getLogger("motion")


class Lines(logging.Formatter):
    """A line of JSON for each event: when, how grave, what, and the fields that came with it."""

    def format(self, record: logging.LogRecord) -> str:
        """logging's interface."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": when, "level": record.levelname.lower(), "event": record.getMessage()}
        line |= getattr(record, "fields", {})
        if record.exc_info and not isinstance(record.exc_info[1], UnicodeDecodeError):  # which uvicorn tells of clients
            line["error"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def log_lines(level: str) -> None:
    """Log to standard error as lines of JSON, uvicorn's warnings too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    for name, least in (("motion", level.upper()), ("uvicorn", "WARNING")):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(least)


def event(words: str, level: int = logging.INFO, **fields: object) -> None:
    """Log something that happened."""
    LOG.log(level, words, extra={"fields": fields})
