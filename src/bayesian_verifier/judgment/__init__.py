"""What a judgment is, what its options are worth to someone, and what can be proved about it."""

from typing import TYPE_CHECKING

from bayesian_verifier.judgment._crra import log_ratios, normalised_utility
from bayesian_verifier.judgment._novelty import EXPLORATION, novelty
from bayesian_verifier.judgment._numeric import numeric_results, numeric_verdict
from bayesian_verifier.judgment._parsing import parse_judgments, parse_record
from bayesian_verifier.judgment._record import (
    GREATEST_REWARD,
    Case,
    Feedback,
    Judgment,
    Lottery,
    Outcome,
    Proposal,
    Verdict,
)
from bayesian_verifier.judgment._rules import Rule, Rules
from bayesian_verifier.judgment._values import (
    advantage,
    expected_utilities,
    feasible,
    has_advantage,
    normalised,
)
from bayesian_verifier.judgment._verification import Counterexample, RuleResult, Verification
from bayesian_verifier.judgment._weighting import PROBABILITY_WEIGHTING, decision_weights, double_log, weight
from bayesian_verifier.lazy import deferred

if TYPE_CHECKING:
    from bayesian_verifier.judgment._documents import Record, records_of
    from bayesian_verifier.judgment._lean import LeanAnswer, check_with_lean, lean_certificate
    from bayesian_verifier.judgment._prover import Prover

__all__ = [
    "EXPLORATION",
    "GREATEST_REWARD",
    "PROBABILITY_WEIGHTING",
    "Case",
    "Counterexample",
    "Feedback",
    "Judgment",
    "LeanAnswer",
    "Lottery",
    "Outcome",
    "Proposal",
    "Prover",
    "Record",
    "Rule",
    "RuleResult",
    "Rules",
    "Verdict",
    "Verification",
    "advantage",
    "check_with_lean",
    "decision_weights",
    "double_log",
    "expected_utilities",
    "feasible",
    "has_advantage",
    "lean_certificate",
    "log_ratios",
    "normalised",
    "normalised_utility",
    "novelty",
    "numeric_results",
    "numeric_verdict",
    "parse_judgments",
    "parse_record",
    "records_of",
    "weight",
]

# Z3 takes 0.2 s to import, and the service never proves; nor does it write certificates.
__getattr__ = deferred(
    __name__,
    {
        "_prover": ("Prover",),
        "_documents": ("Record", "records_of"),
        "_lean": ("LeanAnswer", "check_with_lean", "lean_certificate"),
    },
)
