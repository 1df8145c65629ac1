"""What does `drift report` print?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from bayesian_verifier.commands._drift_epochs import epoch_document
from bayesian_verifier.drift import MEASURES, population_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from bayesian_verifier.drift import Alarm, Change, DriftSummary, OfSubject, OfWindow
    from bayesian_verifier.posterior import Belief


def summary_document(found: DriftSummary) -> dict[str, Any]:
    """As JSON has it."""
    return {
        **found._asdict(),
        "subjects": [_subject_document(one) for one in found.subjects],
        "epochs": [epoch_document(one) for one in found.epochs],
        "population": [one._asdict() for one in found.population],
        "crossings": [population_fields(one) for one in found.crossings],
        "trends": [one._asdict() for one in found.trends],
        "contradictions": [one._asdict() for one in found.contradictions],
    }


def _subject_document(one: OfSubject) -> dict[str, Any]:
    return {
        **one._asdict(),
        "last": _belief(one.last),
        "change": _change(one.change),
        "alarms": [alarm._asdict() for alarm in one.alarms],
        "series": [_window_document(window) for window in one.series],
        "epochs": [epoch_document(epoch) for epoch in one.epochs],
        "others": {
            name: {"last": _belief(other.last), "statistic": other.statistic}
            for name, other in one.others.items()
        },
    }


def _window_document(one: OfWindow) -> dict[str, Any]:
    return {**one._asdict(), "belief": _belief(one.belief), "change": _change(one.change)}


def _change(one: Change | None) -> dict[str, Any] | None:
    return None if one is None else {**one._asdict(), "divergences": one.divergences._asdict()}


def _belief(one: Belief) -> dict[str, Any]:
    return {"mean": one.mean, "sd": one.sd, "quantiles": list(one.quantiles)}


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
        if any(one.others for one in found.subjects[:most]):
            console.print(_others(found.subjects[:most]))
        if len(found.subjects) > most:
            console.print(f"and {len(found.subjects) - most} more (--last, --json)")
    for standing in found.population:
        if standing.raised and standing.value is not None:
            console.print(
                f"[red]{standing.measure}[/red] {standing.value:.3g} is above its limit of {standing.above:g}: "
                f"{MEASURES[standing.measure].says}"
            )
    console.print(f"{found.windows} windows, {found.untrustworthy:.0%} of them doubted by their own checks")
    for source, share in found.answered_by.items():
        console.print(f"{share:6.1%} of {found.judgments} judgments by {source}")


def _cells(one: OfSubject) -> tuple[str, ...]:
    change = one.change
    alarms = [f"{moved(alarm)} since {alarm.change_began[:10]}" for alarm in one.alarms]
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


def moved(alarm: Alarm) -> str:
    """How far, and in which parameter where that is not risk aversion."""
    said = f"{alarm.moved:+.2f}"
    return said if alarm.parameter == "risk_aversion" else f"{said} in {alarm.parameter}"


def _others(subjects: Sequence[OfSubject]) -> Table:
    from rich.table import Table

    table = Table(title="Further parameters; R above is the mean over all of somebody's")
    for name in ("subject", "parameter", "last window", "R"):
        table.add_column(name, justify="left" if name in {"subject", "parameter"} else "right")
    for one in subjects:
        for name, other in one.others.items():
            last = other.last
            table.add_row(one.subject, name, f"{last.mean:.2f} ± {last.sd:.2f}", f"{other.statistic:.3g}")
    return table
