"""How do a decision, and the answer to it, become lines of the journal?"""

from __future__ import annotations

import json
import uuid
from functools import partial
from typing import TYPE_CHECKING

from bayesian_verifier.journal import RecordedPosterior
from bayesian_verifier.judgment_layer._expectation import FURTHER
from bayesian_verifier.judgment_layer._recorder import Line
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from bayesian_verifier.journal import Journal
    from bayesian_verifier.judgment import Case, Feedback
    from bayesian_verifier.judgment_layer._choice import Choice
    from bayesian_verifier.judgment_layer._ranking import Ranked
    from bayesian_verifier.judgment_layer._values import Assessment
    from bayesian_verifier.policy import ABTest

# what a line holds beside case, comment and subject; of a further trait; what that of an answer holds
_REST, _TRAIT = 550, 150
_ANSWER = 300


def judgment_line(
    journal: Journal,
    subject: str | None,
    case: Case,
    choice: Choice,
    assessment: Assessment,
    *,
    comment: str,
    event_id: str,
    at: int,
    ranked: Ranked,
    ab_test: ABTest | None,
) -> Line:
    """The line of a judgment made at so many nanoseconds since 1970."""
    others = _others(assessment)
    write = partial(
        journal.append_judgment,
        subject=subject,
        case=case,
        chosen=choice.chosen,
        verdict=choice.verdict,
        posterior=Belief(assessment.mean, assessment.sd, assessment.quantiles),
        source=assessment.source,
        reason=assessment.reason,
        model_version=assessment.model_version,
        meta_comment=comment,
        tried=choice.tried,
        values=choice.values,
        more={
            "trace_id": assessment.trace_id,
            "breaker": assessment.breaker,
            "elapsed_ms": round(assessment.elapsed_ms, 3),
            **({} if assessment.epoch is None else {"epoch": assessment.epoch}),
            **({} if not others else {"others": others}),
            **({} if ranked.scored is None else {"policy": ranked.scored.policy}),
            **(
                {}
                if ab_test is None or ranked.arm is None
                else {"experiment": {"name": ab_test.name, "arm": ranked.arm, "share": ab_test.share}}
            ),
        },
        event_id=event_id,
        at=at,
    )

    def size() -> int:
        told = len(comment) + len(subject or "") + _TRAIT * len(others)
        return len(case.model_dump_json(exclude_none=True)) + told + _REST

    return Line(write, event_id, size)


def _others(assessment: Assessment) -> dict[str, object]:
    """What is believed of further traits that a choice goes by."""
    return {
        name: RecordedPosterior.of(assessment.others[name]).model_dump(mode="json")
        for name in FURTHER
        if name in assessment.others
    }


def policy_line(journal: Journal, fields: dict[str, object], at: int) -> Line:
    """The line of what a policy made of a choice, beside that of the judgment."""
    write = partial(journal.append, "policy", fields, event_id=uuid.uuid4().hex, at=at)
    return Line(write, None, lambda: len(json.dumps(fields, ensure_ascii=False)) + _ANSWER)


def answer_line(
    journal: Journal, judgment_id: str, feedback: Feedback | None, reward: float | None, at: int
) -> Line:
    """The line of what a person said of a judgment at so many nanoseconds since 1970."""
    event_id = uuid.uuid4().hex
    write = partial(journal.append_feedback, judgment_id, feedback, reward, event_id=event_id, at=at)
    return Line(write, None, lambda: _ANSWER)
