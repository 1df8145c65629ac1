"""Is what is proposed worth most by every trait known of a person, and by risk aversion alone where that is all?"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from faulty_server import QUANTILES, FaultyServer, answering, hang_up, with_parts
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from layers import CASE, PROVER, judgments_in
from scipy import stats

from bayesian_verifier import Journal, VerifierClient
from bayesian_verifier.journal import CandidateLine
from bayesian_verifier.judgment import Case
from bayesian_verifier.judgment_layer._choice import choose
from bayesian_verifier.judgment_layer._expectation import expected_values, exponents
from bayesian_verifier.posterior import QUANTILE_LEVELS, Belief
from reference import traits as reference

if TYPE_CHECKING:
    from layers import Make

    from bayesian_verifier.judgment import Verification

MARGINAL = {"mean": 0.61, "sd": 0.18, "quantiles": QUANTILES}
SPREAD = {level: float(stats.norm.ppf(float(level))) for level in QUANTILES}
LIKES_NEW = {"mean": 0.1, "sd": 0.02, "quantiles": {level: 0.1 + 0.02 * z for level, z in SPREAD.items()}}
SURE = {"outcomes": [{"payoff": 40.0, "probability": 1.0}]}
COIN = {"outcomes": [{"payoff": 100.0, "probability": 0.5}, {"payoff": 1.0, "probability": 0.5}]}
#: the same coin twice, one of them tried nine times
TWICE = {"options": [COIN, COIN], "times_tried": [9, 0]}


class Content:
    """A prover that refutes nothing."""

    def verify(self, case: Case, chosen: int) -> Verification:
        return PROVER.verify(case, chosen)._replace(verdict="proved")


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Two to four options of one to four outcomes, some that cannot be borne, most with counts of tries."""
    options = []
    for _ in range(draw(st.integers(2, 4))):
        payoffs = draw(st.lists(st.integers(-12, 60), min_size=1, max_size=4, unique=True))
        shares = [draw(st.integers(1, 9)) for _ in payoffs]
        chances = [share / sum(shares) for share in shares]
        options.append(
            {"outcomes": [{"payoff": x, "probability": p} for x, p in zip(payoffs, chances, strict=True)]}
        )
    tried = [draw(st.integers(0, 50)) for _ in options]
    return {"wealth": 10.0, "options": options} | ({"times_tried": tried} if draw(st.booleans()) else {})


def log_normal(mean: float, sd: float) -> Belief:
    """Whose logarithm is normal."""
    quantiles = np.exp(stats.norm.ppf(QUANTILE_LEVELS, mean, sd))
    middle = math.exp(mean + sd**2 / 2)
    return Belief(middle, middle * math.sqrt(math.expm1(sd**2)), tuple(map(float, quantiles)))


@settings(max_examples=40, deadline=None)
@given(
    case=cases(),
    risk=st.tuples(st.floats(-1, 2), st.floats(0.1, 1)),
    explores=st.tuples(st.floats(-0.3, 0.3), st.floats(0.01, 0.1)),
    weighs=st.tuples(st.floats(-1, 0.5), st.floats(0.05, 0.4)),
    named=st.sampled_from(
        [(), ("exploration",), ("probability_weighting",), ("exploration", "probability_weighting")]
    ),
)
def test_options_rank_as_by_quadrature_over_the_marginals(
    case: dict[str, Any],
    risk: tuple[float, float],
    explores: tuple[float, float],
    weighs: tuple[float, float],
    named: tuple[str, ...],
) -> None:
    """Of the formulas as the reference has them, at even quantiles of each trait with each of the others."""
    even = (np.arange(40) + 0.5) / 40
    axes = [
        stats.norm.ppf(even, *risk),
        stats.norm.ppf(even[::8], *explores) if "exploration" in named else np.zeros(1),
        np.exp(stats.norm.ppf(even, *weighs)) if "probability_weighting" in named else np.ones(1),
    ]
    if "exploration" in named:
        axes[1] += explores[0] - axes[1].mean()
    traits = np.array(list(itertools.product(*axes)))
    borne = next((i for i, option in enumerate(case["options"]) if _is_borne(option)), None)
    assume(borne is not None)
    found = reference.worths(case | {"chosen": borne}, *traits.T)
    assume(found is not None)
    assert found is not None
    expected = found.mean(axis=1)
    others = {"exploration": Belief(*explores), "probability_weighting": log_normal(*weighs)}
    believed = {name: others[name] for name in named}
    got = choose(Case.model_validate(case), Belief(*risk), Content(), others=believed)
    for value, exact in zip(got.values, expected, strict=True):
        assert value is None if exact == -np.inf else value == pytest.approx(exact, abs=8e-3)
    best, second = np.sort(expected)[-1:-3:-1]
    if best - second > 0.02:
        assert got.chosen == int(expected.argmax())


def _is_borne(option: dict[str, Any]) -> bool:
    return all(10.0 + outcome["payoff"] >= 0 for outcome in option["outcomes"])


@settings(max_examples=30, deadline=None)
@given(case=cases())
def test_who_is_known_by_risk_aversion_alone_gets_the_same_bits(case: dict[str, Any]) -> None:
    """Whatever else is believed that nothing here depends on: noise, and a taste for what is new where none is."""
    plain, untried = Case.model_validate({**case, "times_tried": None}), len(case["options"]) * [0]
    alone = expected_values(plain, Belief(0.6, 0.3))
    more = {"choice_noise": Belief(0.1, 0.05), "exploration": Belief(0.2, 0.1)}
    assert expected_values(plain, Belief(0.6, 0.3), more) == alone
    assert (
        expected_values(Case.model_validate({**case, "times_tried": untried}), Belief(0.6, 0.3), more)
        == alone
    )
    del more["exploration"]
    assert expected_values(Case.model_validate(case), Belief(0.6, 0.3), more) == alone


def test_exponents_stand_for_the_belief_they_are_of() -> None:
    """Its quantiles on a scale of logarithms, or those of a log-normal of its mean and sd; never beyond 0.1 to 10."""
    exact = np.exp(stats.norm.ppf((np.arange(33) + 0.5) / 33, -0.2, 0.3))
    told = log_normal(-0.2, 0.3)
    for belief in (told, Belief(told.mean, told.sd)):
        assert exponents(belief) == pytest.approx(exact, rel=1e-6)
    for odd in (Belief(-1.0, 1e9), Belief(1e300, 1.0), Belief(1.0, 1.0, (-1.0, 0.0, 0.0, 1e9, 1e300))):
        assert ((exponents(odd) >= 0.1 - 1e-12) & (exponents(odd) <= 10.0 + 1e-9)).all()


def test_what_is_refuted_is_not_proposed_however_new_it_is() -> None:
    """Rules know nothing of novelty."""
    worse = {"outcomes": [{"payoff": 39.0, "probability": 1.0}]}
    case = Case.model_validate({"options": [SURE, worse], "times_tried": [1000, 0]})
    choice = choose(case, Belief(0.5, 0.1), PROVER, others={"exploration": Belief(0.5, 0.1)})
    assert choice.values[1] > choice.values[0]  # type: ignore[operator]
    assert (choice.chosen, [one.verdict for one in choice.tried]) == (0, ["refuted", "proved"])


def test_the_layer_goes_by_what_the_reply_says_and_the_controller_by_risk_aversion(
    make: Make, journal: Journal
) -> None:
    """What is new to somebody who likes that; the first of two equals once the controller has to answer."""
    with FaultyServer(with_parts(posterior={"risk_aversion": MARGINAL, "exploration": LIKES_NEW})) as server:
        layer = make(server.url, journal)
        layer.feedback(layer.judge(CASE, "ada").id, "approve")
        by_all = layer.judge(TWICE, "ada")
        server.behaviour = hang_up
        by_controller = layer.judge(TWICE, "ada")
    assert (by_all.chosen, by_all.assessment.source) == (1, "verifier")
    assert by_all.values[1] - by_all.values[0] == pytest.approx(0.1 * math.log(10))  # type: ignore[operator]
    assert by_all.assessment.others["exploration"].mean == 0.1
    assert "risk aversion at 0.61 ± 0.18, exploration at 0.10 ± 0.02, from 1 of 1" in by_all.meta_comment
    assert (by_controller.chosen, by_controller.assessment.source) == (0, "controller")
    assert by_controller.values[1] == by_controller.values[0]
    assert by_controller.assessment.others == {}
    _, first, second = judgments_in(journal)
    assert first.others is not None
    assert {name: one.mean for name, one in first.others.items()} == {"exploration": 0.1}
    assert second.others is None


def test_a_candidate_chooses_by_its_own_traits(make: Make, journal: Journal) -> None:
    """Beside a served model that knows of risk aversion alone."""
    with (
        FaultyServer(answering()) as served,
        FaultyServer(with_parts(posterior={"risk_aversion": MARGINAL, "exploration": LIKES_NEW})) as other,
        VerifierClient(other.url, 5.0) as client,
    ):
        layer = make(served.url, journal, candidate=client)
        layer.feedback(layer.judge(CASE, "ada").id, "approve")
        layer.judge(TWICE, "ada")
        assert layer.layer._core.candidate.wait(20.0)
    lines = [one.event for one in journal.read() if isinstance(one.event, CandidateLine)]  # type: ignore[union-attr]
    assert (lines[-1].served.chosen, lines[-1].candidate.chosen) == (0, 1)
