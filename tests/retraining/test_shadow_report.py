"""What is said of two models that were asked the same: figures by hand, verdicts by simulation, the command."""

from __future__ import annotations

import json
import math
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from scipy.integrate import quad
from scipy.stats import norm

from bayesian_verifier.cli import run
from bayesian_verifier.drift import chance_of_approval
from bayesian_verifier.journal import journal_schema
from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.posterior import Belief
from bayesian_verifier.retraining import ShadowReport, ShadowSettings, shadow_report, share_bounds
from bayesian_verifier.settings import shipped_config
from bayesian_verifier.settings_file import read_table
from retraining.both import NOISE, Both, recorded, side
from retraining.events import case

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = read_table(ShadowSettings, shipped_config("shadow.toml"))
# as many calls as a test can write
FEW = SETTINGS.model_copy(update={"answered": 0.9, "usable": 0.9, "same_choice": 0.9, "answers": 50})


@pytest.fixture
def both(tmp_path: Path) -> Both:
    return Both(tmp_path / "judgments.jsonl")


def report_of(both: Both, settings: ShadowSettings = FEW) -> ShadowReport:
    found = shadow_report(both.events, settings, chance_of_approval)
    assert found is not None
    return found


def kl(p: Belief, q: Belief) -> float:
    """By quadrature."""
    of_p, of_q = norm(p.mean, p.sd), norm(q.mean, q.sd)
    found, _ = quad(
        lambda x: of_p.pdf(x) * (of_p.logpdf(x) - of_q.logpdf(x)), p.mean - 9 * p.sd, p.mean + 9 * p.sd
    )
    return float(found)


def test_how_far_apart_two_models_are_is_said_by_parameter_and_person(both: Both) -> None:
    """In sd of the served posterior, and as KL by quadrature."""
    served, candidate = (Belief(0.5, 0.2), Belief(0.3, 0.1)), (Belief(0.6, 0.4), Belief(0.0, 0.1))
    both.asked("ada", served[0], candidate[0])
    both.asked("ben", served[1], candidate[1])
    both.asked("ben", None, candidate[1])
    both.asked("ben", served[1], None, dropped=4)
    found = report_of(both)
    risk = found.parameters["risk_aversion"]
    assert (found.calls, found.dropped, risk.questions) == (4, 4, 2)
    assert risk.shift == pytest.approx((0.5 - 3.0) / 2)
    assert risk.shift_rms == pytest.approx(math.sqrt((0.25 + 9.0) / 2))
    assert risk.far == 0.5
    assert risk.width == pytest.approx(math.sqrt(2.0))
    pairs = list(zip(served, candidate, strict=True))
    assert risk.kl_forward == pytest.approx(np.mean([kl(p, q) for p, q in pairs]))
    assert risk.kl_backward == pytest.approx(np.mean([kl(q, p) for p, q in pairs]))
    assert found.parameters["choice_noise"].kl_forward == 0.0
    assert (found.served.answered, found.candidate.answered) == (3, 3)
    assert found.candidate.reasons == {"timeout": 1}
    assert found.usable == (3, 2)
    assert [(one.subject, one.questions) for one in found.people] == [("ben", 3), ("ada", 1)]
    assert found.people[0].risk_aversion is not None
    assert found.people[0].risk_aversion.shift == pytest.approx(-3.0)


def test_choices_are_compared_where_both_could_make_one(both: Both) -> None:
    """One the same, one other, one where a side chose nothing."""
    one = Belief(0.5, 0.2)
    both.asked("ada", one, one)
    both.asked("ada", one, one, candidate=side(one, "m2", chosen=1))
    both.asked("ada", one, one, candidate=side(one, "m2", chosen=None, reason="wide_posterior"))
    found = report_of(both)
    assert found.choices == (2, 1)
    assert found.usable == (3, 2)


def test_next_answers_are_foreseen_by_what_was_said_before_them(both: Both) -> None:
    """The first answer to a judgment counts; log-losses are those of the model of docs/model.md."""
    served, candidate = Belief(0.5, 0.2), Belief(-0.4, 0.3)
    first = both.asked("ada", served, candidate, answer="reject")
    both.asked("ada", served, candidate, answer="approve", sure=3.0)
    both.asked("ben", served, candidate)
    both.asked("ben", served, None, answer="approve")
    both.asked("cleo", served, candidate, answer="approve", sure=10.0)  # a sure 10 against 10 or nothing
    both.journal.append_feedback(first, "approve")
    found = report_of(both).next_answers
    given = [(4.0, "reject"), (3.0, "approve"), (10.0, "approve")]
    for name, belief in (("served", served), ("candidate", candidate)):
        losses = []
        for sure, answer in given:
            record = case(sure=sure).model_dump(exclude_none=True) | {"chosen": 0, "feedback": answer}
            (judgment,) = parse_judgments([record])
            chance = chance_of_approval(judgment, belief, 0.1)
            losses.append(-math.log(chance if answer == "approve" else 1 - chance))
        assert found["log_loss"][name] == pytest.approx(np.mean(losses))
    assert (found["answers"], found["people"]) == (3, 2)
    assert found["mean_gain"] == pytest.approx(found["log_loss"]["served"] - found["log_loss"]["candidate"])


def test_answers_are_foreseen_by_every_trait_that_a_model_names(both: Both) -> None:
    """Somebody who weighs small chances up, and a candidate that knows it."""
    one, weighs = Belief(0.5, 0.2), Belief(0.5, 0.1)
    named = {"risk_aversion": one, "choice_noise": NOISE, "probability_weighting": weighs}
    knows = side(one, "m2") | {"posterior": {name: recorded(belief) for name, belief in named.items()}}
    for sure in (2.0, 4.0, 6.0):
        both.asked("ada", one, one, answer="approve", sure=sure, candidate=knows)
    found = report_of(both).next_answers
    losses = []
    for sure in (2.0, 4.0, 6.0):
        record = case(sure=sure).model_dump(exclude_none=True) | {"chosen": 0, "feedback": "approve"}
        (judgment,) = parse_judgments([record])
        losses.append(-math.log(chance_of_approval(judgment, one, 0.1, {"probability_weighting": weighs})))
    assert found["log_loss"]["candidate"] == pytest.approx(np.mean(losses))
    assert found["log_loss"]["candidate"] != pytest.approx(found["log_loss"]["served"], abs=1e-3)


def test_only_the_newest_two_versions_are_compared(both: Both) -> None:
    """A call without an answer belongs to the version before it; what others were asked is counted."""
    one = Belief(0.5, 0.2)
    both.asked("ada", one, None, versions=("m1", "m2"))
    both.asked("ada", one, one, versions=("m1", "m2"))
    both.asked("ada", one, one, versions=("m1", "m3"))
    both.asked("ada", one, None, versions=("m1", "m3"))
    both.asked("ada", None, one, versions=("m1", "m3"))
    found = report_of(both)
    assert found.versions == ("m1", "m3")
    assert (found.calls, found.others) == (3, 2)


def answers_of(both: Both, served: float, candidate: float, truth: float, count: int) -> None:
    """So many answers of a person of this r, and two posteriors that are that sure of theirs."""
    dice = random.Random(7)
    for number in range(count):
        sure = 2.0 + 4.0 * dice.random()
        record = case(sure=sure).model_dump(exclude_none=True) | {"chosen": 0, "feedback": "approve"}
        (judgment,) = parse_judgments([record])
        says = (
            "approve" if dice.random() < chance_of_approval(judgment, Belief(truth, 1e-6), 0.1) else "reject"
        )
        sides = Belief(served, 0.1), Belief(candidate, 0.1)
        both.asked(f"p{number % 5}", *sides, answer=says, sure=sure)


@pytest.mark.parametrize(
    ("served", "candidate", "verdict", "said"),
    [
        (-0.5, 0.5, "PROMOTE", "it foresees people better"),
        (0.5, -0.5, "REJECT", "the served model foresees people better"),
        (0.5, 0.5, "PROMOTE", "nothing speaks against it"),
    ],
)
def test_the_verdict_follows_who_foresees_people_better(
    both: Both, served: float, candidate: float, verdict: str, said: str
) -> None:
    """One that is as good, and chooses the same, may take over as well."""
    answers_of(both, served, candidate, truth=0.5, count=120)
    judged = report_of(both).judged
    assert judged.verdict == verdict
    assert any(said in reason for reason in judged.reasons), judged.reasons


def test_too_few_calls_hold_and_say_what_is_missing(both: Both) -> None:
    """Every share that is not certain yet, and the answers."""
    answers_of(both, 0.5, 0.5, truth=0.5, count=5)
    judged = report_of(both).judged
    assert judged.verdict == "HOLD"
    assert len(judged.reasons) == 3
    assert "5 of 5 calls that it answered" in judged.reasons[0]
    assert "5 of 50 answers" in judged.reasons[2]


def test_a_candidate_that_does_not_answer_or_cannot_be_used_is_rejected(both: Both) -> None:
    """However well it agrees where it does."""
    one = Belief(0.5, 0.2)
    for number in range(60):
        both.asked("ada", one, one if number % 2 else None)
    judged = report_of(both).judged
    assert judged.verdict == "REJECT"
    assert "30 of 60 calls that it answered" in judged.reasons[0]


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (3, 3), (7, 9), (460, 460), (0, 50)])
def test_bounds_are_where_the_mixture_is_as_likely_as_alpha_says(successes: int, trials: int) -> None:
    """By quadrature of the binomial likelihood over an even prior."""
    even, _ = quad(lambda p: p**successes * (1 - p) ** (trials - successes), 0.0, 1.0)
    bounds = share_bounds(successes, trials, alpha=0.05)
    for edge in bounds:
        if 0.0 < edge < 1.0:
            likelihood = edge**successes * (1 - edge) ** (trials - successes)
            assert even / likelihood == pytest.approx(20.0, rel=1e-6)
    assert bounds.low <= successes / trials <= bounds.high


def test_bounds_hold_at_all_times_at_once() -> None:
    """Of 2,000 runs of 300 outcomes, looked at seven times, some leave the truth outside, and 5% at most."""
    draws = np.random.default_rng(11).random((2000, 300)) < 0.9
    left = 0
    for run_of in draws.cumsum(axis=1):
        looks = [share_bounds(int(run_of[n - 1]), n, alpha=0.05) for n in (5, 20, 50, 100, 150, 200, 300)]
        left += any(not low <= 0.9 <= high for low, high in looks)
    assert 0 < left <= 0.05 * 2000


def test_the_command_says_it_to_people_programs_and_as_a_page(
    both: Both, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same figures; names are escaped."""
    both.asked("<b>", Belief(0.5, 0.2), Belief(0.6, 0.4), answer="approve")
    page = tmp_path / "shadow.html"
    assert run(["shadow", "report", str(both.journal.path), "--html", str(page)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("HOLD")
    assert "+0.50" in shown
    assert run(["shadow", "report", str(both.journal.path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["parameters"]["risk_aversion"]["shift"] == pytest.approx(0.5)
    assert document["verdict"] == "HOLD"
    assert document["usable"] == {"served": 1, "both": 1}
    assert "&lt;b&gt;" in page.read_text()
    assert "<b></td>" not in page.read_text()


def test_a_journal_without_a_candidate_has_nothing_to_report(
    both: Both, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says how to have one asked."""
    both.answered("ada")
    page = tmp_path / "shadow.html"
    assert run(["shadow", "report", str(both.journal.path), "--html", str(page)]) == 0
    assert "candidate=VerifierClient" in capsys.readouterr().out
    assert "candidate=VerifierClient" in page.read_text()
    assert run(["shadow", "report", str(both.journal.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["calls"] == 0


def test_a_line_of_a_candidate_keeps_to_the_schema(both: Both) -> None:
    """And one without a model version's posterior does, but not one of another form."""
    both.asked("ada", Belief(0.5, 0.2), None)
    check = Draft202012Validator(journal_schema())
    line = json.loads(both.journal.path.read_text().splitlines()[-1])
    assert line["kind"] == "candidate"
    check.validate(line)
    assert not check.is_valid(line | {"served": None})
