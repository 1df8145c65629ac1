"""What would a rule do that learns nothing, but knows the posterior?

The best option for a person at θ*, with the hidden cost ignored or known; it asks while σ is above a threshold. And
Thompson's rule: the best option for somebody drawn from the belief (Thompson 1933).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import jax
import jax.numpy as jnp

from bayesian_verifier.rl._environment import ASK, hidden_costs
from bayesian_verifier.rl._value import values

if TYPE_CHECKING:
    from jax import Array

    from bayesian_verifier.rl._belief import Read
    from bayesian_verifier.rl._environment import Rules, State
    from bayesian_verifier.rl._rollout import View

Attitude = Literal["belief", "drawn", "prior", "true"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that chooses the option of greatest utility at some risk aversion.

    attitude: whose: at the belief's mean, drawn from the belief, at the prior's mean, or the person's own.
    knows_cost: whether what latency and energy cost is taken off.
    ask_above: σ in prior sd above which it asks; None: never.
    """

    name: str
    attitude: Attitude
    knows_cost: bool = True
    ask_above: float | None = None

    @property
    def needs_belief(self) -> bool:
        """Whether it looks at the belief."""
        return self.attitude in {"belief", "drawn"} or self.ask_above is not None

    def chooses(
        self, rules: Rules, key: Array, state: State, view: View, read: Read
    ) -> tuple[Array, Array, Array]:
        """Actions of N episodes, with 0 for what rules have none of: a log-probability and a value."""
        prior = rules.prior
        attitude = {
            "belief": read.mean,
            "drawn": read.mean + read.sd * jax.random.normal(key, read.mean.shape),
            "prior": jnp.full_like(read.mean, prior.mean[0]),
            "true": state.theta[:, 0],
        }[self.attitude]

        def worth(one: State, r: Array) -> Array:
            ladder = one.ladder
            value = values(ladder.wealth, ladder.probability, ladder.top, r[None])[:, 0]
            return value - hidden_costs(ladder, rules) if self.knows_cost else value

        best = jax.vmap(worth)(state, attitude).argmax(axis=1)
        if self.ask_above is not None:
            asks = view.seen.may_ask & (read.sd / prior.sd[0] > self.ask_above)
            best = jnp.where(asks, ASK, best)
        nothing = jnp.zeros_like(read.mean)
        return best, nothing, nothing


RULES = {
    rule.name: rule
    for rule in (
        Rule("prior_rule", "prior"),
        Rule("bayes_ignoring_cost", "belief", knows_cost=False, ask_above=0.7),
        Rule("bayes", "belief", ask_above=0.7),
        Rule("thompson", "drawn"),
        Rule("true_rule", "true"),
    )
}
