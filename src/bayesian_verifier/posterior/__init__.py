"""What a posterior says: belief, divergences, self-checks."""

from bayesian_verifier.posterior._belief import QUANTILE_LEVELS, Belief

__all__ = ["QUANTILE_LEVELS", "Belief"]
