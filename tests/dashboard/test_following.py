"""How the page keeps up with files that grow, rotate, break and vanish."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bayesian_verifier.dashboard import Cache, WindowHeard
from bayesian_verifier.journal import Journal, forget
from bayesian_verifier.judgment import Case
from bayesian_verifier.posterior import Belief
from dashboard.pages import key_of, lines_of, of_kind, served

CASE = Case.model_validate(
    {
        "options": [
            {"outcomes": [{"payoff": 4.0, "probability": 1.0}]},
            {"outcomes": [{"payoff": 10.0, "probability": 0.5}, {"payoff": 0.0, "probability": 0.5}]},
        ]
    }
)


def judge(journal, subject, mean=0.5, source="verifier", reason=None):
    told = {"source": source, "reason": reason, "model_version": "m1", "meta_comment": ""}
    return journal.append_judgment(
        subject=subject, case=CASE, chosen=0, verdict="proved", posterior=Belief(mean, 0.2), **told
    )


def unheard():
    return lambda window: WindowHeard(1.0, alarm=False, change_began=window.began, moved=0.0, surprise=0.0)


@pytest.fixture
def cache(tmp_path):
    found = Cache(tmp_path / "judgments.jsonl", tmp_path / "ledger.jsonl", unheard)
    yield found
    found.close()


def counted(cache):
    cache.refresh()
    return cache.rows("SELECT count(*) FROM judgments")[0][0]


def test_all_files_of_a_rotated_journal_are_read_and_go_on(cache, tmp_path):
    with Journal(tmp_path / "judgments.jsonl", rotate_bytes=4_000) as journal:
        for n in range(40):
            judge(journal, f"person {n % 3}")
            if n == 20:
                assert counted(cache) == 21
    assert len(list(tmp_path.glob("judgments.0*.jsonl"))) > 2
    assert counted(cache) == 40 == len(of_kind(lines_of(tmp_path), "judgment"))


def test_what_is_read_is_not_read_again(cache, tmp_path):
    with Journal(tmp_path / "judgments.jsonl") as journal:
        judge(journal, "ada")
        assert counted(cache) == 1
        before = cache.version
        assert not cache.refresh()
        assert cache.version == before
        judge(journal, "ada")
        assert cache.refresh()
        assert cache.version.lines == 2


def test_a_damaged_line_is_told_and_left_out(cache, tmp_path):
    file = tmp_path / "judgments.jsonl"
    with Journal(file) as journal:
        for _ in range(3):
            judge(journal, "ada")
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(lines[0] + lines[1].replace(b"proved", b"PROVED") + lines[2])
    assert counted(cache) == 2
    assert cache.damaged_lines == 1
    assert (cache.damaged[0].number, cache.damaged[0].file) == (2, file)


def test_whoever_is_forgotten_leaves_the_page(own_files):
    with served(own_files) as page:
        page.read()
        key = key_of(page, "Ada")
        forget(own_files / "judgments.jsonl", "Ada")
        page.until(lambda state: state["people"] == 39)
        assert page.client.get(f"/api/people/{key}").status_code == 404
        assert page.get("people?find=Ada")["people"] == []


def test_a_line_of_another_process_is_told_to_an_open_page(own_files):
    with served(own_files) as page:
        page.read()
        with page.client.stream("GET", "/api/stream") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            told = (json.loads(one[6:]) for one in stream.iter_lines() if one.startswith("data: "))
            before = next(told)
            program = (
                "import sys; sys.path.insert(0, 'tests')\n"
                "from pathlib import Path\n"
                "from bayesian_verifier.journal import Journal\n"
                "from dashboard.test_following import judge\n"
                "with Journal(Path(sys.argv[1])) as journal: print(judge(journal, 'newcomer', 1.25))\n"
            )
            made = subprocess.run(
                [sys.executable, "-c", program, str(own_files / "judgments.jsonl")],
                capture_output=True,
                text=True,
                check=True,
            )
            after = next(one for one in told if one["lines"] > before["lines"])
        assert after["newest"]["id"] == made.stdout.strip()
        assert page.get(f"people/{after['newest']['key']}")["now"]["mean"] == 1.25


def test_streams_end_when_the_server_leaves(own_files):
    leaving = []
    with (
        served(own_files, leaving=lambda: bool(leaving)) as page,
        page.client.stream("GET", "/api/stream") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        leaving.append(True)
        assert not any("still here" in one for one in lines)  # it ends, instead of beating on


def test_no_more_pages_are_told_than_may_be(own_files):
    with served(own_files) as page:
        for _ in range(32):
            page.dashboard._reader.enter()
        refused = page.client.get("/api/stream")
        assert (refused.status_code, refused.json()["title"]) == (503, "Too many pages are open")
        page.dashboard._reader.leave()
        with page.client.stream("GET", "/api/stream") as stream:
            assert stream.status_code == 200


def test_without_files_the_page_says_so(tmp_path):
    with served(tmp_path) as page:
        state = page.read()
        assert (state["journal"]["state"], state["ledger"]["state"]) == ("absent", "absent")
        assert state["judgments"] == 0
        for path in ("people", "population", "operations", "ledger"):
            page.get(path)
        with Journal(tmp_path / "judgments.jsonl") as journal:
            judge(journal, "first")
        assert page.until(lambda state: state["judgments"])["journal"]["state"] == "there"


def test_what_cannot_be_read_is_said(tmp_path):
    (tmp_path / "judgments.jsonl").mkdir()
    with served(tmp_path) as page:
        state = page.read()
        assert state["journal"]["state"] == "unreadable"
        assert "cannot read" in state["journal"]["why"]


def test_a_service_that_is_away_is_seen_from_the_journal(tmp_path):
    with served(tmp_path) as page, Journal(tmp_path / "judgments.jsonl") as journal:
        judge(journal, "ada")
        assert page.until(lambda state: state["judgments"] == 1)["service"]["state"] == "answers"
        for reason in ("unreachable", "circuit_open", "circuit_open"):
            judge(journal, "ada", source="controller", reason=reason)
        away = page.until(lambda state: state["judgments"] == 4)["service"]
        assert (away["state"], away["reason"], away["judgments"]) == ("away", "circuit_open", 3)
        judge(journal, "ada", source="controller", reason="wide_posterior")
        assert page.until(lambda state: state["judgments"] == 5)["service"]["state"] == "answers"


def test_of_several_answers_to_a_judgment_the_latest_holds(tmp_path):
    with served(tmp_path) as page, Journal(tmp_path / "judgments.jsonl") as journal:
        made = judge(journal, "ada")
        journal.append_feedback(made, "approve", reward=0.5)
        journal.append_feedback(made, "reject")
        page.until(lambda state: state["feedback"] == 2)
        found = page.get(f"people/{key_of(page, 'ada')}")["points"]
        assert (found["feedback"], found["reward"]) == (["reject"], [None])


def test_a_window_that_no_window_can_be_is_no_reason_to_stop(cache, tmp_path):
    with Journal(tmp_path / "judgments.jsonl") as journal:
        journal.append("window", {"subject": "ada", "number": 0})
        judge(journal, "ada")
    assert counted(cache) == 1
    assert cache.version.waiting == 0
