"""Does somebody else's PPO reach the same level where nothing is told of the person?

    python benchmarks/bench_rl_peer.py [--seeds N]

Stable-Baselines3 learns in environment A with the same number of steps as our `rl_only` in `experiments/a`, and is
scored on the same people. Writes results/rl_peer.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import _peers
import _record
from rich.console import Console
from rich.table import Table

from bayesian_verifier.rl import report_of

if TYPE_CHECKING:
    from bayesian_verifier.rl import Experiment

RESULTS = Path(__file__).resolve().parents[1] / "experiments" / "a"


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
    """Learn, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    results = report_of(RESULTS).results
    figures = {"steps": results.experiment.of_learning.step_count, "machine": _record.machine()}
    try:
        figures["stable_baselines3"] = theirs(results.experiment, arguments.seeds)
    except _peers.SkippedError as why:
        sys.exit(f"skipped: {why}")
    figures["ours"] = [float(seed.mean()) for seed in results.rewards["rl_only"]]
    _record.write("rl_peer", figures)
    table = Table(
        "PPO", "reward a decision", "least", "most", "seeds", title=f"rl_only, {figures['steps']:,} steps"
    )
    for name in ("ours", "stable_baselines3"):
        rewards = figures[name]
        said = (f"{one:.4f}" for one in (statistics.mean(rewards), min(rewards), max(rewards)))
        table.add_row(name, *said, str(len(rewards)))
    Console().print(table)


if __name__ == "__main__":
    main()
