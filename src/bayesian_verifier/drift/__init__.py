"""Has a person, or the population, changed? Metrics, the detector, the report."""

from bayesian_verifier.drift._change_rate import Change, change
from bayesian_verifier.drift._conflict import Conflict, Heterogeneity, conflict, heterogeneity
from bayesian_verifier.drift._detector import JUMPS, MEMORY, Detector, Info, State, start, step
from bayesian_verifier.drift._message import Message, message
from bayesian_verifier.drift._variance_scale import variance_scale

__all__ = [
    "JUMPS",
    "MEMORY",
    "Change",
    "Conflict",
    "Detector",
    "Heterogeneity",
    "Info",
    "Message",
    "State",
    "change",
    "conflict",
    "heterogeneity",
    "message",
    "start",
    "step",
    "variance_scale",
]
