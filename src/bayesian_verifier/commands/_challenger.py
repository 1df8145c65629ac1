"""What does `train --from-journal` learn, and what does it print?"""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from bayesian_verifier.errors import ArtifactError, CallerError

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.artifact import Manifest, ModelStore
    from bayesian_verifier.commands._bars import Bars
    from bayesian_verifier.retraining import Met, Prior
    from bayesian_verifier.simulators import Parameter
    from bayesian_verifier.training import Settings


class Asked(NamedTuple):
    """What the options say. prior: as stated, "MEAN,SD".   cold: whether to begin from nothing."""

    journal: Path
    from_windows: bool
    prior: str | None
    cold: bool


class Champion(NamedTuple):
    """The model to be beaten."""

    manifest: Manifest
    directory: Path


def champion_of(store: ModelStore, name: str) -> Champion:
    """The current version in a store, or else the one that the service's settings name.

    Raises ArtifactError where there is none.
    """
    from bayesian_verifier.artifact import ModelStore as Store
    from bayesian_verifier.artifact import read_manifest
    from bayesian_verifier.settings import model_store, read_settings

    for some in (store, Store(model_store(read_settings(dict(os.environ))))):
        version = some.current(name)
        if version is not None:
            directory = some.path(name, version)
            return Champion(read_manifest(directory), directory)
    raise ArtifactError(f"{store.root / name}: no current version, so there is nothing to challenge")


def train_challenger(
    asked: Asked, settings: Settings, store: ModelStore, work: Path, bars: Bars
) -> dict[str, Any]:
    """Train a challenger, or find the one that was made of the same inputs; what is to be printed of it."""
    from bayesian_verifier.training import (
        Lessons,
        begins_from,
        challenger_settings,
        inputs_of,
        priors_of,
        published_with,
        train,
        weights_of,
    )

    champion = champion_of(store, settings.training.name)
    learned = _read(asked.journal, settings)
    bars.tick("journal", 1, 1)
    before = priors_of(champion.manifest)
    prior, noted = _prior(asked, learned, before[0], settings)
    priors = (dataclasses.replace(before[0], prior_mean=prior.mean, prior_sd=prior.sd), *before[1:])
    warm = not asked.cold and begins_from(settings.training, champion.manifest)
    lessons = Lessons(learned.cases, priors)
    made = challenger_settings(settings, lessons, warm=warm)
    inputs = inputs_of(made, champion.manifest)
    told = {
        "champion": champion.manifest.version,
        "begun_from": champion.manifest.version if warm else None,
        "inputs": inputs,
        "prior": noted,
        "journal": _counted(learned),
    }
    same = published_with(store, settings.training.name, inputs)
    if same is not None:
        return _line("unchanged", same, told, 0.0, [])
    outcome = train(
        dataclasses.replace(made, noted=told),
        store,
        work,
        now=lambda: datetime.now(UTC),
        begin=weights_of(champion.directory) if warm else None,
        checkpoint=f"checkpoint-{inputs[:12]}-{settings.training.seed}.npz",
        promote=False,
        fitted=bars.fitted(made.training.steps.count),
        tick=bars.tick,
    )
    kind = "challenger" if outcome.version else "failed"
    return _line(kind, outcome.version, told, outcome.seconds, outcome.report.misses)


def _read(journal: Path, settings: Settings) -> Met:
    from bayesian_verifier.journal import Numbered, read_log
    from bayesian_verifier.retraining import met

    pace = settings.training.challenger
    events = (one.event for one in read_log(journal) if isinstance(one, Numbered))
    return met(events, per_person=pace.per_person, days=pace.prior.days)


def _prior(asked: Asked, learned: Met, before: Parameter, settings: Settings) -> tuple[Prior, dict[str, Any]]:
    """The challenger's prior of the first parameter, and where it comes from."""
    from bayesian_verifier.retraining import Limits, Prior, fitted_prior, next_prior

    champions = Prior(before.prior_mean, before.prior_sd)
    noted: dict[str, Any] = {"of": before.name, "before": champions._asdict(), "people": len(learned.told)}
    prior, source = champions, "champion"
    if asked.prior is not None:
        prior, source = _stated(asked.prior), "stated"
    elif asked.from_windows:
        limits = Limits(*(getattr(settings.training.challenger.prior, name) for name in Limits._fields))
        value = [one.value for one in learned.told]
        precision = [one.precision for one in learned.told]
        prior = next_prior(value, precision, champions, limits)
        if len(value) >= limits.people:
            source = "windows"
            noted["fitted"] = fitted_prior(value, precision, champions)._asdict()
    return prior, {"mean": prior.mean, "sd": prior.sd, "source": source, **noted}


def _stated(text: str) -> Prior:
    from bayesian_verifier.retraining import Prior

    try:
        mean, sd = (float(part) for part in text.split(","))
    except ValueError as error:
        raise CallerError(f"--prior: expected MEAN,SD such as 0.6,0.8, got {text!r}") from error
    if not (abs(mean) < float("inf") and 0.0 < sd < float("inf")):
        raise CallerError(f"--prior: expected a finite mean and an sd above 0, got {text!r}")
    return Prior(mean, sd)


def _counted(learned: Met) -> dict[str, Any]:
    return {
        "until": learned.until,
        "cases": len(learned.cases),
        "dropped": learned.dropped,
        "left_out": learned.left_out,
        "people_with_windows": len(learned.told),
        "doubted_windows": learned.doubted,
    }


def _line(
    outcome: str, version: str | None, told: dict[str, Any], seconds: float, misses: list[str]
) -> dict[str, Any]:
    """The line of JSON at the end."""
    return {
        "outcome": outcome,
        "version": version,
        "champion": told["champion"],
        "prior": told["prior"],
        "cases": told["journal"],
        "seconds": round(seconds, 1),
        "misses": misses,
        "inputs": told["inputs"],
    }
