"""Does an episode go by its rules, whatever a policy does?"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given, settings
from hypothesis import strategies as st
from rl_compiling import quickly

from bayesian_verifier.rl import ARMS, ASK, ExactBelief, JudgmentEnvironment, Rules, State, reset, seen, step
from bayesian_verifier.rl._environment import utilities
from bayesian_verifier.rl._value import advantages, values

A, B = Rules(), Rules(battery=True)
BELIEF = ExactBelief(A.prior, attitudes=21, noises=5)
RESET = {
    rules: quickly(lambda seed, rules=rules: reset(jax.random.key(seed), rules, BELIEF)) for rules in (A, B)
}
STEP = {
    rules: quickly(lambda state, action, rules=rules: step(state, action, rules, BELIEF)) for rules in (A, B)
}
# neither hidden costs nor what a person wants are the battery's
UTILITIES = quickly(lambda state: utilities(state, A))
ACTIONS = st.lists(st.integers(0, ASK), min_size=1, max_size=90)


def same(one: State, other: State) -> bool:
    """Every leaf to the last bit."""
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    raw = lambda leaf: jax.random.key_data(leaf) if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else leaf  # noqa: E731
    return all(np.array_equal(np.asarray(raw(a)), np.asarray(raw(b))) for a, b in pairs)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**30), actions=ACTIONS, rules=st.sampled_from([A, B]))
def test_any_sequence_of_actions_keeps_to_the_rules(seed: int, actions: list[int], rules: Rules) -> None:
    """An ask costs its price once a decision and uses none up; 32 decisions end the episode."""
    state, decided = RESET[rules](seed), 0
    for action in actions:
        before = state
        worth = np.asarray(UTILITIES(before))
        after = STEP[rules](before, action)
        state = after.state
        if action == ASK and not before.asked:
            assert float(after.reward) == pytest.approx(-rules.ask_cost)
            assert not after.decided
            assert state.decided == before.decided
            assert state.asked
            assert np.array_equal(state.ladder.wealth, before.ladder.wealth)
            continue
        decided += 1
        chosen = 0 if action == ASK else action
        regret = worth.max() - worth[chosen]
        assert float(after.regret) == pytest.approx(float(regret), abs=1e-5)
        empty = rules.battery and float(before.battery - 0.15 * before.ladder.energy[chosen] + 0.03) <= 0
        expected = -float(before.stake) * float(regret) - 0.3 * empty
        assert float(after.reward) == pytest.approx(expected, abs=1e-4)
        assert bool(after.done) == (decided % rules.decisions == 0)
        assert int(state.decided) == decided % rules.decisions
        assert bool(np.array_equal(state.theta, before.theta)) != bool(after.done)


def test_two_policies_meet_the_same_people_cases_and_answers() -> None:
    """One asks before each decision, the other never: at the same decision all that is drawn is the same."""
    one = other = RESET[A](5)
    for _ in range(40):
        one = STEP[A](STEP[A](one, ASK).state, 1).state
        other = STEP[A](other, 1).state
        for field in ("theta", "ladder", "questions", "stake", "last_feedback"):
            pairs = zip(
                jax.tree.leaves(getattr(one, field)), jax.tree.leaves(getattr(other, field)), strict=True
            )
            assert all(np.array_equal(*pair) for pair in pairs)
    assert not np.array_equal(one.evidence, other.evidence)
    assert same(one, STEP[A](STEP[A](RESET[A](5), ASK).state, 1).state) is False


def test_half_of_the_approvals_are_heard_and_become_evidence() -> None:
    """What is heard adds the likelihood of that answer, what is not adds nothing."""
    heard, state = 0, RESET[A](11)
    for _ in range(31):
        after = STEP[A](state, 2).state
        ladder = state.ladder
        curve = advantages(values(ladder.wealth, ladder.probability, ladder.top, BELIEF.points))[2]
        expected = state.evidence + BELIEF.of_answer(curve, after.last_feedback)
        np.testing.assert_allclose(after.evidence, expected, atol=1e-5)
        heard += int(after.last_feedback != 0)
        state = after
    assert 5 <= heard <= 26


def test_nothing_a_policy_sees_depends_on_the_person() -> None:
    """Another θ in the same state: not a number of s moves."""
    state = RESET[A](3)
    shown = seen(state, A)
    changed = seen(state._replace(theta=state.theta + 3.0), A)
    assert all(np.array_equal(*pair) for pair in zip(shown, changed, strict=True))


@pytest.mark.parametrize("arm", ["rl_only", "hybrid_outlook"])
def test_the_gymnasium_form_passes_gymnasium_s_own_check(arm: str) -> None:
    """And goes the way of the pure functions from the same key."""
    environment = JudgmentEnvironment(ARMS[arm], A, BELIEF)
    check_env(environment, skip_render_check=True)
    first, _ = environment.reset(seed=9)
    again, _ = environment.reset(seed=9)
    assert np.array_equal(first, again)
    state = environment._state
    assert state is not None
    _, reward, _, _, told = environment.step(2)
    expected = STEP[A](state, 2)
    assert reward == pytest.approx(float(expected.reward))
    assert told["regret"] == pytest.approx(float(expected.regret))
