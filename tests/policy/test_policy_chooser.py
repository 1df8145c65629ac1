"""What does a policy see of choices that are nothing like those it learned on, and what do callers get wrong?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.errors import CallerError, InvalidEvidenceError
from bayesian_verifier.judgment import Case
from bayesian_verifier.policy import Policy, PolicyChooser, Surroundings, state_of, surroundings_of
from bayesian_verifier.posterior import Belief
from policy.policy_files import written

SURE = {"outcomes": [{"payoff": 40, "probability": 1}]}
COIN = {"outcomes": [{"payoff": 100, "probability": 0.5}, {"payoff": 0, "probability": 0.5}]}
RUIN = {"outcomes": [{"payoff": -5, "probability": 0.5}, {"payoff": 9, "probability": 0.5}]}
CASE = Case.model_validate({"options": [SURE, COIN]})
AMOUNTS = st.floats(-1e15, 1e15, allow_subnormal=False)
LOTTERIES = st.lists(st.tuples(AMOUNTS, st.floats(0, 1)), min_size=1, max_size=4).map(
    lambda pairs: {"outcomes": [{"payoff": a, "probability": p} for a, p in pairs]}
)


@pytest.fixture(scope="module")
def chooser(tmp_path_factory):
    return PolicyChooser(Policy.read(written(tmp_path_factory.mktemp("policy") / "p.npz", 5)))


@given(
    options=st.lists(LOTTERIES, min_size=2, max_size=8),
    wealth=st.floats(0, 1e15) | st.just([0.0, 100.0]),
    mean=st.floats(-1e6, 1e6),
    sd=st.floats(1e-6, 1e6),
)
def test_any_case_and_any_belief_have_scores(chooser, options, wealth, mean, sd) -> None:
    """Numbers, one for each option that has a value, none for one that could ruin."""
    case = Case.model_validate({"options": options, "wealth": wealth})
    scored = chooser.score(case, Belief(mean, sd), Surroundings())
    assert len(scored.scores) == len(options)
    given_scores = [one for one in scored.scores if one is not None]
    assert np.isfinite(given_scores).all()
    assert (scored.choice is None) == (not given_scores)
    assert not scored.asks


def test_an_option_that_could_ruin_has_no_score(chooser) -> None:
    """And the others have those they would have without it."""
    beside = chooser.score(
        Case.model_validate({"options": [RUIN, SURE, COIN]}), Belief(0.5, 0.4), Surroundings()
    )
    alone = chooser.score(CASE, Belief(0.5, 0.4), Surroundings())
    assert beside.scores[0] is None
    assert beside.scores[1:] == pytest.approx(alone.scores)
    nothing = chooser.score(Case.model_validate({"options": [RUIN, RUIN]}), Belief(0.5, 0.4), Surroundings())
    assert (nothing.scores, nothing.choice, nothing.asks) == ((None, None), None, False)


def test_the_spread_of_a_coin_between_the_ends_is_a_half() -> None:
    """The sd of a fair draw of 0 and 1; of a sure amount 0."""
    assert state_of(CASE, Surroundings()).options[:, 5].tolist() == [0.0, 0.5]


def test_a_digest_tells_states_apart() -> None:
    """Anything that the policy sees changes it; being asked again does not."""
    asked = {"questions": [{"options": [SURE, COIN]}] * 3}
    around = [{}, {"stake": 3.0}, {"options": [{"latency": 0.5}, {}]}, asked, {**asked, "asked": True}]
    digests = [state_of(CASE, Surroundings.model_validate(one)).digest for one in around]
    assert len(set(digests)) == len(around)
    assert digests[0] == state_of(CASE, Surroundings()).digest
    assert state_of(Case.model_validate({"options": [COIN, SURE]}), Surroundings()).digest != digests[0]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"stake": 3.5}, "/stake"),
        ({"options": [{"latency": 2.0}, {}]}, "/options/0/latency"),
        ({"options": [{}]}, "/options"),
        ({"questions": [{"options": [SURE, COIN]}]}, "expected no question or 3"),
        ({"questions": [{"options": [SURE, COIN, SURE]}] * 3}, "between two options"),
        ({"battery": float("nan")}, "/battery"),
        ({"mood": "calm"}, "/mood"),
        ({"asked": 1}, "/asked"),
    ],
)
def test_what_callers_get_wrong_is_said(wrong, where) -> None:
    """With its place."""
    with pytest.raises(CallerError, match=where):
        surroundings_of(wrong, CASE)


def test_what_callers_get_right_is_taken() -> None:
    """A mapping, the value itself, or nothing."""
    around = Surroundings.model_validate({"options": [{"latency": 0.5}, {}]})
    assert surroundings_of({"options": [{"latency": 0.5}, {}]}, CASE) == around
    assert surroundings_of(around, CASE) is around
    assert surroundings_of(None, CASE) == Surroundings()
    with pytest.raises(InvalidEvidenceError):
        surroundings_of("all is well", CASE)  # type: ignore[arg-type]
