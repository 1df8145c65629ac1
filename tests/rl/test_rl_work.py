"""Does an episode of carried-out plans go as the simulator of principals and executors does?"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from rl_compiling import quickly

import bayesian_verifier
from bayesian_verifier.artifact import ModelStore, load_model
from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.rl import (
    ExactBelief,
    ExecutorBelief,
    ExecutorEnvironment,
    WorkRules,
    begin_work,
    carry_out_plan,
    draw_offer,
    seen_of_work,
    work_of,
)
from bayesian_verifier.rl._value import advantages
from bayesian_verifier.rl._work_episode import values_of
from bayesian_verifier.serving import Question, answer, load_engine
from bayesian_verifier.simulators.executor import RECORDED, Situation, job_situations, read_runs

SHIPPED = Path(bayesian_verifier.__file__).parent / "shipped_models"
RULES = WorkRules(decisions=6, heard=1.0)
BELIEF = ExactBelief(RULES.prior, attitudes=9, noises=3)
WORK = work_of(job_situations(read_runs(RECORDED), 40, 3))


@cache
def compiled():
    """Beginning and carrying out."""
    return (
        quickly(lambda seed: begin_work(jax.random.key(seed), WORK, RULES, BELIEF)),
        quickly(lambda state, action: carry_out_plan(state, action, WORK, RULES, BELIEF)),
    )


def record(state, action, feedback):
    """A decision as a judgment: final wealths over the least of them, and nothing beside.

    No rule was asked: an episode knows none, and a plan whose forecast is dominated counts in it like any other.
    """
    options = [
        {"outcomes": [{"payoff": float(y), "probability": 1 / len(runs)} for y in runs]}
        for runs in np.asarray(state.offer.forecast, np.float64)
    ]
    said = "approve" if feedback > 0 else "reject"
    return {"options": options, "chosen": action, "feedback": said, "verdict": "unknown"}


def test_an_episode_has_its_decisions_and_then_another_person():
    """Six of one θ, whatever is chosen; nobody can end below the least of what was told."""
    begin, carry_out = compiled()
    state = begin(4)
    for number in range(12):
        assert float(state.offer.forecast.min()) == pytest.approx(1.0)
        assert float(state.offer.paid.min()) >= 1.0
        after = carry_out(state, number % 3)
        assert bool(after.done) == (number % 6 == 5)
        assert bool(np.array_equal(after.state.theta, state.theta)) != bool(after.done)
        assert float(after.regret) >= 0
        state = after.state


def test_what_two_policies_meet_does_not_depend_on_what_they_choose():
    begin, carry_out = compiled()
    one = other = begin(9)
    for _ in range(4):
        one, other = carry_out(one, 0).state, carry_out(other, 2).state
        for a, b in zip(jax.tree.leaves(one.offer), jax.tree.leaves(other.offer), strict=True):
            assert np.array_equal(a, b)


def test_what_is_lived_through_is_on_average_what_was_recorded():
    """Of 4,000 times that one plan is carried out: mean reward is minus its regret, to four standard errors."""
    begin, _ = compiled()
    start = begin(2)
    keys = jax.random.split(jax.random.key(0), 4000)
    many = quickly(
        jax.vmap(lambda key: carry_out_plan(start._replace(key=key), jnp.int32(1), WORK, RULES, BELIEF))
    )(keys)
    reward = np.asarray(many.reward)
    assert reward.mean() == pytest.approx(
        -float(many.regret[0]), abs=4 * reward.std() / np.sqrt(reward.size) + 1e-5
    )


def test_a_plan_that_brings_what_it_promised_is_judged_by_the_rules_of_judgments():
    """Where all runs of a plan are the same, ∆ has no noise: approvals come as often as docs/model.md says."""
    sure = work_of([Situation("sure", ("a", "b", "c"), np.repeat([[1.0], [1.3], [2.0]], 24, axis=1))])
    state = begin_work(jax.random.key(1), sure, RULES, BELIEF)
    state = state._replace(theta=jnp.array([0.5, np.log(0.5)]))
    delta = float(advantages(values_of(state.offer, state.theta[:1]))[1, 0])
    keys = jax.random.split(jax.random.key(5), 4000)
    many = quickly(
        jax.vmap(lambda key: carry_out_plan(state._replace(key=key), jnp.int32(1), sure, RULES, BELIEF))
    )(keys)
    expected = 0.01 + 0.98 / (1 + np.exp(-delta / 0.5))
    approved = (np.asarray(many.state.last_feedback) > 0).mean()
    assert approved == pytest.approx(expected, abs=4 * np.sqrt(0.25 / 4000))


def test_people_mostly_differ_on_what_is_offered():
    """Between a lover of risk and a cautious person, two of three plans change their order in most decisions."""
    offers = quickly(jax.vmap(lambda key: draw_offer(key, WORK)))(jax.random.split(jax.random.key(0), 400))
    worth = np.asarray(quickly(jax.vmap(lambda offer: values_of(offer, jnp.array([-2.5, 4.0]))))(offers))
    order = np.sign(worth[:, :, None] - worth[:, None, :])
    assert (order[..., 0] * order[..., 1] < 0).any(axis=(1, 2)).mean() > 0.5


def test_nothing_a_policy_sees_depends_on_the_person():
    state = compiled()[0](3)
    changed = state._replace(theta=state.theta + 3.0)
    assert np.array_equal(seen_of_work(state, RULES), seen_of_work(changed, RULES))


def test_the_belief_inside_an_episode_is_what_the_service_says_of_the_same_judgments():
    """The shipped model's mean and sd after each of some decisions, to a few thousandths."""
    store = ModelStore(SHIPPED)
    belief = ExecutorBelief(load_model(store.path("executor", store.current("executor"))))
    engine = load_engine(SHIPPED, "executor", points=256, cache=None, many=8)
    carry_out = quickly(lambda state, action: carry_out_plan(state, action, WORK, RULES, belief))
    read = quickly(lambda evidence: belief.weighed(evidence[None]).read)
    state, judged = begin_work(jax.random.key(6), WORK, RULES, belief), []
    for number in range(5):
        after = carry_out(state, number % 3).state
        judged.append(record(state, number % 3, float(after.last_feedback)))
        said = answer(
            Question(parse_judgments(judged), None, 0, 0), engine, clock=lambda: 0.0, make_seed=int
        ).beliefs["risk_aversion"]
        within = read(after.evidence)
        assert float(within.mean[0]) == pytest.approx(said.mean, abs=5e-3)
        assert float(within.sd[0]) == pytest.approx(said.sd, abs=5e-3)
        state = after


def test_the_gymnasium_form_passes_gymnasium_s_own_check():
    """And begins alike from the same seed."""
    environment = ExecutorEnvironment(WORK, RULES, BELIEF)
    check_env(environment, skip_render_check=True)
    first, _ = environment.reset(seed=9)
    assert np.array_equal(first, environment.reset(seed=9)[0])
    assert environment.step(1)[1] <= 1.0


def test_two_plans_are_too_few():
    with pytest.raises(ValueError, match="3 plans or more"):
        work_of([Situation("two", ("a", "b"), np.arange(48.0).reshape(2, 24))])
