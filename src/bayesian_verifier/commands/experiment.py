"""`bayesian-verifier experiment`: what does the posterior buy a policy that learns?"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bayesian_verifier.commands._engines import Place, with_engine
from bayesian_verifier.errors import SettingsError

if TYPE_CHECKING:
    from bayesian_verifier.rl import Belief, Experiment, Report


@click.group(name="experiment", short_help="Compare policies that know the person more or less.")
def command() -> None:
    """Policies with and without the posterior, side by side: docs/rl.md.

    Example: bayesian-verifier experiment run configs/rl/small.toml
    """


@command.command(
    epilog="Example: bayesian-verifier experiment run configs/rl/small.toml --into experiments/small"
)
@click.argument("file", type=click.Path(dir_okay=False))
@click.option(
    "--into", help="Folder of the results; experiments/NAME unless given.", type=click.Path(file_okay=False)
)
@click.option("--model-store", "store", help="Where the served model lies [BV_MODEL_STORE].")
@with_engine
def run(file: str, into: str | None, store: str | None, place: Place) -> None:
    """Carry out an experiment, or go on with it: what is in the folder is not made again."""
    from bayesian_verifier.commands._bars import Bars
    from bayesian_verifier.rl import Experiment, begin, carry_out
    from bayesian_verifier.settings_file import read_table

    experiment = read_table(Experiment, Path(file))
    folder = Path(into) if into else Path("experiments") / experiment.name
    todo = begin(experiment, folder)
    with place.entered() as engine, Bars() as bars:
        made = carry_out(experiment, _belief(experiment, store), todo, folder, engine)
        for done, _ in enumerate(made, start=1):
            bars.tick("policies learned and judged", done, len(todo))
    click.echo(f"{folder}: complete; bayesian-verifier experiment report {folder}")


@command.command(epilog="Example: bayesian-verifier experiment report experiments/small --check")
@click.argument("folder", type=click.Path(file_okay=False, exists=True))
@click.option(
    "--check", is_flag=True, help="Exit with 1 where a seed is missing or a figure does not follow."
)
@click.option("--json", "as_json", is_flag=True, help="Findings for programs.")
def report(folder: str, check: bool, as_json: bool) -> None:
    """Every table and finding from the raw results, as Markdown. What was found does not set the exit code."""
    from bayesian_verifier.rl import report_of

    found = report_of(Path(folder))
    if as_json:
        click.echo(json.dumps({"missing": found.missing, "judged": [one._asdict() for one in found.judged]}))
    else:
        click.echo(found.page)
    if check and (found.missing or _differs(Path(folder), found)):
        for one in found.missing:
            click.echo(f"missing: {one}", err=True)
        sys.exit(1)


def _differs(folder: Path, found: Report) -> bool:
    """Whether a committed page says something else than the raw tables do."""
    page = folder / "report.md"
    if not page.exists() or page.read_text("utf-8") == found.page + "\n":
        return False
    click.echo(f"{page} does not follow from the tables", err=True)
    return True


def _belief(experiment: Experiment, store: str | None) -> Belief:
    from bayesian_verifier.rl import ExactBelief, ServedBelief

    if experiment.belief == "exact":
        return ExactBelief(experiment.of_episodes.prior)
    from bayesian_verifier.artifact import ModelStore, load_model
    from bayesian_verifier.settings import model_store, read_settings
    from bayesian_verifier.simulators import load_simulator

    settings = read_settings(dict(os.environ), {"model_store": store})
    models = ModelStore(model_store(settings))
    version = models.current(settings.model_name)
    if version is None:
        raise SettingsError(f"{models.root}: {settings.model_name} has no current version")
    model = load_model(models.path(settings.model_name, version))
    return ServedBelief(model, load_simulator(model.manifest.simulator))
