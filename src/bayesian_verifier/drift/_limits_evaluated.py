"""How soon is a limit of the population noticed to be crossed, and how often by chance? By simulation, each measure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayesian_verifier.drift._measures import MEASURES, level, loss, spread
from bayesian_verifier.drift._share_test import ShareState, share_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bayesian_verifier.drift._measures import MeasureName
    from bayesian_verifier.drift._settings import Limit, PopulationSettings

#: judgments in a window, and the sd among windows of the mean loss of that many answers
_JUDGMENTS, _LOSS_SD = 16, 0.15
#: measures that a window has or has not; the other shares are of its judgments
_OF_WINDOWS = ("change_rate", "conflict_answers", "conflict_controller", "conflict_policy")
_QUIET_SHARE, _QUIET_LOSS = 0.2, 0.45
#: one-sided 99% of a normal
_Z99 = 2.326


class LimitRow(NamedTuple):
    """Windows until a measure that has this value, in its unit, is raised, or is back.

    promised: at most this share of runs may cross, None where crossing is what is to be seen.
    crossed: share of runs that did within the windows simulated.   windows: mean of those, None of none.
    """

    measure: MeasureName
    asked: str
    value: float
    promised: float | None
    crossed: float
    windows: float | None

    def misses(self, runs: int) -> bool:
        """Whether more runs crossed than the promise and chance (1%) allow."""
        if self.promised is None:
            return False
        room = _Z99 * math.sqrt(self.promised * (1.0 - self.promised) / runs)
        return self.crossed > self.promised + room


def evaluate_limits(
    settings: PopulationSettings,
    *,
    runs: int = 50,
    windows: int = 2000,
    seed: int = 0,
    tick: Callable[[str, int, int], None] = lambda *_: None,
) -> tuple[LimitRow, ...]:
    """Each measure at its limit, well above it, and well below the level of return once it was raised."""
    rows = []
    for place, name in enumerate(MEASURES):
        rng = np.random.default_rng([seed, place])
        for asked, value, chance in _worlds(name, getattr(settings.limits, name)):
            times = [_crossing(name, asked, value, settings, windows, rng) for _ in range(runs)]
            found = [one for one in times if one is not None]
            rows.append(
                LimitRow(
                    name,
                    asked,
                    value,
                    min(windows / settings.windows, 1.0) if chance else None,
                    len(found) / runs,
                    sum(found) / len(found) if found else None,
                )
            )
        tick("limits", place + 1, len(MEASURES))
    return tuple(rows)


def _worlds(name: MeasureName, limit: Limit) -> Iterator[tuple[str, float, bool]]:
    """What is asked, the value in the measure's unit, and whether crossing is by chance."""
    unit = MEASURES[name].unit
    yield "raised", limit.above, True
    if unit == "share":
        yield "raised", min(2.0 * limit.above, 1.0), False
        yield "back", _QUIET_SHARE * limit.back, False
    elif unit == "nats":
        yield "raised", 1.2 * limit.above, False
        yield "back", _QUIET_LOSS, False
    else:
        yield "raised", 2.0 * limit.above, False
        yield "back", 0.0 if unit == "shift" else 1.0, False
    yield "back", limit.back, True


def _crossing(
    name: MeasureName,
    asked: str,
    value: float,
    settings: PopulationSettings,
    windows: int,
    rng: np.random.Generator,
) -> int | None:
    levels = MEASURES[name].levels(getattr(settings.limits, name))
    state = ShareState(asked == "back")
    for number in range(1, windows + 1):
        outcome = _outcome(name, value, rng)
        state, info = share_step(state, outcome, levels, threshold=settings.windows)
        if info.crossed:
            return number
    return None


def _outcome(name: MeasureName, value: float, rng: np.random.Generator) -> float:
    """What a window says in a world of this value."""
    unit = MEASURES[name].unit
    if unit == "shift":
        return level(rng.normal(value, 1.0))
    if unit == "ratio":
        return spread(rng.normal(0.0, value))
    if unit == "nats":
        return loss(max(0.0, rng.normal(value, _LOSS_SD)))
    if name in _OF_WINDOWS:
        return float(rng.random() < value)
    return float(rng.binomial(_JUDGMENTS, value)) / _JUDGMENTS
