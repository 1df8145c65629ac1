"""What is believed of a person during an episode, at a cost that does not grow with it?

Either way evidence is a sum over answers. The exact belief sums log-likelihoods on a grid over (r, ln τ); the served
one sums what the service's network reads, and asks that very network, weighting its draws by the simulator's
likelihood as the service does. Both run inside a rollout, without a request.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from bayesian_verifier.posterior import wide_points
from bayesian_verifier.simulators.lottery import KNOTS, REWARD_TERMS, STRETCH, reference_points

if TYPE_CHECKING:
    from bayesian_verifier.artifact import Model
    from bayesian_verifier.rl._cases import Prior
    from bayesian_verifier.simulators import Simulator

LAPSE = 0.02
_GRID_REACH = 4.0
_CELLS = KNOTS - 2


class Read(NamedTuple):
    """Mean and standard deviation of risk aversion, each [N]."""

    mean: Array
    sd: Array


class Weighed(NamedTuple):
    """A belief as weights of points: of risk aversions [N, R], each with choice noises [N, R, T]; weight [N, R, T].

    Weights of a person sum to 1.
    """

    attitude: Array
    noise: Array
    weight: Array

    @property
    def read(self) -> Read:
        """Mean and sd of risk aversion."""
        marginal = self.weight.sum(axis=2)
        mean = (marginal * self.attitude).sum(axis=1)
        variance = (marginal * (self.attitude - mean[:, None]) ** 2).sum(axis=1)
        return Read(mean, jnp.sqrt(jnp.maximum(variance, 1e-8)))


class Belief(Protocol):
    """Additive evidence of many people at once, and what it says.

    points [R]: values of r at which an answer's advantage must be known.
    """

    points: Array

    def __hash__(self) -> int:
        """Of which one it is: what was compiled for it is kept by that."""
        ...

    def nothing(self) -> Array:
        """Evidence [E] of a person who has answered nothing."""
        ...

    def of_answer(self, advantage: Array, sign: Array) -> Array:
        """What one answer adds [E]. advantage [R]: of the proposal.   sign: 1 approved, -1 rejected, 0 none."""
        ...

    def weighed(self, evidence: Array) -> Weighed:
        """The belief about each of N people, evidence [N, E]."""
        ...


def log_chance(signed: Array, noise: Array) -> Array:
    """Log-probability of a feedback whose signed advantage is `signed`, at choice noise τ; docs/model.md, step 4."""
    return jnp.log(LAPSE / 2 + (1.0 - LAPSE) * jax.nn.sigmoid(signed / noise))


class ExactBelief:
    """Quadrature on a grid of r by ln τ."""

    def __init__(self, prior: Prior, *, attitudes: int = 45, noises: int = 9) -> None:
        reach = np.array(_GRID_REACH)
        self.points = jnp.linspace(
            prior.mean[0] - reach * prior.sd[0], prior.mean[0] + reach * prior.sd[0], attitudes
        )
        log_noise = jnp.linspace(prior.mean[1] - 3 * prior.sd[1], prior.mean[1] + 3 * prior.sd[1], noises)
        self._noise = jnp.exp(log_noise)
        z_r = (self.points - prior.mean[0]) / prior.sd[0]
        z_t = (log_noise - prior.mean[1]) / prior.sd[1]
        self._log_prior = -0.5 * (z_r[:, None] ** 2 + z_t[None, :] ** 2).ravel()

    def nothing(self) -> Array:
        """Log-likelihood 0 everywhere."""
        return jnp.zeros_like(self._log_prior)

    def of_answer(self, advantage: Array, sign: Array) -> Array:
        """Log-likelihood of an answer at every node."""
        each = log_chance(sign * advantage[:, None], self._noise[None, :]).ravel()
        return jnp.where(sign == 0, 0.0, each)

    def weighed(self, evidence: Array) -> Weighed:
        """Posterior probabilities of the nodes."""
        weight = jax.nn.softmax(evidence + self._log_prior, axis=-1)
        count, attitudes = len(evidence), self.points.size
        weight = weight.reshape(count, attitudes, -1)
        return Weighed(
            jnp.broadcast_to(self.points, (count, attitudes)),
            jnp.broadcast_to(self._noise, weight.shape),
            weight,
        )


def no_belief(prior: Prior) -> ExactBelief:
    """For whoever looks at none: as little as can be carried along."""
    return ExactBelief(prior, attitudes=2, noises=1)


class ServedBelief:
    """The service's own network and its correction by weights; draws: how many base points."""

    def __init__(self, model: Model, simulator: Simulator, *, draws: int = 256) -> None:
        self.points = jnp.asarray(reference_points(), jnp.float32)
        self._model = model
        self._simulator = simulator
        notes = model.manifest.parameters
        self._prior_mean = jnp.array([note.prior_mean for note in notes])
        self._prior_sd = jnp.array([note.prior_sd for note in notes])
        wide = wide_points(draws, len(notes))
        self._noise = jnp.asarray(wide.noise)
        self._log_ratio = jnp.asarray(wide.log_ratio, jnp.float32)

    def nothing(self) -> Array:
        """No sums."""
        return jnp.zeros(self.points.size * (KNOTS + REWARD_TERMS))

    def of_answer(self, advantage: Array, sign: Array) -> Array:
        """The signed advantage spread over the knots, as the service's description of evidence does."""
        counts = jnp.where(sign == 0, 0.0, spread_one(sign * advantage))
        rewards = jnp.zeros((self.points.size, REWARD_TERMS))
        return jnp.concatenate([counts, rewards], axis=1).ravel()

    def weighed(self, evidence: Array) -> Weighed:
        """The network's draws, one noise each, and their corrected weights."""
        emission = self._model.function.traced(evidence, self._noise)
        likelihood = jax.vmap(self._log_likelihood)(evidence, emission.theta)
        z = (emission.theta - self._prior_mean) / self._prior_sd
        log_weight = likelihood - 0.5 * (z**2).sum(-1) - emission.log_density - self._log_ratio
        weight = jax.nn.softmax(log_weight, axis=-1)
        return Weighed(emission.theta[:, :, 0], jnp.exp(emission.theta[:, :, 1:]), weight[:, :, None])

    def _log_likelihood(self, sums: Array, theta: Array) -> Array:
        return self._simulator.log_likelihood_of_sums(sums, theta, jnp)


def spread_one(signed: Array) -> Array:
    """Counts [R, KNOTS] of an answer's signed advantages [R]: quadratic B-splines, stretched axis (de Boor 1978)."""
    at = jnp.arcsinh(signed / STRETCH) / math.asinh(1.0 / STRETCH)
    at = (at + 1.0) * 0.5 * _CELLS
    cell = jnp.clip(at.astype(jnp.int32), 0, _CELLS - 1)
    part = at - cell
    low, high = 0.5 * (1.0 - part) ** 2, 0.5 * part**2
    place = jnp.arange(KNOTS)[None, :] - cell[:, None]
    weights = (low, 1.0 - low - high, high)
    return sum((jnp.where(place == i, w[:, None], 0.0) for i, w in enumerate(weights)), jnp.zeros(()))
