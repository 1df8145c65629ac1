"""Is a journal whole? Every checksum, every number of every writer, every id, every reference, every file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bayesian_verifier.journal._lines import FeedbackLine, JudgmentLine, Line
from bayesian_verifier.journal._merged_block import NOTHING, Block, heading_of
from bayesian_verifier.journal._reading import Damaged, Numbered

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


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
    strays: feedback on a judgment that is not in the journal.
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
    links: tuple[Finding, ...]
    files: tuple[Path, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is wrong, in order of file and line."""
        everything = self.links + self.damaged + self.gaps + self.duplicates + self.strays
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
    damaged: list[Finding] = field(default_factory=list)
    gaps: list[Finding] = field(default_factory=list)
    duplicates: list[Finding] = field(default_factory=list)
    block: Block = field(default_factory=lambda: Block(NOTHING))

    def add(self, entry: Numbered | Damaged) -> None:
        self.lines += 1
        if self.files[-1:] != [entry.file]:
            self.files.append(entry.file)
            self.writers.update(self.last)
            self.last = {}
            self._end_block()
        if isinstance(entry, Damaged):
            self.damaged.append(Finding(entry.number, entry.reason, entry.file))
            self.block.takes(None)
            return
        if self.block.takes(entry.text.encode()):
            self.last[entry.event.writer] = entry.event.seq
        elif entry.number == 1 and (heading := heading_of(entry.event.model_dump())):
            self.block = Block(heading, entry.file)
        else:
            self._number(entry.event, entry.number, entry.file)
        self._add(entry.event, entry.number, entry.file)

    def _end_block(self) -> None:
        """Note what is wrong with the merged lines of the file that has gone by, if it had any."""
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

    def _number(self, event: Line, number: int, file: Path) -> None:
        expected = self.last.get(event.writer, 0) + 1
        if event.seq != expected:
            problem = f"writer {event.writer}: expected seq {expected}, got {event.seq}"
            self.gaps.append(Finding(number, problem, file))
        self.last[event.writer] = max(event.seq, expected - 1)

    def closed(self) -> Audit:
        strays = (
            Finding(number, f"feedback on judgment {judgment}, which is not in this journal", file)
            for judgment, (file, number) in self.answered.items()
            if judgment not in self.judgments
        )
        self._end_block()
        return Audit(
            lines=self.lines,
            kinds=dict(self.kinds),
            writers=dict(self.writers + Counter(self.last)),
            unanswered=len(self.judgments - self.answered.keys()),
            damaged=tuple(self.damaged),
            gaps=tuple(self.gaps),
            duplicates=tuple(self.duplicates),
            strays=tuple(strays),
            links=(),
            files=tuple(self.files),
        )
