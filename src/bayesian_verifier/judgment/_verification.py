"""What did a prover say about a proposal, rule by rule?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bayesian_verifier.judgment._record import Verdict


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A wealth at which a rule fails, and why it does there.

    wealth: as a double.   exact: as an integer or fraction, with ? behind it where it is irrational and this
    is only near.   because: the values that make it fail.
    """

    wealth: float
    exact: str
    because: str


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What became of one rule; `detail` is a clause for people, empty where there is nothing to say.

    of_case: whether the rule speaks of the case alone, so that the same comes of it whichever option is chosen.
    """

    rule: str
    verdict: Verdict
    detail: str = ""
    counterexample: Counterexample | None = None
    of_case: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of all rules, in their order; `verdict` is that of `overall`."""

    verdict: Verdict
    results: tuple[RuleResult, ...]
    elapsed_ms: float


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """Refuted if any is, else unknown if any is, else proved."""
    said = set(verdicts)
    if "refuted" in said:
        return "refuted"
    return "unknown" if "unknown" in said else "proved"
