"""What the page says against what stands in the files, added up in plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from statistics import NormalDist, median

import numpy as np
import pytest

from bayesian_verifier.drift import Followed
from bayesian_verifier.journal import News, WindowLine
from dashboard.pages import key_of, lines_of, of_kind


def ms(ts):
    return datetime.fromisoformat(ts).timestamp() * 1000


@pytest.fixture(scope="module")
def lines(example_files):
    return lines_of(example_files)


@pytest.fixture(scope="module")
def heard(example_files):
    events = News(example_files / "judgments.jsonl").read().events
    return Followed(threshold=1000.0).hear_all(one for one in events if isinstance(one, WindowLine))


@pytest.fixture(scope="module")
def by_subject(lines):
    found = defaultdict(list)
    for one in sorted(of_kind(lines, "judgment"), key=lambda one: (one["ts"], one["writer"], one["seq"])):
        found[one["subject"]].append(one)
    return found


def test_the_state_counts_what_the_files_hold(page, lines, example_files, heard):
    state = page.get("state")
    kinds = Counter(one["kind"] for one in lines)
    assert state["judgments"] == kinds["judgment"]
    assert state["feedback"] == kinds["feedback"]
    assert state["windows"] == kinds["window"] == len(heard)
    assert state["people"] == len({one["subject"] for one in of_kind(lines, "judgment")})
    assert state["journal"]["lines"] == len(lines)
    assert state["ledger"]["lines"] == len(lines_of(example_files, "ledger"))
    assert state["damaged"]["lines"] == 0
    assert state["alarms"] == sum(one.alarm for one in heard)
    assert state["first"] == pytest.approx(min(ms(one["ts"]) for one in of_kind(lines, "judgment")), abs=0.01)


def test_everybody_is_listed_with_their_last_belief(page, by_subject, heard):
    found = {one["subject"]: one for one in page.get("people?limit=200")["people"]}
    assert found.keys() == by_subject.keys()
    alarms = Counter(one.window.subject for one in heard if one.alarm)
    for subject, judgments in by_subject.items():
        last = judgments[-1]
        assert found[subject]["judgments"] == len(judgments)
        assert found[subject]["mean"] == last["posterior"]["mean"]
        assert found[subject]["sd"] == last["posterior"]["sd"]
        assert (found[subject]["source"], found[subject]["reason"]) == (last["source"], last["reason"])
        assert found[subject]["alarms"] == alarms[subject]


def test_pages_of_people_hold_everybody_once(page, by_subject):
    pages = [page.get(f"people?limit=7&order=name&offset={offset}")["people"] for offset in range(0, 42, 7)]
    assert [one["subject"] for some in pages for one in some] == sorted(by_subject, key=str.lower)
    assert all(len(one) <= 7 for one in pages)


def test_a_person_is_found_by_a_part_of_their_name(page, by_subject):
    found = page.get("people?find=AR")["people"]
    assert {one["subject"] for one in found} == {one for one in by_subject if "ar" in one.lower()}


def test_a_persons_points_are_their_judgments(page, by_subject, lines):
    said = {}
    for one in sorted(of_kind(lines, "feedback"), key=lambda one: (one["ts"], one["writer"], one["seq"])):
        said[one["judgment"]] = one["feedback"]
    for subject in list(by_subject)[:5]:
        found = page.get(f"people/{key_of(page, subject)}")
        mine, points = by_subject[subject], found["points"]
        assert points["t"] == pytest.approx([ms(one["ts"]) for one in mine], abs=0.01)
        assert points["mean"] == [one["posterior"]["mean"] for one in mine]
        assert points["source"] == [one["source"] for one in mine]
        assert points["reason"] == [one["reason"] for one in mine]
        assert points["feedback"] == [said.get(one["id"]) for one in mine]
        for i, one in enumerate(mine):
            normal = NormalDist(one["posterior"]["mean"], one["posterior"]["sd"])
            quantiles = one["posterior"]["quantiles"] or {}
            for name, level in (("q05", 0.05), ("q25", 0.25), ("q75", 0.75), ("q95", 0.95)):
                assert points[name][i] == pytest.approx(
                    quantiles.get(str(level), normal.inv_cdf(level)), abs=1e-9
                )
        assert found["by_controller"] == sum(one["source"] == "controller" for one in mine)
        assert found["now"]["mean"] == mine[-1]["posterior"]["mean"]


def test_a_persons_windows_are_heard_as_the_detector_hears_them(page, heard):
    mine = [one for one in heard if one.window.subject == heard[-1].window.subject]
    found = page.get(f"people/{key_of(page, mine[0].window.subject)}")["windows"]
    assert [one["number"] for one in found] == [one.window.number for one in reversed(mine)]
    assert [one["statistic"] for one in found] == [one.statistic for one in reversed(mine)]
    assert [one["forward"] for one in found[:-1]] == [
        one.change.divergences.forward for one in reversed(mine[1:])
    ]
    assert found[-1]["forward"] is None


def test_a_range_leaves_out_what_is_outside(page, by_subject):
    subject, mine = next(iter(by_subject.items()))
    moments = [ms(one["ts"]) for one in mine]
    low, high = moments[5] - 1, moments[20] + 1
    found = page.get(f"people/{key_of(page, subject)}?from={low}&to={high}")
    assert len(found["points"]["t"]) == found["in_range"] == sum(low <= t <= high for t in moments) == 16
    assert found["judgments"] == len(mine)


def test_the_populations_figures_are_the_journals(page, lines, heard):
    judgments = of_kind(lines, "judgment")
    found = page.get("population")
    assert found["judgments"] == sum(found["answers"]["judgments"]) == len(judgments)
    reasons = Counter(one["reason"] for one in judgments if one["source"] != "verifier")
    assert found["controller"] == reasons.total()
    assert {name: sum(counts) for name, counts in found["reasons"].items()} == reasons
    elapsed = [one["elapsed_ms"] for one in judgments]
    for name, level in (("p50", 50), ("p95", 95), ("p99", 99)):
        assert found["latency"][name] == pytest.approx(np.percentile(elapsed, level), rel=1e-9)
    shadows = [abs(one["difference"]) for one in of_kind(lines, "shadow")]
    assert sum(found["conflict"]["pairs"]) == len(shadows)
    assert sum(found["conflict"]["conflicting"]) == sum(one > 2 for one in shadows)
    assert sorted(found["statistics"]["statistic"]) == sorted(one.statistic for one in heard)
    assert len(found["alarms"]) == sum(one.alarm for one in heard)
    assert sum(found["means"]["now"]) == found["means"]["people"]


def test_a_bucket_holds_the_median_of_what_falls_into_it(page, lines):
    found = page.get("population")
    width, at = found["width"], found["answers"]["t"][3]
    inside = [one["elapsed_ms"] for one in of_kind(lines, "judgment") if at <= ms(one["ts"]) < at + width]
    assert found["answers"]["judgments"][3] == len(inside)
    assert found["answers"]["p50"][3] == pytest.approx(median(inside), rel=1e-9)


def test_the_ledger_is_shown_newest_first(page, example_files):
    lines = lines_of(example_files, "ledger")
    found = page.get("ledger?limit=200")
    assert [one["id"] for one in found["lines"]] == [one["id"] for one in reversed(lines)]
    assert found["kinds"] == Counter(one["kind"] for one in lines)
    envelope = {"v", "seq", "id", "ts", "writer", "kind", "crc"}
    newest = {name: value for name, value in lines[-1].items() if name not in envelope}
    assert found["lines"][0]["members"] == newest


def test_operations_know_runs_decisions_and_models(page, example_files):
    found = page.get("operations")
    ledger = lines_of(example_files, "ledger")
    assert [one["run"] for one in found["runs"]] == ["run-003", "run-002", "run-001"]
    assert [one["status"] for one in found["decisions"]] == ["pending", "approved"]
    (approved,) = of_kind(ledger, "approved")
    assert found["decisions"][1]["by"] == approved["by"]
    store = example_files / "models" / "bayesian-verifier"
    assert found["models"]["current"] == (store / "current").read_text().strip()
    assert [one["version"] for one in found["models"]["versions"]] == sorted(
        (one.parent.name for one in store.glob("*/manifest.json")), reverse=True
    )


def test_the_faults_are_the_runs_of_judgments_without_the_service(page, lines):
    away = {"timeout", "unreachable", "server_error", "overloaded", "circuit_open", "invalid_reply"}
    ordered = sorted(of_kind(lines, "judgment"), key=lambda one: (one["ts"], one["writer"], one["seq"]))
    runs, before = [], False
    for one in ordered:
        is_away = one["reason"] in away
        if is_away and not before:
            runs.append([ms(one["ts"]), 0, None])
        if is_away:
            runs[-1][1] += 1
        elif before:
            runs[-1][2] = ms(one["ts"])
        before = is_away
    found = page.get("operations")["kpis"]["faults"]
    assert len(runs) >= 1
    expected = list(reversed(runs))[:20]
    assert [one["judgments"] for one in found] == [one[1] for one in expected]
    assert [one["began"] for one in found] == pytest.approx([one[0] for one in expected], abs=0.01)
    assert [one["back"] for one in found] == pytest.approx([one[2] for one in expected], abs=0.01)
