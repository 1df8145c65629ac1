"""What do requests and replies of the Open Inference Protocol look like, as the OpenAPI document describes them?

Only the document is made from these. The protocol's requests are open: more fields may come, and are not read.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bayesian_verifier.serving._documents import ProblemDocument
from bayesian_verifier.serving._limits import MAX_DRAWS, MAX_JUDGMENTS, MAX_SEED, MAX_STATE_CHARACTERS

Shape = list[int]


class ServerLive(BaseModel):
    """The process answers."""

    live: Literal[True]


class ServerReady(BaseModel):
    """A posterior would be served at full speed."""

    live: Literal[True]
    ready: Literal[True]


class ServerMetadata(BaseModel):
    """Which server this is."""

    name: str
    version: str
    extensions: list[str] = Field(description="None: binary tensors are not read.")


class ModelReady(BaseModel):
    """The model would answer at full speed."""

    name: str
    ready: Literal[True]


class TensorMetadata(BaseModel):
    """One input or output; -1 where a dimension varies."""

    name: str
    datatype: str
    shape: Shape


class ModelMetadata(BaseModel):
    """Inputs and outputs of the model."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class JudgmentsTensor(BaseModel):
    """Judgments, one JSON text each; in a column [n, 1] they may also be rows of one."""

    name: Literal["judgments"]
    datatype: Literal["BYTES"]
    shape: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1, max_length=2)]
    data: Annotated[list[str | list[str]], Field(max_length=MAX_JUDGMENTS)]


class InferenceParameters(BaseModel):
    """Ours; those of other servers may stand beside them and are not read."""

    model_config = ConfigDict(extra="allow")

    state: Annotated[str | None, Field(max_length=MAX_STATE_CHARACTERS)] = None
    draws: Annotated[int, Field(ge=0, le=MAX_DRAWS)] = 0
    seed: Annotated[int | None, Field(ge=0, le=MAX_SEED)] = None


class RequestedOutput(BaseModel):
    """One output wanted."""

    name: Literal["names", "mean", "sd", "quantiles", "draws"]


class InferenceRequestDocument(BaseModel):
    """New evidence about one person, and what to answer with."""

    model_config = ConfigDict(title="InferenceRequest")

    id: str | None = Field(None, description="Echoed.")
    parameters: InferenceParameters | None = None
    inputs: Annotated[list[JudgmentsTensor], Field(min_length=1, max_length=1)]
    outputs: list[RequestedOutput] | None = Field(None, description="All there are if absent or empty.")


class ReplyParameters(BaseModel):
    """What a posterior says beside its tensors."""

    state: str
    checks: str = Field(description="JSON text: `checks` of POST /v1/posterior.")
    trustworthy: bool
    evidence: str = Field(description="JSON text: `evidence` of POST /v1/posterior.")
    queue_ms: float
    inference_ms: float
    seed: int | None = Field(None, description="Of the draws, if any were asked for.")


class OutputTensor(BaseModel):
    """Numbers row by row; quantiles say their `levels` in `parameters`."""

    name: Literal["names", "mean", "sd", "quantiles", "draws"]
    datatype: Literal["BYTES", "FP64"]
    shape: Shape
    parameters: dict[str, Any] | None = None
    data: list[str] | list[float]


class InferenceReply(BaseModel):
    """A posterior in tensors."""

    model_name: str
    model_version: str
    id: str = Field(description="The request's, or its X-Request-Id where it has none.")
    parameters: ReplyParameters
    outputs: list[OutputTensor]


class OpenInferenceProblem(ProblemDocument):
    """RFC 9457, with the field that the Open Inference Protocol asks for."""

    error: str = Field(description="`detail` once more.")
