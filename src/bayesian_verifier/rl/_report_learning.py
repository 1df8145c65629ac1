"""What does a report say of arms beside each other: reward, pairs, and how soon they learned?"""

from __future__ import annotations

import math

import numpy as np

from bayesian_verifier.rl._markdown import part, table
from bayesian_verifier.rl._results import HIGH, LOW, Results
from bayesian_verifier.rl._statistics import median_steps, sure_improvement, times_as_many
from bayesian_verifier.rl._verdicts import said

#: whom each arm is compared with
_AGAINST = (LOW, "hybrid")


def arms(results: Results) -> str:
    """Reward of each arm and rule, from least to most."""
    bootstrap = results.bootstrap
    rows = []
    for name in sorted(results.names, key=lambda arm: bootstrap.reward(arm).value):
        seeds = results.of_arm("episodes", name).values()
        rows.append(
            [
                name,
                str(len(seeds)),
                said(bootstrap.reward(name)),
                said(bootstrap.closed(name, LOW, HIGH), 2) if results.has_gap else "",
                f"{np.mean([one['asks'].mean() for one in seeds]):.3f}",
            ]
        )
    return part(
        "Arms",
        "Interquartile mean over seeds of the reward a decision, 95% bootstrap intervals over seeds and people.",
        table(["arm", "seeds", "reward", f"of the gap {LOW} → {HIGH}", "asks a decision"], rows),
    )


def pairs(results: Results) -> str:
    """Each arm against two, on the same people."""
    wanted = results.experiment.evaluation
    rows = []
    for name in results.experiment.arms:
        if name not in results.names:
            continue
        cells = [name]
        for other in _AGAINST:
            if other not in results.names or other == name:
                cells += ["", ""]
                continue
            better = sure_improvement(
                results.rewards[name].mean(axis=1),
                results.rewards[other].mean(axis=1),
                wanted.resamples,
                wanted.seed,
            )
            cells += [said(results.bootstrap.lead(name, other)), said(better, 2)]
        rows.append(cells)
    head = ["arm", *(word for other in _AGAINST for word in (f"lead over {other}", "a seed beats one of it"))]
    return part(
        "Pairs",
        "All arms met the same people, cases and answers: differences are taken person by person.",
        table(head, rows),
    )


def learning(results: Results) -> str:
    """How many steps until an arm's reward while learning is at the registered level."""
    wanted = results.experiment.evaluation
    rows = []
    for name in results.experiment.arms:
        reached = results.reached(name)
        if not len(reached):
            continue
        median = median_steps(reached)
        cells = [
            name,
            f"{int(np.isfinite(reached).sum())} of {len(reached)}",
            f"{median:,.0f}" if math.isfinite(median) else f"> {results.watched:,.0f}",
        ]
        if "hybrid" in results.names:
            ratio = times_as_many(
                results.reached("hybrid"), reached, results.watched, wanted.resamples, wanted.seed
            )
            cells.append(("" if math.isfinite(median) else "≥ ") + said(ratio, 2))
        rows.append(cells)
    head = ["arm", "seeds that got there", "median steps", "times those of hybrid"]
    return part(
        "How soon",
        (
            f"Steps until the mean of five updates' reward while exploring is at {wanted.level:g}. A seed that did "
            "not get there within the run is later than any that did; where most did not, the figure is a bound from "
            "below."
        ),
        table(head[: 3 + ("hybrid" in results.names)], rows),
    )
