"""Who gets which arm, what of the journal counts for whom, and what does the command say of it?"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from click.testing import CliRunner

from bayesian_verifier.cli import root
from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import Journal
from bayesian_verifier.judgment import Case
from bayesian_verifier.policy import ABTest, Exposures
from bayesian_verifier.posterior import Belief
from policy.policy_files import written

DAY = 86_400 * 10**9
CASE = Case.model_validate(
    {
        "options": [
            {"outcomes": [{"payoff": 4.0, "probability": 1.0}]},
            {"outcomes": [{"payoff": 9.0, "probability": 0.5}, {"payoff": 0.0, "probability": 0.5}]},
        ]
    }
)


class Life:
    """A journal with a clock of its own, in days."""

    def __init__(self, path, share=0.5):
        self.now, self.share = 0, share
        self.journal = Journal(path, fsync="never", clock=lambda: self.now, writer="w")

    def judge(self, day, subject, arm, *, name="one", source="verifier", share=None):
        self.now = int(day * DAY)
        test = {"name": name, "arm": arm, "share": share or self.share}
        return self.journal.append_judgment(
            subject=subject, case=CASE, chosen=0, verdict="proved", posterior=Belief(0.5, 0.2), source=source,
            reason=None, model_version="m", meta_comment="", more={"experiment": test},
        )  # fmt: skip

    def say(self, day, judgment, feedback=None, reward=None):
        self.now = int(day * DAY)
        self.journal.append_feedback(judgment, feedback, reward)

    def found(self, **settings):  # noqa: ANN003
        heard = Exposures()
        heard.hear(entry.event for entry in self.journal.read())
        return heard.found("one", **({"days": 7.0, "measure": "approval", "alpha": 0.05} | settings))


@pytest.fixture
def life(tmp_path):
    return Life(tmp_path / "judgments.jsonl")


def test_the_arm_of_a_person_is_a_hash_that_others_can_compute() -> None:
    """By hashlib alone: SHA-256 of name, newline and subject; half of people, and as many as are asked for."""
    test, rare = ABTest("one"), ABTest("one", share=0.1)
    for number in range(2000):
        bits = int(hashlib.sha256(f"one\nperson {number}".encode()).hexdigest()[:16], 16)
        assert test.arm(f"person {number}") == ("policy" if bits / 2**64 < 0.5 else "rule")
        if rare.arm(f"person {number}") == "policy":
            assert test.arm(f"person {number}") == "policy"
    share = sum(rare.arm(f"person {number}") == "policy" for number in range(2000)) / 2000
    assert share == pytest.approx(0.1, abs=0.03)
    assert {ABTest(name).arm("ada ∆") for name in "abcdefgh"} == {"policy", "rule"}


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "a" * 101}, {"share": 0.0}, {"share": 1.0}, {"share": float("nan")}]
)
def test_what_divides_nobody_is_refused(wrong) -> None:
    """A name, and a share that leaves some on either side."""
    with pytest.raises(CallerError, match="expected"):
        ABTest(**({"name": "one"} | wrong))


def test_exposures_and_outcomes_are_counted_by_arm(life) -> None:
    """All days; the latest word on a judgment holds; people outside of the experiment are left out."""
    first = life.judge(0, "ada", "policy")
    second = life.judge(1, "ada", "policy", source="controller")
    other = life.judge(1, "ben", "rule")
    life.judge(1, "cleo", "rule", name="other")
    life.say(2, first, "reject")
    life.say(3, first, "approve", reward=0.5)
    life.say(30, other, "reject")
    trace = {
        "judgment": second,
        "subject": "ada",
        "policy": "p",
        "belief": {"mean": 0.5, "sd": 0.2},
        "source": "verifier",
    }
    trace |= {
        "s": "0" * 16,
        "surroundings": {},
        "scores": [0.1, None],
        "ask_score": 1.0,
        "temperature": 1.0,
        "ask": True,
    }
    life.journal.append("policy", {**trace, "choice": 0})
    arms = life.found().arms
    assert arms["policy"] == (1, 2, 1, 1.0, 0.5, 1, 1)
    assert arms["rule"] == (1, 1, 1, 0.0, None, 0, 0)


def test_a_person_counts_once_by_their_first_days(life) -> None:
    """What is said later, or of later judgments, changes nothing; who said nothing stands half-way."""
    ada, ben = life.judge(0, "ada", "policy"), life.judge(0.5, "ben", "rule")
    life.say(1, ada, "approve")
    late = life.judge(8, "ada", "policy")
    life.say(8.1, late, "reject")
    life.say(9, ben, "approve")
    before, now = life.found(now=7.2 * 86_400).path[-1].verdict, life.found().path[-1].verdict
    assert before.people == 1
    assert before.effect == pytest.approx((1 - 0.5) * (1.0 - 0.5) / 0.25)
    # ada's approval of 1 makes the mean before ben 0.75, and ben, unheard in time, is taken as 0.5
    assert now.people == 2
    assert now.effect == pytest.approx((1.0 + (0 - 0.5) * (0.5 - 0.75) / 0.25) / 2)


def test_the_order_is_that_of_coming_not_of_answering(life) -> None:
    """Lines of another order say the same."""
    judged = [
        (subject, life.judge(day, subject, arm))
        for day, subject, arm in [(0, "a", "policy"), (1, "b", "rule"), (2, "c", "policy")]
    ]
    for hour, (_, judgment) in enumerate(reversed(judged)):
        life.say(3 + hour / 24, judgment, "approve" if hour != 1 else "reject")
    events = [entry.event for entry in life.journal.read()]
    heard, turned = Exposures(), Exposures()
    heard.hear(events)
    turned.hear(reversed(events))
    settings = {"days": 2.0, "measure": "approval", "alpha": 0.05}
    assert heard.found("one", **settings) == turned.found("one", **settings)


def test_rewards_are_measured_on_their_own_scale(life) -> None:
    """-3 to 3 is 0 to 1."""
    for number, (arm, reward) in enumerate([("policy", 3.0), ("rule", -3.0)]):
        life.say(1, life.judge(0, f"p{number}", arm), None, reward)
    life.judge(20, "last", "rule")
    arms = life.found(measure="reward")
    assert (arms.arms["policy"].reward, arms.arms["rule"].reward) == (3.0, -3.0)
    assert arms.path[-1].verdict.effect == pytest.approx(((1 - 0.5) * 2 + (0 - 0.75) * -2) / 2)


def test_what_no_test_holds_for_is_refused(life) -> None:
    """A person in both arms, a share that was changed, an experiment that is not there."""
    life.judge(0, "ada", "policy")
    life.judge(1, "ben", "rule", share=0.2)
    with pytest.raises(CallerError, match="several shares"):
        life.found()
    life.judge(2, "ada", "rule")
    with pytest.raises(CallerError, match="both arms"):
        life.found()
    with pytest.raises(CallerError, match="no experiment 'two'"):
        Exposures().found("two", days=1.0, measure="approval", alpha=0.05)


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """Three hundred people over thirty days; the policy is approved of in 9 of 10 cases, the rule in 5."""
    life = Life(tmp_path_factory.mktemp("ab") / "judgments.jsonl")
    test = ABTest("one")
    for number in range(300):
        subject = f"person {number}"
        arm = test.arm(subject)
        for turn in range(2):
            judged = life.judge(number / 10, subject, arm)
            approves = (number * 7 + turn * 3) % 10 < (9 if arm == "policy" else 5)
            life.say(number / 10 + 0.1, judged, "approve" if approves else "reject")
    return life.journal.path


def asked(*arguments):  # noqa: ANN002
    return CliRunner().invoke(root, ["policy", *map(str, arguments)], catch_exceptions=False)


def test_the_command_says_what_is_evident_day_by_day(watched) -> None:
    """A look each day, people only ever more, and the verdict that 300 people allow."""
    document = json.loads(asked("ab", watched, "--json").stdout)
    path = document["path"]
    assert document["decided"] == "better"
    assert document["arms"]["policy"]["people"] + document["arms"]["rule"]["people"] == 300
    assert document["arms"]["policy"]["approved"] == pytest.approx(0.9, abs=0.05)
    assert [one["people"] for one in path] == sorted(one["people"] for one in path)
    assert all(
        later["low"] >= earlier["low"] and later["better"] >= earlier["better"]
        for earlier, later in pairwise(path)
    )
    assert path[-1]["low"] <= 0.4 <= path[-1]["high"]
    said = asked("ab", watched).stdout
    assert "Decided: by approval people are better off with the policy" in said
    early = asked("ab", watched, "--now", f"{datetime.fromtimestamp(8 * 86_400, UTC):%Y-%m-%d}")
    assert "Not decided" in early.stdout


def test_the_command_says_what_it_lacks(tmp_path, watched) -> None:
    """No experiment, or one of another name; nothing over yet."""
    Journal(tmp_path / "j.jsonl").append("trace", {"x": 1})
    with pytest.raises(CallerError, match="no experiment"):
        asked("ab", tmp_path / "j.jsonl")
    with pytest.raises(CallerError, match="there are: 'one'"):
        asked("ab", watched, "--experiment", "two")
    assert "nothing can be said yet" in asked("ab", watched, "--days", "400").stdout


def test_a_policy_is_shown_and_checked(tmp_path) -> None:
    """What it reads, where it comes from; a file that is none is refused."""
    path = written(tmp_path / "p.npz", known=["mean"])
    assert "reads        mean" in asked("show", path).stdout
    assert json.loads(asked("show", path, "--json").stdout)["known"] == ["mean"]
    assert json.loads(asked("show", "--json").stdout)["known"] == ["mean", "sd"]
