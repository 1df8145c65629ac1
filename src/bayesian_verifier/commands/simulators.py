"""`bayesian-verifier simulators`: which are installed, and does one keep what the protocol promises?"""

from __future__ import annotations

import json
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.simulators import Finding
    from bayesian_verifier.simulators.executor import Gap


@click.group(name="simulators", short_help="List simulators, and check one.")
def command() -> None:
    """Simulators are plug-ins: any installed package may offer some.

    Example: bayesian-verifier simulators list
    """


@command.command("list", epilog="Example: bayesian-verifier simulators list --json")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_simulators(as_json: bool) -> None:
    """Every installed simulator, the package that brings it, and its parameters, or why it cannot be loaded."""
    from bayesian_verifier.errors import SettingsError
    from bayesian_verifier.simulators import installed_simulators, load_simulator

    rows: list[dict[str, Any]] = []
    for name, package in installed_simulators().items():
        try:
            told: dict[str, Any] = {"parameters": [one.name for one in load_simulator(name).parameters]}
        except SettingsError as exc:
            told = {"parameters": [], "fault": str(exc)}
        rows.append({"name": name, "package": package, **told})
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("name", "package", "parameters")
    for row in rows:
        table.add_row(row["name"], row["package"], escape(row.get("fault") or ", ".join(row["parameters"])))
    Console().print(table)


@command.command(
    epilog="Example: bayesian-verifier simulators check lottery\n\nExits with 1 when something is not as it must be."
)
@click.argument("name")
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Of all that is drawn."
)
@click.option(
    "--people",
    default=400,
    show_default=True,
    type=click.IntRange(min=50),
    help="Simulated to see whether more judgments tell more.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def check(name: str, seed: int, people: int, as_json: bool) -> None:
    """The conformance kit: shapes, seeds, prior, features, additivity, state, speed, identifiability."""
    from bayesian_verifier.commands._bars import Bars
    from bayesian_verifier.simulators import conformance, load_simulator

    simulator = load_simulator(name)
    with Bars() as bars:
        found = conformance(
            simulator, name, seed=seed, clock=time.process_time, people=people, tick=bars.late_tick
        )
    _tell(name, found, as_json=as_json)
    sys.exit(0 if all(one.passed for one in found) else 1)


def _tell(name: str, found: Sequence[Finding], *, as_json: bool) -> None:
    passed = all(one.passed for one in found)
    if as_json:
        rows = [one._asdict() for one in found]
        click.echo(json.dumps({"simulator": name, "passed": passed, "findings": rows}, allow_nan=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("check", "", "found", title=f"Conformance of {name}")
    for one in found:
        table.add_row(one.check, "✓" if one.passed else "✗", one.said)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    failed = sum(not one.passed for one in found)
    console.print("conforms" if passed else f"{failed} of {len(found)} checks failed")


@command.command(
    epilog="Example: bayesian-verifier simulators record cartpole.jsonl --gymnasium CartPole-v1 --runs 40"
)
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--gymnasium", metavar="ID", help="A registered environment; each discrete action is a plan.")
@click.option(
    "--process", metavar="COMMAND", help="A program that speaks the protocol of docs/simulators.md."
)
@click.option("--jobs", is_flag=True, help="The bundled job runner; FILE holds runs (gzip), not situations.")
@click.option("--runs", default=64, show_default=True, type=click.IntRange(min=1), help="Of every plan.")
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Of all that is drawn."
)
def record(file: str, gymnasium: str | None, process: str | None, jobs: bool, runs: int, seed: int) -> None:
    """Have an executor's plans carried out, and write down what they brought."""
    import numpy as np

    from bayesian_verifier.commands._bars import Bars
    from bayesian_verifier.simulators.executor import (
        PLANS,
        GymnasiumExecutor,
        JobRunner,
        ProcessExecutor,
        recorded,
        write_runs,
        write_situations,
    )

    if sum((gymnasium is not None, process is not None, jobs)) != 1:
        raise click.UsageError("one of --gymnasium, --process and --jobs says whose plans they are")
    with Bars() as bars:
        if jobs:
            done = []
            for run in JobRunner(time.monotonic).rounds(np.random.default_rng(seed), runs):
                done.append(run)
                bars.tick("runs", len(done), runs * len(PLANS))
            write_runs(Path(file), done)
        elif process is not None:
            with ProcessExecutor(shlex.split(process)) as executor:
                write_situations(Path(file), [recorded(executor, runs, seed, bars.tick)])
        elif gymnasium is not None:
            one = recorded(GymnasiumExecutor.of_id(gymnasium), runs, seed, bars.tick)
            write_situations(Path(file), [one])
    click.echo(f"wrote {file}")


@command.command(
    epilog="Example: bayesian-verifier simulators gap --runs 10\n\nExits with 1 where live runs differ."
)
@click.option(
    "--recorded",
    type=click.Path(exists=True, dir_okay=False),
    help="Instead of the runs that ship with the package.",
)
@click.option(
    "--runs", default=10, show_default=True, type=click.IntRange(min=1), help="Live runs of every plan."
)
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(min=0), help="Of who is taken away when."
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def gap(recorded: str | None, runs: int, seed: int, as_json: bool) -> None:
    """Carry out the bundled job runner's plans here and now: do they take what the recorded runs took?"""
    import numpy as np

    from bayesian_verifier.commands._bars import Bars
    from bayesian_verifier.simulators.executor import PLANS, RECORDED, JobRunner, agree, gaps, read_runs

    then = read_runs(RECORDED if recorded is None else Path(recorded))
    now = []
    rng = np.random.default_rng(seed)
    with Bars() as bars:
        for run in JobRunner(time.monotonic).rounds(rng, runs):
            now.append(run)
            bars.tick("live runs", len(now), runs * len(PLANS))
    found = gaps(then, now, rng)
    _tell_gaps(found, as_json=as_json)
    sys.exit(0 if agree(found) else 1)


def _tell_gaps(found: Sequence[Gap], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([one._asdict() for one in found]))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("plan", "recorded", "live", "median then", "median now", "KS distance", "p")
    for one in found:
        numbers = [f"{value:.3f}" for value in (one.recorded_median, one.live_median, one.distance, one.p)]
        table.add_row(one.plan, str(one.recorded), str(one.live), *numbers)
    console = Console()
    console.print(table)
    console.print("processor time in yardsticks: that of the same job left alone", style="dim")
