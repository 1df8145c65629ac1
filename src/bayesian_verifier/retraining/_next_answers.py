"""Which answers came after a moment, and what was known of the person before each?

Answers are taken in the order they were given. The first answer to a judgment is the one to be foreseen; a later one
to the same judgment changes what is known, as it does for the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.journal import MOST_ANSWERED, FeedbackLine, JudgmentLine, as_evidence
from bayesian_verifier.judgment import has_advantage
from bayesian_verifier.retraining._evidence_from import EvidenceFrom

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bayesian_verifier.journal import Line
    from bayesian_verifier.judgment import Judgment


class NextAnswer(NamedTuple):
    """One answer to be foreseen. known: the same person's answered judgments before it, oldest first, 512 at most."""

    subject: str
    known: tuple[Judgment, ...]
    judgment: Judgment


class _Answered(NamedTuple):
    id: str
    at: str
    judgment: Judgment


def next_answers(events: Iterable[Line], *, after: str) -> Iterator[NextAnswer]:
    """Each informative feedback given later than the timestamp `after`, by somebody known by name."""
    made: dict[str, JudgmentLine] = {}
    told: list[Line] = []
    for one in events:
        if isinstance(one, JudgmentLine):
            made.setdefault(one.id, one)
        elif isinstance(one, FeedbackLine) or one.kind in {"epoch", "epoch_undone"}:
            told.append(one)
    begins = EvidenceFrom()
    people: dict[str, list[_Answered]] = {}
    for line in sorted(told, key=lambda one: one.order):
        if not isinstance(line, FeedbackLine):
            begins.hear(line)
            continue
        of = made.get(line.judgment)
        judgment = None if of is None else as_evidence(of, line)
        if of is None or of.subject is None or judgment is None:
            continue
        own = people.setdefault(of.subject, [])
        place = next((i for i, one in enumerate(own) if one.id == of.id), None)
        if place is not None:
            own[place] = own[place]._replace(judgment=judgment)
            continue
        if line.ts > after and _tells(judgment):
            since = begins.of(of.subject)
            known = tuple(one.judgment for one in own[-MOST_ANSWERED:] if one.at >= since)
            yield NextAnswer(of.subject, known, judgment)
        own.append(_Answered(of.id, line.ts, judgment))


def _tells(judgment: Judgment) -> bool:
    """Whether two beliefs about the person could foresee the answer differently."""
    return judgment.feedback is not None and judgment.verdict != "refuted" and has_advantage(judgment)
