"""Has a person, or the population, changed? Metrics, the detector, the report."""

from bayesian_verifier.drift._change_rate import Change, change
from bayesian_verifier.drift._conflict import Conflict, Heterogeneity, conflict, heterogeneity
from bayesian_verifier.drift._cutting import Cut, Cutter
from bayesian_verifier.drift._detector import JUMPS, MEMORY, Detector, Info, State, start, step
from bayesian_verifier.drift._evaluation import DriftEvaluation, Rival, Row, evaluate_drift
from bayesian_verifier.drift._followed import Followed, Heard
from bayesian_verifier.drift._gate import misses
from bayesian_verifier.drift._message import Message, message
from bayesian_verifier.drift._own_spread import Person, begin, hear, own_scale
from bayesian_verifier.drift._predicted import chance_of_approval, mean_log_loss
from bayesian_verifier.drift._rivals import CusumState, cusum_step
from bayesian_verifier.drift._run_lengths import Delay, Effort, RunLength
from bayesian_verifier.drift._settings import DriftSettings
from bayesian_verifier.drift._summary import Alarm, DriftSummary, OfSubject, summarise
from bayesian_verifier.drift._variance_scale import variance_scale
from bayesian_verifier.drift._watching import Inferred, Watcher

__all__ = [
    "JUMPS",
    "MEMORY",
    "Alarm",
    "Change",
    "Conflict",
    "CusumState",
    "Cut",
    "Cutter",
    "Delay",
    "Detector",
    "DriftEvaluation",
    "DriftSettings",
    "DriftSummary",
    "Effort",
    "Followed",
    "Heard",
    "Heterogeneity",
    "Inferred",
    "Info",
    "Message",
    "OfSubject",
    "Person",
    "Rival",
    "Row",
    "RunLength",
    "State",
    "Watcher",
    "begin",
    "chance_of_approval",
    "change",
    "conflict",
    "cusum_step",
    "evaluate_drift",
    "hear",
    "heterogeneity",
    "mean_log_loss",
    "message",
    "misses",
    "own_scale",
    "start",
    "step",
    "summarise",
    "variance_scale",
]
