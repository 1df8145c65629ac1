"""How far is the network off, as far as the simulator's likelihood can tell, and how is that mended?

Each draw is weighted by prior × likelihood / the network's density. Smoothed weights mend the summary where they can
be relied on; a posterior narrower than the reference points is looked at more closely first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.posterior._pareto import Weights, greatest_reliable_shape, smoothed

if TYPE_CHECKING:
    from collections.abc import Callable

Float = NDArray[np.float64]
#: with fewer effective draws than this no summary is worth its name
LEAST_EFFECTIVE = 0.04
#: a first estimate of a posterior's sd is not believed below this share of the network's own
_LEAST_SD = 0.25


class Weighs(Protocol):
    """Evidence that may know how likely it is."""

    def log_likelihood(self, theta: Float) -> Float | None:
        """Log p(evidence | θ) [D] up to a constant, θ [D, P] on the link scale; None where nobody knows it."""
        ...

    def sharpened(self, mean: Float, sd: Float) -> Self:
        """The same evidence, looked at more closely where a posterior of this mean and sd [P] has its mass."""
        ...


E = TypeVar("E", bound=Weighs)


class Correction(NamedTuple, Generic[E]):
    """What the weights of draws [D] say.

    weights: smoothed, None where the simulator offers no likelihood.   reliable: whether a summary may use them; None
    without a likelihood.
    shift_sd: how far they move the mean of the first parameter, in sd of the corrected posterior.
    evidence: the evidence, looked at more closely where that was needed.
    """

    weights: Weights | None
    reliable: bool | None
    shift_sd: float | None
    evidence: E


def correct(
    theta: Float,
    log_density: Float,
    alone: Float,
    evidence: E,
    log_prior: Callable[[Float], Float],
    log_likelihood: Float | None = None,
) -> Correction[E]:
    """Weigh draws theta [D, P] on the link scale, drawn with log-density [D].

    alone [D]: the share each has in the network's own summary.
    log_likelihood [D]: of the evidence as it is, where it was found together with the draws.
    """
    if log_likelihood is None:
        log_weight = log_weights(theta, log_density, evidence, log_prior)
    else:
        with np.errstate(invalid="ignore"):
            log_weight = _finite(log_prior(theta) + log_likelihood - log_density)
    if log_weight is None:
        return Correction(None, None, None, evidence)
    if not np.isfinite(log_weight).any():
        return Correction(None, False, None, evidence)
    mean, sd = _moments(theta, np.exp(log_weight - log_weight.max()))
    own_mean, own_sd = _moments(theta, alone)
    closer = evidence.sharpened(mean, np.maximum(sd, _LEAST_SD * own_sd))
    if closer is not evidence:
        log_weight = log_weights(theta, log_density, closer, log_prior)
        if log_weight is None or not np.isfinite(log_weight).any():
            return Correction(None, False, None, closer)
    weights = smoothed(log_weight)
    reliable = (
        weights.pareto_k <= greatest_reliable_shape(len(theta)) and weights.effective >= LEAST_EFFECTIVE
    )
    mean, sd = _moments(theta, weights.share)
    shift = abs(float(own_mean[0] - mean[0])) / max(float(sd[0]), 1e-12)
    return Correction(weights, reliable, shift, closer)


def log_weights(
    theta: Float, log_density: Float, evidence: Weighs, log_prior: Callable[[Float], Float]
) -> Float | None:
    """Log of prior × likelihood / density [D]; None without a likelihood, -inf for a draw that is none."""
    log_likelihood = evidence.log_likelihood(theta)
    if log_likelihood is None:
        return None
    with np.errstate(invalid="ignore"):
        return _finite(log_prior(theta) + log_likelihood - log_density)


def _finite(log_weight: Float) -> Float:
    return np.where(np.isfinite(log_weight), log_weight, -np.inf)


def _moments(theta: Float, weight: Float) -> tuple[Float, Float]:
    share = weight / weight.sum()
    mean = share @ theta
    return mean, np.sqrt(share @ (theta - mean) ** 2)
