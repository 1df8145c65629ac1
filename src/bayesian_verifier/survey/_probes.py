"""At which fixed points is a posterior looked at, to say where it lies and what shape it has?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.posterior import base_points

F32 = NDArray[np.float32]
#: points that it is located by, and that its shape is read at; how far those are drawn out
_POINTS, _PROBES, _PROBED = 128, 128, np.float32(1.3)


def points_to_locate_by(parameters: int) -> F32:
    """Points [M, P] of the standard normal."""
    return base_points(_POINTS, parameters)


def probes(parameters: int) -> F32:
    """Points [M, P], whitened, that the shape is read at."""
    result: F32 = _PROBED * base_points(_PROBES, parameters)
    return result


def probe_weights(parameters: int) -> F32:
    """Log-densities [M] of a standard normal at the probes over their own, but for a constant."""
    spread = base_points(_PROBES, parameters)
    result: F32 = 0.5 * (1 - _PROBED**2) * (spread**2).sum(axis=1)
    return result


def location_size(parameters: int) -> int:
    """Numbers that say where a posterior lies and how wide it is: a mean and a Cholesky factor."""
    return parameters + parameters * (parameters + 1) // 2


def survey_size(parameters: int) -> int:
    """How many numbers a survey of a posterior is: location and scale, and one a probe."""
    return location_size(parameters) + _PROBES
