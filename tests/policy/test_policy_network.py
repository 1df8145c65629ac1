"""Does the forward pass in NumPy say what the network says in JAX, and is s of a case the s that it learned on?"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bayesian_verifier.judgment import Case
from bayesian_verifier.policy import Policy, PolicyChooser, Surroundings, scores_of, state_of
from bayesian_verifier.posterior import Belief
from bayesian_verifier.rl import ExactBelief, PolicyNet, Rules, Told, reset, seen
from bayesian_verifier.rl._weights import write_policy
from policy.policy_files import ABOUT

RULES = Rules(battery=True)
BELIEF = ExactBelief(RULES.prior, attitudes=5, noises=3)
COUNT = 40


@pytest.fixture(scope="module")
def episodes():
    """States at any time of an episode, whatever was done and said before."""
    rng = np.random.default_rng(11)

    def drawn(key, decided, asked, battery, action, said):
        state = reset(key, RULES, BELIEF)._replace(
            decided=decided, asked=asked, battery=battery, last_action=action, last_feedback=said
        )
        return state, seen(state, RULES)

    return jax.jit(jax.vmap(drawn))(
        jax.random.split(jax.random.key(7), COUNT),
        jnp.asarray(rng.integers(0, 32, COUNT)),
        jnp.asarray(rng.random(COUNT) < 0.4),
        jnp.asarray(rng.random(COUNT), jnp.float32),
        jnp.asarray(rng.integers(0, 5, COUNT)),
        jnp.asarray(rng.choice([-1.0, 0.0, 1 / 3, 1.0], COUNT), jnp.float32),
    )


@pytest.fixture(scope="module")
def network():
    return eqx.filter_jit(PolicyNet)(jax.random.key(3), known=2, width=16)


@pytest.fixture(scope="module")
def policy(network, tmp_path_factory):
    """The same network, gone through a file as an experiment writes it."""
    path = tmp_path_factory.mktemp("policy") / "p.npz"
    write_policy(path, network, ABOUT)
    return Policy.read(path)


def met(states, index):
    """The case of a state, and what is said around it."""
    ladder, questions = (
        jax.tree.map(lambda x: np.asarray(x)[index], one) for one in (states.ladder, states.questions)
    )

    def option(wealth, probability):
        pairs = zip(wealth.tolist(), probability.tolist(), strict=True)
        return {
            "outcomes": [{"payoff": payoff, "probability": share} for payoff, share in pairs if share > 0]
        }

    asked = [
        {
            "options": [
                {"outcomes": [{"payoff": sure, "probability": 1.0}]},
                option(np.array([top, 1.0]), np.array([chance, 1 - chance])),
            ]
        }
        for sure, chance, top in zip(
            questions.sure.tolist(), questions.chance, questions.top.tolist(), strict=True
        )
    ]
    costs = zip(ladder.latency.tolist(), ladder.energy.tolist(), strict=True)
    last = int(states.last_action[index])
    return (
        Case.model_validate(
            {"options": [option(*one) for one in zip(ladder.wealth, ladder.probability, strict=True)]}
        ),
        Surroundings.model_validate(
            {
                "options": [{"latency": latency, "energy": energy} for latency, energy in costs],
                "stake": float(states.stake[index]),
                "time": float(states.decided[index]) / RULES.decisions,
                "battery": float(states.battery[index]),
                "last_action": None if last == 4 else last,
                "last_feedback": float(states.last_feedback[index]),
                "questions": asked,
                "asked": bool(states.asked[index]),
            }
        ),
    )


def test_a_case_is_seen_as_the_environment_shows_it(episodes) -> None:
    """All of s, from lotteries in money and what a caller says around them; float32 against float64."""
    states, shown = episodes
    for index in range(COUNT):
        state = state_of(*met(states, index))
        np.testing.assert_allclose(state.options, shown.options[index], atol=2e-5)
        np.testing.assert_allclose(state.rest, shown.rest[index], atol=2e-5)
        assert state.may_ask == bool(shown.may_ask[index])


def test_money_in_another_currency_is_seen_the_same(episodes) -> None:
    """Final wealth times a factor: risk aversion that is relative sees no difference."""
    case, around = met(episodes[0], 3)
    factor = 250.0
    dearer = Case.model_validate(
        {
            "wealth": 100.0,
            "options": [
                {
                    "outcomes": [
                        {"payoff": one.payoff * factor - 100.0, "probability": one.probability}
                        for one in option.outcomes
                    ]
                }
                for option in case.options
            ],
        }
    )
    np.testing.assert_allclose(state_of(dearer, around).options, state_of(case, around).options, atol=1e-6)


@pytest.mark.parametrize("belief", [(0.5, 1.0), (-2.0, 0.1), (3.0, 0.6)])
def test_numpy_says_what_jax_says(network, policy, episodes, belief) -> None:
    """Scores of options and of an ask as differences of log-probabilities, which is all a softmax keeps."""
    _, shown = episodes
    known = np.array([[belief[0] - 0.5, belief[1]]], np.float32)
    said = eqx.filter_jit(jax.vmap(lambda one: network(one, Told(jnp.asarray(known[0]), jnp.zeros((3, 0))))))(
        shown
    ).log_probability
    for index in range(COUNT):
        state = state_of(*met(episodes[0], index))._replace(
            options=np.asarray(shown.options[index]), rest=np.asarray(shown.rest[index])
        )
        scores = scores_of(policy.parts, state, known)
        logits = np.append(scores.options[0], scores.ask[0] if state.may_ask else -np.inf)
        np.testing.assert_allclose(logits - logits[0], said[index] - said[index][0], atol=2e-5)


def test_many_beliefs_at_once_are_each_by_itself(policy, episodes) -> None:
    """The grid of the page is the decision of the layer."""
    state = state_of(*met(episodes[0], 0))
    means, sds = np.linspace(-1, 2, 7), np.linspace(0.1, 1, 7)
    together = scores_of(policy.parts, state, policy.known(means, sds))
    for place, (mean, sd) in enumerate(zip(means, sds, strict=True)):
        alone = scores_of(policy.parts, state, policy.known(mean, sd))
        np.testing.assert_allclose(together.options[place], alone.options[0], atol=1e-5)
        np.testing.assert_allclose(together.ask[place], alone.ask[0], atol=1e-5)


def test_the_chooser_takes_what_the_network_thinks_most_likely(network, policy, episodes) -> None:
    """Greedy, from the case; the ask where it is the likeliest of all."""
    states, shown = episodes
    chooser = PolicyChooser(policy)
    said = eqx.filter_jit(jax.vmap(lambda one: network(one, Told(jnp.array([0.7, 0.4]), jnp.zeros((3, 0))))))(
        shown
    ).log_probability
    asks = 0
    for index in range(COUNT):
        case, around = met(states, index)
        scored = chooser.score(case, Belief(1.2, 0.4), around)
        logs = np.asarray(said[index])
        if np.sort(logs[:3])[-1] - np.sort(logs[:3])[-2] > 1e-3:
            assert scored.choice == int(logs[:3].argmax())
        assert scored.asks == bool(logs.argmax() == 3)
        asks += scored.asks
    assert chooser.score(case, Belief(1.2, 0.4), around) == scored
