"""From when on do a person's answers count? Epochs, opened and undone, from events in any order.

Of several epochs of one subject the one that begins last holds. An epoch that is undone counts for nothing,
whichever of the two lines stands first, so that journals may be merged in any order.
"""

from __future__ import annotations

from typing import NamedTuple

from bayesian_verifier.journal._lines import EpochLine, EpochUndoneLine


class Epoch(NamedTuple):
    """The one that holds. id: of its line.   since: a timestamp; answers from then on are evidence."""

    id: str
    since: str


class Epochs:
    """What has been opened and undone; of two lines with one id the first stays."""

    def __init__(self) -> None:
        self._opened: dict[str, EpochLine] = {}
        self._undone: dict[str, EpochUndoneLine] = {}
        self._of: dict[str, list[EpochLine]] = {}

    def add(self, line: EpochLine | EpochUndoneLine) -> str | None:
        """Note a line; whose epochs it changed, None where that is nobody yet."""
        if isinstance(line, EpochUndoneLine):
            self._undone.setdefault(line.epoch, line)
            opened = self._opened.get(line.epoch)
            return None if opened is None else opened.subject
        if line.id not in self._opened:
            self._opened[line.id] = line
            self._of.setdefault(line.subject, []).append(line)
        return line.subject

    def current(self, subject: str) -> Epoch | None:
        """The epoch of a subject that holds; None where all they ever said counts."""
        standing = [one for one in self._of.get(subject, ()) if one.id not in self._undone]
        if not standing:
            return None
        last = max(standing, key=lambda one: (one.since, one.order))
        return Epoch(last.id, last.since)

    def opened(self) -> tuple[EpochLine, ...]:
        """All that were ever opened, by subject, by when they begin, and by when they were opened."""
        return tuple(sorted(self._opened.values(), key=lambda one: (one.subject, one.since, one.order)))

    def undone(self, epoch: str) -> EpochUndoneLine | None:
        """Who took an epoch back, None where nobody did."""
        return self._undone.get(epoch)


def counts(answered: str, epoch: Epoch | None) -> bool:
    """Whether an answer given then is evidence."""
    return epoch is None or answered >= epoch.since
