"""What a posterior says: belief, the points behind its draws, divergences, self-checks."""

from bayesian_verifier.posterior._base_points import base_points
from bayesian_verifier.posterior._belief import QUANTILE_LEVELS, Belief

__all__ = ["QUANTILE_LEVELS", "Belief", "base_points"]
