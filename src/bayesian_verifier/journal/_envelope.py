"""What does every line of a log hold, and how are a time and a belief written in one?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from bayesian_verifier.posterior import QUANTILE_LEVELS, Belief

TIMESTAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"


class Frozen(BaseModel):
    """A value that keeps the members it does not know."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow", allow_inf_nan=False)


class Line(Frozen):
    """The envelope, and all there is to know of a line whose kind is not known here.

    v: version of this form.   seq: 1, 2, … without gaps per writer and file.   id: unique in the file.
    ts: RFC 3339 in UTC with microseconds.   writer: who appended it.   crc: see the codec.
    """

    __pydantic_extra__: dict[str, JsonValue]

    v: Literal[1]
    seq: Annotated[int, Field(ge=1)]
    id: Annotated[str, Field(min_length=1)]
    ts: Annotated[str, Field(pattern=TIMESTAMP)]
    writer: Annotated[str, Field(min_length=1)]
    kind: Annotated[str, Field(min_length=1)]
    crc: Annotated[str, Field(pattern="^[0-9a-f]{8}$")]

    @property
    def order(self) -> tuple[str, str, int]:
        """Of two lines that say different things about one matter the greater holds."""
        return (self.ts, self.writer, self.seq)


class RecordedPosterior(Frozen):
    """A belief about one parameter, in most lines risk_aversion; quantiles by level, where known."""

    mean: float
    sd: Annotated[float, Field(gt=0)]
    quantiles: dict[str, float] | None = None

    @classmethod
    def of(cls, belief: Belief) -> RecordedPosterior:
        """The form in which a belief is written."""
        named = dict(zip(map(str, QUANTILE_LEVELS), belief.quantiles, strict=False))
        return cls(mean=belief.mean, sd=belief.sd, quantiles=named or None)

    @property
    def belief(self) -> Belief:
        """The belief as a value."""
        known = self.quantiles or {}
        quantiles = tuple(known[str(level)] for level in QUANTILE_LEVELS if str(level) in known)
        return Belief(self.mean, self.sd, quantiles)

    @model_validator(mode="after")
    def _is_a_belief(self) -> Self:
        _ = self.belief
        return self


class SeldomRead(Line):
    """Built when the first of its kind is read: a program that imports us need not wait for it."""

    model_config = ConfigDict(defer_build=True)


def timestamp(nanoseconds: int) -> str:
    """RFC 3339 in UTC with microseconds of a time in nanoseconds since 1970."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def seconds_since_epoch(ts: str) -> float:
    """The time a timestamp names, in seconds since 1970."""
    return datetime.fromisoformat(ts).timestamp()
