"""What does `evaluate --against` ask of a challenger and the champion, and what does it print?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import numpy as np

from bayesian_verifier.errors import CallerError

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.artifact import Manifest, Model, ModelStore
    from bayesian_verifier.commands._bars import Bars
    from bayesian_verifier.retraining import Met, NextAnswer
    from bayesian_verifier.training import EvaluationSettings, Network


class Pair(NamedTuple):
    """Two versions of one model."""

    champion: Model
    challenger: Model

    @classmethod
    def of(cls, store: ModelStore, name: str, champion: str, challenger: str) -> Pair:
        """Read and verify both. Raises ArtifactError."""
        from bayesian_verifier.artifact import load_model

        return cls(*(load_model(store.path(name, version)) for version in (champion, challenger)))


def gate_evidence(
    pair: Pair, journal: Path | None, settings: EvaluationSettings, bars: Bars
) -> dict[str, Any]:
    """All that the gate looks at, as one JSON document (docs/retraining.md)."""
    from bayesian_verifier.settings import shipped_config
    from bayesian_verifier.settings_file import read_table
    from bayesian_verifier.training import Cases, TrainingSettings, meet, seed_of_pair

    manifests = tuple(one.manifest for one in pair)
    pace = read_table(TrainingSettings, shipped_config("training.toml")).challenger
    champion, challenger = (_network(one) for one in pair)
    learned = _met(journal, pace.per_person)
    cases = Cases(learned.cases if learned else (), pace.journal_share)
    seed = seed_of_pair(*manifests)
    met = meet(champion, challenger, settings, cases, seed=seed, tick=bars.tick)
    since = learned_until(pair.challenger.manifest)
    sound = all(met["sound"].values())
    return {
        "champion": manifests[0].version,
        "challenger": manifests[1].version,
        "seed": seed,
        "priors": {
            name: [[p.name, p.prior_mean, p.prior_sd] for p in one.parameters]
            for name, one in zip(("champion", "challenger"), manifests, strict=True)
        },
        "cases_met": len(cases.met),
        **met,
        "next_answers": {
            "since": since,
            **_next_answers(champion, challenger, journal, since, bars, sound=sound),
        },
    }


def learned_until(manifest: Manifest) -> str:
    """Timestamp of the newest event the model can have learned from: what its manifest says, else when it was made."""
    from datetime import UTC, datetime

    from bayesian_verifier.journal import timestamp

    told = (manifest.training.get("journal") or {}).get("until")
    if told:
        return str(told)
    made = datetime.fromisoformat(manifest.created).astimezone(UTC)
    return timestamp(int(made.timestamp()) * 1_000_000_000)


def print_evidence(evidence: dict[str, Any]) -> None:
    """The figures in a few lines."""
    sealed, answers = evidence["sealed"], evidence["next_answers"]
    click.echo(
        f"champion {evidence['champion']}, challenger {evidence['challenger']}, seed {evidence['seed']}"
    )
    for name in ("champion", "challenger"):
        for one, mean, sd in evidence["priors"][name][:1]:
            kl = sealed[f"{name}_kl"]
            said = "no numbers" if kl is None else f"KL {kl:.5f} over {sealed['sets']} people"
            click.echo(f"  {name}: prior of {one} {mean:.3f} ± {sd:.3f}; sealed set: {said}")
        for what in ("sbc", "coverage"):
            if row := evidence[what][name]:
                click.echo(
                    f"    {what}: worst {row['worst']:.4f} of {row['allowed']:.4f} allowed "
                    f"({row['of']}, {row['judgments']} judgments)"
                )
    if answers["evidence"] is None:
        click.echo("  next answers: no numbers")
    else:
        click.echo(
            f"  next answers: {answers['answers']} of {answers['people']} people since {answers['since']}, "
            f"{answers['mean_gain']:+.5f} nats each, evidence {answers['evidence']:.3g} for, "
            f"{answers['against']:.3g} against"
        )


def _network(model: Model) -> Network:
    from bayesian_verifier.posterior import wide_points
    from bayesian_verifier.training import DRAWS, Network, priors_of, simulator_under

    simulator = simulator_under(model.manifest.simulator, priors_of(model.manifest))
    theta = np.array([[one.prior_mean for one in simulator.parameters]])
    if simulator.log_likelihood(theta, []) is None:
        raise CallerError(
            f"simulator {simulator.name!r} offers no likelihood, so that neither an exact posterior nor the chance "
            "of an answer is known, and no gate can be asked"
        )
    return Network(model.function, simulator, wide_points(DRAWS, len(simulator.parameters)))


def _met(journal: Path | None, per_person: int) -> Met | None:
    from bayesian_verifier.journal import Numbered, read_log
    from bayesian_verifier.retraining import met

    if journal is None:
        return None
    events = (one.event for one in read_log(journal) if isinstance(one, Numbered))
    return met(events, per_person=per_person, days=math.inf)


def _next_answers(
    champion: Network, challenger: Network, journal: Path | None, since: str, bars: Bars, *, sound: bool
) -> dict[str, Any]:
    from bayesian_verifier.retraining import Foreseen, foreseen
    from bayesian_verifier.training import chances

    answers = _answers(journal, since)
    given: list[list[float]] = []
    for number, network in enumerate((champion, challenger)):
        given.append(chances(network, answers).tolist() if sound else [math.nan] * len(answers))
        bars.tick("next answers", number + 1, 2)
    return foreseen(
        [
            Foreseen(one.subject, first, second, one.judgment.feedback == "approve")
            for one, first, second in zip(answers, *given, strict=True)
        ]
    )


def _answers(journal: Path | None, since: str) -> list[NextAnswer]:
    from bayesian_verifier.journal import Numbered, read_log
    from bayesian_verifier.retraining import next_answers

    if journal is None:
        return []
    events = (one.event for one in read_log(journal) if isinstance(one, Numbered))
    return list(next_answers(events, after=since))
