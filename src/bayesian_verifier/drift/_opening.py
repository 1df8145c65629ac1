"""How does a person open an epoch for somebody, or take one back? Written to the journal, with who and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import EpochLine, Epochs, EpochUndoneLine, JudgmentLine, Numbered

if TYPE_CHECKING:
    from bayesian_verifier.journal import Journal


class _Known(NamedTuple):
    epochs: Epochs
    subjects: set[str]


def open_epoch(journal: Journal, subject: str, since: str, *, by: str, now: str) -> str:
    """Let only what a subject answered from `since` on be evidence; the epoch's id.

    since, now: timestamps as the journal has them. Raises CallerError where the journal has no judgment of the subject,
    where `since` is to come, or where an epoch that begins then or later holds already.
    """
    if since > now:
        raise CallerError(f"{since} is to come: nothing that was answered would count")
    known = _known(journal)
    if subject not in known.subjects:
        raise CallerError(f"no judgment of {subject!r} in {journal.path}")
    current = known.epochs.current(subject)
    if current is not None and current.since >= since:
        raise CallerError(f"epoch {current.id} holds, from {current.since} on: undo it first")
    fields = {"subject": subject, "from": since, "window": None, "reason": "asked", "by": by}
    return journal.append("epoch", fields)


def undo_epoch(journal: Journal, epoch: str, *, by: str, why: str | None = None) -> str:
    """Take an epoch back: what was said before it counts again. The id of the line that says so.

    Raises CallerError where there is no such epoch, or it was undone.
    """
    known = _known(journal).epochs
    if epoch not in {one.id for one in known.opened()}:
        raise CallerError(f"no epoch {epoch!r} in {journal.path}")
    if known.undone(epoch) is not None:
        raise CallerError(f"epoch {epoch} is undone already")
    return journal.append("epoch_undone", {"epoch": epoch, "by": by, "why": why})


def _known(journal: Journal) -> _Known:
    known = _Known(Epochs(), set())
    for entry in journal.read():
        event = entry.event if isinstance(entry, Numbered) else None
        if isinstance(event, EpochLine | EpochUndoneLine):
            known.epochs.add(event)
        elif isinstance(event, JudgmentLine) and event.subject is not None:
            known.subjects.add(event.subject)
    return known
