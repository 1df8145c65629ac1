"""What a posterior says: belief, the points behind its draws, divergences, self-checks."""

from bayesian_verifier.posterior._base_points import base_points
from bayesian_verifier.posterior._belief import QUANTILE_LEVELS, Belief
from bayesian_verifier.posterior._misfit import ALWAYS, Misfit, met, misfit
from bayesian_verifier.posterior._misfit_calibration import LEVELS, MisfitCalibration, MisfitTable
from bayesian_verifier.posterior._misfit_evidence import AnswerSurfaces, MisfitEvidence, byte_size
from bayesian_verifier.posterior._misfit_grid import MisfitGrid

__all__ = [
    "ALWAYS",
    "LEVELS",
    "QUANTILE_LEVELS",
    "AnswerSurfaces",
    "Belief",
    "Misfit",
    "MisfitCalibration",
    "MisfitEvidence",
    "MisfitGrid",
    "MisfitTable",
    "base_points",
    "byte_size",
    "met",
    "misfit",
]
