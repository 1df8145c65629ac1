"""What may a policy be told of a choice beside its lotteries: what options cost, what it is about, what could be asked?

All of it is the caller's to say; nothing is known of it here. What is left out is as at the beginning of an episode
in which nothing costs anything: docs/rl.md, "The environment".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bayesian_verifier.errors import CallerError, InvalidEvidenceError, Violation
from bayesian_verifier.judgment import Case  # noqa: TC001 pydantic reads the annotations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

Share = Annotated[float, Field(ge=0.0, le=1.0)]

#: a question is asked in threes, of two options each
QUESTIONS = 3
#: the stake of a decision that matters most
GREATEST_STAKE = 3.0
_MOST_VIOLATIONS = 32


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class OptionCosts(_Frozen):
    """What an option costs that its lottery does not say: latency and energy, each from 0 to 1."""

    latency: Share = 0.0
    energy: Share = 0.0


class Surroundings(_Frozen):
    """Of one choice.

    options: costs of each, in the case's order; empty where none costs anything.   stake: 0 to 3, usually 0.5.
    time: share of the episode that is over.   battery: 1 full, 0 empty.
    last_action: 0 to 2 for the option chosen before, 3 for an ask, None at the beginning.
    last_feedback: 1 approved, -1 rejected, 0 unheard; the mean of three after an ask.
    questions: three choices between two options each that the person could be asked about first; empty: nothing can
    be asked.   asked: whether they were.
    """

    options: Annotated[tuple[OptionCosts, ...], Field(strict=False, max_length=8)] = ()
    stake: Annotated[float, Field(ge=0.0, le=GREATEST_STAKE)] = 0.5
    time: Share = 0.0
    battery: Share = 1.0
    last_action: Annotated[int, Field(ge=0, le=3)] | None = None
    last_feedback: Annotated[float, Field(ge=-1.0, le=1.0)] = 0.0
    questions: Annotated[tuple[Case, ...], Field(strict=False, max_length=QUESTIONS)] = ()
    asked: bool = False

    @model_validator(mode="after")
    def _asks_in_threes(self) -> Self:
        if len(self.questions) not in (0, QUESTIONS):
            raise ValueError(f"expected no question or {QUESTIONS}, got {len(self.questions)}")
        for question in self.questions:
            low, high = question.wealth_range
            if len(question.options) != 2 or low != high:  # noqa: PLR2004 this or that
                raise ValueError("expected questions between two options at one wealth")
        return self

    @property
    def may_ask(self) -> bool:
        """Whether there is something to ask that was not asked yet."""
        return bool(self.questions) and not self.asked


def surroundings_of(raw: Surroundings | Mapping[str, object] | None, case: Case) -> Surroundings:
    """What a caller said of a case. Raises InvalidEvidenceError naming what is wrong with it."""
    if raw is None:
        return Surroundings()
    try:
        found = raw if isinstance(raw, Surroundings) else Surroundings.model_validate(raw)
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False, include_context=False)
        raise InvalidEvidenceError(
            [
                Violation("".join(f"/{part}" for part in one["loc"]), one["type"], one["msg"])
                for one in errors[:_MOST_VIOLATIONS]
            ]
        ) from exc
    if found.options and len(found.options) != len(case.options):
        raise CallerError(
            f"/options: expected costs of {len(case.options)} options or of none, got {len(found.options)}"
        )
    return found
