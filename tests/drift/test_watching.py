"""Windows and alarms of a real journal; the service is replaced by a closed form that takes rewards as measurements."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bayesian_verifier.drift import DriftSettings, Followed, Inferred, Watcher
from bayesian_verifier.errors import BusyError
from bayesian_verifier.journal import Journal, News, Numbered, WindowLine
from bayesian_verifier.judgment import Case
from bayesian_verifier.posterior import Belief

PRIOR = Belief(0.5, 1.0)
CASE = Case.model_validate(
    {
        "options": [
            {"outcomes": [{"payoff": 4.0, "probability": 1.0}]},
            {"outcomes": [{"payoff": 10.0, "probability": 0.5}, {"payoff": 0.0, "probability": 0.5}]},
        ]
    }
)
SETTINGS = DriftSettings.model_validate(
    {
        "window": 4,
        "threshold": 50.0,
        "wander": 0.0,
        "evaluation": {"people": 50, "windows": 100, "seed": 0, "thresholds": [10.0], "delays": {1.0: 9.0}},
    }
)


def normal_posterior(judgments):
    """Each reward is θ/3 with noise of sd 0.1; the prior is N(0.5, 1)."""
    precision = 1.0 + len(judgments) * (3 * 0.1) ** -2
    mean = (0.5 + sum(3 * one.reward for one in judgments) * (3 * 0.1) ** -2) / precision
    return Inferred(Belief(mean, precision**-0.5), 0.1, len(judgments), trustworthy=True, model_version="m1")


def ticking(step=1_000_000_000):
    now = [1_700_000_000_000_000_000]

    def clock():
        now[0] += step
        return now[0]

    return clock


@pytest.fixture
def files(tmp_path):
    with (
        Journal(tmp_path / "judgments.jsonl", fsync="never", clock=ticking()) as journal,
        Journal(tmp_path / "ledger.jsonl", fsync="never") as ledger,
    ):
        yield journal, ledger


def live(journal, subject, theta, answers, seed):
    """A person's judgments and rewards."""
    rng = np.random.default_rng(seed)
    for _ in range(answers):
        made = journal.append_judgment(
            subject=subject,
            case=CASE,
            chosen=0,
            verdict="proved",
            posterior=PRIOR,
            source="controller",
            reason="no_evidence",
            model_version=None,
            meta_comment="",
        )
        journal.append_feedback(made, "approve", reward=float(theta / 3 + 0.1 * rng.standard_normal()))


def watcher(journal, ledger, infer=normal_posterior, alarmed=()):
    return Watcher(News(journal.path).read, journal, ledger, infer, SETTINGS, alarmed=alarmed)


def events(log, kind):
    found = [one.event for one in log.read() if isinstance(one, Numbered)] if log.path.exists() else []
    return [one for one in found if one.kind == kind]


def test_no_judgment_is_in_two_windows_and_all_are_of_one_subject(files):
    journal, ledger = files
    for _ in range(3):
        live(journal, "ada", 0.5, 5, seed=1)
        live(journal, "bob", 1.0, 3, seed=2)
    watcher(journal, ledger).catch_up()
    windows = events(journal, "window")
    order = [("ada", 1), ("ada", 2), ("bob", 1), ("ada", 3), ("bob", 2)]
    assert [(w.subject, w.number) for w in windows] == order
    used = [i for w in windows for i in w.judgments]
    assert len(used) == len(set(used)) == 5 * 4
    whose = {one.id: one.subject for one in events(journal, "judgment")}
    assert all(whose[i] == w.subject for w in windows for i in w.judgments)


def test_a_window_is_inferred_from_the_prior_alone(files):
    journal, ledger = files
    live(journal, "ada", 0.9, 8, seed=3)
    heard = watcher(journal, ledger).catch_up()
    rewards = {one.judgment: one.reward for one in events(journal, "feedback")}
    for one in heard:
        values = [3 * rewards[i] for i in one.window.judgments]
        precision = 1.0 + 4 / 0.09
        assert one.window.posterior.mean == pytest.approx((0.5 + sum(values) / 0.09) / precision)
        assert one.window.posterior.sd == pytest.approx(precision**-0.5)


def test_a_change_gives_one_alarm_that_says_since_when_and_how_far(files):
    journal, ledger = files
    live(journal, "ada", 0.3, 24, seed=4)
    live(journal, "ada", 2.1, 8, seed=5)
    heard = watcher(journal, ledger).catch_up()
    assert [one.alarm for one in heard] == [False] * 6 + [True, False]
    (alarm,) = events(ledger, "alarm")
    assert alarm.window == heard[6].window.id
    assert alarm.change_began == heard[6].window.began
    assert alarm.moved == pytest.approx(1.8, abs=0.3)


def test_live_restarted_and_replayed_alarms_are_the_same_bit_for_bit(files, tmp_path):
    """Pass by pass, with a new watcher each time, and all at once over the finished journal."""
    journal, ledger = files
    statistics = []
    for part in range(10):
        live(journal, "ada", 0.3 if part < 6 else 1.9, 5, seed=part)
        live(journal, "bob", -0.5, 3, seed=100 + part)
        done = [one.window for one in events(ledger, "alarm")]
        statistics = watcher(journal, ledger, alarmed=done).catch_up()
    windows = events(journal, "window")
    replayed = Followed(threshold=50.0).hear_all(windows)
    assert [one.window.id for one in replayed if one.alarm] == [one.window for one in events(ledger, "alarm")]
    assert len(events(ledger, "alarm")) == 1
    assert [one.statistic for one in replayed] == [one.statistic for one in statistics]


def test_a_service_that_cannot_be_had_delays_windows_and_loses_none(files):
    journal, ledger = files
    live(journal, "ada", 0.5, 8, seed=6)
    asked = []

    def sometimes(judgments):
        asked.append(len(judgments))
        if len(asked) in {1, 4}:
            raise BusyError("away")
        return normal_posterior(judgments)

    ours = watcher(journal, ledger, sometimes)
    for _ in range(2):
        with pytest.raises(BusyError, match="away"):
            ours.catch_up()
    ours.catch_up()
    assert [w.number for w in events(journal, "window")] == [1, 2]


def test_a_model_promoted_between_two_questions_is_no_window(files):
    journal, ledger = files
    live(journal, "ada", 0.5, 4, seed=7)

    def promoted(judgments):
        return normal_posterior(judgments)._replace(model_version="m2" if judgments else "m1")

    with pytest.raises(BusyError, match="changed its model"):
        watcher(journal, ledger, promoted).catch_up()
    assert events(journal, "window") == []


def test_the_first_answer_to_a_judgment_is_the_one_in_its_window(files):
    journal, ledger = files
    live(journal, "ada", 0.5, 3, seed=8)
    first = events(journal, "judgment")[0]
    journal.append_feedback(first.id, "reject", reward=-1.0)
    assert watcher(journal, ledger).catch_up() == []
    live(journal, "ada", 0.5, 1, seed=9)
    (heard,) = watcher(journal, ledger).catch_up()
    assert heard.window.judgments[0] == first.id


def test_refuted_and_pointless_judgments_fill_no_window(files):
    journal, ledger = files
    live(journal, "ada", 0.5, 3, seed=10)
    for verdict, case in (
        ("refuted", CASE),
        ("proved", Case.model_validate({"options": [CASE.options[0]] * 2})),
    ):
        made = journal.append_judgment(
            subject="ada", case=case, chosen=0, verdict=verdict, posterior=PRIOR, source="verifier", reason=None,
            model_version="m1", meta_comment="",
        )  # fmt: skip
        journal.append_feedback(made, "reject")
    assert watcher(journal, ledger).catch_up() == []


def test_a_window_says_how_well_the_one_before_foresaw_its_answers(files):
    """One answer each, a choice that means next to nothing to anybody: a coin toss, but for lapses."""
    journal, ledger = files
    live(journal, "ada", 0.5, 8, seed=11)
    first, second = watcher(journal, ledger).catch_up()
    for one in (first, second):
        assert 0.0 < one.window.log_loss < -math.log(0.01)


def test_the_journal_reads_a_window_back(files):
    journal, ledger = files
    live(journal, "ada", 0.5, 4, seed=12)
    watcher(journal, ledger).catch_up()
    (window,) = events(journal, "window")
    assert isinstance(window, WindowLine)
    assert journal.verify().findings == ()


def test_a_compacted_journal_is_heard_anew_and_alarms_nobody_twice(files):
    """Another file in its place, as forgetting somebody leaves one."""
    journal, ledger = files
    live(journal, "ada", 0.3, 24, seed=4)
    live(journal, "ada", 2.1, 4, seed=5)
    ours = watcher(journal, ledger)
    heard = ours.catch_up()
    copy = journal.path.with_name("copy")
    copy.write_bytes(journal.path.read_bytes())
    copy.replace(journal.path)
    again = ours.catch_up()
    assert [one.statistic for one in again] == [one.statistic for one in heard]
    assert len(events(ledger, "alarm")) == 1
