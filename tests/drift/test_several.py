"""Several parameters of a person: the promise on false alarms holds over all, and one alone is as it always was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bayesian_verifier.cli import run
from bayesian_verifier.drift import (
    Detector,
    DriftSettings,
    Followed,
    Inferred,
    Message,
    Several,
    Watcher,
    begin,
    hear,
    hear_several,
    message,
)
from bayesian_verifier.journal import Journal, News, Numbered, WindowLine, read_log
from bayesian_verifier.judgment import Case
from bayesian_verifier.posterior import Belief
from bayesian_verifier.settings import shipped_config

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bayesian_verifier.judgment import Judgment

NAMES = ("risk_aversion", "exploration", "probability_weighting")
SCALES = dict(zip(NAMES, (1.0, 0.1, 0.4), strict=True))
PRIORS = {"risk_aversion": Belief(0.5, 1.0), "exploration": Belief(0.0, 0.1)}
SETTINGS = DriftSettings.model_validate(
    {
        "window": 4,
        "threshold": 50.0,
        "wander": 0.0,
        "evaluation": {"people": 50, "windows": 100, "seed": 0, "thresholds": [10.0], "delays": {1.0: 9.0}},
    }
)


def window(number: int, told: dict[str, Belief], **fields: object) -> WindowLine:
    """A window under PRIORS, as the journal has it."""
    others = {
        name: {"prior": as_written(PRIORS[name]), "posterior": as_written(belief)}
        for name, belief in told.items()
        if name != "risk_aversion"
    }
    stamp = f"2026-01-{number:02d}T00:00:00.000000Z"
    return WindowLine.model_validate(
        {
            "v": 1,
            "seq": number,
            "id": f"w{number}",
            "ts": stamp,
            "writer": "a",
            "kind": "window",
            "crc": "00000000",
            "subject": "ada",
            "number": number,
            "judgments": [f"j{number}"],
            "informative": 4,
            "prior": as_written(PRIORS["risk_aversion"]),
            "posterior": as_written(told["risk_aversion"]),
            "choice_noise": 0.1,
            "trustworthy": True,
            "model_version": "m1",
            "log_loss": None,
            "variance_scale": 1.1,
            "began": stamp,
            "ended": stamp,
            **({"others": others} if others else {}),
            **fields,
        }
    )


def as_written(belief: Belief) -> dict[str, float]:
    return {"mean": belief.mean, "sd": belief.sd}


def test_with_risk_aversion_alone_every_bit_is_that_of_its_own_detector() -> None:
    """Statistics, alarms and moves, over alarms and windows in which the person scatters."""
    rng = np.random.default_rng(5)
    followed = Followed(threshold=20.0, wander=0.05)
    detector = Detector(0.5, 1.0, 20.0, 0.05)
    known, alarms = begin(detector), 0
    for number in range(1, 29):
        belief = Belief(float(0.5 + (number > 14) * 1.5 + 0.2 * rng.standard_normal()), 0.3)
        heard = followed.hear(window(number, {"risk_aversion": belief}))
        told = message(belief.mean, belief.sd, prior_mean=0.5, prior_sd=1.0, variance_scale=1.1)
        known, info = hear(known, told, detector)
        assert (heard.statistic, heard.alarm) == (float(info.statistic), bool(info.alarm))
        assert (heard.moved, heard.surprise) == (float(info.moved), float(info.surprise))
        assert (heard.parameter, dict(heard.statistics)) == ("risk_aversion", {})
        alarms += heard.alarm
    assert alarms


def run_of(told: dict[str, Message]) -> list[Several]:
    """What is heard of people [T, N], without restarts."""
    detectors = {name: Detector(0.0, SCALES[name], 1e300) for name in told}
    people = {name: begin(one, told[name].value.shape[1:]) for name, one in detectors.items()}
    found = []
    for at in range(len(next(iter(told.values())).value)):
        now = {name: Message(one.value[at], one.precision[at]) for name, one in told.items()}
        people, heard = hear_several(people, now, detectors)
        found.append(heard)
    return found


def messages(people: int, windows: int, *, seed: int, moved: float = 0.0, at: int = 0) -> dict[str, Message]:
    """Three parameters whose errors are the same in prior sd: as dependent as can be; the second may jump."""
    rng = np.random.default_rng(seed)
    noise = rng.uniform(0.1, 0.8, (windows, people))
    errors = np.sqrt(noise) * rng.standard_normal(noise.shape)
    found = {}
    for name, scale in SCALES.items():
        theta = rng.standard_normal(people)
        jump = np.where(np.arange(windows)[:, None] >= at, moved, 0.0) if name == "exploration" else 0.0
        found[name] = Message(scale * (theta + jump + errors), 1 / (noise * scale**2))
    return found


def first(above: np.ndarray) -> np.ndarray:
    """Windows [N] to the first that is [T, N], or all."""
    return np.where(above.any(axis=0), above.argmax(axis=0) + 1, len(above))


def test_false_alarms_over_all_parameters_keep_to_the_threshold() -> None:
    """Mean windows to one are at least A = 15, though runs are cut short at 60 and the parameters err together."""
    found = run_of(messages(150, 60, seed=3))
    lengths = first(np.array([one.statistic >= 15.0 for one in found]))
    assert lengths.mean() >= 15.0
    assert (lengths < 60).mean() > 0.1  # the test can fail: alarms there are


def test_the_mean_is_never_later_than_a_threshold_split_over_parameters() -> None:
    """And sooner for some of those who change in one parameter alone, which it names."""
    found = run_of(messages(100, 60, seed=4, moved=2.0, at=20))
    by_mean = first(np.array([one.statistic >= 50.0 for one in found]))
    greatest = np.array([np.max([info.statistic for info in one.of.values()], axis=0) for one in found])
    by_split = first(greatest >= 3 * 50.0)
    assert (by_mean <= by_split).all()
    assert (by_mean < by_split).any()
    of = found[45].of
    assert (of["exploration"].statistic > of["risk_aversion"].statistic).mean() > 0.9


def test_other_parameters_than_before_begin_anew() -> None:
    """As another prior does: nothing that was heard under other weights counts."""
    told = {"risk_aversion": Belief(0.4, 0.3), "exploration": Belief(0.02, 0.05)}
    long, short = Followed(threshold=1e6), Followed(threshold=1e6)
    for number in range(1, 6):
        long.hear(window(number, {"risk_aversion": Belief(0.5 + number % 2, 0.2)}))
    assert long.hear(window(6, told)).statistic == short.hear(window(1, told)).statistic


CASE = Case.model_validate(
    {
        "options": [
            {"outcomes": [{"payoff": 4.0, "probability": 1.0}]},
            {"outcomes": [{"payoff": 10.0, "probability": 0.5}, {"payoff": 0.0, "probability": 0.5}]},
        ]
    }
)


def explorers(judgments: Sequence[Judgment]) -> Inferred:
    """Rewards measure exploration, with an sd of 0.05; nothing is ever learned of risk aversion."""
    rewards = [one.reward for one in judgments if one.reward is not None]
    precision = 100.0 + len(rewards) / 0.05**2
    exploration = Belief(sum(rewards) / 0.05**2 / precision, precision**-0.5)
    others = {"exploration": exploration}
    return Inferred(
        Belief(0.5, 1.0), 0.1, len(judgments), trustworthy=True, model_version="m1", others=others
    )


def judged_once(journal: Journal) -> str:
    """The id of a judgment of ada's, by the controller."""
    return journal.append_judgment(
        subject="ada",
        case=CASE,
        chosen=0,
        verdict="proved",
        posterior=Belief(0.5, 1.0),
        source="controller",
        reason="no_evidence",
        model_version=None,
        meta_comment="",
    )


def test_a_change_in_another_parameter_is_noticed_named_and_the_same_in_a_replay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the journal's windows to alarm, epoch, ledger and report; risk aversion itself said nothing."""
    rng = np.random.default_rng(2)
    path, ledger_path = tmp_path / "judgments.jsonl", tmp_path / "ledger.jsonl"
    with Journal(path, fsync="never") as journal, Journal(ledger_path, fsync="never") as ledger:
        for number in range(64):
            judged = judged_once(journal)
            reward = 0.25 * (number >= 32) + 0.05 * rng.standard_normal()
            journal.append_feedback(judged, "approve", reward=float(reward))
        told = Watcher(News(path).read, journal, ledger, explorers, SETTINGS).react()
    alarms = [one.heard for one in told if one.heard.alarm]
    assert len(alarms) == 1
    assert alarms[0].parameter == "exploration"
    assert alarms[0].moved == pytest.approx(0.25, abs=0.1)
    assert alarms[0].statistics["risk_aversion"] < alarms[0].statistics["exploration"]
    windows = [
        one.event for one in read_log(path) if isinstance(one, Numbered) and one.event.kind == "window"
    ]
    replayed = Followed(threshold=SETTINGS.threshold).hear_all(windows)
    assert [one._replace(window=None) for one in replayed] == [
        one.heard._replace(window=None) for one in told
    ]
    (line,) = [one.event for one in read_log(ledger_path) if isinstance(one, Numbered)]
    assert line.model_dump()["parameter"] == "exploration"
    drift = tmp_path / "drift.toml"
    drift.write_text(
        shipped_config("drift.toml").read_text().replace("threshold = 1000.0", "threshold = 50.0")
    )
    page = tmp_path / "drift.html"
    asked = ["drift", "report", str(path), "--settings", str(drift)]
    assert run([*asked, "--html", str(page)]) == 0
    shown = capsys.readouterr().out
    assert "in exploration" in shown
    assert "Further parameters" in shown
    assert "in exploration" in page.read_text()
    assert run([*asked, "--json"]) == 0
    (ada,) = json.loads(capsys.readouterr().out)["subjects"]
    assert ada["alarms"][0]["parameter"] == "exploration"
    assert set(ada["others"]) == {"exploration"}
    assert run(["drift", "epochs", str(path)]) == 0
    assert "exploration changed by" in capsys.readouterr().out.replace("\n", " ")


def test_a_window_of_risk_aversion_alone_is_written_as_ever(tmp_path: Path) -> None:
    """No member is there that was not before, in journal or ledger."""
    path, ledger_path = tmp_path / "judgments.jsonl", tmp_path / "ledger.jsonl"

    def alone(judgments: Sequence[Judgment]) -> Inferred:
        found = explorers(judgments)
        scaled = found.others["exploration"]
        return found._replace(belief=Belief(0.5 + 10 * scaled.mean, 10 * scaled.sd), others={})

    with Journal(path, fsync="never") as journal, Journal(ledger_path, fsync="never") as ledger:
        for number in range(32):
            judged = judged_once(journal)
            journal.append_feedback(judged, "approve", reward=0.3 * (number >= 16))
        Watcher(News(path).read, journal, ledger, alone, SETTINGS).react()
    written = [json.loads(line) for line in path.read_text().splitlines()]
    assert all("others" not in one for one in written if one["kind"] == "window")
    (alarm,) = [json.loads(line) for line in ledger_path.read_text().splitlines()]
    assert (alarm["kind"], "parameter" in alarm) == ("alarm", False)
