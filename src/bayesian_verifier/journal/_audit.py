"""Is a journal whole? Every checksum, every number of every writer, every id, every reference."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bayesian_verifier.journal._lines import FeedbackLine, JudgmentLine, Line
from bayesian_verifier.journal._merged_block import KIND as MERGED
from bayesian_verifier.journal._merged_block import NOTHING, Block, heading_of
from bayesian_verifier.journal._reading import Damaged, Numbered

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: the number of its line, from 1, and what."""

    line: int
    problem: str


@dataclass(frozen=True)
class Audit:
    """What a journal holds and what is wrong with it.

    kinds: events by kind.   writers: the last seq of each writer.   unanswered: judgments without feedback.
    damaged: lines that cannot be read.   gaps: numbers missing or out of order.   duplicates: an id again.
    strays: feedback on a judgment that is not in the file.
    """

    lines: int
    kinds: dict[str, int]
    writers: dict[str, int]
    unanswered: int
    damaged: tuple[Finding, ...]
    gaps: tuple[Finding, ...]
    duplicates: tuple[Finding, ...]
    strays: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is wrong, in file order."""
        everything = self.damaged + self.gaps + self.duplicates + self.strays
        return tuple(sorted(everything, key=lambda finding: finding.line))

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def audit(entries: Iterable[Numbered | Damaged]) -> Audit:
    """Check the lines of one file, in file order."""
    notes = _Notes()
    for entry in entries:
        notes.lines += 1
        if isinstance(entry, Damaged):
            notes.damaged.append(Finding(entry.number, entry.reason))
            notes.block.takes(None)
        else:
            notes.add(entry)
    return notes.closed()


@dataclass
class _Notes:
    """What has been seen so far."""

    lines: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    last: dict[str, int] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    judgments: set[str] = field(default_factory=set)
    answered: dict[str, int] = field(default_factory=dict)
    damaged: list[Finding] = field(default_factory=list)
    gaps: list[Finding] = field(default_factory=list)
    duplicates: list[Finding] = field(default_factory=list)
    block: Block = field(default_factory=lambda: Block(NOTHING))

    def add(self, entry: Numbered) -> None:
        number, event = entry.number, entry.event
        self.kinds[event.kind] += 1
        if self.block.takes(entry.text.encode()):
            self.last[event.writer] = event.seq
        elif number == 1 and event.kind == MERGED and (heading := heading_of(event.model_dump())):
            self.block = Block(heading)
        else:
            self._number(number, event)
        first = self.seen.setdefault(event.id, number)
        if first != number:
            self.duplicates.append(Finding(number, f"id {event.id} again, first in line {first}"))
        if isinstance(event, JudgmentLine):
            self.judgments.add(event.id)
        elif isinstance(event, FeedbackLine):
            self.answered.setdefault(event.judgment, number)

    def _number(self, number: int, event: Line) -> None:
        expected = self.last.get(event.writer, 0) + 1
        if event.seq != expected:
            problem = f"writer {event.writer}: expected seq {expected}, got {event.seq}"
            self.gaps.append(Finding(number, problem))
        self.last[event.writer] = max(event.seq, expected - 1)

    def closed(self) -> Audit:
        strays = (
            Finding(number, f"feedback on judgment {judgment}, which is not in this file")
            for judgment, number in self.answered.items()
            if judgment not in self.judgments
        )
        self.gaps += (Finding(1, problem) for problem in self.block.problems())
        return Audit(
            lines=self.lines,
            kinds=dict(self.kinds),
            writers=dict(self.last),
            unanswered=len(self.judgments - self.answered.keys()),
            damaged=tuple(self.damaged),
            gaps=tuple(self.gaps),
            duplicates=tuple(self.duplicates),
            strays=tuple(strays),
        )
