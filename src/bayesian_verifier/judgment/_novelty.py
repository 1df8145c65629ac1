"""How new is an option to somebody who has tried it before so many times, or never?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

#: what the parameter ξ is named that novelty is multiplied by
EXPLORATION = "exploration"


def novelty(times_tried: ArrayLike) -> NDArray[np.float64]:
    """Ln of one over one more than the times each option was tried, <= 0: 0 for what was never tried."""
    result: NDArray[np.float64] = -np.log1p(np.asarray(times_tried, np.float64))
    return result
