"""What may be asked of the page's data, and what is refused? Each reply is bounded, whatever is asked."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.dashboard._problems import BadQuestionError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: most points of a line, most rows of a table, most characters of what is searched for
MOST_POINTS = 2_000
MOST_ROWS = 200
MOST_TEXT = 200
_KEY = re.compile(r"[0-9a-f]{16}")
_LATEST = 253_402_300_799_000.0  # the last second of the year 9999


class Range(NamedTuple):
    """From a moment to a moment, in milliseconds since 1970, both included; all there is by default."""

    since: float = 0.0
    until: float = _LATEST


def range_of(query: Mapping[str, str]) -> Range:
    """`from` and `to`. Raises BadQuestionError."""
    asked = Range(_number(query, "from", 0.0), _number(query, "to", _LATEST))
    if asked.since > asked.until:
        raise BadQuestionError("from: later than to")
    return asked


def limit_of(query: Mapping[str, str], usual: int) -> int:
    """`limit`, at most MOST_ROWS."""
    return int(min(max(1.0, _number(query, "limit", usual)), MOST_ROWS))


def offset_of(query: Mapping[str, str]) -> int:
    """`offset`: rows to leave out."""
    return int(max(0.0, min(_number(query, "offset", 0.0), 1e9)))


def text_of(query: Mapping[str, str], name: str) -> str:
    """Text to search for, or a name. Raises BadQuestionError."""
    text = query.get(name, "")
    if len(text) > MOST_TEXT:
        raise BadQuestionError(f"{name}: longer than {MOST_TEXT} characters")
    return text


def key_asked(text: str) -> str:
    """The key of a person. Raises BadQuestionError."""
    if not _KEY.fullmatch(text):
        raise BadQuestionError("key: expected 16 hexadecimal digits")
    return text


def real_of(query: Mapping[str, str], name: str, least: float, most: float) -> float | None:
    """A number in a range, None where none is given. Raises BadQuestionError."""
    text = query.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise BadQuestionError(f"{name}: expected a number from {least:g} to {most:g}")
    return value


def _number(query: Mapping[str, str], name: str, usual: float) -> float:
    text = query.get(name)
    if text is None or not text:
        return usual
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (0 <= value <= _LATEST):
        raise BadQuestionError(f"{name}: expected a number from 0 to {_LATEST:.0f}")
    return value
