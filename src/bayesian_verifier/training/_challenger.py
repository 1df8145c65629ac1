"""What is a training run made of that learns from the journal, and is it the same as one before?"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from bayesian_verifier.artifact import read_manifest
from bayesian_verifier.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bayesian_verifier.artifact import Manifest, ModelStore
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators import Parameter
    from bayesian_verifier.training._settings import TrainingSettings
    from bayesian_verifier.training._train import Settings

#: what of a case a network can learn from
_CASE = {"wealth", "options", "chosen"}


class Lessons(NamedTuple):
    """What a challenger is to learn: cases that people met, and the prior they come from."""

    cases: Sequence[Judgment]
    priors: tuple[Parameter, ...]


def small(settings: Settings) -> Settings:
    """The same run with what `[small]` makes do with; of the gate only typicality's is wider, as its table is rough."""
    asked, least = settings.training, settings.training.small
    steps = asked.steps.model_copy(update={"count": min(asked.steps.count, least.steps), "pool": least.pool})
    counts = {"typicality_people": least.typicality_people, "misfit_people": least.misfit_people}
    challenger = asked.challenger.model_copy(update={"steps": least.steps})
    training = asked.model_copy(update={"steps": steps, "challenger": challenger, **counts})
    gate = settings.evaluation.gate
    graded = settings.evaluation.model_copy(
        update={
            "sets": least.sets,
            "calibration_sets": least.calibration_sets,
            "misfit_people": 0,
            "gate": gate.model_copy(
                update={"typicality_error": max(gate.typicality_error, least.typicality_error)}
            ),
        }
    )
    return replace(settings, training=training, evaluation=graded)


def challenger_settings(settings: Settings, lessons: Lessons, *, warm: bool) -> Settings:
    """A run that learns these lessons. warm: from the champion's weights on, at the pace that is set for that."""
    asked = settings.training
    pace, steps = asked.challenger, asked.steps
    if warm:
        steps = steps.model_copy(
            update={
                "count": pace.steps,
                "learning_rate": pace.learning_rate,
                "warmup": pace.warmup,
                "average": pace.average,
                "checkpoint": min(steps.checkpoint, max(1, pace.steps // 4)),
            }
        )
    return replace(
        settings,
        training=asked.model_copy(update={"steps": steps}),
        log=lessons.cases,
        log_share=pace.journal_share,
        priors=lessons.priors,
    )


def begins_from(asked: TrainingSettings, champion: Manifest) -> bool:
    """Whether the champion's weights fit the network that is asked for."""
    return champion.network == asked.network.model_dump(mode="json")


def inputs_of(settings: Settings, champion: Manifest) -> str:
    """Hexadecimal sha256 of all that makes a challenger what it is but its seed.

    Two runs with the same are one challenger: another seed would only be another throw of the dice.
    """
    cases = sorted(one.model_dump_json(include=_CASE, exclude_none=True) for one in settings.log)
    told: dict[str, Any] = {
        "champion": champion.version,
        "training": settings.training.model_dump(mode="json", exclude={"seed"}),
        "evaluation": settings.evaluation.model_dump(mode="json"),
        "mixture": asdict(settings.mixture),
        "log_share": settings.log_share,
        "priors": [(p.name, round(p.prior_mean, 6), round(p.prior_sd, 6)) for p in settings.priors or ()],
        "cases": hashlib.sha256("\n".join(cases).encode()).hexdigest(),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def published_with(store: ModelStore, name: str, inputs: str) -> str | None:
    """The newest version that was made of these inputs, if there is one. One that cannot be read is none."""
    for version in reversed(store.versions(name)):
        try:
            manifest = read_manifest(store.path(name, version))
        except ArtifactError:
            continue
        if manifest.training.get("inputs") == inputs:
            return version
    return None


def weights_of(model: Path) -> Path:
    """The weights in a model's directory. Raises ArtifactError where there are none."""
    file = model / "weights.npz"
    if not file.is_file():
        raise ArtifactError(f"{file}: missing, so nothing can begin from this model")
    return file
