"""What would the prover say about the four built-in rules, in microseconds?

The same verdicts as configs/rules.toml by Z3, on every case: doubles decide where they are far enough from a
tie that rounding cannot matter, rationals where they are not. Over an interval of wealth its least decides
`solvency`, and its greatest `dominance`: more wealth only adds feasible options that may dominate.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from bayesian_verifier.judgment._decimals import DOUBLE_MARGIN, sums_to_one
from bayesian_verifier.judgment._grounds import ExactOption, payoffs_of
from bayesian_verifier.judgment._values import can_be_paid

if TYPE_CHECKING:
    from bayesian_verifier.judgment._record import Case, Judgment, Lottery, Proposal

DOMINANCE_TOLERANCE = Fraction(1, 10**9)
_TOLERANCE = float(DOMINANCE_TOLERANCE)
# Below this, doubles are too coarse to stand for their decimals; only a raw case has such sums.
_LEAST_TOTAL = 1e-290


def numeric_verdict(judgment: Judgment) -> Literal["proved", "refuted"]:
    """The verdict of the four built-in rules on a judgment."""
    held = _is_solvent(judgment, judgment.chosen) and _is_affordable(judgment)
    return "proved" if held and _is_undominated(judgment, judgment.chosen) else "refuted"


def numeric_results(case: Case | Proposal, chosen: int) -> dict[str, bool]:
    """Rule -> whether it holds, for a raw case too. Raises IndexError where there is no such option."""
    if not 0 <= chosen < len(case.options):
        raise IndexError(f"expected the index of one of {len(case.options)} options, got {chosen}")
    return {
        "probabilities": all(
            sums_to_one([o.probability for o in option.outcomes]) for option in case.options
        ),
        "solvency": _is_solvent(case, chosen),
        "budget": _is_affordable(case),
        "dominance": _is_undominated(case, chosen),
    }


def _is_solvent(case: Case | Proposal, chosen: int) -> bool:
    """Doubles are ordered as their decimals are, and so are their negatives: these comparisons are exact."""
    wealth = case.wealth_range[0]
    return all(-o.payoff <= wealth for o in case.options[chosen].outcomes if o.probability > 0.0)


def _is_affordable(case: Case | Proposal) -> bool:
    return case.stake is None or case.budget is None or case.stake <= case.budget


def _is_undominated(case: Case | Proposal, chosen: int) -> bool:
    wealth = case.wealth_range[1]
    option = case.options[chosen]
    return not any(
        can_be_paid(other, wealth) and _dominates(other, option)
        for index, other in enumerate(case.options)
        if index != chosen
    )


def _dominates(better: Lottery, worse: Lottery) -> bool:
    """Is F_better <= F_worse + 1e-9 everywhere and F_better < F_worse - 1e-9 somewhere?"""
    steps = [(o.payoff, o.probability, 0.0) for o in better.outcomes]
    steps += [(o.payoff, 0.0, o.probability) for o in worse.outcomes]
    steps.sort()
    total, other_total = sum(step[1] for step in steps), sum(step[2] for step in steps)
    if total == 0.0 or other_total == 0.0:
        return False
    if min(total, other_total) < _LEAST_TOTAL:
        return _dominates_exactly(better, worse)
    clearly_lower, close = False, False
    mine = theirs = 0.0
    for index, (payoff, share, other_share) in enumerate(steps):
        mine += share
        theirs += other_share
        if index + 1 < len(steps) and steps[index + 1][0] == payoff:
            continue
        excess = mine / total - theirs / other_total
        if excess > _TOLERANCE + DOUBLE_MARGIN:
            return False
        clearly_lower |= excess < -_TOLERANCE - DOUBLE_MARGIN
        close |= abs(abs(excess) - _TOLERANCE) <= DOUBLE_MARGIN
    return _dominates_exactly(better, worse) if close else clearly_lower


def _dominates_exactly(better: Lottery, worse: Lottery) -> bool:
    one, other = ExactOption.of(0, better), ExactOption.of(1, worse)
    excess = [one.cdf(payoff) - other.cdf(payoff) for payoff in payoffs_of(one, other)]
    return max(excess) <= DOMINANCE_TOLERANCE and min(excess) < -DOMINANCE_TOLERANCE
