"""Bayesian Verifier: how much risk does this person want, and how sure are we?"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bayesian_verifier.journal import Journal
    from bayesian_verifier.judgment_layer import JudgmentLayer, MetaJudgmentController, VerifierClient

__all__ = ["Journal", "JudgmentLayer", "MetaJudgmentController", "VerifierClient"]

_ROOMS = {
    "Journal": "bayesian_verifier.journal",
    "JudgmentLayer": "bayesian_verifier.judgment_layer",
    "MetaJudgmentController": "bayesian_verifier.judgment_layer",
    "VerifierClient": "bayesian_verifier.judgment_layer",
}


def __getattr__(name: str) -> object:
    """A public name, its room imported when it is first asked for: a command must not load what it lacks."""
    if name in _ROOMS:
        return getattr(import_module(_ROOMS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
