"""What does the body of POST /v1/posterior ask?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from bayesian_verifier.errors import InvalidEvidenceError, Violation
from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.serving._duplicates import duplicate_name
from bayesian_verifier.serving._json_types import json_type
from bayesian_verifier.serving._limits import MAX_DRAWS, MAX_JUDGMENTS, MAX_SEED, MAX_STATE_CHARACTERS
from bayesian_verifier.serving._plain_body import Question, read_plainly
from bayesian_verifier.serving._problems import NotJsonError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = ("judgments", "state", "draws", "seed")


def read_question(body: bytes) -> Question:
    """Parse and validate a body.

    Raises NotJsonError (not JSON, NaN or a repeated name among it), TooLargeError (more than 512 judgments)
    and InvalidEvidenceError (a rule is broken; names the JSON pointers).
    """
    plain = read_plainly(body)
    return _read_carefully(body) if plain is None else plain


def _read_carefully(body: bytes) -> Question:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise NotJsonError(str(exc)) from exc
    if not isinstance(content, dict):
        raise InvalidEvidenceError([Violation("", "type", f"expected an object, got {json_type(content)}")])
    _refuse_unknown(content)
    raw = _judgment_list(content)
    question = Question(
        parse_judgments(raw),
        _optional_text(content, "state"),
        _whole_number(content, "draws", MAX_DRAWS, default=0) or 0,
        _whole_number(content, "seed", MAX_SEED, default=None),
    )
    if (name := duplicate_name(body, content)) is not None:
        raise NotJsonError(f"the name {name!r} appears twice in one object")
    return question


def _refuse_unknown(content: Mapping[str, object]) -> None:
    unknown = [name for name in content if name not in FIELDS]
    if unknown:
        expected = f"expected only {', '.join(FIELDS)}"
        raise InvalidEvidenceError(
            [Violation(f"/{_escape(name)}", "unknown_field", expected) for name in unknown]
        )


def _judgment_list(content: Mapping[str, object]) -> list[object]:
    if "judgments" not in content:
        raise InvalidEvidenceError([Violation("/judgments", "required", "a list of judgments is required")])
    raw = content["judgments"]
    if not isinstance(raw, list):
        detail = f"expected a list of judgments, got {json_type(raw)}"
        raise InvalidEvidenceError([Violation("/judgments", "type", detail)])
    if len(raw) > MAX_JUDGMENTS:
        raise TooLargeError(
            f"/judgments: {len(raw)} judgments, at most {MAX_JUDGMENTS} a request: "
            "send them in parts, each with the state the part before gave back"
        )
    return raw


def _optional_text(content: Mapping[str, object], name: str) -> str | None:
    value = content.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        detail = f"expected a string, got {json_type(value)}"
        raise InvalidEvidenceError([Violation(f"/{name}", "type", detail)])
    if len(value) > MAX_STATE_CHARACTERS:
        detail = f"expected at most {MAX_STATE_CHARACTERS} characters, got {len(value)}"
        raise InvalidEvidenceError([Violation(f"/{name}", "too_long", detail)])
    return value


def _whole_number(
    content: Mapping[str, object], name: str, greatest: int, *, default: int | None
) -> int | None:
    value = content.get(name)
    if value is None:
        return default
    if type(value) is not int:
        detail = f"expected a whole number, got {json_type(value)}"
        raise InvalidEvidenceError([Violation(f"/{name}", "type", detail)])
    if not 0 <= value <= greatest:
        detail = f"expected 0 to {greatest}, got {value}"
        raise InvalidEvidenceError([Violation(f"/{name}", "range", detail)])
    return value


def _escape(name: str) -> str:
    """A name as a token of a JSON pointer (RFC 6901), cut where nobody would read on."""
    return name[:128].replace("~", "~0").replace("/", "~1")
