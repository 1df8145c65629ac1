"""What is a journal like in which others have been judged ten thousand times?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesian_verifier import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.judgment import Case
    from bayesian_verifier.posterior import Belief


def crowded(folder: Path, case: Case, belief: Belief, judgments: int = 10_000) -> Path:
    """A journal with so many judgments of a hundred people, and no answer."""
    journal = Journal(folder / "crowded.jsonl", fsync="never")
    for number in range(judgments):
        append_one(journal, f"person {number % 100}", case, belief)
    return journal.path


def append_one(journal: Journal, subject: str, case: Case, belief: Belief) -> None:
    """A judgment line of some 700 bytes."""
    journal.append_judgment(
        subject=subject,
        case=case,
        chosen=0,
        verdict="proved",
        posterior=belief,
        source="verifier",
        reason=None,
        model_version="m",
        meta_comment="x" * 120,
    )
