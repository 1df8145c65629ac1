"""What does one line of the log look like?

For programs a JSON object a line, for people plain text; both say the same. A record may carry fields of its own, but
only those that are named here are written, and none of them is what a person chose or who that person is. For the
same reason a fault under a request is told without its exception's message, which may quote the request.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

#: fields a record may carry, in the order in which they are written
FIELDS = (
    "event",
    "request_id",
    "trace_id",
    "span_id",
    "method",
    "route",
    "status",
    "reason",
    "duration_ms",
    "model_version",
    "suppressed",
)


class JsonLines(logging.Formatter):
    """One JSON object a line: ts (RFC 3339, UTC, µs), level, event, logger, message, and a record's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        said: dict[str, Any] = {"ts": _time(record), "level": record.levelname.lower(), "event": "message"}
        said |= _fields(record)
        said |= {"logger": record.name, "message": record.getMessage()}
        if record.exc_info and record.exc_info[1] is not None:
            said["error"] = {"type": _type(record.exc_info[1]), "stack": _stack(record)}
        return json.dumps(said, default=str)


class TextLines(logging.Formatter):
    """Time, level, logger, message, and a record's own fields as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end; a fault has its stack below it."""
        told = [f"{name}={value}" for name, value in _fields(record).items() if name != "event"]
        head = [_time(record), record.levelname, f"{record.name}:", record.getMessage()]
        lines = [" ".join([*head, *told])]
        if record.exc_info and record.exc_info[1] is not None:
            lines.append(_stack(record))
        return "\n".join(lines)


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    carried = vars(record)
    return {name: carried[name] for name in FIELDS if carried.get(name) is not None}


def _type(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _stack(record: logging.LogRecord) -> str:
    """Where it happened; what it says only where no request was at work."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return ""
    if not hasattr(record, "request_id"):
        return "".join(traceback.format_exception(error)).rstrip()
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"Traceback (most recent call last):\n{frames}{_type(error)}"
