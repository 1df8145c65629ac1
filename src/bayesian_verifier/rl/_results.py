"""What is there of an experiment? Its raw tables, what is missing of them, and what all parts of a report share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.errors import SettingsError
from bayesian_verifier.rl._running import pieces, tables_of
from bayesian_verifier.rl._settings import Experiment
from bayesian_verifier.rl._statistics import Bootstrap, steps_to
from bayesian_verifier.rl._tables import foreign, read_table

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.rl._statistics import Float
    from bayesian_verifier.rl._tables import Columns

#: the ends of the gap that shares are of
LOW, HIGH = "rl_only", "oracle"
TABLES = ("episodes", "curves", "probes", "decisions", "forms")


@dataclass(frozen=True)
class Results:
    """An experiment and its tables, each by arm and seed.

    missing: what it names and is not there, or is there and not its own.
    """

    experiment: Experiment
    tables: dict[str, dict[tuple[str, int], Columns]]
    missing: list[str]

    @cached_property
    def rewards(self) -> dict[str, Float]:
        """Reward a decision by arm [S, N]."""
        return {
            name: np.stack([table["reward"] for table in self.of_arm("episodes", name).values()]).astype(
                float
            )
            for name in self.names
        }

    @cached_property
    def bootstrap(self) -> Bootstrap:
        """Of the rewards."""
        wanted = self.experiment.evaluation
        return Bootstrap(self.rewards, wanted.resamples, wanted.seed)

    @property
    def names(self) -> list[str]:
        """Arms and rules of which there is anything, as the experiment lists them."""
        there = {name for name, _ in self.tables["episodes"]}
        return [name for name in (*self.experiment.arms, *self.experiment.rules) if name in there]

    def complete(self, name: str) -> bool:
        """Whether nothing of an arm or a rule is missing."""
        return not any(one.startswith(f"{name}, ") for one in self.missing)

    @property
    def has_gap(self) -> bool:
        """Whether both ends of the gap are there."""
        return {LOW, HIGH} <= set(self.names)

    @property
    def watched(self) -> float:
        """Steps of experience an arm and seed."""
        return float(self.experiment.of_learning.step_count)

    def of_arm(self, table: str, name: str) -> dict[int, Columns]:
        """A table's columns by seed."""
        return {seed: columns for (arm, seed), columns in sorted(self.tables[table].items()) if arm == name}

    def reached(self, name: str) -> Float:
        """Steps each seed took to the level, infinite where it did not get there."""
        level = self.experiment.evaluation.level
        curves = self.of_arm("curves", name).values()
        return np.array([steps_to(level, curve["steps"], curve["reward"]) for curve in curves])


def results_of(folder: Path) -> Results:
    """What a folder holds. Raises SettingsError where that is nothing."""
    experiment = registered(folder)
    tables = {table: read_table(folder, table) for table in TABLES}
    if not tables["episodes"]:
        raise SettingsError(f"{folder}: nothing has been run yet")
    lacking = [
        f"{name}, seed {seed}" + ("" if table == "episodes" else f": its {table}")
        for name, seed in pieces(experiment)
        for table in _lacking(tables, name, seed, tables_of(experiment, name, seed))
    ]
    others = [f"{file} is of another experiment" for file in foreign(folder, experiment.hash)]
    return Results(experiment, tables, lacking + others)


def _lacking(
    tables: dict[str, dict[tuple[str, int], Columns]], name: str, seed: int, wanted: list[str]
) -> list[str]:
    """Which of the wanted tables are not there; of a piece that has not been made, the first says it for all."""
    lacking = [table for table in wanted if (name, seed) not in tables[table]]
    return lacking[:1] if lacking[:1] == ["episodes"] else lacking


def registered(folder: Path) -> Experiment:
    """The experiment as it was written down before the run. Raises SettingsError where its hash is another."""
    note = folder / "experiment.json"
    if not note.exists():
        raise SettingsError(f"{folder}: no experiment.json; `bayesian-verifier experiment run` makes one")
    written = json.loads(note.read_text("utf-8"))
    experiment = Experiment.model_validate(written["experiment"])
    if experiment.hash != written["hash"]:
        raise SettingsError(
            f"{note} was changed afterwards: its hash is {experiment.hash}, not {written['hash']}"
        )
    return experiment
