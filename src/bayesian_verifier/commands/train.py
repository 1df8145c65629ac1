"""`bayesian-verifier train`: from nothing to a published model."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bayesian_verifier.commands._challenger import Asked, train_challenger
from bayesian_verifier.commands._configs import config_file, simulator_overrides
from bayesian_verifier.commands._report_page import print_figures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bayesian_verifier.commands._bars import Bars
    from bayesian_verifier.training import Outcome, Settings


@click.command(
    epilog="Example: bayesian-verifier train --store models --work runs/tonight\n\n"
    "A run that was stopped goes on from its last checkpoint; the same seed gives the same weights."
)
@click.option(
    "--config", type=click.Path(dir_okay=False), help="Instead of the shipped configs/training.toml."
)
@click.option(
    "--simulator",
    metavar="NAME",
    help="Instead of the one in the settings; see `bayesian-verifier simulators list`.",
)
@click.option("--cases", type=click.Path(dir_okay=False), help="Instead of configs/simulators/lottery.toml.")
@click.option("--evaluation", type=click.Path(dir_okay=False), help="Instead of configs/evaluation.toml.")
@click.option(
    "--store",
    "--into",
    "store",
    default="models",
    show_default=True,
    type=click.Path(),
    help="Where the model is published.",
)
@click.option(
    "--work", default="runs/train", show_default=True, type=click.Path(), help="Checkpoints and the lock."
)
@click.option(
    "--people", type=click.Path(exists=True, dir_okay=False), help="Real people's judgments to judge it on."
)
@click.option(
    "--log",
    type=click.Path(exists=True, dir_okay=False),
    help="JSON lines of judgments: learn on their cases too (half of the pool); answers are not looked at.",
)
@click.option(
    "--weights",
    type=click.Path(exists=True, dir_okay=False),
    help="Train nothing: export, measure and publish these weights again (a model's weights.npz).",
)
@click.option(
    "--from-journal",
    type=click.Path(exists=True, dir_okay=False),
    help="Train a challenger of the current model: learn on the cases people met, begin from its weights.",
)
@click.option(
    "--prior-from-windows", is_flag=True, help="The challenger's prior is fitted to the journal's windows."
)
@click.option("--prior", metavar="MEAN,SD", help="The challenger's prior of risk_aversion, as stated.")
@click.option("--cold", is_flag=True, help="The challenger begins from nothing, as the shipped model did.")
@click.option("--small", "is_small", is_flag=True, help="Make do with what [small] of the settings says.")
@click.option("--no-promote", is_flag=True, help="Publish, but leave what is served as it is.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON at the end, for programs.")
@click.option("--steps", type=click.IntRange(min=1), help="Instead of the number in the settings.")
@click.option("--seed", type=click.IntRange(min=0), help="Instead of the one in the settings.")
def command(
    config: str | None,
    simulator: str | None,
    cases: str | None,
    evaluation: str | None,
    store: str,
    work: str,
    people: str | None,
    log: str | None,
    weights: str | None,
    from_journal: str | None,
    prior_from_windows: bool,
    prior: str | None,
    cold: bool,
    is_small: bool,
    no_promote: bool,
    as_json: bool,
    steps: int | None,
    seed: int | None,
) -> None:
    """Train a model, measure it, and publish it if it passes the gate (exit code 1 if it does not).

    With --from-journal it is a challenger: published, and never made current here.
    """
    if from_journal:
        refused = {"--log": log, "--weights": weights, "--people": people, "--simulator": simulator}
        _refuse(refused, "with --from-journal")
    else:
        of_challengers = {"--prior-from-windows": prior_from_windows, "--prior": prior, "--cold": cold}
        _refuse(of_challengers, "without --from-journal")
    # JAX and BayesFlow tell what they found at every start, which is news to nobody here
    logging.disable(logging.INFO)
    from bayesian_verifier.artifact import ModelStore
    from bayesian_verifier.training import read_people, train

    settings = _settings(config, simulator, cases, evaluation, steps, seed, is_small=is_small)
    if from_journal:
        asked = Asked(Path(from_journal), prior_from_windows, prior, cold)
        with _progress() as bars:
            line = train_challenger(asked, settings, ModelStore(Path(store)), Path(work), bars)
        _tell_challenger(line, as_json=as_json)
        return
    if log:
        judgments = [one for own in read_people(Path(log))[0].values() for one in own]
        settings = replace(settings, log=judgments)
    known = read_people(Path(people))[0] if people else None
    with _progress() as bars:
        outcome = train(
            settings,
            ModelStore(Path(store)),
            Path(work),
            now=lambda: datetime.now(UTC),
            weights=Path(weights) if weights else None,
            promote=not no_promote,
            people=known,
            fitted=bars.fitted(settings.training.steps.count),
            tick=bars.tick,
        )
    _tell(outcome, Path(store), settings.training.name, as_json=as_json)


def _refuse(options: Mapping[str, object], when: str) -> None:
    """Raise UsageError for the first option that was given."""
    for name, value in options.items():
        if value:
            raise click.UsageError(f"{name} says nothing {when}")


def _settings(
    config: str | None,
    simulator: str | None,
    cases: str | None,
    evaluation: str | None,
    steps: int | None,
    seed: int | None,
    *,
    is_small: bool,
) -> Settings:
    from bayesian_verifier.settings_file import read_table
    from bayesian_verifier.simulators.lottery import read_mixture
    from bayesian_verifier.training import (
        EvaluationSettings,
        Settings,
        TrainingSettings,
        small,
    )

    over = {} if simulator is None else _named(simulator) | simulator_overrides(simulator, "training")
    training = read_table(TrainingSettings, config_file(config, "training.toml"), over)
    if steps is not None:
        challenger = training.challenger.model_copy(update={"steps": steps})
        of_all = training.steps.model_copy(update={"count": steps})
        training = training.model_copy(update={"steps": of_all, "challenger": challenger})
    if seed is not None:
        training = training.model_copy(update={"seed": seed})
    mixture = read_mixture(config_file(cases, "simulators/lottery.toml"))
    otherwise = simulator_overrides(training.simulator, "evaluation")
    graded = read_table(EvaluationSettings, config_file(evaluation, "evaluation.toml"), otherwise)
    settings = Settings(training, mixture, graded)
    return small(settings) if is_small else settings


def _named(simulator: str) -> dict[str, Any]:
    """A model is called as its simulator is, unless that is told otherwise."""
    return {"simulator": simulator, "name": simulator}


def _progress() -> Bars:
    from bayesian_verifier.commands._bars import Bars as Drawn

    return Drawn()


def _tell(outcome: Outcome, store: Path, name: str, *, as_json: bool) -> None:
    report = outcome.report.to_json()
    if as_json:
        line = {
            "version": outcome.version,
            "seconds": round(outcome.seconds, 1),
            "misses": outcome.report.misses,
        }
        click.echo(json.dumps(line, allow_nan=False))
    else:
        print_figures(report)
        click.echo(f"trained in {outcome.seconds / 60:.1f} min")
    if outcome.version is None:
        sys.exit(1)
    if not as_json:
        click.echo(f"published {store / name / outcome.version}")


def _tell_challenger(line: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(line, allow_nan=False))
    else:
        prior, cases = line["prior"], line["cases"]
        click.echo(
            f"learned {cases['cases']} cases that people met ({cases['dropped']} dropped) and a prior of "
            f"{prior['mean']:.3f} ± {prior['sd']:.3f} ({prior['source']}, {prior['people']} people with windows)"
        )
        for miss in line["misses"]:
            click.echo(f"  {miss}")
        said = {"unchanged": "already there, made of the same", "challenger": "published, not current"}
        click.echo(f"{said.get(line['outcome'], 'misses the gate, not published')}: {line['version']}")
    if line["version"] is None:
        sys.exit(1)
