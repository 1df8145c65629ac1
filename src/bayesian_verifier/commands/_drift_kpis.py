"""How are the KPIs shown: to people, to programs, and to Prometheus through a file?"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayesian_verifier.errors import OperatorError
from bayesian_verifier.retraining import Spread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bayesian_verifier.retraining import Kpis

PREFIX = "bayesian_verifier_kpi_"
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0


def kpis_of(journal: Path, ledger: Path, settings_file: str | None) -> Kpis:
    """Of two files. Raises JournalError, SettingsError."""
    from bayesian_verifier.commands._configs import config_file
    from bayesian_verifier.journal import News
    from bayesian_verifier.retraining import RetrainingSettings, kpis, operations
    from bayesian_verifier.settings_file import read_table

    settings = read_table(RetrainingSettings, config_file(settings_file, "retraining.toml"))
    books = News(journal), News(ledger)
    events, told = (one.read().events for one in books)
    for one in books:
        one.close()
    return kpis(operations(told), events, time.time(), settings.trigger)


def kpis_document(found: Kpis) -> dict[str, Any]:
    """As programs read it."""
    return {
        name: value._asdict() if isinstance(value, Spread) else value
        for name, value in found._asdict().items()
    }


def print_kpis(found: Kpis) -> None:
    """For people."""
    from rich.console import Console
    from rich.table import Table

    table = Table("", "times", "median", "longest", title="KPIs")
    for column in table.columns[1:]:
        column.justify = "right"
    rate = "none yet" if found.drift_rate is None else f"{found.drift_rate:.2f} in 1,000 windows"
    rows = [
        ("drift to alarm", found.delay_seconds, _duration),
        ("… in windows of 16 answers", found.delay_windows, "{:.1f}".format),
        ("… in answers", found.delay_answers, "{:.0f}".format),
        ("enough alarms to challenger", found.alarm_to_challenger, _duration),
        ("challenger to promotion", found.challenger_to_promotion, _duration),
        ("fault to fallback, ms a person waits", found.fallback_ms, "{:.1f}".format),
        ("fallback to the service's next answer", found.outage_to_back, _duration),
    ]
    for name, spread, told in rows:
        shown = ("–" if value is None else told(value) for value in (spread.median, spread.longest))
        table.add_row(name, str(spread.times), *shown)
    console = Console()
    console.print(table)
    console.print(
        f"drift rate: {rate} ({found.alarms} alarms, {found.windows} windows); "
        f"{found.share_alarmed:.1%} of people with an alarm lately"
    )
    console.print(
        f"{found.trainings} trainings, {found.promotions} promotions, {found.rollbacks} rollbacks; "
        f"{found.outages} outages" + (f", {found.lasting} not over yet" if found.lasting else "")
    )


def write_prometheus(found: Kpis, file: Path) -> None:
    """For the textfile collector of node_exporter: gauges, all or nothing. Raises OperatorError."""
    lines = [
        line
        for name, value in _flat(kpis_document(found) | {"written_timestamp_seconds": time.time()})
        for line in (f"# TYPE {PREFIX}{name} gauge", f"{PREFIX}{name} {value!r}")
    ]
    try:
        handle, scratch = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write("\n".join(lines) + "\n")
        Path(scratch).chmod(0o644)
        Path(scratch).replace(file)
    except OSError as exc:
        raise OperatorError(f"{file}: cannot be written: {exc.strerror or exc}") from exc


def _flat(document: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Names and values; of what is not known there is no line."""
    found = []
    for name, value in document.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        found += [(f"{name}_{part}" if part else name, one) for part, one in parts if one is not None]
    return found


def _duration(seconds: float) -> str:
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.1f} s"
