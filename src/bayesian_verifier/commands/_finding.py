"""What does a check of this machine come to?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from bayesian_verifier.errors import BayesianVerifierError

if TYPE_CHECKING:
    from collections.abc import Callable

State = Literal["ok", "warning", "bad"]


class Finding(NamedTuple):
    """One thing looked at.

    state: `bad` stops the service or loses something; a `warning` does neither yet.
    detail: what was found.   advice: what to do about it, empty where there is nothing to do.
    """

    check: str
    state: State
    detail: str
    advice: str = ""

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return self.state == "ok"


def ok(check: str, detail: str) -> Finding:
    """Nothing to do."""
    return Finding(check, "ok", detail)


def warning(check: str, detail: str, advice: str) -> Finding:
    """Nothing is lost yet."""
    return Finding(check, "warning", detail, advice)


def bad(check: str, detail: str, advice: str) -> Finding:
    """Must be mended."""
    return Finding(check, "bad", detail, advice)


def tried(check: str, look: Callable[[], Finding], advice: str) -> Finding:
    """What a check finds, or raises: then it is bad, and this is to be done."""
    try:
        return look()
    except (BayesianVerifierError, ImportError, OSError) as exc:
        return bad(check, str(exc), advice)
