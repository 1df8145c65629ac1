"""Which records does a file hold: one JSON document, or one record a line (JSON Lines)?"""

from __future__ import annotations

import json
from typing import NamedTuple, NoReturn

from bayesian_verifier.errors import CallerError

# Python reads no longer ones either, but its message speaks to programmers.
_MOST_DIGITS = 4000


class Record(NamedTuple):
    """A decoded record and where it stood: "line 3", or the pointer of an item, or nothing for the whole."""

    place: str
    raw: object


def records_of(text: str, name: str) -> list[Record]:
    """The records in the text of a file that errors call `name`.

    One document: a record, a list of records, or an object with such a list as `judgments` or `cases`.
    Otherwise a record on each line that is not blank. NaN and Infinity are not JSON.
    Raises CallerError with the line where the text is neither.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        raise CallerError(f"{name} is empty: expected JSON or JSON Lines")
    if len(lines) > 1 and _is_json(lines[0][1]):
        return [Record(f"line {number}", _decoded(line, name, number)) for number, line in lines]
    document = _decoded(text, name)
    for field in ("judgments", "cases"):
        if isinstance(document, dict) and isinstance(document.get(field), list):
            return [Record(f"/{field}/{index}", raw) for index, raw in enumerate(document[field])]
    if isinstance(document, list):
        return [Record(f"/{index}", raw) for index, raw in enumerate(document)]
    return [Record("", document)]


def _decoded(text: str, name: str, line: int | None = None) -> object:
    try:
        return json.loads(text, parse_constant=_refused, parse_int=_integer)
    except json.JSONDecodeError as error:
        where = f"line {line or error.lineno}, column {error.colno}"
        raise CallerError(f"{name}, {where}: not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        where = f", line {line}" if line else ""
        what = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise CallerError(f"{name}{where}: not JSON that can be read: {what}") from error


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"an integer of {len(digits)} digits")
    return int(digits)


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
