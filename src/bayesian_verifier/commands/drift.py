"""`bayesian-verifier drift`: has somebody changed, and how well would we notice?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bayesian_verifier.commands._configs import config_file
from bayesian_verifier.commands._drift_epochs import epochs_command, open_command, undo_command
from bayesian_verifier.commands._drift_limits import limits_command

if TYPE_CHECKING:
    from rich.table import Table

    from bayesian_verifier.drift import Delay, DriftEvaluation


@click.group(name="drift", short_help="Has somebody changed, and how well would we notice?")
def command() -> None:
    """Change in people and in the population.

    Example: bayesian-verifier drift evaluate
    """


for one in (epochs_command, open_command, undo_command, limits_command):
    command.add_command(one)


@command.command(
    epilog="Example: bayesian-verifier drift watch judgments.jsonl --url http://127.0.0.1:8080\n\n"
    "Writes windows and epochs to the journal and alarms to the ledger; stop it whenever you like."
)
@click.argument("journal", type=click.Path(dir_okay=False))
@click.option(
    "--url", default="http://127.0.0.1:8080", show_default=True, help="The service that infers windows."
)
@click.option("--ledger", default="ledger.jsonl", show_default=True, help="Where alarms are written.")
@click.option("--settings", "settings_file", type=click.Path(), help="Instead of configs/drift.toml.")
@click.option("--every", default=5.0, show_default=True, help="Seconds between two looks.")
@click.option(
    "--once", is_flag=True, help="One look, for cron; exits with 4 where the service cannot be had."
)
@click.option("--json", "as_json", is_flag=True, help="For programs: a line a window.")
def watch(
    journal: str, url: str, ledger: str, settings_file: str | None, every: float, once: bool, as_json: bool
) -> None:
    """Cut people's answers into windows, have them inferred, and say who has changed.

    Whoever has changed gets a new epoch, where the settings say so: see `drift epochs`.
    """
    import time

    from bayesian_verifier.commands._drift_watch import print_told, watcher_of
    from bayesian_verifier.errors import BusyError

    with watcher_of(Path(journal), Path(ledger), url, settings_file) as watcher:
        while True:
            try:
                for told in watcher.react():
                    print_told(told, as_json=as_json)
            except BusyError as exc:
                if once:
                    raise
                click.echo(f"waiting: {exc}", err=True)
            if once:
                return
            time.sleep(every)


@command.command(
    epilog="Example: bayesian-verifier drift report judgments.jsonl --html drift.html\n\n"
    "The page is one file that needs nothing else; it names people as the journal does."
)
@click.argument("journal", type=click.Path(exists=True, dir_okay=False))
@click.option("--settings", "settings_file", type=click.Path(), help="Instead of configs/drift.toml.")
@click.option("--last", type=click.IntRange(min=1), default=20, show_default=True, help="So many subjects.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with charts here."
)
@click.option("--json", "as_json", is_flag=True, help="For programs: all of them.")
def report(journal: str, settings_file: str | None, last: int, html: Path | None, as_json: bool) -> None:
    """Who has changed, who may have, how the population drifts: from the journal alone."""
    from bayesian_verifier.commands._drift_report import print_summary, summary_document
    from bayesian_verifier.drift import DriftSettings, summarise
    from bayesian_verifier.journal import News
    from bayesian_verifier.settings_file import read_table

    settings = read_table(DriftSettings, config_file(settings_file, "drift.toml"))
    found = summarise(News(Path(journal)).read().events, settings)
    if html is not None:
        from bayesian_verifier.commands._drift_page import page

        html.write_text(page(found, last, journal=Path(journal).name), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(summary_document(found), indent=1, allow_nan=False))
    else:
        print_summary(found, last)


@command.command(epilog="Example: bayesian-verifier drift kpis judgments.jsonl --json")
@click.argument("journal", type=click.Path(exists=True, dir_okay=False))
@click.option("--ledger", type=click.Path(dir_okay=False), help="Instead of ledger.jsonl beside the journal.")
@click.option("--settings", "settings_file", type=click.Path(), help="Instead of configs/retraining.toml.")
@click.option(
    "--prometheus",
    type=click.Path(dir_okay=False),
    help="Write them into this file for node_exporter's textfile collector, and print nothing.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def kpis(
    journal: str, ledger: str | None, settings_file: str | None, prometheus: str | None, as_json: bool
) -> None:
    """How often people change, and how soon that is noticed, answered and mended."""
    from bayesian_verifier.commands._drift_kpis import kpis_document, kpis_of, print_kpis, write_prometheus

    there = Path(journal)
    found = kpis_of(there, Path(ledger) if ledger else there.with_name("ledger.jsonl"), settings_file)
    if prometheus:
        write_prometheus(found, Path(prometheus))
    elif as_json:
        click.echo(json.dumps(kpis_document(found), indent=1, allow_nan=False))
    else:
        print_kpis(found)


@command.command(
    epilog="Example: bayesian-verifier drift evaluate --people 200 --windows 2000\n\n"
    "Exits with 1 when the detector misses what the settings ask of it."
)
@click.option("--settings", "settings_file", type=click.Path(), help="Instead of configs/drift.toml.")
@click.option("--people", type=click.IntRange(min=50), help="Simulated people a row.")
@click.option("--windows", type=click.IntRange(min=100), help="Where runs without alarm are cut short.")
@click.option("--plot", type=click.Path(dir_okay=False), help="Draw the figures into this PNG file.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def evaluate(
    settings_file: str | None, people: int | None, windows: int | None, plot: str | None, as_json: bool
) -> None:
    """False alarms and delays of the detector, by simulation, beside other ways to decide."""
    from bayesian_verifier.commands._bars import Bars
    from bayesian_verifier.drift import DriftSettings, Effort, evaluate_drift, misses
    from bayesian_verifier.settings_file import read_table

    asked = read_table(DriftSettings, config_file(settings_file, "drift.toml")).evaluation
    effort = Effort(people or asked.people, windows or asked.windows, asked.seed)
    with Bars() as bars:
        found = evaluate_drift(asked.thresholds, tuple(asked.delays), effort, bars.tick)
    missed = misses(found, asked.delays)
    if plot:
        from bayesian_verifier.commands._drift_plot import draw

        draw(found, Path(plot))
    if as_json:
        click.echo(json.dumps(_plain(found, missed), indent=1, allow_nan=False))
    else:
        _print(found, missed)
    sys.exit(1 if missed else 0)


def _plain(found: DriftEvaluation, missed: list[str]) -> dict[str, object]:
    """The figures as JSON has them."""
    return {
        "run_lengths": [
            {**row._asdict(), "run_lengths": {f"{a:g}": r._asdict() for a, r in row.run_lengths.items()}}
            for row in found.rows
        ],
        "beside": [
            {
                **one._asdict(),
                "run_length": one.run_length._asdict(),
                "delays": {f"{k:g}": d._asdict() for k, d in one.delays.items()},
            }
            for one in found.rivals
        ],
        "quiet_kl_above_0.1": found.quiet_kl,
        "misses": missed,
        "passes": not missed,
    }


def _print(found: DriftEvaluation, missed: list[str]) -> None:
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 110)
    console.print(_run_lengths(found))
    console.print(
        "mean windows to a false alarm, and its one-sided 99% bound; runs are cut short", style="dim"
    )
    console.print(_delays(found))
    console.print(
        f"KL to the window before is above 0.1 in {found.quiet_kl:.0%} of windows in which nothing changed",
        style="dim",
    )
    for miss in missed:
        console.print(f"[red]missed:[/red] {miss}")
    console.print("holds what it promises" if not missed else "does not hold what it promises")


def _run_lengths(found: DriftEvaluation) -> Table:
    from rich.table import Table

    thresholds = list(found.rows[0].run_lengths)
    table = Table(title="Windows to a false alarm where nothing changes")
    table.add_column("people")
    table.add_column("scale", justify="right")
    for threshold in thresholds:
        table.add_column(f"A = {threshold:g}", justify="right")
    for row in found.rows:
        lengths = (row.run_lengths[a] for a in thresholds)
        table.add_row(
            row.population if row.promised else f"{row.population} (no promise)",
            f"{row.variance_scale:.2f}",
            *(f"{one.mean:,.0f} (≥ {one.at_least:,.0f})" for one in lengths),
        )
    return table


def _said(late: Delay) -> str:
    never = f" ({late.missed:.0%} never)" if late.missed else ""
    return f"{late.mean:.2f} ± {late.standard_error:.2f}{never}"


def _delays(found: DriftEvaluation) -> Table:
    from rich.table import Table

    changes = list(found.rivals[0].delays)
    table = Table(title="Windows from a change to its alarm")
    table.add_column("decided by")
    table.add_column("threshold", justify="right")
    table.add_column("false alarm every", justify="right")
    for moved in changes:
        table.add_column(f"{moved:g} prior sd", justify="right")
    for one in found.rivals:
        late = (one.delays[moved] for moved in changes)
        table.add_row(
            one.name,
            f"{one.threshold:.3g}",
            f"{one.run_length.mean:,.0f}",
            *(_said(one) for one in late),
        )
    return table
