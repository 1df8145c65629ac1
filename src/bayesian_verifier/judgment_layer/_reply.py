"""Is this reply the answer to that question, and can its numbers be true?

A reply is used only if it names its request and its model, counts the judgments it was sent and those in the
state that was sent along, is of the model that gave that state, and states a belief that some distribution
could have: finite, sd > 0, within the values of risk_aversion for which utility is defined, quantiles in order
and no further from the mean than Cantelli's inequality allows. So must be what it says of exploration and of
probability_weighting, where it does: a choice is made by these too.
"""

from __future__ import annotations

import math
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import from_json

from bayesian_verifier.judgment import EXPLORATION, PROBABILITY_WEIGHTING
from bayesian_verifier.judgment_layer._values import Posterior
from bayesian_verifier.posterior import QUANTILE_LEVELS, Belief

if TYPE_CHECKING:
    from bayesian_verifier.judgment_layer._connection import Reply

GREATEST_RISK_AVERSION = 10.0
MOST_STATE_CHARACTERS = 32 * 1024
# The summaries of a model are rounded and smoothed: they may miss an exact bound by this share of it.
_SLACK = 0.05
_SHOWN = 200
_MOST_VALUES = 2000
_MOST_OTHERS = 16
_OTHER_MODEL, _UNREADABLE = 409, 422


class InvalidReplyError(Exception):
    """The reply breaks the contract; the message says how."""


class StaleStateError(InvalidReplyError):
    """The reply is of another model than the state that was sent: its sums mean nothing there."""


class Expected(NamedTuple):
    """What a reply must agree with.

    judgments: sent, and those in the state that was sent along.   summed: those in the state.
    informative: of those in the state.   version: of the model that gave it, None where none was sent.
    """

    request_id: str
    judgments: int
    summed: int = 0
    informative: int = 0
    version: str | None = None


class Answer(NamedTuple):
    """What a reply says, and the state to go on from, if it has one."""

    posterior: Posterior
    state: str | None


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


class _Model(_Part):
    version: Annotated[str, Field(min_length=1)]


class _AnyMarginal(_Part):
    mean: float
    sd: Annotated[float, Field(gt=0)]
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


class _Marginal(_AnyMarginal):
    mean: Annotated[float, Field(ge=-GREATEST_RISK_AVERSION, le=GREATEST_RISK_AVERSION)]
    sd: Annotated[float, Field(gt=0, le=GREATEST_RISK_AVERSION)]


class _PositiveMarginal(_Marginal):
    @model_validator(mode="after")
    def _is_positive(self) -> Self:
        if self.quantiles[str(QUANTILE_LEVELS[0])] <= 0:
            raise ValueError("expected quantiles above 0")
        return self


class _Marginals(_Part):
    model_config = ConfigDict(extra="allow")

    risk_aversion: _Marginal
    exploration: _Marginal | None = None
    probability_weighting: _PositiveMarginal | None = None

    @property
    def others(self) -> dict[str, Belief]:
        """About the other parameters; what is no belief is passed over where nobody acts on it."""
        acted_on = {EXPLORATION: self.exploration, PROBABILITY_WEIGHTING: self.probability_weighting}
        found = {name: one.belief for name, one in acted_on.items() if one is not None}
        for name, raw in islice((self.model_extra or {}).items(), _MOST_OTHERS):
            with suppress(ValidationError):
                found[name] = _AnyMarginal.model_validate(raw).belief
        return found


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
    state: Annotated[str, Field(max_length=MOST_STATE_CHARACTERS)] | None = None


def read_json(body: bytes, people: int = 1) -> Any:  # noqa: ANN401 it may be anything
    """What a body about so many people holds.

    Reading it cannot be interrupted, and what that costs goes by the number of values: one of far more than any
    answer has is not read at all. Raises InvalidReplyError for that, and for what is not standard JSON.
    """
    if body.count(b",") + body.count(b"[") + body.count(b"{") > _MOST_VALUES * people:
        raise InvalidReplyError(f"more than {_MOST_VALUES} values for each person")
    try:
        return from_json(body, allow_inf_nan=False, cache_strings="none")
    except ValueError as exc:
        raise InvalidReplyError(f"not JSON: {exc}") from exc


def read_answer(document: object, reply: Reply, expected: Expected) -> Answer:
    """The posterior that a document states, in a reply of status 200.

    Raises InvalidReplyError, and its StaleStateError.
    """
    try:
        read = _Document.model_validate(document)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        place = "/".join(map(str, first["loc"]))
        raise InvalidReplyError(f"/{place}: {first['msg']}") from exc
    version = read.model.version
    _must_be("request_id", read.request_id, expected.request_id)
    _must_be("X-Model-Version", _header(reply, b"x-model-version") or version, version)
    if expected.version not in (None, version):
        raise StaleStateError(f"a posterior of {version} from sums of {expected.version}")
    _must_count(read.evidence, expected)
    posterior = Posterior(
        belief=read.posterior.risk_aversion.belief,
        informative=read.evidence.informative,
        trustworthy=read.checks.trustworthy,
        doubts=tuple(read.checks.reasons),
        model_version=version,
        others=read.posterior.others,
    )
    return Answer(posterior, read.state)


def check_request_id(reply: Reply, request_id: str) -> None:
    """Raise InvalidReplyError if the reply says that it answers another request."""
    _must_be("X-Request-Id", _header(reply, b"x-request-id") or request_id, request_id)


def _must_count(evidence: _Evidence, expected: Expected) -> None:
    _must_be("evidence/judgments", evidence.judgments, expected.judgments)
    most = expected.informative + expected.judgments - expected.summed
    if not expected.informative <= evidence.informative <= most:
        counted = f"{evidence.informative} informative of {evidence.judgments} judgments"
        raise InvalidReplyError(f"{counted}, expected {expected.informative} to {most}")


def problem_of(status: int, document: object) -> str:
    """What a problem document says is wrong, cut to a line."""
    said = [document.get("detail"), document.get("title")] if isinstance(document, dict) else []
    text = " ".join(next((one for one in said if one and isinstance(one, str)), "")[:_SHOWN].split())
    return f"HTTP {status}: {text}" if text else f"HTTP {status}"


def refuses_state(status: int, document: object) -> bool:
    """Whether a problem is about `state`: of another model version, or unreadable."""
    if status == _UNREADABLE and isinstance(document, dict) and isinstance(document.get("errors"), list):
        return any(isinstance(one, dict) and one.get("pointer") == "/state" for one in document["errors"])
    return status == _OTHER_MODEL


def _header(reply: Reply, name: bytes) -> str:
    return reply.headers.get(name, b"").decode("latin-1")


def _must_be(what: str, came: object, expected: object) -> None:
    if came != expected:
        raise InvalidReplyError(f"{what}: expected {expected!r}, got {str(came)[:_SHOWN]!r}")
