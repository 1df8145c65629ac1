"""Is this an answer to a judgment?"""

from __future__ import annotations

import math

from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal._lines import GREATEST_REWARD


def check_answer(feedback: object, reward: object) -> None:
    """Raise CallerError unless this is an answer to a judgment."""
    if feedback is None and reward is None:
        raise CallerError("expected feedback, a reward or both")
    if feedback not in ("approve", "reject", None):
        raise CallerError(f'expected feedback "approve" or "reject", got {feedback!r}')
    if reward is not None and not (
        isinstance(reward, int | float)
        and not isinstance(reward, bool)
        and math.isfinite(reward)
        and abs(reward) <= GREATEST_REWARD
    ):
        hint = "a reward is on the scale of the advantage Δ, never money"
        raise CallerError(f"expected a reward from -3 to 3 ({hint}), got {reward!r}")
