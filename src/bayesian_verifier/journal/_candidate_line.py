"""What does the journal hold where two models answered one question?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bayesian_verifier.journal._envelope import Frozen, RecordedPosterior, SeldomRead


class AnsweredBy(Frozen, defer_build=True):
    """What one of two models said of a person.

    reason: why the layer does not use it, None where it does or would.   posterior: by parameter, None where none came.
    elapsed_ms: of the call.   chosen: the option that is the best by this posterior and breaks no rule; None where the
    posterior is not used, nothing was to be chosen, or every option was refuted.
    """

    reason: str | None
    model_version: str | None
    trustworthy: bool | None
    posterior: dict[str, RecordedPosterior] | None
    elapsed_ms: Annotated[float, Field(ge=0)]
    chosen: Annotated[int, Field(ge=0)] | None


class CandidateLine(SeldomRead):
    """One question that two models were asked: the one that is served, and a candidate on which nothing rests.

    judgment: the choice it was asked for, None for an assessment alone.   evidence: judgments asked about.
    dropped: calls since the line before that the candidate was not asked about, as too many waited for it.
    """

    kind: Literal["candidate"]
    judgment: str | None
    trace_id: str
    subject: str | None
    evidence: Annotated[int, Field(ge=0)]
    served: AnsweredBy
    candidate: AnsweredBy
    dropped: Annotated[int, Field(ge=0)]
