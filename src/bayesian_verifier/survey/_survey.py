"""What does a network read of a posterior of several parameters, whatever its density is made of?

Where its mass lies and how wide that is, which takes out most of what there is to learn, and how far the log-density is
off a normal one at fixed points around there, which says what shape is left. All is told as a departure from the prior,
so that zeros are nobody's evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from bayesian_verifier.survey._locating import Place, found, located, place_of
from bayesian_verifier.survey._probes import location_size, points_to_locate_by, probes

if TYPE_CHECKING:
    from collections.abc import Callable


def surveyed(log_density: Callable[[Any], Any], people: int, parameters: int) -> Any:
    """Surveys, float32 [B, S], of B = `people` posteriors of P parameters.

    Location and scale as `located` gives them, then how much denser than a normal distribution there the posterior is
    at the probes, at most 0.
    log_density: float32 [B, M] at points [B, M, P] in prior sd from the prior's mean, but for a constant.
    """
    place = found(log_density, points_to_locate_by(parameters), people)
    around = probes(parameters)
    surplus = log_density(place.at(around)) + 0.5 * (around**2).sum(axis=1)
    return jnp.concatenate(
        [located(place.mean, place.factor), surplus - surplus.max(axis=-1, keepdims=True)], axis=-1
    )


def unfolded(survey: Any, parameters: int) -> tuple[Place, Any]:
    """Place and surplus [B, M] of surveys [B, S]."""
    size = location_size(parameters)
    return place_of(survey[..., :size], parameters), survey[..., size:]
