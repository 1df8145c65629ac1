"""What does the journal keep of a policy's decision? Enough to repeat it, state for state."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bayesian_verifier.policy._chooser import Scored
    from bayesian_verifier.policy._surroundings import Surroundings
    from bayesian_verifier.posterior import Belief


def trace_of(
    scored: Scored,
    *,
    judgment: str,
    subject: str | None,
    belief: Belief,
    source: str,
    surroundings: Surroundings,
) -> dict[str, object]:
    """Members of a line of kind `policy`; see the journal's PolicyLine.

    judgment: its id, whose line holds the case.   belief, source: θ* and σ, and who told them.
    """
    return {
        "judgment": judgment,
        "subject": subject,
        "policy": scored.policy,
        "belief": {"mean": belief.mean, "sd": belief.sd},
        "source": source,
        "s": scored.state,
        "surroundings": surroundings.model_dump(mode="json", exclude_defaults=True),
        "scores": list(scored.scores),
        "ask_score": scored.ask,
        "temperature": scored.temperature,
        "ask": scored.asks,
        "choice": scored.choice,
    }
