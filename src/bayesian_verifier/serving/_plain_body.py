"""What does a body ask that breaks no rule and repeats no name, read in one pass?

Most bodies are like that. Whatever is not, or cannot be told to be, is left to `read_question`, which finds the words.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, FailFast, Field, ValidationError

from bayesian_verifier.judgment import Judgment  # noqa: TC001 - pydantic reads the annotation
from bayesian_verifier.serving._limits import MAX_DRAWS, MAX_JUDGMENTS, MAX_SEED, MAX_STATE_CHARACTERS


class Question(NamedTuple):
    """One posterior asked for.

    judgments: new evidence, 0–512.   state: base64url text an earlier reply gave, or None.
    draws: 0–4096.   seed: 0…2^53−1, or None to have one made.
    """

    judgments: list[Judgment]
    state: str | None
    draws: int
    seed: int | None


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    judgments: Annotated[list[Judgment], FailFast(), Field(max_length=MAX_JUDGMENTS)]
    state: Annotated[str, Field(max_length=MAX_STATE_CHARACTERS)] | None = None
    draws: Annotated[int, Field(ge=0, le=MAX_DRAWS)] | None = None
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None


def read_plainly(body: bytes) -> Question | None:
    """What a body asks; None where another look is needed to tell whether it may, or why not."""
    if b"\\" in body:
        return None
    try:
        read = _Body.model_validate_json(body)
    except ValidationError:
        return None
    # a name that was given twice was read once, and its colon is one too many
    names = len(read.model_fields_set) + sum(map(_names, read.judgments))
    colons = body.count(b":")
    if colons != names and colons != names + sum(map(_colons, read.judgments)):
        return None
    return Question(read.judgments, read.state, read.draws or 0, read.seed)


def _names(judgment: Judgment) -> int:
    """How many names of fields a judgment was written with; outcomes have two, neither of which may be left out."""
    count = len(judgment.model_fields_set)
    for option in judgment.options:
        count += 1 + 2 * len(option.outcomes)
    return count


def _colons(judgment: Judgment) -> int:
    """How many colons stand within its texts."""
    return sum(text.count(":") for text in (judgment.id, judgment.subject, judgment.ts) if text is not None)
