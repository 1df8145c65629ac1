"""Equally good challengers, night after night: promoted in five of a hundred histories at most, all nights together.

`benchmarks/bench_false_promotion.py` does the same over a thousand nights and a thousand histories.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from bayesian_verifier.retraining import RetrainingSettings, compared, is_better, no_comparison
from bayesian_verifier.settings_file import read_table

GATE = read_table(RetrainingSettings, Path(__file__).parents[2] / "configs" / "retraining.toml").gate
HISTORIES, NIGHTS, PER_NIGHT = 60, 100, 8


def is_ever_promoted(rng, lasts, skill):
    """With a new challenger every `lasts` nights; both are wrong by noise on the log-odds, it by `skill` as much."""
    known, number = no_comparison(), 0
    for night in range(NIGHTS):
        if night % lasts == 0:
            known, number = no_comparison(), number + 1
        odds = 1.5 * rng.standard_normal(PER_NIGHT)
        for one in odds:
            champion, challenger = (
                1 / (1 + np.exp(-one - noise * rng.standard_normal())) for noise in (1.0, skill)
            )
            approved = bool(rng.random() < 1 / (1 + np.exp(-one)))
            known = compared(known, champion, challenger, approved=approved)
        if is_better(known, number, alpha=GATE.alpha):
            return True
    return False


@pytest.mark.parametrize("lasts", [NIGHTS, 10, 1])
def test_equal_challengers_are_promoted_in_five_of_a_hundred_histories_at_most(lasts):
    promoted = sum(is_ever_promoted(np.random.default_rng([lasts, i]), lasts, 1.0) for i in range(HISTORIES))
    assert promoted <= binom.ppf(0.999, HISTORIES, 0.05)


def test_a_better_challenger_is_promoted():
    """Half as wrong: found out within the same nights in nearly all histories."""
    promoted = sum(is_ever_promoted(np.random.default_rng([7, i]), NIGHTS, 0.3) for i in range(20))
    assert promoted >= 18
