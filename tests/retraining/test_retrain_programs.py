"""What are the programs told that train and compare at night?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bayesian_verifier.commands._retrain_hands import Places, Programs
from bayesian_verifier.retraining import Finished, Pair

if TYPE_CHECKING:
    from pathlib import Path


class Listening:
    """A machine that runs nothing: it keeps what it was asked to run, and says HOLD."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def run(self, command):
        self.asked = list(command)
        return Finished(0, json.dumps({"verdict": "HOLD", "reasons": []}))


def judged_with(tmp_path: Path, gate: str | None) -> list[str]:
    machine = Listening()
    places = Places(tmp_path / "judgments.jsonl", tmp_path / "models", "risk", tmp_path / "work")
    pair = Pair(champion="old", challenger="new", number=2, trained="2026-11-25T00:00:00Z")
    Programs(places, gate=gate).weigh(pair, machine)
    return machine.asked


def test_a_comparison_at_night_is_bound_by_the_operators_own_gate(tmp_path):
    """And not by the shipped one: whoever set another alpha would never have heard of it."""
    asked = judged_with(tmp_path, "mine.toml")
    assert asked[asked.index("--gate") + 1] == "mine.toml"


def test_without_settings_of_their_own_the_shipped_gate_judges(tmp_path):
    assert "--gate" not in judged_with(tmp_path, None)
