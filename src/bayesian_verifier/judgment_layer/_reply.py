"""Is this reply the answer to that question, and can its numbers be true?

A reply is used only if it names its request and its model, counts the judgments it was sent, and states a
belief that some distribution could have: finite, sd > 0, within the values of risk_aversion for which utility
is defined, quantiles in order and no further from the mean than Cantelli's inequality allows.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bayesian_verifier.judgment_layer._values import Posterior
from bayesian_verifier.posterior import QUANTILE_LEVELS, Belief

if TYPE_CHECKING:
    from bayesian_verifier.judgment_layer._connection import Reply

GREATEST_RISK_AVERSION = 10.0
# The summaries of a model are rounded and smoothed: they may miss an exact bound by this share of it.
_SLACK = 0.05
_SHOWN = 200


class InvalidReplyError(Exception):
    """The reply breaks the contract; the message says how."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


class _Model(_Part):
    version: Annotated[str, Field(min_length=1)]


class _Marginal(_Part):
    mean: Annotated[float, Field(ge=-GREATEST_RISK_AVERSION, le=GREATEST_RISK_AVERSION)]
    sd: Annotated[float, Field(gt=0, le=GREATEST_RISK_AVERSION)]
    quantiles: dict[str, float]

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if missing := [level for level in map(str, QUANTILE_LEVELS) if level not in self.quantiles]:
            raise ValueError(f"the quantile at {missing[0]} is missing")
        for level, value in zip(QUANTILE_LEVELS, self.belief.quantiles, strict=True):
            below = self.sd * math.sqrt((1 - level) / level) * (1 + _SLACK)
            above = self.sd * math.sqrt(level / (1 - level)) * (1 + _SLACK)
            if not self.mean - below <= value <= self.mean + above:
                given = f"mean {self.mean} and sd {self.sd}"
                raise ValueError(f"no distribution of {given} has {value} at {level}")
        return self

    @property
    def belief(self) -> Belief:
        """As a value, which refuses quantiles in disorder. Raises ValueError."""
        return Belief(self.mean, self.sd, tuple(self.quantiles[str(level)] for level in QUANTILE_LEVELS))


class _Marginals(_Part):
    risk_aversion: _Marginal


class _Evidence(_Part):
    judgments: Annotated[int, Field(ge=0)]
    informative: Annotated[int, Field(ge=0)]


class _Checks(_Part):
    trustworthy: bool
    reasons: list[str] = []


class _Document(_Part):
    request_id: str
    model: _Model
    posterior: _Marginals
    evidence: _Evidence
    checks: _Checks


def read_posterior(reply: Reply, *, request_id: str, judgments: int) -> Posterior:
    """The posterior in a reply of status 200 to a request of this id with so many judgments.

    Raises InvalidReplyError.
    """
    try:
        document = _Document.model_validate(json.loads(reply.body, parse_constant=_refuse_constant))
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        place = "/".join(map(str, first["loc"]))
        raise InvalidReplyError(f"/{place}: {first['msg']}") from exc
    except (ValueError, RecursionError) as exc:
        raise InvalidReplyError(f"not JSON: {exc}") from exc
    _must_be("request_id", document.request_id, request_id)
    _must_be("X-Request-Id", _header(reply, b"x-request-id") or request_id, request_id)
    version = document.model.version
    _must_be("X-Model-Version", _header(reply, b"x-model-version") or version, version)
    _must_be("evidence/judgments", document.evidence.judgments, judgments)
    if document.evidence.informative > judgments:
        raise InvalidReplyError(f"{document.evidence.informative} informative of {judgments} judgments")
    return Posterior(
        belief=document.posterior.risk_aversion.belief,
        informative=document.evidence.informative,
        trustworthy=document.checks.trustworthy,
        doubts=tuple(document.checks.reasons),
        model_version=version,
    )


def problem_of(reply: Reply) -> str:
    """What a reply of another status says is wrong, cut to a line."""
    try:
        document: Any = json.loads(reply.body)
        said = document.get("detail") or document.get("title") or ""
    except (ValueError, RecursionError, AttributeError):
        said = ""
    text = " ".join(str(said)[:_SHOWN].split())
    return f"HTTP {reply.status}: {text}" if text else f"HTTP {reply.status}"


def _header(reply: Reply, name: bytes) -> str:
    return reply.headers.get(name, b"").decode("latin-1")


def _must_be(what: str, came: object, expected: object) -> None:
    if came != expected:
        raise InvalidReplyError(f"{what}: expected {expected!r}, got {str(came)[:_SHOWN]!r}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
