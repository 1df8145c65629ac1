"""When to train a challenger, on what, and whether it is better."""

from bayesian_verifier.retraining._comparison import (
    SHARES,
    Comparison,
    compared,
    is_better,
    level_of,
    no_comparison,
)
from bayesian_verifier.retraining._prior import Limits, Prior, fitted_prior, next_prior

__all__ = [
    "SHARES",
    "Comparison",
    "Limits",
    "Prior",
    "compared",
    "fitted_prior",
    "is_better",
    "level_of",
    "next_prior",
    "no_comparison",
]
