"""Is a posterior too wide to act on?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bayesian_verifier.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bayesian_verifier.judgment_layer._values import Posterior


class Width:
    """The greatest sd that is used: of risk_aversion, and of further parameters by name, where a model has them."""

    def __init__(self, max_sd: float, max_sds: Mapping[str, float] | None) -> None:
        """Raises CallerError for a limit that is none."""
        self._max_sd, self._max_sds = max_sd, dict(max_sds or {})
        for name, limit in (("max_sd", max_sd), *self._max_sds.items()):
            if not (limit > 0 and math.isfinite(limit)):
                raise CallerError(f"expected {name} above 0, got {limit!r}")

    def excess(self, posterior: Posterior) -> str | None:
        """What is too wide, in words; None where nothing is."""
        if posterior.belief.sd > self._max_sd:
            return f"sd {posterior.belief.sd:.2f}, more than {self._max_sd:.2f}"
        for name, limit in self._max_sds.items():
            belief = posterior.others.get(name)
            if belief is not None and belief.sd > limit:
                return f"{name}: sd {belief.sd:.2g}, more than {limit:.2g}"
        return None
