"""How does a file of another shape become part of a journal, once, however often it is imported?

A line whose id is in the journal is not added again. Nothing is added unless every line can be read, or those
that cannot are to be left out.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from bayesian_verifier.errors import JournalError
from bayesian_verifier.journal._envelope import timestamp
from bayesian_verifier.journal._import_lines import BadLine, LineReader, Ready, numbered_lines
from bayesian_verifier.journal._lines import FeedbackLine, JudgmentLine
from bayesian_verifier.journal._reading import Damaged
from bayesian_verifier.journal._replacing import rewriting
from bayesian_verifier.journal._segments import segments
from bayesian_verifier.journal._tombstones import KIND as FORGOTTEN
from bayesian_verifier.journal._tombstones import Tombstone, id_digest, tombstone_of

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.journal._import_map import ImportMap
    from bayesian_verifier.journal._journal import Journal


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
    reader = LineReader(by)
    events = [event for number, line in numbered_lines(file) for event in reader.events(number, line)]
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
