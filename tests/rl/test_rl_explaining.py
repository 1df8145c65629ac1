"""Does what is said of why a policy chooses follow from how it chooses?"""

from __future__ import annotations

from functools import partial

import jax
import numpy as np
import pytest
from rl_compiling import quickly

from bayesian_verifier.rl import ASK, RULES, ExactBelief, Rules, blank
from bayesian_verifier.rl._environment import utilities
from bayesian_verifier.rl._explained import asks_by_sd, counterfactual, monotone_share, probes_of
from bayesian_verifier.rl._explaining import MEANS, SDS, decisions, follow, probe_all, probes, visited
from bayesian_verifier.rl._memory import policy_of
from bayesian_verifier.rl._rollout import greedy
from bayesian_verifier.rl._seen import ranks_of_risk, seen
from bayesian_verifier.rl._surrogate import surrogate_of

A = Rules()
BELIEF = ExactBelief(A.prior, attitudes=15, noises=3)
RULE = RULES["bayes"]
STATES = 32


@pytest.fixture(scope="module")
def states():
    """Whatever a rule comes to, at steps 0 to 31."""
    return quickly(lambda: visited(5, STATES, partial(RULE.chooses, A), RULE.seeing, A, BELIEF))()


@pytest.fixture(scope="module")
def table(states):
    return probes(quickly(lambda: probe_all(states, partial(RULE.chooses, A), RULE.seeing, A))())


def test_states_are_of_all_steps_before_an_ask(states) -> None:
    """One of each number of decisions behind; nothing asked yet there."""
    assert np.asarray(states.decided).tolist() == list(range(32))
    assert not np.asarray(states.asked).any()
    assert len(np.unique(states.theta[:, 0])) == STATES


def test_a_rule_that_asks_above_a_threshold_is_seen_to(table) -> None:
    """σ > 0.7: never at 0.3, 0.5 and 0.7, always at 0.9; had σ been 0.3, it would not have asked."""
    assert [asks_by_sd(table)[sd] for sd in SDS] == pytest.approx([0, 0, 0, 1], abs=1e-6)
    found = counterfactual(table)
    assert found.asked == STATES * len(MEANS)
    assert found.would_not == 1.0


def test_probes_are_the_rule_s_choices_at_each_belief(states, table) -> None:
    """The option of greatest utility at that θ*, hidden costs off: worked out here from what options are worth."""
    found = probes_of(table)

    @quickly
    def best(attitude):
        """Ranks of risk of the options, and which is the best for everybody at this attitude."""
        someone = states._replace(theta=states.theta.at[:, 0].set(attitude))
        worth = jax.vmap(lambda one: utilities(one, A))(someone)
        return ranks_of_risk(jax.vmap(lambda one: seen(one, A).options)(states)), worth.argmax(axis=1)

    for place, mean in enumerate(MEANS):
        ranks, option = (np.asarray(one) for one in best(0.5 + mean))
        expected = ranks[np.arange(STATES), option]
        for sd in range(len(SDS)):
            assert (found.risk[:, place, sd] == expected).mean() > 0.96
    assert monotone_share(table) > 0.9


def test_monotone_is_a_share_of_states_and_widths() -> None:
    """Two states at two σ, one of the four rising in risk once."""
    risk = np.array([[[1, 1], [0.5, 0.5], [0, 0]], [[1, 0], [1, 0.5], [0.5, 0]]])
    at = np.meshgrid(range(2), [-1.0, 0.0, 1.0], [0.3, 0.9], indexing="ij")
    rows = dict(zip(("state", "mean", "sd"), (one.ravel() for one in at), strict=True))
    assert monotone_share(rows | {"risk": risk.ravel(), "asks": np.zeros(12, bool)}) == 0.75


def test_a_tree_reproduces_a_rule_that_is_one_and_no_chance() -> None:
    """A threshold on σ and one on a lead: always the same. Coins: no better than the commonest."""
    rng = np.random.default_rng(0)
    reasons = {name: rng.normal(size=1200) for name in ("mean", "sd", "lead_sure")}
    ruled = np.where(reasons["sd"] > 0.7, 3, np.where(reasons["lead_sure"] > 0, 0, 2))
    found = surrogate_of(reasons | {"action": ruled.astype(float)})
    assert found.fidelity > 0.99
    assert found.leaves <= 8
    assert "sd <= 0.7" in found.text
    coins = surrogate_of(reasons | {"action": rng.integers(0, 2, 1200).astype(float)})
    assert coins.fidelity < 0.6


def test_decisions_are_told_in_terms_of_the_case() -> None:
    """Leads are of one option above the rest, the surest first; nothing is asked twice before a decision."""
    policy = policy_of(jax.random.key(0), RULE.seeing, 8)
    acted = quickly(lambda: follow(3, 6, greedy(policy), RULE.seeing, A, BELIEF, blank(policy, 6)))
    rows = decisions(acted())
    leads = np.stack([rows[f"lead_{name}"] for name in ("sure", "middle", "long")])
    assert ((leads > 0).sum(axis=0) <= 1).all()
    assert set(rows["action"].tolist()) <= {0.0, 1.0, 2.0, float(ASK)}
    assert not ((rows["action"] == ASK) & (rows["asked"] == 1)).any()
    assert set(rows["stake"].tolist()) <= {0.5, 3.0}
