"""Drift of the population: what each window says, when a limit is crossed, and what the ledger keeps of it."""

from __future__ import annotations

import math
import tomllib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from test_watching import CASE, PRIOR, SETTINGS, events, live, normal_posterior, ticking

from bayesian_verifier.drift import (
    MEASURES,
    DriftSettings,
    Followed,
    Limits,
    Population,
    PopulationSettings,
    Watcher,
    recalled,
    summarise,
)
from bayesian_verifier.drift._measures import level, loss, spread
from bayesian_verifier.journal import Journal, News, WindowLine, forget
from bayesian_verifier.posterior import Belief
from bayesian_verifier.settings import shipped_config

QUICK = SETTINGS.model_copy(update={"population": PopulationSettings(windows=50.0, recent=40)})


@pytest.fixture
def files(tmp_path):
    with (
        Journal(tmp_path / "judgments.jsonl", fsync="never", clock=ticking()) as journal,
        Journal(tmp_path / "ledger.jsonl", fsync="never") as ledger,
    ):
        yield journal, ledger


def watcher(journal, ledger, settings=QUICK):
    told = recalled(News(ledger.path).read().events)._asdict()
    return Watcher(News(journal.path).read, journal, ledger, normal_posterior, settings, **told)


def served(journal, subject, theta, rng, *, belief=PRIOR, source="verifier", reason=None, count=4):
    """A window of judgments that somebody answered, and rewards."""
    for _ in range(count):
        made = journal.append_judgment(
            subject=subject, case=CASE, chosen=0, verdict="proved", posterior=belief, source=source, reason=reason,
            model_version="m1", meta_comment="",
        )  # fmt: skip
        journal.append_feedback(made, "approve", reward=float(theta / 3 + 0.1 * rng.standard_normal()))


def said(line):
    return {name: value for name, value in line.model_extra.items() if name not in {"from", "to"}}


def outcomes(journal):
    """What the windows say, by measure."""
    population, followed = Population(QUICK.population, keep=True), Followed(threshold=50.0)
    for one in News(journal.path).read().events:
        if isinstance(one, WindowLine):
            population.hear(followed.hear(one))
        else:
            population.note(one)
    return {name: [x for _, x in told] for name, told in population.history.items()}, population


@settings(max_examples=30, deadline=None)
@given(shift=st.floats(-3, 3))
def test_a_shift_is_told_by_the_mean_rank(shift):
    """E Φ(z) of z ~ N(μ, 1) by quadrature is what a value of μ stands for, and back."""
    mean, _ = integrate.quad(lambda z: stats.norm.cdf(z) * stats.norm.pdf(z, shift), -12, 12)
    assert MEASURES["mean"].outcome(shift) == pytest.approx(mean, abs=1e-7)
    assert MEASURES["mean"].value(mean) == pytest.approx(shift, abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(ratio=st.floats(0.1, 8))
def test_a_spread_is_told_by_the_mean_distance_of_ranks(ratio):
    """E |2Φ(z) − 1| of z ~ N(0, σ²) by quadrature is what a value of σ stands for, and back."""
    mean, _ = integrate.quad(
        lambda z: 2 * (2 * stats.norm.cdf(z) - 1) * stats.norm.pdf(z, scale=ratio), 0, 12 * ratio, limit=200
    )
    assert MEASURES["sd"].outcome(ratio) == pytest.approx(mean, abs=1e-7)
    assert MEASURES["sd"].value(mean) == pytest.approx(ratio, rel=1e-4)


def test_what_a_window_says_is_even_while_nothing_changes():
    """Ranks of normals: means of a half; a loss is cut at that of the least likely feedback."""
    zs = stats.norm.ppf((np.arange(1000) + 0.5) / 1000)
    assert np.mean([level(z) for z in zs]) == pytest.approx(0.5)
    assert np.mean([spread(z) for z in zs]) == pytest.approx(0.5, abs=1e-3)
    assert loss(-math.log(0.01)) == 1.0
    assert loss(9.0) == 1.0
    assert MEASURES["log_loss"].value(loss(0.7)) == pytest.approx(0.7)


def test_shares_are_of_the_judgments_of_a_window_by_why_the_controller_answered(files):
    """Those of whom nothing was known have to be answered by it, and say nothing."""
    journal, ledger = files
    rng = np.random.default_rng(0)
    for source, reason, count in (
        ("controller", "no_evidence", 1),
        ("controller", "wide_posterior", 1),
        ("controller", "timeout", 1),
        ("verifier", None, 1),
        ("controller", "untrustworthy", 2),
        ("verifier", None, 2),
        ("controller", "no_evidence", 4),
    ):
        served(journal, "ada", 0.5, rng, source=source, reason=reason, count=count)
    watcher(journal, ledger).catch_up()
    told, _ = outcomes(journal)
    assert told["fallback"] == pytest.approx([2 / 3, 2 / 4])
    assert told["wide"] == pytest.approx([1 / 3, 0.0])
    assert told["untrustworthy"] == pytest.approx([0.0, 2 / 4])
    assert len(told["change_rate"]) == 3


def test_answers_contradict_what_was_served_before_the_first_of_them(files):
    """Two independent measurements of θ: z = (y − m)/√(1/λ + s²), computed here from the rewards."""
    journal, ledger = files
    rng = np.random.default_rng(1)
    for belief in (Belief(0.5, 0.2), Belief(1.4, 0.1)):
        served(journal, "ada", 0.5, rng, belief=belief, count=1)
        served(journal, "ada", 0.5, rng, belief=Belief(9.0, 0.1), count=3)
    watcher(journal, ledger).catch_up()
    told, population = outcomes(journal)
    rewards = [3 * one.reward for one in events(journal, "feedback")]
    zs = [
        (np.mean(rewards[first : first + 4]) - m) / math.hypot(s, 0.15)
        for first, m, s in ((0, 0.5, 0.2), (4, 1.4, 0.1))
    ]
    assert told["conflict_answers"] == [float(abs(z) > 1.96) for z in zs] == [0.0, 1.0]
    (contradiction,) = population.contradictions
    assert contradiction.z == pytest.approx(zs[1])
    assert contradiction.subject == "ada"


def test_controller_and_policy_are_held_against_the_service_once_a_window(files):
    """The last comparison before a window counts; a difference against the sum of sd, for they share evidence."""
    journal, ledger = files
    rng = np.random.default_rng(2)
    far = {"verifier": {"mean": 0.5, "sd": 0.2}, "controller": {"mean": 1.4, "sd": 0.2}}
    near = {"verifier": {"mean": 0.5, "sd": 0.2}, "controller": {"mean": 1.2, "sd": 0.2}}
    served(journal, "ada", 0.5, rng, count=2)
    for one in (near, far, {"verifier": None, "controller": None}):
        journal.append("shadow", {"subject": "ada", **one})
    journal.append("policy", {"subject": "ada", "mean": 5.0, "sd": 0.3})
    journal.append("policy", {"subject": "ben", "mean": 5.0, "sd": -0.3})
    journal.append("policy", {"step": 7})
    served(journal, "ada", 0.5, rng, count=2)
    ours = watcher(journal, ledger)
    for comparison in (None, near):
        ours.catch_up()
        served(journal, "ada", 0.5, rng, count=4)
        if comparison is not None:
            journal.append("shadow", {"subject": "ada", **comparison})
    ours.catch_up()
    told, population = outcomes(journal)
    assert told["conflict_controller"] == [1.0, 0.0]
    assert told["conflict_policy"] == [1.0]
    assert [one.z for one in population.contradictions if one.measure == "conflict_controller"] == [
        pytest.approx(2.25)
    ]


def test_only_what_was_foreseen_with_all_that_was_known_is_a_surprise(files):
    """Not the window after an alarm, where the detector knows nothing any more; the first one of a person is."""
    journal, ledger = files
    live(journal, "ada", 0.3, 24, seed=4)
    live(journal, "ada", 2.1, 12, seed=5)
    heard = watcher(journal, ledger).catch_up()
    assert [one.alarm for one in heard] == [False] * 6 + [True, False, False]
    assert [one.foreseen for one in heard] == [True] * 7 + [False, True]
    told, _ = outcomes(journal)
    assert len(told["mean"]) == len(told["sd"]) == 8


def crowd(journal, ledger, *, windows, fallback, settings=QUICK):
    """Ten people, a window each in turn, answered by the controller or not; a pass after each."""
    rng = np.random.default_rng(windows)
    ours = watcher(journal, ledger, settings)
    source, reason = ("controller", "timeout") if fallback else ("verifier", None)
    for number in range(windows):
        served(journal, f"person {number % 10}", 0.5, rng, source=source, reason=reason)
        ours.catch_up()


def test_a_limit_crossed_is_one_line_in_the_ledger_and_so_is_the_way_back(files):
    """With how many windows and people speak for it, and when; nobody is named."""
    journal, ledger = files
    crowd(journal, ledger, windows=20, fallback=False)
    crowd(journal, ledger, windows=12, fallback=True)
    crowd(journal, ledger, windows=30, fallback=False)
    raised, back = [one for one in events(ledger, "population") if one.model_extra["measure"] == "fallback"]
    assert said(raised) == {
        "measure": "fallback", "value": 1.0, "limit": 0.4, "raised": True,
        "windows": said(raised)["windows"], "people": said(raised)["windows"],
    }  # fmt: skip
    assert 1 < said(raised)["windows"] < 10
    assert said(back) == {
        "measure": "fallback", "value": 0.0, "limit": 0.25, "raised": False,
        "windows": said(back)["windows"], "people": min(10, said(back)["windows"]),
    }  # fmt: skip
    windows = [one.ts for one in events(journal, "window")]
    assert raised.model_extra["to"] == windows[19 + said(raised)["windows"]]
    assert raised.model_extra["from"] == windows[20]
    assert "person" not in ledger.path.read_text()


def test_live_and_replayed_crossings_are_the_same_bit_for_bit(files, tmp_path):
    """From pass to pass by one watcher, and by another from the finished journal into an empty ledger."""
    journal, ledger = files
    for fallback in (False, True, False):
        crowd(journal, ledger, windows=25, fallback=fallback)
    with Journal(tmp_path / "again.jsonl") as again:
        assert watcher(journal, again).catch_up()
    lines = [[one.model_extra for one in events(log, "population")] for log in (ledger, again)]
    assert lines[0] == lines[1]
    assert len(lines[0]) >= 2


@pytest.mark.parametrize("is_back", [False, True], ids=["raised", "back"])
def test_what_the_ledger_has_is_not_written_again(files, is_back):
    """After a restart, and after somebody was forgotten, though what is left crosses elsewhere."""
    journal, ledger = files
    crowd(journal, ledger, windows=20, fallback=False)
    crowd(journal, ledger, windows=12, fallback=True)
    if is_back:
        crowd(journal, ledger, windows=30, fallback=False)
    before = [one.model_extra for one in events(ledger, "population")]
    assert [one["raised"] for one in before if one["measure"] == "fallback"] == [True, False][: 1 + is_back]
    watcher(journal, ledger).catch_up()
    for number in range(3):
        forget(journal.path, f"person {number}")
    watcher(journal, ledger).catch_up()
    assert [one.model_extra for one in events(ledger, "population")] == before


def test_the_report_tells_how_every_measure_stands_and_went(files):
    """The newest windows' mean, and blocks of windows over time."""
    journal, ledger = files
    crowd(journal, ledger, windows=20, fallback=False)
    crowd(journal, ledger, windows=20, fallback=True)
    found = summarise(News(journal.path).read().events, QUICK)
    standing = {one.measure: one for one in found.population}
    assert set(standing) == set(MEASURES)
    assert (standing["fallback"].value, standing["fallback"].raised) == (0.5, True)
    assert standing["conflict_policy"].value is None
    trend = next(one for one in found.trends if one.measure == "fallback")
    assert trend.values == (0.0, 1.0)
    assert [one.measure for one in found.crossings] == [
        one.model_extra["measure"] for one in events(ledger, "population")
    ]


def test_the_shipped_file_states_the_defaults():
    """A settings file without them means the same."""
    shipped = DriftSettings.model_validate(tomllib.loads(shipped_config("drift.toml").read_text()))
    assert shipped.population == PopulationSettings()
    assert shipped.epochs == DriftSettings.model_fields["epochs"].default == "open"
    assert set(Limits.model_fields) == set(MEASURES)


@pytest.mark.parametrize(
    "limits",
    [
        {"wide": {"above": 0.2, "back": 0.2}},
        {"wide": {"above": 1.0, "back": 0.2}},
        {"sd": {"above": 1.5, "back": 1.0}},
        {"log_loss": {"above": 4.7, "back": 4.65}},
        {"mean": {"above": 20.0, "back": 12.0}},
        {"wild": {"above": 0.5, "back": 0.2}},
    ],
)
def test_limits_that_cannot_be_are_refused(limits):
    """No way back, no share, a ratio that is none, no such measure."""
    with pytest.raises(ValueError, match=r"above|back|wild"):
        Limits.model_validate(limits)
