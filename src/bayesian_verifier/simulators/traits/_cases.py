"""How are cases held for people with several traits? As lotteries are, with the rank of each outcome and how new each
option is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.judgment import novelty
from bayesian_verifier.simulators.lottery import (
    PackedCases,
    pack_judgments,
    run_maxima,
    run_sums,
    utilities,
    utility_curves,
)
from bayesian_verifier.simulators.traits._weights import Ranks, ranks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment

Float = NDArray[np.float64]
F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]
Worth = TypeVar("Worth", NDArray[np.float64], NDArray[np.float32])


class People(NamedTuple):
    """Traits of people, one each: risk_aversion [K], exploration [K], and exponent [K], the α that chances are weighed
    with, None where all weigh them as they are.
    """

    risk_aversion: Float
    exploration: Float
    exponent: Float | None = None


@dataclass(frozen=True)
class TraitCases:
    """C cases that have an advantage, and how new each of their P feasible options is."""

    packed: PackedCases
    novelty: Float

    @cached_property
    def ranks(self) -> Ranks:
        """Of the outcomes: only who weighs chances by rank asks."""
        return ranks(self.packed)

    def __len__(self) -> int:
        """How many cases."""
        return len(self.packed)

    def advantages(self, people: People) -> Float:
        """∆ [C, K] of each case to each of K people."""
        if not len(self):
            return np.zeros((0, people.risk_aversion.size))
        worth = self.values(people.risk_aversion, people.exponent)
        worth += np.multiply.outer(self.novelty, people.exploration)
        return self.leads(worth)

    def values(self, risk_aversion: Float, exponent: Float | None) -> Float:
        """V [P, K] of each option to each of K people, but for what the options of a case have in common."""
        if np.any(risk_aversion[1:] < risk_aversion[:-1]):
            order = np.argsort(risk_aversion, kind="stable")
            ascending = self.values(risk_aversion[order], None if exponent is None else exponent[order])
            result = np.empty_like(ascending)
            result[:, order] = ascending
            return result
        value, scale = utility_curves(self.packed, risk_aversion)
        if exponent is None:
            value *= self.packed.probability[:, None]
        else:
            value *= self.ranks.weights(exponent)
        result = run_sums(value, self.packed.option_start)
        result /= scale[self.packed.option_case]
        return result

    def across(self, risk_aversion: Float, exploration: Float, exponent: Float | None) -> F32:
        """∆, float32 [C, R * X * A], at each of R risk aversions with each of X explorations and A exponents; A is 1
        for None.
        """
        weighed = 1 if exponent is None else exponent.size
        if not len(self):
            return np.zeros((0, risk_aversion.size * exploration.size * weighed), np.float32)
        own = risk_aversion if exponent is None else np.repeat(risk_aversion, weighed)
        weigh = None if exponent is None else np.tile(exponent, risk_aversion.size)
        # in single precision from here on: this is as many numbers as there are nodes
        worth = self.values(own, weigh).astype(np.float32).reshape(-1, risk_aversion.size, 1, weighed)
        worth = worth + np.multiply.outer(self.novelty, exploration).astype(np.float32)[:, None, :, None]
        return self.leads(worth.reshape(len(worth), -1))

    def taken(self, index: NDArray[np.intp]) -> TraitCases:
        """Some of the cases [n], as often as they are named."""
        packed = self.packed
        counts = np.diff(packed.case_start, append=packed.option_case.size)[index]
        options = _stretches(packed.case_start[index], counts)
        lengths = np.diff(packed.option_start, append=packed.probability.size)[options]
        outcomes = _stretches(packed.option_start[options], lengths)
        option_case, case_start = np.repeat(np.arange(index.size), counts), np.cumsum(counts) - counts
        taken = PackedCases(
            below_top=packed.below_top[outcomes],
            above_bottom=packed.above_bottom[outcomes],
            probability=packed.probability[outcomes],
            span=packed.span[index],
            outcome_case=np.repeat(option_case, lengths),
            option_case=option_case,
            option_start=np.cumsum(lengths) - lengths,
            case_start=case_start,
            chosen=case_start + (packed.chosen - packed.case_start)[index],
        )
        return TraitCases(taken, self.novelty[options])

    def advantages_each(self, people: People) -> Float:
        """∆ [C] of case c to person c."""
        if not len(self):
            return np.zeros(0)
        packed = self.packed
        value, scale = utilities(packed, people.risk_aversion)
        if people.exponent is None:
            weight = packed.probability
        else:
            weight = self.ranks.weights_at(people.exponent[packed.outcome_case])
        worth = run_sums((value * weight)[:, None], packed.option_start)[:, 0] / scale[packed.option_case]
        worth += self.novelty * people.exploration[packed.option_case]
        return self.leads(worth[:, None])[:, 0]

    def leads(self, worth: Worth) -> Worth:
        """The proposal's worth less the best other one's [C, K], of worths [P, K], which are overwritten."""
        proposed = worth[self.packed.chosen]
        worth[self.packed.chosen] = -np.inf
        proposed -= run_maxima(worth, self.packed.case_start)
        return proposed


def _stretches(first: NDArray[np.intp], lengths: NDArray[np.intp]) -> NDArray[np.intp]:
    """One after the other: as many numbers as each length, counted up from each first."""
    before = np.cumsum(lengths) - lengths
    result: NDArray[np.intp] = np.arange(lengths.sum()) + np.repeat(first - before, lengths)
    return result


def cases_of(judgments: Sequence[Judgment]) -> tuple[TraitCases, Mask]:
    """Cases of judgments, and which of the judgments have an advantage [n]."""
    packed, has_advantage = pack_judgments(judgments)
    met = [one for one, kept in zip(judgments, has_advantage, strict=True) if kept]
    new = novelty([count for one in met for count in one.times_tried or (0,) * len(one.options)])
    if new.size > packed.option_case.size:  # of those that somebody could not bear nothing is packed
        bearable = [
            all(one.wealth + o.payoff >= 0 or o.probability == 0 for o in option.outcomes)
            for one in met
            for option in one.options
        ]
        new = new[bearable]
    return TraitCases(packed, new), has_advantage
