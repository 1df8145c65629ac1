"""Do the functions that were compiled of a model agree, and are their numbers numbers?

Files can be whole and a model still be none: trained into NaN, or compiled, or kept in a cache, wrongly. Better found
before it answers anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.serving._engine import infer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bayesian_verifier.serving._engine import Engine
    from bayesian_verifier.serving._said import Draws

_MEND = "publish the model again, or roll back with `bayesian-verifier models rollback`"
#: draws compared
COUNT = 64
#: what single precision may differ by between two programs for the same sums, on the link scale
TOLERANCE = 1e-3


def require_sound(engine: Engine, sums: NDArray[np.float32], answered: Draws | None = None) -> None:
    """Raises ArtifactError unless every compiled function makes the same finite draws of the same noise.

    sums: of ordinary evidence.   answered: what an answer made of the same sums at the fixed points.
    """
    model = f"model {engine.name} {engine.version}"
    first = answered
    if first is not None:
        _require_finite(first, min(COUNT, len(first.theta)), model)
    for size in engine.functions:
        noise = np.zeros((size, len(engine.parameters)), np.float32)
        count = min(COUNT, size, len(engine.points.noise))
        noise[:count] = engine.points.noise[:count]
        said = infer(engine, sums, noise)
        _require_finite(said, count, model)
        if first is not None and not _agree(first, said):
            raise ArtifactError(
                f"{model}: compiled for {size} draws it says something else than for fewer; {_MEND}, "
                "or remove the cache of compiled functions (BV_COMPILATION_CACHE)"
            )
        first = first or said


def _require_finite(said: Draws, count: int, model: str) -> None:
    if not (np.isfinite(said.theta[:count]).all() and np.isfinite(said.log_density[:count]).all()):
        raise ArtifactError(f"{model}: answers ordinary evidence with numbers that are not finite; {_MEND}")


def _agree(one: Draws, other: Draws) -> bool:
    """Whether two calls made the same of the noise they share."""
    count = min(COUNT, len(one.theta), len(other.theta))
    return all(
        np.allclose(mine[:count], its[:count], rtol=TOLERANCE, atol=TOLERANCE)
        for mine, its in ((one.theta, other.theta), (one.log_density, other.log_density))
    )
