"""When to train a challenger, on what, and whether it is better."""

from bayesian_verifier.retraining._comparison import (
    MOST_LOST,
    STAKES,
    Comparison,
    compared,
    is_better,
    level_of,
    no_comparison,
)
from bayesian_verifier.retraining._evidence_from import EvidenceFrom
from bayesian_verifier.retraining._foreseen import Foreseen, foreseen
from bayesian_verifier.retraining._gate import GateSettings, Judged, Verdict, number_of, verdict
from bayesian_verifier.retraining._lease import (
    BEAT_SECONDS,
    SILENT_SECONDS,
    Lease,
    Wish,
    is_held,
    may_take,
    must_yield,
    wished,
)
from bayesian_verifier.retraining._lease_file import Asker, LeaseBusyError, LeaseFile
from bayesian_verifier.retraining._leased_run import Ended, run_leased
from bayesian_verifier.retraining._met import Met, Told, met
from bayesian_verifier.retraining._next_answers import NextAnswer, next_answers
from bayesian_verifier.retraining._prior import Limits, Prior, fitted_prior, next_prior
from bayesian_verifier.retraining._settings import RetrainingSettings, SlotSettings, TriggerSettings
from bayesian_verifier.retraining._slot import Load, Slot, machine_load, slot
from bayesian_verifier.retraining._trigger import Alarms, Decision, Hold, Known, Reason, decide, is_armed

__all__ = [
    "BEAT_SECONDS",
    "MOST_LOST",
    "SILENT_SECONDS",
    "STAKES",
    "Alarms",
    "Asker",
    "Comparison",
    "Decision",
    "Ended",
    "EvidenceFrom",
    "Foreseen",
    "GateSettings",
    "Hold",
    "Judged",
    "Known",
    "Lease",
    "LeaseBusyError",
    "LeaseFile",
    "Limits",
    "Load",
    "Met",
    "NextAnswer",
    "Prior",
    "Reason",
    "RetrainingSettings",
    "Slot",
    "SlotSettings",
    "Told",
    "TriggerSettings",
    "Verdict",
    "Wish",
    "compared",
    "decide",
    "fitted_prior",
    "foreseen",
    "is_armed",
    "is_better",
    "is_held",
    "level_of",
    "machine_load",
    "may_take",
    "met",
    "must_yield",
    "next_answers",
    "next_prior",
    "no_comparison",
    "number_of",
    "run_leased",
    "slot",
    "verdict",
    "wished",
]
