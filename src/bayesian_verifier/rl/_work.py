"""What have plans paid whenever they were carried out, as arrays to draw from inside a rollout?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from bayesian_verifier.simulators.executor import FORECAST, POINTS, contest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.simulators.executor import Situation

#: plans on offer at a decision, and the share of decisions at which people differ on two of them, where any do
OFFERED, _CONTESTED = 3, 0.85
#: wealth is what the worst run costs, and so much more of how far payoffs reach
_SPARE = (0.02, 0.3)


class Work(NamedTuple):
    """Situations.  paid [S, P, R]: what each run of each plan paid.   pairs [S, M, 2]: of plans whose order is another
    to another person, each of them as often as there is room; any two plans where there are none.
    """

    paid: Array
    pairs: Array


class Offer(NamedTuple):
    """Three plans of a situation.

    forecast [3, 16]: final wealth after their last runs.   paid [3, R]: after any run.   Both are in units of the least
    of the forecasts, and a run beyond them counts as their end.   top []: the greatest of the forecasts.
    """

    forecast: Array
    paid: Array
    top: Array


def work_of(situations: Sequence[Situation]) -> Work:
    """Situations of as many plans each; of runs as many as there are of all.

    Raises ValueError where one offers fewer plans than a decision takes.
    """
    plans = min(len(one.plans) for one in situations)
    if plans < OFFERED:
        raise ValueError(f"expected situations of {OFFERED} plans or more, got one of {plans}")
    runs = min(one.payoffs.shape[1] for one in situations)
    found = [contest(one, POINTS).pairs or [(0, 1), (1, 2), (0, 2)] for one in situations]
    most = max(map(len, found))
    return Work(
        jnp.asarray(np.stack([one.payoffs[:plans, :runs] for one in situations]), jnp.float32),
        jnp.asarray([[pairs[i % len(pairs)] for i in range(most)] for pairs in found], jnp.int32),
    )


def draw_offer(key: Array, work: Work) -> Offer:
    """Three plans with their last runs; wealth bears the worst of all runs."""
    keys = jax.random.split(key, 6)
    situation = jax.random.randint(keys[0], (), 0, work.paid.shape[0])
    paid = work.paid[situation][_plans(keys[1], keys[2], work, situation)]
    worst, best = work.paid[situation].min(), work.paid[situation].max()
    spare = jax.random.uniform(keys[3], (), minval=_SPARE[0], maxval=_SPARE[1])
    final = paid - worst + spare * (best - worst)
    last = jnp.argsort(jax.random.uniform(keys[4], final.shape), axis=1)[:, :FORECAST]
    forecast = jnp.take_along_axis(final, last, axis=1)
    least, greatest = forecast.min(), forecast.max()
    return Offer(forecast / least, jnp.clip(final, least, greatest) / least, greatest / least)


def _plans(first: Array, second: Array, work: Work, situation: Array) -> Array:
    """Three of the plans in any order, two of which people mostly differ on."""
    pair = work.pairs[situation, jax.random.randint(first, (), 0, work.pairs.shape[1])]
    chance = jax.random.uniform(second, (work.paid.shape[1] + 1 + OFFERED,))
    differ = chance[0] < _CONTESTED
    order = chance[1 : 1 + work.paid.shape[1]]
    chosen = jnp.argsort(order.at[pair].add(-differ.astype(order.dtype)))[:OFFERED]
    return chosen[jnp.argsort(chance[1 + work.paid.shape[1] :])]
