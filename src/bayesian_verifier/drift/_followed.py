"""What became of each person's windows? The detector's state by subject, from the journal's window events alone.

Windows are heard in their order in the journal. The same events give the same alarms, bit for bit, whether they are
heard live, after a restart or in a replay: nothing else is looked at.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.drift._change_rate import Change, change
from bayesian_verifier.drift._detector import MEMORY, Detector
from bayesian_verifier.drift._message import Message, message
from bayesian_verifier.drift._own_spread import Person, begin
from bayesian_verifier.drift._several import hear_several
from bayesian_verifier.journal import seconds_since_epoch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bayesian_verifier.journal import WindowLine

#: the parameter that every model has
FIRST = "risk_aversion"
NONE: Mapping[str, float] = MappingProxyType({})


class Heard(NamedTuple):
    """What one window did.

    statistic: mean of R over the window's parameters; alarm where it reached the threshold.   change_began: the `began`
    of the window at which the likeliest change starts.   moved: how far, in the unit of the parameter.   surprise,
    change: of risk_aversion; the change from the window before, None at the first.
    foreseen: whether `surprise` is against all that was known of the person; not so when the detector begins anew.
    parameter: that speaks most for a change.   statistics: R of each, where a window has more than risk_aversion.
    """

    window: WindowLine
    statistic: float
    alarm: bool
    change_began: str
    moved: float
    surprise: float
    change: Change | None
    foreseen: bool
    parameter: str = FIRST
    statistics: Mapping[str, float] = NONE


class _Person(NamedTuple):
    states: Mapping[str, Person]
    windows: tuple[WindowLine, ...]


class Followed:
    """Every subject's detectors, one for each parameter that their windows name.

    threshold, wander: see `Detector`; the priors are each window's own. wander is in the unit of risk_aversion; other
    parameters wander as much in their prior's sd.
    """

    def __init__(self, *, threshold: float, wander: float = 0.0) -> None:
        self._threshold = threshold
        self._wander = wander
        self._people: dict[str, _Person] = {}

    def hear(self, window: WindowLine) -> Heard:
        """The next window of its subject. One of other parameters or priors than the last begins anew with it."""
        detectors = self._detectors(window)
        known = self._people.get(window.subject)
        if known is None or _priors(known.windows[-1]) != _priors(window):
            known = _Person({name: begin(detector) for name, detector in detectors.items()}, ())
        states, found = hear_several(known.states, _messages(window), detectors)
        windows = (*known.windows, window)
        alarm, parameter = bool(found.alarm), found.leading()
        # as many windows are kept as the detector may date a change to
        self._people[window.subject] = _Person(states, windows[-MEMORY:] if not alarm else (window,))
        leading = found.of[parameter]
        first = windows[max(0, len(windows) - 1 - int(leading.change_began))]
        return Heard(
            window,
            float(found.statistic),
            alarm,
            first.began,
            float(leading.moved),
            float(found.of[FIRST].surprise),
            _since(known.windows[-1], window) if known.windows else None,
            bool(known.states[FIRST].stated.windows) or window.number == 1,
            parameter,
            {name: float(info.statistic) for name, info in found.of.items()} if window.others else NONE,
        )

    def _detectors(self, window: WindowLine) -> dict[str, Detector]:
        unit = window.prior.sd
        found = {FIRST: Detector(window.prior.mean, unit, self._threshold, self._wander)}
        for name, one in (window.others or {}).items():
            prior = one.prior
            wander = self._wander * prior.sd / unit
            found[name] = Detector(prior.mean, prior.sd, self._threshold, wander)
        return found

    def hear_all(self, windows: Iterable[WindowLine]) -> list[Heard]:
        """One after the other."""
        return [self.hear(window) for window in windows]

    @property
    def subjects(self) -> tuple[str, ...]:
        """Those heard of."""
        return tuple(self._people)


def _messages(window: WindowLine) -> dict[str, Message]:
    told = {FIRST: (window.prior, window.posterior)}
    told |= {name: (one.prior, one.posterior) for name, one in (window.others or {}).items()}
    return {
        name: message(
            posterior.mean,
            posterior.sd,
            prior_mean=prior.mean,
            prior_sd=prior.sd,
            variance_scale=window.variance_scale,
        )
        for name, (prior, posterior) in told.items()
    }


def _priors(window: WindowLine) -> dict[str, tuple[float, float]]:
    others = {name: (one.prior.mean, one.prior.sd) for name, one in (window.others or {}).items()}
    return {FIRST: (window.prior.mean, window.prior.sd), **others}


def _since(old: WindowLine, new: WindowLine) -> Change:
    apart = seconds_since_epoch(new.ended) - seconds_since_epoch(old.ended)
    return change(old.posterior.belief, new.posterior.belief, seconds=max(apart, 1e-6))
