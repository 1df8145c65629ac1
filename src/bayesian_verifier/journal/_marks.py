"""Are these the judgments that were counted before? A mark names a list of judgments and their answers.

The mark of a list is the digest of the mark of all but the last and of what is evidence in the last, so that
the marks of every beginning of a list cost one digest each, and a longer list adds only its own. Equal marks
mean equal evidence in the same order (BLAKE2b, RFC 7693, 128 bits).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bayesian_verifier.judgment import Judgment

# what a posterior depends on: who the person is, and when it was, does not belong to it
EVIDENCE_FIELDS = frozenset(("wealth", "options", "chosen", "feedback", "reward", "verdict", "times_tried"))

_FIELDS = set(EVIDENCE_FIELDS)
_BYTES = 16


def mark_after(mark: bytes, judgment: Judgment) -> bytes:
    """The mark of a list that goes on with a judgment; `mark` is that of the list before, b"" for none."""
    content = judgment.model_dump_json(include=_FIELDS, exclude_none=True)
    return blake2b(mark + content.encode(), digest_size=_BYTES).digest()


def marks_of(judgments: Iterable[Judgment]) -> tuple[bytes, ...]:
    """The marks of the lists of the first one, the first two, … and of all judgments."""
    marks, mark = [], b""
    for judgment in judgments:
        mark = mark_after(mark, judgment)
        marks.append(mark)
    return tuple(marks)
