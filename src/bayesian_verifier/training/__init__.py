"""From a simulator to a published model. The only room that imports BayesFlow and Keras.

Importing it chooses JAX as Keras's backend, which Keras reads when it is first imported.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

from bayesian_verifier.training._approximator import build_approximator
from bayesian_verifier.training._export import read_weights
from bayesian_verifier.training._fit import Progress
from bayesian_verifier.training._network import Network
from bayesian_verifier.training._parity import Parity, parity
from bayesian_verifier.training._people_file import read_people
from bayesian_verifier.training._plots import draw_plots
from bayesian_verifier.training._report import Report, evaluate, seed_of
from bayesian_verifier.training._settings import (
    EvaluationSettings,
    TrainingSettings,
    read_table,
)
from bayesian_verifier.training._train import DRAWS, Outcome, Settings, train

__all__ = [
    "DRAWS",
    "EvaluationSettings",
    "Network",
    "Outcome",
    "Parity",
    "Progress",
    "Report",
    "Settings",
    "TrainingSettings",
    "build_approximator",
    "draw_plots",
    "evaluate",
    "parity",
    "read_people",
    "read_table",
    "read_weights",
    "seed_of",
    "train",
]
