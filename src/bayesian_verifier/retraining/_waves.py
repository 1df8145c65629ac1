"""How many of the people followed had an alarm lately, at any time? From windows and alarms, in one sweep over both."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.journal import WindowLine, seconds_since_epoch
from bayesian_verifier.retraining._trigger import Alarms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bayesian_verifier.journal import AlarmLine, Line

_DAY = 86_400.0
_LEAST_WINDOWS = 2  # a person is followed from their second on


class Look(NamedTuple):
    """The alarms at a moment, in seconds since 1970, after all that happened in it."""

    at: float
    alarms: Alarms


class Windows(NamedTuple):
    """What a journal's windows say that matters here. owners: subject by window id.   times: of each, as journalled.

    followed: when each person's second window came.
    """

    owners: dict[str, str]
    times: tuple[float, ...]
    followed: dict[str, float]

    def since(self, moment: float) -> int:
        """How many came after a moment."""
        return sum(at > moment for at in self.times)


def windows_of(events: Iterable[Line]) -> Windows:
    """Of a journal's events."""
    owners: dict[str, str] = {}
    times: list[float] = []
    counts: Counter[str] = Counter()
    followed: dict[str, float] = {}
    for one in events:
        if isinstance(one, WindowLine):
            at = seconds_since_epoch(one.ts)
            owners[one.id] = one.subject
            times.append(at)
            counts[one.subject] += 1
            if counts[one.subject] == _LEAST_WINDOWS:
                followed[one.subject] = at
    return Windows(owners, tuple(times), followed)


def looks(alarms: Sequence[AlarmLine], windows: Windows, alarm_days: float, until: float) -> Iterator[Look]:
    """The state after each change of it up to a moment, in order of time, and at that moment.

    An alarm lasts alarm_days; one whose window is in the journal no more, as of somebody forgotten, is nobody's.
    """
    changes: list[tuple[float, int, str]] = [(at, 0, "") for at in windows.followed.values()]
    for one in alarms:
        owner = windows.owners.get(one.window)
        if owner is not None:
            at = seconds_since_epoch(one.ts)
            changes += [(at, 1, owner), (at + alarm_days * _DAY, -1, owner)]
    changes.sort()
    people, lately = 0, Counter[str]()
    for place, (at, change, owner) in enumerate(changes):
        if at > until:
            break
        people += change == 0
        if change:
            lately[owner] += change
            lately += Counter()  # leaves out those at 0
        if place + 1 == len(changes) or changes[place + 1][0] > at:
            yield Look(at, Alarms(people, len(lately)))
    yield Look(until, Alarms(people, len(lately)))
