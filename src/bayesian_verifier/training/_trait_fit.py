"""How does the network of several traits learn?

First the chance of an answer, from single answers; then, as that stands still, what is seen of many people is found
once, and the rest of the network learns from it: it minimises -ln q(θ | summary) of the true θ. Neither knows a
likelihood. Everything is a function of the seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import keras
import numpy as np

from bayesian_verifier.simulators.lottery import respond
from bayesian_verifier.training._trait_people import draw_trait_pool, drawn_sizes, trait_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bayesian_verifier.simulators.lottery import CaseMixture
    from bayesian_verifier.simulators.traits import TraitsSimulator

F32 = np.ndarray[Any, np.dtype[np.float32]]
_ANSWERS, _ANSWER_STEPS, _ANSWER_RATE = 8192, 3000, 3e-3
#: people are seen so many at a time
_SETS = 128
_KEEP = 0.999
#: steps between reports
_OFTEN = 200
_HALF_WEIGHT = 8.0


class Lesson(NamedTuple):
    """What training takes: people seen, how many of them a step learns from, for how many steps, and its rate."""

    people: int
    batch: int
    steps: int
    rate: float
    pool: int


def fit_traits(
    approximator: Any,
    simulator: TraitsSimulator,
    mixture: CaseMixture,
    lesson: Lesson,
    seed: int,
    report: Callable[[str, int, int, float], None] = lambda *_: None,
) -> None:
    """Train an approximator made by `build_traits`; report: told (stage, done, total, loss)."""
    learn_answers(approximator.summary_network.potential, simulator, seed, report)
    theta, seen, sizes = see_people(approximator.summary_network, simulator, mixture, lesson, seed, report)
    learn_posterior(approximator, theta, seen, sizes, lesson, seed, report)


def learn_answers(
    potential: Any, simulator: TraitsSimulator, seed: int, report: Callable[[str, int, int, float], None]
) -> None:
    """The chance of an answer, at advantages from a thousandth on, and how far rewards are off."""
    noise = simulator.parameters[-1]
    rng = np.random.default_rng([seed, 1])
    variables = potential.trainable_variables
    optimiser = _optimiser(_ANSWER_RATE, _ANSWER_STEPS, variables)

    def loss(weights: list[Any], answers: Sequence[Any]) -> Any:
        with keras.StatelessScope(list(zip(variables, weights, strict=True))):
            return potential.loss(*answers)

    step = _step(optimiser, loss)
    state = _start(variables, optimiser)
    for number in range(_ANSWER_STEPS):
        level = rng.normal(noise.prior_mean, 1.4 * noise.prior_sd, _ANSWERS)
        size = np.exp(rng.uniform(np.log(1e-3), np.log(3.0), _ANSWERS))
        advantage = size * rng.choice([-1.0, 1.0], _ANSWERS)
        said = respond(rng, advantage, np.exp(level))
        signed = np.where(said.approve, advantage, -advantage)
        batch = [part.astype(np.float32) for part in (signed, level, said.reward - advantage)]
        state, value = step(state, batch)
        if number % _OFTEN == 0:
            report("answers", number, _ANSWER_STEPS, float(value))
    _leave(variables, state)


def see_people(
    summary: Any,
    simulator: TraitsSimulator,
    mixture: CaseMixture,
    lesson: Lesson,
    seed: int,
    report: Callable[[str, int, int, float], None],
) -> tuple[F32, F32, F32]:
    """θ [N, P], what is seen [N, D] and the sizes of the sets [N]."""
    pool = draw_trait_pool(np.random.default_rng([seed, 2]), simulator, mixture, lesson.pool)
    look = jax.jit(summary.seen)
    parts = []
    for number in range(lesson.people // _SETS):
        rng = np.random.default_rng([seed, 3, number])
        batch = trait_batch(rng, simulator, pool, drawn_sizes(rng, _SETS))
        parts.append((batch.theta, np.asarray(look(batch.sums)), batch.sizes.astype(np.float32)))
        if number % 10 == 0:
            report("people", number * _SETS, lesson.people, 0.0)
    theta, seen, sizes = (np.concatenate(part) for part in zip(*parts, strict=True))
    return theta, seen, sizes


def learn_posterior(
    approximator: Any,
    theta: F32,
    seen: F32,
    sizes: F32,
    lesson: Lesson,
    seed: int,
    report: Callable[[str, int, int, float], None],
) -> None:
    """Context and flow, from what was seen of people."""
    summary, flow = approximator.summary_network, approximator.inference_network
    potential = {id(v) for v in summary.potential.trainable_variables}
    variables = [v for v in summary.trainable_variables if id(v) not in potential] + flow.trainable_variables
    optimiser = _optimiser(lesson.rate, lesson.steps, variables)
    weights = (1.0 + sizes / _HALF_WEIGHT) ** -0.25
    weights = (weights / weights.mean()).astype(np.float32)

    def loss(values: list[Any], batch: Sequence[Any]) -> Any:
        true, looked, weight = batch
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            return -(weight * flow.log_prob(true, conditions=summary.readout(looked))).mean()

    step = _step(optimiser, loss)
    state = _start(variables, optimiser)
    rng, losses = np.random.default_rng([seed, 4]), []
    for number in range(lesson.steps):
        rows = rng.integers(0, len(theta), lesson.batch)
        state, value = step(state, (theta[rows], seen[rows], weights[rows]))
        losses.append(value)
        if (number + 1) % _OFTEN == 0:
            report("posterior", number + 1, lesson.steps, float(np.mean(losses[-_OFTEN:])))
    _leave(variables, state)


def _optimiser(rate: float, steps: int, variables: Sequence[Any]) -> Any:
    warmup = min(200, steps // 10)
    schedule = keras.optimizers.schedules.CosineDecay(
        1e-6, max(steps - warmup, 1), alpha=1e-3, warmup_target=rate, warmup_steps=warmup
    )
    optimiser = keras.optimizers.AdamW(schedule, weight_decay=1e-5, beta_2=0.99, clipnorm=5.0)
    optimiser.build(variables)
    return optimiser


def _start(variables: Sequence[Any], optimiser: Any) -> Any:
    """Weights, the optimiser's own, and the running mean of the weights, none of which share memory."""
    weights = [v.value for v in variables]
    parts = (weights, [v.value for v in optimiser.variables], weights)
    return tuple([jnp.array(value, copy=True) for value in part] for part in parts)


def _step(optimiser: Any, loss: Callable[[list[Any], Any], Any]) -> Any:
    def step(state: Any, batch: Any) -> Any:
        weights, own, average = state
        value, gradient = jax.value_and_grad(loss)(weights, batch)
        weights, own = optimiser.stateless_apply(own, gradient, weights)
        average = [_KEEP * a + (1 - _KEEP) * w for a, w in zip(average, weights, strict=True)]
        return (weights, own, average), value

    return jax.jit(step, donate_argnums=0)


def _leave(variables: Sequence[Any], state: Any) -> None:
    for variable, value in zip(variables, state[2], strict=True):
        variable.assign(value)
