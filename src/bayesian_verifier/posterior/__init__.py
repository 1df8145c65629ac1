"""What a posterior says: belief, the points behind its draws, importance weights, self-checks."""

from typing import TYPE_CHECKING

from bayesian_verifier.lazy import deferred
from bayesian_verifier.posterior._base_points import base_points
from bayesian_verifier.posterior._belief import QUANTILE_LEVELS, Belief, beliefs_of
from bayesian_verifier.posterior._divergence import Divergences, between_densities, between_normals, kl_normal

if TYPE_CHECKING:
    from bayesian_verifier.posterior._correction import Correction, correct, log_weights
    from bayesian_verifier.posterior._misfit import ALWAYS, Misfit, met, misfit
    from bayesian_verifier.posterior._misfit_calibration import LEVELS, MisfitCalibration, MisfitTable
    from bayesian_verifier.posterior._misfit_check import MisfitCheck
    from bayesian_verifier.posterior._misfit_evidence import (
        MOST_PLACES,
        AnswerSurfaces,
        MisfitEvidence,
        byte_size,
        change_places,
        further_places,
    )
    from bayesian_verifier.posterior._misfit_grid import MisfitGrid, natural_spline
    from bayesian_verifier.posterior._pareto import Weights, fit_pareto, greatest_reliable_shape, smoothed
    from bayesian_verifier.posterior._typicality import (
        DISTANCE_LEVELS,
        TypicalityTable,
        squared_distance,
        whitening_of,
    )
    from bayesian_verifier.posterior._wide_points import WIDENING, WidePoints, log_widening, wide_points

__all__ = [
    "ALWAYS",
    "DISTANCE_LEVELS",
    "LEVELS",
    "MOST_PLACES",
    "QUANTILE_LEVELS",
    "WIDENING",
    "AnswerSurfaces",
    "Belief",
    "Correction",
    "Divergences",
    "Misfit",
    "MisfitCalibration",
    "MisfitCheck",
    "MisfitEvidence",
    "MisfitGrid",
    "MisfitTable",
    "TypicalityTable",
    "Weights",
    "WidePoints",
    "base_points",
    "beliefs_of",
    "between_densities",
    "between_normals",
    "byte_size",
    "change_places",
    "correct",
    "fit_pareto",
    "further_places",
    "greatest_reliable_shape",
    "kl_normal",
    "log_weights",
    "log_widening",
    "met",
    "misfit",
    "natural_spline",
    "smoothed",
    "squared_distance",
    "whitening_of",
    "wide_points",
]

# What only inference and evaluation ask for: a Judgment Layer reads beliefs.
__getattr__ = deferred(
    __name__,
    {
        "_correction": ("Correction", "correct", "log_weights"),
        "_misfit": ("ALWAYS", "Misfit", "met", "misfit"),
        "_misfit_calibration": ("LEVELS", "MisfitCalibration", "MisfitTable"),
        "_misfit_check": ("MisfitCheck",),
        "_misfit_evidence": (
            "MOST_PLACES",
            "AnswerSurfaces",
            "MisfitEvidence",
            "byte_size",
            "change_places",
            "further_places",
        ),
        "_misfit_grid": ("MisfitGrid", "natural_spline"),
        "_pareto": ("Weights", "fit_pareto", "greatest_reliable_shape", "smoothed"),
        "_typicality": ("DISTANCE_LEVELS", "TypicalityTable", "squared_distance", "whitening_of"),
        "_wide_points": ("WIDENING", "WidePoints", "log_widening", "wide_points"),
    },
)
