"""How quickly is drift noticed, answered and mended, and how long did people go without the service?

From the ledger and the journal alone: whoever has the two files gets the same figures.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.journal import PromotionLine, RollbackLine, WindowLine, seconds_since_epoch
from bayesian_verifier.retraining._outages import Outage, outages
from bayesian_verifier.retraining._waves import looks, windows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bayesian_verifier.journal import Line
    from bayesian_verifier.retraining._operations import Operations
    from bayesian_verifier.retraining._settings import TriggerSettings
    from bayesian_verifier.retraining._waves import Windows

_DAY = 86_400.0


class Spread(NamedTuple):
    """Of some delays: how often there was one, and their median and greatest; None where there is none."""

    times: int
    median: float | None
    longest: float | None


class Kpis(NamedTuple):
    """All of them; durations in seconds, delays in windows and answers too.

    drift_rate: alarms in 1,000 windows; None without windows.   share_alarmed: of the people followed now.
    delay_seconds, delay_windows, delay_answers: from where a change is dated to, to its alarm.
    alarm_to_challenger: from when enough people had alarms to the challenger that drift asked for.
    challenger_to_promotion: from the end of its training.
    fallback_ms: how long a person waited for the first fallback of each outage.
    outage_to_back: from that first fallback to the next answer of the service; outages that last are not in it.
    """

    windows: int
    alarms: int
    drift_rate: float | None
    share_alarmed: float
    delay_seconds: Spread
    delay_windows: Spread
    delay_answers: Spread
    alarm_to_challenger: Spread
    challenger_to_promotion: Spread
    trainings: int
    promotions: int
    rollbacks: int
    outages: int
    lasting: int
    fallback_ms: Spread
    outage_to_back: Spread


def kpis(done: Operations, events: Iterable[Line], now: float, settings: TriggerSettings) -> Kpis:
    """Of a ledger and a journal's events, at a time in seconds since 1970."""
    lines = tuple(events)
    windows, faults = windows_of(lines), outages(lines)
    delays = _delays(done, tuple(one for one in lines if isinstance(one, WindowLine)))
    share = [look.alarms.share for look in looks(done.alarms, windows, settings.alarm_days, now)][-1]
    count = len(windows.times)
    return Kpis(
        windows=count,
        alarms=len(done.alarms),
        drift_rate=1000.0 * len(done.alarms) / count if count else None,
        share_alarmed=share,
        delay_seconds=_spread([one.seconds for one in delays]),
        delay_windows=_spread([one.windows for one in delays]),
        delay_answers=_spread([one.answers for one in delays]),
        alarm_to_challenger=_spread(_to_challengers(done, windows, settings)),
        challenger_to_promotion=_spread(_to_promotions(done)),
        trainings=len(done.trainings),
        promotions=sum(isinstance(one, PromotionLine) for one in done.changes),
        rollbacks=sum(isinstance(one, RollbackLine) for one in done.changes),
        outages=len(faults),
        lasting=sum(one.back is None for one in faults),
        fallback_ms=_spread([one.waited_ms for one in faults if one.waited_ms is not None]),
        outage_to_back=_spread(_lengths(faults)),
    )


class _Delay(NamedTuple):
    seconds: float
    windows: float
    answers: float


def _delays(done: Operations, windows: Sequence[WindowLine]) -> list[_Delay]:
    """Of each alarm whose window is in the journal still, the windows since the change counted, its own too."""
    known = {one.id: one for one in windows}
    own: dict[str, list[WindowLine]] = {}
    for one in windows:
        own.setdefault(one.subject, []).append(one)
    found = []
    for alarm in done.alarms:
        last = known.get(alarm.window)
        if last is not None:
            since = [
                one
                for one in own[last.subject]
                if one.began >= alarm.change_began and one.number <= last.number
            ]
            apart = seconds_since_epoch(last.ended) - seconds_since_epoch(alarm.change_began)
            found.append(_Delay(max(0.0, apart), len(since), sum(len(one.judgments) for one in since)))
    return found


def _to_challengers(done: Operations, windows: Windows, settings: TriggerSettings) -> list[float]:
    """From the last time before a training that the share of people with alarms rose to its mark."""
    found = []
    for one in done.trainings:
        if one.started.reason != "drift" or one.ended is None or one.ended.challenger is None:
            continue
        began = seconds_since_epoch(one.started.ts)
        rose, above = None, False
        for look in looks(done.alarms, windows, settings.alarm_days, began):
            if look.alarms.share >= settings.alarm_share and not above:
                rose = look.at
            above = look.alarms.share >= settings.alarm_share
        if rose is not None:
            found.append(seconds_since_epoch(one.ended.ts) - rose)
    return found


def _to_promotions(done: Operations) -> list[float]:
    ends = {
        one.ended.challenger: seconds_since_epoch(one.ended.ts)
        for one in done.trainings
        if one.ended is not None and one.ended.challenger is not None
    }
    first: dict[str, float] = {}
    for one in done.changes:
        if isinstance(one, PromotionLine) and one.challenger in ends:
            first.setdefault(one.challenger, seconds_since_epoch(one.ts) - ends[one.challenger])
    return list(first.values())


def _lengths(faults: Sequence[Outage]) -> list[float]:
    return [seconds_since_epoch(one.back) - seconds_since_epoch(one.began) for one in faults if one.back]


def _spread(values: Sequence[float]) -> Spread:
    return Spread(len(values), median(values), max(values)) if values else Spread(0, None, None)
