"""θ → feedback and reward: what a simulator must offer, and where one is found."""

from bayesian_verifier.simulators._protocol import Description, Parameter, Responses, Simulator
from bayesian_verifier.simulators._registry import load_simulator, simulator_names

__all__ = ["Description", "Parameter", "Responses", "Simulator", "load_simulator", "simulator_names"]
