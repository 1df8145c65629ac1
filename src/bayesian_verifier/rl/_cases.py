"""Which choices does an agent face where attitudes to risk matter?

A ladder: a sure amount, a lottery in the middle and a long shot, with chances such that neighbours are worth the same
to two people drawn from the prior. Whoever ignores the person loses ten times more on these than on random lotteries.
"""

from __future__ import annotations

import math
from itertools import permutations
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from bayesian_verifier.rl._value import utility

OPTIONS = 3
QUESTIONS = 3
#: how many numbers a ladder and the questions are drawn from: one call of the generator draws all of a decision
LADDER_DRAWS, QUESTION_DRAWS = 7 + 2 * OPTIONS, 3 * QUESTIONS
#: log of the greatest final wealth, the least being 1
_SPAN = (math.log(4.0), math.log(40.0))
#: any order of a ladder's options
_ORDERS = tuple(permutations(range(OPTIONS)))
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


def draw_ladder(uniform: Array, prior: Prior) -> Ladder:
    """One case from LADDER_DRAWS numbers in (0, 1)."""
    span = _SPAN[0] + (_SPAN[1] - _SPAN[0]) * uniform[0]
    a, b, c = 0.1 + 0.8 * uniform[1:4]
    least, most = jnp.minimum(jnp.minimum(a, b), c), jnp.maximum(jnp.maximum(a, b), c)
    low, sure, high = span * least, span * (a + b + c - least - most), span * most
    top = jnp.exp(span)
    worth = utility(jnp.exp(jnp.stack([low, sure, high]))[:, None], top, _attitudes(uniform[4:6], prior))
    middle = _chance((worth[1, 0] - worth[0, 0]) / (worth[2, 0] - worth[0, 0]))
    long_shot = _chance(middle * worth[2, 1] + (1.0 - middle) * worth[0, 1])
    wealth = jnp.exp(jnp.stack([jnp.stack([sure, sure]), jnp.stack([high, low]), jnp.stack([span, 0.0])]))
    chance = jnp.stack([jnp.ones(()), middle, long_shot])
    order = jnp.array(_ORDERS)[(uniform[6] * len(_ORDERS)).astype(jnp.int32)]
    return Ladder(
        wealth[order],
        jnp.stack([chance, 1.0 - chance], axis=1)[order],
        top,
        uniform[7 : 7 + OPTIONS],
        uniform[7 + OPTIONS : LADDER_DRAWS],
    )


def draw_questions(uniform: Array, prior: Prior) -> Questions:
    """Three pairs from QUESTION_DRAWS numbers in (0, 1), each worth the same to somebody drawn from the prior."""
    spans, sures, people = uniform.reshape(3, QUESTIONS)
    span = _SPAN[0] + (_SPAN[1] - _SPAN[0]) * spans
    sure = jnp.exp(span * (0.2 + 0.6 * sures))
    return Questions(sure, _chance(utility(sure, jnp.exp(span), _attitudes(people, prior))), jnp.exp(span))


def question_advantages(questions: Questions, risk_aversion: Array) -> Array:
    """∆ [3, R] of the sure amounts over the long shots, at values of r [R]."""
    worth = utility(questions.sure[:, None], questions.top[:, None], risk_aversion[None, :])
    return worth - questions.chance[:, None]


def _attitudes(uniform: Array, prior: Prior) -> Array:
    """Risk aversions drawn from the prior, by its quantiles."""
    return prior.mean[0] + prior.sd[0] * math.sqrt(2.0) * jax.lax.erf_inv(2.0 * uniform - 1.0)


def _chance(raw: Array) -> Array:
    return jnp.clip(raw, _LEAST_CHANCE, 1.0 - _LEAST_CHANCE)
