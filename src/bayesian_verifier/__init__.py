"""Bayesian Verifier: how much risk does this person want, and how sure are we?"""

from typing import TYPE_CHECKING

from bayesian_verifier.lazy import deferred

if TYPE_CHECKING:
    from bayesian_verifier.journal import Journal
    from bayesian_verifier.judgment_layer import JudgmentLayer, MetaJudgmentController, VerifierClient

__all__ = ["Journal", "JudgmentLayer", "MetaJudgmentController", "VerifierClient"]

# A command must not load what it lacks.
__getattr__ = deferred(
    __name__,
    {
        "journal": ("Journal",),
        "judgment_layer": ("JudgmentLayer", "MetaJudgmentController", "VerifierClient"),
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
