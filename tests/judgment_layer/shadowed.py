"""A controller that can be watched, and what the journal holds of shadows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayesian_verifier.judgment_layer import Fallback

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bayesian_verifier import Journal
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.posterior import Belief


class Own:
    """A controller that does as it is told, and notes in which order."""

    def __init__(self, belief: Belief, act: Callable[[], object] = lambda: None) -> None:
        self.belief = belief
        self.act = act
        self.heard: list[str] = []

    def remember(self, subject: str, belief: Belief, _at: float) -> None:
        self.heard.append(f"remember {subject} {belief.mean}")

    def assess(self, subject: str | None, judgments: Sequence[Judgment], _at: float) -> Fallback:
        self.heard.append(f"assess {subject} {len(judgments)}")
        self.act()
        return Fallback(self.belief, "own", "by its own rule")


def shadows_in(journal: Journal) -> list[dict[str, Any]]:
    assert journal.verify().whole
    return [entry.event.model_dump() for entry in journal.read() if entry.event.kind == "shadow"]  # type: ignore[union-attr]
