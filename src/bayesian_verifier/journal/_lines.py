"""What may a line of the journal hold?

Every line has the envelope of `Line`. The kinds known here are a judgment, the feedback on one, what a policy made
of one, what another model would have said, what a window of answers says, from when on a person's answers count, and
the beginning of a file; lines of any other kind are carried as they are. Members that this version does not know are
kept, so that a newer writer and an older reader can share a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from bayesian_verifier.journal._candidate_line import CandidateLine
from bayesian_verifier.journal._codec import DamagedLineError, decode_line
from bayesian_verifier.journal._envelope import TIMESTAMP, Frozen, Line, RecordedPosterior, SeldomRead
from bayesian_verifier.judgment import Case, Feedback, Verdict  # noqa: TC001 pydantic reads the annotations

if TYPE_CHECKING:
    from pydantic.config import JsonDict

GREATEST_REWARD = 3.0


class Tried(Frozen):
    """What the prover said of one option, and the rules that did not hold."""

    option: Annotated[int, Field(ge=0)]
    verdict: Verdict
    rules: tuple[str, ...] = Field(default=(), strict=False)


class InExperiment(Frozen):
    """The A/B test that a judgment was made in, and the arm that its subject is in.

    share: of people who get the policy.
    """

    name: Annotated[str, Field(min_length=1)]
    arm: Literal["policy", "rule"]
    share: Annotated[float, Field(gt=0, lt=1)]


class JudgmentLine(Line):
    """A choice made for a person.

    chosen: index of the option proposed, None where every option was refuted.
    tried: what the prover was asked, in order.   values: posterior-expected worth of each option, None where an
    option has none.   source, reason, model_version: who gave the posterior and why it was that one.
    posterior: None where nobody gave one, as in what was imported.
    epoch: the id of the one that the evidence was of, None where all answers counted.
    policy: version of the one that ranked the options, None where expected worth did.
    times_tried: how often the person had tried each option, None where that was not said.
    others: beliefs about further traits that the values go by, by name, where the posterior named any.
    """

    kind: Literal["judgment"]
    subject: str | None
    case: Case
    chosen: Annotated[int, Field(ge=0)] | None
    verdict: Verdict
    posterior: RecordedPosterior | None
    source: str
    reason: str | None
    model_version: str | None
    meta_comment: str
    tried: tuple[Tried, ...] = Field(default=(), strict=False)
    values: tuple[float | None, ...] = Field(default=(), strict=False)
    epoch: str | None = None
    policy: str | None = None
    experiment: InExperiment | None = None
    times_tried: tuple[Annotated[int, Field(ge=0)], ...] | None = Field(default=None, strict=False)
    others: dict[str, RecordedPosterior] | None = None


def members_of(case: Case) -> dict[str, Any]:
    """A case as members of a judgment's line.

    What came later stands beside the case, where readers that do not know it pass over it.
    """
    members = {"case": case.model_dump(mode="json", exclude_none=True, exclude={"times_tried"})}
    return members if case.times_tried is None else members | {"times_tried": list(case.times_tried)}


class FeedbackLine(Line):
    """What a person said of a judgment, or what it was worth to them; the latest line on a judgment holds.

    reward: on the scale of the advantage, -3 to 3, never money.
    """

    kind: Literal["feedback"]
    judgment: Annotated[str, Field(min_length=1)]
    feedback: Feedback | None
    reward: Annotated[float, Field(ge=-GREATEST_REWARD, le=GREATEST_REWARD)] | None


class PolicyLine(Line):
    """What a policy made of a choice; the judgment's line says what was chosen once the rules were proved.

    policy: its version.   belief: θ* and σ as it was told them, by `source`.   s: digest of the state that it saw.
    surroundings: what the caller said of the choice beside its case.   scores: of each option, None where it has
    none; ask_score: of asking first, None where nothing could be asked; both are divided by temperature before
    chances are made of them.   ask: whether it would rather have asked.   choice: the option of greatest score.
    """

    kind: Literal["policy"]
    judgment: Annotated[str, Field(min_length=1)]
    subject: str | None
    policy: Annotated[str, Field(min_length=1)]
    belief: RecordedPosterior
    source: str
    s: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    surroundings: dict[str, JsonValue]
    scores: Annotated[tuple[float | None, ...], Field(strict=False, min_length=1)]
    ask_score: float | None
    temperature: Annotated[float, Field(gt=0)]
    ask: bool
    choice: Annotated[int, Field(ge=0)] | None


class OtherInWindow(Frozen, defer_build=True):
    """What a window says of a further parameter, in the parameter's own unit."""

    prior: RecordedPosterior
    posterior: RecordedPosterior


class WindowLine(SeldomRead):
    """What some of a subject's answers say by themselves: inferred from the prior; no judgment is in two windows.

    number: 1, 2, … by subject.   judgments: their ids, oldest first.   prior, posterior: of risk_aversion.
    choice_noise: its posterior mean.   log_loss: of the window's feedback as the window before would have predicted
    it, mean in nats; None without feedback.   variance_scale: of messages, when the window was inferred.
    began, ended: of its first and its last answer.   others: by name, where the model has further parameters that say
    what a person wants.
    """

    kind: Literal["window"]
    subject: Annotated[str, Field(min_length=1)]
    number: Annotated[int, Field(ge=1)]
    judgments: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    informative: Annotated[int, Field(ge=0)]
    prior: RecordedPosterior
    posterior: RecordedPosterior
    choice_noise: Annotated[float, Field(gt=0)] | None
    trustworthy: bool
    model_version: str
    log_loss: Annotated[float, Field(ge=0)] | None
    variance_scale: Annotated[float, Field(gt=0)]
    began: Annotated[str, Field(pattern=TIMESTAMP)]
    ended: Annotated[str, Field(pattern=TIMESTAMP)]
    others: dict[str, OtherInWindow] | None = None


class EpochLine(SeldomRead):
    """From when on a subject's answers are evidence, as they have changed.

    since: the member `from`; answers given from then on count, earlier ones do not.   window: the one with the alarm,
    None where a person opened the epoch.   by: who opened it.
    """

    kind: Literal["epoch"]
    subject: Annotated[str, Field(min_length=1)]
    since: Annotated[str, Field(alias="from", pattern=TIMESTAMP)]
    window: str | None
    reason: Literal["drift", "asked"]
    by: Annotated[str, Field(min_length=1)]


class EpochUndoneLine(SeldomRead):
    """An epoch is taken back, and all is as if it had not been opened. epoch: its id.   by, why: for people."""

    kind: Literal["epoch_undone"]
    epoch: Annotated[str, Field(min_length=1)]
    by: Annotated[str, Field(min_length=1)]
    why: str | None


class Before(Frozen, defer_build=True):
    """What a file of a journal says of the one before it: all of its bytes, its last line torn or not."""

    name: Annotated[str, Field(min_length=1)]
    lines: Annotated[int, Field(ge=0)]
    bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class SegmentLine(SeldomRead):
    """The first line of every file of a journal but the very first. number: of this file, from 2."""

    kind: Literal["segment"]
    number: Annotated[int, Field(ge=2)]
    before: Before


_KINDS: dict[str, type[Line]] = {
    "judgment": JudgmentLine,
    "feedback": FeedbackLine,
    "policy": PolicyLine,
    "candidate": CandidateLine,
    "window": WindowLine,
    "epoch": EpochLine,
    "epoch_undone": EpochUndoneLine,
    "segment": SegmentLine,
}


#: before a policy's line had a form, it could hold anything; one of a judgment has that form
_FREE_POLICY: JsonDict = {"not": {"required": ["judgment"], "properties": {"kind": {"const": "policy"}}}}


class OtherLine(Line):
    """A line of another kind, carried as it is."""

    model_config = ConfigDict(json_schema_extra=_FREE_POLICY)

    kind: Annotated[
        str,
        Field(
            min_length=1, json_schema_extra={"not": {"enum": [kind for kind in _KINDS if kind != "policy"]}}
        ),
    ]


def _model_of(members: dict[str, Any]) -> type[Line]:
    kind = members.get("kind")
    if not isinstance(kind, str) or (kind == "policy" and "judgment" not in members):
        return OtherLine
    return _KINDS.get(kind, OtherLine)


def parse_line(line: bytes) -> Line:
    """The event in a line without its newline. Raises DamagedLineError."""
    members = decode_line(line)
    model = _model_of(members)
    try:
        return model.model_validate(members)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        place = "/".join(map(str, first["loc"]))
        raise DamagedLineError(f"/{place}: {first['msg']}") from exc


def journal_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of one line of the journal."""
    known = (
        JudgmentLine
        | FeedbackLine
        | PolicyLine
        | CandidateLine
        | WindowLine
        | EpochLine
        | EpochUndoneLine
        | SegmentLine
    )
    schema = TypeAdapter(known | OtherLine).json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of judgments.jsonl",
        **schema,
    }
