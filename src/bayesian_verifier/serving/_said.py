"""What does the network say of a person?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesian_verifier.artifact import Emission

Floats = NDArray[np.float32]


class Draws(NamedTuple):
    """What the network says.

    theta: float32 [D, P] on the link scale.   log_density: log q(theta), float32 [D].
    summary: float32 [C], what it makes of the evidence.   log_likelihood: of the draws, float32 [D], up to a
    constant; None where the simulator offers none.
    """

    theta: Floats
    log_density: Floats
    summary: Floats
    log_likelihood: Floats | None

    @classmethod
    def of(cls, emission: Emission) -> Self:
        """Of one person's emission."""
        known = emission.log_likelihood
        return cls(
            np.asarray(emission.theta)[0],
            np.asarray(emission.log_density)[0],
            np.asarray(emission.summary)[0],
            None if known is None else np.asarray(known)[0],
        )
