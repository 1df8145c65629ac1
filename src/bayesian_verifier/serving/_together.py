"""What do draws say of the parameters together?

How they vary with one another, and which of them nothing was learned of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bayesian_verifier.simulators import Parameter

Float = NDArray[np.float64]
#: a posterior sd beyond this share of the prior's, on the link scale, says that the evidence told nothing
LEAST_LEARNED = 0.95
#: variances below this are rounding
_NO_VARIANCE = 1e-300


class Together(NamedTuple):
    """Correlations of each parameter with each other one, -1 to 1, and the parameters that nothing was learned of."""

    correlations: Mapping[str, Mapping[str, float]]
    unidentified: tuple[str, ...]


def together(parameters: Sequence[Parameter], theta: Float, natural: Float, share: Float) -> Together:
    """Of draws [D, P], on the link scale and in their own units, with shares [D] that sum to 1."""
    names = [p.name for p in parameters]
    linked = _covariance(theta, share).diagonal()
    prior = np.array([p.prior_sd for p in parameters])
    untold = np.sqrt(linked) > LEAST_LEARNED * prior
    covariance = _covariance(natural, share)
    sd = np.sqrt(np.maximum(covariance.diagonal(), _NO_VARIANCE))
    correlation = np.clip(covariance / np.multiply.outer(sd, sd), -1.0, 1.0).tolist()
    return Together(
        {
            name: {other: value for j, (other, value) in enumerate(zip(names, row, strict=True)) if j != i}
            for i, (name, row) in enumerate(zip(names, correlation, strict=True))
        },
        tuple(name for name, there in zip(names, untold.tolist(), strict=True) if there),
    )


def _covariance(draws: Float, share: Float) -> Float:
    centred = draws - share @ draws
    result: Float = (centred * share[:, None]).T @ centred
    return result
