"""What do a journal's windows and judgments say, in a page of figures? By subject, and of all."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.drift._followed import FIRST, Followed
from bayesian_verifier.drift._listed import Listing, wanted
from bayesian_verifier.drift._population import Population
from bayesian_verifier.drift._trend import Trend, trend
from bayesian_verifier.journal import JudgmentLine, WindowLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bayesian_verifier.drift._change_rate import Change
    from bayesian_verifier.drift._followed import Heard
    from bayesian_verifier.drift._listed import OfEpoch
    from bayesian_verifier.drift._population import Contradiction, Crossing, Standing
    from bayesian_verifier.drift._settings import DriftSettings
    from bayesian_verifier.journal import Line
    from bayesian_verifier.posterior import Belief


class Alarm(NamedTuple):
    """Of one subject: at the end of which window, when it began, and how far they moved since, in which parameter."""

    at: str
    change_began: str
    moved: float
    statistic: float
    parameter: str = FIRST


class OfOther(NamedTuple):
    """One subject's last window, as to a further parameter. statistic: its own R, of which the person's is a mean."""

    last: Belief
    statistic: float


class OfWindow(NamedTuple):
    """One window. statistic: R after it, of an alarm where it reached the threshold.   change: from the one before."""

    number: int
    began: str
    ended: str
    belief: Belief
    change: Change | None
    statistic: float
    alarm: bool
    log_loss: float | None
    trustworthy: bool
    model_version: str


class OfSubject(NamedTuple):
    """One subject's windows. statistic: R after the last one.   log_loss: mean over windows that have one.

    change: from the last window but one to the last.   series: every window.   epochs: those that there were.
    others: further parameters, by name.
    """

    subject: str
    windows: int
    last: Belief
    ended: str
    statistic: float
    log_loss: float | None
    change: Change | None
    alarms: tuple[Alarm, ...]
    series: tuple[OfWindow, ...]
    epochs: tuple[OfEpoch, ...]
    others: Mapping[str, OfOther]


class DriftSummary(NamedTuple):
    """All of it. answered_by: judgments by source and, where there is one, reason, as shares of `judgments`.

    untrustworthy: share of windows whose posterior its own checks doubt.   epochs: everybody's, by subject.
    population, crossings, trends: how each measure stands, which limits were crossed, how it went over time.
    contradictions: windows in which two sources are at odds, oldest first.
    """

    subjects: tuple[OfSubject, ...]
    windows: int
    judgments: int
    answered_by: dict[str, float]
    untrustworthy: float
    threshold: float
    epochs: tuple[OfEpoch, ...]
    population: tuple[Standing, ...]
    crossings: tuple[Crossing, ...]
    trends: tuple[Trend, ...]
    contradictions: tuple[Contradiction, ...]


def summarise(events: Iterable[Line], settings: DriftSettings) -> DriftSummary:
    """Of a journal's events, in its order. Subjects with alarms come first, then those closest to one."""
    followed = Followed(threshold=settings.threshold, wander=settings.wander)
    population, listing = Population(settings.population, keep=True), Listing()
    heard: dict[str, list[Heard]] = {}
    crossings: list[Crossing] = []
    answered_by: Counter[str] = Counter()
    for one in events:
        if isinstance(one, WindowLine):
            now = followed.hear(one)
            heard.setdefault(one.subject, []).append(now)
            listing.hear(now)
            crossings += population.hear(now)
            continue
        population.note(one)
        listing.note(one)
        if isinstance(one, JudgmentLine):
            answered_by[one.source if one.reason is None else f"{one.source}: {one.reason}"] += 1
    epochs = wanted(listing.found(), settings)
    of: dict[str, list[OfEpoch]] = {}
    for epoch in epochs:
        of.setdefault(epoch.subject, []).append(epoch)
    subjects = [_of_subject(name, told, of.get(name, [])) for name, told in heard.items()]
    judgments, windows = answered_by.total(), sum(one.windows for one in subjects)
    doubted = sum(not window.trustworthy for one in subjects for window in one.series)
    return DriftSummary(
        tuple(sorted(subjects, key=lambda one: (-len(one.alarms), -one.statistic, one.subject))),
        windows,
        judgments,
        {source: count / judgments for source, count in answered_by.most_common()},
        doubted / windows if windows else 0.0,
        settings.threshold,
        tuple(epochs),
        population.standings(),
        tuple(crossings),
        tuple(trend(name, told) for name, told in population.history.items()),
        tuple(population.contradictions),
    )


def _of_subject(name: str, heard: list[Heard], epochs: list[OfEpoch]) -> OfSubject:
    last = heard[-1]
    losses = [one.window.log_loss for one in heard if one.window.log_loss is not None]
    return OfSubject(
        name,
        len(heard),
        last.window.posterior.belief,
        last.window.ended,
        0.0 if last.alarm else last.statistic,
        sum(losses) / len(losses) if losses else None,
        last.change,
        tuple(
            Alarm(one.window.ended, one.change_began, one.moved, one.statistic, one.parameter)
            for one in heard
            if one.alarm
        ),
        tuple(map(_of_window, heard)),
        tuple(epochs),
        {
            name: OfOther(one.posterior.belief, 0.0 if last.alarm else last.statistics[name])
            for name, one in (last.window.others or {}).items()
        },
    )


def _of_window(heard: Heard) -> OfWindow:
    window = heard.window
    return OfWindow(
        window.number,
        window.began,
        window.ended,
        window.posterior.belief,
        heard.change,
        heard.statistic,
        heard.alarm,
        window.log_loss,
        window.trustworthy,
        window.model_version,
    )
