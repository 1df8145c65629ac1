"""What a ledger and a store come to, on small ones written by hand."""

from __future__ import annotations

import json

import pytest

from bayesian_verifier.dashboard import Cache, ModelFiles, WindowHeard
from bayesian_verifier.dashboard._kpis import alarm_to_challenger, challenger_to_promotion
from bayesian_verifier.dashboard._ledger import decisions, entries, ledger_document, runs
from bayesian_verifier.dashboard._models import models_document
from bayesian_verifier.dashboard._population import bucket_width, means_of
from bayesian_verifier.journal import Journal

HOUR = 3_600_000.0


@pytest.fixture
def ledger(tmp_path):
    """Appends lines an hour apart, the first at the epoch."""
    count = iter(range(100))
    with Journal(tmp_path / "ledger.jsonl", fsync="never") as journal:
        yield lambda kind, **fields: journal.append(kind, fields, at=int(next(count) * HOUR * 1e6))


@pytest.fixture
def cache(tmp_path):
    def detector():
        return lambda window: WindowHeard(
            1.0, alarm=False, change_began=window.began, moved=0.0, surprise=0.0
        )

    found = Cache(tmp_path / "judgments.jsonl", tmp_path / "ledger.jsonl", detector)
    yield found
    found.close()


def test_a_decision_is_pending_until_somebody_decides_or_its_time_is_over(ledger, cache):
    at = "1970-01-01T05:00:00.000000Z"
    first = ledger(
        "approval_asked", what="promotion", challenger="b", champion="a", expires=at, default="reject"
    )
    second = ledger(
        "approval_asked", what="promotion", challenger="c", champion="a", expires=at, default="reject"
    )
    third = ledger(
        "approval_asked", what="promotion", challenger="d", champion="a", expires=at, default="approve"
    )
    ledger("rejected", request=second, by="Maria", why="no")
    ledger("expired", request=third)
    cache.refresh()
    statuses = {one["id"]: one["status"] for one in decisions(cache, 4.9 * HOUR)}
    assert statuses == {first: "pending", second: "rejected", third: "expired"}
    assert {one["id"]: one["status"] for one in decisions(cache, 5.1 * HOUR)}[first] == "expired"
    (rejected,) = [one for one in decisions(cache, 0.0) if one["id"] == second]
    assert (rejected["by"], rejected["why"], rejected["decided"]) == ("Maria", "no", 3 * HOUR)


def test_a_training_is_put_together_from_its_lines(ledger, cache):
    ledger("training_started", run="r1", reason="drift", champion="a")
    ledger("training_started", run="r2", reason="age", champion="a")
    ledger("training_ended", run="r1", outcome="challenger", challenger="b", seconds=9.0)
    ledger("gate", run="r1", verdict="HOLD", challenger="b")
    ledger("rollback", **{"from": "b", "to": "a", "by": "Maria"})
    cache.refresh()
    newest, oldest = runs(cache)
    assert (newest["run"], "training_ended" in newest) == ("r2", False)
    assert (oldest["training_ended"]["seconds"], oldest["gate"]["verdict"]) == (9.0, "HOLD")


def test_times_between_alarm_challenger_and_promotion(ledger, cache):
    ledger("alarm", window="w1", statistic=1e4)  # at 0 h
    ledger("alarm", window="w2", statistic=1e4)  # 1 h
    ledger("training_started", run="r1", reason="drift")
    ledger("training_ended", run="r1", outcome="challenger", challenger="b", seconds=1.0)  # 3 h
    ledger("training_started", run="r2", reason="age")
    ledger("training_ended", run="r2", outcome="challenger", challenger="c", seconds=1.0)  # 5 h
    ledger("promotion", run="r1", challenger="b", champion="a", by="gate")  # 6 h
    cache.refresh()
    found = list(reversed(entries(cache, ("alarm", "training_started", "training_ended", "promotion"), 100)))
    assert alarm_to_challenger(found) == [2 * HOUR]
    assert challenger_to_promotion(found) == [3 * HOUR]


def test_the_ledger_has_pages_and_kinds(ledger, cache):
    for n in range(7):
        ledger("alarm" if n % 2 else "note", n=n)
    cache.refresh()
    page = ledger_document(cache, {"limit": "3", "offset": "2"})
    assert [one["members"]["n"] for one in page["lines"]] == [4, 3, 2]
    assert page["matching"] == 7
    alarms = ledger_document(cache, {"kind": "alarm"})
    assert [one["members"]["n"] for one in alarms["lines"]] == [5, 3, 1]
    assert page["kinds"] == {"note": 4, "alarm": 3}


def test_models_are_told_newest_first_and_a_broken_one_does_no_harm(tmp_path):
    store = tmp_path / "models" / "m"
    for version, manifest in (
        ("v1", '{"created": "x", "quality": {"passes": true}}'),
        ("v2", "{"),
        ("v3", "[]"),
    ):
        (store / version).mkdir(parents=True)
        (store / version / "manifest.json").write_text(manifest)
    report = {
        "by_size": {"0-3": {"kl_mean": 0.25}},
        "calibration": {"risk_aversion": {"0-3": {"coverage": {"0.5": 0.45, "0.9": 0.92}}}},
    }
    (store / "v1" / "report.json").write_text(json.dumps(report))
    (store / "current").write_text("v1\n")
    found = models_document(ModelFiles(tmp_path / "models", "m"))
    assert [(one["version"], one["role"], one["readable"]) for one in found["versions"]] == [
        ("v3", None, False),
        ("v2", None, False),
        ("v1", "current", True),
    ]
    assert found["versions"][2]["strata"][0]["kl_mean"] == 0.25
    assert found["versions"][2]["coverage_error"] == pytest.approx(0.05)
    assert models_document(ModelFiles(tmp_path / "nothing", "m"))["versions"] == []


def test_bars_hold_everybody_once():
    rows = [("a", 0.04, 0.5), ("b", 0.5, -0.3), ("c", 0.96, 0.96), ("d", 0.99, 0.0)]
    found = means_of(rows)
    assert sum(found["now"]) == sum(found["then"]) == found["people"] == 4
    for _, now, _ in rows:
        place = next(i for i, edge in enumerate(found["edges"][1:]) if now < edge)
        assert found["now"][place] >= 1
    assert len(found["now"]) <= 26
    assert sum(means_of([("a", 1.0, 1.0)])["now"]) == 1
    assert means_of([])["edges"] == []


def test_buckets_are_no_more_than_a_chart_can_show():
    year = 365 * 86_400_000.0
    for length in (1.0, 1e4, 1e6, 86_400_000.0, 60 * 86_400_000.0, year, 40 * year):
        assert length / bucket_width(0.0, length) <= 100.001
