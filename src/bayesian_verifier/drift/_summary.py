"""What do a journal's windows and judgments say, in a page of figures? By subject, and of all."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.drift._followed import Followed
from bayesian_verifier.journal import JudgmentLine, WindowLine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bayesian_verifier.drift._change_rate import Change
    from bayesian_verifier.drift._settings import DriftSettings
    from bayesian_verifier.journal import Line
    from bayesian_verifier.posterior import Belief


class Alarm(NamedTuple):
    """Of one subject: at the end of which window, when it began, and how far they moved since."""

    at: str
    change_began: str
    moved: float
    statistic: float


class OfSubject(NamedTuple):
    """One subject's windows. statistic: R after the last one.   log_loss: mean over windows that have one.

    change: from the last window but one to the last.
    """

    subject: str
    windows: int
    last: Belief
    ended: str
    statistic: float
    log_loss: float | None
    change: Change | None
    alarms: tuple[Alarm, ...]


class DriftSummary(NamedTuple):
    """All of it. answered_by: judgments by source and, where there is one, reason, as shares of `judgments`.

    untrustworthy: share of windows whose posterior its own checks doubt.
    """

    subjects: tuple[OfSubject, ...]
    windows: int
    judgments: int
    answered_by: dict[str, float]
    untrustworthy: float
    threshold: float


def summarise(events: Iterable[Line], settings: DriftSettings) -> DriftSummary:
    """Of a journal's events, in its order. Subjects with alarms come first, then those closest to one."""
    followed = Followed(threshold=settings.threshold, wander=settings.wander)
    subjects: dict[str, OfSubject] = {}
    losses: dict[str, list[float]] = {}
    answered_by: Counter[str] = Counter()
    doubted = windows = 0
    for one in events:
        if isinstance(one, JudgmentLine):
            answered_by[one.source if one.reason is None else f"{one.source}: {one.reason}"] += 1
        elif isinstance(one, WindowLine):
            windows, doubted = windows + 1, doubted + (not one.trustworthy)
            if one.log_loss is not None:
                losses.setdefault(one.subject, []).append(one.log_loss)
            subjects[one.subject] = _with(one, followed, subjects.get(one.subject), losses.get(one.subject))
    judgments = answered_by.total()
    shares = {source: count / judgments for source, count in answered_by.most_common()}
    ordered = sorted(subjects.values(), key=lambda one: (-len(one.alarms), -one.statistic, one.subject))
    return DriftSummary(
        tuple(ordered), windows, judgments, shares, doubted / windows if windows else 0.0, settings.threshold
    )


def _with(
    window: WindowLine, followed: Followed, known: OfSubject | None, losses: list[float] | None
) -> OfSubject:
    heard = followed.hear(window)
    alarms = () if known is None else known.alarms
    if heard.alarm:
        alarms = (*alarms, Alarm(window.ended, heard.change_began, heard.moved, heard.statistic))
    return OfSubject(
        window.subject,
        1 if known is None else known.windows + 1,
        window.posterior.belief,
        window.ended,
        0.0 if heard.alarm else heard.statistic,
        sum(losses) / len(losses) if losses else None,
        heard.change,
        alarms,
    )
