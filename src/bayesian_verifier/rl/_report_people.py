"""What does a report say of people: whom does an arm serve, and does the risk it takes suit them?"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.rl._markdown import part, table
from bayesian_verifier.rl._statistics import interquartile_mean

if TYPE_CHECKING:
    from bayesian_verifier.rl._results import Results
    from bayesian_verifier.rl._statistics import Float

_EDGES = (-np.inf, -1.0, -1 / 3, 1 / 3, 1.0, np.inf)
_NAMES = ("r ≤ −1 sd", "−1 to −⅓", "−⅓ to ⅓", "⅓ to 1", "> 1 sd")
#: the rule that knows the person: the risk it takes is the one that suits them
_IDEAL = "true_rule"


def by_attitude(results: Results) -> str:
    """Reward by the person's own attitude."""
    groups = _groups(results)
    rows = []
    for name in results.names:
        reward = interquartile_mean(results.rewards[name])
        rows.append([name, *(f"{reward[one].mean():.4f}" if one.any() else "–" for one in groups)])
    counts = ["people", *(str(int(one.sum())) for one in groups)]
    return part(
        "Where the gain sits",
        "Reward a decision by the person's own risk aversion, in prior sd.",
        table(["arm", *_NAMES], [counts, *rows]),
    )


def risk_taken(results: Results) -> str:
    """How closely the risk an arm takes follows the person's r."""
    if _IDEAL not in results.names:
        return ""
    ideal = _risk(results, _IDEAL)[0]
    attitude = _attitude(results)
    low, *_, high = _groups(results)
    rows = []
    for name in results.names:
        risk = _risk(results, name)
        follows = interquartile_mean(np.array([np.corrcoef(one, attitude)[0, 1] for one in risk]))
        cells = [name, f"{float(follows):.2f}"]
        for group in (np.ones(len(attitude), bool), low, high):
            away = (risk - ideal)[:, group]
            if not group.any():
                cells += ["–", "–"]
                continue
            off, far = (interquartile_mean(one.mean(axis=1)) for one in (away, np.abs(away)))
            cells += [f"{float(off):+.3f}", f"{float(far):.3f}"]
        rows.append(cells)
    head = ["arm", "correlation with r"]
    head += [
        f"{where}: {what}" for where in ("all", _NAMES[0], _NAMES[-1]) for what in ("too risky by", "off by")
    ]
    return part(
        "Does the risk taken suit the person?",
        (
            "Risk of a decision: the rank of the option within its case, 0 the surest to 1; a person's is the mean "
            f"over 32 decisions. Beside it what {_IDEAL}, which knows r and the hidden costs, takes for the same "
            "person: the mean difference, and the mean absolute one."
        ),
        table(head, rows),
    )


def _attitude(results: Results) -> Float:
    first = next(iter(results.of_arm("episodes", results.names[0]).values()))
    return first["risk_aversion"].astype(float)


def _risk(results: Results, name: str) -> Float:
    return np.stack([one["risk"] for one in results.of_arm("episodes", name).values()]).astype(float)


def _groups(results: Results) -> list[np.ndarray]:
    prior = results.experiment.of_episodes.prior
    z = (_attitude(results) - prior.mean[0]) / prior.sd[0]
    return [(z > low) & (z <= high) for low, high in pairwise(_EDGES)]
