"""θ → feedback and reward: what a simulator must offer, and where one is found."""

from bayesian_verifier.simulators._conformance import Finding, conformance
from bayesian_verifier.simulators._evidence import Evidence, PlainSums
from bayesian_verifier.simulators._plain import PlainSimulator, TalliedSums
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
from bayesian_verifier.simulators._registry import installed_simulators, load_simulator

__all__ = [
    "Beside",
    "Description",
    "Evidence",
    "Finding",
    "Parameter",
    "PlainSimulator",
    "PlainSums",
    "Read",
    "Responses",
    "Rivals",
    "Simulator",
    "TalliedSums",
    "Traced",
    "conformance",
    "installed_simulators",
    "load_simulator",
    "log_prior",
]
