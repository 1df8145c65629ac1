"""How is an assessment, or a choice, told to a person?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesian_verifier.judgment_layer._expectation import FURTHER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bayesian_verifier.journal import Epoch
    from bayesian_verifier.judgment_layer._choice import Choice
    from bayesian_verifier.judgment_layer._controller import Fallback
    from bayesian_verifier.judgment_layer._values import Assessment, Outcome, Posterior, Reason
    from bayesian_verifier.policy import Scored

#: Said where the journal may hold more of a person than was known when they were asked about.
LATE = " Part of what this person answered was not read in time."

_CHANGED = " This person changed: what they answered before {day} is left out."

_WHY: dict[Reason, str] = {
    "timeout": "did not answer in time",
    "unreachable": "could not be reached",
    "server_error": "answered with an error",
    "overloaded": "is overloaded",
    "circuit_open": "was not asked",
    "invalid_reply": "answered something that cannot be used",
    "wide_posterior": "is not sure enough",
    "untrustworthy": "does not trust its own answer",
    "no_evidence": "has no evidence to go by",
}


def explain_posterior(posterior: Posterior, evidence: int) -> str:
    """Why the verifier's answer is used."""
    told = [("risk aversion", posterior.belief)]
    told += [(name.replace("_", " "), posterior.others[name]) for name in FURTHER if name in posterior.others]
    said = ", ".join(f"{name} at {belief.mean:.2f} ± {belief.sd:.2f}" for name, belief in told)
    return f"The verifier puts this person's {said}, from {posterior.informative} of {evidence} answered judgments."


def explain_fallback(reason: Reason, outcome: Outcome, fallback: Fallback, too_wide: str) -> str:
    """Why the verifier's answer is not used, and what the controller went by; too_wide: see `Width.excess`."""
    detail = outcome.detail
    if outcome.posterior is not None and reason == "wide_posterior":
        detail = too_wide
    elif outcome.posterior is not None and reason == "untrustworthy":
        detail = ", ".join(outcome.posterior.doubts)
    because = f" ({detail})" if detail else ""
    return f"The verifier {_WHY[reason]}{because}. The Meta-Judgment Controller answers: {fallback.sentence}."


def gaps(epoch: Epoch | None, *, is_late: bool) -> str:
    """Sentences on answers that the verifier was not asked about; empty where there are none."""
    changed = "" if epoch is None else _CHANGED.format(day=epoch.since[:10])
    return changed + LATE if is_late else changed


def meta_comment(choice: Choice, assessment: Assessment, scored: Scored | None = None) -> str:
    """What was proposed, what could be proved of it, by whose ranking, and on whose belief. Options count from 0."""
    return f"{_proposal(choice)}{'' if scored is None else _ranked(scored)} {assessment.explanation}"


def _ranked(scored: Scored) -> str:
    asks = " It would rather ask this person first." if scored.asks else ""
    return f" Options are ranked by policy {scored.policy}.{asks}"


def _proposal(choice: Choice) -> str:
    refuted = list(_broken(choice))
    if choice.chosen is None:
        return f"Nothing can be proposed: {'; '.join(refuted) or 'no option has a value'}."
    worth = choice.values[choice.chosen] or 0.0
    unsettled = choice.tried[-1].rules
    settled = (
        f"the prover could not settle {_listed(unsettled)}"
        if choice.verdict == "unknown"
        else "every rule is proved"
    )
    passed = f" Better ones were refuted: {'; '.join(refuted)}." if refuted else ""
    return f"Option {choice.chosen} is proposed, worth {worth:.2f} of 1 to this person; {settled}.{passed}"


def _broken(choice: Choice) -> Iterator[str]:
    """What the case breaks, whichever option is chosen; then what only an option does."""
    of_case = [fault.rule for fault in choice.faults]
    yield from (f"the case breaks {fault.rule} ({fault.detail})" for fault in choice.faults)
    for tried in choice.tried:
        own = tuple(rule for rule in tried.rules if rule not in of_case)
        if tried.verdict == "refuted" and (own or not tried.rules):
            yield f"option {tried.option} breaks {_listed(own)}"


def _listed(rules: tuple[str, ...]) -> str:
    return " and ".join(rules) or "a rule"
