"""θ → feedback and reward: what a simulator must offer, and where one is found."""

from bayesian_verifier.simulators._evidence import Evidence, PlainSums
from bayesian_verifier.simulators._protocol import (
    Beside,
    Description,
    Parameter,
    Read,
    Responses,
    Rivals,
    Simulator,
    Traced,
    log_prior,
)
from bayesian_verifier.simulators._registry import load_simulator, simulator_names

__all__ = [
    "Beside",
    "Description",
    "Evidence",
    "Parameter",
    "PlainSums",
    "Read",
    "Responses",
    "Rivals",
    "Simulator",
    "Traced",
    "load_simulator",
    "log_prior",
    "simulator_names",
]
