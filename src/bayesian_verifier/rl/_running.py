"""How is an experiment carried out, so that it may be stopped and gone on with?

Each seed of each arm is one file of people's scores and one of its learning curve; what is there is not made again.
"""

from __future__ import annotations

import json
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import numpy as np

from bayesian_verifier.engine import LOCAL
from bayesian_verifier.errors import SettingsError
from bayesian_verifier.rl._arms import ARMS, Arm
from bayesian_verifier.rl._evaluation import Score, evaluate
from bayesian_verifier.rl._ppo import Learned, train
from bayesian_verifier.rl._rollout import greedy
from bayesian_verifier.rl._rules import RULES
from bayesian_verifier.rl._tables import write_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jax import Array
    from numpy.typing import NDArray

    from bayesian_verifier.engine import Engine
    from bayesian_verifier.rl._belief import Belief
    from bayesian_verifier.rl._settings import Experiment

Columns = dict[str, "NDArray[Any]"]


class Piece(NamedTuple):
    """One seed of an arm, or a rule, which has one."""

    name: str
    seed: int

    def file(self, folder: Path, table: str) -> Path:
        """Where its part of a table lies."""
        return folder / table / f"arm={self.name}" / f"seed={self.seed}.parquet"


def pieces(experiment: Experiment) -> list[Piece]:
    """All there is to do: rules first, which are quick, then the arms seed by seed, so that each has some early."""
    most = max(experiment.arms.values(), default=0)
    learned = [
        Piece(arm, seed) for seed in range(most) for arm, count in experiment.arms.items() if seed < count
    ]
    return [*(Piece(rule, 0) for rule in experiment.rules), *learned]


def begin(experiment: Experiment, folder: Path) -> list[Piece]:
    """What is left to do in a folder, where the experiment is written down first.

    Raises SettingsError where the folder holds another experiment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "experiment.json"
    written = {"hash": experiment.hash, "experiment": experiment.model_dump(mode="json")}
    if note.exists():
        there = json.loads(note.read_text("utf-8"))
        if there.get("hash") != experiment.hash:
            raise SettingsError(f"{folder} holds results of another experiment (hash {there.get('hash')})")
    else:
        note.write_text(json.dumps(written, indent=2) + "\n", "utf-8")
    return [piece for piece in pieces(experiment) if not piece.file(folder, "episodes").exists()]


def carry_out(
    experiment: Experiment, belief: Belief, todo: list[Piece], folder: Path, engine: Engine = LOCAL
) -> Iterator[Piece]:
    """Do the pieces, each wherever the engine does it, and name each as it is done and written down here."""
    for number, made in engine.results(_Making(experiment, belief), todo):
        piece = todo[number]
        if made.curve is not None:
            write_table(piece.file(folder, "curves"), made.curve)
            policy = folder / "policies" / f"{piece.name}-{piece.seed}.eqx"
            policy.parent.mkdir(exist_ok=True)
            policy.write_bytes(made.policy)
        # last: a piece whose episodes are there is done
        write_table(piece.file(folder, "episodes"), made.episodes)
        yield piece


class _Made(NamedTuple):
    """What a piece comes to: people's scores, and what was learned on the way, where anything was."""

    episodes: Columns
    curve: Columns | None = None
    policy: bytes = b""


class _Making:
    """A pure function of a piece, for an engine; what is compiled for an arm's first seed serves the next."""

    def __init__(self, experiment: Experiment, belief: Belief) -> None:
        self._experiment, self._belief = experiment, belief
        self._compiled: dict[str, Callable[[Array], Learned]] = {}

    def __reduce__(self) -> tuple[type[_Making], tuple[Experiment, Belief]]:
        """Without what is compiled: another machine compiles its own."""
        return _Making, (self._experiment, self._belief)

    def __call__(self, piece: Piece) -> _Made:
        """Learn and judge."""
        experiment, belief = self._experiment, self._belief
        if piece.name in RULES:
            return _Made(_rows(_score_of_rule(experiment, piece.name, belief)))
        arm = ARMS[piece.name]
        if piece.name not in self._compiled:
            self._compiled[piece.name] = _trainer(experiment, arm, belief)
        learned = self._compiled[piece.name](jax.random.key(piece.seed))
        policy = BytesIO()
        eqx.tree_serialise_leaves(policy, learned.policy)
        score = _score_of_policy(experiment, arm, belief, learned)
        return _Made(_rows(score), _curve(experiment, learned), policy.getvalue())


def _trainer(experiment: Experiment, arm: Arm, belief: Belief) -> Callable[[Array], Learned]:
    rules, training = experiment.of_episodes, experiment.of_learning
    compiled: Callable[[Array], Learned] = eqx.filter_jit(
        lambda key: train(key, arm, rules, belief, training)
    )
    return compiled


def _score_of_policy(experiment: Experiment, arm: Arm, belief: Belief, learned: Learned) -> Score:
    wanted, rules = experiment.evaluation, experiment.of_episodes
    run = eqx.filter_jit(
        lambda policy: evaluate(wanted.seed, wanted.people, greedy(policy), arm, rules, belief)
    )
    result: Score = run(learned.policy)
    return result


def _score_of_rule(experiment: Experiment, name: str, belief: Belief) -> Score:
    rule, wanted, rules = RULES[name], experiment.evaluation, experiment.of_episodes
    seeing = Arm(name, "mean_sd" if rule.needs_belief else "nothing")
    choose = partial(rule.chooses, rules)
    result: Score = jax.jit(lambda: evaluate(wanted.seed, wanted.people, choose, seeing, rules, belief))()
    return result


def _rows(score: Score) -> Columns:
    columns = {name: np.asarray(values, np.float64) for name, values in score._asdict().items()}
    return {"person": np.arange(len(score.reward)), **columns}


def _curve(experiment: Experiment, learned: Learned) -> Columns:
    training = experiment.of_learning
    steps = (1 + np.arange(training.updates)) * training.environments * training.steps
    return {
        "steps": steps,
        "reward": np.asarray(learned.reward, np.float64),
        "regret": np.asarray(learned.regret, np.float64),
        "asks": np.asarray(learned.asks, np.float64),
    }
