"""Where a posterior of several parameters lies and what shape it has, whatever its density is made of."""

from typing import TYPE_CHECKING

from bayesian_verifier.lazy import deferred
from bayesian_verifier.survey._probes import location_size, probe_weights, probes, survey_size

if TYPE_CHECKING:
    from bayesian_verifier.survey._locating import Place, found, located
    from bayesian_verifier.survey._survey import surveyed, unfolded

__all__ = [
    "Place",
    "found",
    "located",
    "location_size",
    "probe_weights",
    "probes",
    "survey_size",
    "surveyed",
    "unfolded",
]

# these bring JAX
__getattr__ = deferred(
    __name__, {"_locating": ("Place", "found", "located"), "_survey": ("surveyed", "unfolded")}
)
