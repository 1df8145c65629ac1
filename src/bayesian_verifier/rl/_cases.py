"""Which choices does an agent face where attitudes to risk matter?

A ladder: a sure amount, a lottery in the middle and a long shot, with chances such that neighbours are worth the same
to two people drawn from the prior. Whoever ignores the person loses ten times more on these than on random lotteries.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from bayesian_verifier.rl._value import utility

OPTIONS = 3
QUESTIONS = 3
#: log of the greatest final wealth, the least being 1
_SPAN = (math.log(4.0), math.log(40.0))
#: chances further from 0 and 1 than this
_LEAST_CHANCE = 0.01


class Prior(NamedTuple):
    """Of θ on the link scale: risk aversion, and the logarithm of choice noise."""

    mean: tuple[float, float] = (0.5, math.log(0.1))
    sd: tuple[float, float] = (1.0, 1.0)


class Ladder(NamedTuple):
    """Three options in random order.

    wealth, probability [3, 2]: of their outcomes.   top []: the greatest wealth there is.
    latency, energy [3]: in [0, 1]; what they cost beside, nobody says.
    """

    wealth: Array
    probability: Array
    top: Array
    latency: Array
    energy: Array


class Questions(NamedTuple):
    """What a person may be asked: whether they would rather have the sure amount than the long shot, of three pairs.

    sure [3]: final wealth.   chance [3]: of `top` [3], else 1.
    """

    sure: Array
    chance: Array
    top: Array


def draw_person(key: Array, prior: Prior) -> Array:
    """θ [2] on the link scale."""
    return jnp.array(prior.mean) + jnp.array(prior.sd) * jax.random.normal(key, (2,))


def draw_ladder(key: Array, prior: Prior) -> Ladder:
    """One case."""
    keys = jax.random.split(key, 6)
    span = jax.random.uniform(keys[0], minval=_SPAN[0], maxval=_SPAN[1])
    low, sure, high = span * jnp.sort(jax.random.uniform(keys[1], (3,), minval=0.1, maxval=0.9))
    top = jnp.exp(span)
    attitude = prior.mean[0] + prior.sd[0] * jax.random.normal(keys[2], (2,))
    worth = utility(jnp.exp(jnp.stack([low, sure, high]))[:, None], top, attitude)
    middle = _chance((worth[1, 0] - worth[0, 0]) / (worth[2, 0] - worth[0, 0]))
    long_shot = _chance(middle * worth[2, 1] + (1.0 - middle) * worth[0, 1])
    wealth = jnp.exp(jnp.stack([jnp.stack([sure, sure]), jnp.stack([high, low]), jnp.stack([span, 0.0])]))
    chance = jnp.stack([jnp.ones(()), middle, long_shot])
    order = jax.random.permutation(keys[3], OPTIONS)
    return Ladder(
        wealth[order],
        jnp.stack([chance, 1.0 - chance], axis=1)[order],
        top,
        jax.random.uniform(keys[4], (OPTIONS,)),
        jax.random.uniform(keys[5], (OPTIONS,)),
    )


def draw_questions(key: Array, prior: Prior) -> Questions:
    """Three pairs, each worth the same to somebody drawn from the prior."""
    keys = jax.random.split(key, 3)
    span = jax.random.uniform(keys[0], (QUESTIONS,), minval=_SPAN[0], maxval=_SPAN[1])
    sure = jnp.exp(span * jax.random.uniform(keys[1], (QUESTIONS,), minval=0.2, maxval=0.8))
    attitude = prior.mean[0] + prior.sd[0] * jax.random.normal(keys[2], (QUESTIONS,))
    return Questions(sure, _chance(utility(sure, jnp.exp(span), attitude)), jnp.exp(span))


def question_advantages(questions: Questions, risk_aversion: Array) -> Array:
    """∆ [3, R] of the sure amounts over the long shots, at values of r [R]."""
    worth = utility(questions.sure[:, None], questions.top[:, None], risk_aversion[None, :])
    return worth - questions.chance[:, None]


def _chance(raw: Array) -> Array:
    return jnp.clip(raw, _LEAST_CHANCE, 1.0 - _LEAST_CHANCE)
