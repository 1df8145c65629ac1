"""What would a rule do that learns nothing, but knows the posterior?

The best option for a person at θ*, or on average over the belief, with the hidden cost ignored or known; it asks while
σ is above a threshold, or while what an ask teaches is worth its price over the decisions left. And Thompson's rule:
the best option for somebody drawn from the belief (Thompson 1933).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from bayesian_verifier.rl._arms import Arm
from bayesian_verifier.rl._environment import ASK, hidden_costs
from bayesian_verifier.rl._rollout import Choice
from bayesian_verifier.rl._value import values

if TYPE_CHECKING:
    from bayesian_verifier.rl._belief import Read
    from bayesian_verifier.rl._environment import Rules, State
    from bayesian_verifier.rl._rollout import View

Attitude = Literal["belief", "average", "drawn", "prior", "true"]


class Rule(eqx.Module):
    """A rule that chooses the option of greatest utility at some risk aversion.

    attitude: whose: at the belief's mean, on average over the belief, drawn from it, at the prior's mean, or the
    person's own.   knows_cost: whether what latency and energy cost is taken off.
    ask_above: σ in prior sd above which it asks.   teaching: what a removed share of variance is worth, in units of
    reward times σ² in prior variances, a decision left; it asks while that exceeds the price.   None: never.
    energy_price: utility taken off for a unit of energy.
    """

    attitude: Attitude = eqx.field(static=True)
    knows_cost: bool = eqx.field(static=True, default=True)
    ask_above: Array | float | None = None
    teaching: Array | float | None = None
    energy_price: Array | float = 0.0

    @property
    def seeing(self) -> Arm:
        """The arm that is told what the rule looks at."""
        if self.attitude == "average" or self.teaching is not None:
            return Arm("outlook")
        needs_belief = self.attitude in {"belief", "drawn"} or self.ask_above is not None
        return Arm("mean_sd" if needs_belief else "nothing")

    def chooses(
        self, rules: Rules, key: Array, state: State, view: View, read: Read, memory: Array
    ) -> tuple[Choice, Array]:
        """Actions of N episodes."""
        worth = self._worth(rules, key, state, view, read)
        if self.knows_cost:
            worth -= jax.vmap(lambda ladder: hidden_costs(ladder, rules))(state.ladder)
        best = (worth - self.energy_price * state.ladder.energy).argmax(axis=1)
        asks = jnp.zeros(len(best), bool)
        width = read.sd / rules.prior.sd[0]
        if self.ask_above is not None:
            asks |= width > self.ask_above
        if self.teaching is not None:
            left = rules.decisions - state.decided
            taught = view.told.person[:, view_of_teaching(self.seeing)]
            asks |= self.teaching * taught * width**2 * left > rules.ask_cost
        nothing = jnp.zeros_like(read.mean)
        return Choice(jnp.where(asks & view.seen.may_ask, ASK, best), nothing, nothing), memory

    def _worth(self, rules: Rules, key: Array, state: State, view: View, read: Read) -> Array:
        """Utility of the options [N, 3] as this rule reckons it, hidden costs aside."""
        if self.attitude == "average":
            return view.told.options[:, :, 0]
        attitude = {
            "belief": read.mean,
            "drawn": read.mean + read.sd * jax.random.normal(key, read.mean.shape),
            "prior": jnp.full_like(read.mean, rules.prior.mean[0]),
            "true": state.theta[:, 0],
        }[self.attitude]

        def of_one(one: State, r: Array) -> Array:
            ladder = one.ladder
            return values(ladder.wealth, ladder.probability, ladder.top, r[None])[:, 0]

        return jax.vmap(of_one)(state, attitude)


def view_of_teaching(arm: Arm) -> int:
    """Which number told of the person says what an ask would teach."""
    return arm.known.index("taught")


RULES = {
    "prior_rule": Rule("prior"),
    "bayes_ignoring_cost": Rule("belief", knows_cost=False, ask_above=0.7),
    "bayes": Rule("belief", ask_above=0.7),
    "bayes_tuned": Rule("belief", ask_above=0.7),
    "bayes_foresight": Rule("average", teaching=0.05),
    "thompson": Rule("drawn"),
    "true_rule": Rule("true"),
}
#: settings of a rule that are chosen on people of their own; prices of energy where there is a battery
_TRIED: dict[str, dict[str, tuple[float, ...]]] = {
    "bayes_tuned": {"ask_above": (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)},
    "bayes_foresight": {"teaching": (0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06)},
}
_PRICES = (0.1, 0.2, 0.3, 0.4)


def tried(name: str, rules: Rules) -> list[Rule]:
    """The forms of a rule among which the best is chosen on separate people; the rule alone where nothing is."""
    grid = dict(_TRIED.get(name, {}))
    if grid and rules.battery:
        grid["energy_price"] = _PRICES
    return [replace(RULES[name], **dict(zip(grid, at, strict=True))) for at in product(*grid.values())]
