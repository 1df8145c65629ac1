"""How does another library learn to choose plans for people? By Gymnasium's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np

from bayesian_verifier.rl._work import OFFERED
from bayesian_verifier.rl._work_episode import WORK_FEATURES, begin_work, carry_out_plan, seen_of_work

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bayesian_verifier.rl._belief import Belief
    from bayesian_verifier.rl._work import Work
    from bayesian_verifier.rl._work_episode import WorkRules, WorkState

_MOST_SEEDS = 2**31
#: all that is observed is of the order of 1
_BOUND = 10.0


class ExecutorEnvironment(gymnasium.Env[Any, Any]):
    """One person's episode. Observed: s, then mean and sd of risk aversion, in one array. Actions: the plans."""

    def __init__(self, work: Work, rules: WorkRules, belief: Belief) -> None:
        self.observation_space = gymnasium.spaces.Box(-_BOUND, _BOUND, (WORK_FEATURES + 2,), np.float32)
        self.action_space = gymnasium.spaces.Discrete(OFFERED)
        self._begin = jax.jit(lambda key: begin_work(key, work, rules, belief))
        self._carry_out = jax.jit(lambda state, action: carry_out_plan(state, action, work, rules, belief))
        self._observe = jax.jit(lambda state: _observed(state, rules, belief))
        self._state: WorkState | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """A new person, the same for the same seed."""
        super().reset(seed=seed, options=options)
        self._state = self._begin(jax.random.key(int(self.np_random.integers(_MOST_SEEDS))))
        return np.asarray(self._observe(self._state), np.float32), {}

    def step(self, action: int) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Carry out a plan. Raises gymnasium.error.ResetNeeded before the first reset."""
        if self._state is None:
            raise gymnasium.error.ResetNeeded("reset() begins an episode")
        after = self._carry_out(self._state, jnp.asarray(action, jnp.int32))
        self._state = after.state
        seen = np.asarray(self._observe(after.state), np.float32)
        return seen, float(after.reward), bool(after.done), False, {"regret": float(after.regret)}


def _observed(state: WorkState, rules: WorkRules, belief: Belief) -> jax.Array:
    read = belief.weighed(state.evidence[None]).read
    parts = [seen_of_work(state, rules), read.mean, read.sd]
    return jnp.clip(jnp.concatenate(parts), -_BOUND, _BOUND)
