"""A model misses the gate exactly where a figure is worse than asked, and each miss is named."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from bayesian_verifier.settings_file import read_table
from bayesian_verifier.training import EvaluationSettings, seed_of
from bayesian_verifier.training._gate import misses_of

GATE = read_table(EvaluationSettings, Path(__file__).parents[2] / "configs" / "evaluation.toml").gate
COVERED = {"0.5": 0.502, "0.8": 0.795, "0.9": 0.9, "0.95": 0.951}


def figures() -> dict[str, Any]:
    """Of a model that passes, with everything that may be there."""
    size = {"mean_error_rms": 0.003, "quantile_error_rms": 0.01, "sd_error_rms": 0.005}
    ranked = {"coverage": COVERED, "rank_deviation": 0.01, "rank_band_99": 0.02}
    # through JSON, so that no two figures are one object
    return json.loads(
        json.dumps(
            {
                "simulated": {"kl_mean": 0.004, "shift_sd_rms": 0.05, "unreliable": 0.001},
                "people": {"kl_mean": 0.01},
                "parity": {"log_density": 5e-6, "draws": 2e-6},
                "by_size": {"0-3": size, "257-512": size},
                "calibration": {
                    "people_each": 10_000,
                    "risk_aversion": {"0-3": ranked, "257-512": ranked},
                    "choice_noise": {"0-3": ranked, "257-512": ranked},
                },
                "typicality": {"people": 60_000, "below_0.05": 0.052},
                "misfit": {
                    "people": 10_000,
                    "false_flags": {"feedback": {"8": 0.04, "512": 0.051}, "both": {"8": 0.03, "512": 0.04}},
                    "power": {"feedback": {"known_0.95": 0.81}, "both": {"known_0.95": None}},
                },
            }
        )
    )


MISSES = {
    "mean KL of the network alone": (("simulated", "kl_mean"), 0.0051),
    "move by the weights": (("simulated", "shift_sd_rms"), 0.081),
    "unreliable weights": (("simulated", "unreliable"), 0.02),
    "mean KL on people's judgments": (("people", "kl_mean"), 0.03),
    "parity of log_density": (("parity", "log_density"), 2e-5),
    "parity of draws": (("parity", "draws"), 2e-5),
    "served mean at 257-512 judgments": (("by_size", "257-512", "mean_error_rms"), 0.016),
    "served quantiles at 0-3 judgments": (("by_size", "0-3", "quantile_error_rms"), 0.031),
    "served sd at 0-3 judgments": (("by_size", "0-3", "sd_error_rms"), 0.021),
    "ranks of choice_noise at 257-512 judgments": (
        ("calibration", "choice_noise", "257-512", "rank_deviation"),
        0.021,
    ),
    "80% coverage of risk_aversion at 0-3": (
        ("calibration", "risk_aversion", "0-3", "coverage", "0.8"),
        0.77,
    ),
    "typicality_p below 0.05": (("typicality", "below_0.05"), 0.065),
    "flagged as misfits, both, 512 judgments": (("misfit", "false_flags", "both", "512"), 0.06),
    "power lost where the knowing test is nearly sure, feedback": (
        ("misfit", "power", "feedback", "known_0.95"),
        0.79,
    ),
}


def with_value(path: tuple[str, ...], value: float) -> dict[str, Any]:
    """Passing figures but for one."""
    changed = figures()
    place = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return changed


def test_a_model_that_reaches_everything_misses_nothing() -> None:
    """No miss, also where there are neither people nor a table nor parity nor calibration."""
    assert misses_of(figures(), GATE) == []
    bare = figures() | {"people": None, "parity": None, "typicality": None, "calibration": {}, "misfit": None}
    assert misses_of(bare, GATE) == []


@pytest.mark.parametrize("name", MISSES)
def test_each_missed_figure_is_named_with_both_numbers(name: str) -> None:
    """One miss, of that figure, with what it is and what was asked."""
    path, value = MISSES[name]
    missed = misses_of(with_value(path, value), GATE)
    assert len(missed) == 1
    assert name in missed[0]
    assert "is above" in missed[0]


@pytest.mark.parametrize("name", MISSES)
def test_a_figure_that_is_no_number_misses(name: str) -> None:
    """NaN never passes by comparing false."""
    missed = misses_of(with_value(MISSES[name][0], math.nan), GATE)
    assert len(missed) == 1
    assert name in missed[0]


def test_a_figure_at_its_bound_passes() -> None:
    """The bound itself is allowed."""
    assert misses_of(with_value(("simulated", "kl_mean"), GATE.mean_kl), GATE) == []


@pytest.mark.parametrize("level", ["0.5", "0.95"])
@pytest.mark.parametrize("by", [-0.03, 0.03])
def test_intervals_too_wide_miss_like_those_too_narrow(level: str, by: float) -> None:
    """Coverage is asked for on both sides."""
    path = ("calibration", "choice_noise", "0-3", "coverage", level)
    assert len(misses_of(with_value(path, float(level) + by), GATE)) == 1


def test_few_people_are_allowed_the_error_of_sampling() -> None:
    """Coverage off by 0.03 misses with 10,000 people a stratum, and is chance with 200."""
    changed = with_value(("calibration", "risk_aversion", "0-3", "coverage", "0.8"), 0.77)
    assert misses_of(changed, GATE)
    changed["calibration"]["people_each"] = 200
    assert misses_of(changed, GATE) == []
    flagged = with_value(("misfit", "false_flags", "feedback", "8"), 0.06)
    assert misses_of(flagged, GATE)
    flagged["misfit"]["people"] = 200
    assert misses_of(flagged, GATE) == []


def test_every_miss_is_told_at_once() -> None:
    """A model that misses all of them is told all of them."""
    changed = figures()
    for path, value in MISSES.values():
        place: Any = changed
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value
    assert len(misses_of(changed, GATE)) == len(MISSES)


def test_the_seed_is_the_digest_s_first_twelve_figures() -> None:
    """Read as a hexadecimal number: nobody chooses it."""
    assert seed_of("0000000000ff" + "e" * 52) == 255
    assert seed_of("123456789abc" + "0" * 52) == 20015998343868
