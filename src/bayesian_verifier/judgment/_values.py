"""What are the options of one case worth at each risk aversion, and how far ahead is the one chosen?

docs/model.md, "θ → feedback and reward", steps 1-3, for a single case and a vector of risk aversions. Whoever
needs a million cases at once builds arrays of its own from `normalised_utility`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.judgment._crra import log_ratios, normalised_utility

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from bayesian_verifier.judgment._record import Case, Lottery, Proposal

Array = NDArray[np.float64]


def normalised(lottery: Lottery) -> dict[float, float]:
    """Payoff -> probability > 0, equal payoffs merged, divided by their sum; in order of first mention.

    Empty where every probability is 0, which no judgment allows but a raw case does.
    """
    shares: dict[float, float] = {}
    for outcome in lottery.outcomes:
        if outcome.probability > 0.0:
            shares[outcome.payoff] = shares.get(outcome.payoff, 0.0) + outcome.probability
    total = sum(shares.values())
    return {payoff: share / total for payoff, share in shares.items()}


def feasible(case: Case | Proposal) -> NDArray[np.bool_]:
    """[n_options]: can every outcome of the option be paid, y = wealth + payoff >= 0?

    Outcomes of probability 0 do not count. Over an interval of wealth: can it be paid from the least?
    """
    wealth = case.wealth_range[0]
    return np.array([can_be_paid(option, wealth) for option in case.options])


def can_be_paid(option: Lottery, wealth: float) -> bool:
    """Is the option a lottery at all, and no possible outcome a final wealth below 0?

    Doubles are ordered as their shortest decimals are, so comparing wealth with -payoff is exact.
    """
    losses = [-outcome.payoff for outcome in option.outcomes if outcome.probability > 0.0]
    return bool(losses) and max(losses) <= wealth


def expected_utilities(
    case: Case | Proposal, risk_aversion: ArrayLike, weigh: Callable[[Array], Array] | None = None
) -> Array:
    """V [n_options, K] at each of K values of r, in [0, 1]; NaN in the rows of options that are not feasible.

    risk_aversion: [K] or a number, finite.   weigh: what the probabilities [m] of an option's outcomes, the best first,
    count for in their place.   V is 0 everywhere where all feasible outcomes pay the same.
    Raises ValueError where wealth is an interval: utility needs a point.
    """
    wealth, greatest = case.wealth_range
    if wealth < greatest:
        raise ValueError("expected utilities need one wealth, got an interval")
    r = np.atleast_1d(np.asarray(risk_aversion, dtype=np.float64))
    possible = np.flatnonzero(feasible(case))
    values = np.full((len(case.options), r.size), np.nan)
    if possible.size == 0:
        return values
    shares = [normalised(case.options[index]) for index in possible]
    payoffs = np.array([payoff for lottery in shares for payoff in lottery])
    weights = np.zeros((possible.size, payoffs.size))
    start = 0
    for row, lottery in enumerate(shares):
        counted = list(lottery.values())
        weights[row, start : start + len(lottery)] = counted if weigh is None else _by_rank(lottery, weigh)
        start += len(lottery)
    below_top, above_bottom, span = log_ratios(wealth, payoffs)
    if span == 0.0:
        values[possible] = 0.0
    else:
        values[possible] = weights @ normalised_utility(below_top[:, None], above_bottom[:, None], span, r)
    return values


def _by_rank(lottery: dict[float, float], weigh: Callable[[Array], Array]) -> Array:
    """What the outcomes of a normalised lottery count for, in its order."""
    best_first = np.argsort(list(lottery))[::-1]
    shares = np.array(list(lottery.values()))
    shares[best_first] = weigh(shares[best_first])
    return shares


def advantage(judgment: Proposal, risk_aversion: ArrayLike) -> Array:
    """Δ [K] in [-1, 1]: V of the option chosen less the best of the other feasible ones, at each r.

    0 everywhere where there is none (`has_advantage`), as the simulator takes it.
    Raises ValueError where wealth is an interval or nothing was chosen.
    """
    if judgment.chosen is None:
        raise ValueError("an advantage needs a chosen option, got none")
    values = expected_utilities(judgment, risk_aversion)
    if not has_advantage(judgment):
        return np.zeros(values.shape[1])
    others = np.delete(values, judgment.chosen, axis=0)
    gained: Array = values[judgment.chosen] - np.nanmax(others, axis=0)
    return gained


def has_advantage(judgment: Proposal) -> bool:
    """Is the choice feasible, another option too, and do their outcomes differ at all?"""
    if judgment.chosen is None:
        return False
    possible = feasible(judgment)
    payoffs = {
        outcome.payoff
        for option, paid in zip(judgment.options, possible, strict=True)
        if paid
        for outcome in option.outcomes
        if outcome.probability > 0.0
    }
    return bool(possible[judgment.chosen]) and int(possible.sum()) > 1 and len(payoffs) > 1
