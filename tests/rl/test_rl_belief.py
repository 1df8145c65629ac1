"""Is the belief inside a rollout the posterior that the service would give?"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rl_compiling import quickly
from rl_records import decision, question

from bayesian_verifier.artifact import ModelStore, load_model
from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.rl import ExactBelief, Rules, ServedBelief, reset
from bayesian_verifier.rl._belief import spread_one
from bayesian_verifier.rl._cases import question_advantages
from bayesian_verifier.rl._value import advantages, values
from bayesian_verifier.serving import Question, answer
from bayesian_verifier.simulators import load_simulator
from bayesian_verifier.simulators.lottery import spread
from model.shipped import NAME, SHIPPED, shipped_engine
from reference.exact import posterior

if TYPE_CHECKING:
    from bayesian_verifier.rl import Belief

RULES = Rules()


@cache
def served() -> ServedBelief:
    store = ModelStore(SHIPPED)
    model = load_model(store.path(NAME, store.current(NAME)))
    return ServedBelief(model, load_simulator(model.manifest.simulator))


@cache
def read_of(belief: Belief) -> Any:  # noqa: ANN401 a function of JAX
    """Compiled once."""
    return quickly(lambda evidence: belief.weighed(evidence).read)


@cache
def people(belief: Belief) -> tuple[list[list[dict[str, Any]]], jax.Array]:
    """Eight people with 1 to 43 answers, as records, and the evidence that a rollout would have of them."""
    rng = np.random.default_rng(7)

    @quickly
    def met(key: jax.Array, attitude: jax.Array) -> tuple[Any, jax.Array, jax.Array]:
        """A state, and ∆ of its second option and of its first question: at the person's r, then at the points."""
        state, at = reset(key, RULES, belief), jnp.concatenate([attitude[None], belief.points])
        case = state.ladder
        of_ladder = advantages(values(case.wealth, case.probability, case.top, at))[1]
        return state, of_ladder, question_advantages(state.questions, at)[0]

    add = quickly(lambda total, curve, sign: total + belief.of_answer(curve, sign))
    records, evidence = [], []
    for person in range(8):
        attitude, noise = rng.normal(0.5, 1.0), np.exp(rng.normal(np.log(0.1), 1.0))
        lines, total = [], belief.nothing()
        for number in range(1 + person * 6):
            state, *curves = met(jax.random.key(100 * person + number), jnp.asarray(attitude))
            asks = bool(rng.random() < 0.3)
            curve = curves[asks]
            says_yes = rng.random() < 0.01 + 0.98 / (1 + np.exp(np.clip(-float(curve[0]) / noise, -500, 500)))
            feedback = "approve" if says_yes else "reject"
            lines.append(question(state, 0, feedback) if asks else decision(state, 1, feedback))
            total = add(total, curve[1:], jnp.asarray(1.0 if says_yes else -1.0))
        records.append(lines)
        evidence.append(total)
    return records, jnp.stack(evidence)


def test_the_served_belief_is_what_the_service_answers() -> None:
    """The same network, evidence and weights: to 0.03 sd, the smoothing of the largest weights aside."""
    belief = served()
    records, evidence = people(belief)
    read = read_of(belief)(evidence)
    engine = shipped_engine()
    for index, lines in enumerate(records):
        question_ = Question(parse_judgments(lines), None, 0, 0)
        given_ = answer(question_, engine, clock=lambda: 0.0, make_seed=int).beliefs["risk_aversion"]
        assert abs(float(read.mean[index]) - given_.mean) < 0.03 * given_.sd
        assert float(read.sd[index]) == pytest.approx(given_.sd, rel=0.03)


def test_both_beliefs_are_near_the_exact_posterior() -> None:
    """Against quadrature that shares no code: mean within 0.05 sd, sd within 5%."""
    for belief in (served(), ExactBelief(RULES.prior)):
        records, evidence = people(belief)
        read = read_of(belief)(evidence)
        for index, lines in enumerate(records):
            exact = posterior(lines).r
            assert abs(float(read.mean[index]) - exact.mean) < 0.05 * exact.sd
            assert float(read.sd[index]) == pytest.approx(exact.sd, rel=0.05)


def test_nothing_heard_is_the_prior_and_an_answer_not_given_adds_nothing() -> None:
    """Mean 0.5 and sd 1; a sign of 0 leaves the evidence as it is."""
    for belief in (served(), ExactBelief(RULES.prior)):
        # eight at once, as in the other tests, so that nothing is compiled anew
        read = read_of(belief)(jnp.stack([belief.nothing()] * 8))
        assert float(read.mean[0]) == pytest.approx(0.5, abs=0.02)
        assert float(read.sd[0]) == pytest.approx(1.0, abs=0.02)
        curve = jnp.linspace(-1.0, 1.0, belief.points.size)
        assert not np.asarray(belief.of_answer(curve, jnp.zeros(()))).any()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1.0, 1.0), min_size=5, max_size=5))
def test_an_answer_is_spread_as_the_service_describes_it(signed: list[float]) -> None:
    """To the grain that the service rounds weights to."""
    ours = np.asarray(spread_one(jnp.asarray(signed, jnp.float32)))
    expected = spread(np.array(signed)[None, :])
    # the service's table has a row per reference point: five of them, one answer
    np.testing.assert_allclose(ours, expected, atol=2e-3)
    np.testing.assert_allclose(ours.sum(axis=1), 1.0, atol=1e-5)
