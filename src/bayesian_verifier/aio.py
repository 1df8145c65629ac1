"""Bayesian Verifier for event loops: the same names as the package's own, awaited.

The controller and the journal are the very same: they do not wait for anything but files.
"""

from bayesian_verifier.journal import Journal
from bayesian_verifier.judgment_layer import MetaJudgmentController
from bayesian_verifier.judgment_layer.aio import JudgmentLayer, VerifierClient

__all__ = ["Journal", "JudgmentLayer", "MetaJudgmentController", "VerifierClient"]
