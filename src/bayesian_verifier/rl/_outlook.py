"""What does a whole belief say of the options, and of what an ask would teach, beyond its mean and sd?

Expected utilities, how likely each option is the best, and preposterior analysis (Raiffa & Schlaifer 1961) over the
eight ways in which three questions may be answered. Of the hidden costs it knows nothing: they are left to learning.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

from bayesian_verifier.rl._belief import LAPSE
from bayesian_verifier.rl._cases import OPTIONS, QUESTIONS, question_advantages
from bayesian_verifier.rl._value import values

if TYPE_CHECKING:
    from jax import Array

    from bayesian_verifier.rl._belief import Weighed
    from bayesian_verifier.rl._environment import State

_PATTERNS = tuple(product((1.0, -1.0), repeat=QUESTIONS))
#: so that what is divided by is never 0
_TINY = 1e-9


class Outlook(NamedTuple):
    """Of one person and their case.

    expected [3]: each option's expected utility less the mean of the three.   doubt [3]: its sd, likewise.
    best [3]: chance that it is the best.   skew: third moment of risk aversion in units of its sd.
    taught: share of the variance of risk aversion that asking is expected to remove, in [0, 1].
    gain: expected utility at the decision at hand gained by asking first, ≥ 0.
    """

    expected: Array
    doubt: Array
    best: Array
    skew: Array
    taught: Array
    gain: Array


def outlook(state: State, one: Weighed) -> Outlook:
    """The outlook of one state; one: the belief about this person, attitude [R], noise and weight [R, T]."""
    ladder = state.ladder
    marginal = one.weight.sum(axis=1)
    worth = values(ladder.wealth, ladder.probability, ladder.top, one.attitude)
    relative = worth - worth.mean(axis=0)
    expected = relative @ marginal
    mean = marginal @ one.attitude
    centred = one.attitude - mean
    variance = marginal @ centred**2 + _TINY
    joint = _answered(state, one)
    chance = joint.sum(axis=1)
    # the variance of the mean over answers is what they take from the variance, by the law of total variance
    taught = ((joint @ centred) ** 2 / (chance + _TINY)).sum() / variance
    gain = (joint @ relative.T).max(axis=1).sum() - expected.max()
    return Outlook(
        expected,
        jnp.sqrt(jnp.maximum(relative**2 @ marginal - expected**2, 0.0) + _TINY),
        # not by equality with the greatest: compiled, that may be another rounding of it
        jax.nn.one_hot(worth.argmax(axis=0), OPTIONS, axis=0) @ marginal,
        (marginal @ centred**3) / variance**1.5,
        jnp.clip(taught, 0.0, 1.0),
        jnp.maximum(gain, 0.0),
    )


def _answered(state: State, one: Weighed) -> Array:
    """Probability [8, R] of each way of answering, together with each risk aversion."""
    sure = question_advantages(state.questions, one.attitude)
    yes = LAPSE / 2 + (1.0 - LAPSE) * jax.nn.sigmoid(sure[:, :, None] / one.noise)
    signs = jnp.array(_PATTERNS)[:, :, None, None]
    return (jnp.where(signs > 0, yes, 1.0 - yes).prod(axis=1) * one.weight).sum(axis=2)
