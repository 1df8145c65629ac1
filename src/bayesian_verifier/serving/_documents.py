"""What do requests and replies look like, as the OpenAPI document describes them?

Only the document is made from these: the hot path reads and writes plain values.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bayesian_verifier.judgment import Judgment  # noqa: TC001 pydantic reads the annotation
from bayesian_verifier.serving._limits import MAX_DRAWS, MAX_JUDGMENTS, MAX_SEED, MAX_STATE_CHARACTERS

Share = Annotated[float, Field(ge=0, le=1)]


class PosteriorRequest(BaseModel):
    """New evidence about one person, and what to answer with."""

    model_config = ConfigDict(extra="forbid")

    judgments: Annotated[list[Judgment], Field(max_length=MAX_JUDGMENTS)]
    state: Annotated[str | None, Field(max_length=MAX_STATE_CHARACTERS)] = Field(
        None, description="`state` of an earlier reply: the judgments are added to that evidence."
    )
    draws: Annotated[int, Field(ge=0, le=MAX_DRAWS)] = Field(0, description="Joint posterior draws wanted.")
    seed: Annotated[int | None, Field(ge=0, le=MAX_SEED)] = Field(
        None, description="Seed of the draws; made and returned if absent."
    )


class ModelName(BaseModel):
    """Which model answered."""

    name: str
    version: str


class Marginal(BaseModel):
    """Posterior of one parameter, in its own unit."""

    mean: float
    sd: Annotated[float, Field(gt=0)]
    quantiles: dict[str, float] = Field(description="At 0.05, 0.25, 0.5, 0.75 and 0.95.")


class EvidenceCounts(BaseModel):
    """Evidence behind the posterior, over all requests of a stream; informative and refuted are disjoint."""

    judgments: int
    informative: int
    refuted: int


class CorrectionReply(BaseModel):
    """Whether importance weights were used, and how far they moved the mean, in sd."""

    applied: bool
    shift_sd: float | None


class MisfitReply(BaseModel):
    """How likely answers that fit as badly are among the model's people, and which rival explains them best."""

    p: Share
    rival: str
    share: Share


class ChecksReply(BaseModel):
    """Self-checks of this posterior; null where a check cannot be made."""

    trustworthy: bool
    typicality_p: Share | None
    pareto_k: float | None
    effective_sample_size: Share | None
    correction: CorrectionReply
    misfit: MisfitReply | None
    unidentified: list[str] = Field(
        description="Parameters that the evidence told nothing of: the posterior is as wide as the prior."
    )
    reasons: list[str]
    unweighted: Literal["no_evidence", "no_likelihood"] | None = Field(
        description="Why there are no importance weights, hence no pareto_k and no correction; null where there are."
    )


class Timing(BaseModel):
    """Milliseconds."""

    queue: float
    inference: float


class PosteriorReply(BaseModel):
    """A posterior. The same body gives the same bytes from the same model, request_id and timing_ms aside."""

    request_id: str
    model: ModelName
    posterior: dict[str, Marginal]
    correlations: dict[str, dict[str, Annotated[float, Field(ge=-1, le=1)]]] = Field(
        description="Of each parameter with each other one, in their own units."
    )
    evidence: EvidenceCounts
    checks: ChecksReply
    draws: dict[str, list[float]] | None
    seed: int | None
    state: str
    timing_ms: Timing


class BrokenRule(BaseModel):
    """One broken rule and where."""

    pointer: str = Field(description="JSON pointer (RFC 6901) into the body.")
    rule: str
    detail: str


class ProblemDocument(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[BrokenRule] | None = Field(None, description="The first 32, for a body that breaks rules.")


class Alive(BaseModel):
    """The process answers."""

    status: Literal["live"]


class Ready(BaseModel):
    """A posterior would be served at full speed."""

    status: Literal["ready"]


class Queue(BaseModel):
    """Requests waiting for or in the inference thread, and how many may be."""

    waiting: int
    limit: int


class ServedModel(BaseModel):
    """The model that answers."""

    name: str
    version: str
    trained: str = Field(description="When, RFC 3339.")
    parameters: list[str]


class Load(BaseModel):
    """The last attempt to load a model, at the start or later."""

    at: str = Field(description="When it ended, RFC 3339.")
    version: str | None = Field(description="The version that was to be loaded, where that is known.")
    outcome: Literal["loaded", "unchanged", "failed"]
    reason: str | None = Field(description="Why it failed; the model that answered before goes on.")


class Health(BaseModel):
    """The service at a glance."""

    status: Literal["loading", "ready", "failed", "draining"]
    reason: str | None = Field(description="Why no posterior is served; null when ready.")
    model: ServedModel | None
    uptime_seconds: float
    queue: Queue
    last_reload: Load | None = Field(description="null until a first attempt has ended.")
    recompilations: int


Manifest = dict[str, Any]
