"""What does a rule speak of in one case: exact numbers instead of doubles, possible outcomes only.

Each double is its shortest decimal, as a rational; outcomes of probability 0 are dropped and equal payoffs
merged (docs/model.md, "A judgment"). Probabilities stay as written: `share` divides them by their sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from bayesian_verifier.judgment._decimals import exact

if TYPE_CHECKING:
    from bayesian_verifier.judgment._record import Case, Lottery


@dataclass(frozen=True, slots=True)
class ExactOutcome:
    """A possible outcome: probability > 0, as written."""

    payoff: Fraction
    probability: Fraction


@dataclass(frozen=True)
class ExactOption:
    """An option's possible outcomes, by rising payoff; none where every probability was 0."""

    index: int
    outcomes: tuple[ExactOutcome, ...]

    @classmethod
    def of(cls, index: int, lottery: Lottery) -> ExactOption:
        """The option at `index` of a case."""
        merged: dict[Fraction, Fraction] = {}
        for outcome in lottery.outcomes:
            if outcome.probability > 0.0:
                payoff = exact(outcome.payoff)
                merged[payoff] = merged.get(payoff, Fraction()) + exact(outcome.probability)
        return cls(index, tuple(ExactOutcome(payoff, merged[payoff]) for payoff in sorted(merged)))

    @cached_property
    def total(self) -> Fraction:
        """Sum of the probabilities as written."""
        return sum((outcome.probability for outcome in self.outcomes), Fraction())

    def share(self, outcome: ExactOutcome) -> Fraction:
        """The outcome's probability divided by their sum."""
        return outcome.probability / self.total

    def cdf(self, payoff: Fraction) -> Fraction:
        """Probability of a payoff of at most this; 0 where there is no outcome."""
        return sum((self.share(o) for o in self.outcomes if o.payoff <= payoff), Fraction())


@dataclass(frozen=True, slots=True)
class Grounds:
    """One case and choice, exactly."""

    least_wealth: Fraction
    most_wealth: Fraction
    options: tuple[ExactOption, ...]
    chosen: ExactOption
    stake: Fraction | None
    budget: Fraction | None

    @classmethod
    def of(cls, case: Case, chosen: int) -> Grounds:
        """Raises IndexError where `chosen` is not the index of an option."""
        if not 0 <= chosen < len(case.options):
            raise IndexError(f"expected the index of one of {len(case.options)} options, got {chosen}")
        low, high = case.wealth_range
        options = tuple(ExactOption.of(index, lottery) for index, lottery in enumerate(case.options))
        return cls(
            least_wealth=exact(low),
            most_wealth=exact(high),
            options=options,
            chosen=options[chosen],
            stake=None if case.stake is None else exact(case.stake),
            budget=None if case.budget is None else exact(case.budget),
        )

    @property
    def others(self) -> tuple[ExactOption, ...]:
        """The options not chosen."""
        return tuple(option for option in self.options if option is not self.chosen)


def payoffs_of(*options: ExactOption) -> list[Fraction]:
    """Every payoff of these options, once, rising."""
    return sorted({outcome.payoff for option in options for outcome in option.outcomes})
