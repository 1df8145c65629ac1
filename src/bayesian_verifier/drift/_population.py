"""Has the population changed? Every measure with its limit, and the windows at which one is crossed.

Only the journal's events are looked at, in their order: the same events give the same crossings, bit for bit.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.drift._measures import MEASURES
from bayesian_verifier.drift._outcomes import CONFLICT_AT, Sources
from bayesian_verifier.drift._share_test import ShareState, newest_that_speak, share_step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.drift._followed import Heard
    from bayesian_verifier.drift._measures import Measure, MeasureName
    from bayesian_verifier.drift._outcomes import Said
    from bayesian_verifier.drift._settings import Limit, PopulationSettings
    from bayesian_verifier.drift._share_test import Levels
    from bayesian_verifier.journal import Line, WindowLine


class Crossing(NamedTuple):
    """A measure is above its limit now, or back; in its unit.

    value: of the windows that speak most for it, at most the `recent` newest.   windows, people: how many these are.
    since, until: when the first and the last of them were journalled.
    """

    measure: MeasureName
    value: float
    limit: float
    raised: bool
    windows: int
    people: int
    since: str
    until: str


class Standing(NamedTuple):
    """How a measure stands. value: of the newest windows, None before the first; `windows` of them.

    statistic: against the threshold of what it is asked now, to be raised or to be back.
    """

    measure: MeasureName
    value: float | None
    above: float
    back: float
    raised: bool
    windows: int
    statistic: float


class Contradiction(NamedTuple):
    """Two sources at odds about somebody: which, whom, in the window that ended then, and how far apart in sd."""

    measure: MeasureName
    subject: str
    at: str
    z: float


class _Outcome(NamedTuple):
    x: float
    subject: str
    at: str


class _Followed:
    """One measure."""

    def __init__(
        self, name: MeasureName, measure: Measure, limit: Limit, settings: PopulationSettings
    ) -> None:
        self.name, self.measure, self.limit = name, measure, limit
        self._threshold = settings.windows
        self._levels: Levels = measure.levels(limit)
        self._newest: deque[_Outcome] = deque(maxlen=settings.recent)
        self.state = ShareState()
        self._statistic = 0.0

    def hear(self, outcome: _Outcome) -> Crossing | None:
        self._newest.append(outcome)
        self.state, info = share_step(self.state, outcome.x, self._levels, threshold=self._threshold)
        self._statistic = 0.0 if info.crossed else info.statistic
        return self._crossing() if info.crossed else None

    def _crossing(self) -> Crossing:
        raised = self.state.raised
        newest = list(self._newest)
        speaking = newest[-newest_that_speak([one.x for one in newest], self._levels, raised=raised) :]
        return Crossing(
            self.name,
            self._value(speaking),
            self.limit.above if raised else self.limit.back,
            raised,
            len(speaking),
            len({one.subject for one in speaking}),
            speaking[0].at,
            speaking[-1].at,
        )

    def _value(self, of: Sequence[_Outcome]) -> float:
        return self.measure.value(sum(one.x for one in of) / len(of))

    def standing(self) -> Standing:
        return Standing(
            self.name,
            self._value(self._newest) if self._newest else None,
            self.limit.above,
            self.limit.back,
            self.state.raised,
            len(self._newest),
            self._statistic,
        )


class Population:
    """Every measure of `configs/drift.toml`, from a journal's events.

    keep: whether to remember what each window said, in `history` by measure, and every one of the `contradictions`.
    """

    def __init__(self, settings: PopulationSettings, *, keep: bool = False) -> None:
        self._sources = Sources()
        self._keep = keep
        self.history: dict[MeasureName, list[tuple[str, float]]] = {}
        self.contradictions: list[Contradiction] = []
        self._measures = {
            name: _Followed(name, measure, getattr(settings.limits, name), settings)
            for name, measure in MEASURES.items()
        }

    def note(self, line: Line) -> None:
        """Hear an event that is no window."""
        self._sources.note(line)

    def hear(self, heard: Heard) -> list[Crossing]:
        """Hear what one window did; the limits that are crossed at it."""
        window, said = heard.window, self._sources.said(heard)
        if self._keep:
            self._remember(window, said)
        crossings = []
        for name, x in said.outcomes.items():
            if crossing := self._measures[name].hear(_Outcome(x, window.subject, window.ts)):
                crossings.append(crossing)
        return crossings

    def _remember(self, window: WindowLine, said: Said) -> None:
        for name, x in said.outcomes.items():
            self.history.setdefault(name, []).append((window.ended, x))
        self.contradictions += (
            Contradiction(name, window.subject, window.ended, z)
            for name, z in said.conflicts.items()
            if abs(z) > CONFLICT_AT
        )

    def is_raised(self, measure: MeasureName) -> bool:
        """Whether a measure is above its limit now."""
        return self._measures[measure].state.raised

    def standings(self) -> tuple[Standing, ...]:
        """How every measure stands."""
        return tuple(one.standing() for one in self._measures.values())


def population_fields(crossing: Crossing) -> dict[str, object]:
    """What the ledger says of a crossing; nobody is named."""
    said = crossing._asdict()
    period = {"from": said.pop("since"), "to": said.pop("until")}
    return said | period
