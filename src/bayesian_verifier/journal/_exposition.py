"""What do a journal and its ledger tell Prometheus? Counts by kind of event, never by person."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bayesian_verifier.journal._envelope import seconds_since_epoch
from bayesian_verifier.journal._lines import FeedbackLine, JudgmentLine, WindowLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bayesian_verifier.journal._envelope import Line
    from bayesian_verifier.journal._news import New

_PREFIX = "bayesian_verifier_"
Labels = tuple[tuple[str, str], ...]

#: there from the start, at 0, so that a first event is an increase
_BY_VERIFIER: Labels = (("reason", ""), ("source", "verifier"))
_LEDGER_KINDS = ("alarm", "promotion", "rollback")


class Tally:
    """Counts what it hears of a journal and of its ledger."""

    _latest_journal: float
    _latest_ledger: float

    def __init__(self) -> None:
        self._begin_journal()
        self._begin_ledger()

    def hear_journal(self, new: New) -> None:
        """What is new in the journal; everything, where it was cut or compacted."""
        if new.anew:
            self._begin_journal()
        for event in new.events:
            if isinstance(event, JudgmentLine):
                self._judgments[(("reason", event.reason or ""), ("source", event.source))] += 1
            elif isinstance(event, FeedbackLine):
                self._feedback[(("feedback", event.feedback or ""),)] += 1
            elif isinstance(event, WindowLine):
                self._windows[(("trustworthy", str(event.trustworthy).lower()),)] += 1
        self._latest_journal = max([self._latest_journal, *_times(new.events)])

    def hear_ledger(self, new: New) -> None:
        """Likewise of the ledger."""
        if new.anew:
            self._begin_ledger()
        self._operations.update((("kind", event.kind),) for event in new.events)
        self._latest_ledger = max([self._latest_ledger, *_times(new.events)])

    def exposition(self) -> str:
        """All of it in Prometheus's text format."""
        return "".join(
            [
                _family("journal_judgments_total", "Choices made, by who told the risk.", self._judgments),
                _family("journal_feedback_total", "Answers of people.", self._feedback),
                _family("journal_windows_total", "Windows inferred to look for change.", self._windows),
                _family("ledger_events_total", "What operations did.", self._operations),
                _family(
                    "journal_last_event_timestamp_seconds",
                    "When the journal last grew, since the epoch; 0 before.",
                    {(): self._latest_journal},
                ),
                _family(
                    "ledger_last_event_timestamp_seconds",
                    "When the ledger last grew, since the epoch; 0 before.",
                    {(): self._latest_ledger},
                ),
            ]
        )

    def _begin_journal(self) -> None:
        self._judgments: Counter[Labels] = Counter({_BY_VERIFIER: 0})
        self._feedback: Counter[Labels] = Counter()
        self._windows: Counter[Labels] = Counter({(("trustworthy", "true"),): 0})
        self._latest_journal = 0.0

    def _begin_ledger(self) -> None:
        self._operations: Counter[Labels] = Counter({(("kind", kind),): 0 for kind in _LEDGER_KINDS})
        self._latest_ledger = 0.0


def _times(events: Iterable[Line]) -> Iterable[float]:
    return (seconds_since_epoch(event.ts) for event in events)


def _family(name: str, documentation: str, samples: Mapping[Labels, float]) -> str:
    kind = "counter" if name.endswith("_total") else "gauge"
    lines = [f"# HELP {_PREFIX}{name} {documentation}", f"# TYPE {_PREFIX}{name} {kind}"]
    for labels, value in sorted(samples.items()):
        written = ",".join(f'{label}="{_escaped(said)}"' for label, said in labels)
        lines.append(f"{_PREFIX}{name}{{{written}}} {value}" if written else f"{_PREFIX}{name} {value}")
    return "\n".join(lines) + "\n"


def _escaped(said: str) -> str:
    return said.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
