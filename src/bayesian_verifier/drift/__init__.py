"""Has a person, or the population, changed? Metrics, the detector, the report."""

from bayesian_verifier.drift._change_rate import Change, change
from bayesian_verifier.drift._conflict import Conflict, Heterogeneity, conflict, heterogeneity
from bayesian_verifier.drift._detector import JUMPS, MEMORY, Detector, Info, State, start, step
from bayesian_verifier.drift._evaluation import (
    Delay,
    DriftEvaluation,
    Effort,
    Rival,
    Row,
    RunLength,
    evaluate_drift,
)
from bayesian_verifier.drift._gate import misses
from bayesian_verifier.drift._message import Message, message
from bayesian_verifier.drift._rivals import CusumState, cusum_step
from bayesian_verifier.drift._settings import DriftSettings
from bayesian_verifier.drift._variance_scale import variance_scale

__all__ = [
    "JUMPS",
    "MEMORY",
    "Change",
    "Conflict",
    "CusumState",
    "Delay",
    "Detector",
    "DriftEvaluation",
    "DriftSettings",
    "Effort",
    "Heterogeneity",
    "Info",
    "Message",
    "Rival",
    "Row",
    "RunLength",
    "State",
    "change",
    "conflict",
    "cusum_step",
    "evaluate_drift",
    "heterogeneity",
    "message",
    "misses",
    "start",
    "step",
    "variance_scale",
]
