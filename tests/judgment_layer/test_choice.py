"""Is the proposal the option worth most over the belief, among those that no rule refutes?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from people import holt_laury_case
from scipy import stats

from bayesian_verifier.judgment import Case, Prover, RuleResult, Rules, Verification
from bayesian_verifier.judgment_layer._choice import choose
from bayesian_verifier.judgment_layer._expectation import expected_values, nodes
from bayesian_verifier.posterior import QUANTILE_LEVELS, Belief
from reference import model

PROVER = Prover(Rules.builtin(), timeout=20.0)


def sure(payoff: float) -> dict[str, Any]:
    return {"outcomes": [{"payoff": payoff, "probability": 1.0}]}


def gamble(low: float, high: float, share: float = 0.5) -> dict[str, Any]:
    return {"outcomes": [{"payoff": high, "probability": share}, {"payoff": low, "probability": 1.0 - share}]}


def case_of(*options: dict[str, Any], **more: Any) -> Case:  # noqa: ANN401
    return Case.model_validate({"options": list(options), **more})


class Says:
    """A prover that says what it is told, and keeps what it was asked."""

    def __init__(self, *verdicts: str) -> None:
        self.verdicts = verdicts
        self.asked: list[int] = []

    def verify(self, case: Case, chosen: int) -> Verification:
        assert len(case.options) == len(self.verdicts)
        self.asked.append(chosen)
        verdict: Any = self.verdicts[chosen]
        return Verification(verdict, (RuleResult("some-rule", verdict), RuleResult("other", "proved")), 0.1)


@settings(deadline=None)
@given(mean=st.floats(-3, 3), sd=st.floats(0.05, 2))
def test_a_normal_belief_keeps_its_quantiles(mean: float, sd: float) -> None:
    """With its quantiles given or not, the nodes are those of the normal distribution."""
    exact = stats.norm.ppf((np.arange(33) + 0.5) / 33, mean, sd)
    quantiles = tuple(float(q) for q in stats.norm.ppf(QUANTILE_LEVELS, mean, sd))
    for belief in (Belief(mean, sd), Belief(mean, sd, quantiles)):
        assert nodes(belief) == pytest.approx(exact, abs=1e-6)


@settings(deadline=None)
@given(values=st.lists(st.floats(-3, 3), min_size=5, max_size=5))
def test_the_nodes_follow_the_quantiles(values: list[float]) -> None:
    """As many nodes lie below each quantile as its level says, however skewed the belief is."""
    quantiles = tuple(sorted(values))
    found = nodes(Belief(0.0, 1.0, quantiles))
    assert (np.diff(found) >= -1e-12).all()
    for level, quantile in zip(QUANTILE_LEVELS, quantiles, strict=True):
        below, at_most = (found < quantile - 1e-9).sum() / 33, (found <= quantile + 1e-9).sum() / 33
        assert below - 0.031 <= level <= at_most + 0.031


def test_beliefs_beyond_the_domain_of_utility_stay_within_it() -> None:
    """Nodes are cut at ±10."""
    assert np.abs(nodes(Belief(9.0, 5.0))).max() == 10.0


@settings(max_examples=40, deadline=None)
@given(
    payoffs=st.lists(st.floats(0.01, 100), min_size=6, max_size=6),
    shares=st.lists(st.floats(0.05, 0.95), min_size=3, max_size=3),
    mean=st.floats(-1, 2),
    sd=st.floats(0.1, 1),
)
def test_values_are_averages_over_the_belief(
    payoffs: list[float], shares: list[float], mean: float, sd: float
) -> None:
    """Of V as the reference computes it, by quadrature on a fine grid."""
    assume(max(payoffs) > 1.01 * min(payoffs))
    options = [gamble(*sorted(payoffs[2 * i : 2 * i + 2]), shares[i]) for i in range(3)]
    found = expected_values(case_of(*options), Belief(mean, sd))
    grid = stats.norm.ppf((np.arange(2000) + 0.5) / 2000, mean, sd)
    expected = model.values({"wealth": 0.0, "options": options}, grid).mean(axis=1)
    assert found == pytest.approx(expected, abs=6e-3)


@pytest.mark.parametrize(
    ("r", "row_from_which_risky"), [(-2.0, 1), (-1.0, 2), (0.0, 5), (0.3, 6), (0.5, 7), (1.2, 9), (2.0, 10)]
)
def test_a_sure_belief_chooses_as_holt_and_laury_would(r: float, row_from_which_risky: int) -> None:
    """The safe option as long as r is above the row's indifference point."""
    for row in range(1, 11):
        choice = choose(Case.model_validate(holt_laury_case(row)), Belief(r, 0.001), PROVER)
        assert choice.chosen == (1 if row >= row_from_which_risky else 0)
        assert choice.verdict == "proved"


def test_a_dominated_option_is_never_proposed() -> None:
    """Even to someone to whom it seems worth as much: with a zero among the outcomes and r >= 1 it does."""
    case = case_of(gamble(0.0, 4.0), gamble(0.0, 5.0), sure(0.0))
    choice = choose(case, Belief(3.0, 0.1), PROVER)
    assert choice.values[0] == pytest.approx(choice.values[1])
    assert choice.chosen == 1
    assert [(tried.option, tried.verdict, tried.rules) for tried in choice.tried] == [
        (0, "refuted", ("dominance",)),
        (1, "proved", ()),
    ]


def test_the_best_is_asked_about_first_and_mostly_alone() -> None:
    """The prover is dear."""
    prover = Says("proved", "proved", "proved")
    choice = choose(case_of(sure(1), sure(3), sure(2)), Belief(0.5, 0.5), prover)
    assert (choice.chosen, prover.asked) == (1, [1])
    prover = Says("proved", "refuted", "proved")
    assert choose(case_of(sure(1), sure(3), sure(2)), Belief(0.5, 0.5), prover).chosen == 2
    assert prover.asked == [1, 2]


def test_what_could_not_be_settled_may_be_proposed() -> None:
    """And the choice says so."""
    choice = choose(case_of(sure(1), sure(3)), Belief(0.5, 0.5), Says("proved", "unknown"))
    assert (choice.chosen, choice.verdict) == (1, "unknown")
    assert choice.tried[0].rules == ("some-rule",)


def test_nothing_is_proposed_where_everything_is_refuted() -> None:
    """Each option was asked about, once."""
    prover = Says("refuted", "refuted", "refuted")
    choice = choose(case_of(sure(1), sure(3), sure(2)), Belief(0.5, 0.5), prover)
    assert (choice.chosen, choice.verdict, prover.asked) == (None, "refuted", [1, 2, 0])


def test_an_option_that_could_ruin_is_never_proposed() -> None:
    """It has no value; it is asked about last, and not chosen whatever the rules say."""
    case = case_of(gamble(-20, 1000), gamble(0, 9), wealth=10.0)
    assert expected_values(case, Belief(-3.0, 0.1))[0] is None
    assert choose(case, Belief(-3.0, 0.1), PROVER).chosen == 1
    prover = Says("proved", "refuted")
    choice = choose(case, Belief(-3.0, 0.1), prover)
    assert (choice.chosen, choice.verdict, prover.asked) == (None, "refuted", [1, 0])


def test_equals_are_settled_by_their_order() -> None:
    """So that the same case always gets the same answer."""
    assert choose(case_of(sure(2), sure(2), sure(1)), Belief(0.5, 0.5), Says(*["proved"] * 3)).chosen == 0


def test_an_interval_of_wealth_is_valued_in_its_middle_and_proved_all_over() -> None:
    """Feasible in the middle is not enough for the prover."""
    case = case_of(gamble(-6, 100), sure(1), wealth=(0.0, 20.0))
    choice = choose(case, Belief(0.0, 0.1), PROVER)
    point = expected_values(case_of(gamble(-6, 100), sure(1), wealth=10.0), Belief(0.0, 0.1))
    assert choice.values == point
    assert choice.chosen == 1
    assert choice.tried[0].rules == ("solvency",)
