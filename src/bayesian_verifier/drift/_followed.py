"""What became of each person's windows? The detector's state by subject, from the journal's window events alone.

Windows are heard in their order in the journal. The same events give the same alarms, bit for bit, whether they are
heard live, after a restart or in a replay: nothing else is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.drift._change_rate import Change, change
from bayesian_verifier.drift._detector import MEMORY, Detector
from bayesian_verifier.drift._message import message
from bayesian_verifier.drift._own_spread import Person, begin, hear
from bayesian_verifier.journal import seconds_since_epoch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bayesian_verifier.journal import WindowLine


class Heard(NamedTuple):
    """What one window did.

    statistic: R; alarm where it reached the threshold.   change_began: the `began` of the window at which the likeliest
    change starts.   moved: how far, in the unit of risk_aversion.   change: from the window before, None at the first.
    foreseen: whether `surprise` is against all that was known of the person; not so when the detector begins anew.
    """

    window: WindowLine
    statistic: float
    alarm: bool
    change_began: str
    moved: float
    surprise: float
    change: Change | None
    foreseen: bool


class _Person(NamedTuple):
    state: Person
    windows: tuple[WindowLine, ...]


class Followed:
    """Every subject's detector.

    threshold, wander: see `Detector`; the prior is each window's own.
    """

    def __init__(self, *, threshold: float, wander: float = 0.0) -> None:
        self._threshold = threshold
        self._wander = wander
        self._people: dict[str, _Person] = {}

    def hear(self, window: WindowLine) -> Heard:
        """The next window of its subject. One read under another prior than the last begins anew with it."""
        prior = window.prior
        detector = Detector(prior.mean, prior.sd, self._threshold, self._wander)
        known = self._people.get(window.subject)
        if known is None or _prior(known.windows[-1]) != _prior(window):
            known = _Person(begin(detector), ())
        told = message(
            window.posterior.mean,
            window.posterior.sd,
            prior_mean=prior.mean,
            prior_sd=prior.sd,
            variance_scale=window.variance_scale,
        )
        state, info = hear(known.state, told, detector)
        windows = (*known.windows, window)
        alarm = bool(info.alarm)
        # as many windows are kept as the detector may date a change to
        self._people[window.subject] = _Person(state, windows[-MEMORY:] if not alarm else (window,))
        first = windows[max(0, len(windows) - 1 - int(info.change_began))]
        return Heard(
            window,
            float(info.statistic),
            alarm,
            first.began,
            float(info.moved),
            float(info.surprise),
            _since(known.windows[-1], window) if known.windows else None,
            bool(known.state.stated.windows) or window.number == 1,
        )

    def hear_all(self, windows: Iterable[WindowLine]) -> list[Heard]:
        """One after the other."""
        return [self.hear(window) for window in windows]

    @property
    def subjects(self) -> tuple[str, ...]:
        """Those heard of."""
        return tuple(self._people)


def _prior(window: WindowLine) -> tuple[float, float]:
    return (window.prior.mean, window.prior.sd)


def _since(old: WindowLine, new: WindowLine) -> Change:
    apart = seconds_since_epoch(new.ended) - seconds_since_epoch(old.ended)
    return change(old.posterior.belief, new.posterior.belief, seconds=max(apart, 1e-6))
