"""Does the example of a controller of one's own do what it says, as it stands?"""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from scipy import stats

from bayesian_verifier import Journal, JudgmentLayer
from bayesian_verifier.judgment import Prover, Rules, parse_judgments
from bayesian_verifier.judgment_layer import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from bayesian_verifier.judgment import Judgment

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "own_controller.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    """The example, imported from where it is."""
    spec = importlib.util.spec_from_file_location("own_controller", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Away:
    """A client whose service is never there."""

    def posterior(self, _judgments: Sequence[Judgment]) -> Outcome:
        return Outcome(None, "unreachable", "", "closed", 0.0, "0" * 32)


def answered(case: dict[str, Any], *said: str) -> list[Judgment]:
    return parse_judgments([case | {"chosen": 0, "feedback": one} for one in said])


def test_it_runs_as_it_stands() -> None:
    """Where nobody listens its gate answers, without a failure.

    Anew where the machine needed more than the 50 ms of the example to find that nobody is there.
    """
    with socket.socket() as never_listens:
        never_listens.bind(("127.0.0.1", 0))
        port = never_listens.getsockname()[1]
        command = [sys.executable, "-W", "error", str(EXAMPLE), f"http://127.0.0.1:{port}"]
        for _ in range(10):
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
            if "could not be reached" in done.stdout:
                break
    assert "could not be reached" in done.stdout
    assert (
        "its caution score of 0.67 is taken as 1.13 ± 0.60" in done.stdout
    )  # 0.7 + the 2/3 quantile of N(0, 1)
    assert "failures of the controller: 0" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("score", [0.02, 0.25, 0.5, 0.9, 0.98])
def test_a_score_is_the_share_of_people_who_are_less_cautious(example: ModuleType, score: float) -> None:
    """By SciPy's quantiles of the same people."""
    belief = example.belief_of(score)
    assert belief.mean == pytest.approx(stats.norm.ppf(score, 0.7, 1.0))
    assert belief.sd == 0.6


@pytest.mark.parametrize(("score", "same"), [(0.0, 0.02), (-3.0, 0.02), (1.0, 0.98), (7.0, 0.98)])
def test_a_score_off_the_scale_is_held_at_its_end(example: ModuleType, score: float, same: float) -> None:
    """Also where the gate breaks its word."""
    assert example.belief_of(score) == example.belief_of(same)


def test_the_layer_takes_it_in_place_of_ours(example: ModuleType, tmp_path: Path) -> None:
    """More was turned down, more caution; the line in the journal says on whose word."""
    layer = JudgmentLayer(
        Away(),
        example.CautionAdapter(example.CautionGate()),
        Journal(tmp_path / "judgments.jsonl"),
        prover=Prover(Rules.builtin(), timeout=5.0),
    )
    careful = layer.assess("ada", answered(example.CASE, *["reject"] * 9))
    bold = layer.assess("ben", answered(example.CASE, *["approve"] * 9))
    assert (careful.source, bold.source) == ("controller", "controller")
    assert careful.mean > 1.5
    assert bold.mean < 0.0
    assert layer.judge(example.CASE, "ada").recorded
    assert layer.health().controller_failures == 0
