"""A trained policy at work: what it would choose, for whom it is asked, and whether people are better off. No JAX."""

from typing import TYPE_CHECKING

from bayesian_verifier.lazy import deferred
from bayesian_verifier.policy._ab_test import ABTest, ArmName
from bayesian_verifier.policy._chooser import PolicyChooser, Scored
from bayesian_verifier.policy._network import chances, scores_of
from bayesian_verifier.policy._state import State, state_of
from bayesian_verifier.policy._surroundings import OptionCosts, Surroundings, surroundings_of
from bayesian_verifier.policy._trace import trace_of

if TYPE_CHECKING:
    from bayesian_verifier.policy._exposure import Arm, Day, Exposures, Found, Measure
    from bayesian_verifier.policy._policy import About, Policy
    from bayesian_verifier.policy._sequence import Sequence, Unit, Verdict

__all__ = [
    "ABTest",
    "About",
    "Arm",
    "ArmName",
    "Day",
    "Exposures",
    "Found",
    "Measure",
    "OptionCosts",
    "Policy",
    "PolicyChooser",
    "Scored",
    "Sequence",
    "State",
    "Surroundings",
    "Unit",
    "Verdict",
    "chances",
    "scores_of",
    "state_of",
    "surroundings_of",
    "trace_of",
]

# What only a report asks for, and weights, which few layers choose by.
__getattr__ = deferred(
    __name__,
    {
        "_exposure": ("Arm", "Day", "Exposures", "Found", "Measure"),
        "_policy": ("About", "Policy"),
        "_sequence": ("Sequence", "Unit", "Verdict"),
    },
)
