"""How are log-likelihoods made fit for splines?

Far from where a posterior lies they fall by hundreds from one node to the next, and splines through such cliffs swing:
hundreds of answers once made them 100 nats likelier between two nodes than anywhere else. So what is far below the
greatest is drawn in before splines are laid through it, and drawn out again where they are read; what is near, where
the posterior is, hardly changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from types import ModuleType

Float = NDArray[np.float64]
#: nats below the greatest that count for as many; farther off their logarithm counts
_NEAR = 100.0


def drawn_in(below: Float, xp: ModuleType) -> Float:
    """Of numbers below 0, of any shape: nearer ones, of the same order."""
    result: Float = -_NEAR * xp.log1p(below / -_NEAR)
    return result


def drawn_out(drawn: Float, xp: ModuleType) -> Float:
    """What these were before."""
    result: Float = -_NEAR * xp.expm1(drawn / -_NEAR)
    return result
