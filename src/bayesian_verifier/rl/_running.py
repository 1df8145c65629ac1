"""How is an experiment carried out, so that it may be stopped and gone on with?

Each seed of each arm is one file of people's scores and one of its learning curve; what is there is not made again.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import numpy as np

from bayesian_verifier.errors import SettingsError
from bayesian_verifier.rl._arms import ARMS, Arm
from bayesian_verifier.rl._environment import OPTION_FEATURES, REST_FEATURES, SHOWN_AT
from bayesian_verifier.rl._evaluation import Score, evaluate
from bayesian_verifier.rl._ppo import Learned, train
from bayesian_verifier.rl._rollout import greedy
from bayesian_verifier.rl._rules import RULES
from bayesian_verifier.rl._tables import write_table
from bayesian_verifier.rl._weights import write_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jax import Array
    from numpy.typing import NDArray

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


def carry_out(experiment: Experiment, belief: Belief, todo: list[Piece], folder: Path) -> Iterator[Piece]:
    """Do the pieces one after the other, and name each as it is done."""
    compiled: dict[str, Callable[[Array], Learned]] = {}
    for piece in todo:
        if piece.name in RULES:
            score = _score_of_rule(experiment, piece.name, belief)
        else:
            arm = ARMS[piece.name]
            if piece.name not in compiled:
                compiled[piece.name] = _trainer(experiment, arm, belief)
            learned = compiled[piece.name](jax.random.key(piece.seed))
            score = _score_of_policy(experiment, arm, belief, learned)
            write_table(piece.file(folder, "curves"), _curve(experiment, learned))
            kept = folder / "policies" / f"{piece.name}-{piece.seed}.npz"
            write_policy(kept, learned.policy, _about(experiment, arm, piece))
        # last: a piece whose episodes are there is done
        write_table(piece.file(folder, "episodes"), _rows(score))
        yield piece


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


def _about(experiment: Experiment, arm: Arm, piece: Piece) -> dict[str, Any]:
    """What whoever uses a policy has to know of it."""
    prior = experiment.of_episodes.prior
    return {
        "known": arm.known,
        "prior": {"mean": prior.mean[0], "sd": prior.sd[0]},
        "shown_at": SHOWN_AT,
        "option_features": OPTION_FEATURES,
        "rest_features": REST_FEATURES,
        "temperature": arm.temperature,
        "arm": arm.name,
        "environment": experiment.environment,
        "provenance": {
            "experiment": experiment.hash,
            "seed": piece.seed,
            "steps": experiment.of_learning.step_count,
        },
    }


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
