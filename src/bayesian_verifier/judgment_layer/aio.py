"""The client and the layer for event loops, under the names of their blocking twins."""

from bayesian_verifier.judgment_layer._aio_client import VerifierClient
from bayesian_verifier.judgment_layer._aio_layer import JudgmentLayer

__all__ = ["JudgmentLayer", "VerifierClient"]
