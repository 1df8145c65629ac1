"""Is a journal whole? Every checksum, every number of every writer, every id, every reference, every file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bayesian_verifier.journal._lines import EpochLine, EpochUndoneLine, FeedbackLine, JudgmentLine
from bayesian_verifier.journal._merged_block import NOTHING, Block, heading_of
from bayesian_verifier.journal._ranges import Ranges, difference, joined
from bayesian_verifier.journal._reading import Damaged, Numbered
from bayesian_verifier.journal._tombstones import KIND as FORGOTTEN
from bayesian_verifier.journal._tombstones import Tombstone, removed_by, tombstone_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from bayesian_verifier.journal._envelope import Line

_REMAINS = "about a subject that was to be forgotten: forget again"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: the number of its line, from 1 in its file, what, and that file."""

    line: int
    problem: str
    file: Path


@dataclass(frozen=True)
class Audit:
    """What a journal holds and what is wrong with it.

    kinds: events by kind.   writers: of each, the last seq in every file, added up.
    unanswered: judgments without feedback.   damaged: lines that cannot be read.
    gaps: numbers missing or out of order.   duplicates: an id again, in whichever file.
    strays: feedback on a judgment, or the taking back of an epoch, that is not in the journal.
    remains: the oldest line of each subject that was to be forgotten.
    links: files that are missing, or not as the next one says they were when it began.
    files: those that hold a line, in order.
    """

    lines: int
    kinds: dict[str, int]
    writers: dict[str, int]
    unanswered: int
    damaged: tuple[Finding, ...]
    gaps: tuple[Finding, ...]
    duplicates: tuple[Finding, ...]
    strays: tuple[Finding, ...]
    remains: tuple[Finding, ...]
    links: tuple[Finding, ...]
    files: tuple[Path, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is wrong, in order of file and line."""
        everything = self.links + self.damaged + self.gaps + self.duplicates + self.strays + self.remains
        order = {file: number for number, file in enumerate(self.files)}
        last = len(order)
        return tuple(sorted(everything, key=lambda found: (order.get(found.file, last), found.line)))

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def audit(entries: Iterable[Numbered | Damaged]) -> Audit:
    """Check the lines of a journal, in file order; whether its files belong together is not seen in them."""
    notes = _Notes()
    for entry in entries:
        notes.add(entry)
    return notes.closed()


@dataclass
class _Notes:
    """What has been seen so far."""

    lines: int = 0
    files: list[Path] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    last: dict[str, int] = field(default_factory=dict)  # in this file
    writers: Counter[str] = field(default_factory=Counter)  # in the files before
    seen: dict[str, tuple[Path, int]] = field(default_factory=dict)
    judgments: set[str] = field(default_factory=set)
    answered: dict[str, tuple[Path, int]] = field(default_factory=dict)
    epochs: set[str] = field(default_factory=set)
    undone: dict[str, tuple[Path, int]] = field(default_factory=dict)
    damaged: list[Finding] = field(default_factory=list)
    gaps: list[Finding] = field(default_factory=list)
    duplicates: list[Finding] = field(default_factory=list)
    open: list[tuple[Finding, str, tuple[int, int]]] = field(default_factory=list)  # gaps in this file
    removed: dict[str, Ranges] = field(default_factory=dict)  # from this file, on purpose
    stones: list[Tombstone] = field(default_factory=list)
    people: dict[str, tuple[str, Finding]] = field(default_factory=dict)  # the oldest line about each
    block: Block = field(default_factory=lambda: Block(NOTHING))

    def add(self, entry: Numbered | Damaged) -> None:
        self.lines += 1
        if self.files[-1:] != [entry.file]:
            self.files.append(entry.file)
            self.writers.update(self.last)
            self.last = {}
            self._end_file()
        if isinstance(entry, Damaged):
            self.damaged.append(Finding(entry.number, entry.reason, entry.file))
            self.block.takes(None)
            return
        if self.block.left and self.block.takes(entry.text.encode()):
            self.last[entry.event.writer] = entry.event.seq
        elif entry.number == 1 and (heading := heading_of(entry.event.model_dump())):
            self.block = Block(heading, entry.file)
        else:
            self._number(entry.event, entry.number, entry.file)
            self._note_removed(entry.event)
        self._note_person(entry.event, entry.number, entry.file)
        self._add(entry.event, entry.number, entry.file)

    def _note_removed(self, event: Line) -> None:
        for writer, ranges in removed_by(event.model_dump()).items() if event.kind == FORGOTTEN else ():
            self.removed[writer] = joined((*self.removed.get(writer, ()), *ranges))

    def _note_person(self, event: Line, number: int, file: Path) -> None:
        if event.kind == FORGOTTEN and (stone := tombstone_of(event.model_dump())):
            self.stones.append(stone)
        elif isinstance(event, JudgmentLine | EpochLine) and event.subject is not None:
            first = self.people.get(event.subject)
            if first is None or event.ts < first[0]:
                self.people[event.subject] = (event.ts, Finding(number, _REMAINS, file))

    def _end_file(self) -> None:
        """Note which numbers are missing from the file that has gone by, and were not removed on purpose."""
        for finding, writer, (first, last) in self.open:
            removed = self.removed.get(writer, ())
            left = difference(((first, last),), removed) if first <= last else ()
            if first > last or left == ((first, last),):
                self.gaps.append(finding)
            elif left:
                runs = ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in left)
                self.gaps.append(replace(finding, problem=f"writer {writer}: seq {runs} missing"))
        self.open, self.removed = [], {}
        if self.block.file is not None:
            self.gaps += (Finding(1, problem, self.block.file) for problem in self.block.problems())
        self.block = Block(NOTHING)

    def _add(self, event: Line, number: int, file: Path) -> None:
        self.kinds[event.kind] += 1
        first_file, first = self.seen.setdefault(event.id, (file, number))
        if (first_file, first) != (file, number):
            where = f"line {first}" if first_file == file else f"{first_file.name}:{first}"
            self.duplicates.append(Finding(number, f"id {event.id} again, first in {where}", file))
        if isinstance(event, JudgmentLine):
            self.judgments.add(event.id)
        elif isinstance(event, FeedbackLine):
            self.answered.setdefault(event.judgment, (file, number))
        elif isinstance(event, EpochLine):
            self.epochs.add(event.id)
        elif isinstance(event, EpochUndoneLine):
            self.undone.setdefault(event.epoch, (file, number))

    def _number(self, event: Line, number: int, file: Path) -> None:
        expected = self.last.get(event.writer, 0) + 1
        if event.seq != expected:
            problem = f"writer {event.writer}: expected seq {expected}, got {event.seq}"
            self.open.append((Finding(number, problem, file), event.writer, (expected, event.seq - 1)))
        self.last[event.writer] = max(event.seq, expected - 1)

    def _strays(self) -> Iterator[Finding]:
        for judgment, (file, number) in self.answered.items():
            if judgment not in self.judgments:
                yield Finding(number, f"feedback on judgment {judgment}, which is not in this journal", file)
        for epoch, (file, number) in self.undone.items():
            if epoch not in self.epochs:
                yield Finding(number, f"takes back epoch {epoch}, which is not in this journal", file)

    def closed(self) -> Audit:
        self._end_file()
        return Audit(
            lines=self.lines,
            kinds=dict(self.kinds),
            writers=dict(self.writers + Counter(self.last)),
            unanswered=len(self.judgments - self.answered.keys()),
            damaged=tuple(self.damaged),
            gaps=tuple(self.gaps),
            duplicates=tuple(self.duplicates),
            strays=tuple(self._strays()),
            remains=tuple(
                finding
                for subject, (ts, finding) in self.people.items()
                if any(ts <= stone.at and stone.is_of(subject) for stone in self.stones)
            ),
            links=(),
            files=tuple(self.files),
        )
