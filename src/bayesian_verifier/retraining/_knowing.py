"""What does the trigger know now? Put together from the ledger, the journal and the champion."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.journal import FeedbackLine, seconds_since_epoch
from bayesian_verifier.retraining._trigger import Known, is_armed
from bayesian_verifier.retraining._waves import looks, windows_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bayesian_verifier.journal import Line
    from bayesian_verifier.retraining._operations import Operations
    from bayesian_verifier.retraining._settings import TriggerSettings
    from bayesian_verifier.retraining._waves import Windows


class Champion(NamedTuple):
    """The version that answers, and when it was trained, in seconds since 1970."""

    version: str
    trained: float


class Seen(NamedTuple):
    """What of a journal matters to retraining. answered: when somebody last gave an answer; None: nobody has."""

    windows: Windows
    answered: str | None

    def answered_since(self, moment: str) -> bool:
        """Whether anybody has, after a moment of the journal's form."""
        return self.answered is not None and self.answered > moment


def seen(events: Iterable[Line]) -> Seen:
    """Of a journal's events."""
    kept = tuple(events)
    answers = [one.ts for one in kept if isinstance(one, FeedbackLine)]
    return Seen(windows_of(kept), max(answers, default=None))


def known_of(
    done: Operations, journal: Seen, champion: Champion, now: float, settings: TriggerSettings
) -> Known:
    """What there is to decide from.

    A training that failed or was stopped neither disarms the trigger nor starts a cool-down: it is tried again, as
    often as the daily cap allows.
    """
    answered = [one for one in done.trainings if one.came_to_something]
    of_drift = [seconds_since_epoch(one.started.ts) for one in answered if one.started.reason == "drift"]
    last = max(of_drift, default=None)
    armed, alarms = last is None, None
    for look in looks(done.alarms, journal.windows, settings.alarm_days, now):
        alarms = look.alarms
        if last is not None and look.at > last:
            armed = is_armed(armed, alarms, settings)
    assert alarms is not None  # noqa: S101 there is a look at `now`
    return Known(
        alarms=alarms,
        armed=armed,
        trained=champion.trained,
        windows=journal.windows.since(champion.trained),
        starts=tuple(seconds_since_epoch(one.started.ts) for one in done.trainings),
        ended=max((seconds_since_epoch(one.ended.ts) for one in answered if one.ended), default=None),
        running=any(one.ended is None for one in done.trainings),
    )
