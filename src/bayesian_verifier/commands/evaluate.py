"""`bayesian-verifier evaluate`: how good is a model, by the pinned generator and on real people?"""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bayesian_verifier.commands._configs import config_file, simulator_overrides
from bayesian_verifier.commands._engines import Place, with_engine
from bayesian_verifier.commands._report_page import print_figures

if TYPE_CHECKING:
    from bayesian_verifier.training import EvaluationSettings


@click.command(
    epilog="Example: bayesian-verifier evaluate --people examples/andersen2008_people.jsonl\n\n"
    "Exits with 1 when a figure misses the gate of the settings."
)
@click.argument("version", required=False)
@click.option("--model-store", type=click.Path(), help="Instead of BV_MODEL_STORE.")
@click.option("--name", help="Instead of BV_MODEL_NAME.")
@click.option("--settings", "settings_file", type=click.Path(), help="Instead of configs/evaluation.toml.")
@click.option(
    "--people", type=click.Path(exists=True, dir_okay=False), help="JSON lines of real people's judgments."
)
@click.option(
    "--sets", type=click.IntRange(min=1), help="Simulated sets, instead of the number in the settings."
)
@click.option("--calibration-sets", type=click.IntRange(min=0), help="Likewise, for ranks and coverage.")
@click.option(
    "--misfit-people", type=click.IntRange(min=0), help="Likewise, for the power of the misfit check."
)
@click.option(
    "--plots", type=click.Path(file_okay=False), help="Draw the report's plots into this directory."
)
@click.option(
    "--against",
    metavar="CHAMPION",
    help="Let VERSION, a challenger, meet this version instead: the gate's evidence.",
)
@click.option(
    "--journal",
    type=click.Path(exists=True, dir_okay=False),
    help="With --against: people's cases, and their answers since the challenger was trained.",
)
@click.option(
    "--number",
    type=click.IntRange(min=1),
    help="With --against: say what the gate says of the challenger so numbered.",
)
@click.option("--gate", type=click.Path(), help="With --number: [gate] of this, not configs/retraining.toml.")
@click.option("--json", "as_json", is_flag=True, help="The whole report, for programs.")
@with_engine()
def command(
    version: str | None,
    model_store: str | None,
    name: str | None,
    settings_file: str | None,
    people: str | None,
    sets: int | None,
    calibration_sets: int | None,
    misfit_people: int | None,
    plots: str | None,
    against: str | None,
    journal: str | None,
    number: int | None,
    gate: str | None,
    as_json: bool,
    place: Place,
) -> None:
    """Compare VERSION (the current one if not given) with the exact posterior, and check its calibration."""
    if against is None and (journal or number):
        raise click.UsageError("--journal and --number are for --against")
    if gate and number is None:
        raise click.UsageError("--gate needs --number, the challenger's")
    if against is not None and version is None:
        raise click.UsageError("--against needs VERSION, the challenger")
    if against is not None and place.engine != "local":
        raise click.UsageError("--engine says nothing with --against")
    # JAX and BayesFlow tell what they found at every start, which is news to nobody here
    logging.disable(logging.INFO)
    from bayesian_verifier.artifact import read_manifest
    from bayesian_verifier.commands._bars import Bars
    from bayesian_verifier.settings_file import read_table
    from bayesian_verifier.training import EvaluationSettings, evaluate, read_people

    changed = {"sets": sets, "calibration_sets": calibration_sets, "misfit_people": misfit_people}
    changed = {k: v for k, v in changed.items() if v is not None}
    file = config_file(settings_file, "evaluation.toml")
    if against is not None and version is not None:
        asked = read_table(EvaluationSettings, file).model_copy(update=changed)
        _meet(version, against, model_store, name, asked, journal, number, gate, as_json=as_json)
        return
    folder, told = _found(version, model_store, name)
    over = simulator_overrides(read_manifest(folder).simulator, "evaluation")
    asked = read_table(EvaluationSettings, file, over).model_copy(update=changed)
    known, left_out = read_people(Path(people)) if people else (None, 0)
    if plots:
        import matplotlib  # noqa: F401, ICN001 where it is missing that is said before the work, not after it
    # before JAX has threads of its own, as Ray starts processes
    with place.entered() as engine, Bars() as bars:
        network, seed, typicality, misfit = _network(folder)
        report = evaluate(
            network,
            asked,
            seed=seed,
            typicality=typicality,
            misfit=misfit,
            people=known,
            tick=bars.tick,
            engine=engine,
        )
    if plots:
        from bayesian_verifier.training import draw_plots

        Path(plots).mkdir(parents=True, exist_ok=True)
        draw_plots(report, Path(plots))
    figures = {"model": told, "lines_left_out": left_out, **report.to_json()}
    if as_json:
        click.echo(json.dumps(figures, indent=1, allow_nan=False))
    else:
        print_figures(figures)
    sys.exit(1 if report.misses else 0)


def _meet(
    version: str,
    against: str,
    model_store: str | None,
    name: str | None,
    asked: EvaluationSettings,
    journal: str | None,
    number: int | None,
    gate: str | None,
    *,
    as_json: bool,
) -> None:
    """Evidence of the gate, and its verdict where a number is given."""
    from bayesian_verifier.artifact import ModelStore
    from bayesian_verifier.commands._bars import Bars
    from bayesian_verifier.commands._meeting import Pair, gate_evidence, print_evidence
    from bayesian_verifier.retraining import RetrainingSettings, verdict
    from bayesian_verifier.settings import model_store as store_of
    from bayesian_verifier.settings import read_settings
    from bayesian_verifier.settings_file import read_table

    settings = read_settings(dict(os.environ), {"model_store": model_store, "model_name": name})
    pair = Pair.of(ModelStore(store_of(settings)), settings.model_name, against, version)
    with Bars() as bars:
        evidence = gate_evidence(pair, Path(journal) if journal else None, asked, bars)
    if number is not None:
        asked_of_it = read_table(RetrainingSettings, config_file(gate, "retraining.toml")).gate
        evidence.update(verdict(evidence, number, asked_of_it)._asdict())
    if as_json:
        click.echo(json.dumps(evidence, allow_nan=False))
        return
    print_evidence(evidence)
    if number is not None:
        click.echo(f"{evidence['verdict']}: {'; '.join(evidence['reasons'])}")


def _found(version: str | None, model_store: str | None, name: str | None) -> tuple[Path, str]:
    """Where a version lies, the current one if none is named, and how it is called."""
    from bayesian_verifier.artifact import ModelStore
    from bayesian_verifier.errors import ArtifactError
    from bayesian_verifier.settings import model_store as store_of
    from bayesian_verifier.settings import read_settings

    settings = read_settings(dict(os.environ), {"model_store": model_store, "model_name": name})
    store = ModelStore(store_of(settings))
    wanted = version or store.current(settings.model_name)
    if wanted is None:
        raise ArtifactError(f"{store.unserved(settings.model_name)}; name one, or train one")
    return store.path(settings.model_name, wanted), f"{settings.model_name} {wanted}"


def _network(folder: Path) -> tuple[Any, int, Any, Any]:
    """The network of the model that lies there, the seed it is judged by, and its checks' tables."""
    from bayesian_verifier.artifact import load_model
    from bayesian_verifier.posterior import wide_points
    from bayesian_verifier.training import DRAWS, Network, priors_of, seed_of, simulator_under

    model = load_model(folder)
    simulator = simulator_under(model.manifest.simulator, priors_of(model.manifest))
    points = wide_points(DRAWS, len(simulator.parameters))
    seed = seed_of(model.manifest.files["posterior.jaxexport"])
    return (
        Network(model.function, simulator, points),
        seed,
        model.typicality,
        model.misfit,
    )
