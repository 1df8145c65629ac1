"""When to train a challenger, on what, and whether it is better."""

from bayesian_verifier.retraining._agreement import Choices, OfParameter, OfSide
from bayesian_verifier.retraining._answering import Answered, Current, answered_at, current_at
from bayesian_verifier.retraining._both_answered import BothAnswered, Question, Versions, both_answered
from bayesian_verifier.retraining._challengers import (
    Challenger,
    challengers,
    standing_of,
)
from bayesian_verifier.retraining._comparison import (
    MOST_LOST,
    STAKES,
    Comparison,
    compared,
    is_better,
    level_of,
    no_comparison,
)
from bayesian_verifier.retraining._deciding import (
    AlreadyDecidedError,
    Store,
    approve,
    ask_for_training,
    read_operations,
    reject,
    settle,
)
from bayesian_verifier.retraining._due import (
    Step,
    due,
)
from bayesian_verifier.retraining._evidence_from import EvidenceFrom
from bayesian_verifier.retraining._foreseen import Foreseen, foreseen
from bayesian_verifier.retraining._gate import GateSettings, Judged, Verdict, number_of, verdict
from bayesian_verifier.retraining._hands import Hands, Order, Pair, Trained, Weighed
from bayesian_verifier.retraining._knowing import (
    Champion,
    Seen,
    known_of,
    seen,
)
from bayesian_verifier.retraining._kpis import Kpis, Spread, kpis
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
from bayesian_verifier.retraining._leased_run import (
    Ended,
    Finished,
    LeaseEndedError,
    Machine,
    leased,
    run_leased,
)
from bayesian_verifier.retraining._met import Met, Told, met
from bayesian_verifier.retraining._next_answers import NextAnswer, next_answers
from bayesian_verifier.retraining._night import (
    Night,
    Outcome,
    asker_of,
    dead_runs,
    planned,
    run,
    slot_at,
    slot_now,
)
from bayesian_verifier.retraining._operations import (
    Asked,
    Operations,
    Training,
    operations,
)
from bayesian_verifier.retraining._outages import FAULTS, Outage, outages
from bayesian_verifier.retraining._planning import (
    Plan,
    plan,
)
from bayesian_verifier.retraining._prior import Limits, Prior, fitted_prior, next_prior
from bayesian_verifier.retraining._settings import (
    LeaseSettings,
    PromotionSettings,
    RetrainingSettings,
    SlotSettings,
    TriggerSettings,
)
from bayesian_verifier.retraining._shadow_report import OfPerson, ShadowReport, shadow_report
from bayesian_verifier.retraining._shadow_verdict import ShadowSettings
from bayesian_verifier.retraining._share_bounds import Bounds, share_bounds
from bayesian_verifier.retraining._slot import Load, Slot, machine_load, slot
from bayesian_verifier.retraining._trigger import Alarms, Decision, Hold, Known, Reason, decide, is_armed
from bayesian_verifier.retraining._waves import (
    Look,
    Windows,
    looks,
    windows_of,
)

__all__ = [
    "BEAT_SECONDS",
    "FAULTS",
    "MOST_LOST",
    "SILENT_SECONDS",
    "STAKES",
    "Alarms",
    "AlreadyDecidedError",
    "Answered",
    "Asked",
    "Asker",
    "BothAnswered",
    "Bounds",
    "Challenger",
    "Champion",
    "Choices",
    "Comparison",
    "Current",
    "Decision",
    "Ended",
    "EvidenceFrom",
    "Finished",
    "Foreseen",
    "GateSettings",
    "Hands",
    "Hold",
    "Judged",
    "Known",
    "Kpis",
    "Lease",
    "LeaseBusyError",
    "LeaseEndedError",
    "LeaseFile",
    "LeaseSettings",
    "Limits",
    "Load",
    "Look",
    "Machine",
    "Met",
    "NextAnswer",
    "Night",
    "OfParameter",
    "OfPerson",
    "OfSide",
    "Operations",
    "Order",
    "Outage",
    "Outcome",
    "Pair",
    "Plan",
    "Prior",
    "PromotionSettings",
    "Question",
    "Reason",
    "RetrainingSettings",
    "Seen",
    "ShadowReport",
    "ShadowSettings",
    "Slot",
    "SlotSettings",
    "Spread",
    "Step",
    "Store",
    "Told",
    "Trained",
    "Training",
    "TriggerSettings",
    "Verdict",
    "Versions",
    "Weighed",
    "Windows",
    "Wish",
    "answered_at",
    "approve",
    "ask_for_training",
    "asker_of",
    "both_answered",
    "challengers",
    "compared",
    "current_at",
    "dead_runs",
    "decide",
    "due",
    "fitted_prior",
    "foreseen",
    "is_armed",
    "is_better",
    "is_held",
    "known_of",
    "kpis",
    "leased",
    "level_of",
    "looks",
    "machine_load",
    "may_take",
    "met",
    "must_yield",
    "next_answers",
    "next_prior",
    "no_comparison",
    "number_of",
    "operations",
    "outages",
    "plan",
    "planned",
    "read_operations",
    "reject",
    "run",
    "run_leased",
    "seen",
    "settle",
    "shadow_report",
    "share_bounds",
    "slot",
    "slot_at",
    "slot_now",
    "standing_of",
    "verdict",
    "windows_of",
    "wished",
]
