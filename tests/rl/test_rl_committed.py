"""Do the committed results of the full experiments say what their pages say, and were they registered as they are?"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from bayesian_verifier.rl import Experiment, Report, report_of
from bayesian_verifier.settings_file import read_table

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = sorted(note.parent for note in (ROOT / "experiments").glob("*/experiment.json"))
MAIN = ("rl_only", "rl2_evidence", "hybrid", "oracle")


@cache
def reported(folder: Path) -> Report:
    return report_of(folder)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_committed_page_follows_from_the_tables(folder: Path) -> None:
    """To the letter; and of a table that is not there it says so."""
    found = reported(folder)
    assert (folder / "report.md").read_text("utf-8") == found.page
    assert bool(found.missing) == ("**Not complete**" in found.page)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_was_registered_is_what_the_settings_say(folder: Path) -> None:
    """By the hash; main arms with twenty seeds at least, the others with five."""
    experiment = read_table(Experiment, ROOT / "configs" / "rl" / f"{folder.name}.toml")
    assert reported(folder).results.experiment.hash == experiment.hash
    assert all(experiment.arms[name] >= 20 for name in MAIN)
    assert all(count >= 5 for count in experiment.arms.values())


def test_in_a_who_knows_more_earns_more() -> None:
    """What must hold whatever is learned: of rules, and of those who are told the person's r."""
    reward = {
        name: float(rows.mean())
        for name, rows in reported(ROOT / "experiments" / "a").results.rewards.items()
    }
    rules = ("bayes_ignoring_cost", "prior_rule", "thompson", "bayes", "true_rule")
    assert [reward[name] for name in rules] == sorted(reward[name] for name in rules)
    assert reward["true_rule"] == pytest.approx(0.0, abs=1e-6)
    assert reward["rl_only"] < reward["hybrid"] < reward["oracle"] < 0.0


def test_all_arms_met_the_same_people() -> None:
    """The person's own risk aversion is the same in every file; as often above as below the prior's mean."""
    for folder in FOLDERS:
        episodes = reported(folder).results.tables["episodes"]
        first, *others = (table["risk_aversion"] for table in episodes.values())
        assert all(np.array_equal(first, other) for other in others)
        assert abs(first.mean() - 0.5) < 4 / np.sqrt(len(first))
