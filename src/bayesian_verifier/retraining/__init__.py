"""When to train a challenger, on what, and whether it is better."""

from bayesian_verifier.retraining._comparison import (
    SHARES,
    Comparison,
    compared,
    is_better,
    level_of,
    no_comparison,
)
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
from bayesian_verifier.retraining._prior import Limits, Prior, fitted_prior, next_prior

__all__ = [
    "BEAT_SECONDS",
    "SHARES",
    "SILENT_SECONDS",
    "Asker",
    "Comparison",
    "Ended",
    "Lease",
    "LeaseBusyError",
    "LeaseFile",
    "Limits",
    "Prior",
    "Wish",
    "compared",
    "fitted_prior",
    "is_better",
    "is_held",
    "level_of",
    "may_take",
    "must_yield",
    "next_prior",
    "no_comparison",
    "run_leased",
    "wished",
]
