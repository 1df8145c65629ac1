"""What does a network read of somebody with several traits, of judgments on a sheet or of sums on a lattice?

It brings JAX, so that it is imported late.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from bayesian_verifier.simulators.traits._laid_out import SHAPES, laid_out
from bayesian_verifier.simulators.traits._traced import coefficients, log_likelihood, read_between
from bayesian_verifier.survey import surveyed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jax import Array
    from numpy.typing import NDArray

    from bayesian_verifier.simulators._protocol import Parameter
    from bayesian_verifier.simulators.traits._evidence import TraitsEvidence
    from bayesian_verifier.simulators.traits._summing import Summing


class Surveyor:
    """Compiled by itself, for who asks about a person outside of a request."""

    def __init__(self, summing: Summing, parameters: Sequence[Parameter]) -> None:
        self._summing, self._parameters = summing, tuple(parameters)

    def __reduce__(self) -> tuple[type[Surveyor], tuple[Summing, Sequence[Parameter]]]:
        """What was compiled stays behind."""
        return Surveyor, (self._summing, self._parameters)

    def __call__(self, evidence: TraitsEvidence) -> NDArray[np.float32]:
        """The survey [S] of the posterior of somebody of whom something is known."""
        known = evidence.judgments is None
        sheet = laid_out(evidence.judgments or ())
        before = evidence.totals if known else np.zeros(self._summing.size)
        with jax.enable_x64(True):
            return np.asarray(self._run(sheet, before))

    @cached_property
    def _run(self) -> Callable[..., Array]:
        def survey(sheet: Sequence[Array], before: Array) -> Array:
            return survey_of(sheet, before, before, self._summing, self._parameters)

        shapes = tuple(jax.ShapeDtypeStruct(*shape) for shape in SHAPES)
        compiled: Callable[..., Array] = jax.jit(survey).lower(shapes, np.zeros(self._summing.size)).compile()
        return compiled


def survey_of(
    sheet: Sequence[Array], before: Array, sums: Array, summing: Summing, parameters: Sequence[Parameter]
) -> Array:
    """Survey, float32 [S], of the posterior under the priors of parameters.

    Of the judgments on a sheet, or read off the sums of all where some were known before.
    """
    mean = np.array([p.prior_mean for p in parameters], np.float32)
    sd = np.array([p.prior_sd for p in parameters], np.float32)
    summed = before.any()
    spline = lax.cond(
        summed,
        lambda: coefficients(sums, summing),
        lambda: jnp.zeros(summing.lattice.spline_size, jnp.float32),
    )

    def log_density(places: Array) -> Array:
        theta = mean + sd * places[0]
        likely = lax.cond(
            summed,
            lambda: read_between(spline, summing, theta),
            lambda: log_likelihood(sheet, theta),
        )
        prior: Any = 0.5 * (places[0] ** 2).sum(axis=-1)
        return cast("Array", (likely.astype(np.float32) - prior)[None])

    return cast("Array", surveyed(log_density, 1, len(parameters))[0])
