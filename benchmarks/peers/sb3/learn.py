"""How well does Stable-Baselines3's PPO (Raffin et al. 2021) learn in the same environment, told nothing of the person?

Reads settings as JSON from stdin, writes the reward a decision of each seed as JSON to stdout: on people nobody
learned on, the same ones that our own policies are scored on.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv

from bayesian_verifier.rl import ACTIONS, ARMS, ExactBelief, JudgmentEnvironment, Rules, reset, step
from bayesian_verifier.rl._gymnasium import flat


class ManyPeople(VecEnv):
    """Many episodes at once, by the pure functions that the environment for one is made of."""

    def __init__(self, count: int, rules: Rules, seed: int) -> None:
        belief, arm = ExactBelief(rules.prior, attitudes=5, noises=2), ARMS["rl_only"]
        one = JudgmentEnvironment(arm, rules, belief)
        super().__init__(count, one.observation_space, gymnasium.spaces.Discrete(ACTIONS))
        self._reset = jax.jit(jax.vmap(lambda key: reset(key, rules, belief)))
        self._step = jax.jit(jax.vmap(lambda state, action: step(state, action, rules, belief)))
        key = jax.random.key(0)
        self._see = jax.jit(jax.vmap(lambda state: flat(key, state, arm, rules, belief)))
        self._state = self._reset(jax.random.split(jax.random.key(seed), count))
        self._chosen = np.zeros(count, np.int32)

    def reset(self) -> np.ndarray:
        return np.asarray(self._see(self._state))

    def begin(self, seed: int) -> np.ndarray:
        """New people, the same for a seed."""
        self._state = self._reset(jax.random.split(jax.random.key(seed), self.num_envs))
        return self.reset()

    def step_async(self, actions: np.ndarray) -> None:
        self._chosen = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        before = self._state
        after = self._step(before, jnp.asarray(self._chosen, jnp.int32))
        self._state = after.state
        seen, done = np.asarray(self._see(after.state)), np.asarray(after.done)
        told: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for place in np.flatnonzero(done):
            told[place]["terminal_observation"] = seen[place]
        return seen, np.asarray(after.reward), done, told

    def close(self) -> None:
        """Nothing is held."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [getattr(self, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        setattr(self, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        return [None] * self.num_envs

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        return [False] * self.num_envs


def reward_of(policy: PPO, rules: Rules, people: int, seed: int) -> float:
    """Mean reward a decision over one episode of each of these people, choosing what is likeliest."""
    many = ManyPeople(people, rules, seed)
    seen, over, total = many.begin(seed), np.zeros(people, bool), np.zeros(people)
    while not over.all():
        actions, _ = policy.predict(seen, deterministic=True)
        many.step_async(actions)
        seen, reward, done, _ = many.step_wait()
        total += np.where(over, 0.0, reward)
        over |= done
    return float(total.mean() / rules.decisions)


def main() -> None:
    torch.set_num_threads(1)
    wanted = json.load(sys.stdin)
    rules = Rules(battery=wanted["environment"] == "B")
    rewards = []
    for seed in range(wanted["seeds"]):
        people = ManyPeople(wanted["environments"], rules, 1000 + seed)
        steps = wanted["environments"] * wanted["steps"]
        policy = PPO(
            "MlpPolicy",
            people,
            n_steps=wanted["steps"],
            batch_size=steps // wanted["minibatches"],
            n_epochs=wanted["epochs"],
            learning_rate=lambda left: wanted["learning_rate"] * (0.02 + 0.98 * left),
            gamma=wanted["discount"],
            gae_lambda=0.9,
            ent_coef=0.005,
            policy_kwargs={"net_arch": [128, 128], "activation_fn": torch.nn.SiLU},
            seed=seed,
            device="cpu",
        )
        policy.learn(wanted["updates"] * steps)
        rewards.append(reward_of(policy, rules, wanted["people"], wanted["seed"]))
    json.dump(rewards, sys.stdout)


if __name__ == "__main__":
    main()
