"""What may a line of the ledger hold?

Every line has the envelope of `Line`, as in the journal. No line names a subject: an alarm names the window that
raised it, and whose that is stands in the journal, where they can be forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from bayesian_verifier.journal._envelope import Frozen, Line
from bayesian_verifier.journal._lines import SegmentLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TIMESTAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"

Text = Annotated[str, Field(min_length=1)]
Time = Annotated[str, Field(pattern=_TIMESTAMP)]
Count = Annotated[int, Field(ge=1)]


class AlarmLine(Line):
    """A person was found to have changed.

    window: id of the window that said so, the person's `number`-th.   statistic: R.   change_began: when.
    moved: how far, in the unit of the parameter.   parameter: None for risk_aversion.
    """

    kind: Literal["alarm"]
    window: Text
    number: Count
    statistic: float
    change_began: Time
    moved: float
    model_version: str
    parameter: str | None = None


class PopulationLine(Line):
    """A measure of everybody crossed its limit (`raised`), or is back."""

    kind: Literal["population"]
    measure: Text
    value: float
    limit: float
    raised: bool


class TrainingStartedLine(Line):
    """A challenger is being trained. run: of this training, and of the lease it runs under.   said: why, in words."""

    kind: Literal["training_started"]
    run: Text
    reason: Literal["drift", "age", "forced"]
    said: str
    champion: Text
    seed: Annotated[int, Field(ge=0)]
    by: Text


class PriorOfRun(Frozen):
    """The prior of risk_aversion that a challenger was trained with."""

    mean: float
    sd: Annotated[float, Field(gt=0)]


class TrainingEndedLine(Line):
    """What became of it. stopped: somebody more urgent had the machine, or its time was up.   seconds: it took."""

    kind: Literal["training_ended"]
    run: Text
    outcome: Literal["challenger", "unchanged", "failed", "stopped"]
    challenger: str | None
    error: str | None
    prior: PriorOfRun | None
    seconds: Annotated[float, Field(ge=0)] | None


class GateLine(Line):
    """Whether a challenger is better, as far as is known. run: that trained it.   number: k, of the k-th challenger."""

    kind: Literal["gate"]
    run: Text
    challenger: Text
    champion: Text
    number: Count
    verdict: Literal["PROMOTE", "HOLD", "REJECT"]
    reasons: Annotated[tuple[str, ...], Field(strict=False)]
    evidence: dict[str, JsonValue]


class ApprovalAskedLine(Line):
    """People are asked; the line's id is what they answer to. default: what no answer by `expires` means.

    challenger: None where the question is whether one may be trained.
    """

    kind: Literal["approval_asked"]
    what: Literal["promotion", "training"]
    challenger: Text | None
    champion: Text
    expires: Time
    default: Literal["reject", "approve"]


class ApprovedLine(Line):
    """Somebody said yes. Of several decisions on a request the first counts."""

    kind: Literal["approved"]
    request: Text
    by: Text
    why: str | None


class RejectedLine(Line):
    """Somebody said no."""

    kind: Literal["rejected"]
    request: Text
    by: Text
    why: str | None


class ExpiredLine(Line):
    """Nobody answered in time: the request's default holds."""

    kind: Literal["expired"]
    request: Text


class PromotionLine(Line):
    """From now on the challenger answers. run: that trained it, where one did.   by: "gate", or who."""

    kind: Literal["promotion"]
    run: str | None
    challenger: Text
    champion: str | None
    by: Text


class RollbackLine(Line):
    """From now on the version before answers again."""

    kind: Literal["rollback"]
    from_: Annotated[str, Field(alias="from", min_length=1)]
    to: Text
    by: Text


_KINDS: dict[str, type[Line]] = {
    "alarm": AlarmLine,
    "population": PopulationLine,
    "training_started": TrainingStartedLine,
    "training_ended": TrainingEndedLine,
    "gate": GateLine,
    "approval_asked": ApprovalAskedLine,
    "approved": ApprovedLine,
    "rejected": RejectedLine,
    "expired": ExpiredLine,
    "promotion": PromotionLine,
    "rollback": RollbackLine,
}


class OtherLedgerLine(Line):
    """A line of another kind, carried as it is."""

    kind: Annotated[str, Field(min_length=1, json_schema_extra={"not": {"enum": [*_KINDS, "segment"]}})]


def ledger_lines(events: Iterable[Line]) -> Iterator[Line]:
    """A log's events as what the ledger knows of their kinds; one that does not say what its kind must is left out."""
    for one in events:
        model = _KINDS.get(one.kind)
        if model is None:
            yield one
            continue
        try:
            yield model.model_validate(one.model_dump())
        except ValidationError:
            continue


def ledger_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of one line of the ledger."""
    schema = TypeAdapter(
        AlarmLine
        | PopulationLine
        | TrainingStartedLine
        | TrainingEndedLine
        | GateLine
        | ApprovalAskedLine
        | ApprovedLine
        | RejectedLine
        | ExpiredLine
        | PromotionLine
        | RollbackLine
        | SegmentLine
        | OtherLedgerLine
    ).json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of ledger.jsonl",
        **schema,
    }
