"""How does another library learn in the same environment? By Gymnasium's API (Towers et al. 2024, arXiv 2407.17032)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np

from bayesian_verifier.rl._cases import OPTIONS
from bayesian_verifier.rl._environment import ACTIONS, reset, step
from bayesian_verifier.rl._rollout import view_of
from bayesian_verifier.rl._seen import OPTION_FEATURES, REST_FEATURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bayesian_verifier.rl._arms import Arm
    from bayesian_verifier.rl._belief import Belief
    from bayesian_verifier.rl._environment import Rules, State, Stepped

_MOST_SEEDS = 2**31
#: all that is observed is of the order of 1; what is told of a person, in prior sd, is cut off here
_BOUND = 10.0


class JudgmentEnvironment(gymnasium.Env[Any, Any]):
    """One person's episode. What is observed: s, whether an ask is open, and what the arm is told, in one array.

    Actions: the options, then the ask; one that is not open counts as the first option.
    """

    def __init__(self, arm: Arm, rules: Rules, belief: Belief) -> None:
        size = OPTIONS * (OPTION_FEATURES + len(arm.of_option)) + REST_FEATURES + 1 + len(arm.known)
        self.observation_space = gymnasium.spaces.Box(-_BOUND, _BOUND, (size,), np.float32)
        self.action_space = gymnasium.spaces.Discrete(ACTIONS)
        self._reset, self._step = _programs(rules, belief)
        self._observe = jax.jit(lambda key, state: flat(key, state, arm, rules, belief))
        self._state: State | None = None
        self._moment = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """A new person, the same for the same seed."""
        super().reset(seed=seed, options=options)
        drawn = int(self.np_random.integers(_MOST_SEEDS))
        self._state, self._moment = self._reset(jax.random.key(drawn)), 0
        return self._observed(self._state), {}

    def step(self, action: int) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Ask or decide. Raises gymnasium.error.ResetNeeded before the first reset."""
        if self._state is None:
            raise gymnasium.error.ResetNeeded("reset() begins an episode")
        after = self._step(self._state, jnp.asarray(action, jnp.int32))
        self._state, self._moment = after.state, self._moment + 1
        told = {"regret": float(after.regret), "decided": bool(after.decided)}
        return self._observed(after.state), float(after.reward), bool(after.done), False, told

    def _observed(self, state: State) -> NDArray[np.float32]:
        key = jax.random.fold_in(state.key, self._moment)
        return np.asarray(self._observe(key, state), np.float32)


@cache
def _programs(rules: Rules, belief: Belief) -> tuple[Callable[..., State], Callable[..., Stepped]]:
    """Beginning and stepping, compiled once for all arms."""
    return (
        jax.jit(lambda key: reset(key, rules, belief)),
        jax.jit(lambda state, action: step(state, action, rules, belief)),
    )


def flat(key: jax.Array, state: State, arm: Arm, rules: Rules, belief: Belief) -> jax.Array:
    """What is observed of one state, in one array."""
    one = jax.tree.map(lambda leaf: leaf[None], state)
    view, _ = view_of(key, one, arm, rules, belief)
    seen, told = view.seen, view.told
    parts = (
        seen.options[0].ravel(),
        told.options[0].ravel(),
        seen.rest[0],
        seen.may_ask.astype(jnp.float32),
        told.person[0],
    )
    return jnp.clip(jnp.concatenate(parts), -_BOUND, _BOUND)
