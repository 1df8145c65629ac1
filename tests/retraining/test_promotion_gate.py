"""PROMOTE, HOLD or REJECT: each for its reason, and nothing that is no number ever passes."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.retraining import Foreseen, RetrainingSettings, foreseen, number_of, verdict
from bayesian_verifier.settings_file import read_table

GATE = read_table(RetrainingSettings, Path(__file__).parents[2] / "configs" / "retraining.toml").gate
FIT = {
    "sound": {"champion": True, "challenger": True},
    "sealed": {
        "challenger": {"kl_mean": 0.002, "mean_error_rms": 0.006, "sd_error_rms": 0.006, "unreliable": 0.0}
    },
    "sbc": {"challenger": {"worst": 0.05, "allowed": 0.08, "of": "risk_aversion", "judgments": "0-3"}},
    "coverage": {"challenger": {"worst": 0.01, "allowed": 0.05, "of": "risk_aversion", "judgments": "0-3"}},
    "next_answers": {"answers": 100, "mean_gain": 0.01, "evidence": 1.0, "against": 1.0},
}


def with_value(value, *path: str):
    changed = copy.deepcopy(FIT)
    place = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return changed


@settings(deadline=None)  # a busy machine is no fault of what is tested
@given(st.floats(0, 1e9), st.integers(1, 1000))
def test_it_promotes_exactly_where_evidence_reaches_one_over_its_share_of_the_error(found, number):
    needed = math.pi**2 * number**2 / (6 * 0.05)
    said = verdict(with_value(found, "next_answers", "evidence"), number, GATE)
    if not math.isclose(found, needed, rel_tol=1e-9):
        assert said.verdict == ("PROMOTE" if found > needed else "HOLD")
    assert f"number {number}" in said.reasons[0]


@pytest.mark.parametrize(("number", "needed"), [(1, 32.8987), (2, 131.5947), (10, 3289.868)])
def test_the_share_of_each_challenger_is_six_over_pi_squared_k_squared_of_a_twentieth(number, needed):
    """20 π²k²/6, by hand."""
    for factor, expected in ((0.999, "HOLD"), (1.001, "PROMOTE")):
        made = with_value(factor * needed, "next_answers", "evidence")
        assert verdict(made, number, GATE).verdict == expected


def test_a_tie_holds_for_ever():
    """The same chances from both, ten thousand times: no evidence either way."""
    rng = np.random.default_rng(0)
    same = [Foreseen("ada", p, p, bool(rng.random() < p)) for p in rng.uniform(0.02, 0.98, 10_000)]
    figures = foreseen(same)
    assert figures["evidence"] == figures["against"] == 1.0
    assert verdict(FIT | {"next_answers": figures}, 1, GATE).verdict == "HOLD"


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        (("sealed", "challenger", "kl_mean"), GATE.kl),
        (("sealed", "challenger", "mean_error_rms"), GATE.served_mean),
        (("sealed", "challenger", "sd_error_rms"), GATE.served_sd),
        (("sealed", "challenger", "unreliable"), GATE.unreliable),
        (("sbc", "challenger", "worst"), 0.08),
        (("coverage", "challenger", "worst"), 0.05),
    ],
)
@pytest.mark.parametrize("evidence", [1.0, 1e12])
def test_a_challenger_that_does_not_do_what_it_claims_is_rejected_whatever_people_say(path, limit, evidence):
    for bad in (limit * 1.01, math.nan, math.inf, None, "0.001"):
        made = with_value(bad, *path)
        made["next_answers"]["evidence"] = evidence
        said = verdict(made, 1, GATE)
        assert said.verdict == "REJECT", bad
        assert len(said.reasons) == 1
    passing = with_value(limit * 0.99, *path)
    passing["next_answers"]["evidence"] = evidence
    assert verdict(passing, 1, GATE).verdict == ("PROMOTE" if evidence > 1 else "HOLD")


@pytest.mark.parametrize("part", list(FIT))
def test_evidence_with_a_part_left_out_promotes_nobody(part):
    rich = with_value(1e12, "next_answers", "evidence")
    assert verdict({k: v for k, v in rich.items() if k != part}, 1, GATE).verdict == "REJECT"


@pytest.mark.parametrize("bad", [math.nan, math.inf, None])
def test_predictions_that_are_no_numbers_are_rejected(bad):
    for name in ("evidence", "against"):
        assert verdict(with_value(bad, "next_answers", name), 1, GATE).verdict == "REJECT"


def test_one_that_gives_no_numbers_is_rejected_for_that_alone():
    said = verdict(with_value(False, "sound", "challenger"), 1, GATE)
    assert said == ("REJECT", ("it gives something else than numbers",))


def test_a_challenger_that_foresees_people_worse_is_rejected_and_does_not_stay():
    rng = np.random.default_rng(1)
    chance = rng.uniform(0.1, 0.9, 2000)
    worse = [Foreseen("ada", p, 0.5, bool(rng.random() < p)) for p in chance]
    said = verdict(FIT | {"next_answers": foreseen(worse)}, 1, GATE)
    assert said.verdict == "REJECT"
    assert "champion" in said.reasons[0]


def test_foreseen_says_what_the_log_losses_are():
    answers = [
        Foreseen("ada", 0.5, 0.8, True),
        Foreseen("bob", 0.5, 0.8, False),
        Foreseen("ada", 0.6, 0.9, True),
    ]
    figures = foreseen(answers)
    champion = -np.log([0.5, 0.5, 0.6]).mean()
    challenger = -np.log([0.8, 0.2, 0.9]).mean()
    assert (figures["answers"], figures["people"]) == (3, 2)
    assert figures["log_loss"] == pytest.approx({"champion": champion, "challenger": challenger})
    assert figures["mean_gain"] == pytest.approx(champion - challenger)
    assert foreseen([Foreseen("ada", math.nan, 0.5, True)])["evidence"] is None
    assert foreseen([]) == {
        "answers": 0, "people": 0, "evidence": 1.0, "against": 1.0, "mean_gain": 0.0, "log_loss": None
    }  # fmt: skip


def test_an_unchanged_challenger_keeps_its_number_and_another_gets_the_next():
    judged = [("a", 1), ("b", 2), ("a", 1), ("b", 2)]
    assert [number_of(one, judged) for one in ("a", "b", "c")] == [1, 2, 3]
    assert number_of("a", []) == 1
    with pytest.raises(ValueError, match="from 1"):
        verdict(FIT, 0, GATE)
