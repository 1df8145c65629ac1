"""Does a policy with a memory remember the episode, and nothing of the one before?"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rl_compiling import quickly

from bayesian_verifier.rl import ARMS, Remembering, Seen, Told, blank
from bayesian_verifier.rl._memory import policy_of, said_of, said_over
from bayesian_verifier.rl._rollout import View
from bayesian_verifier.rl._seen import OPTION_FEATURES, REST_FEATURES

ARM = ARMS["rl2_evidence"]
STEPS, PEOPLE, WIDTH = 12, 3, 8


@pytest.fixture(scope="module")
def views() -> View:
    """Twelve steps of three people; the second and third begin anew at step 5."""
    rng = np.random.default_rng(2)

    def drawn(*shape: int):
        return jnp.asarray(rng.normal(size=(STEPS, PEOPLE, *shape)), jnp.float32)

    fresh = np.zeros((STEPS, PEOPLE), bool)
    fresh[0] = fresh[5, 1:] = True
    seen = Seen(drawn(3, OPTION_FEATURES), drawn(REST_FEATURES), jnp.ones((STEPS, PEOPLE), bool))
    ones = jnp.ones((STEPS, PEOPLE))
    return View(seen, Told(drawn(5), jnp.zeros((STEPS, PEOPLE, 3, 0))), ones, ones, jnp.asarray(fresh))


@pytest.fixture(scope="module")
def policy():
    return policy_of(jax.random.key(1), ARM, WIDTH)


def test_the_recurrent_unit_is_equinox_s() -> None:
    """The same weights in its GRUCell: the same memory."""
    policy = Remembering(jax.random.key(0), told=5, width=WIDTH)
    cell = eqx.nn.GRUCell(policy.inward.in_features, WIDTH, key=jax.random.key(9))
    new = policy.onward.bias[2 * WIDTH :]
    # the bias of the gates may lie on either side of their sum
    bias = policy.inward.bias + jnp.concatenate([policy.onward.bias[: 2 * WIDTH], jnp.zeros(WIDTH)])
    parts = (policy.inward.weight, policy.onward.weight, bias, new)
    cell = eqx.tree_at(lambda c: (c.weight_ih, c.weight_hh, c.bias, c.bias_n), cell, parts)
    seen, memory = (
        jax.random.normal(jax.random.key(4), (policy.inward.in_features,)),
        jnp.linspace(-1, 1, WIDTH),
    )
    ours = policy.gated(policy.inward(seen)[None], memory[None])[0]
    np.testing.assert_allclose(ours, cell(seen, memory), atol=1e-6)


def test_learning_sees_the_memory_that_acting_had(policy, views) -> None:
    """Said over a whole sequence is what is said step by step, with the memory handed on."""
    over, last = quickly(lambda: said_over(policy, views, blank(policy, PEOPLE)))()
    once = quickly(lambda view, memory: said_of(policy, view, memory))
    memory = blank(policy, PEOPLE)
    for step in range(STEPS):
        said, memory = once(jax.tree.map(lambda x, step=step: x[step], views), memory)
        np.testing.assert_allclose(said.log_probability, over.log_probability[step], atol=1e-5)
        np.testing.assert_allclose(said.value, over.value[step], atol=1e-5)
    np.testing.assert_allclose(memory, last, atol=1e-5)


def test_nothing_is_remembered_of_the_person_before(policy, views) -> None:
    """What came before step 5 changes nothing for those who begin anew there, and something for who goes on."""
    other = jax.tree.map(lambda x: x.at[:5].multiply(-1.0) if x.dtype == jnp.float32 else x, views)
    said = quickly(lambda views: said_over(policy, views, blank(policy, PEOPLE))[0].value)
    one, turned = np.asarray(said(views)), np.asarray(said(other))
    np.testing.assert_allclose(one[5:, 1:], turned[5:, 1:], atol=1e-6)
    assert (np.abs(one - turned)[5:9, 0] > 1e-5).all()
