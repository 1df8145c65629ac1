"""`bayesian-verifier train`: from nothing to a published model."""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bayesian_verifier.commands._configs import config_file

if TYPE_CHECKING:
    from bayesian_verifier.commands._bars import Bars
    from bayesian_verifier.training import Outcome, Settings


@click.command(
    epilog="Example: bayesian-verifier train --store models --work runs/tonight\n\n"
    "A run that was stopped goes on from its last checkpoint; the same seed gives the same weights."
)
@click.option(
    "--config", type=click.Path(dir_okay=False), help="Instead of the shipped configs/training.toml."
)
@click.option("--cases", type=click.Path(dir_okay=False), help="Instead of configs/simulators/lottery.toml.")
@click.option("--evaluation", type=click.Path(dir_okay=False), help="Instead of configs/evaluation.toml.")
@click.option(
    "--store", default="models", show_default=True, type=click.Path(), help="Where the model is published."
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
@click.option("--steps", type=click.IntRange(min=1), help="Instead of the number in the settings.")
@click.option("--seed", type=click.IntRange(min=0), help="Instead of the one in the settings.")
def command(
    config: str | None,
    cases: str | None,
    evaluation: str | None,
    store: str,
    work: str,
    people: str | None,
    log: str | None,
    weights: str | None,
    steps: int | None,
    seed: int | None,
) -> None:
    """Train a model, measure it, and publish it if it passes the gate (exit code 1 if it does not)."""
    # JAX and BayesFlow tell what they found at every start, which is news to nobody here
    logging.disable(logging.INFO)
    from bayesian_verifier.artifact import ModelStore
    from bayesian_verifier.training import read_people, train

    settings = _settings(config, cases, evaluation, steps, seed)
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
            people=known,
            fitted=bars.fitted(settings.training.steps.count),
            tick=bars.tick,
        )
    _tell(outcome, Path(store), settings.training.name)


def _settings(
    config: str | None, cases: str | None, evaluation: str | None, steps: int | None, seed: int | None
) -> Settings:
    from bayesian_verifier.settings_file import read_table
    from bayesian_verifier.simulators.lottery import read_mixture
    from bayesian_verifier.training import (
        EvaluationSettings,
        Settings,
        TrainingSettings,
    )

    training = read_table(TrainingSettings, config_file(config, "training.toml"))
    if steps is not None:
        training = training.model_copy(update={"steps": training.steps.model_copy(update={"count": steps})})
    if seed is not None:
        training = training.model_copy(update={"seed": seed})
    mixture = read_mixture(config_file(cases, "simulators/lottery.toml"))
    return Settings(
        training, mixture, read_table(EvaluationSettings, config_file(evaluation, "evaluation.toml"))
    )


def _progress() -> Bars:
    from bayesian_verifier.commands._bars import Bars as Drawn

    return Drawn()


def _tell(outcome: Outcome, store: Path, name: str) -> None:
    from bayesian_verifier.commands._report_page import print_figures

    print_figures(outcome.report.to_json())
    click.echo(f"trained in {outcome.seconds / 60:.1f} min")
    if outcome.version is None:
        sys.exit(1)
    click.echo(f"published {store / name / outcome.version}")
