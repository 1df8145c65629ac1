"""Which option is proposed? The best that no rule refutes."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, NamedTuple, Protocol

from bayesian_verifier.journal import Tried
from bayesian_verifier.judgment import Verification
from bayesian_verifier.judgment_layer._expectation import expected_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bayesian_verifier.judgment import Case, RuleResult, Verdict
    from bayesian_verifier.posterior import Belief

_log = logging.getLogger(__name__)


class Verifies(Protocol):
    """Whatever can say whether an option keeps the rules, in bounded time."""

    def verify(self, case: Case, chosen: int) -> Verification:
        """The verdict on choosing this option."""


class Choice(NamedTuple):
    """The option proposed and why.

    chosen: its index, None where none may be.   verdict: on it, "refuted" where there is none.
    tried: what the prover was asked, in order.   values: posterior-expected worth of each option, None for none.
    faults: rules that the case breaks whichever option is chosen.
    """

    chosen: int | None
    verdict: Verdict
    tried: tuple[Tried, ...]
    values: tuple[float | None, ...]
    faults: tuple[RuleResult, ...] = ()


def choose(
    case: Case,
    belief: Belief,
    prover: Verifies,
    *,
    others: Mapping[str, Belief] | None = None,
    scores: Sequence[float | None] | None = None,
    known: Sequence[Tried] = (),
) -> Choice:
    """The option of greatest posterior-expected worth among those not refuted; of equals the first.

    The prover is asked best first, so mostly once. An option that could leave less than nothing has no worth and
    is never proposed; it is tried last, to say why.   belief: about risk aversion.   others: about further traits, by
    name.   scores: rank the options instead of their worth, where given.
    known: verdicts the prover has given on this case.
    """
    values = expected_values(case, belief, others)
    given = {attempt.option: attempt for attempt in known}
    tried: list[Tried] = []
    faults: dict[str, RuleResult] = {}
    for option in _best_first(values if scores is None else scores):
        attempt = given.get(option)
        if attempt is None:
            verification = _verified(case, option, prover)
            attempt = _tried(option, verification)
            faults |= {
                one.rule: one for one in verification.results if one.of_case and one.verdict == "refuted"
            }
        tried.append(attempt)
        if attempt.verdict != "refuted" and values[option] is not None:
            return Choice(option, attempt.verdict, tuple(tried), values)
    return Choice(None, "refuted", tuple(tried), values, tuple(faults.values()))


def _best_first(values: Sequence[float | None]) -> list[int]:
    def worth(option: int) -> float:
        value = values[option]
        return -math.inf if value is None else value

    return sorted(range(len(values)), key=worth, reverse=True)


def _verified(case: Case, option: int, prover: Verifies) -> Verification:
    """What the prover says; one that raises has settled nothing."""
    try:
        return prover.verify(case, option)
    except Exception:  # noqa: BLE001 a choice is awaited, whatever befalls the prover
        _log.exception("the prover failed on option %d", option)
        return Verification("unknown", (), 0.0)


def _tried(option: int, verification: Verification) -> Tried:
    failing = tuple(
        result.rule for result in verification.results if result.verdict == verification.verdict != "proved"
    )
    return Tried(option=option, verdict=verification.verdict, rules=failing)
