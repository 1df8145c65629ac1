"""Are options worth in a rollout what docs/model.md says they are? Against the reference, which shares no code."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rl_compiling import quickly
from rl_records import decision, question

from bayesian_verifier.rl import ExactBelief, Prior, Rules, reset
from bayesian_verifier.rl._cases import LADDER_DRAWS, draw_ladder, question_advantages
from bayesian_verifier.rl._value import advantages, utility, values
from reference import model

RULES = Rules()
BELIEF = ExactBelief(RULES.prior)
AT = np.array([-4.0, -1.0, 0.0, 0.5, 0.9995, 1.0, 1.0005, 1.02, 2.0, 5.0])
START = quickly(lambda seed: reset(jax.random.key(seed), RULES, BELIEF))


@pytest.mark.parametrize("seed", range(40))
def test_advantages_of_a_ladder_and_of_its_questions_are_the_reference_s(seed: int) -> None:
    """Single precision: to 2e-5 on both sides of r = 1 and at it."""
    state = START(seed)
    ladder = state.ladder
    ours = np.asarray(
        advantages(values(ladder.wealth, ladder.probability, ladder.top, jnp.asarray(AT, jnp.float32)))
    )
    for chosen in range(3):
        expected = model.advantage(decision(state, chosen), AT)
        np.testing.assert_allclose(ours[chosen], expected, atol=2e-5)
    asked = np.asarray(question_advantages(state.questions, jnp.asarray(AT, jnp.float32)))
    for number in range(3):
        np.testing.assert_allclose(asked[number], model.advantage(question(state, number), AT), atol=2e-5)


def test_utility_rises_from_0_to_1_at_any_attitude() -> None:
    """At 1 and at the top exactly, and never falling in between, for attitudes far outside the prior too."""
    wealth = jnp.linspace(1.0, 30.0, 200)
    at = jnp.linspace(-9.0, 10.0, 77)
    found = np.asarray(utility(wealth[:, None], jnp.asarray(30.0), at[None, :]))
    np.testing.assert_allclose(found[[0, -1]], [np.zeros(77), np.ones(77)], atol=1e-6)
    assert (np.diff(found, axis=0) >= -1e-6).all()


def test_ladders_are_lotteries_within_their_context_in_any_order() -> None:
    """Chances sum to 1, wealth lies in [1, K], and the sure amount is in each place a third of the time."""
    ladders = jax.vmap(lambda uniform: draw_ladder(uniform, Prior()))(
        jax.random.uniform(jax.random.key(4), (3000, LADDER_DRAWS), minval=1e-6)
    )
    np.testing.assert_allclose(np.asarray(ladders.probability).sum(axis=2), 1.0, atol=1e-6)
    wealth, top = np.asarray(ladders.wealth), np.asarray(ladders.top)
    assert (wealth >= 1 - 1e-6).all()
    assert (wealth <= top[:, None, None] * (1 + 1e-6)).all()
    assert ((top >= 4 - 1e-4) & (top <= 40 + 1e-4)).all()
    sure = (np.asarray(ladders.probability)[:, :, 0] == 1.0).mean(axis=0)
    # binomial: four standard errors
    np.testing.assert_allclose(sure, 1 / 3, atol=4 * np.sqrt(2 / 9 / 3000))
