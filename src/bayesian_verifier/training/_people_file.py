"""Whose judgments does a file of real people hold?

JSON lines, one judgment a line, plain or gzipped. Choices that people made themselves are taken too: a line without
`feedback` whose `chosen` is what the person picked is a proposal they approved. Fields a judgment has not are dropped.
"""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from bayesian_verifier.errors import CallerError, InvalidEvidenceError
from bayesian_verifier.judgment import Judgment, parse_judgments

if TYPE_CHECKING:
    from pathlib import Path


def read_people(file: Path) -> tuple[dict[str, list[Judgment]], int]:
    """Judgments by `subject`, and how many lines were left out because a payoff makes no judgment of them.

    Raises CallerError naming the line that is no JSON object or names no subject.
    """
    people: dict[str, list[Judgment]] = {}
    left_out = 0
    opener = gzip.open if file.suffix == ".gz" else open
    try:
        with opener(file, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                record = _record(line, file, number)
                judgment = _judgment(record)
                if judgment is None:
                    left_out += 1
                else:
                    people.setdefault(str(record["subject"]), []).append(judgment)
    except (OSError, UnicodeDecodeError) as error:
        raise CallerError(f"{file}: cannot be read: {error}") from error
    if not people:
        raise CallerError(f"{file}: holds no judgment of anybody")
    return people, left_out


def _record(line: str, file: Path, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise CallerError(f"{file}, line {number}: not JSON ({error})") from error
    if not isinstance(record, dict) or "subject" not in record:
        raise CallerError(f"{file}, line {number}: expected an object with a subject")
    return record


def _judgment(record: dict[str, Any]) -> Judgment | None:
    """The judgment a line holds, or None where it breaks a rule or a payoff could not be borne."""
    known = {k: v for k, v in record.items() if k in Judgment.model_fields and v is not None}
    if "feedback" not in record:
        # rewards of such studies are money, which a judgment's reward is not
        known = {k: v for k, v in known.items() if k != "reward"} | {"feedback": "approve"}
    try:
        judgment = parse_judgments([known])[0]
    except InvalidEvidenceError:
        return None
    payoffs = [o.payoff for option in judgment.options for o in option.outcomes if o.probability > 0]
    return judgment if min(payoffs) + judgment.wealth >= 0 else None
