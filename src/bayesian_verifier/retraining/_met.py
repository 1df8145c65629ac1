"""What does a challenger learn from a journal? The cases people met, and what their newest windows said of them.

Whose a case was does not matter and is not passed on; what was answered is not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.journal import FeedbackLine, JudgmentLine, WindowLine, as_evidence, seconds_since_epoch
from bayesian_verifier.judgment import has_advantage
from bayesian_verifier.retraining._evidence_from import EvidenceFrom

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bayesian_verifier.journal import Line
    from bayesian_verifier.judgment import Judgment

_DAY = 86_400.0
#: a window that tells less than this share of what its prior did is no measurement of anybody
_LEAST_SHARE = 1e-3


class Told(NamedTuple):
    """What one person's window says without its prior: a measurement of risk_aversion with a precision > 0."""

    value: float
    precision: float


class Met(NamedTuple):
    """What there is to learn in a journal.

    cases: informative ones that were answered, oldest first.   dropped: answered ones that are refuted, tell no
    attitude to risk from another, or are no record.   left_out: those beyond the newest of each person.
    told: the newest window of each person who has one.   doubted: windows left out, as their own checks doubt them.
    until: timestamp of the newest event; "" in an empty journal.
    """

    cases: tuple[Judgment, ...]
    dropped: int
    left_out: int
    told: tuple[Told, ...]
    doubted: int
    until: str


def met(events: Iterable[Line], *, per_person: int, days: float) -> Met:
    """Read a journal.

    per_person: newest cases of each person.   days: windows that ended longer before the newest one are not looked at.
    """
    made: dict[str, JudgmentLine] = {}
    answers: dict[str, FeedbackLine] = {}
    windows: list[WindowLine] = []
    begins, until = EvidenceFrom(), ""
    for one in events:
        until = max(until, one.ts)
        begins.hear(one)
        if isinstance(one, JudgmentLine):
            made.setdefault(one.id, one)
        elif isinstance(one, FeedbackLine):
            answers.setdefault(one.judgment, one)
        elif isinstance(one, WindowLine):
            windows.append(one)
    cases, dropped, left_out = _cases(made, answers, per_person)
    trusted = [one for one in windows if one.trustworthy]
    told = _told([one for one in trusted if one.began >= begins.of(one.subject)], days)
    return Met(cases, dropped, left_out, told, len(windows) - len(trusted), until)


def _cases(
    made: dict[str, JudgmentLine], answers: dict[str, FeedbackLine], per_person: int
) -> tuple[tuple[Judgment, ...], int, int]:
    of_each: dict[str | None, list[Judgment]] = {}
    answered = sorted((one for one in made.values() if one.id in answers), key=lambda one: one.order)
    dropped = 0
    for line in answered:
        judgment = as_evidence(line, answers[line.id])
        if judgment is None or judgment.verdict == "refuted" or not has_advantage(judgment):
            dropped += 1
        else:
            of_each.setdefault(line.subject, []).append(judgment)
    kept = [one for own in of_each.values() for one in own[-per_person:]]
    ordered = sorted(kept, key=lambda one: (one.ts or "", one.id or ""))
    return tuple(ordered), dropped, len(answered) - dropped - len(kept)


def _told(windows: list[WindowLine], days: float) -> tuple[Told, ...]:
    newest: dict[str, WindowLine] = {}
    for one in windows:
        known = newest.get(one.subject)
        if known is None or (one.ended, one.number) >= (known.ended, known.number):
            newest[one.subject] = one
    if not newest:
        return ()
    ends = {subject: seconds_since_epoch(one.ended) for subject, one in newest.items()}
    since = max(ends.values()) - days * _DAY
    said = [_without_prior(one) for subject, one in newest.items() if ends[subject] >= since]
    return tuple(sorted(one for one in said if one is not None))


def _without_prior(window: WindowLine) -> Told | None:
    """The window as a measurement: λ = 1/s² − 1/s₀², y = (m/s² − m₀/s₀²)/λ; None where it says next to nothing."""
    prior, found = window.prior, window.posterior
    of_prior, of_posterior = prior.sd**-2, found.sd**-2
    gained = of_posterior - of_prior
    if gained < _LEAST_SHARE * of_prior:
        return None
    value = (found.mean * of_posterior - prior.mean * of_prior) / gained
    return Told(value, gained / window.variance_scale)
