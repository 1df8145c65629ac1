"""Does a JSON text give one object the same name twice?

Parsers disagree about which of the two counts (RFC 8259, section 4), so what was asked would depend on who
reads it. The fast parser keeps the last one silently; counting colons finds out, in microseconds, whether
anything was lost.
"""

from __future__ import annotations

import json
from typing import Any

import orjson


class _FoundError(Exception):
    def __init__(self, name: str) -> None:
        self.name = name


def duplicate_name(text: bytes, parsed: object) -> str | None:
    """A name that occurs twice in one object of `text`, or None; `parsed` is what a parser made of it.

    Raises TypeError where it is nested deeper than orjson writes (254 levels): Python's own parser, which reads
    it below, goes as deep as its version and its caller happen to let it.
    """
    kept = orjson.dumps(parsed)
    # Written out again, what was kept has as many colons as the text, unless a name was dropped on the way or
    # a colon was spelled as an escape.
    if b"\\" not in text and text.count(b":") == kept.count(b":"):
        return None
    try:
        json.loads(text, object_pairs_hook=_refuse_repeats)
    except _FoundError as found:
        return found.name
    return None


def _refuse_repeats(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise _FoundError(name)
        seen.add(name)
