"""What comes back from asking the verifier, and from assessing a person?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bayesian_verifier.judgment import Verdict
    from bayesian_verifier.policy import ArmName
    from bayesian_verifier.posterior import Belief

Phase = Literal["closed", "open", "half_open"]
Source = Literal["verifier", "controller"]

Failure = Literal["timeout", "unreachable", "server_error", "overloaded", "circuit_open", "invalid_reply"]
Reason = Literal[Failure, "wide_posterior", "untrustworthy", "no_evidence"]


@dataclass(frozen=True, slots=True)
class Posterior:
    """A reply of the verifier that belongs to its request and makes sense.

    belief: about risk_aversion.   others: about the model's other parameters, by name.
    informative: judgments that counted.   trustworthy, doubts: self-checks.
    """

    belief: Belief
    informative: int
    trustworthy: bool
    doubts: tuple[str, ...]
    model_version: str
    others: Mapping[str, Belief] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call of the verifier came to: a posterior, or the reason why there is none.

    detail: what happened, in words; empty where a posterior came.   breaker: its phase after the call.
    elapsed_ms: from the call to its outcome, in milliseconds.   trace_id: sent along, 32 hexadecimal digits.
    """

    posterior: Posterior | None
    reason: Failure | None
    detail: str
    breaker: Phase
    elapsed_ms: float
    trace_id: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """How much risk a person wants, how sure that is, and who says so.

    mean, sd, quantiles: belief about risk_aversion; quantiles at 0.05, 0.25, 0.5, 0.75 and 0.95, or none.
    source: the verifier, or the controller, which then had a reason to answer.
    model_version: of the model that answered this call, None where none did.
    breaker: phase of the circuit breaker after the call.   elapsed_ms: of the whole assessment.
    evidence: judgments it was asked about.   explanation: sentences for people.
    epoch: the id of the one that these were of, None where all that the person answered counts.
    others: beliefs about the further parameters of the verifier's model, by name; the controller has none.
    """

    mean: float
    sd: float
    quantiles: tuple[float, ...]
    source: Source
    reason: Reason | None
    model_version: str | None
    breaker: Phase
    elapsed_ms: float
    trace_id: str
    evidence: int
    explanation: str
    epoch: str | None = None
    others: Mapping[str, Belief] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """A judgment made for a person, as it stands in the journal under this id.

    chosen: index of the option proposed, None where every option was refuted.
    verdict: on the chosen option; "refuted" where none could be chosen.
    values: posterior-expected worth of each option, None for an option that could ruin: V, in [0, 1], unless further
    traits of the person are known.
    recorded: whether its line is in the journal; if not, the layer keeps it and writes it when it can.
    policy: version of the one that ranked the options, None where expected worth did.   asks: whether it would rather
    put the questions first; `chosen` is for who cannot.   arm: of the A/B test, None outside of any.
    """

    id: str
    chosen: int | None
    verdict: Verdict
    meta_comment: str
    assessment: Assessment
    values: tuple[float | None, ...]
    recorded: bool
    policy: str | None = None
    asks: bool = False
    arm: ArmName | None = None
