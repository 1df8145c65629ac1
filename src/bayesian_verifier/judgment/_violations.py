"""Where exactly is a record wrong, which rule does it break, and what was expected instead?

Translates pydantic's errors into violations. No text repeats more than a few characters of what came, and
all of it can be written as UTF-8.
"""

from __future__ import annotations

import json
import math
from itertools import islice
from typing import TYPE_CHECKING, cast, get_args

from bayesian_verifier.errors import Violation
from bayesian_verifier.judgment._record import Feedback, Proposal, Verdict

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MOST_VIOLATIONS = 32
_MOST_CHARACTERS = 40
_MOST_ITEMS = 32

_RANGES = {
    "payoff": "-1e15 to 1e15",
    "stake": "-1e15 to 1e15",
    "budget": "-1e15 to 1e15",
    "wealth": "0 to 1e15",
    "probability": "0 to 1",
    "chosen": "the index of an option, from 0",
    "count": "a count from 0 to 1,000,000,000",
    "reward": "-3 to 3 (a reward is on the scale of the advantage, never money)",
}
_WORDS = {
    "feedback": " or ".join(map(json.dumps, get_args(Feedback))),
    "verdict": " or ".join(map(json.dumps, get_args(Verdict))),
}
_COUNTS = {
    "options": ("option_count", range(2, 9), "2 to 8 options"),
    "outcomes": ("outcome_count", range(1, 17), "1 to 16 outcomes"),
    "times_tried": ("times_tried_count", range(9), "one count for each option"),
}
_EXPECTED = {
    "options": "a list of 2 to 8 options",
    "outcomes": "a list of 1 to 16 outcomes",
    "chosen": "an integer",
    "times_tried": "a list of counts, one for each option, or null",
    "wealth": "a number",
    "payoff": "a number",
    "probability": "a number",
    "reward": "a number or null",
    "stake": "a number or null",
    "budget": "a number or null",
    "feedback": f"{_WORDS['feedback']} or null",
    "verdict": f"{_WORDS['verdict']} or null",
}
_MEMBERS = {
    "options": 'an option {"outcomes": [...]}',
    "outcomes": 'an outcome {"payoff": ..., "probability": ...}',
    "wealth": "a number",
    "times_tried": "a count",
}
_FIELDS = frozenset(Proposal.model_fields) | {"outcomes", "payoff", "probability"}


def shortened(value: object) -> object:
    """The record with its own fields and no more strange fields and list items than can be reported."""
    if isinstance(value, dict):
        known = {key: value[key] for key in _FIELDS if key in value}
        strange = islice(((key, value[key]) for key in value if key not in _FIELDS), MOST_VIOLATIONS)
        nested = {key: shortened(known[key]) for key in _COUNTS if key in known}
        return known | nested | {_readable(key): item for key, item in strange}
    if isinstance(value, list | tuple):
        return [shortened(item) if isinstance(item, dict) else item for item in value[: _MOST_ITEMS + 1]]
    return value


def reported(error: ErrorDetails, record: object, pointer: str) -> list[Violation]:
    """The violations behind one of pydantic's errors about `record`, which stands at `pointer`."""
    place = list(error["loc"])
    of_interval = place[:2] == ["wealth", "interval"]
    if place[:1] == ["wealth"]:
        del place[1:2]  # which form of wealth was tried: no part of the document
    if of_interval and error["type"] in ("missing", "too_long"):
        return [
            Violation(f"{pointer}/wealth", "wealth_interval", "expected a number or an interval [lo, hi]")
        ]
    here = pointer + "".join(f"/{_token(part)}" for part in place)
    if error["type"] == "broken":
        return [
            violation._replace(pointer=here + violation.pointer) for violation in error["ctx"]["violations"]
        ]
    field = next((part for part in reversed(place) if isinstance(part, str)), "")
    value = _found(record, place)
    if error["type"] in ("too_short", "too_long") and isinstance(value, list):
        return _miscounted(here, field, len(value))
    expected = _EXPECTED.get(field, "text or null")
    if place and isinstance(place[-1], int):
        expected = _MEMBERS[field]
        field = "count" if field == "times_tried" else field
    return [Violation(here, *_explained(error["type"], field, expected, value))]


def _miscounted(here: str, field: str, count: int) -> list[Violation]:
    """Nothing where only members that are wrong themselves were not counted."""
    rule, allowed, expected = _COUNTS[field]
    got = count if count <= _MOST_ITEMS else f"more than {_MOST_ITEMS}"
    return [] if count in allowed else [Violation(here, rule, f"expected {expected}, got {got}")]


def _explained(kind: str, field: str, expected: str, value: object) -> tuple[str, str]:
    """(rule, detail) of one error of pydantic's about `value`, which stands in `field`."""
    if kind == "missing":
        return "missing", f"expected {expected}, got nothing"
    if kind == "extra_forbidden":
        return "extra_field", "expected no field of this name"
    if kind == "finite_number":
        return "not_finite", f"expected a finite number, got {shown(value)}"
    out_of_range = kind in ("greater_than_equal", "less_than_equal")
    if out_of_range or (field in _RANGES and isinstance(value, int) and not isinstance(value, bool)):
        return f"{field}_range", f"expected {_RANGES[field]}, got {shown(value)}"
    if field in _WORDS and isinstance(value, str):
        return f"{field}_value", f"expected {expected}, got {shown(value)}"
    if not field:
        expected = "a judgment {...}"
    return "type", f"expected {expected}, got {shown(value)}"


def shown(value: object) -> str:
    """A few ASCII characters that say what came: a number, how a text begins, or else the kind of thing."""
    if isinstance(value, str):
        more = "..." if len(value) > _MOST_CHARACTERS else ""
        return f"the text {json.dumps(value[:_MOST_CHARACTERS])}{more}"
    if value is None or isinstance(value, bool | float):
        return json.dumps(value)
    if isinstance(value, int):
        digits = int(value.bit_length() * math.log10(2)) + 1
        return str(value) if digits < _MOST_CHARACTERS else f"an integer of about {digits} digits"
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list | tuple) else f"a value of type {type(value).__name__}"


def _found(record: object, place: list[int | str]) -> object:
    for part in place:
        try:
            record = cast("dict[int | str, object]", record)[part]
        except (KeyError, IndexError, TypeError):
            return None
    return record


def _token(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _readable(key: object) -> str:
    """A strange field's name, short, and with lone surrogates written out."""
    if not isinstance(key, str):
        return shown(key)
    more = "..." if len(key) > _MOST_CHARACTERS else ""
    return key[:_MOST_CHARACTERS].encode("utf-8", "backslashreplace").decode("utf-8") + more
