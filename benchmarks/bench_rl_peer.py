"""Does somebody else's PPO reach the same level where nothing is told of the person?

    python benchmarks/bench_rl_peer.py [--seeds N] [--updates N]

Stable-Baselines3 learns in the environment of `configs/rl/a.toml` with the same number of steps, and is scored on the
same people as our `rl_only`. Writes results/rl_peer.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

import _peers
import _record
import equinox as eqx
import jax
from rich.console import Console
from rich.table import Table

from bayesian_verifier.rl import ARMS, ExactBelief, Experiment, blank, evaluate, greedy, train
from bayesian_verifier.settings_file import read_table

ROOT = Path(__file__).resolve().parents[1]


def ours(experiment: Experiment, seeds: int) -> list[float]:
    """Reward a decision of `rl_only`, seed by seed."""
    arm, rules = ARMS["rl_only"], experiment.of_episodes
    belief, wanted = ExactBelief(rules.prior, attitudes=5, noises=2), experiment.evaluation
    learn = eqx.filter_jit(lambda key: train(key, arm, rules, belief, experiment.of_learning).policy)
    score = eqx.filter_jit(
        lambda policy: evaluate(
            wanted.seed, wanted.people, greedy(policy), arm, rules, belief, blank(policy, wanted.people)
        ).reward.mean()
    )
    return [float(score(learn(jax.random.key(seed)))) for seed in range(seeds)]


def theirs(experiment: Experiment, seeds: int) -> list[float]:
    """The same of Stable-Baselines3. Raises SkippedError where it cannot be installed."""
    training, wanted = experiment.of_learning._asdict(), experiment.evaluation
    settings = training | {
        "environment": experiment.environment,
        "seeds": seeds,
        "people": wanted.people,
        "seed": wanted.seed,
    }
    python = _peers.environment("sb3", with_ours=True)
    done = subprocess.run(
        [python, _peers.PEERS / "sb3" / "learn.py"],
        input=json.dumps(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise _peers.SkippedError(_peers.last_line(done.stderr))
    rewards: list[float] = json.loads(done.stdout)
    return rewards


def main() -> None:
    """Learn twice, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--updates", type=int, help="rounds of experience; those of the experiment unless given"
    )
    arguments = parser.parse_args()
    experiment = read_table(Experiment, ROOT / "configs" / "rl" / "a.toml")
    if arguments.updates:
        shorter = experiment.training.model_copy(update={"updates": arguments.updates})
        experiment = experiment.model_copy(update={"training": shorter})
    figures = {"steps": experiment.of_learning.step_count, "machine": _record.machine()}
    try:
        figures["stable_baselines3"] = theirs(experiment, arguments.seeds)
    except _peers.SkippedError as why:
        sys.exit(f"skipped: {why}")
    figures["ours"] = ours(experiment, arguments.seeds)
    _record.write("rl_peer", figures)
    table = Table("PPO", "reward a decision", "seeds", title=f"rl_only, {figures['steps']:,} steps")
    for name in ("ours", "stable_baselines3"):
        rewards = figures[name]
        table.add_row(name, f"{statistics.mean(rewards):.4f}", " ".join(f"{one:.4f}" for one in rewards))
    Console().print(table)


if __name__ == "__main__":
    main()
