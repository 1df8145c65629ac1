"""`drift limits`: how soon is it noticed that the population drifts, and how often by chance?"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from bayesian_verifier.commands._configs import config_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.drift import LimitRow

_MISSED = 1


@click.command(
    name="limits",
    epilog="Example: bayesian-verifier drift limits --runs 20\n\n"
    "Exits with 1 when a limit is crossed by chance more often than is promised.",
)
@click.option("--settings", "settings_file", type=click.Path(), help="Instead of configs/drift.toml.")
@click.option("--runs", type=click.IntRange(min=5), default=50, show_default=True, help="Runs a row.")
@click.option(
    "--windows",
    type=click.IntRange(min=100),
    default=2000,
    show_default=True,
    help="Where a run is cut short.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def limits_command(settings_file: str | None, runs: int, windows: int, as_json: bool) -> None:
    """Windows until a measure of the population is raised, or is back, by simulation, for the settings there are."""
    from bayesian_verifier.commands._bars import Bars
    from bayesian_verifier.drift import DriftSettings, evaluate_limits
    from bayesian_verifier.settings_file import read_table

    settings = read_table(DriftSettings, config_file(settings_file, "drift.toml"))
    with Bars() as bars:
        rows = evaluate_limits(settings.population, runs=runs, windows=windows, tick=bars.tick)
    missed = [one for one in rows if one.misses(runs)]
    if as_json:
        document = {"rows": [one._asdict() for one in rows], "passes": not missed}
        click.echo(json.dumps(document, indent=1, allow_nan=False))
    else:
        _print(rows, windows)
        for one in missed:
            click.echo(
                f"missed: {one.measure} is {one.asked} at {one.value:g} in {one.crossed:.0%} of runs, "
                f"promised: {one.promised:.0%}"
            )
        click.echo("does not hold what it promises" if missed else "holds what it promises")
    sys.exit(_MISSED if missed else 0)


def _print(rows: Sequence[LimitRow], windows: int) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Windows until a limit is crossed, of {windows:,}")
    for name in ("measure", "asked", "at", "crossed", "promised", "after"):
        table.add_column(name, justify="left" if name in {"measure", "asked"} else "right")
    for one in rows:
        table.add_row(
            one.measure,
            one.asked,
            f"{one.value:.3g}",
            f"{one.crossed:.0%}",
            "" if one.promised is None else f"≤ {one.promised:.0%}",
            "" if one.windows is None else f"{one.windows:.0f}",
        )
    Console(width=None if sys.stdout.isatty() else 110).print(table)
