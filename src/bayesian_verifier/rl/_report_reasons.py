"""What does a report say of why a policy chooses as it does?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.rl._explained import asks_by_sd, counterfactual, monotone_share
from bayesian_verifier.rl._markdown import part, table
from bayesian_verifier.rl._surrogate import surrogate_of

if TYPE_CHECKING:
    from bayesian_verifier.rl._results import Results


def reasons(results: Results) -> str:
    """Probes, counterfactuals and small trees of the explained arms; nothing where none is explained."""
    names = [name for name in results.experiment.explained.arms if results.of_arm("probes", name)]
    if not names:
        return ""
    return part("Why it chooses as it does", *_probes(results, names), *_trees(results, names))


def _probes(results: Results, names: list[str]) -> list[str]:
    rows = []
    sds: list[float] = []
    for name in names:
        tables = list(results.of_arm("probes", name).values())
        monotone = [monotone_share(one) for one in tables]
        asks = [asks_by_sd(one) for one in tables]
        turned = [counterfactual(one) for one in tables]
        sds = list(asks[0])
        rows.append(
            [
                name,
                str(len(tables)),
                f"{np.mean(monotone):.3f} ({min(monotone):.3f})",
                *(f"{np.mean([one[sd] for one in asks]):.3f}" for sd in sds),
                _mean([one.would_not for one in turned]),
                _mean([one.turned for one in turned]),
            ]
        )
    states = results.experiment.explained.states
    head = ["arm", "seeds", "monotone: mean (lowest)", *(f"asks at σ {sd:g}" for sd in sds)]
    head += ["would not have asked", "would have chosen another"]
    return [
        (
            f"{states} states of people nobody learned on, each tried under beliefs from θ* = −2 to 2 prior sd. "
            "Monotone: the share in which a greater θ* never leads to a riskier option; the rule that knows the person "
            "beside it. Counterfactual: of the cases asked at the widest σ, the share not asked had σ been the "
            "narrowest; and where nothing is asked at either, the share decided otherwise."
        ),
        table(head, rows),
    ]


def _trees(results: Results, names: list[str]) -> list[str]:
    rows, texts = [], []
    for name in names:
        tables = list(results.of_arm("decisions", name).values())
        if not tables:
            continue
        trees = [surrogate_of(one) for one in tables]
        rows.append(
            [
                name,
                str(len(trees)),
                f"{np.mean([one.fidelity for one in trees]):.2f}",
                f"{np.mean([one.commonest for one in trees]):.2f}",
                f"{np.mean([one.leaves for one in trees]):.0f}",
            ]
        )
        texts += [f"The top of the tree of {name}, seed 0:", f"```text\n{trees[0].text.rstrip()}\n```"]
    if not rows:
        return []
    told = (
        "A tree of depth five, grown on the decisions of half of the people, and how often it does the same as the "
        "policy for the other half; beside it what saying the commonest action would reach."
    )
    head = ["arm", "seeds", "tree does the same", "commonest action", "leaves"]
    return [told, table(head, rows), *texts]


def _mean(values: list[float]) -> str:
    there = [value for value in values if not math.isnan(value)]
    return f"{np.mean(there):.2f}" if there else "–"
