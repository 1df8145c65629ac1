"""Can a small tree say what a policy does, and how faithfully? A surrogate to be read (Craven & Shavlik 1996)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from bayesian_verifier.rl._tables import Columns

_DEPTH, _LEAST_ROWS = 5, 10
_ACTIONS = {0: "sure", 1: "middle", 2: "long shot", 3: "ask"}


class Surrogate(NamedTuple):
    """fidelity: share of decisions the tree was not grown on in which it does the same as the policy.

    commonest: what saying always the same would reach.   leaves: how large the tree is.   text: the tree.
    """

    fidelity: float
    commonest: float
    leaves: int
    text: str


def surrogate_of(table: Columns) -> Surrogate:
    """Grown on decisions of half of the rows, judged on the other half."""
    from sklearn.tree import DecisionTreeClassifier, export_text  # noqa: PLC0415 - an extra brings it

    names = [name for name in table if name != "action"]
    reasons = np.stack([table[name] for name in names], axis=1)
    actions = table["action"].astype(int)
    # rows lie step by step, a person a column: every second row is every second person
    grown = np.arange(len(actions)) % 2 == 0
    tree = DecisionTreeClassifier(max_depth=_DEPTH, min_samples_leaf=_LEAST_ROWS, random_state=0)
    tree.fit(reasons[grown], actions[grown])
    said = tree.predict(reasons[~grown])
    commonest = np.bincount(actions[grown]).argmax()
    words = [_ACTIONS[one] for one in tree.classes_]
    return Surrogate(
        float((said == actions[~grown]).mean()),
        float((actions[~grown] == commonest).mean()),
        int(tree.get_n_leaves()),
        export_text(tree, feature_names=names, class_names=words, max_depth=2, decimals=2),
    )
