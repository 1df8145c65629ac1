"""How does the advantage of a proposal run over the risk aversions that people have?"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayesian_verifier.judgment import Judgment, advantage, numeric_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from bayesian_verifier.judgment import Lottery

# Risk aversions at which the sign of an advantage is looked at.
_FINE = np.linspace(-5.0, 8.0, 521)
#: Risk aversions at which an advantage is kept, 0.05 apart.
GRID = _FINE[::2]
# By less than this of the scale nobody can be expected to tell options, or risk aversions, apart.
_NOTICEABLE = 0.01


class Turns(NamedTuple):
    """Where an option stops or starts to be the best: at these r, ascending; whether it is below them all.

    Straight lines between points 0.025 apart err by 0.0001 on the rows of Holt and Laury.
    """

    points: tuple[float, ...]
    best_below: bool


class Curve(NamedTuple):
    """The advantage of a proposal at GRID, float32 [261], in [-1, 1], and where it changes its sign."""

    advantage: NDArray[np.float32]
    turns: Turns


class Told(NamedTuple):
    """A judgment that was answered, and the curve of what was proposed."""

    judgment: Judgment
    curve: Curve


def told_by(judgments: Iterable[Judgment]) -> list[Told]:
    """The judgments that tell something about risk aversion: answered, not refuted, and not the same to all."""
    return [
        Told(one, curve)
        for one in judgments
        if (one.feedback is not None or one.reward is not None) and (curve := curve_of(one)) is not None
    ]


def curve_of(judgment: Judgment) -> Curve | None:
    """The curve of a proposal; None where it is refuted, or says nothing about risk aversion."""
    if judgment.verdict == "refuted":
        return None
    return _curve(
        judgment.wealth,
        judgment.options,
        judgment.chosen,
        judgment.stake,
        judgment.budget,
        judgment.verdict is not None,
    )


@functools.lru_cache(maxsize=2048)
def _curve(
    wealth: float,
    options: tuple[Lottery, ...],
    chosen: int,
    stake: float | None,
    budget: float | None,
    is_verified: bool,  # noqa: FBT001 a key of the cache has no names
) -> Curve | None:
    proposal = Judgment.model_construct(
        wealth=wealth, options=options, chosen=chosen, stake=stake, budget=budget
    )
    if not is_verified and numeric_verdict(proposal) == "refuted":
        return None
    deltas = advantage(proposal, _FINE)
    if not np.isfinite(deltas).all() or np.ptp(deltas) < _NOTICEABLE or np.abs(deltas).max() < _NOTICEABLE:
        return None
    best = deltas >= 0
    before = np.flatnonzero(best[1:] != best[:-1])
    share = deltas[before] / (deltas[before] - deltas[before + 1])
    points = _FINE[before] + share * (_FINE[before + 1] - _FINE[before])
    return Curve(deltas[::2].astype(np.float32), Turns(tuple(points.tolist()), bool(best[0])))
