"""Which questions were two models asked, which of their versions, and what did people answer next?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.journal import CandidateLine, FeedbackLine, JudgmentLine, as_evidence
from bayesian_verifier.judgment import has_advantage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bayesian_verifier.journal import Line
    from bayesian_verifier.judgment import Judgment


class Versions(NamedTuple):
    """Of the model that answers and of the candidate; None for one that never answered."""

    served: str | None
    candidate: str | None


class Question(NamedTuple):
    """What both were asked.

    answer: the judgment as the person first answered it, None where they did not, or the answer tells nothing.
    at: of that answer.
    """

    line: CandidateLine
    answer: Judgment | None = None
    at: str = ""


class BothAnswered(NamedTuple):
    """The questions of the newest two versions, in the journal's order; calls of other versions beside them."""

    versions: Versions
    questions: tuple[Question, ...]
    others: int


def both_answered(events: Iterable[Line]) -> BothAnswered | None:
    """What a journal holds of a candidate; None where none was asked.

    A call that had no answer is of the version that answered before it.
    """
    made: dict[str, JudgmentLine] = {}
    told: dict[str, FeedbackLine] = {}
    lines: list[CandidateLine] = []
    for one in events:
        if isinstance(one, JudgmentLine):
            made.setdefault(one.id, one)
        elif isinstance(one, FeedbackLine):
            before = told.get(one.judgment)
            if before is None or one.order < before.order:
                told[one.judgment] = one
        elif isinstance(one, CandidateLine):
            lines.append(one)
    if not lines:
        return None
    of = list(_versions(lines))
    own = [line for line, versions in zip(lines, of, strict=True) if versions == of[-1]]
    questions = tuple(_question(line, made, told) for line in own)
    return BothAnswered(of[-1], questions, len(lines) - len(own))


def _versions(lines: Sequence[CandidateLine]) -> Iterator[Versions]:
    served = _filled([line.served.model_version for line in lines])
    candidate = _filled([line.candidate.model_version for line in lines])
    return map(Versions, served, candidate)


def _filled(versions: Sequence[str | None]) -> Iterator[str | None]:
    """Each as it is, else the one before it, else the first there is."""
    last = next((one for one in versions if one is not None), None)
    for one in versions:
        last = last if one is None else one
        yield last


def _question(line: CandidateLine, made: dict[str, JudgmentLine], told: dict[str, FeedbackLine]) -> Question:
    of, answer = made.get(line.judgment or ""), told.get(line.judgment or "")
    if of is None or answer is None:
        return Question(line)
    judgment = as_evidence(of, answer)
    if judgment is None or judgment.feedback is None:
        return Question(line)
    tells = judgment.verdict != "refuted" and has_advantage(judgment)
    return Question(line, judgment, answer.ts) if tells else Question(line)
