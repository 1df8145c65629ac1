"""Which events does each line of a file of another shape become, and under which ids?

A line has the id that the map finds, or a digest of what it says and of how many lines before it say the same:
so it is the same in every import, wherever the line stands.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from bayesian_verifier.errors import CallerError, InvalidEvidenceError, Violation
from bayesian_verifier.journal._lines import members_of
from bayesian_verifier.journal._mapping import Mapped, Skipped, mapped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bayesian_verifier.journal._import_map import ImportMap

SOURCE = "import"
_DIGITS = 32
_MICROSECOND = 1_000


class BadLine(NamedTuple):
    """A line that cannot be imported: its number from 1, and one thing that is wrong with it."""

    line: int
    violation: Violation


class Ready(NamedTuple):
    """An event that a line becomes."""

    id: str
    kind: str
    at: int
    fields: dict[str, Any]


def numbered_lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file, plain or gzip, that are not blank, from 1. Raises CallerError."""
    try:
        with (
            gzip.open(file, "rt", encoding="utf-8")
            if file.suffix == ".gz"
            else file.open(encoding="utf-8") as stream
        ):
            yield from ((number, line) for number, line in enumerate(stream, start=1) if line.strip())
    except (OSError, EOFError, UnicodeDecodeError) as exc:
        raise CallerError(f"{file}: cannot read: {exc}") from exc


class LineReader:
    """Reads line after line and counts what comes of them."""

    def __init__(self, by: ImportMap) -> None:
        self.lines = 0
        self.skipped: Counter[str] = Counter()
        self.bad: list[BadLine] = []
        self.subjects: set[str] = set()
        self._by = by
        self._same: Counter[str] = Counter()
        self._ids: dict[str, int] = {}

    def events(self, number: int, line: str) -> Iterator[Ready]:
        """The judgment in a line, and the answer to it."""
        self.lines += 1
        try:
            document = json.loads(line, parse_constant=_refused)
            found = mapped(document, self._by)
            if isinstance(found, Skipped):
                self.skipped[found.reason] += 1
                return
            id_ = self._id_of(found, document, number)
        except InvalidEvidenceError as exc:
            self.bad += (BadLine(number, violation) for violation in exc.violations)
            return
        except (ValueError, RecursionError) as exc:
            self.bad.append(BadLine(number, Violation("", "json", f"not JSON: {exc}")))
            return
        if found.judgment.subject is not None:
            self.subjects.add(found.judgment.subject)
        yield from _events_of(id_, found, number)

    def _id_of(self, found: Mapped, document: object, number: int) -> str:
        own = found.judgment.id
        if own is None:
            said = json.dumps(document, sort_keys=True, separators=(",", ":"))
            self._same[said] += 1
            own = sha256(f"{self._same[said]}:{said}".encode()).hexdigest()[:_DIGITS]
        elif (first := self._ids.setdefault(own, number)) != number:
            place = self._by.id.at if self._by.id and self._by.id.at else ""
            raise InvalidEvidenceError([Violation(place, "id", f"the id of line {first} again")])
        return own


def _events_of(id_: str, found: Mapped, number: int) -> Iterator[Ready]:
    judgment = found.judgment
    # where no time is told, the order of lines is all there is to know
    at = number * _MICROSECOND if found.at is None else found.at
    fields: dict[str, Any] = {
        "subject": judgment.subject,
        **members_of(judgment.case),
        "chosen": judgment.chosen,
        "verdict": found.verdict,
        "posterior": None,
        "source": SOURCE,
        "reason": None,
        "model_version": None,
        "meta_comment": "",
        "tried": [],
        "values": [],
    }
    yield Ready(id_, "judgment", at, fields)
    if judgment.feedback is not None or judgment.reward is not None:
        answer = {"judgment": id_, "feedback": judgment.feedback, "reward": judgment.reward}
        yield Ready(f"{id_}-answer", "feedback", at, answer)


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
