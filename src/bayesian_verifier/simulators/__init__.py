"""θ → feedback and reward: what a simulator must offer, and where one is found."""

from bayesian_verifier.simulators._evidence import Evidence, PlainSums
from bayesian_verifier.simulators._protocol import (
    Description,
    Parameter,
    Responses,
    Rivals,
    Simulator,
    log_prior,
)
from bayesian_verifier.simulators._registry import load_simulator, simulator_names

__all__ = [
    "Description",
    "Evidence",
    "Parameter",
    "PlainSums",
    "Responses",
    "Rivals",
    "Simulator",
    "load_simulator",
    "log_prior",
    "simulator_names",
]
