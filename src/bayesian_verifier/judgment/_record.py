"""What is a judgment: which lotteries were on offer, which was proposed, and how did the person react?

The table of docs/model.md, "A judgment", as frozen values. Strict: no `"0"` and no `true` for a number, no
NaN or Infinity, no field that is not in the table. Numbers stay as written: who computes with them asks
`normalised` for a lottery without empty or repeated outcomes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bayesian_verifier.errors import Violation
from bayesian_verifier.judgment._decimals import sums_to_one

if TYPE_CHECKING:
    from collections.abc import Sequence

GREATEST_AMOUNT = 1e15
GREATEST_REWARD = 3.0
GREATEST_COUNT = 1_000_000_000

Verdict = Literal["proved", "refuted", "unknown"]
Feedback = Literal["approve", "reject"]


class _Frozen(BaseModel):
    """A strict value: unknown fields, other types and numbers that are not finite are refused."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


def _encodable(text: str) -> str:
    """The text itself, unless it holds half a surrogate pair, which no JSON file could hold as UTF-8."""
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise _broken(
            [Violation("", "text", "expected text that can be written as UTF-8, got a lone surrogate")]
        )
    return text


def _broken(violations: Sequence[Violation]) -> PydanticCustomError:
    """The error of rules that no type can state; pointers are relative to where it is raised."""
    return PydanticCustomError(
        "broken", "{detail}", {"detail": violations[0].detail, "violations": violations}
    )


def _wealth_form(value: object) -> str:
    return "interval" if isinstance(value, list | tuple) else "point"


_Amount = Annotated[float, Field(ge=-GREATEST_AMOUNT, le=GREATEST_AMOUNT)]
_Wealth = Annotated[float, Field(ge=0.0, le=GREATEST_AMOUNT)]
_Interval = Annotated[tuple[_Wealth, _Wealth], Field(strict=False)]
_WealthOrInterval = Annotated[
    Annotated[_Wealth, Tag("point")] | Annotated[_Interval, Tag("interval")],
    Discriminator(_wealth_form),
]
_Text = Annotated[str, AfterValidator(_encodable)]
_TimesTried = Annotated[
    tuple[Annotated[int, Field(ge=0, le=GREATEST_COUNT)], ...], Field(strict=False, max_length=8)
]


class Outcome(_Frozen):
    """One way a lottery can end.

    payoff: added to wealth, same currency, -1e15 to 1e15.   probability: 0 to 1.
    """

    payoff: _Amount
    probability: Annotated[float, Field(ge=0.0, le=1.0)]


class Lottery(_Frozen):
    """An option: 1 to 16 outcomes as written. That they sum to 1 is for a judgment or a rule to say."""

    outcomes: Annotated[tuple[Outcome, ...], Field(strict=False, min_length=1, max_length=16)]


_Options = Annotated[tuple[Lottery, ...], Field(strict=False, min_length=2, max_length=8)]


class Case(_Frozen):
    """A choice to be made: what rules are asked about.

    wealth: reference wealth that payoffs are added to, 0 to 1e15, or an interval (lo, hi) of it.
    options: 2 to 8 lotteries; they may fail to sum to 1, which the rule `probabilities` says.
    stake, budget: amounts that the rule `budget` compares when both are given.
    times_tried: how often the person has tried each option before, where that is known.
    """

    wealth: _WealthOrInterval = 0.0
    options: _Options
    stake: _Amount | None = None
    budget: _Amount | None = None
    times_tried: _TimesTried | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        violations = _interval_violations(self.wealth) + _tried_violations(self)
        if violations:
            raise _broken(violations)
        return self

    @property
    def wealth_range(self) -> tuple[float, float]:
        """(lo, hi) of wealth, lo = hi where it is known."""
        return _range_of(self.wealth)


class Proposal(_Frozen):
    """A judgment in raw form.

    Wealth may be an interval, lotteries may fail to sum to 1, and what was chosen may be open.
    """

    wealth: _WealthOrInterval = 0.0
    options: _Options
    chosen: Annotated[int, Field(ge=0)] | None = None
    feedback: Feedback | None = None
    reward: Annotated[float, Field(ge=-GREATEST_REWARD, le=GREATEST_REWARD)] | None = None
    verdict: Verdict | None = None
    id: _Text | None = None
    subject: _Text | None = None
    ts: _Text | None = None
    stake: _Amount | None = None
    budget: _Amount | None = None
    times_tried: _TimesTried | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        violations = _interval_violations(self.wealth) + _tried_violations(self)
        if self.chosen is not None and self.chosen >= len(self.options):
            violations.append(_chosen_violation(self.chosen, len(self.options)))
        if violations:
            raise _broken(violations)
        return self

    @property
    def wealth_range(self) -> tuple[float, float]:
        """(lo, hi) of wealth, lo = hi where it is known."""
        return _range_of(self.wealth)

    @property
    def case(self) -> Case:
        """The choice this was about."""
        return Case.model_construct(
            wealth=self.wealth,
            options=self.options,
            stake=self.stake,
            budget=self.budget,
            times_tried=self.times_tried,
        )


class Judgment(Proposal):
    """One option proposed to a person, and what became of it.

    wealth: 0 to 1e15, in the currency of the payoffs.   options: 2 to 8 lotteries that sum to 1 within 1e-6.
    chosen: index of the option proposed.   feedback: what the person said, None = no answer yet.
    reward: what it was worth to the person, -3 to 3 on the scale of the advantage, never money.
    verdict: what a prover said then, None = not asked.   id, subject, ts: carried, never evidence.
    stake, budget: for the rule `budget`.   times_tried: how often the person has tried each option before.
    """

    wealth: _Wealth = 0.0
    chosen: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        unequal = self.times_tried is not None and len(self.times_tried) != len(self.options)
        if self.chosen < len(self.options) and not unequal and all(map(_plainly_sums_to_one, self.options)):
            return self
        violations = _tried_violations(self) + [
            Violation(
                f"/options/{index}", "probability_sum", f"{_SUM_EXPECTED}, got a sum of {sum(shares)!r}"
            )
            for index, option in enumerate(self.options)
            if not sums_to_one(shares := [outcome.probability for outcome in option.outcomes])
        ]
        if self.chosen >= len(self.options):
            violations.append(_chosen_violation(self.chosen, len(self.options)))
        if violations:
            raise _broken(violations)
        return self


#: a double sum so close to 1 needs no rationals to be told within 1e-6 of it
_PLAINLY = 9e-7


def _plainly_sums_to_one(option: Lottery) -> bool:
    total = -1.0
    for outcome in option.outcomes:
        total += outcome.probability
    return -_PLAINLY < total < _PLAINLY


_SUM_EXPECTED = "expected probabilities that sum to 1 within 1e-6"


def _range_of(wealth: float | tuple[float, float]) -> tuple[float, float]:
    return wealth if isinstance(wealth, tuple) else (wealth, wealth)


def _interval_violations(wealth: float | tuple[float, float]) -> list[Violation]:
    if isinstance(wealth, tuple) and wealth[0] > wealth[1]:
        got = f"got [{wealth[0]!r}, {wealth[1]!r}]"
        return [Violation("/wealth", "wealth_interval", f"expected [lo, hi] with lo <= hi, {got}")]
    return []


def _tried_violations(record: Case | Proposal) -> list[Violation]:
    counts = record.times_tried
    if counts is None or len(counts) == len(record.options):
        return []
    expected = f"expected {len(record.options)} counts, one for each option, got {len(counts)}"
    return [Violation("/times_tried", "times_tried_count", expected)]


def _chosen_violation(chosen: int, options: int) -> Violation:
    got = chosen if chosen < GREATEST_AMOUNT else "a far greater integer"
    return Violation("/chosen", "chosen_range", f"expected an index from 0 to {options - 1}, got {got}")
