"""`bayesian-verifier experiment`: what does the posterior buy a policy that learns?"""

from __future__ import annotations

import json
import os
import sys
from functools import partial
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
@click.option("--only", multiple=True, help="An arm or a rule; may be given again. All unless given.")
@click.option("--model-store", "store", help="Where the served model lies [BV_MODEL_STORE].")
@with_engine(threads=True)
def run(file: str, into: str | None, only: tuple[str, ...], store: str | None, place: Place) -> None:
    """Carry out an experiment, or go on with it: what is in the folder is not made again."""
    from bayesian_verifier.commands._bars import Bars
    from bayesian_verifier.rl import Beliefs, Experiment, begin, carry_out
    from bayesian_verifier.settings_file import read_table

    experiment = read_table(Experiment, Path(file))
    folder = Path(into) if into else Path("experiments") / experiment.name
    left = begin(experiment, folder)
    todo = [piece for piece in left if not only or piece.name in only]
    with place.entered() as engine, Bars() as bars:
        beliefs = Beliefs(experiment, partial(_belief, experiment, store))
        going = carry_out(experiment, beliefs, todo, folder, engine)
        for done, _ in enumerate(going, start=1):
            bars.tick("policies learned and judged", done, len(todo))
    state = "complete" if len(todo) == len(left) else f"{len(left) - len(todo)} left to do"
    click.echo(f"{folder}: {state}; bayesian-verifier experiment report {folder}")


@command.command(epilog="Example: bayesian-verifier experiment report experiments/small --check")
@click.argument("folder", type=click.Path(file_okay=False, exists=True))
@click.option(
    "--check", is_flag=True, help="Exit with 1 where a seed is missing or a figure does not follow."
)
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with charts here."
)
@click.option(
    "--svg", type=click.Path(dir_okay=False, path_type=Path), help="Write the learning curves here."
)
@click.option("--json", "as_json", is_flag=True, help="Findings for programs.")
def report(folder: str, check: bool, html: Path | None, svg: Path | None, as_json: bool) -> None:
    """Every table and finding from the raw results, as Markdown. What was found does not set the exit code."""
    from bayesian_verifier.rl import report_of

    found = report_of(Path(folder))
    if html is not None:
        from bayesian_verifier.commands._experiment_page import page

        html.write_text(page(found), "utf-8")
    if svg is not None:
        from bayesian_verifier.commands._experiment_charts import curves_chart

        alone = curves_chart(found.results).replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
        svg.write_text(alone + "\n", "utf-8")
    if as_json:
        click.echo(json.dumps({"missing": found.missing, "judged": [one._asdict() for one in found.judged]}))
    else:
        click.echo(found.page, nl=False)
    if check and (found.missing or _differs(Path(folder), found)):
        for one in found.missing:
            click.echo(f"missing: {one}", err=True)
        sys.exit(1)


def _differs(folder: Path, found: Report) -> bool:
    """Whether a committed page says something else than the raw tables do."""
    page = folder / "report.md"
    if not page.exists() or page.read_text("utf-8") == found.page:
        return False
    click.echo(f"{page} does not follow from the tables", err=True)
    return True


def _belief(experiment: Experiment, store: str | None, kind: str) -> Belief:
    from bayesian_verifier.rl import ExactBelief, ServedBelief

    if kind == "exact":
        return ExactBelief(experiment.of_episodes.prior)
    from bayesian_verifier.artifact import ModelStore, load_model
    from bayesian_verifier.settings import model_store, read_settings
    from bayesian_verifier.simulators import load_simulator

    settings = read_settings(dict(os.environ), {"model_store": store})
    models = ModelStore(model_store(settings))
    version = models.current(settings.model_name)
    if version is None:
        raise SettingsError(models.unserved(settings.model_name))
    model = load_model(models.path(settings.model_name, version))
    return ServedBelief(model, load_simulator(model.manifest.simulator))
