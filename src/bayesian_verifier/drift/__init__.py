"""Has a person, or the population, changed? Metrics, the detector, the report."""

from bayesian_verifier.drift._change_rate import Change, change
from bayesian_verifier.drift._conflict import Conflict, Heterogeneity, conflict, heterogeneity
from bayesian_verifier.drift._cutting import Cut, Cutter
from bayesian_verifier.drift._detector import JUMPS, MEMORY, Detector, Info, State, start, step
from bayesian_verifier.drift._evaluation import DriftEvaluation, Rival, Row, evaluate_drift
from bayesian_verifier.drift._followed import Followed, Heard
from bayesian_verifier.drift._gate import misses
from bayesian_verifier.drift._limits_evaluated import LimitRow, evaluate_limits
from bayesian_verifier.drift._listed import OfEpoch, epochs_of
from bayesian_verifier.drift._measures import MEASURES, Measure, MeasureName
from bayesian_verifier.drift._message import Message, message
from bayesian_verifier.drift._opening import open_epoch, undo_epoch
from bayesian_verifier.drift._own_spread import Person, begin, hear, own_scale
from bayesian_verifier.drift._population import (
    Contradiction,
    Crossing,
    Population,
    Standing,
    population_fields,
)
from bayesian_verifier.drift._predicted import chance_of_approval, mean_log_loss
from bayesian_verifier.drift._reacting import Crossed, Recalled, Told, recalled
from bayesian_verifier.drift._rivals import CusumState, cusum_step
from bayesian_verifier.drift._run_lengths import Delay, Effort, RunLength
from bayesian_verifier.drift._settings import DriftSettings, Limit, Limits, PopulationSettings
from bayesian_verifier.drift._several import Several, hear_several
from bayesian_verifier.drift._share_test import Levels, ShareInfo, ShareState, share_step
from bayesian_verifier.drift._summary import Alarm, DriftSummary, OfOther, OfSubject, OfWindow, summarise
from bayesian_verifier.drift._trend import Trend, trend
from bayesian_verifier.drift._variance_scale import variance_scale
from bayesian_verifier.drift._watching import Inferred, Watcher

__all__ = [
    "JUMPS",
    "MEASURES",
    "MEMORY",
    "Alarm",
    "Change",
    "Conflict",
    "Contradiction",
    "Crossed",
    "Crossing",
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
    "Levels",
    "Limit",
    "LimitRow",
    "Limits",
    "Measure",
    "MeasureName",
    "Message",
    "OfEpoch",
    "OfOther",
    "OfSubject",
    "OfWindow",
    "Person",
    "Population",
    "PopulationSettings",
    "Recalled",
    "Rival",
    "Row",
    "RunLength",
    "Several",
    "ShareInfo",
    "ShareState",
    "Standing",
    "State",
    "Told",
    "Trend",
    "Watcher",
    "begin",
    "chance_of_approval",
    "change",
    "conflict",
    "cusum_step",
    "epochs_of",
    "evaluate_drift",
    "evaluate_limits",
    "hear",
    "hear_several",
    "heterogeneity",
    "mean_log_loss",
    "message",
    "misses",
    "open_epoch",
    "own_scale",
    "population_fields",
    "recalled",
    "share_step",
    "start",
    "step",
    "summarise",
    "trend",
    "undo_epoch",
    "variance_scale",
]
