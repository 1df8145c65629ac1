"""What did an experiment find? A page in Markdown from the raw tables, and whether everything is there."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayesian_verifier.errors import SettingsError
from bayesian_verifier.rl._settings import Experiment
from bayesian_verifier.rl._statistics import Bootstrap, chance_of_improvement, median_steps, steps_to
from bayesian_verifier.rl._tables import read_table
from bayesian_verifier.rl._verdicts import judge, missing, said

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.rl._tables import Columns
    from bayesian_verifier.rl._verdicts import Judged

_BASE = "rl_only"


class Report(NamedTuple):
    """The page, what is missing, and what became of each hypothesis."""

    page: str
    missing: list[str]
    judged: list[Judged]


def report_of(folder: Path) -> Report:
    """The report on a folder of results. Raises SettingsError where it holds none."""
    experiment = registered(folder)
    episodes, curves = read_table(folder, "episodes"), read_table(folder, "curves")
    if not episodes:
        raise SettingsError(f"{folder}: nothing has been run yet")
    bootstrap = Bootstrap(_rewards(episodes), experiment.evaluation.resamples, experiment.evaluation.seed)
    lacking = missing(experiment, episodes)
    level = experiment.evaluation.level
    judged = [] if lacking else [judge(one, bootstrap, curves, level) for one in experiment.hypotheses]
    parts = [
        _head(experiment, lacking),
        _hypotheses(judged),
        _arms(experiment, episodes, curves, bootstrap),
        _by_attitude(experiment, episodes),
    ]
    return Report("\n".join(parts), lacking, judged)


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


def _rewards(episodes: dict[tuple[str, int], Columns]) -> dict[str, np.ndarray]:
    names = dict.fromkeys(arm for arm, _ in episodes)
    return {
        name: np.stack([columns["reward"] for (arm, _), columns in sorted(episodes.items()) if arm == name])
        for name in names
    }


def _head(experiment: Experiment, lacking: list[str]) -> str:
    training = experiment.of_learning
    lines = [
        f"# {experiment.name}",
        "",
        (
            f"Environment {experiment.environment}, {experiment.belief} posterior; {training.step_count:,} steps of "
            f"experience an arm and seed; {experiment.evaluation.people:,} people whom nobody learned on. Registered "
            f"as `{experiment.hash}` before the run."
        ),
        "",
    ]
    if lacking:
        lines += [f"**Not complete**: {len(lacking)} missing ({', '.join(lacking[:5])}…).", ""]
    return "\n".join(lines)


def _hypotheses(judged: list[Judged]) -> str:
    rows = [f"| {one.id} | {one.asked} | **{one.finding}** | {one.figures} |" for one in judged]
    return "\n".join(
        ["## Hypotheses", "", "| | asked | found | figure, 95% interval |", "|---|---|---|---|", *rows, ""]
    )


def _arms(
    experiment: Experiment,
    episodes: dict[tuple[str, int], Columns],
    curves: dict[tuple[str, int], Columns],
    bootstrap: Bootstrap,
) -> str:
    rewards = _rewards(episodes)
    has_gap = {_BASE, "oracle"} <= rewards.keys()
    rows = []
    for name in sorted(rewards, key=lambda arm: bootstrap.reward(arm).value):
        seeds = [columns for (arm, _), columns in episodes.items() if arm == name]
        reached = [
            steps_to(experiment.evaluation.level, one["steps"], one["reward"])
            for (arm, _), one in curves.items()
            if arm == name
        ]
        steps = median_steps(reached) if reached else None
        cells = [
            name,
            str(len(seeds)),
            said(bootstrap.reward(name)),
            said(bootstrap.closed(name, _BASE, "oracle"), 2) if has_gap else "",
            f"{np.mean([one['asks'].mean() for one in seeds]):.3f}",
            f"{chance_of_improvement(rewards[name], rewards[_BASE]):.2f}" if _BASE in rewards else "",
            "" if not reached else "not reached" if steps is None else f"{steps:,.0f}",
        ]
        rows.append("| " + " | ".join(cells) + " |")
    level = experiment.evaluation.level
    head = [
        "## Arms",
        "",
        "Interquartile mean over seeds of the reward a decision, 95% bootstrap intervals.",
        "",
        f"| arm | seeds | reward | of the gap {_BASE} → oracle | asks | chance to beat {_BASE} | steps to {level:g} |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


def _by_attitude(experiment: Experiment, episodes: dict[tuple[str, int], Columns]) -> str:
    prior = experiment.of_episodes.prior
    edges = prior.mean[0] + prior.sd[0] * np.array([-np.inf, -1.0, -1 / 3, 1 / 3, 1.0, np.inf])
    rows = []
    for name in dict.fromkeys(arm for arm, _ in episodes):
        seeds = [columns for (arm, _), columns in episodes.items() if arm == name]
        r = seeds[0]["risk_aversion"]
        reward = np.mean([one["reward"] for one in seeds], axis=0)
        inside = [(r > low) & (r <= high) for low, high in pairwise(edges)]
        rows.append(
            f"| {name} | "
            + " | ".join(f"{reward[one].mean():.4f}" if one.any() else "–" for one in inside)
            + " |"
        )
    names = ["≤ −1 sd", "−1 to −⅓", "−⅓ to ⅓", "⅓ to 1", "> 1 sd"]
    head = ["## By the person's own attitude", "", f"| arm | {' | '.join(names)} |", "|---" * 6 + "|"]
    return "\n".join([*head, *rows, ""])
