"""The model of docs/model.md written out and sampled by BlackJAX's NUTS, one posterior at a time.

    python nuts.py IN.npz OUT.npz WARMUP:DRAWS…

Reads for each set i: payoff_i, probability_i [n, options, outcomes] (0 = padding), chosen_i, feedback_i [n], all
payoffs above 0 and wealth 0. Warm-up (step size and mass matrix by window adaptation) and draws are one compiled
function of the data, so that a set costs its sampling and nothing else. Writes for each budget b and set i the draws
[D, 2] of (r, ln tau) and the seconds of a run compiled already, and by size those of the first run, compilation in it.
"""

import sys
import time
from functools import partial

import blackjax
import jax
import jax.numpy as jnp
import numpy as np

LAPSE = 0.02


def log_density(theta, mean, sd, below, probability, span, chosen, feedback):
    r, t = theta
    a = 1.0 - r
    utility = 1.0 - jnp.expm1(a * below) / jnp.expm1(-a * span)[:, None, None]
    value = (probability * utility).sum(-1)
    there = probability.sum(-1) > 0
    mine = jax.nn.one_hot(chosen, value.shape[1], dtype=bool)
    best = jnp.where(there & ~mine, value, -jnp.inf).max(1)
    delta = jnp.where(mine, value, 0.0).sum(1) - best
    approve = LAPSE / 2 + (1 - LAPSE) * jax.nn.sigmoid(feedback * delta * jnp.exp(-t))
    return -0.5 * (((theta - mean) / sd) ** 2).sum() + jnp.log(approve).sum()


@partial(jax.jit, static_argnums=(0, 1))
def sampled(warmup, draws, key, data):
    target = lambda theta: log_density(theta, *data)
    warm, rest = jax.random.split(key)
    (state, parameters), _ = blackjax.window_adaptation(blackjax.nuts, target).run(
        warm, jnp.asarray(data[0]), num_steps=warmup
    )
    kernel = blackjax.nuts(target, **parameters)

    def step(state, key):
        state, _ = kernel.step(key, state)
        return state, state.position

    return jax.lax.scan(step, state, jax.random.split(rest, draws))[1]


def arguments(given, index):
    payoff, probability = given[f"payoff_{index}"], given[f"probability_{index}"]
    there = probability > 0
    top = np.where(there, payoff, 0).max((1, 2))
    bottom = np.where(there, payoff, np.inf).min((1, 2))
    below = np.where(there, np.log(np.where(there, payoff, 1) / top[:, None, None]), 0.0)
    return (
        given["prior_mean"], given["prior_sd"], below, probability, np.log(top / bottom),
        given[f"chosen_{index}"], given[f"feedback_{index}"],
    )


def main() -> None:
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    given = dict(np.load(sys.argv[1]))
    out = {}
    for b, budget in enumerate(sys.argv[3:]):
        warmup, draws = map(int, budget.split(":"))
        known = set()
        for index in range(int(given["sets"])):
            data = arguments(given, index)
            size = len(data[-1])
            while True:
                began = time.perf_counter()
                found = np.asarray(sampled(warmup, draws, jax.random.key(index), data))
                seconds = time.perf_counter() - began
                if size in known:
                    break
                known.add(size)
                out[f"first_{b}_{size}"] = seconds
            out[f"draws_{b}_{index}"] = found
            out[f"seconds_{b}_{index}"] = seconds
        print(f"{budget} done", file=sys.stderr, flush=True)
    np.savez(sys.argv[2], **out)


if __name__ == "__main__":
    main()
