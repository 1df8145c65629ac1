"""What does `drift report` print?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bayesian_verifier.drift import DriftSummary, OfSubject


def summary_document(found: DriftSummary) -> dict[str, Any]:
    """As JSON has it."""
    return {**found._asdict(), "subjects": [_subject_document(one) for one in found.subjects]}


def _subject_document(one: OfSubject) -> dict[str, Any]:
    change = one.change
    return {
        **one._asdict(),
        "last": {"mean": one.last.mean, "sd": one.last.sd, "quantiles": list(one.last.quantiles)},
        "change": None
        if change is None
        else {**change._asdict(), "divergences": change.divergences._asdict()},
        "alarms": [alarm._asdict() for alarm in one.alarms],
    }


def print_summary(found: DriftSummary, most: int) -> None:
    """A table of subjects, and a few lines about all."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 110)
    if not found.subjects:
        console.print(
            "no windows yet: `bayesian-verifier drift watch` makes them, once people have answered enough"
        )
    else:
        table = Table(title="Who has changed, then who may have")
        for name in ("subject", "windows", "risk aversion", "change", "KL", "log-loss", "R", "alarms"):
            table.add_column(name, justify="left" if name in {"subject", "alarms"} else "right")
        for one in found.subjects[:most]:
            table.add_row(*_cells(one))
        console.print(table)
        console.print(
            f"change, KL: from the last window but one, in nats; R: alarm at {found.threshold:g}; log-loss: of "
            "feedback, as the window before foresaw it (a coin: 0.69)",
            style="dim",
        )
        if len(found.subjects) > most:
            console.print(f"and {len(found.subjects) - most} more (--last, --json)")
    console.print(f"{found.windows} windows, {found.untrustworthy:.0%} of them doubted by their own checks")
    for source, share in found.answered_by.items():
        console.print(f"{share:6.1%} of {found.judgments} judgments by {source}")


def _cells(one: OfSubject) -> tuple[str, ...]:
    change = one.change
    alarms = [f"{alarm.moved:+.2f} since {alarm.change_began[:10]}" for alarm in one.alarms]
    return (
        one.subject,
        str(one.windows),
        f"{one.last.mean:.2f} ± {one.last.sd:.2f}",
        "" if change is None else f"{change.mean:+.2f}",
        "" if change is None else f"{change.divergences.forward:.2f}",
        "" if one.log_loss is None else f"{one.log_loss:.2f}",
        f"{one.statistic:.3g}",
        ", ".join(alarms),
    )
