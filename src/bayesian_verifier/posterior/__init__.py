"""What a posterior says: belief, the points behind its draws, importance weights, self-checks."""

from bayesian_verifier.posterior._base_points import base_points
from bayesian_verifier.posterior._belief import QUANTILE_LEVELS, Belief
from bayesian_verifier.posterior._correction import Correction, correct, log_weights
from bayesian_verifier.posterior._pareto import Weights, fit_pareto, greatest_reliable_shape, smoothed
from bayesian_verifier.posterior._typicality import LEVELS, TypicalityTable, squared_distance, whitening_of
from bayesian_verifier.posterior._wide_points import WIDENING, WidePoints, log_widening, wide_points

__all__ = [
    "LEVELS",
    "QUANTILE_LEVELS",
    "WIDENING",
    "Belief",
    "Correction",
    "TypicalityTable",
    "Weights",
    "WidePoints",
    "base_points",
    "correct",
    "fit_pareto",
    "greatest_reliable_shape",
    "log_weights",
    "log_widening",
    "smoothed",
    "squared_distance",
    "whitening_of",
    "wide_points",
]
