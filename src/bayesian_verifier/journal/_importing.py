"""How does a file of another shape become part of a journal, once, however often it is imported?

Every line has an id that is its own: the map's, or a digest of what the line says and of how many lines before
it say the same. A line whose id is in the journal is not added again. Nothing is added unless every line can
be read, or those that cannot are to be left out.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from bayesian_verifier.errors import CallerError, InvalidEvidenceError, JournalError, Violation
from bayesian_verifier.journal._lines import FeedbackLine, JudgmentLine, timestamp
from bayesian_verifier.journal._mapping import Mapped, Skipped, mapped
from bayesian_verifier.journal._reading import Damaged
from bayesian_verifier.journal._replacing import rewriting
from bayesian_verifier.journal._segments import segments
from bayesian_verifier.journal._tombstones import KIND as FORGOTTEN
from bayesian_verifier.journal._tombstones import Tombstone, id_digest, tombstone_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bayesian_verifier.journal._import_map import ImportMap
    from bayesian_verifier.journal._journal import Journal

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


class Imported(NamedTuple):
    """What an import came to.

    lines: of the file.   judgments, feedback: added, or that would be.   known: events that were there.
    forgotten: events of subjects that the journal was told to forget: they stay forgotten.
    skipped: lines left out, by reason.   bad: lines that cannot be read.   subjects: whom the lines are about.
    conflicts: ids that the journal has with other content.
    """

    lines: int
    judgments: int
    feedback: int
    known: int
    forgotten: int
    skipped: dict[str, int]
    bad: tuple[BadLine, ...]
    subjects: int
    conflicts: tuple[str, ...]


def import_file(
    file: Path, by: ImportMap, journal: Journal, *, dry_run: bool = False, partial: bool = False
) -> Imported:
    """Add what a file of JSON lines says, plain or gzip, to a journal.

    dry_run: only say what would be done.   partial: leave out lines that cannot be read, add the others.
    Raises CallerError where the file cannot be read, JournalError where the journal cannot be written.
    """
    reader = _Reader(by)
    events = [event for number, line in _lines(file) for event in reader.events(number, line)]
    if dry_run:
        fresh = _fresh(events, journal)
    elif reader.bad and not partial:
        fresh = _Fresh([])
    else:
        fresh = _added(events, journal)
    kinds = Counter(event.kind for event in fresh.events)
    return Imported(
        lines=reader.lines,
        judgments=kinds["judgment"],
        feedback=kinds["feedback"],
        known=fresh.known,
        forgotten=fresh.forgotten,
        skipped=dict(reader.skipped),
        bad=tuple(reader.bad),
        subjects=len(reader.subjects),
        conflicts=fresh.conflicts,
    )


def _added(events: list[Ready], journal: Journal) -> _Fresh:
    """Those events that were added; nobody else adds wholesale meanwhile."""
    try:
        with rewriting(journal.path).held():
            fresh = _fresh(events, journal)
            for event in fresh.events:
                journal.append(event.kind, event.fields, event_id=event.id, at=event.at)
    except OSError as exc:
        raise JournalError(f"{journal.path}: cannot import: {exc.strerror or exc}") from exc
    return fresh


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        with (
            gzip.open(file, "rt", encoding="utf-8")
            if file.suffix == ".gz"
            else file.open(encoding="utf-8") as stream
        ):
            yield from ((number, line) for number, line in enumerate(stream, start=1) if line.strip())
    except (OSError, EOFError, UnicodeDecodeError) as exc:
        raise CallerError(f"{file}: cannot read: {exc}") from exc


class _Reader:
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
        "case": judgment.case.model_dump(mode="json", exclude_none=True),
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


class _Fresh(NamedTuple):
    """Events that the journal lacks, and how many of the others it has, has forgotten, has otherwise."""

    events: list[Ready]
    known: int = 0
    forgotten: int = 0
    conflicts: tuple[str, ...] = ()


def _fresh(events: list[Ready], journal: Journal) -> _Fresh:
    wanted = {event.id: event.fields for event in events}
    there: set[str] = set()
    conflicts: list[str] = []
    stones: list[Tombstone] = []
    for entry in journal.read() if _is_there(journal) else ():
        if isinstance(entry, Damaged):
            continue
        if entry.event.kind == FORGOTTEN and (stone := tombstone_of(entry.event.model_dump())):
            stones.append(stone)
        elif entry.event.id in wanted:
            there.add(entry.event.id)
            conflicts += [] if _says(entry.event, wanted[entry.event.id]) else [entry.event.id]
    gone = _gone(events, stones) - there
    fresh = [event for event in events if event.id not in there and event.id not in gone]
    return _Fresh(fresh, len(there), len(gone), tuple(conflicts))


def _is_there(journal: Journal) -> bool:
    return journal.path.parent.exists() and bool(segments(journal.path))


def _gone(events: list[Ready], stones: list[Tombstone]) -> set[str]:
    """The ids of events that a tombstone covers: they do not come back with an import."""
    if not stones:
        return set()
    ids = frozenset().union(*(stone.ids for stone in stones))
    subjects = {subject for event in events if (subject := event.fields.get("subject")) is not None}
    until = {
        subject: max(times)
        for subject in subjects
        if (times := [stone.at for stone in stones if stone.is_of(subject)])
    }
    gone: set[str] = set()
    for event in events:
        subject = event.fields.get("subject")
        if (
            id_digest(event.id) in ids
            or event.fields.get("judgment") in gone
            or (subject in until and timestamp(event.at) <= until[subject])
        ):
            gone.add(event.id)
    return gone


def _says(event: object, fields: dict[str, Any]) -> bool:
    if not isinstance(event, JudgmentLine | FeedbackLine):
        return False
    said = event.model_dump(mode="json", include=set(fields), exclude_none=True)
    return said == {name: value for name, value in _plain(fields).items() if value is not None}


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(fields))
    return plain


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
