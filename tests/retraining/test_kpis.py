"""KPIs from ledgers and journals small enough to be counted by hand."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bayesian_verifier.commands._drift_kpis import write_prometheus
from bayesian_verifier.errors import OperatorError
from bayesian_verifier.journal import Journal, JudgmentLine, timestamp
from bayesian_verifier.retraining import Spread, kpis, outages, read_operations
from retraining.nights import DAY, START, Scene, window

HOUR = 3600.0
ENVELOPE = {"v", "seq", "id", "ts", "writer", "kind", "crc"}


def judgment(at: float, *, reason: str | None = None, model: str | None = "m0", elapsed: float | None = 2.0):
    """A judgment event, made so many seconds after the start."""
    line = {
        "v": 1, "seq": 1, "id": f"j{at}", "ts": timestamp(int((START + at) * 1e9)), "writer": "w", "kind": "judgment",
        "crc": "0" * 8, "subject": "ada", "case": {"wealth": 100.0, "options": []}, "chosen": None,
        "verdict": "unknown", "posterior": None, "source": "verifier" if reason is None else "controller",
        "reason": reason, "model_version": model, "meta_comment": "", "elapsed_ms": elapsed,
    }  # fmt: skip
    line["case"]["options"] = [{"outcomes": [{"payoff": 0.0, "probability": 1.0}]}] * 2
    return JudgmentLine.model_validate(line)


def found(scene, *more: object):
    return kpis(read_operations(scene.ledger), [*scene.events, *more], scene.now, scene.settings.trigger)


def test_of_nothing_there_is_nothing_to_say(tmp_path):
    empty = found(Scene(tmp_path))
    assert (empty.windows, empty.alarms, empty.drift_rate, empty.outages) == (0, 0, None, 0)
    assert empty.delay_seconds == empty.outage_to_back == Spread(0, None, None)


def test_the_delay_of_an_alarm_is_counted_in_time_windows_and_answers_of_that_person(tmp_path):
    scene = Scene(tmp_path)
    for number in range(1, 6):
        at = START + number * HOUR
        scene.events.append(window(f"w{number}", "ada", number, at, began=at - HOUR / 2, answers=10 + number))
        scene.events.append(window(f"b{number}", "bob", number, at, began=at - HOUR / 2))
    scene.now = START + 5 * HOUR
    change_began = timestamp(int((START + 2.5 * HOUR) * 1e9))
    alarm = {"window": "w5", "number": 5, "statistic": 1e3, "change_began": change_began, "moved": 1.0}
    scene.ledger.append("alarm", alarm | {"model_version": "m0"})
    told = found(scene)
    # windows 3, 4 and 5 began at or after the change; their answers: 13 + 14 + 15
    assert told.delay_windows == Spread(1, 3, 3)
    assert told.delay_answers == Spread(1, 42, 42)
    assert told.delay_seconds == Spread(1, 2.5 * HOUR, 2.5 * HOUR)
    assert told.drift_rate == pytest.approx(1000 / 10)
    assert told.share_alarmed == 0.5


def test_an_alarm_whose_window_was_forgotten_counts_and_delays_nothing(tmp_path):
    scene = Scene(tmp_path)
    scene.alarm("gone")
    assert (found(scene).alarms, found(scene).delay_windows.times) == (1, 0)


def test_from_enough_alarms_to_the_challenger_and_on_to_its_promotion(tmp_path):
    scene = Scene(tmp_path)
    scene.drift(people=40, alarmed=1)  # 2.5%: not enough yet
    scene.now += HOUR
    scene.alarm(f"w1-6-{START:.0f}")  # 5%: enough
    scene.now += HOUR
    scene.alarm(f"w2-6-{START:.0f}")
    scene.now += 5 * HOUR
    start = {"run": "r", "reason": "drift", "said": "", "champion": "m0", "seed": 1, "by": "cron"}
    scene.ledger.append("training_started", start)
    scene.now += 2 * HOUR
    end = {
        "run": "r",
        "outcome": "challenger",
        "challenger": "m1",
        "error": None,
        "prior": None,
        "seconds": 7200.0,
    }
    scene.ledger.append("training_ended", end)
    scene.now += 3 * DAY
    scene.ledger.append("promotion", {"run": "r", "challenger": "m1", "champion": "m0", "by": "gate"})
    scene.ledger.append("rollback", {"from": "m1", "to": "m0", "by": "ann"})
    scene.now += HOUR
    scene.ledger.append("promotion", {"run": None, "challenger": "m1", "champion": "m0", "by": "ann"})
    told = found(scene)
    assert told.alarm_to_challenger == Spread(1, 8 * HOUR, 8 * HOUR)
    assert told.challenger_to_promotion == Spread(1, 3 * DAY, 3 * DAY)
    assert (told.trainings, told.promotions, told.rollbacks) == (1, 2, 1)


def test_an_outage_lasts_from_the_first_fallback_to_the_services_next_answer():
    events = [
        judgment(0),
        judgment(10, reason="timeout", model=None, elapsed=50.5),
        judgment(11, reason="circuit_open", model=None, elapsed=0.1),
        judgment(12, reason="no_evidence", model=None),  # nobody was asked: says nothing
        judgment(20, reason="wide_posterior"),  # the service answered
        judgment(30, reason="unreachable", model=None, elapsed=None),
    ]
    first, second = outages(reversed(events))
    assert (first.judgments, first.waited_ms, first.reason) == (2, 50.5, "timeout")
    assert (first.began, first.back) == (events[1].ts, events[4].ts)
    assert (second.back, second.waited_ms) == (None, None)


def test_outages_in_the_kpis(tmp_path):
    scene = Scene(tmp_path)
    told = found(
        scene,
        judgment(10, reason="timeout", model=None, elapsed=50.0),
        judgment(20),
        judgment(30, reason="unreachable", model=None, elapsed=1.0),
        judgment(70),
        judgment(80, reason="unreachable", model=None, elapsed=3.0),
    )
    assert (told.outages, told.lasting) == (3, 1)
    assert told.fallback_ms == Spread(3, 3.0, 50.0)
    assert told.outage_to_back == Spread(2, 25.0, 40.0)


def test_the_file_for_prometheus_holds_gauges_and_no_unknown_ones(tmp_path):
    scene = Scene(tmp_path)
    scene.drift()
    file = tmp_path / "kpis.prom"
    write_prometheus(found(scene), file)
    lines = file.read_text().splitlines()
    values = dict(line.split() for line in lines if not line.startswith("#"))
    assert values["bayesian_verifier_kpi_alarms"] == "4"
    assert float(values["bayesian_verifier_kpi_drift_rate"]) == pytest.approx(1000 * 4 / 240)
    assert values["bayesian_verifier_kpi_outage_to_back_times"] == "0"
    assert "bayesian_verifier_kpi_outage_to_back_median" not in values
    assert [line for line in lines if line.startswith("#")] == [f"# TYPE {name} gauge" for name in values]
    with pytest.raises(OperatorError, match="none"):
        write_prometheus(found(scene), tmp_path / "none" / "kpis.prom")


def test_the_command_prints_for_people_and_for_programs(tmp_path):
    with Journal(tmp_path / "judgments.jsonl") as journal:
        fields = window("w", "ada", 1, START).model_dump(mode="json")
        journal.append("window", {name: value for name, value in fields.items() if name not in ENVELOPE})
    words = [sys.executable, "-c", "from bayesian_verifier.cli import main; main()", "drift", "kpis"]
    run = [*words, "judgments.jsonl"]
    told = subprocess.run([*run, "--json"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert json.loads(told)["windows"] == 1
    assert (
        "drift rate" in subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    )
    assert not (tmp_path / "ledger.jsonl").exists()
