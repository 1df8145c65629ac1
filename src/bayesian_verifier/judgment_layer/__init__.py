"""What is chosen for a person, on whose word, and what when nobody answers?"""

from bayesian_verifier.judgment_layer._breaker import BreakerPolicy
from bayesian_verifier.judgment_layer._client import VerifierClient
from bayesian_verifier.judgment_layer._controller import Controller, Fallback, Forgets, MetaJudgmentController
from bayesian_verifier.judgment_layer._health import CandidateHealth, Health, ShadowHealth
from bayesian_verifier.judgment_layer._layer import JudgmentLayer
from bayesian_verifier.judgment_layer._ranking import Chooser
from bayesian_verifier.judgment_layer._values import (
    Assessment,
    Decision,
    Failure,
    Outcome,
    Phase,
    Posterior,
    Reason,
    Source,
)

__all__ = [
    "Assessment",
    "BreakerPolicy",
    "CandidateHealth",
    "Chooser",
    "Controller",
    "Decision",
    "Failure",
    "Fallback",
    "Forgets",
    "Health",
    "JudgmentLayer",
    "MetaJudgmentController",
    "Outcome",
    "Phase",
    "Posterior",
    "Reason",
    "ShadowHealth",
    "Source",
    "VerifierClient",
]
