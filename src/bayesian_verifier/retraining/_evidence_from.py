"""From when on are a person's answers evidence? Events `epoch` and `epoch_undone` of the journal say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bayesian_verifier.journal import Line


class EvidenceFrom:
    """The newest epoch of each subject that was not undone, as far as events have been heard."""

    def __init__(self) -> None:
        self._begun: dict[str, list[tuple[str, str]]] = {}  # (id, from) of each subject's epochs, in order
        self._undone: set[str] = set()

    def hear(self, line: Line) -> None:
        """Note an event; those of another kind say nothing here."""
        if line.kind == "epoch":
            told = line.model_dump(by_alias=True)
            subject, since = told.get("subject"), told.get("from")
            if isinstance(subject, str) and isinstance(since, str):
                self._begun.setdefault(subject, []).append((line.id, since))
        elif line.kind == "epoch_undone":
            self._undone.add(str(line.model_dump(by_alias=True).get("epoch")))

    def of(self, subject: str) -> str:
        """The timestamp that evidence begins with; "" where all of it counts."""
        return next(
            (since for id_, since in reversed(self._begun.get(subject, ())) if id_ not in self._undone), ""
        )
