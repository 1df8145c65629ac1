"""Is this JSON evidence?

pydantic reads at full speed and stops at the first bad record. Only then is each record read again, cut to a
size that bounds the work, to say what is wrong with it.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import FailFast, TypeAdapter, ValidationError

from bayesian_verifier.errors import InvalidEvidenceError, Violation
from bayesian_verifier.judgment._record import Case, Judgment, Proposal
from bayesian_verifier.judgment._violations import MOST_VIOLATIONS, reported, shortened, shown

_Record = TypeVar("_Record", Case, Proposal, Judgment)

_JUDGMENTS = TypeAdapter(Annotated[list[Judgment], FailFast()])


def parse_judgments(raw: object, pointer: str = "/judgments") -> list[Judgment]:
    """The judgments in a list of decoded JSON objects, in order.

    raw: a list of mappings, or of Judgments.   pointer: where that list stands in the document (RFC 6901).
    Raises InvalidEvidenceError naming the first 32 violations.
    """
    if not isinstance(raw, list | tuple):
        wrong = Violation(pointer, "type", f"expected a list of judgments, got {shown(raw)}")
        raise InvalidEvidenceError([wrong])
    records = list(raw)
    try:
        return _JUDGMENTS.validate_python(records)
    except ValidationError:
        violations: list[Violation] = []
    for index, record in enumerate(records):
        violations += _violations(Judgment, record, f"{pointer}/{index}")
        if len(violations) >= MOST_VIOLATIONS:
            break
    raise InvalidEvidenceError(violations[:MOST_VIOLATIONS])


def parse_record(kind: type[_Record], raw: object, pointer: str = "") -> _Record:
    """One Judgment, Proposal or Case from a decoded JSON object that stands at `pointer`.

    Raises InvalidEvidenceError naming the first 32 violations.
    """
    try:
        return kind.model_validate(raw)
    except ValidationError:
        violations = _violations(kind, raw, pointer)
    raise InvalidEvidenceError(violations[:MOST_VIOLATIONS])


def _violations(kind: type[Case | Proposal], record: object, pointer: str) -> list[Violation]:
    """What is wrong with one record; pydantic's own texts are never used, for they repeat the input."""
    short = shortened(record)
    try:
        kind.model_validate(short)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return list(dict.fromkeys(v for one in found for v in reported(one, short, pointer)))
    return []
