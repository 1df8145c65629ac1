"""From a simulator to a published model. The only room that imports BayesFlow and Keras.

Importing it chooses JAX as Keras's backend, which Keras reads when it is first imported.
"""

import os
from typing import TYPE_CHECKING

from bayesian_verifier.lazy import deferred

os.environ.setdefault("KERAS_BACKEND", "jax")

if TYPE_CHECKING:
    from bayesian_verifier.training._approximator import build_approximator
    from bayesian_verifier.training._challenger import (
        Lessons,
        begins_from,
        challenger_settings,
        inputs_of,
        published_with,
        small,
        weights_of,
    )
    from bayesian_verifier.training._exact_joint import JointPosterior, joint_posterior
    from bayesian_verifier.training._export import read_weights
    from bayesian_verifier.training._fit import Progress
    from bayesian_verifier.training._foresight import chances
    from bayesian_verifier.training._meeting import Cases, meet, seed_of_pair
    from bayesian_verifier.training._misfit_calibration import calibrate_misfit
    from bayesian_verifier.training._misfit_power import (
        FLAG_BELOW,
        PowerRow,
        PowerStudy,
        misfit_power,
    )
    from bayesian_verifier.training._network import DRAWS, Network
    from bayesian_verifier.training._parity import Parity, parity
    from bayesian_verifier.training._people_file import read_people
    from bayesian_verifier.training._plots import draw_plots
    from bayesian_verifier.training._power_plot import draw_power
    from bayesian_verifier.training._priors import priors_of, simulator_under
    from bayesian_verifier.training._report import Report, evaluate, seed_of
    from bayesian_verifier.training._settings import (
        EvaluationSettings,
        TrainingSettings,
    )
    from bayesian_verifier.training._train import Outcome, Settings, train

__all__ = [
    "DRAWS",
    "FLAG_BELOW",
    "Cases",
    "EvaluationSettings",
    "JointPosterior",
    "Lessons",
    "Network",
    "Outcome",
    "Parity",
    "PowerRow",
    "PowerStudy",
    "Progress",
    "Report",
    "Settings",
    "TrainingSettings",
    "begins_from",
    "build_approximator",
    "calibrate_misfit",
    "challenger_settings",
    "chances",
    "draw_plots",
    "draw_power",
    "evaluate",
    "inputs_of",
    "joint_posterior",
    "meet",
    "misfit_power",
    "parity",
    "priors_of",
    "published_with",
    "read_people",
    "read_weights",
    "seed_of",
    "seed_of_pair",
    "simulator_under",
    "small",
    "train",
    "weights_of",
]

# BayesFlow and Keras take seconds to import, and what grades a model needs neither.
__getattr__ = deferred(
    __name__,
    {
        "_approximator": ("build_approximator",),
        "_challenger": (
            "Lessons",
            "begins_from",
            "challenger_settings",
            "inputs_of",
            "published_with",
            "small",
            "weights_of",
        ),
        "_exact_joint": ("JointPosterior", "joint_posterior"),
        "_export": ("read_weights",),
        "_fit": ("Progress",),
        "_foresight": ("chances",),
        "_meeting": ("Cases", "meet", "seed_of_pair"),
        "_misfit_calibration": ("calibrate_misfit",),
        "_misfit_power": ("FLAG_BELOW", "PowerRow", "PowerStudy", "misfit_power"),
        "_network": ("DRAWS", "Network"),
        "_parity": ("Parity", "parity"),
        "_people_file": ("read_people",),
        "_plots": ("draw_plots",),
        "_power_plot": ("draw_power",),
        "_priors": ("priors_of", "simulator_under"),
        "_report": ("Report", "evaluate", "seed_of"),
        "_settings": ("EvaluationSettings", "TrainingSettings"),
        "_train": ("Outcome", "Settings", "train"),
    },
)
